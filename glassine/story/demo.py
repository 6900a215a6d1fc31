"""The demo organisation: its help centre is this project's own docs, so that a newcomer can ask about the product and gets true answers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from uuid import UUID

from glassine.config import resource
from glassine.store import house as stored
from glassine.story import access, house
from glassine.story.sources import importing
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import OrgId, PersonId
from glassine.words.knowledge import ImportLine
from glassine.words.people import Actor, ActorKind, Role

NAME = "Glassine demo"
OWNER = "owner@example.com"
_SOURCE = "glassine-docs"  # a name that no import of a folder gives itself
_FOR_DEVELOPERS = ("decisions/", "images/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What `up` prints. `login_token` is good for one sign-in of the owner."""

    organization_id: str
    owner_id: str
    api_key: str = field(repr=False)
    widget_token: str = field(repr=False)
    login_token: str = field(default="", repr=False)


async def ensure(world: World) -> Demo:
    """Makes the demo organisation on the first start and finds it on later ones; its articles follow docs/ each time."""
    demo = await _written_down(world) or await _made(world)
    org, owner = OrgId(UUID(demo.organization_id)), PersonId(UUID(demo.owner_id))
    docs = resource("docs")
    if docs.is_dir() and not await world.switches.closed(org, "import"):
        with contextlib.suppress(Refused):  # a start that was broken off is gone on with by the worker
            await importing.import_folder(world, org, docs, source=_SOURCE, report=_quiet, leave_out=_FOR_DEVELOPERS)
    return replace(demo, login_token=await access.login_link(world, org, owner))


async def widget_token(world: World) -> str | None:
    """The demo organisation's widget token, for the page that shows the widget; None where no demo was made."""
    demo = await _written_down(world)
    return demo.widget_token if demo else None


async def _written_down(world: World) -> Demo | None:
    """What an earlier start wrote down, if this database still knows it and the key has not been revoked."""
    try:
        demo = Demo(**json.loads(await asyncio.to_thread(_file(world).read_text, encoding="utf-8")))
        await access.by_key(world, demo.api_key)
        await house.by_widget_token(world, demo.widget_token)
    except (OSError, ValueError, TypeError, Refused):
        return None
    return demo


async def _made(world: World) -> Demo:
    """The demo organisation, founded if it is not there, with a fresh key; written down for the next start."""
    async with world.store.outside() as tx:
        doors = [door for digest in world.master.digests("email", OWNER) for door in await stored.open_doors(tx, "email", digest)]
    if doors and doors[0].ref:
        org, person = doors[0].org, PersonId(doors[0].ref)
        token = (await house.organization(world, org)).widget_token
    else:
        org, person, token = await house.found(world, NAME, OWNER, "Demo owner")
    owner = Actor(org=org, kind=ActorKind.AGENT, id=person, name="Demo owner", role=Role.OWNER)
    key = await access.create_key(world, owner, "Demo", None)
    demo = Demo(organization_id=str(org), owner_id=str(person), api_key=key, widget_token=token)
    await asyncio.to_thread(_write_down, _file(world), demo)
    return demo


def _file(world: World) -> Path:
    return world.settings.home / "demo.json"


def _write_down(path: Path, demo: Demo) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it holds a key
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(demo), file)


def _quiet(_: ImportLine) -> None:
    """Nobody watches the demo's import."""
