"""Sources that fail, wait, are switched off or refuse what was saved: what the form, the schedule and the pages make of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from glassine.connect import sources as kinds
from glassine.story.boundary import data_map
from glassine.story.filling import WrongFields
from glassine.story.sources import connecting, tending
from glassine.story.sources.connecting import Options
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.sources import Cadence, RunOutcome
from tests.office import signed_in
from tests.shop import Shop
from tests.switched import off
from tests.toy import GIVEN, Toy, again, connected, settled, toy, toy_module, zoo

__all__ = ["toy", "toy_module", "zoo"]  # the fixtures
pytestmark = pytest.mark.enable_socket


async def test_what_is_left_out_and_would_be_too_much_is_told_apart_from_what_is_gone(world: World, zoo: Shop, toy: Toy) -> None:
    for number in range(10):
        toy.put(f"zebra{number}", f"Zebra {number} lives in house number {number}.")
    source = await connected(world, zoo)
    toy.changes = [{"what": "gone" if place < 3 else "skipped", "path": one["path"]} for place, one in enumerate(toy.listed[:8])]
    run = await again(world, zoo, source.id)
    assert run.outcome is RunOutcome.WAITING
    assert run.reason == (
        "8 of 14 pages are no longer there or left out now, so none was deleted: that may be a mistake at the source or in its settings. "
        "5 of them are still there, but left out, the first because: as the toy says. Decide whether they go or stay."
    )


async def test_a_switch_that_is_on_at_first_can_be_switched_off(world: World, zoo: Shop, toy: Toy) -> None:
    source = await connected(world, zoo)
    assert source.settings["worn"] == "yes"
    for given, kept in (("", ""), ("true", "yes"), ("no", "")):
        changed, _ = await connecting.change(world, zoo.owner, source.id, {**GIVEN, "worn": given}, Options(name="Toys"))
        assert changed.settings["worn"] == kept
    with pytest.raises(WrongFields, match="yes or no"):
        await connecting.change(world, zoo.owner, source.id, {**GIVEN, "worn": "perhaps"}, Options(name="Toys"))
    async with signed_in(world, zoo.owner) as admin:
        form = (await admin.get(f"/knowledge/sources/{source.id}/edit")).text
    assert '<input type="hidden" name="worn" value=""><input type="checkbox" name="worn" value="yes">' in form, "an unchecked box is sent as empty"


async def test_a_source_that_fails_is_tried_less_and_less_often(world: World, zoo: Shop, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    source = await connected(world, zoo, cadence=Cadence.HOUR)
    toy.key, key = "another", toy.key
    now = world.clock()
    monkeypatch.setattr(world, "clock", lambda: now)
    for hours in (1, 2, 4, 8, 16, 24, 24):
        assert (await again(world, zoo, source.id)).outcome is RunOutcome.FAILED
        due = (await tending.seen(world, zoo.owner, source.id)).source.next_run_at
        assert due
        assert timedelta(hours=hours) * 0.94 < due - now < timedelta(hours=hours) * 1.06
    async with signed_in(world, zoo.owner) as admin:
        assert "Next try" in (await admin.get("/knowledge/sources")).text
    toy.key = key
    assert (await again(world, zoo, source.id)).outcome is RunOutcome.DONE
    due = (await tending.seen(world, zoo.owner, source.id)).source.next_run_at
    assert due
    assert due - now < timedelta(hours=1.1), "with the first success it is as before"


async def test_a_failing_run_longer_than_its_pause_does_not_begin_again_at_once(world: World, zoo: Shop, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    source = await connected(world, zoo, cadence=Cadence.QUARTER)
    toy.key = "another"
    began = world.clock()
    await tending.sync_now(world, zoo.owner, source.id)
    ended = began + timedelta(hours=1)
    monkeypatch.setattr(world, "clock", lambda: ended)
    await settled(world)
    due = (await tending.seen(world, zoo.owner, source.id)).source.next_run_at
    assert due
    assert due > ended + timedelta(minutes=14)
    monkeypatch.setattr(world, "clock", lambda: began)
    await tending.sync_now(world, zoo.owner, source.id)
    assert await tending.sync_now(world, zoo.owner, source.id) is None
    await settled(world)
    assert (await tending.seen(world, zoo.owner, source.id)).source.next_run_at == began, "what somebody asked for meanwhile is not put off"


async def test_what_is_switched_off_is_not_read_by_itself(world: World, zoo: Shop, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    source = await connected(world, zoo, cadence=Cadence.HOUR)
    later = world.clock() + timedelta(hours=2)
    monkeypatch.setattr(world, "clock", lambda: later)
    async with off(world, zoo, "source"):
        async with world.store.tx(zoo.org) as tx:
            await connecting.keep_up(world, tx, zoo.org)
        assert len(await tending.history(world, zoo.owner, source.id)) == 1
        async with signed_in(world, zoo.owner) as admin:
            assert "Switched off" in (await admin.get("/knowledge/sources")).text
            assert "is switched off. An admin can switch it on" in (await admin.get(f"/knowledge/sources/{source.id}")).text
    async with world.store.tx(zoo.org) as tx:
        await connecting.keep_up(world, tx, zoo.org)
    assert len(await tending.history(world, zoo.owner, source.id)) == 2, "and at once when it is on again"
    await settled(world)


async def test_a_connector_that_refuses_what_was_saved_breaks_no_page(world: World, zoo: Shop, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    await connected(world, zoo)

    def hosts(settings: object) -> tuple[str, ...]:
        raise Refused("The shelf has moved.")

    monkeypatch.setattr(type(kinds()["toys"].source), "hosts", lambda self, settings: hosts(settings))
    drawn = await data_map.draw(world, zoo.owner)
    [far] = next(one.far for one in drawn.boundaries if one.boundary.name == "source")
    assert (far.who, far.where, far.detail) == ("Toys", "", "Toys: its settings are refused, so nothing leaves. The shelf has moved.")
    async with signed_in(world, zoo.owner) as admin:
        assert (await admin.get("/knowledge/sources")).status_code == 200
