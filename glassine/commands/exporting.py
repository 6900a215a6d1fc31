"""`glassine export-contact ID`: everything about one contact in the clear, into a file that only its owner can read, for an access request."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from glassine.commands import home
from glassine.commands.organization import chosen, operator
from glassine.config import Settings
from glassine.store import migrate
from glassine.story.privacy import exporting
from glassine.story.world import live
from glassine.words.errors import Misconfigured
from glassine.words.ids import ContactId


def run(settings: Settings, contact: str, organization: str | None, file: Path | None, reason: str, say: Callable[[str], None]) -> int:
    """The product may run meanwhile. Raises Misconfigured, and NotFound for a contact that is not there."""
    try:
        id = ContactId(UUID(contact))
    except ValueError:
        raise Misconfigured("A contact is named by its id, a UUID.") from None
    target = file or Path(f"contact-{id}.json")
    if target.exists():
        raise Misconfigured(f"{target} exists already. Choose another name with --file.")
    with home.database(settings, "export-contact", say) as url:
        migrate.migrate(url)
        body = asyncio.run(_export(replace(settings, database_url=url), id, organization, reason))
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(body)
    say(f"Wrote {target} ({len(body) / 1e6:.1f} MB). It holds personal data in the clear: send it to the contact only, and delete it afterwards.")
    return 0


async def _export(settings: Settings, id: ContactId, organization: str | None, reason: str) -> bytes:
    async with live(settings) as world:
        return exporting.as_file(await exporting.export(world, operator(await chosen(world, organization)), id, reason))
