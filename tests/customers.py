"""A customer with something sealed of every kind, and whether it can be read."""

from __future__ import annotations

from uuid import uuid4

from glassine.story import contacts, conversations, files
from glassine.story.contacts import Identity
from glassine.story.inbound import open_session, receive
from glassine.story.privacy import revealing
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.ids import ContactId, OrgId, SessionId
from glassine.words.sessions import ChannelKind
from tests.shop import Shop


def quiet(_: str) -> None:
    """Progress is for people."""


async def customer(world: World, org: OrgId, mail: str) -> tuple[ContactId, SessionId]:
    who = await contacts.create(world, org, Identity(email=mail, name="Mara Keller"), verified=True)
    session = await open_session(world, org, who.id, ChannelKind.WEB, custom_data={"plan": "gold"})
    await receive(world, org, session.id, Inbound(external_id=uuid4(), text=f"I am Mara Keller, {mail}, card 4111 1111 1111 1111."))
    await files.upload(world, org, who.id, name="a.txt", media_type="text/plain", content=b"a")
    return who.id, session.id


async def reads(world: World, shop: Shop, session: SessionId, mail: str) -> bool:
    card = await revealing.reveal(world, shop.owner, session, "[CARD_1]")
    return card == "4111 1111 1111 1111" and (await conversations.contact(world, shop.org, session)).email == mail
