"""What tests of Intercom share: a twin of it on a real socket, and the module's way to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from glassine.connect.intercom import connector
from glassine.edge.helpdesk_link import GateHelpdeskLink
from glassine.words.helpdesks import Draft, Heard, Ticket
from tests.intercom_twin import SETTINGS, Workspace
from tests.talk import draft, way
from tests.vendors import Vendor, vendor

assert connector.helpdesk is not None
INTERCOM = connector.helpdesk
URL = "https://support.example.com/api/hooks/helpdesks/1"


@dataclass
class Stage:
    space: Workspace
    server: Vendor

    @asynccontextmanager
    async def way(self, **settings: str) -> AsyncIterator[GateHelpdeskLink]:
        async with way(self.server.url, {**SETTINGS, **settings}, now=self.space.now) as link:
            yield link

    async def open(self, what: Draft | None = None, **settings: str) -> Ticket:
        async with self.way(**settings) as link:
            return await INTERCOM.open(link, what or draft(), "delivery-1")

    async def look(self, ticket: Ticket, since: str = "") -> tuple[tuple[Heard, ...], str]:
        async with self.way() as link:
            looked = await INTERCOM.look(link, ticket, since)
        return looked.heard, looked.since

    def bodies(self, id: str) -> list[str]:
        """What stands in it, in the order that it is shown."""
        return [part["body"] for part in sorted(self.space.held[id]["parts"], key=lambda one: (one["created_at"], int(one["id"]))) if part["body"]]

    def asked(self, part: str, method: str = "") -> int:
        return sum(part in request.target and method in request.method for request in self.server.seen)


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    space = Workspace()
    async with vendor(space.answer) as server:
        space.files_at = server.url
        yield Stage(space, server)
