"""A call in words of ours: what is going to be done, for whoever says yes to it, and what became of it, for the model. No words of a model make a sentence here."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from glassine.words.actions import WAITING, Action, Call, CallState, Filler

_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_JOINERS = "\u200c\u200d\n"  # letters of some scripts and pictures are written with them


def says(action: Action, values: Mapping[str, Any]) -> str:
    """What is going to be done: the action's title, and every value that is sent, a line each. It holds raw values: mask it before it is kept."""
    lines = [f"{_label(one.name)}: {_plainly(values[one.name])}" for one in action.parameters if one.name in values and one.filler is not Filler.FIXED]
    return "\n".join([action.title or action.name, *lines])


def _label(name: str) -> str:
    words = name.replace("_", " ").replace("-", " ").replace(".", " › ").strip()
    return words[:1].upper() + words[1:]


def _plainly(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split())


def visible(text: str) -> str:
    """With every sign that cannot be seen, or turns the direction of what follows, written out: what is read is what is sent."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(sign if sign in _JOINERS or unicodedata.category(sign) not in _UNSEEN else f"\\u{ord(sign):04x}" for sign in text)


_STATES: Mapping[CallState, str] = {
    CallState.REFUSED: "Not done: the rules of this company refuse it.",
    CallState.FORM: "Not done yet: the customer is shown a form to fill in. Do not ask for its fields yourself.",
    CallState.CODE: "Not done yet: the customer gets a one-time code and has to enter it.",
    CallState.CONFIRM: "Not done yet: the customer is shown exactly what would be done, and has to say yes.",
    CallState.APPROVAL: "Not done yet: a person of the team has to approve it.",
    CallState.RUNNING: "It is being done, and has not answered.",
    CallState.FAILED: "Not done: it failed.",
    CallState.UNKNOWN: "It was sent and gave no answer. Whether it was done is not known: say so, and do not call it again.",
    CallState.DECLINED: "Not done: somebody said no to it.",
    CallState.EXPIRED: "Not done: nobody said yes in time.",
    CallState.DRY: "Not done: this action is on trial, and nothing was sent. Do not say that it was done.",
}


def told(call: Call) -> str:
    """What the model is told of a call: how it stands, why, and what it may see of the answer."""
    status = f" (HTTP {call.status})" if call.status else ""
    head = f"Done{status}." if call.state is CallState.DONE else f"{_STATES[call.state]}{status}"
    why = "" if call.state in WAITING else call.why
    return "\n".join(part for part in (f"{head} {why}".strip(), call.seen) if part)
