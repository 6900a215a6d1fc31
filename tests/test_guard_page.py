"""Settings › Fact guard in the browser's terms: what is saved holds, what is refused says why, and Undo brings the old back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from glassine.story.behaviour import guarding
from glassine.story.world import World
from tests.office import Browser, signed_in
from tests.shop import Shop


@pytest.fixture
async def admin(world: World, shop: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, shop.owner) as at:
        yield at


async def test_the_page_shows_saves_and_refuses(world: World, shop: Shop, admin: Browser) -> None:
    page = (await admin.get("/settings/guard")).text
    assert "<h1>Fact guard</h1>" in page
    assert "refund*" in page
    said = await admin.act("/settings/guard", promises="hug*, umarm*", claims="0,3", answer="0.6", suggest="0.4")
    assert "It holds for answers from now on." in said
    guard = await guarding.in_force(world, shop.owner)
    assert (guard.promises, guard.claims, guard.thresholds.answer) == (("hug*, umarm*",), 0.3, 0.6)
    refused = await admin.post("/settings/guard", promises="x", claims="much", answer="0.6", suggest="0.4")
    assert refused.status_code == 400
    assert "numbers from 0 to 1" in refused.text
