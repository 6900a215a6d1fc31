"""How a source is reached: its connector, its settings with the secrets opened, and the link that its run goes out by. It reads nothing itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from glassine import connect
from glassine.config import resource
from glassine.edge.links import GateLink
from glassine.store import Store, sources
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import OrgId, SourceId
from glassine.words.sources import SourceFailed, Trouble, Upload
from glassine.words.syncing import Connected


@dataclass(slots=True, kw_only=True)
class SourceLink(GateLink):
    """Also to folders of this machine that the operator opened, and to what was uploaded for this source."""

    store: Store = field(repr=False)
    source: SourceId | None
    roots: tuple[str, ...] = ()

    async def uploads(self) -> list[Upload]:
        if self.source is None:
            return []
        async with self.store.tx(self.org) as tx:
            return await sources.files(tx, self.org, self.source)

    async def uploaded(self, name: str) -> bytes:
        assert self.source is not None, "what has no uploads names none"
        async with self.store.tx(self.org) as tx:
            return (await sources.file(tx, self.org, self.source, name))[1]


def link(world: World, org: OrgId, kind: str, settings: Mapping[str, str], source: SourceId | None, *, roots: tuple[str, ...] | None = None) -> SourceLink:
    """`roots`: what the operator opens just for this run. Raises NotFound, and Refused for settings that name no place to go to."""
    opened = (*map(str, world.settings.content_roots), str(resource("docs"))) if roots is None else roots
    return SourceLink(
        gate=world.gate, org=org, settings=settings, hosts=connect.source(kind).hosts(settings), own=world.settings.vendors.get(kind, ""), now=world.clock(),
        store=world.store, source=source, roots=opened,
    )


def boundary(link: GateLink) -> str:
    """What must be open for this run: sources that go out are one boundary, folders and uploads the other."""
    return _boundary(bool(link.hosts or link.own))


def _boundary(out: bool) -> str:
    return "source" if out else "import"


class Reach(NamedTuple):
    """Where a source's runs may connect to; with a `fault` nobody can tell, and no run leaves."""

    hosts: tuple[str, ...]
    fault: str = ""


def reach(source: Connected) -> Reach:
    """A connector that cannot read settings of an earlier version must not take the others off the page with it."""
    if source.kind not in connect.sources():
        return Reach(())
    try:
        return Reach(connect.source(source.kind).hosts(source.settings))
    except Exception as error:
        return Reach((), failure(error, {})[1])


def boundary_of(world: World, source: Connected) -> str:
    """As `boundary`, before there is a link."""
    found = reach(source)
    return _boundary(bool(found.hosts or found.fault or world.settings.vendors.get(source.kind)))


async def sealed(world: World, org: OrgId, id: SourceId, secrets: Mapping[str, str]) -> bytes | None:
    """Bound to the source's row."""
    if not secrets:
        return None
    return (await world.key(org)).seal(json.dumps(dict(secrets)).encode(), org, "sources", "secrets", id)


async def secrets_of(world: World, source: Connected, org: OrgId) -> dict[str, str]:
    """In the clear, for the run alone."""
    if source.secrets is None:
        return {}
    opened = json.loads((await world.key(org)).open(source.secrets, org, "sources", "secrets", source.id))
    return {str(name): str(value) for name, value in opened.items()}


def without_secrets(message: str, secrets: Mapping[str, str]) -> str:
    """No key is in what a connector says went wrong; should one be, it is covered."""
    for value in secrets.values():
        if len(value) > 3:
            message = message.replace(value, "…")
    return message


def failure(error: Exception, secrets: Mapping[str, str]) -> tuple[Trouble, str]:
    """Why a source cannot be read, in words that can be shown."""
    if isinstance(error, SourceFailed):
        return error.trouble, without_secrets(error.message, secrets)
    if isinstance(error, Refused):
        trouble = Trouble.STOPPED if error.code == "switched_off" else Trouble.FORBIDDEN if error.status == 403 else Trouble.MALFORMED
        return trouble, without_secrets(error.message, secrets)
    return Trouble.MALFORMED, f"The source answered something that this version cannot read ({type(error).__name__}). What was read before stays as it is."
