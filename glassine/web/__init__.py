"""The face: one route table over stories and reads."""
