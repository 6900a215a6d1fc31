"""Glassine: self-hosted AI customer support whose every boundary can be proven. Start with glassine/story/turn.py."""

__version__ = "0.1.0"

from glassine import config as config  # first of all: what it sets for numpy counts only before that is imported
