"""What tests of helpdesks' modules share: a conversation to be handed over, and a way to the vendor's twin through a real gate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.edge.helpdesk_link import GateHelpdeskLink
from glassine.words.helpdesks import Draft, Enclosed, Entry, Requester, Speaker
from glassine.words.ids import OrgId, SessionId, new_id

AT = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
MARKER = "gls" + "a" * 24


def entry(number: int, text: str, speaker: Speaker = Speaker.CUSTOMER, *, author: str = "Customer", public: bool = True, files: tuple[Enclosed, ...] = ()) -> Entry:
    return Entry(marker=f"gls{number:024x}", speaker=speaker, author=author, text=text, public=public, at=AT + timedelta(minutes=number), files=files)


TALK = (
    entry(1, "My lamp is broken <b>& dark</b>"), entry(2, "I am sorry.\nWhich lamp?", Speaker.AI, author="AI"), entry(3, "The red one.\n\nI want a person."),
    entry(4, "Look at his last order", Speaker.TEAM, author="Zoe", public=False),
)


def draft(*talk: Entry, **more: Any) -> Draft:
    told: dict[str, Any] = {
        "session": SessionId(UUID(int=7)), "marker": MARKER, "number": 4521, "subject": "#4521: My lamp is broken", "summary": "The lamp came broken.\nWants a new one.",
        "reasons": ("request", "tone"), "sentiment": "angry", "language": "en", "channel": "web", "link": "https://support.example.com/inbox/sessions/7",
        "tags": ("opencx_channel_web", "opencx_sentiment_angry", "opencx_handedoff", "lamps"), "priority": "high", "group": "", "fields": {},
        "requester": Requester(key="key-1", email="lea@example.com", name="Lea Lund"), "transcript": talk or TALK,
    }
    return Draft(**told | more)


@asynccontextmanager
async def way(url: str, settings: Mapping[str, str], *, now: datetime | None = None, hosts: tuple[str, ...] = (), seconds: float = 10) -> AsyncIterator[GateHelpdeskLink]:
    """A link as a delivery has it. `url` stands for the operator's address of the vendor, and is the only private place that may be reached."""
    gate = Gate(allowed_private=places([url]))
    made = GateHelpdeskLink(gate=gate, org=OrgId(new_id()), settings=settings, hosts=hosts, own=url, seconds=seconds)
    if now is not None:
        made.now = now
    try:
        yield made
    finally:
        await gate.aclose()
