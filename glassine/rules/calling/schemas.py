"""JSON Schema as parameters use it: values are checked against it, and it is guessed from a sample. No value is ever quoted in what is said of a fault."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import re2
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import UndefinedTypeCheck, ValidationError
from jsonschema.validators import extend
from jsonschema_specifications import REGISTRY as STANDARDS
from referencing import Registry
from referencing.exceptions import Unresolvable

LONGEST = 20_000  # characters of all arguments together, as JSON
_DEEPEST, _MOST_ITEMS, _LONGEST_TEXT = 12, 500, 10_000
_NOTHING_ELSEWHERE: Registry[Any] = Registry()  # a $ref leads to a place in the same schema and nowhere else


class Unfit(Exception):
    """A value or a schema that cannot be used; the text says why, without the value."""


def _matches(pattern: str, text: str) -> bool:
    """By RE2, whose time grows with the text only: whoever wrote the schema did not think of who fills it in."""
    try:
        return bool(re2.search(pattern, text.encode("utf-8", "replace").decode()))
    except re2.error:
        return True  # lookaheads and the like: the API that wrote it checks it itself


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    del validator, schema
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError("does not match")


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[ValidationError]:
    del schema
    for name, value in instance.items() if isinstance(instance, Mapping) else ():
        for pattern, inner in patterns.items():
            if _matches(pattern, name):
                yield from validator.descend(value, inner, path=name, schema_path=pattern)


def _additional(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """What the schema names neither by itself nor by a pattern. The library's own would try patterns by Python's engine."""
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    others = [name for name in instance if name not in named and not any(_matches(each, name) for each in patterns)] if isinstance(instance, Mapping) else []
    if allowed is False and others:
        yield ValidationError("more than is asked for")
    for name in others if isinstance(allowed, Mapping) else ():
        yield from validator.descend(instance[name], allowed, path=name)


def _reference(validator: Any, place: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """References that lead to references can double at each step: a few lines then take hours."""
    left = _REFERENCES.get()
    left[0] -= 1
    if left[0] < 0:
        raise RecursionError("the schema unfolds without end")
    yield from Draft202012Validator.VALIDATORS["$ref"](validator, place, instance, schema)


_MOST_REFERENCES = 20_000  # that are followed for one value
_REFERENCES: ContextVar[list[int]] = ContextVar("references")
_Validator = extend(Draft202012Validator, {"pattern": _pattern, "patternProperties": _pattern_properties, "additionalProperties": _additional, "$ref": _reference, "$dynamicRef": _reference})


def _in_one_piece() -> dict[str, Any]:
    """What the standard asks of a schema, in its order. It is spread over eight files there, each of which is walked for every schema within a schema: ten times the work."""
    standard = Draft202012Validator.META_SCHEMA
    pieces = [*(STANDARDS.contents(f"{standard['$id'].rpartition('/')[0]}/{each['$ref']}") for each in standard["allOf"]), standard]
    return {part: {name: each for piece in pieces for name, each in piece.get(part, {}).items()} for part in ("properties", "$defs")}


def _within(validator: Any, place: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """A reference within those rules: to one of their definitions by its name, or to all of them."""
    del schema
    yield from validator.descend(instance, _RULES["$defs"][place.rpartition("/")[2]] if "/$defs/" in place else _RULES)


_RULES: Mapping[str, Any] = {"type": ["object", "boolean"], **_in_one_piece()}
_Rules = extend(Draft202012Validator, {"$ref": _within, "$dynamicRef": _within})(_RULES, format_checker=Draft202012Validator.FORMAT_CHECKER)
_FORMATS = FormatChecker(formats=("email", "date", "uuid", "ipv4", "ipv6"))


def check(schema: Mapping[str, Any]) -> None:
    """Whether this is a schema at all. Raises Unfit."""
    try:
        error = next(_Rules.iter_errors(dict(schema)), None)
    except RecursionError:
        raise Unfit("It is nested too deeply.") from None
    if error:
        raise Unfit(f"It is no JSON Schema: {error.message[:200]}")


def fault(value: Any, schema: Mapping[str, Any]) -> str:
    """What is wrong with a value, in words for whoever has to give another one; empty: nothing."""
    _REFERENCES.set([_MOST_REFERENCES])
    try:
        bounded(value)
        errors = sorted(_Validator(dict(schema), registry=_NOTHING_ELSEWHERE, format_checker=_FORMATS).iter_errors(value), key=lambda error: len(error.absolute_path))
    except Unfit as unfit:
        return str(unfit)
    except (Unresolvable, UndefinedTypeCheck, RecursionError):
        return "cannot be checked, because its schema leads nowhere"
    return _told(errors[0]) if errors else ""


def bounded(value: Any, depth: int = 0) -> None:
    """Raises Unfit for what is too large or no JSON: numbers that are none, deep nests, endless lists."""
    if depth > _DEEPEST:
        raise Unfit("is nested too deeply")
    if isinstance(value, float) and not math.isfinite(value):
        raise Unfit("is a number that does not exist")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**30:
        raise Unfit("is a number too large to be meant")
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        raise Unfit(f"is longer than {_LONGEST_TEXT:,} characters")
    inside = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    if len(inside) > _MOST_ITEMS:
        raise Unfit(f"holds more than {_MOST_ITEMS} entries")
    for each in inside:
        bounded(each, depth + 1)


def _told(error: ValidationError) -> str:
    """What the schema asks for at the place where it was not met. The value itself is not repeated: it may be somebody's."""
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    wanted = error.validator_value
    rule = {
        "type": f"must be {' or '.join(wanted) if isinstance(wanted, list) else wanted}", "enum": f"must be one of {_some(wanted)}", "const": "must be the one value that is allowed",
        "required": f"lacks {_lacking(error)}", "pattern": f"must match {wanted}", "format": f"must be a {wanted}", "additionalProperties": "holds fields that are not asked for",
        "minimum": f"must be at least {wanted}", "maximum": f"must be at most {wanted}", "minLength": f"must have at least {wanted} characters", "maxLength": f"must have at most {wanted} characters",
    }.get(str(error.validator), f"does not keep the rule {error.validator}")
    return f"{f'in {place[:80]} ' if place else ''}{rule[:300]}"


def _some(values: Any) -> str:
    return ", ".join(map(str, values[:20])) if isinstance(values, Sequence) else "the values that are allowed"


def _lacking(error: ValidationError) -> str:
    given = error.instance if isinstance(error.instance, Mapping) else {}
    wanted = error.validator_value if isinstance(error.validator_value, list) else []
    return ", ".join(str(name) for name in wanted if name not in given)


def guessed(sample: Any, depth: int = 0) -> dict[str, Any]:
    """The schema that a sample of JSON suggests."""
    if depth > _DEEPEST or sample is None:
        return {}
    if isinstance(sample, Mapping):
        return {"type": "object", "properties": {str(name): guessed(each, depth + 1) for name, each in sample.items()}}
    if isinstance(sample, list):
        return {"type": "array", "items": guessed(sample[0], depth + 1)} if sample else {"type": "array"}
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": kinds.get(type(sample), "string")}
