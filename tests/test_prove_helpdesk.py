"""A proof's way through a helpdesk: a conversation becomes a ticket at the recording service, and what somebody answers there comes in masked."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.proof.prove.canaries import Canary, draw
from glassine.proof.prove.sinks import open_sinks
from glassine.proof.prove.stage import Stage
from glassine.proof.prove.ways import OUT, WAYS, Talk
from glassine.story import conversations
from glassine.story.delivery import delivering
from glassine.story.world import World
from glassine.words.ids import SessionId
from glassine.words.people import ActorKind
from glassine.words.privacy import PiiType
from tests.shop import Shop


@dataclass
class ThisDoor:
    """Speaks to the application in this process."""

    client: httpx2.AsyncClient

    async def api(self, key: str, method: str, path: str, body: object = None, **_: Any) -> Any:
        answer = await self.client.request(method, f"/api{path}", headers={"Authorization": f"Bearer {key}"}, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def ask(self, method: str, path: str, *, headers: dict[str, str], body: bytes) -> None:
        answer = await self.client.request(method, path, headers=headers, content=body)
        assert answer.is_success, answer.text


async def test_what_a_helpdesk_says_comes_in_masked(client: httpx2.AsyncClient, world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    canaries: list[Canary] = [one for one in draw(400, seed=5) if one.kind.type is PiiType.EMAIL and not one.blank][:2]
    way = next(one for one in WAYS if one.channel == "helpdesk" and one.direction == OUT)
    async with open_sinks(tmp_path) as (model, _):
        gate = Gate(allowed_private=places([f"http://127.0.0.1:{model.port}"]), closed=world.switches.closed)
        monkeypatch.setattr(world, "gate", gate)
        monkeypatch.setattr(world, "settings", replace(world.settings, allow_private=(f"127.0.0.1:{model.port}",)))
        stage = Stage(org=shop.org, with_model=True, widget_token=shop.widget_token, api_key=shop.api_key, narrow_key="", agent="", admin="", viewer="")
        talk = Talk(door=ThisDoor(client), stage=stage, model=model, marker="zorbil")  # type: ignore[arg-type]  # a door as far as this way needs one
        stop = asyncio.Event()
        dispatcher = asyncio.create_task(delivering.run(world, stop))
        await way.send(talk, canaries)
        stop.set()
        await dispatcher
        await gate.aclose()
    said = [event for event in await conversations.timeline(world, shop.org, SessionId(UUID(talk.sessions[0]))) if event.actor is ActorKind.HELPDESK and event.text]
    assert len(said) == 2
    stored = json.dumps([[event.text, dict(event.payload)] for event in said])
    assert all(canary.value not in stored for canary in canaries)
    assert b"zorbil" in (tmp_path / "helpdesk").read_bytes(), "the ticket holds what was said"
