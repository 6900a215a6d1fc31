"""The demo organisation: its help centre is this project's own docs, so that a newcomer can ask about the product and gets true answers."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import UUID

from glassine.config import resource
from glassine.story import access, house, learning
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import OrgId, PersonId
from glassine.words.knowledge import ImportLine
from glassine.words.people import Actor, ActorKind, Role

NAME = "Glassine demo"
OWNER = "owner@example.com"
_SOURCE = "docs"


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
    path = world.settings.home / "demo.json"
    demo = await _known(world, path) or await _found(world, path)
    org, owner = OrgId(UUID(demo.organization_id)), PersonId(UUID(demo.owner_id))
    docs = resource("docs")
    if docs.is_dir():
        await learning.import_folder(world, org, docs, source=_SOURCE, report=_quiet)
    return Demo(**{**asdict(demo), "login_token": await access.login_link(world, org, owner)})


async def widget_token(world: World) -> str | None:
    """The demo organisation's widget token, for the page that shows the widget; None where no demo was made."""
    demo = await _known(world, world.settings.home / "demo.json")
    return demo.widget_token if demo else None


async def _known(world: World, path: Path) -> Demo | None:
    """What an earlier start wrote down, if this database still knows it."""
    try:
        demo = Demo(**json.loads(await asyncio.to_thread(path.read_text, encoding="utf-8")))
        await access.by_key(world, demo.api_key)
        await house.by_widget_token(world, demo.widget_token)
    except (OSError, ValueError, TypeError, Refused):
        return None
    return demo


async def _found(world: World, path: Path) -> Demo:
    founded = await house.found(world, NAME, OWNER, "Demo owner")
    owner = Actor(org=founded.organization, kind=ActorKind.AGENT, id=founded.owner, name="Demo owner", role=Role.OWNER)
    key = await access.create_key(world, owner, "Demo", None)
    demo = Demo(organization_id=str(founded.organization), owner_id=str(founded.owner), api_key=key, widget_token=founded.widget_token)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it holds a key
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(demo), file)
    return demo


def _quiet(_: ImportLine) -> None:
    """Nobody watches the demo's import."""
