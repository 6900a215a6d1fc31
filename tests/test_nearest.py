"""An organisation's own index: it finds what a search through everything finds, of nobody else and of no other scope, and goes with its organisation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from glassine.rules.passages import terms
from glassine.store import jobs, nearest, search, visibility
from glassine.story import finding, learning
from glassine.story.world import World
from glassine.words.knowledge import EVERYBODY, Audience
from tests.shop import Shop, founded_shop

TEXTS = {
    "Refunds": "You get your money back within five days.", "Shipping": "We ship to Portugal and Spain. A parcel takes three days.",
    "Opening hours": "The shop is open from nine to five, except on Sundays.", "Gift cards": "A gift card never expires.",
}


async def written(world: World, shop: Shop, audience: Audience, prefix: str = "") -> None:
    for title, body in TEXTS.items():
        saved = await learning.save(world, shop.org, title=prefix + title, body=f"{prefix} {body}", audience=audience)
        await learning.publish(world, shop.org, saved.id)


async def names(world: World) -> list[str]:
    async with world.store.alone() as connection:
        found = await (await connection.execute("select relname from pg_class where starts_with(relname, 'nearest_') and relkind = 'i'")).fetchall()
    return [str(row["relname"]) for row in found]


async def test_it_finds_the_same_and_only_what_may_be_seen(world: World, shop: Shop) -> None:
    other = await founded_shop(world, "Other", "owner@other.example")
    await written(world, shop, Audience.PUBLIC)
    await written(world, shop, Audience.INTERNAL, "Secret")
    await written(world, other, Audience.PUBLIC, "Foreign")
    model = world.embed.model("en")
    assert await nearest.build(world.store, shop.org, model)
    async with world.store.tx(shop.org) as tx:
        assert await nearest.ready(tx, shop.org) == {model}
        assert await nearest.ready(tx, other.org) == frozenset()
        for question in ("How do I get my money back?", "Do you deliver to Spain?", "secret foreign gift cards"):
            asked = await finding.prepared(world, question, "en")
            asked = replace(asked, terms=terms(question, "en"), size=4)
            for scopes in ([visibility.PUBLIC], [visibility.PUBLIC, visibility.INTERNAL]):
                through_all = await search.search(tx, query=asked, scopes=scopes)
                by_index = await search.search(tx, query=replace(asked, large=shop.org), scopes=scopes)
                assert by_index == through_all
                assert sum(1 + len(hit.also) for hit in by_index) == 4 * len(scopes)  # what says nearly the same is one hit
                assert all(hit.audience is Audience.PUBLIC for hit in by_index) or visibility.INTERNAL in scopes
        large = replace(asked, large=shop.org)
        await tx.execute("select set_config('enable_sort', 'off', true)")  # eight passages are sorted faster than any index is opened
        plan = await (await tx.execute("explain " + search.statement(large), search.values(large, [visibility.PUBLIC], 8))).fetchall()
        assert any("Index Scan using nearest_" in row["QUERY PLAN"] for row in plan)


async def test_it_is_built_when_there_are_many_and_goes_with_its_organisation(world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    big = await founded_shop(world, "Big", "owner@big.example")
    await written(world, big, Audience.PUBLIC)
    before = await names(world)
    monkeypatch.setattr(nearest, "LARGE", 4)
    await finding.find(world, big.org, "refund", viewer=EVERYBODY)
    await world.rest(30)
    world.sizes.clear()
    sought = await finding.seek(world, big.org, "refund", viewer=EVERYBODY)
    assert sought.hits[0].title == "Refunds"
    [made] = set(await names(world)) - set(before)
    assert big.org.hex in made
    async with world.store.outside() as tx:
        rest = [org for org in await jobs.organizations(tx) if org != big.org]
        await nearest.drop_others(world.store, tx, rest)
    assert made not in await names(world)
    assert await names(world) == before
