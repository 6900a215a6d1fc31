"""The bytes of an OpenAPI file become a tree of plain JSON values, with limits on size, nesting and repetition. It judges nothing of what the file says.

YAML is read as JSON's superset: dates, times, `=`, `no` and numbers with a leading zero stay the words they are.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import yaml

from glassine.words.errors import Refused

LARGEST = 5_000_000  # bytes
_DEEPEST = 100
_MOST_VALUES = 1_000_000  # with everything that aliases repeat
_MOST_ALIASES = 5_000
_MOST_MERGED = 2_000  # keys of one mapping that `<<` brings in
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff]")
_TAG = "tag:yaml.org,2002:"
UNREADABLE = "failed_to_parse_spec"


class _Loader(yaml.CSafeLoader):
    """The safe loader without the types that JSON lacks; keys are the words that stand there."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - the base class fills its own the same way

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > _MOST_MERGED:
            raise _unreadable("It merges mappings into mappings without end.")

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise _unreadable("Something that is tagged as a mapping is none.")
        self.flatten_mapping(node)
        return {_key(key): self.construct_object(value, deep=deep) for key, value in node.value}


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _unreadable("A key in it is a list or a mapping.")
    return _clean(node.value)


def _as_written(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


for _kind, _expression, _first in (
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)\Z", "tTfF"), ("null", r"(?:~|null|Null|NULL|)\Z", ["~", "n", "N", ""]), ("merge", r"<<\Z", "<"),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,30})\Z", "-+0123456789"), ("float", r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z", "-+0123456789"),
):
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(_expression), list(_first))
for _kind in ("timestamp", "binary", "value"):
    _Loader.add_constructor(_TAG + _kind, _as_written)


def read(data: bytes | str) -> dict[str, Any]:
    """The file as a tree. Raises Refused with `failed_to_parse_spec` and what is wrong."""
    text = _text(data)
    try:
        tree = _parsed(text)
    except yaml.MarkedYAMLError as fault:
        where = f" in line {fault.problem_mark.line + 1}" if fault.problem_mark else ""
        raise _unreadable(f"It is neither JSON nor YAML{where}: {fault.problem or 'it cannot be read'}.") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise _unreadable("It is neither JSON nor YAML.") from None
    if not isinstance(tree, dict):
        raise _unreadable("It is no OpenAPI description: one begins with `openapi: 3…` or `swagger: \"2.0\"`.")
    _Settling().settle(tree)
    return tree


def _text(data: bytes | str) -> str:
    size = len(data)
    if size > LARGEST:
        raise _unreadable(f"It has {size / 1e6:.1f} MB, and {LARGEST / 1e6:.0f} MB are the most.")
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable("It is no text in UTF-8.") from None


def _parsed(text: str) -> Any:
    """YAML may begin with a brace as well: what is no JSON is tried as YAML, which also says in which line it breaks."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    return _yaml(text)


def _yaml(text: str) -> Any:
    """Looked through once before it is built: the builder goes down as deep as the file does."""
    depth = aliases = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        if depth > _DEEPEST:
            raise _unreadable(f"It is nested more than {_DEEPEST} levels deep.")
        if aliases > _MOST_ALIASES:
            raise _unreadable(f"It repeats itself by more than {_MOST_ALIASES:,} aliases.")
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader that builds less than it


class _Settling:
    """One walk over the tree: counts what aliases repeat, and makes every value one that JSON and the database can hold."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}  # of what was walked through already: aliases lead there again
        self._open: set[int] = set()

    def settle(self, value: Any, depth: int = 0) -> int:
        """Makes the leaves plain, in place; how many values it unfolds to."""
        if depth > _DEEPEST:
            raise _unreadable(f"It is nested more than {_DEEPEST} levels deep.")
        if id(value) in self._open:
            raise _unreadable("It contains itself.")
        if id(value) in self._sizes:
            return self._sizes[id(value)]
        self._open.add(id(value))
        size = 1
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            value[key] = _plain(inner)
            size += self.settle(inner, depth + 1) if isinstance(inner, dict | list) else 1
            if size > _MOST_VALUES:
                raise _unreadable(f"It unfolds to more than {_MOST_VALUES:,} values.")
        self._open.discard(id(value))
        self._sizes[id(value)] = size
        return size


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, set | tuple):
        return [_plain(each) for each in value]
    return value


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("", text)


def _unreadable(why: str) -> Refused:
    return Refused(f"The file cannot be read. {why}", code=UNREADABLE)
