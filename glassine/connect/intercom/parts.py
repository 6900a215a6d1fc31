"""Entries of a session as parts of a conversation in Intercom, and parts that people wrote there as what they mean. It asks nothing."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from glassine.connect.intercom.api import Json
from glassine.connect.markup import paragraphs, plain
from glassine.words.helpdesks import Draft, Entry, Speaker, markers

CLOSED_HERE = "Closed in Glassine."
OPENED_HERE = "Opened again in Glassine."
_MOST = 20_000  # characters of one part
_ALONE = 50  # of a long conversation, the newest that stand alone; Intercom gives no more than 500 parts back
_FOLDED = 15_000  # characters of what shares a note
FILES = 10  # as many as Intercom takes with one part
_TITLES = {Speaker.CUSTOMER: "Customer", Speaker.AI: "AI", Speaker.TEAM: "Team", Speaker.SYSTEM: "System"}
_PUBLIC = frozenset({"comment", "assignment", "close", "open"})  # what of these has words, the customer sees


def opening(draft: Draft) -> str:
    """What stands first, in the customer's name: the subject, and what finds the conversation again."""
    return f"{draft.subject}\n\nRef. {draft.marker}"


def summary(draft: Draft) -> str:
    """What a person should know first: why, how the customer feels, in which language, and where the conversation is."""
    facts = [
        ("Summary", draft.summary), ("Reasons", ", ".join(draft.reasons)), ("Mood", draft.sentiment), ("Language", draft.language), ("Channel", draft.channel), ("Priority", draft.priority),
        ("Conversation", draft.link), ("Conversation id", str(draft.session)),
    ]
    words = "\n".join(f"{name}: {value}" for name, value in facts if value)
    how = "Answer here as ever: replies go to the customer in the chat they wrote in. Notes stay internal."
    return _note(f"Handed off by Glassine, #{draft.number}", f"{_cut(words)}\n\n{how}", draft.marker)


def reply(entry: Entry, contact: str, admin: str, most: int = FILES) -> dict[str, Any]:
    """The customer's words in the customer's name. All others are notes, because a reply of an admin's would reach the customer a second time.

    `most`: files that go along; the others are named."""
    sent, kept = entry.files[:most], entry.files[most:]
    files = {"attachment_files": [{"content_type": one.media_type, "name": one.name, "data": base64.b64encode(one.content).decode()} for one in sent]} if sent else {}
    words = _cut(entry.text) + (f"\n\nAttached, but not sent along: {', '.join(one.name for one in kept)}" if kept else "")
    at = {"created_at": int(entry.at.timestamp())}
    if entry.speaker is Speaker.CUSTOMER and entry.public and contact:
        return {"message_type": "comment", "type": "user", "intercom_user_id": contact, "body": f"{words}\n\nRef. {entry.marker}".strip()} | at | files
    return {"message_type": "note", "type": "admin", "admin_id": admin, "body": _note(_head(entry), words, entry.marker)} | at | files


def note(body: str, admin: str, at: datetime | None = None) -> dict[str, Any]:
    """`at`: when it counts as written, so that it stands where it belongs."""
    return {"message_type": "note", "type": "admin", "admin_id": admin, "body": body} | ({"created_at": int(at.timestamp())} if at is not None else {})


def folded(entries: Sequence[Entry]) -> tuple[list[tuple[str, datetime]], Sequence[Entry]]:
    """The oldest of a long conversation as few notes, each with the time of its last entry, and the newest, which stand alone."""
    old, new = entries[:-_ALONE], entries[-_ALONE:]
    notes: list[tuple[str, datetime]] = []
    for entry in old:
        one = f"{paragraphs(_head(entry))}{paragraphs(_cut(entry.text, 4_000))}<p>Ref. {entry.marker}</p>"
        if notes and len(notes[-1][0]) + len(one) <= _FOLDED:
            notes[-1] = (notes[-1][0] + one, entry.at)
        else:
            notes.append((one, entry.at))
    return notes, new


def _note(head: str, words: str, marker: str) -> str:
    return f"<p><b>{html.escape(head, quote=False)}</b></p>{paragraphs(words)}<p>Ref. {marker}</p>"


def _head(entry: Entry) -> str:
    title = _TITLES[entry.speaker] + ("" if entry.author in ("", "AI", _TITLES[entry.speaker]) else f" · {entry.author}") + ("" if entry.public else " · internal note of your team")
    return f"{title} · {entry.at.astimezone(UTC).strftime('%Y-%m-%d %H:%M UTC')}"


def _cut(text: str, most: int = _MOST) -> str:
    return text if len(text) <= most else f"{text[:most]} … (cut here: the rest stands in the conversation)"


def every(conversation: Json) -> list[Json]:
    """The parts, oldest first."""
    found = (conversation.get("conversation_parts") or {}).get("conversation_parts") or []
    return sorted((one for one in found if isinstance(one, dict)), key=lambda one: one.get("created_at") or 0)


def marked(conversation: Json) -> dict[str, str]:
    """Our entries: marker -> id of the part. Where people quote one of ours, the first part is the one."""
    found: dict[str, str] = {}
    for part in sorted(every(conversation), key=lambda one: _number(one.get("id"))):
        for marker in markers(str(part.get("body") or "")):
            found.setdefault(marker, str(part["id"]))
    return found


def _number(id: Any) -> int:
    return int(id) if str(id).isdigit() else 0


def by_admin(part: Json) -> bool:
    return (part.get("author") or {}).get("type") == "admin"


def ours(part: Json, admin: str) -> bool:
    """Whether the token's own account wrote it by the API. What a person writes with the same account, be it with one of our entries quoted, does not end in its marker."""
    body = plain(str(part.get("body") or ""))
    last = body.rsplit("\n", 1)[-1].strip()
    return str((part.get("author") or {}).get("id")) == admin and (last.startswith("Ref. gls") or body in (CLOSED_HERE, OPENED_HERE))


def meant(part: Json) -> tuple[str, bool] | None:
    """What a person's part says, and whether the customer sees it. None for what is neither."""
    kind, words = str(part.get("part_type") or ""), plain(str(part.get("body") or ""))
    if part.get("redacted") or not (kind in _PUBLIC or kind.startswith("note")):
        return None
    return words, kind in _PUBLIC


def moment(said: Any) -> datetime | None:
    """Seconds since 1970."""
    try:
        return datetime.fromtimestamp(int(said), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
