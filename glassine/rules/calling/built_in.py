"""What Glassine does itself when a model asks for it, as actions: their words, their fields, and what may not be asked of a customer. Nothing is done here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from glassine.rules.calling.arguments import Unfilled
from glassine.words.actions import Action, ActionId, BuiltIn, BuiltInRule, Call, CallState, Filler, Limits, Parameter, Policy, Where

MOST_FIELDS = 8
IDS: Mapping[BuiltIn, ActionId] = {which: ActionId(uuid5(NAMESPACE_URL, f"glassine:{which}")) for which in BuiltIn}
_BY_ID = {id: which for which, id in IDS.items()}
DEFAULTS: Mapping[BuiltIn, BuiltInRule] = {
    BuiltIn.HAND_OFF: BuiltInRule(on=True), BuiltIn.COLLECT: BuiltInRule(on=True), BuiltIn.RESOLVE: BuiltInRule(on=True, confirm=True),
    BuiltIn.EMAIL: BuiltInRule(confirm=True, per_contact_a_day=3), BuiltIn.CSAT: BuiltInRule(per_contact_a_day=3),
}
ASKED, NO_ANSWER = "asked", "cannot_help"

_TITLES: Mapping[BuiltIn, tuple[str, str]] = {
    BuiltIn.HAND_OFF: ("Hand off to the team", "Gives the conversation to a person: the customer asks for one, or nothing here helps."),
    BuiltIn.COLLECT: ("Ask in a form", "Shows the customer a form, for several values at once."),
    BuiltIn.RESOLVE: ("Close the conversation as solved", "Closes the conversation, when the customer says it is solved."),
    BuiltIn.EMAIL: ("Send an e-mail", "Mails the customer, at their own address, what passages or tools say, when they ask for it."),
    BuiltIn.CSAT: ("Ask for a rating", "Asks the customer how it went, once it is solved."),
}  # fmt: skip
WORDS = tuple(description for _, description in _TITLES.values())  # the product's own, in every prompt that offers them
_TYPES: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": "string", "maxLength": 200}, "long_text": {"type": "string", "maxLength": 2_000}, "number": {"type": "number"}, "date": {"type": "string", "format": "date"},
    "email": {"type": "string", "format": "email"}, "yes_no": {"type": "boolean"},
}  # fmt: skip
_FIELD = {
    "type": "object", "required": ["label", "type"], "additionalProperties": False,
    "properties": {
        "label": {"type": "string", "minLength": 1, "maxLength": 80}, "type": {"type": "string", "enum": list(_TYPES)},
    },
}  # fmt: skip
_PARAMETERS: Mapping[BuiltIn, tuple[tuple[str, Mapping[str, Any]], ...]] = {
    BuiltIn.HAND_OFF: (("reason", {"type": "string", "enum": [ASKED, NO_ANSWER]}), ("why", {"type": "string", "maxLength": 300})),
    BuiltIn.COLLECT: (("title", {"type": "string", "minLength": 1, "maxLength": 120}), ("fields", {"type": "array", "items": _FIELD})),
    BuiltIn.EMAIL: (("subject", {"type": "string", "minLength": 1, "maxLength": 120}), ("text", {"type": "string", "minLength": 1, "maxLength": 3_000})),
    BuiltIn.RESOLVE: (), BuiltIn.CSAT: (),
}  # fmt: skip
# What nobody of a team asks a customer for: a model that was talked into asking finds no way to.
_SECRETS = re.compile(
    r"pass ?wor[dt]|pass ?code|pass ?phrase|kennwort|mot de passe|contraseñ|wachtwoord|senha|palavra-passe|parola d.ordine|\bpin\b|\bcvv|\bcvc|security code|prüfziffer|"
    r"card number|kartennummer|numéro de (?:la )?carte|número de (?:la )?tarjeta|kaartnummer|número do cartão|numero della carta|one-time|einmalcode|verification code|secret|api[ _-]?key|"
    r"social security|seed phrase", re.IGNORECASE,
)  # fmt: skip


_LINK = re.compile(r"//|\bwww\.", re.IGNORECASE)


def read(part: Mapping[str, Any]) -> dict[BuiltIn, BuiltInRule]:
    """The part `built_in` of a rulebook."""
    return {which: BuiltInRule(**{**_plain(usual), **{name: value for name, value in (part.get(which) or {}).items() if name in BuiltInRule.__slots__}}) for which, usual in DEFAULTS.items()}


def written(rules: Mapping[BuiltIn, BuiltInRule]) -> dict[str, Any]:
    return {str(which): _plain(rule) for which, rule in rules.items()}


def _plain(rule: BuiltInRule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in BuiltInRule.__slots__}


def may_set(which: BuiltIn) -> frozenset[str]:
    """What of its rule means anything: a handoff that waits for a yes helps nobody."""
    beside = {BuiltIn.COLLECT: {"per_contact_a_day"}, BuiltIn.RESOLVE: {"confirm"}, BuiltIn.EMAIL: {"confirm", "approve", "per_contact_a_day"}, BuiltIn.CSAT: {"per_contact_a_day"}}
    return frozenset({"on", *beside.get(which, ())})


def title(which: BuiltIn) -> str:
    return _TITLES[which][0]


def description(which: BuiltIn) -> str:
    return _TITLES[which][1]


def action(which: BuiltIn, rule: BuiltInRule) -> Action:
    """As any other, but that no request is made for it."""
    parameters = tuple(Parameter(name=name, where=Where.BODY, schema=schema, required=name != "why") for name, schema in _PARAMETERS[which])
    policy = Policy(channels=(), confirm=rule.confirm, approve=rule.approve, limits=Limits(per_contact_a_day=rule.per_contact_a_day))
    name, about = _TITLES[which]
    return Action(id=IDS[which], name=which, title=name, description=about, method="POST", url="https://glassine.invalid/", parameters=parameters, policy=policy, pinned=True, does=which)


def which(call: Call) -> BuiltIn | None:
    """The one that a call is of, if it is of one."""
    return _BY_ID.get(call.action) if call.action else next((one for one in BuiltIn if one == call.name), None)


def hands_off(call: Call) -> bool:
    return which(call) is BuiltIn.HAND_OFF and call.state in (CallState.DONE, CallState.DRY)


def shaped(asked: Action, arguments: Mapping[str, Any]) -> Action:
    """With the fields of a form that these arguments ask for. Raises Unfilled for what may not be asked."""
    fields = arguments.get("fields")
    if asked.does is not BuiltIn.COLLECT or not isinstance(fields, Sequence) or isinstance(fields, str):
        return asked
    if secret := next((words for words in texts(arguments) if _SECRETS.search(words)), None):
        raise Unfilled(f"A customer is never asked for passwords, codes or card numbers: {secret[:60]}")
    if any(_LINK.search(words) for words in texts(arguments)):
        raise Unfilled("A form leads nowhere: leave links out of its words.")
    made: dict[str, Parameter] = {}
    if not 1 <= len(fields) <= MOST_FIELDS:
        raise Unfilled(f"A form has at least one field, and at most {MOST_FIELDS}.")
    for one in fields:
        if isinstance(one, Mapping) and isinstance(one.get("label"), str):
            name = _name(one["label"], made)
            made[name] = Parameter(name=name, where=Where.BODY, schema=_schema(one), required=one.get("type") != "yes_no", filler=Filler.FORM)
    return replace(asked, parameters=(*asked.parameters, *made.values()))


def _name(label: str, taken: Mapping[str, Any]) -> str:
    plain = re.sub(r"\W+", "_", label.lower()).strip("_")[:40] or "field"
    return plain if plain not in taken and plain not in ("title", "fields") else next(f"{plain}_{n}" for n in range(2, 100) if f"{plain}_{n}" not in taken)


def _schema(field: Mapping[str, Any]) -> dict[str, Any]:
    return {**_TYPES.get(str(field.get("type")), _TYPES["text"]), "title": field["label"][:80]}


def texts(arguments: Any) -> Iterator[str]:
    """What of a model's arguments a customer would read."""
    if isinstance(arguments, str):
        yield arguments
    elif isinstance(arguments, Mapping):
        for name, value in arguments.items():
            if name in ("title", "fields", "label", "subject", "text"):
                yield from texts(value)
    elif isinstance(arguments, list | tuple):
        for value in arguments:
            yield from texts(value)


def says(asked: Action, values: Mapping[str, Any]) -> str | None:
    """What is going to be done, where it takes other words than a list of all values. It holds raw values: mask it before it is kept."""
    return " ".join(str(values.get("title", asked.title)).split()) if asked.does is BuiltIn.COLLECT else None
