"""What a model calls the values of an action: names that every provider takes, and the way back to the action's own. It changes no value."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_LONGEST = 64
_TAKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what OpenAI takes as the name of a function, and Anthropic, but for the point, as that of a property
_OTHERS = re.compile(r"[^A-Za-z0-9_-]+")
_SEVERAL = ("allOf", "anyOf", "oneOf")
_DEEPEST = 12  # as values may be nested


def told(schema: Mapping[str, Any]) -> dict[str, str]:
    """The name that a model is told, by each name of an object's own fields. One that every provider takes stays as it is, and no two become one."""
    names = list(dict.fromkeys(_fields(schema, 0)))
    found = {name: name for name in names if _TAKEN.fullmatch(name)}
    for name in names:
        if name not in found:
            plain = _OTHERS.sub("_", name).strip("_-") or "value"
            mark = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
            found[name] = plain if len(plain) <= _LONGEST and plain not in found.values() else f"{plain[: _LONGEST - len(mark) - 1]}_{mark}"
    return found


def _fields(schema: Any, deep: int) -> Iterator[str]:
    """Whichever shape of several it has: they are told apart by their names."""
    if not isinstance(schema, Mapping) or deep > _DEEPEST:
        return
    if isinstance(schema.get("properties"), Mapping):
        yield from map(str, schema["properties"])
    for several in _SEVERAL:
        for one in schema[several] if isinstance(schema.get(several), list) else ():
            yield from _fields(one, deep + 1)


def own(value: Any, *schemas: Any, deep: int = 0) -> Any:
    """What a model gave, by the action's own names. A name that it was not told stays, so that whoever checks the value can refuse it."""
    if deep > _DEEPEST or not isinstance(value, Mapping | list):
        return value  # what is nested deeper is refused when it is checked
    shapes = [each for schema in schemas for each in _shapes(schema, 0)]
    if isinstance(value, list):
        items = [shape["items"] for shape in shapes if isinstance(shape.get("items"), Mapping)]
        return [own(each, *items, deep=deep + 1) for each in value]
    names: dict[str, str] = {}
    for schema in schemas:
        for name, other in told(schema).items():
            names.setdefault(other, name)
    given = {names.get(str(name), str(name)): each for name, each in value.items()}
    return {name: own(each, *_under(shapes, name), deep=deep + 1) for name, each in given.items()}


def _shapes(schema: Any, deep: int) -> Iterator[Mapping[str, Any]]:
    """A schema, and those that it is made of."""
    if not isinstance(schema, Mapping) or deep > _DEEPEST:
        return
    yield {name: part for name, part in schema.items() if name not in _SEVERAL}
    for several in _SEVERAL:
        for one in schema[several] if isinstance(schema.get(several), list) else ():
            yield from _shapes(one, deep + 1)


def _under(shapes: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    return [shape["properties"][name] for shape in shapes if isinstance(shape.get("properties"), Mapping) and name in shape["properties"]]
