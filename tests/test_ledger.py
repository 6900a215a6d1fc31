"""The ledger: what is written down of a crossing, what can be asked of it, and that nobody changes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from psycopg import sql

from glassine.store import DatabaseError, ledger
from glassine.story.world import World
from glassine.words.crossings import Scan
from glassine.words.ids import OrgId, SessionId, new_id
from tests.chains import crossing
from tests.shop import Shop

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


async def test_what_crossed_is_summed_by_purpose_and_destination(world: World, shop: Shop) -> None:
    org = OrgId(new_id())
    async with world.store.tx(org) as tx:
        await ledger.record(tx, [crossing(org, scan=Scan(masked={"email": 2, "name": 1}))])
        await ledger.record(tx, [crossing(org, scan=Scan(masked={"email": 1}, exempt=1))])
        await ledger.record(tx, [crossing(org, allowed=False, scan=Scan(masked={"email": 9}, found={"card": 1}))])
        await ledger.record(tx, [crossing(org, purpose="webhook", raw=True, scan=Scan(found={"email": 3}))])
    async with world.store.tx(org) as tx:
        model, webhook = await ledger.summary(tx, org, LONG_AGO)
        assert await ledger.summary(tx, org, datetime.now(UTC) + timedelta(hours=1)) == []
    assert (model.allowed, model.refused, model.bytes, model.masked, model.found, model.stopped) == (2, 1, 200, {"email": 3, "name": 1}, {}, {"card": 1})
    assert (webhook.purpose, webhook.found, webhook.stopped) == ("webhook", {"email": 3}, {})
    assert model.first <= model.last


async def test_crossings_are_found_by_session_by_what_they_held_and_page_by_page(world: World) -> None:
    org, session = OrgId(new_id()), SessionId(new_id())
    async with world.store.tx(org) as tx:
        for n in range(5):
            await ledger.record(tx, [crossing(org, session=session if n % 2 else None, allowed=n != 3, scan=Scan(carried=(bytes([n]), b"same")))])
    async with world.store.tx(org) as tx:
        assert len(await ledger.of_session(tx, org, session)) == 2
        assert len(await ledger.with_values(tx, org, [b"same"])) == 5
        assert len(await ledger.with_values(tx, org, [bytes([2]), bytes([4])])) == 2
        assert await ledger.with_values(tx, org, [b"never"]) == []
        assert [one.row.why for one in await ledger.page(tx, org, ledger.Filter(refused=True))] == ["switched off"]
        first = await ledger.page(tx, org, ledger.Filter(), limit=3)
        rest = await ledger.page(tx, org, ledger.Filter(), before=(first[-1].at, first[-1].id), limit=3)
    assert len({one.id for one in [*first, *rest]}) == 5
    assert first[0].row.scan.carried[-1] == b"same"
    assert all(one.sealed is None for one in first)


@pytest.mark.parametrize("table", ["crossings", "crossed_values", "ledger_links", "ledger_anchors"])
async def test_the_ledger_cannot_be_changed(world: World, table: str) -> None:
    for statement in ("update {} set org_id = org_id", "delete from {}", "truncate {}"):
        with pytest.raises(DatabaseError, match="permission denied"):
            async with world.store.tx(OrgId(new_id())) as tx:
                await (await tx.execute(sql.SQL(statement).format(sql.Identifier(table)))).fetchall()
