"""Whether a contact belongs to a segment by its rule. Pure; only what the company's own systems said of a contact is ever given to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassine.words.errors import Refused
from glassine.words.segments import Operator, Rule

MOST = 100  # segments of an organisation
_LONGEST_NAME, _LONGEST = 60, 500


def belongs(rule: Rule, data: Mapping[str, Any]) -> bool:
    """Upper and lower case are one, and so are the spellings of a truth value. A field that is not there fits no rule."""
    given = _plain(data.get(rule.field))
    if not given:
        return False
    wanted = [_plain(one) for one in rule.value.split(",")] if rule.operator is Operator.ANY_OF else [_plain(rule.value)]
    match rule.operator:
        case Operator.SET:
            return True
        case Operator.CONTAINS:
            return bool(wanted[0]) and wanted[0] in given
        case Operator.IS | Operator.ANY_OF:
            return given in wanted


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return " ".join(str(value).casefold().split())


def check(name: str, description: str, rule: Rule | None) -> None:
    """Raises Refused for what cannot be a segment."""
    if not name:
        raise Refused("A segment needs a name.")
    if len(name) > _LONGEST_NAME or len(description) > _LONGEST:
        raise Refused(f"A name has up to {_LONGEST_NAME} characters, and a description up to {_LONGEST}.")
    if rule is None:
        return
    if not rule.field or len(rule.field) > _LONGEST or len(rule.value) > _LONGEST:
        raise Refused(f"Name the field of the custom data that decides, in up to {_LONGEST} characters.")
    if rule.operator is not Operator.SET and not any(_plain(one) for one in rule.value.split(",")):
        raise Refused("Say which value the field must have, or choose “has any value”.")
