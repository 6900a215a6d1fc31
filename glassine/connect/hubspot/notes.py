"""Entries of a session as notes on a ticket of HubSpot's, and notes of people as what they mean. It asks nothing."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any

from glassine.connect.markup import paragraphs, plain
from glassine.words.helpdesks import Draft, Entry, Speaker

REPLY = "#reply"
_MOST = 65_000  # characters of one note's markup; HubSpot takes 65,536
_OURS = re.compile(r"Glassine (gls[0-9a-f]{24})\s*\Z")
_TITLES = {Speaker.CUSTOMER: "Customer", Speaker.AI: "AI", Speaker.TEAM: "Team", Speaker.SYSTEM: "System"}


def entry_note(entry: Entry, unsent: list[str]) -> str:
    """Who said it, when and what; the marker in its last line says that it is ours. `unsent` are files that stayed behind."""
    title = _TITLES[entry.speaker] + ("" if entry.author in ("", "AI", _TITLES[entry.speaker]) else f" · {entry.author}") + ("" if entry.public else " · internal note")
    words = entry.text + (f"\n\nAttached, but not sent along: {', '.join(unsent)}" if unsent else "")
    return _note(f"{title} · {_moment(entry.at)}", words, entry.marker)


def summary_note(draft: Draft, untaken: str = "") -> str:
    """What a person should know first: why, how the customer feels, in which language, and where the conversation is. `untaken`: what HubSpot did not take."""
    facts = [
        ("Summary", draft.summary), ("Reasons", ", ".join(draft.reasons)), ("Mood", draft.sentiment), ("Language", draft.language), ("Channel", draft.channel),
        ("Tags", ", ".join(draft.tags)), ("Conversation", draft.link),
        ("HubSpot did not take these properties", untaken),
    ]
    words = "\n".join(f"{name}: {value}" for name, value in facts if value)
    how = f"A note that begins with {REPLY} goes to the customer. All other notes stay internal."
    return _note(f"Handed off by Glassine, #{draft.number}", f"{words}\n\n{how}", draft.marker)


def _note(head: str, words: str, marker: str) -> str:
    made = f"<p><strong>{html.escape(head, quote=False)}</strong></p>" + paragraphs(words)
    if len(made) > _MOST:
        made = f"<p><strong>{html.escape(head, quote=False)}</strong></p>" + paragraphs(f"{words[: _MOST // 6]} … (cut here: the rest stands in the conversation)")
    return f"{made}<p>Glassine {marker}</p>"


def marker_of(body: str) -> str:
    """The marker of a note that is ours, or nothing. Where a person quotes one of ours and goes on writing, it is theirs."""
    found = _OURS.search(plain(body))
    return found[1] if found else ""


def meant(body: str) -> tuple[str, bool]:
    """What a person's note says, and whether it is for the customer."""
    words = plain(body)
    if words.lower().startswith(REPLY) and not words[len(REPLY) : len(REPLY) + 1].isalnum():
        return words[len(REPLY) :].lstrip(" :\n"), True
    return words, False


def moment(said: Any) -> datetime | None:
    """A time as HubSpot writes it: ISO 8601, or milliseconds since 1970."""
    text = str(said or "")
    try:
        return datetime.fromtimestamp(int(text) / 1000, UTC) if text.isdigit() else datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
