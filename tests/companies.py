"""A company whose API the AI may ask for: a real server, an organisation that may reach it, actions and calls to begin with. It asserts nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.story import contacts
from glassine.story.actions import acting
from glassine.story.boundary.rescan import Rescan
from glassine.story.contacts import Identity
from glassine.story.inbound import open_session, receive
from glassine.story.world import World, _recorder
from glassine.words.actions import Action, ActionId, Call, Parameter, Policy, Where
from glassine.words.channels import Inbound
from glassine.words.ids import SessionId, new_id
from glassine.words.privacy import PiiType
from glassine.words.sessions import ChannelKind
from glassine.words.turns import ToolCall
from tests.shop import Shop, founded_shop
from tests.vendors import Request, Response, Vendor, vendor

TEXT, NUMBER = {"type": "string"}, {"type": "number"}


def said(answer: Any, status: int = 200, **headers: str) -> Response:
    return Response(status=status, body=json.dumps(answer).encode(), headers={"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}})


@asynccontextmanager
async def reachable(world: World, monkeypatch: pytest.MonkeyPatch, answer: Callable[[Request], Response], *, watched: bool = True) -> AsyncIterator[Vendor]:
    """The server, as a private place that the operator has listed. `watched`: crossings are looked through and written down, as in the product."""
    async with vendor(answer) as running:
        scan, record = (Rescan(world), _recorder(world.store)) if watched else (None, None)
        gate = Gate(allowed_private=places([running.url]), closed=world.switches.closed, scan=scan, record=record)
        monkeypatch.setattr(world, "gate", gate)
        monkeypatch.setattr(world, "settings", replace(world.settings, allow_private=(running.url,)))
        yield running
        await gate.aclose()


@pytest_asyncio.fixture
async def api(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Vendor]:
    async with reachable(world, monkeypatch, lambda _: said({"ok": True})) as running:
        yield running


@pytest_asyncio.fixture
async def store(world: World) -> Shop:
    return await founded_shop(world, "Paper & Glass", f"owner{new_id().hex[:8]}@paper.example")


def action(api: Vendor, path: str = "/orders/{order_id}", *parameters: Parameter, policy: Policy | None = None, **fields: Any) -> Action:
    """One that looks an order up, unless told otherwise."""
    own = (Parameter(name="order_id", where=Where.PATH, schema=TEXT, required=True),) if "{order_id}" in path else ()
    made = {"name": "get_order", "title": "Look an order up", "description": "Looks an order up by its number.", "method": "GET", "reads": True, **fields}
    return Action(id=ActionId(new_id()), url=f"{api.url}{path}", parameters=(*own, *parameters), policy=policy or Policy(), **made)


def refund(api: Vendor, **fields: Any) -> Action:
    amount, mail = Parameter(name="amount", where=Where.BODY, schema=NUMBER), Parameter(name="email", where=Where.BODY, schema=TEXT, takes=PiiType.EMAIL)
    base = {"name": "refund", "title": "Refund an order", "description": "Refunds an order to the customer.", "method": "POST", "reads": False}
    return action(api, "/orders/{order_id}/refund", amount, mail, **{**base, **fields})


async def session(world: World, store: Shop, text: str = "My mail is ada@example.com. Where is order W-1?", *, verified: bool = False) -> SessionId:
    who = await contacts.create(world, store.org, Identity(email="ada@example.com", name="Ada Lovelace") if verified else Identity(), verified=verified)
    opened = await open_session(world, store.org, who.id, ChannelKind.WEB, verified=verified)
    await receive(world, store.org, opened.id, Inbound(external_id=uuid4(), text=text))
    return opened.id


async def call(world: World, store: Shop, id: SessionId, made: Action | None, arguments: Mapping[str, Any], name: str = "get_order") -> Call:
    return await acting.ask_in(world, store.org, id, None, ToolCall(id="c1", name=made.name if made else name, arguments=arguments), made)
