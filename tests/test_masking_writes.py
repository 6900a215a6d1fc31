"""Texts that are written to one session at the same moment: none is lost, none is doubled, and the vault always counts as the session does."""

from __future__ import annotations

import asyncio
import threading
from typing import Any
from uuid import uuid4

import pytest

from glassine.edge import threads
from glassine.rules.courtesies import asking
from glassine.store import sessions, vault
from glassine.story import contacts, conversations, desk, masking, visitor
from glassine.story.contacts import Identity
from glassine.story.inbound import open_session, receive
from glassine.story.masking import shortened
from glassine.story.search import finding
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.ids import EventId, OrgId, SessionId
from glassine.words.people import ActorKind
from glassine.words.sessions import ChannelKind, EventType
from tests.shop import Shop, founded_shop


async def begun(world: World, shop: Shop) -> SessionId:
    contact = await contacts.create(world, shop.org, Identity(), verified=False)
    return (await open_session(world, shop.org, contact.id, ChannelKind.WEB, external_id=uuid4())).id


def says(text: str, **more: Any) -> Inbound:
    return Inbound(external_id=uuid4(), text=text, **more)


async def counted(world: World, shop: Shop, id: SessionId) -> tuple[int, int]:
    async with world.store.tx(shop.org) as tx:
        row = await sessions.find(tx, shop.org, id)
        return (row or {})["tokens"], len(await vault.all_of(tx, shop.org, id))


async def test_many_texts_with_values_at_once_are_all_kept(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    rating = EventId(uuid4())
    await asyncio.gather(
        *(receive(world, shop.org, id, says(f"write to person{n}@example.com")) for n in range(3)),
        desk.note(world, shop.owner, id, "call +1 415 555 2671"),
        visitor.rate(world, shop.org, id, score=1, feedback="my card 4111 1111 1111 1111", event=rating),
        visitor.rate(world, shop.org, id, score=1, feedback="my card 4111 1111 1111 1111", event=rating),
        visitor.checkpoint(world, shop.org, id, {"mail": "me@example.com"}),
    )
    log = await conversations.timeline(world, shop.org, id)
    assert len([event for event in log if event.actor is ActorKind.USER and event.type is EventType.MESSAGE]) == 3
    assert len([event for event in log if event.type is EventType.CSAT_SUBMITTED]) == 1
    session, kept = await counted(world, shop, id)
    assert session == kept == 6
    await receive(world, shop.org, id, says("and one more, to last@example.com"))


async def test_the_pages_first_words_come_once_and_only_first(world: World, shop: Shop) -> None:
    first = [(uuid4(), "Welcome. How can we help?")]
    one, other = await begun(world, shop), await begun(world, shop)
    for id in (one, other):  # a page may say the same with the same id to everybody
        await receive(world, shop.org, id, says("Hello there"), first=first)
        await receive(world, shop.org, id, says("Still here"), first=[(uuid4(), "We promise you a full refund.")])
        texts = [event.text for event in await conversations.timeline(world, shop.org, id)]
        assert texts == ["Welcome. How can we help?", "Hello there", "Still here"]


async def test_a_team_reply_with_an_id_is_one_reply(world: World, shop: Shop) -> None:
    id, message = await begun(world, shop), EventId(uuid4())
    await desk.reply(world, shop.owner, id, "We are on it.", message=message)
    await desk.reply(world, shop.owner, id, "We are on it.", message=message)
    log = await conversations.timeline(world, shop.org, id)
    assert [event.id for event in log if event.type is EventType.AGENT_MESSAGE] == [message]


async def test_context_is_masked_before_it_is_cut(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    heard = await receive(world, shop.org, id, says("Hello", context={"note": "x" * 1_990 + " 4111 1111 1111 1111 and more", "mail": "me@example.com"}))
    context = heard.event.payload["context"]
    assert "4111" not in str(context)
    assert context["mail"] == "[EMAIL_1]"


@pytest.mark.parametrize("state", [{str(n): n for n in range(300)}, {"a": "x" * 30_000}])
async def test_a_huge_state_is_refused(world: World, shop: Shop, state: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="more than"):
        await visitor.checkpoint(world, shop.org, await begun(world, shop), state)


async def test_another_organisations_session_takes_nothing(world: World, shop: Shop) -> None:
    id, rival = await begun(world, shop), await founded_shop(world, "Rival", "owner@writes.example")
    with pytest.raises(Refused, match="no session"):
        await receive(world, rival.org, id, says("Hello"))


def test_a_placeholder_is_never_cut_in_two() -> None:
    assert shortened("pay with [CARD_1] now", 14) == "pay with "
    assert shortened("pay with [CARD_1] now", 17) == "pay with [CARD_1]"
    assert shortened("short", 14) == "short"


async def test_a_vector_that_is_begun_before_masking_is_dropped_unless_masking_changes_nothing(world: World, shop: Shop) -> None:
    id, plain = await begun(world, shop), "How long does the delivery of a lamp take?"
    done = threading.Event()
    busy = threads.pool().submit(done.wait)  # a thread has something to do: nothing is begun ahead
    await receive(world, shop.org, id, says(plain))
    assert ("vector", plain) not in world.ahead
    done.set()
    busy.result()
    await world.rest(10)
    for told in ("Hello, my name is Ada Lovelace, how long may I wait?", "Call 415 555 2671"):
        finding.embed_ahead(world, told, "en")
        begun_for = ("vector", asking(told))
        assert begun_for in world.ahead
        await world.rest(10)
        await receive(world, shop.org, id, says(told))
        assert begun_for not in world.ahead
        await world.rest(10)
    alone = await finding.prepared(world, plain, "en")
    finding.embed_ahead(world, plain, "en")
    begun_ahead = await finding.prepared(world, plain, "en")
    assert begun_ahead.vector is not None and alone.vector is not None
    assert begun_ahead.vector.tolist() == alone.vector.tolist()


async def test_what_is_likely_to_be_masked_or_is_not_english_is_not_begun_ahead(world: World) -> None:
    for text, language in (("My mail is ada@example.com", "en"), ("Wie lange dauert es?", "de"), ("…", "en"), ("Wait", None)):
        finding.embed_ahead(world, text, language)
        assert not [key for key in world.ahead if key[0] == "vector" and text in str(key)]


async def test_what_a_session_gave_away_is_known_in_memory_for_a_second_and_then_nowhere_but_in_the_vault(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    await receive(world, shop.org, id, says("write to grace@example.com"))
    known = masking.lately(world, shop.org, id)
    assert known is not None
    assert set(known.tokens.values()) == {"grace@example.com"}, "with what the message itself gave away"
    assert masking.lately(world, OrgId(uuid4()), id) is None
    await asyncio.sleep(1.1)
    assert masking.lately(world, shop.org, id) is None
