"""What an erasure leaves in the files of the database, before and after they are rewritten: the measurement behind docs/erasure.md."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from glassine.commands.postgres import Postgres
from glassine.config import Settings
from glassine.store import contacts as stored
from glassine.store.scrubbing import scrub
from glassine.story import contacts
from glassine.story.contacts import Identity
from glassine.story.inbound import open_session, receive
from glassine.story.privacy import erasing
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.sessions import ChannelKind
from tests.shop import Shop

MARK = "Apfelquittenkompott"  # nothing personal, so it is stored as it was said


def _files_with(server: Postgres, needle: bytes) -> set[str]:
    """Kinds of files of the server in which these bytes stand: base | pg_wal | …"""
    root = server.data.resolve()
    found = set()
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder) / name
            try:
                if needle in path.read_bytes():
                    found.add(path.relative_to(root).parts[0])
            except (FileNotFoundError, PermissionError):
                continue  # the server removes files while it works
    return found


@pytest.mark.long
async def test_nothing_of_an_erased_contact_is_left_in_the_files_once_they_are_rewritten(postgres: Postgres, settings: Settings, world: World, shop: Shop) -> None:
    who = await contacts.create(world, shop.org, Identity(email="fred@example.org"), verified=True)
    session = await open_session(world, shop.org, who.id, ChannelKind.WEB)
    await receive(world, shop.org, session.id, Inbound(external_id=uuid4(), text=f"My {MARK} is late, write to fred@example.org."))
    async with world.store.tx(shop.org) as tx:
        key = bytes((await stored.load(tx, shop.org, who.id)).key)
    with psycopg.connect(postgres.superuser_url, autocommit=True) as connection:
        connection.execute("checkpoint")
    needles = {"masked words": MARK.encode(), "wrapped key": key}
    assert {name: "base" in _files_with(postgres, needle) for name, needle in needles.items()} == {"masked words": True, "wrapped key": True}
    assert _files_with(postgres, b"fred@example.org") == set(), "what was masked was never in any file"
    await erasing.erase(world, shop.owner, who.id)
    with psycopg.connect(postgres.superuser_url, autocommit=True) as connection:
        connection.execute("checkpoint")
    left = {name: sorted(_files_with(postgres, needle)) for name, needle in needles.items()}
    assert left["masked words"], "PostgreSQL does not overwrite what it removes: if this fails, docs/erasure.md can promise more"
    database = world.store.url.split("?")[0].rpartition("/")[2]
    assert scrub(postgres.superuser_url.replace("/glassine?", f"/{database}?"), lambda _: None)
    assert {name: sorted(_files_with(postgres, needle)) for name, needle in needles.items()} == {"masked words": [], "wrapped key": []}
