"""Which custom fields a language model fills in, how it is asked for them, and what of its answer may stand in one. Pure; what is not sure stays empty."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from glassine.words.custom_fields import FieldForm, Form, Wanted

MOST = 12  # of one helpdesk
LONGEST = 200  # characters of a value
_LONGEST_ASK = 300
_MOST_CHOICES = 40
_ANSWERS: Mapping[str, str] = {"true": "yes", "false": "no"}


def wanted(text: str, forms: Mapping[str, FieldForm], helpdesk: str) -> tuple[Wanted, ...]:
    """From the lines of a setting: the helpdesk's field, what is to be found out, and the choices, if any, after strokes. What is no such line is nothing: `wrong` says so."""
    found = []
    for name, ask, choices in filter(None, map(_line, text.splitlines())):
        known = form_of(name, forms)
        named = _named(choices, known)
        if known.form is not Form.OTHER and None not in named.values():
            form = Form.CHOICE if choices and known.form is Form.TEXT else known.form
            found.append(Wanted(helpdesk=helpdesk, name=name, ask=ask, form=form, choices={str(value): title for title, value in named.items()} or dict(known.choices)))
    return tuple(found[:MOST])


def _line(line: str) -> tuple[str, str, list[str]] | None:
    name, sign, rest = line.partition("=")
    ask, *choices = [part.strip() for part in rest.split("|")]
    return (name.strip(), ask, [one for one in choices if one]) if sign and name.strip() and ask else None


def form_of(name: str, forms: Mapping[str, FieldForm]) -> FieldForm:
    """By its number or its name; a field of which nothing is known takes a text."""
    return forms.get(name) or next((one for one in forms.values() if one.title.casefold() == name.casefold()), FieldForm(title=name))


def _named(choices: Sequence[str], known: FieldForm) -> dict[str, str | None]:
    """What the admin chose from a field's choices, as people read it, each with the value that is sent; None: the helpdesk has no such choice."""
    if not choices or not known.choices:
        return {one: one for one in choices}
    found = {one: _chosen(one, known.choices) for one in choices}
    return {known.choices[value] if value is not None else one: value for one, value in found.items()}


def _chosen(word: str, choices: Mapping[str, str]) -> str | None:
    plain = word.strip().casefold()
    return next((value for value, title in choices.items() if plain in (value.casefold(), title.casefold())), None)


def wrong(text: str, mapped: Collection[str], forms: Mapping[str, FieldForm]) -> str:
    """Why the lines cannot be right, as a sentence; empty when they are."""
    lines, seen = [line for line in text.splitlines() if line.strip()], set[str]()
    for line in lines:
        found = _line(line)
        if found is None:
            return f"“{line.strip()[:60]}” is not a field of the helpdesk, an equals sign and what is to be found out."
        if fault := _fault(*found, mapped, forms, seen):
            return fault
        seen.add(found[0])
    return f"The AI fills at most {MOST} fields of a helpdesk." if len(lines) > MOST else ""


def _fault(name: str, ask: str, choices: Sequence[str], mapped: Collection[str], forms: Mapping[str, FieldForm], seen: Collection[str]) -> str:
    known = form_of(name, forms)
    if name in seen:
        return f"The field {name[:60]} stands there twice."
    if name in mapped:
        return f"The field {name[:60]} is filled from a value above already. Leave it out in one of the two."
    if known.form is Form.OTHER:
        return f"The AI cannot fill the field {known.title[:60]}: it takes something that only people can choose."
    if len(ask) > _LONGEST_ASK or any(len(one) > LONGEST for one in choices) or len(choices) > _MOST_CHOICES:
        return f"What is asked for the field {name[:60]} is too long: {_LONGEST_ASK} characters and {_MOST_CHOICES} choices at most."
    strange = next((title for title, value in _named(choices, known).items() if value is None), None)
    if strange is not None:
        return f"The field {known.title[:60]} has no choice called {strange[:60]}. It has: {', '.join([*known.choices.values()][:10])}."
    return ""


def asks(every: Sequence[Wanted]) -> str:
    """One line for each, as the model reads them."""
    return "\n".join(f"F{place}: {_ask(one)}" for place, one in enumerate(every, 1))


def _ask(one: Wanted) -> str:
    forms = {Form.WHOLE: "A whole number in figures.", Form.NUMBER: "A number in figures.", Form.DATE: "A date as YYYY-MM-DD.", Form.YES_NO: "Answer with yes or no."}
    choices = f"Answer with one of: {'; '.join([*one.choices.values()][:_MOST_CHOICES])}." if one.form is Form.CHOICE else forms.get(one.form, "In a few words.")
    return f"{' '.join(one.ask.split())} {choices}"


def schema(every: Sequence[Wanted]) -> dict[str, Any]:
    """Of the object that holds the answers."""
    names = {f"F{place}": _schema(one) for place, one in enumerate(every, 1)}
    return {"type": "object", "additionalProperties": False, "required": list(names), "properties": names}


def _schema(one: Wanted) -> dict[str, Any]:
    titles = [*one.choices.values()][:_MOST_CHOICES] if one.form is Form.CHOICE else ["yes", "no"] if one.form is Form.YES_NO else []
    return {"type": "string", **({"enum": [*dict.fromkeys(titles), ""]} if titles else {})}


class Filled(NamedTuple):
    """What may stand in the fields, by helpdesk and field, and why others stay empty, each as a sentence."""

    fields: dict[str, dict[str, str]]
    notes: tuple[str, ...]


def read(said: object, every: Sequence[Wanted], covered: Callable[[str], bool]) -> Filled:
    """`said`: what the model answered for all of them. `covered`: whether everything in a text was said in the conversation."""
    answers = said if isinstance(said, dict) else {}
    fields: dict[str, dict[str, str]] = {}
    notes = []
    for place, one in enumerate(every, 1):
        answer = answers.get(f"F{place}")
        word = " ".join(answer.split()) if isinstance(answer, str) else ""
        value = _value(word, one, covered) if word else None
        if value is not None:
            fields.setdefault(one.helpdesk, {})[one.name] = value
        else:
            notes.append(f"{one.name} stays empty: {_why(word, one)}")
    return Filled(fields, tuple(notes))


def _value(word: str, one: Wanted, covered: Callable[[str], bool]) -> str | None:
    match one.form:
        case Form.CHOICE:
            return _chosen(word, one.choices)
        case Form.YES_NO:
            return _chosen(word, _ANSWERS)
        case Form.WHOLE | Form.NUMBER:
            return word if re.fullmatch(r"-?\d{1,12}" + (r"([.]\d{1,6})?" if one.form is Form.NUMBER else ""), word) and covered(word) else None
        case Form.DATE:
            return word if _is_date(word) and covered(word) else None
        case _:
            return word if len(word) <= LONGEST and covered(word) else None


def _is_date(word: str) -> bool:
    try:
        return date.fromisoformat(word).isoformat() == word
    except ValueError:
        return False


def _why(word: str, one: Wanted) -> str:
    if not word:
        return "the model was not sure."
    if one.form in (Form.CHOICE, Form.YES_NO):
        return "what the model answered is none of its choices."
    return "what the model answered does not stand in the conversation, or does not fit into the field."
