"""What vendors send, read as JSON. What it means is for each vendor's own module."""

from __future__ import annotations

import json
from typing import Any


def json_of(body: bytes) -> Any:
    """The value that stands there; None for what is no JSON, or is nested too deeply to be read."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
