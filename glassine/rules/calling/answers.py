"""What came back from a call, as far as it may go on: JSON or text of a bounded length, only the fields that are shown. It masks nothing: story/actions/calling.py does, after it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from glassine.words.crossings import Answer

MOST_BYTES = 1_000_000  # that are read of an answer
MOST_SHOWN = 6_000  # characters that go on
_DEEPEST = 60
_LONG_NUMBER = 7  # digits: as a text it can be masked
_MISSING = object()
_KIND = re.compile(r"(?:application|audio|font|image|model|multipart|video)/[a-z0-9.+-]{1,40}")  # words from outside, as short as such words are


class Unreadable(Exception):
    """An answer that cannot be shown to anybody; the sentence says why."""


def content(answer: Answer) -> Any:
    """The JSON, or the text, of an answer; None where there is nothing. Raises Unreadable for files and what cannot be read."""
    kind = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    if not answer.body.strip():
        return None
    if kind in ("", "application/json") or kind.endswith("+json"):
        return _json(answer.body, strict=bool(kind))
    if kind.startswith("text/") or kind in ("application/xml", "application/x-www-form-urlencoded"):
        return answer.body.decode("utf-8", "replace")
    known = kind if _KIND.fullmatch(kind) else "of a kind that is none"
    raise Unreadable(f"The answer is a file ({known}, {len(answer.body):,} bytes), and files are not shown.")


def _json(body: bytes, *, strict: bool) -> Any:
    try:
        found = json.loads(body.decode("utf-8-sig", "replace"), parse_constant=str)
        _not_too_deep(found)
        return found
    except (ValueError, RecursionError):
        if strict:
            raise Unreadable("The answer says that it is JSON, and cannot be read as such.") from None
        return body.decode("utf-8", "replace")


def _not_too_deep(value: Any) -> None:
    """Everything after this walks through an answer by calling itself. Raises ValueError."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [each for one in level if isinstance(one, Mapping | list) for each in (one.values() if isinstance(one, Mapping) else one)]
        if not level:
            return
    raise ValueError("nested too deeply")


def chosen(answer: Any, fields: Sequence[str]) -> Any:
    """Only these fields of it, by dotted paths; a list is looked into entry by entry. Without fields: all of it."""
    if not fields:
        return answer
    picked = [_picked(answer, field.split(".")) for field in fields]
    made: Any = _MISSING
    for one in picked:
        made = one if made is _MISSING else _joined(made, one) if one is not _MISSING else made
    return {} if made is _MISSING else made


def _picked(value: Any, steps: Sequence[str]) -> Any:
    if not steps:
        return value
    if isinstance(value, list):
        inside = [_picked(each, steps) for each in value]
        return [{} if each is _MISSING else each for each in inside] if inside else _MISSING
    if isinstance(value, Mapping) and steps[0] in value:
        inner = _picked(value[steps[0]], steps[1:])
        return _MISSING if inner is _MISSING else {steps[0]: inner}
    return _MISSING


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {**one, **{name: _joined(one[name], each) if name in one else each for name, each in other.items()}}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [_joined(first, second) for first, second in zip(one, other, strict=True)]
    return one


def written(answer: Any) -> str:
    """As it is masked: JSON with one value a line, so that the name of each stands before it, and long numbers as texts."""
    return answer if isinstance(answer, str) else json.dumps(_numbers_as_texts(answer), ensure_ascii=False, indent=0)


def _numbers_as_texts(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _numbers_as_texts(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_numbers_as_texts(each) for each in value]
    if isinstance(value, int | float) and not isinstance(value, bool) and sum(map(str.isdigit, str(value))) >= _LONG_NUMBER:
        return str(value)
    return value


def read_back(masked: str, answer: Any) -> Any:
    """The masked answer in the shape it had, numbers as numbers where nothing was masked. Raises ValueError where masking has joined its parts."""
    if isinstance(answer, str):
        return masked
    return _alike(json.loads(masked, object_pairs_hook=list), answer)


def _alike(masked: Any, answer: Any) -> Any:
    if isinstance(answer, Mapping):
        pairs = list(masked) if isinstance(masked, list) else []
        if len(pairs) != len(answer) or not all(isinstance(pair, tuple) for pair in pairs):
            raise ValueError("another shape")
        return {name: _alike(each, own) for (name, each), own in zip(pairs, answer.values(), strict=True)}
    if isinstance(answer, list):
        if not isinstance(masked, list) or len(masked) != len(answer):
            raise ValueError("another shape")
        return [_alike(each, own) for each, own in zip(masked, answer, strict=True)]
    return answer if isinstance(answer, int | float) and str(answer) == str(masked) else masked


def leaves(answer: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text and number with the name it stands under, where it cannot be masked as a whole."""
    if isinstance(answer, Mapping):
        for key, each in answer.items():
            yield from leaves(each, str(key))
    elif isinstance(answer, list):
        for each in answer:
            yield from leaves(each, name)
    elif answer is not None and not isinstance(answer, bool):
        yield name, str(answer)


def shown(answer: Any) -> str:
    """As the model and inspect see it: JSON in one line. Cut where it is too long, by whoever knows where a placeholder ends."""
    if answer is None:
        return ""
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
