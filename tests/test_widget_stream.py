"""The widget's stream by itself: what was said before it listened, or while nobody did, is not lost."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from uuid import uuid4

import pytest
from starlette.requests import Request
from starlette.types import Message

from glassine.store import events as log
from glassine.store.live import Notice
from glassine.story import contacts, conversations
from glassine.story.contacts import Identity
from glassine.story.inbound import open_session, receive
from glassine.story.privacy import redacting
from glassine.story.visitor import Visitor
from glassine.story.world import World
from glassine.web.api import live
from glassine.words.channels import Inbound
from glassine.words.people import ActorKind
from glassine.words.sessions import ChannelKind, EventType, Session
from tests.shop import Shop


async def _stays() -> Message:
    """A browser that keeps looking."""
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}


async def _begun(world: World, shop: Shop) -> tuple[Visitor, Session]:
    contact = await contacts.create(world, shop.org, Identity(), verified=False)
    session = await open_session(world, shop.org, contact.id, ChannelKind.WEB, external_id=uuid4())
    return Visitor(shop.org, contact.id, verified=False), session


async def _said(world: World, session: Session, org: Shop, text: str) -> None:
    """Without a notice, as when the line to the database is down."""
    async with world.store.tx(org.org) as tx:
        await log.append(tx, org.org, session.id, EventType.AGENT_MESSAGE, ActorKind.AGENT, text=text)


async def test_what_was_said_before_it_listens_is_told_first(world: World, shop: Shop) -> None:
    who, session = await _begun(world, shop)
    await _said(world, session, shop, "Here already.")
    async with asyncio.timeout(30), aclosing(live.events(_looking(), world, who, session)) as stream:
        assert "Here already." in await anext(stream)


@pytest.mark.parametrize("by", ["beat", "reopened"])
async def test_what_no_notice_told_of_is_told_at_the_next_beat(world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    monkeypatch.setattr(live, "_BEAT", 0.05 if by == "beat" else 3600.0)
    who, session = await _begun(world, shop)
    async with asyncio.timeout(30), aclosing(live.events(_looking(), world, who, session)) as stream:
        assert (await anext(stream)).startswith("event: session")
        await _said(world, session, shop, "In the dark.")
        if by == "reopened":
            world.live.say(Notice(shop.org, session.id, "reopened"))
        async for told in stream:
            if "In the dark." in told:
                break


async def test_a_message_that_is_redacted_is_told_again_without_its_words(world: World, shop: Shop) -> None:
    who, session = await _begun(world, shop)
    heard = await receive(world, shop.org, session.id, Inbound(external_id=uuid4(), text="The Zwiebelturm."))
    now = await conversations.session(world, shop.org, session.id)
    async with asyncio.timeout(30), aclosing(live.events(_looking(), world, who, now)) as stream:
        assert (await anext(stream)).startswith("event: session")
        await redacting.redact_message(world, shop.owner, heard.event.id)
        async for told in stream:
            if told.startswith("event: message"):
                assert str(heard.event.id) in told
                assert '"isRemoved": true' in told
                assert "Zwiebelturm" not in told
                break


def _looking() -> Request:
    return Request({"type": "http", "method": "GET", "path": "/", "headers": []}, _stays)
