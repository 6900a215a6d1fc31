"""What tests of Zendesk's tickets share: a way to the twin through a real gate, and a conversation that is handed off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from glassine.connect import helpdesk
from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.edge.helpdesk_link import GateHelpdeskLink
from glassine.words.helpdesks import Draft, Enclosed, Entry, Hook, Requester, Speaker, Ticket
from glassine.words.ids import OrgId, SessionId, new_id
from tests.zendesk_tickets_twin import SETTINGS


class Served(Protocol):
    """Whatever answers as Zendesk."""

    url: str


NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
HOOK = Hook(url="https://support.example.com/api/hooks/helpdesks/0190a3f0-0000-7000-8000-000000000001", secret="ours")
ZENDESK = helpdesk("zendesk")


@asynccontextmanager
async def way(server: Served, **changes: str) -> AsyncIterator[GateHelpdeskLink]:
    gate = Gate(allowed_private=places([server.url]))
    settings = SETTINGS | changes
    try:
        yield GateHelpdeskLink(gate=gate, org=OrgId(new_id()), settings=settings, hosts=ZENDESK.hosts(settings), own=server.url, now=NOW)
    finally:
        await gate.aclose()


def entry(number: int, text: str, speaker: Speaker = Speaker.CUSTOMER, *, author: str = "Customer", public: bool = True, files: tuple[Enclosed, ...] = ()) -> Entry:
    return Entry(marker=f"gls{number:024x}", speaker=speaker, author=author, text=text, public=public, at=NOW + timedelta(minutes=number), files=files)


def draft(*entries: Entry, **changes: object) -> Draft:
    made = Draft(
        session=SessionId(UUID(int=7)), marker="gls" + "a" * 24, number=4521, subject="#4521: My lamp is broken", summary="The lamp came broken.\nWants a new one.", reasons=("asks_for_a_person",),
        sentiment="angry", language="en", channel="web", link="https://support.example.com/inbox/7", tags=("opencx_channel_web", "opencx_sentiment_angry", "opencx_handedoff", "Lamps & more"),
        priority="high", group="72", fields={"360012": "7", "360013": "request"}, requester=Requester(key="glskey0001"), transcript=entries,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of Draft by name


TALK = (
    entry(1, "My lamp is broken <b>& dark</b>"), entry(2, "I am sorry.\nWhich lamp?", Speaker.AI, author="Glassine"), entry(3, "Give me a person"),
    entry(4, "He ordered twice.", Speaker.TEAM, author="Zoe", public=False),
)


async def opened(server: Served, one: Draft | None = None, key: str = "delivery-1") -> Ticket:
    async with way(server) as link:
        return await ZENDESK.open(link, one or draft(*TALK), key)


async def looked(server: Served, ticket: Ticket, since: str = "") -> tuple[list[object], str]:
    async with way(server) as link:
        found = await ZENDESK.look(link, ticket, since)
    return list(found.heard), found.since
