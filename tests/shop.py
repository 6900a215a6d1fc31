"""An organisation as tests use it."""

from __future__ import annotations

from typing import NamedTuple

from glassine.story import access, house
from glassine.story.world import World
from glassine.words.ids import OrgId
from glassine.words.people import Actor, ActorKind, Role


class Shop(NamedTuple):
    org: OrgId
    owner: Actor
    api_key: str
    widget_token: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}


async def founded_shop(world: World, name: str, email: str) -> Shop:
    founded = await house.found(world, name, email, "Olivia Owner")
    owner = Actor(org=founded.organization, kind=ActorKind.AGENT, id=founded.owner, name="Olivia Owner", role=Role.OWNER)
    return Shop(founded.organization, owner, await access.create_key(world, owner, "Tests", None), founded.widget_token)
