"""Glassine: self-hosted AI customer support whose every boundary can be proven. Start with glassine/story/turn.py."""
