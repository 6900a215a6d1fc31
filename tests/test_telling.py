"""What is told: every entry of the log under its names, in the transaction in which it happened, and in the words of the catalogue."""

from __future__ import annotations

import json
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator
from psycopg.types.json import Jsonb

from glassine.rules import telling as rules
from glassine.store import count, events, news, one, rows
from glassine.story import contacts, desk, owning, visitor
from glassine.story.contacts import Identity
from glassine.story.delivery import telling
from glassine.story.inbound import open_session, receive
from glassine.story.privacy import erasing, redacting
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.helpdesks import HelpdeskId
from glassine.words.ids import OrgId, SessionId, new_id
from glassine.words.people import ActorKind
from glassine.words.sessions import ChannelKind, EventType, Status
from glassine.words.wire_events import NEVER_SENT, WIRE_EVENTS
from tests.shop import Shop, founded_shop
from tools import wire_events

FORMATS = Draft202012Validator.FORMAT_CHECKER


@pytest_asyncio.fixture
async def listening(world: World) -> Shop:
    """An organisation of which somebody wants to hear."""
    shop = await founded_shop(world, "Paper & Glass", f"owner{new_id().hex[:8]}@paper.example")
    async with world.store.tx(shop.org) as tx:
        await news.listen(tx, shop.org)
    return shop


async def session(world: World, org: OrgId, text: str = "My mail is ada@example.com. Where is my order?") -> SessionId:
    who = await contacts.create(world, org, Identity(email="ada@example.com", name="Ada Lovelace"), verified=True)
    opened = await open_session(world, org, who.id, ChannelKind.WEB, verified=True)
    await receive(world, org, opened.id, Inbound(external_id=uuid4(), text=text))
    return opened.id


async def said(world: World, org: OrgId) -> list[tuple[str, dict[str, Any]]]:
    """Everything that was told, as the stream gives it, each checked against its schema."""
    found = [(one.name, one.envelope) for one in await telling.after(world, org, 0, (), ())]
    for name, envelope in found:
        assert envelope is not None
        check(name, envelope)
    return [(name, envelope["data"]) for name, envelope in found if envelope]


def check(name: str, envelope: dict[str, Any]) -> None:
    assert list(envelope) == ["event", "organization_id", "data"]
    assert envelope["event"] == name
    Draft202012Validator(WIRE_EVENTS[name].schema, format_checker=FORMATS).validate(envelope["data"])
    assert list(envelope["data"]) == list(WIRE_EVENTS[name].data)


@pytest.mark.parametrize("name", WIRE_EVENTS)
def test_the_catalogue_is_whole(name: str) -> None:
    one = WIRE_EVENTS[name]
    Draft202012Validator.check_schema(one.schema)
    check(name, one.sample)
    assert one.title.endswith(".")
    assert name not in NEVER_SENT


def test_a_wrong_example_would_be_noticed() -> None:
    sample = WIRE_EVENTS["csat.score_submitted"].sample
    with pytest.raises(Exception, match="is greater than the maximum"):
        check("csat.score_submitted", {**sample, "data": {**sample["data"], "score": 6}})


async def test_the_database_and_the_rules_use_the_same_names(world: World, listening: Shop) -> None:
    async with world.store.tx(listening.org) as tx:
        for type in EventType:
            for actor in ActorKind:
                for first, payload in product((False, True), ({}, {"moved": True})):
                    row = await one(tx, "select wire_events(%(type)s, %(actor)s, %(payload)s, %(first)s) as names", {"type": type, "actor": actor, "payload": Jsonb(payload), "first": first})
                    assert row and tuple(row["names"]) == rules.names(type, actor, payload, first=first), (type, actor)
    named = {name for type in EventType for actor in ActorKind for name in rules.names(type, actor, {}, first=True)}
    assert named | {"contact.erased", "action.approval_requested", "webhook.test", "webhook.disabled"} == set(WIRE_EVENTS)


async def test_the_trigger_lets_every_named_entry_through(world: World, listening: Shop) -> None:
    id = await session(world, listening.org)
    async with world.store.tx(listening.org) as tx:
        before = await count(tx, "select count(*)::int as n from news", {})
        wanted = 0
        for type in EventType:
            await events.append(tx, listening.org, id, type, ActorKind.SYSTEM)
            wanted += len(rules.names(type, ActorKind.SYSTEM, {}, first=False))
        assert await count(tx, "select count(*)::int as n from news", {}) - before == wanted


async def test_what_somebody_says_in_a_helpdesk_is_told_with_their_name_and_the_helpdesks(world: World, listening: Shop) -> None:
    id, helpdesk = await session(world, listening.org), HelpdeskId(new_id())
    async with world.store.tx(listening.org) as tx:
        await tx.execute("insert into helpdesks (org_id, id, kind, name) values (%s, %s, 'zendesk', 'Our desk')", (listening.org, helpdesk))
        await events.append(tx, listening.org, id, EventType.AGENT_MESSAGE, ActorKind.HELPDESK, actor_id=helpdesk, text="It is on its way.", payload={"helpdesk": "Our desk", "name": "Zoe"})
    (_, data), = (each for each in await said(world, listening.org) if each[0] == "conversation.third_party_agent_response")
    assert (data["third_party_name"], data["agent"]["name"], data["message"]["text"]) == ("zendesk", "Zoe", "It is on its way.")


