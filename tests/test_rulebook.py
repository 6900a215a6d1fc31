"""How the AI is to behave has versions: each change says who and when and can be taken back, and every turn keeps the number it went by."""

from __future__ import annotations

import asyncio

import pytest
from httpx2 import AsyncClient

from glassine.store import DatabaseError
from glassine.story import contacts, exchange, house, inbound
from glassine.story.behaviour import autopilot
from glassine.story.contacts import Identity
from glassine.story.inspection import recalling
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import SessionId, TurnId, new_id
from glassine.words.sessions import Autopilot, ChannelKind
from tests.shop import Shop, founded_shop


async def asked(world: World, shop: Shop, text: str = "How long can I return a lamp?") -> tuple[SessionId, TurnId]:
    contact = await contacts.create(world, shop.org, Identity(), verified=False)
    session = await inbound.open_session(world, shop.org, contact.id, ChannelKind.API)
    await exchange.exchange(world, shop.org, session.id, Inbound(external_id=new_id(), text=text))
    async with world.store.tx(shop.org) as tx:
        row = await (await tx.execute("select id from turns where session_id = %s", (session.id,))).fetchone()
    assert row
    return session.id, TurnId(row["id"])


async def test_each_change_is_a_version_and_keeps_what_others_changed(world: World) -> None:
    shop = await founded_shop(world, "Versions", "versions@example.com")
    assert (await autopilot.in_force(world, shop.org)).number == 0
    await autopilot.change(world, shop.owner, "handoff", {"preset": "balanced"})
    book = await autopilot.change(world, shop.owner, "guard", {"words": ["refund"]})
    assert (book.number, book.part("handoff"), book.part("guard"), book.part("hours")) == (2, {"preset": "balanced"}, {"words": ["refund"]}, {})
    again = await autopilot.change(world, shop.owner, "guard", {"words": ["refund"]})
    assert again.number == 2, "without a difference there is no version"
    first, second = reversed(await autopilot.history(world, shop.owner))
    assert (first.part, dict(first.before), dict(first.after), first.by_name) == ("handoff", {}, {"preset": "balanced"}, "Olivia Owner")
    assert (second.number, second.part) == (2, "guard")


async def test_taking_one_back_leaves_the_later_ones(world: World) -> None:
    shop = await founded_shop(world, "Undo", "undo@example.com")
    for part, content in (("handoff", {"preset": "quick"}), ("handoff", {"preset": "ai_first"}), ("guard", {"words": ["free"]})):
        await autopilot.change(world, shop.owner, part, content)
    book = await autopilot.undo(world, shop.owner, 2)
    assert (book.number, book.part("handoff"), book.part("guard")) == (4, {"preset": "quick"}, {"words": ["free"]})
    assert (await autopilot.history(world, shop.owner))[0].undoes == 2
    assert (await autopilot.undo(world, shop.owner, 4)).part("handoff") == {"preset": "ai_first"}, "an undo can be undone"
    with pytest.raises(NotFound):
        await autopilot.undo(world, shop.owner, 99)


async def test_modes_of_channels_are_versions_too(world: World) -> None:
    shop = await founded_shop(world, "Modes", "modes@example.com")
    await autopilot.set_mode(world, shop.owner, ChannelKind.WEB, Autopilot.OFF)
    newest = (await autopilot.history(world, shop.owner))[0]
    assert (newest.before["web"], newest.after["web"], newest.after["api"]) == ("on", "off", "on")
    await autopilot.undo(world, shop.owner, newest.number)
    assert {row["kind"]: row["autopilot"] for row in await house.channels(world, shop.org)} == {"web": "on", "api": "on"}


async def test_two_at_once_get_a_number_each_and_who_read_an_old_one_is_told(world: World) -> None:
    shop = await founded_shop(world, "Two", "two@example.com")
    await asyncio.gather(*(autopilot.change(world, shop.owner, part, {"x": 1}) for part in ("handoff", "guard", "hours", "rollout")))
    book = await autopilot.in_force(world, shop.org)
    assert (book.number, set(book.content)) == (4, {"handoff", "guard", "hours", "rollout"})
    with pytest.raises(Refused, match="meanwhile"):
        await autopilot.change(world, shop.owner, "guard", {"x": 2}, expects=0)
    with pytest.raises(Refused, match="no part called"):
        await autopilot.change(world, shop.owner, "mood", {})


async def test_a_turn_goes_by_the_newest_and_keeps_its_number(world: World) -> None:
    shop = await founded_shop(world, "Turns", "turns@example.com")
    session, turn = await asked(world, shop)
    assert (await recalling.recall(world, shop.org, session, turn)).conditions["rulebook"] == 0
    await autopilot.change(world, shop.owner, "guard", {"words": ["refund"]})
    session, turn = await asked(world, shop)
    await autopilot.change(world, shop.owner, "guard", {"words": []})
    kept = await recalling.recall(world, shop.org, session, turn)
    assert (kept.conditions["rulebook"], kept.scene.rulebook.part("guard")) == (1, {"words": ["refund"]})
    _, after = await asked(world, shop)
    assert after
    assert world.rulebooks[shop.org].part("guard") == {"words": []}


async def test_versions_cannot_be_changed_or_removed(world: World) -> None:
    shop = await founded_shop(world, "Kept", "kept@example.com")
    await autopilot.change(world, shop.owner, "guard", {"x": 1})
    for sql in ("update autopilot_versions set part = 'x'", "delete from autopilot_versions"):
        with pytest.raises(DatabaseError):
            async with world.store.tx(shop.org) as tx:
                await tx.execute(sql)


async def test_over_the_api(client: AsyncClient, world: World) -> None:
    shop = await founded_shop(world, "Over the API", "api@example.com")
    assert (await client.put("/api/autopilot/web", json={"autopilot": "assist"}, headers=shop.bearer)).status_code == 200
    newest = (await client.get("/api/autopilot/versions", headers=shop.bearer)).json()["items"][0]
    assert (newest["part"], newest["after"]["web"], newest["changed_by"]) == ("channels", "assist", newest["changed_by"])
    assert (await client.post(f"/api/autopilot/versions/{newest['version']}/undo", headers=shop.bearer)).status_code == 204
    assert {row["kind"]: row["autopilot"] for row in await house.channels(world, shop.org)}["web"] == "on"
