"""Reads what happened in a conversation: answers, and whether the team still has it. What Glassine itself wrote it leaves out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

from glassine.connect.enclosures import had, parted
from glassine.connect.sunshine.app import App, Json
from glassine.connect.sunshine.saying import OURS
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Deleted, Enclosed, Heard, Looked, Reopened, Replied, Solved, Unhad

_HELD, _FREE = "held", "free"
_AUTOMATIC = frozenset({"activity", "bot"})  # what a machine over there wrote is not the team's answer


def held_by(conversation: Json) -> frozenset[str]:
    """All names of whoever has control; empty where nobody has."""
    holder = conversation.get("activeSwitchboardIntegration") or {}
    return frozenset(str(holder[name]) for name in ("id", "name", "integrationType") if holder.get(name))


async def look(app: App, ticket: str, since: str, *, to: str) -> Looked:
    """Everything after the message that `since` names, and whether control went to somebody else since. Raises DeliveryFailed."""
    seen, _, before = since.partition(" ")
    there = await app.get(f"/conversations/{quote(ticket, safe='')}")
    if there is None:
        if await app.get("") is None:
            raise DeliveryFailed(f"There is no app {app.id} at {app.host}. Check the app id and the subdomain.", again=False, status=404)
        return Looked(heard=(Deleted(ticket=ticket, key=f"{ticket}:deleted", at=app.link.now),), since=since)
    pages = [page or [] async for page in app.messages(ticket, seen)]
    news = [one for page in (pages if seen else reversed(pages)) for one in page]
    newest = str(news[-1]["id"]) if news else seen
    heard = [one for message in news async for one in _of(app, ticket, message)]
    now = _HELD if to in held_by(there.get("conversation") or {}) else _FREE
    if now != (before or _HELD):
        changed = Solved if now == _FREE else Reopened
        heard.append(changed(ticket=ticket, key=f"{ticket}:{now}:{newest}", at=app.link.now))
    return Looked(heard=tuple(heard), since=f"{newest} {now}")


async def _of(app: App, ticket: str, message: Json) -> AsyncIterator[Heard]:
    ours = (message.get("metadata") or {}).get(OURS)
    if ours or message.get("deleted"):
        return
    author, key, at = message.get("author") or {}, f"message:{message.get('id')}", _at(message, app)
    if (message.get("activity") or {}).get("type") == "ticket:closed":
        yield Solved(ticket=ticket, key=key, at=at)
    elif author.get("type") == "business" and not message.get("activity") and not _AUTOMATIC & set(author.get("subtypes") or ()):
        content = message.get("content") or {}
        files, unhad = await _files(app, content, at)
        yield Replied(
            ticket=ticket, key=key, text="\n".join(_words(content)), public=True, author=str(author.get("displayName") or ""), at=at, files=files, unhad=unhad,
        )


def _words(content: Json) -> Iterator[str]:
    """What can be read of a message: its text, and what its buttons, cards or list say."""
    if text := str(content.get("text") or "").strip():
        yield text
    for one in content.get("items") or ():
        yield " – ".join(word for word in (str(one.get("title") or ""), str(one.get("description") or "")) if word)
    for one in content.get("actions") or ():
        if one.get("text"):
            yield f"{one['text']} {one.get('uri') or ''}".strip()


async def _files(app: App, content: Json, at: datetime) -> tuple[tuple[Enclosed, ...], tuple[Unhad, ...]]:
    """What came along, or what can no longer be had."""
    url = str(content.get("mediaUrl") or "")
    if not url:
        return (), ()
    name = str(content.get("altText") or "") or unquote(urlsplit(url).path.rpartition("/")[2])
    return parted([await had(app.link, name, str(content.get("mediaType") or ""), content.get("mediaSize"), at, lambda: app.file(url))])


def _at(message: Json, app: App) -> datetime:
    try:
        at = datetime.fromisoformat(str(message.get("received")))
    except ValueError:
        return app.link.now
    return at if at.tzinfo else at.replace(tzinfo=UTC)
