"""What a session's ticket says and how much of it is told: policy, subject, tags and custom fields. Pure; nothing leaves from here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from glassine.rules.redaction import restore
from glassine.words.helpdesks import TOLD, Telling, unmarked
from glassine.words.privacy import PiiType
from glassine.words.sessions import ChannelKind

TAG = "opencx_"
HANDED_OFF = f"{TAG}handedoff"
TEST = f"{TAG}test"
_LONGEST_SUBJECT = 120
_MAY_HAVE_PSEUDONYM = frozenset({"email", "name", "text"})  # there is no number that is nobody's, and a file has no other in its place
_LINE = re.compile(r"([^=]{1,200}?)\s*=\s*(\S[^=]{0,200})")


def policy_of(stored: Mapping[str, str], needs: Sequence[str]) -> dict[str, Telling]:
    """How each field is told. Unless it is set: masked, but for the one thing without which a ticket cannot be opened."""
    usual = {needs[0]: Telling.RAW} if needs else {}
    words = {str(one) for one in Telling}
    found = {name: Telling(stored[name]) if stored.get(name) in words else usual.get(name, Telling.MASKED) for name in TOLD}
    return {name: how if how is not Telling.PSEUDONYM or name in _MAY_HAVE_PSEUDONYM else Telling.MASKED for name, how in found.items()}


def choices_of(field: str) -> tuple[Telling, ...]:
    """How a field may be told at all."""
    return tuple(one for one in Telling if one is not Telling.PSEUDONYM or field in _MAY_HAVE_PSEUDONYM)


def lacks(needs: Sequence[str], told: Mapping[str, str]) -> bool:
    """Whether the requester has nothing of what the helpdesk needs of one."""
    return bool(needs) and not any(told.get(name) for name in needs)


def told_text(masked: str, how: Telling, values: Mapping[str, str], aliases: Mapping[str, str]) -> str:
    """A masked text as it leaves. What only looks like a placeholder comes out as it was written."""
    return restore(masked, values if how is Telling.RAW else aliases if how is Telling.PSEUDONYM else {})


def alias(type: PiiType | str, digest: str) -> str:
    """What stands for a value with everybody who may tell that it is the same, but not what it is."""
    return f"[{str(type).upper()}-{digest[:6]}]"


def subject(number: int, first: str) -> str:
    """Of masked words only: what a customer said first, in one line."""
    words = " ".join(unmarked(first).split())
    words = words if len(words) <= _LONGEST_SUBJECT else words[: words.rfind(" ", 0, _LONGEST_SUBJECT)].rstrip(",;:.") + " …"
    return f"#{number}: {words}" if words else f"#{number}: a customer waits for a person"


def tags(channel: ChannelKind, sentiment: str | None, own: Iterable[str]) -> tuple[str, ...]:
    """Channel, sentiment, that it was handed off, and the team's own; each once, and in one word."""
    found = [f"{TAG}channel_{channel}", *([f"{TAG}sentiment_{sentiment}"] if sentiment else []), HANDED_OFF, *own]
    return tuple(dict.fromkeys(word for one in found if (word := re.sub(r"[\s,]+", "_", one.strip()))))


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def mapping(text: str) -> dict[str, str]:
    """The helpdesk's fields with what goes into each, from lines of a setting. What is no such line is nothing: `wrong_mapping` says so when it is set."""
    return {match[1].strip(): match[2].strip() for line in lines(text) if (match := _LINE.fullmatch(line))}


MAPPED = ("session_id", "number", "link", "channel", "language", "sentiment", "reasons", "summary", "contact_id")


def wrong_mapping(text: str) -> str:
    """Why the lines cannot be right, as a sentence; empty when they are."""
    for line in lines(text):
        match = _LINE.fullmatch(line)
        if match is None:
            return f"“{line[:60]}” is not a field of the helpdesk, an equals sign and a value."
        if match[2] not in MAPPED and not match[2].startswith("custom."):
            return f"“{match[2][:60]}” is no value. Choose one of {', '.join(MAPPED)}, or custom.NAME."
    return ""


def mapped(text: str, values: Mapping[str, str], custom: Mapping[str, object]) -> dict[str, str]:
    """What goes into the helpdesk's custom fields; what has no value is left out."""
    found = {name: str(custom.get(source.removeprefix("custom."), "")) if source.startswith("custom.") else values.get(source, "") for name, source in mapping(text).items()}
    return {name: value for name, value in found.items() if value}
