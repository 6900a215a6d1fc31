"""What tests of HubSpot share: a twin of it on a real socket, and the module's way to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from glassine.connect.hubspot import connector
from glassine.edge.helpdesk_link import GateHelpdeskLink
from glassine.words.helpdesks import Draft, Heard, Hook, Ticket
from tests.hubspot_twin import SETTINGS, Portal
from tests.talk import draft, way
from tests.vendors import Vendor, vendor

assert connector.helpdesk is not None
HUBSPOT = connector.helpdesk
URL = "https://support.example.com/api/hooks/helpdesks/1"


@dataclass
class Stage:
    portal: Portal
    server: Vendor

    @asynccontextmanager
    async def way(self, **settings: str) -> AsyncIterator[GateHelpdeskLink]:
        async with way(self.server.url, {**SETTINGS, **settings}, now=self.portal.now) as link:
            yield link

    async def open(self, what: Draft | None = None, **settings: str) -> Ticket:
        async with self.way(**settings) as link:
            await HUBSPOT.install(link, Hook(url=URL, secret="s"))
            return await HUBSPOT.open(link, what or draft(), "delivery-1")

    async def look(self, ticket: Ticket, since: str = "") -> tuple[tuple[Heard, ...], str]:
        async with self.way() as link:
            looked = await HUBSPOT.look(link, ticket, since)
        return looked.heard, looked.since

    def asked(self, part: str, method: str = "") -> int:
        return sum(part in request.target and method in request.method for request in self.server.seen)


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    portal = Portal()
    async with vendor(portal.answer) as server:
        portal.files_at = server.url
        yield Stage(portal, server)
