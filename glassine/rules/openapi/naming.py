"""What an operation is called by the model and by people: names that every provider takes, unique within a file and the same again next time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

SHORTEST_NAME, LONGEST_NAME, _LONGEST_TITLE = 5, 64, 120
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_WORDS = re.compile(r"[_\-./{}\s]+|(?<=[a-z0-9])(?=[A-Z])")


def name_of(operation_id: object, method: str, path: str, taken: Collection[str]) -> str:
    """The operation's own id as far as it can be one, else a name made of method and path. One that is taken gets a mark of its method and path."""
    said = operation_id.strip() if isinstance(operation_id, str) else ""
    said = said.removesuffix(_generated_tail(method, path)) or said
    name = _NO_NAME.sub("_", said).strip("_-") or _NO_NAME.sub("_", f"{method} {path}".lower()).strip("_-")
    name = f"{method.lower()}_{name}" if len(name) < SHORTEST_NAME else name
    if len(name) <= LONGEST_NAME and name not in taken:
        return name
    mark = hashlib.sha256(f"{method} {path}".encode()).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - len(mark) - 1]}_{mark}"


def _generated_tail(method: str, path: str) -> str:
    """What FastAPI appends to every function's name to make an id of it."""
    return f"{re.sub(r'[^A-Za-z0-9_]', '_', path)}_{method.lower()}"


def title_of(summary: object, name: str) -> str:
    """The summary, or the name in words."""
    said = " ".join(summary.split()).rstrip(".") if isinstance(summary, str) else ""
    return said[:_LONGEST_TITLE] or " ".join(_WORDS.split(name)).strip().capitalize()[:_LONGEST_TITLE]
