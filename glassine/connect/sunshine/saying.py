"""Writes a session's words as messages of a conversation, long ones in several. It sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glassine.words.helpdesks import Draft, Enclosed, Entry, Speaker

OURS = "glassine"  # the name in a message's metadata by which ours are known
LONGEST = 4_000  # characters of a message: Sunshine takes 4,096
_METADATA = 3_500  # bytes, of the four kilobytes that go along when control is passed


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One message to be posted. `mark` goes into its metadata, which people do not see: an entry's last message carries the entry's own marker."""

    mark: str
    author: Mapping[str, Any]
    text: str = ""
    file: Enclosed | None = None


def first(draft: Draft) -> Part:
    """What the conversation begins with for whoever answers: what it is about, and where the whole stands."""
    facts = [("Why it was handed off", "; ".join(one.replace("_", " ") for one in draft.reasons)), ("Mood", draft.sentiment), ("Language", draft.language), ("Channel", draft.channel)]
    lines = [draft.summary[: LONGEST - 1_200], *(f"{name}: {value}" for name, value in facts if value), f"Session #{draft.number} in Glassine: {draft.link} ({draft.session})"]
    return Part(mark=draft.marker, author={"type": "business", "displayName": "Glassine"}, text="\n".join(lines)[:LONGEST])


def parts(entry: Entry, user: str) -> tuple[Part, ...]:
    """An entry as messages: its words, cut where they are too long, and its files. Nothing for an internal note."""
    if not entry.public:
        return ()
    author = {"type": "user", "userExternalId": user} if entry.speaker is Speaker.CUSTOMER else {"type": "business", "displayName": entry.author[:100]}
    words = [entry.text[at : at + LONGEST] for at in range(0, len(entry.text), LONGEST)]
    whole = [*((word, None) for word in words if word.strip()), *(("", file) for file in entry.files)] or [("(no words)", None)]
    return tuple(
        Part(mark=entry.marker if at == len(whole) else f"{entry.marker}/{at}", author=author, text=text, file=file) for at, (text, file) in enumerate(whole, 1)
    )


def wants(draft: Draft, first_message: str) -> dict[str, Any]:
    """What goes along with the control: tags and fields of the ticket that Zendesk makes of it, and where the conversation begins for whoever answers."""
    wanted: dict[str, Any] = {OURS: draft.marker, "first_message_id": first_message, "dataCapture.systemField.tags": ",".join(one.lower() for one in draft.tags)[:1_000]}
    for name, value in draft.fields.items():
        told = {f"dataCapture.ticketField.{name}": value[:500]}
        if name.isdecimal() and len(str(wanted | told).encode()) < _METADATA:
            wanted |= told
    return wanted
