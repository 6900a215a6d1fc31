"""Text as it can be stored: in one line where it is one, and without what PostgreSQL refuses. Pure."""

from __future__ import annotations


def one_line(text: str, most: int = 300) -> str:
    """Without ends of lines, and not longer than `most`."""
    return " ".join(storable(text).split())[:most]


def storable(text: str) -> str:
    """PostgreSQL stores neither NUL nor half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
