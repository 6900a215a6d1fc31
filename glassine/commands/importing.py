"""`glassine import DIR`: a folder of Markdown and its relatives, or an archive of one, into the knowledge base, with progress and a reason for every file left out."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path
from uuid import UUID

from glassine.commands.organization import chosen
from glassine.config import Settings
from glassine.store import jobs, migrate
from glassine.story import demo
from glassine.story.sources import importing
from glassine.story.world import World, live
from glassine.words.errors import Misconfigured
from glassine.words.ids import OrgId
from glassine.words.knowledge import Audience, ImportLine

_EVERY = 50  # files between two lines of progress


class _Report:
    """Says what becomes of each file as it happens."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __call__(self, line: ImportLine) -> None:
        self.counts[line.outcome] += 1
        if line.reason:
            _say(f"{line.outcome}: {line.path} ({line.reason})")
        if self.counts.total() % _EVERY == 0:
            _say(f"… {self.counts.total()} files")


def run(settings: Settings, folder: Path, organization: str | None, *, base_url: str | None = None, internal: bool = False) -> int:
    """0 when every file was imported or left out for a reason, 1 when one failed. Raises Misconfigured and Refused."""
    if not folder.exists():
        raise Misconfigured(f"There is no folder or archive {folder}.")
    if base_url and not base_url.startswith(("https://", "http://")):
        raise Misconfigured("The base URL must begin with https:// or http://.")
    assert settings.database_url, "the command line sets the database's address"
    migrate.migrate(settings.database_url)
    report = _Report()
    asyncio.run(_import(settings, folder.resolve(), organization, report, base_url, Audience.INTERNAL if internal else Audience.PUBLIC))
    words = ", ".join(f"{count} {outcome}" for outcome, count in sorted(report.counts.items())) or "no files"
    _say(f"Imported {folder}: {words}.")
    return 1 if report.counts["failed"] else 0


async def _import(settings: Settings, folder: Path, organization: str | None, report: _Report, base_url: str | None, audience: Audience) -> None:
    async with live(settings) as world:
        org = await _organization(world, organization)
        await importing.import_folder(world, org, folder, source=folder.name, report=report, base_url=base_url, audience=audience)


async def _organization(world: World, named: str | None) -> OrgId:
    """The one that was named, or the only one there is; before the first start, the demo organisation."""
    async with world.store.outside() as tx:
        known = await jobs.organizations(tx)
    if named is None and not known:
        return OrgId(UUID((await demo.ensure(world)).organization_id))
    return await chosen(world, named)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