async def test_what_people_pass_on_is_no_second_handoff(world: World, listening: Shop) -> None:
    id = await session(world, listening.org)
    async with world.store.tx(listening.org) as tx:
        assert await owning.to_team(world, tx, listening.org, id, "Nobody was going to answer.")
        assert await owning.to_helpdesk(world, tx, listening.org, id, HelpdeskId(new_id()), "Our desk")
        assert await owning.to_team(world, tx, listening.org, id, "Our desk cannot be reached.")
    assert [name for name, _ in await said(world, listening.org)].count("conversation.handoff_to_human") == 1


async def test_a_whole_conversation(world: World, listening: Shop) -> None:
    id = await session(world, listening.org)
    await desk.reply(world, listening.owner, id, "I look it up, ada@example.com.")
    await desk.close(world, listening.owner, id, Status.CLOSED_RESOLVED)
    await desk.reopen(world, listening.owner, id)
    await visitor.resolve(world, listening.org, id)
    await visitor.rate(world, listening.org, id, score=5, feedback="Ada Lovelace says thanks")
    found = await said(world, listening.org)
    assert [name for name, _ in found] == [
        "conversation.started", "conversation.contact_response", "conversation.handoff_to_human", "conversation.agent_response", "conversation.closed", "conversation.reopened",
        "conversation.closed", "csat.requested", "csat.score_submitted",
    ]
    data = dict(found[:4])
    assert data["conversation.started"]["first_message"] == data["conversation.contact_response"]["message"]["text"] == "My mail is [EMAIL_1]. Where is my order?"
    assert data["conversation.started"]["assignee"]["type"] == "AI"
    assert data["conversation.started"]["contact"]["name"] is None
    assert data["conversation.agent_response"]["agent"]["name"] == "Olivia Owner"
    assert data["conversation.handoff_to_human"]["reason"] == "human_agent_decided_to_take_over_the_conversation"
    closed = [data for name, data in found if name == "conversation.closed"]
    assert [one["closed_by"]["type"] for one in closed] == ["human", "contact"]
    assert closed[0]["human_resolution_status"] == "resolved" and closed[0]["ai_resolution_status"] is None
    assert closed[0]["message_count"] == 2
    assert found[-1][1]["score"] == 5
    everything = json.dumps(found)
    assert "ada@example.com" not in everything and "Lovelace" not in everything


async def test_nobody_listens_and_nothing_is_told(world: World) -> None:
    shop = await founded_shop(world, "Quiet", f"owner{new_id().hex[:8]}@paper.example")
    await session(world, shop.org)
    async with world.store.tx(shop.org) as tx:
        assert await rows(tx, "select * from news", {}) == []


async def test_what_is_rolled_back_was_never_told(world: World, listening: Shop) -> None:
    id = await session(world, listening.org)
    before = len(await said(world, listening.org))
    with pytest.raises(RuntimeError):
        async with world.store.tx(listening.org) as tx:
            await events.append(tx, listening.org, id, EventType.CSAT_REQUESTED, ActorKind.SYSTEM)
            raise RuntimeError
    assert len(await said(world, listening.org)) == before


async def test_what_is_redacted_is_redacted_in_what_is_told_later(world: World, listening: Shop) -> None:
    id = await session(world, listening.org)
    async with world.store.tx(listening.org) as tx:
        message = (await events.log(tx, listening.org, id))[0]
    await redacting.redact_message(world, listening.owner, message.id)
    found = dict(await said(world, listening.org))
    assert found["conversation.contact_response"]["message"] == {"id": str(message.id), "text": "", "attachments": [], "redacted": True}
    assert found["conversation.started"]["first_message"] == ""
    assert found["conversation.redacted"]["message_id"] == str(message.id)


async def test_an_erased_contact_is_told_of_by_their_id_only(world: World, listening: Shop) -> None:
    id = await session(world, listening.org)
    async with world.store.tx(listening.org) as tx:
        row = await one(tx, "select contact_id from sessions where id = %(id)s", {"id": id})
    assert row
    await erasing.erase(world, listening.owner, row["contact_id"])
    assert [(name, data["contact_id"]) for name, data in await said(world, listening.org)] == [("contact.erased", str(row["contact_id"]))]


async def test_a_call_that_waits_for_the_team_is_told(world: World, listening: Shop) -> None:
    id = await session(world, listening.org)
    async with world.store.tx(listening.org) as tx:
        await tx.execute(
            "insert into calls (org_id, id, session_id, contact_id, name, arguments, state, expires_at) "
            "select org_id, gen_random_uuid(), id, contact_id, 'cancel_order', '{}', 'confirm', now() from sessions where id = %(id)s", {"id": id},
        )
        await tx.execute("update calls set state = 'approval' where session_id = %(id)s", {"id": id})
        await tx.execute("update calls set why = 'still' where session_id = %(id)s", {"id": id})
    waiting = [data for name, data in await said(world, listening.org) if name == "action.approval_requested"]
    assert [one["action"] for one in waiting] == ["cancel_order"]


def test_a_filter_names_what_there_is() -> None:
    assert telling.wanted(["conversation.closed", " conversation.closed", ""], ["web"]) == (("conversation.closed",), ("web",))
    for wrong in (["workflow.run.failed"], ["conversation"]):
        with pytest.raises(Refused, match="no event called"):
            telling.wanted(wrong, [])
    with pytest.raises(Refused, match="no channel called"):
        telling.wanted([], ["telex"])


def test_the_page_lists_the_catalogue_as_it_is() -> None:
    page = wire_events.PAGE.read_text(encoding="utf-8")
    assert page == wire_events.written(page), "run: python tools/wire_events.py"
    assert wire_events.written(page.replace("conversation.closed", "conversation.ended")) != page.replace("conversation.closed", "conversation.ended")
    assert all(f"`{name}`" in page for name in [*WIRE_EVENTS, *NEVER_SENT])
