"""Which values a call gets: the model's words checked and unmasked only where a parameter takes that type, the contact's own data, what is fixed, and a form's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from glassine.rules.calling import schemas
from glassine.rules.redaction import PLACEHOLDER, find, known_in, restore
from glassine.words.actions import Action, Filler, Parameter
from glassine.words.privacy import Known, PiiType, Policy, Span


class Unfilled(Exception):
    """A call that cannot run with what it was given; the sentence says why, for the model and for the team, and repeats no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """A value of the customer's that goes into a request, by the name of its parameter."""

    parameter: str
    type: str
    placeholder: str = ""  # empty: the contact's own data


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What is sent, by parameter. Raw: short-lived, and never kept as it is."""

    by_name: Mapping[str, Any] = field(repr=False)
    reveals: tuple[Reveal, ...] = ()
    raw: bool = False  # something in it looks like a personal value, so the gate has to know that it may

    def canonical(self) -> str:
        """Equal for equal values: what was agreed to is what runs."""
        return json.dumps(self.by_name, sort_keys=True, ensure_ascii=False, default=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Where values come from. `tokens`: the session's placeholders with their values; `told`: placeholders that the same host has told itself."""

    arguments: Mapping[str, Any] = field(repr=False)
    form: Mapping[str, Any] = field(default_factory=dict, repr=False)
    contact: Mapping[str, Any] = field(default_factory=dict, repr=False)  # by `source`
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    told: frozenset[str] = frozenset()
    policy: Policy = field(default_factory=Policy)
    known: Known = field(default_factory=Known, repr=False)
    looked_at: bool = False  # when it was asked for: what was shown since may know these values, and nobody else can have written them


def spec(action: Action) -> dict[str, Any]:
    """The JSON Schema of what the model fills in."""
    return schema_of(action, Filler.MODEL)


def schema_of(action: Action, filler: Filler) -> dict[str, Any]:
    """The JSON Schema of what one filler fills in."""
    asked = [one for one in action.parameters if one.filler is filler]
    return {
        "type": "object", "properties": {one.name: {**one.schema, **({"description": one.description} if one.description else {})} for one in asked},
        "required": [one.name for one in asked if one.required], "additionalProperties": False,
    }


def values(action: Action, given: Given) -> Values:
    """Every parameter's value. Raises Unfilled."""
    _known_names(action, given.arguments, Filler.MODEL)
    _known_names(action, given.form, Filler.FORM)
    within_bounds(given.arguments)
    within_bounds(given.form)
    by_name: dict[str, Any] = {}
    reveals: list[Reveal] = []
    for one in action.parameters:
        value = _value(one, given, reveals)
        if value is None:
            if one.required:
                raise Unfilled(_missing(one))
            continue
        if one.filler is not Filler.FIXED and (wrong := schemas.fault(value, one.schema)):
            raise Unfilled(f"{one.name}: {wrong}.")
        by_name[one.name] = value
    return Values(by_name=by_name, reveals=tuple(reveals), raw=bool(reveals or given.form) or _shows(by_name, given))  # what is in a form nobody has masked: it may be a name


def within_bounds(given: Mapping[str, Any]) -> None:
    """Before anything walks through them."""
    try:
        schemas.bounded(given)
    except schemas.Unfit as unfit:
        raise Unfilled(f"What was given {unfit}.") from None
    if len(json.dumps(given, default=str)) > schemas.LONGEST:
        raise Unfilled(f"The arguments are longer than {schemas.LONGEST:,} characters together.")


def _known_names(action: Action, given: Mapping[str, Any], filler: Filler) -> None:
    names = {one.name for one in action.parameters if one.filler is filler}
    if others := [name for name in given if name not in names]:
        raise Unfilled(f"There is no parameter {', '.join(str(name)[:60] for name in others[:3])} to fill in.")


def _value(one: Parameter, given: Given, reveals: list[Reveal]) -> Any:
    if one.filler is Filler.FIXED:
        return one.value
    if one.filler is Filler.CONTACT:
        value = given.contact.get(one.source)
        if value is not None:
            reveals.append(Reveal(parameter=one.name, type=one.source))
        return value
    if one.filler is Filler.FORM:
        return given.form.get(one.name)  # the customer wrote it for this parameter
    return _unmasked(one, given.arguments.get(one.name), given, reveals)


def _missing(one: Parameter) -> str:
    if one.filler is Filler.CONTACT:
        return f"{one.name}: the contact's {one.source} is not known, and nobody but your own systems can say it."
    return f"{one.name} is missing."


def _unmasked(one: Parameter, value: Any, given: Given, reveals: list[Reveal]) -> Any:
    """With the values behind placeholders where the parameter takes their type. Raises Unfilled for those anywhere else, and for values that nobody masked."""
    def text(words: str) -> str:
        if not given.looked_at:
            _undeclared(one, words, given)
        for match in PLACEHOLDER.finditer(words):
            _may_stand(one, match[0], PiiType(match[1].lower()), given)
            reveals.append(Reveal(parameter=one.name, type=match[1].lower(), placeholder=match[0]))
        return restore(words, given.tokens)

    return _as_number(value, mapped(value, text), one.schema)


def _as_number(given: Any, restored: Any, schema: Mapping[str, Any]) -> Any:
    """A number that had been masked is one again where a number is asked for."""
    whole = isinstance(given, str) and PLACEHOLDER.fullmatch(given) and schema.get("type") in ("integer", "number")
    return int(restored) if whole and restored.isascii() and restored.isdigit() and len(restored) < 30 else restored


def _may_stand(one: Parameter, placeholder: str, kind: PiiType, given: Given) -> None:
    if placeholder not in given.tokens:
        raise Unfilled(f"{one.name}: {placeholder} stands for no value that can be put back.")
    if one.takes is not kind and placeholder not in given.told:
        raise Unfilled(f"{one.name}: {placeholder} is masked, and this parameter does not take a value of the type {kind.value}.")


def _undeclared(one: Parameter, words: str, given: Given) -> None:
    """A value in the clear that the model cannot have from the customer: it would have seen a placeholder."""
    for span in find(words, given.policy, given.known, ()):
        if span.type not in (PiiType.NAME, PiiType.ADDRESS) and not _number(words, span, given):
            raise Unfilled(f"{one.name}: it holds what looks like a value of the type {span.type.value} that this conversation did not give.")


def _number(words: str, span: Span, given: Given) -> bool:
    """Nothing but digits, which a phone number and an order's number share, and no number that is known."""
    number = words[span.start : span.end]
    return span.type is PiiType.PHONE and number.isdigit() and not known_in(number, given.policy, given.known)


def _shows(by_name: Mapping[str, Any], given: Given) -> bool:
    return any(find(text, given.policy, given.known, ()) for text in texts(by_name))


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """A value of JSON with every text in it changed, names of fields too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(str(name)): mapped(each, change) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [mapped(each, change) for each in value]
    return value


def texts(value: Any) -> Iterator[str]:
    """Every text in a value of JSON, and every number as one."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield str(name)
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
