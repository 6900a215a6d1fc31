"""Measurements: each module prints a table and JSON. Nothing in the product imports them."""
