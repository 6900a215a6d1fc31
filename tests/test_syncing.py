"""Runs over sources: what changes, goes, fails and waits, against a vendor made up for the test, which is one module and nothing else."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from glassine.connect import sources as kinds
from glassine.edge.embed import Embedder
from glassine.story import worker
from glassine.story.filling import WrongFields
from glassine.story.knowledge import learning
from glassine.story.privacy import previewing
from glassine.story.search import finding
from glassine.story.sources import connecting, syncing, tending
from glassine.story.sources.connecting import Options
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import new_id
from glassine.words.knowledge import EVERYBODY, TEAM, Audience
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.sources import Cadence, RunOutcome
from glassine.words.syncing import PageState, Readers
from tests.shop import Shop
from tests.toy import GIVEN, KEY, Toy, again, connected, last, settled, toy, toy_module, zoo

__all__ = ["toy", "toy_module", "zoo"]  # the fixtures
pytestmark = pytest.mark.enable_socket


async def found(world: World, zoo: Shop, question: str = "which house", *, team: bool = False) -> set[str]:
    return {hit.title for hit in await finding.find(world, zoo.org, question, viewer=TEAM if team else EVERYBODY, limit=50)}


async def test_a_new_kind_of_source_is_one_module(world: World, zoo: Shop, toy: Toy) -> None:
    """Found, its form known, checked, read, and answered from: no other file knows of it."""
    assert kinds()["toys"].title == "Toys"
    assert [one.name for one in connecting.fields_of("toys")] == ["shelf", "key", "worn"]
    made, reached = await connecting.create(world, zoo.owner, "toys", GIVEN, Options(name="Toys"))
    assert reached == "There are 4 toys."
    await settled(world)
    run = await last(world, zoo, made.id)
    assert (run.outcome, dict(run.counts), run.by, run.reason) == (RunOutcome.DONE, {"added": 4}, "Olivia Owner", "")
    assert await found(world, zoo) == {"Ants", "Bees", "Cats", "Dogs"}
    seen = await tending.seen(world, zoo.owner, made.id)
    assert (seen.title, seen.hosts, seen.states["synced"]) == ("Toys", ("toys.example",), 4)


async def test_the_second_run_fetches_what_has_changed(world: World, zoo: Shop, toy: Toy) -> None:
    source = await connected(world, zoo)
    toy.fetched.clear()
    toy.changes = [{**toy.listed[1], "marker": "2"}, {"what": "gone", "path": "cats"}, {"what": "failed", "path": "dogs"}]
    toy.bodies["bees"] = b"# Bees\n\nBees moved to house number 7."
    run = await again(world, zoo, source.id)
    assert toy.fetched == ["bees"]
    assert dict(run.counts) == {"changed": 1, "removed": 1, "failed": 1}
    assert await found(world, zoo) == {"Ants", "Bees", "Dogs"}
    pages = {page.path: page for page in (await tending.pages(world, zoo.owner, source.id)).pages}
    assert (pages["dogs"].state, pages["dogs"].reason) == (PageState.ERROR, "as the toy says")
    toy.changes, toy.fetched = [], []
    run = await again(world, zoo, source.id)  # what failed is asked for again, though it has not changed there
    assert toy.fetched == ["dogs"]
    assert (await tending.pages(world, zoo.owner, source.id, state="error")).total == 0


async def test_what_is_gone_leaves_answers_as_soon_as_the_run_hears_of_it(world: World, zoo: Shop, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    source = await connected(world, zoo)
    toy.changes = [{"what": "gone", "path": "ants"}, {**toy.listed[1], "marker": "2"}]
    toy.bodies["bees"] = b"# Bees\n\nBees moved to house number 7."
    embed, while_running = Embedder.passages, list[set[str]]()

    async def look(self: Embedder, texts: list[str], language: str = "en") -> object:
        if not while_running:
            while_running.append(await found(world, zoo))
        return await embed(self, texts, language)

    monkeypatch.setattr(Embedder, "passages", look)
    assert (await again(world, zoo, source.id)).outcome is RunOutcome.DONE
    assert while_running == [{"Bees", "Cats", "Dogs"}]


async def test_nothing_is_deleted_when_a_source_says_that_all_is_gone(world: World, zoo: Shop, toy: Toy) -> None:
    source = await connected(world, zoo)
    toy.listed, kept = [], toy.listed
    await connecting.change(world, zoo.owner, source.id, {**GIVEN, "shelf": "other"}, Options(name="Toys"))  # reads everything anew
    await settled(world)
    run = await last(world, zoo, source.id)
    assert (run.outcome, "4 of 4 pages" in run.reason) == (RunOutcome.WAITING, True)
    assert await found(world, zoo) == {"Ants", "Bees", "Cats", "Dogs"}
    assert [row["path"] for row in await tending.held(world, zoo.owner, source.id)] == ["ants", "bees", "cats", "dogs"]
    assert await tending.decide(world, zoo.owner, source.id, delete=False) == 4
    assert (await last(world, zoo, source.id)).outcome is RunOutcome.DONE
    await connecting.change(world, zoo.owner, source.id, GIVEN, Options(name="Toys"))
    await settled(world)
    assert (await last(world, zoo, source.id)).outcome is RunOutcome.DONE, "what a person keeps is not asked about again"
    assert len(await found(world, zoo)) == 4
    toy.listed = kept
    await connecting.change(world, zoo.owner, source.id, {**GIVEN, "shelf": "third"}, Options(name="Toys"))
    await settled(world)
    toy.listed = []
    await connecting.change(world, zoo.owner, source.id, {**GIVEN, "shelf": "fourth"}, Options(name="Toys"))
    await settled(world)
    assert await tending.decide(world, zoo.owner, source.id, delete=True) == 4
    assert await found(world, zoo) == set()


async def test_too_many_deletions_one_by_one_are_taken_back(world: World, zoo: Shop, toy: Toy) -> None:
    for number in range(10):
        toy.put(f"zebra{number}", f"Zebra {number} lives in house number {number}.")
    source = await connected(world, zoo)
    toy.changes = [{"what": "gone", "path": one["path"]} for one in toy.listed[:8]]
    run = await again(world, zoo, source.id)
    assert run.outcome is RunOutcome.WAITING
    assert len(await found(world, zoo)) == 14
    assert len(await tending.held(world, zoo.owner, source.id)) == 8


async def test_a_key_that_is_revoked_in_the_middle_leaves_what_was_there(world: World, zoo: Shop, toy: Toy) -> None:
    source = await connected(world, zoo)
    toy.changes = [{**one, "marker": "2"} for one in toy.listed]
    toy.bodies = {name: body + b"\n\nIt has a garden." for name, body in toy.bodies.items()}
    toy.fetched, toy.broken_after = [], 2
    run = await again(world, zoo, source.id)
    assert (run.outcome, run.trouble) == (RunOutcome.FAILED, "credentials")
    assert "refused the key" in run.reason
    assert KEY not in run.reason
    assert len(await found(world, zoo)) == 4
    assert len(await found(world, zoo, "garden")) >= 2
    toy.broken_after, toy.fetched, fetched = None, [], set(toy.fetched)
    run = await again(world, zoo, source.id)
    assert (run.outcome, len(await found(world, zoo))) == (RunOutcome.DONE, 4)
    assert set(toy.fetched) == {"ants", "bees", "cats", "dogs"} - fetched, "what was read is not fetched again, as the reason of a failure promises"


async def test_a_run_goes_on_where_its_process_died(world: World, zoo: Shop, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is gone between two documents: no goodbye, the job still in its name. Another one takes it up from the checkpoint."""
    made, _ = await connecting.create(world, zoo.owner, "toys", GIVEN, Options(name="Toys"))
    [job] = await worker._claim(world, 8)
    hear = syncing.Course._hear
    heard = 0

    async def until_killed(self: syncing.Course, told: object) -> None:
        nonlocal heard
        await hear(self, told)  # type: ignore[arg-type]  # whatever the source tells
        heard += 1
        if heard == 7:  # the second toy is fetched, its checkpoint not written
            raise KeyboardInterrupt

    monkeypatch.setattr(syncing.Course, "_hear", until_killed)
    with pytest.raises(KeyboardInterrupt):
        await syncing.run(world, zoo.org, (await last(world, zoo, made.id)).id)
    monkeypatch.undo()
    broken = await last(world, zoo, made.id)
    assert (broken.ended_at, broken.cursor) == (None, {"after": 1})
    toy.fetched.clear()
    world.running.add(job.id)
    await worker._run_one(world, job)
    run = await last(world, zoo, made.id)
    assert (run.outcome, toy.fetched) == (RunOutcome.DONE, ["cats", "dogs"])
    assert len(await found(world, zoo)) == 4


async def test_somebody_stops_a_run(world: World, zoo: Shop, toy: Toy) -> None:
    waiting = asyncio.Event()
    source = await connected(world, zoo)
    answer = toy.answer

    async def never(request: object) -> object:
        waiting.set()
        await asyncio.sleep(60)
        return answer(request)  # type: ignore[arg-type]  # a request

    assert toy.server
    toy.server.answer = never  # type: ignore[assignment]  # a slower one
    await tending.sync_now(world, zoo.owner, source.id)
    running = asyncio.create_task(settled(world))
    await waiting.wait()
    assert await tending.stop(world, zoo.owner, source.id)
    await running
    run = await last(world, zoo, source.id)
    assert (run.outcome, run.reason) == (RunOutcome.STOPPED, "Somebody stopped it. What it had read is there.")
    assert len(await found(world, zoo)) == 4
    assert not await tending.stop(world, zoo.owner, source.id)


async def test_a_source_that_grows_too_old_is_refused_until_it_is_read_again(world: World, zoo: Shop, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    source = await connected(world, zoo, max_age_hours=24)
    by_hand = next(one for one in (await learning.listing(world, zoo.org)).articles if one.title == "Dogs")
    await learning.unpublish(world, zoo.org, by_hand.id)
    assert len(await found(world, zoo)) == 3
    later = datetime.now(UTC) + timedelta(hours=26)
    monkeypatch.setattr(world, "clock", lambda: later)
    toy.key, key = "another", toy.key
    async with world.store.tx(zoo.org) as tx:
        await connecting.keep_up(world, tx, zoo.org)
    assert await found(world, zoo) == set()
    await settled(world)
    assert (await last(world, zoo, source.id)).outcome is RunOutcome.FAILED, "it was due, and refused the key"
    assert (await tending.seen(world, zoo.owner, source.id)).source.withdrawn_at == later
    toy.key = key
    assert (await again(world, zoo, source.id)).outcome is RunOutcome.DONE
    assert await found(world, zoo) == {"Ants", "Bees", "Cats"}, "what a person took out stays out"


async def test_pages_are_left_out_taken_in_and_read_again(world: World, zoo: Shop, toy: Toy) -> None:
    source = await connected(world, zoo)
    assert await tending.exclude(world, zoo.owner, source.id, ["cats"]) == 1
    assert await found(world, zoo) == {"Ants", "Bees", "Dogs"}
    toy.changes = [{**toy.listed[2], "marker": "2"}]
    await again(world, zoo, source.id)
    assert await found(world, zoo) == {"Ants", "Bees", "Dogs"}
    assert await tending.include(world, zoo.owner, source.id, ["cats"]) == 1
    await settled(world)
    assert await found(world, zoo) == {"Ants", "Bees", "Cats", "Dogs"}
    toy.bodies["ants"], toy.fetched = b"Ants moved to house number 9, without telling.", []
    await tending.sync_now(world, zoo.owner, source.id, only=["ants"])
    await settled(world)
    assert toy.fetched == ["ants"]
    assert "Ants" in await found(world, zoo, "moved without telling")


async def test_what_was_deleted_here_does_not_come_back_by_itself(world: World, zoo: Shop, toy: Toy) -> None:
    source = await connected(world, zoo)
    await learning.delete(world, zoo.org, next(one for one in (await learning.listing(world, zoo.org)).articles if one.title == "Bees").id)
    toy.changes = [{**toy.listed[1], "marker": "2"}]
    await again(world, zoo, source.id)
    assert await found(world, zoo) == {"Ants", "Cats", "Dogs"}
    await tending.include(world, zoo.owner, source.id, ["bees"])
    await settled(world)
    assert "Bees" in await found(world, zoo)


async def test_who_may_see_a_source(world: World, zoo: Shop, toy: Toy) -> None:
    toy.put("wolves", "Wolves live in the house number 5 of the keepers.", audience="internal")
    source = await connected(world, zoo)
    assert "Wolves" not in await found(world, zoo)
    assert "Wolves" in await found(world, zoo, team=True)
    await connecting.change(world, zoo.owner, source.id, GIVEN, Options(name="Toys", readers=Readers.INTERNAL))
    await settled(world)
    assert await found(world, zoo) == set()
    assert len(await found(world, zoo, team=True)) == 5
    assert {one.audience for one in (await learning.listing(world, zoo.org)).articles} == {Audience.INTERNAL}


async def test_secrets_are_sealed_kept_and_never_told(world: World, zoo: Shop, toy: Toy) -> None:
    source = await connected(world, zoo)
    assert KEY not in repr(await tending.seen(world, zoo.owner, source.id))
    async with world.store.tx(zoo.org) as tx:
        [row] = await (await tx.execute("select row_to_json(s)::text as told, secrets from sources s where id = %s", (source.id,))).fetchall()
    assert KEY not in row["told"]
    assert KEY.encode() not in row["secrets"]
    assert len(row["secrets"]) > len(KEY)
    changed, _ = await connecting.change(world, zoo.owner, source.id, {"shelf": "bottom", "key": ""}, Options(name="Toys"))
    assert changed.settings == {"shelf": "bottom", "worn": "yes"}, "and the key that was left empty still opens the door"
    toy.key = "another"
    with pytest.raises(WrongFields, match="refused the key") as refused:
        await connecting.change(world, zoo.owner, source.id, {"shelf": "left", "key": "wrong-key-987"}, Options(name="Toys"))
    assert "wrong-key-987" not in str(refused.value)
    assert (await tending.seen(world, zoo.owner, source.id)).source.settings == {"shelf": "bottom", "worn": "yes"}


async def test_a_secret_is_told_to_no_other_address_than_it_was_entered_for(world: World, zoo: Shop, toy: Toy) -> None:
    source = await connected(world, zoo)
    assert toy.server is not None
    asked = len(toy.server.seen)
    with pytest.raises(WrongFields, match="Key was entered for another address") as refused:
        await connecting.change(world, zoo.owner, source.id, {"shelf": "elsewhere", "key": ""}, Options(name="Toys"))
    assert set(refused.value.wrong) == {"key"}
    assert len(toy.server.seen) == asked, "nobody was asked with it"
    assert (await tending.seen(world, zoo.owner, source.id)).source.settings == source.settings
    changed, _ = await connecting.change(world, zoo.owner, source.id, {"shelf": "elsewhere", "key": KEY}, Options(name="Toys"))
    assert changed.settings["shelf"] == "elsewhere"


async def test_nothing_is_saved_that_does_not_work(world: World, zoo: Shop, toy: Toy) -> None:
    for given, wrong in (({"shelf": "", "key": ""}, {"shelf", "key"}), ({"shelf": "top", "key": "wrong"}, {""})):
        with pytest.raises(WrongFields) as refused:
            await connecting.create(world, zoo.owner, "toys", given, Options(name="Toys"))
        assert set(refused.value.wrong) == wrong
    with pytest.raises(WrongFields, match="name"):
        await connecting.create(world, zoo.owner, "toys", GIVEN, Options(name=" "))
    assert await tending.listing(world, zoo.owner) == []
    reader = Actor(org=zoo.org, kind=ActorKind.AGENT, id=new_id(), name="Rita", role=Role.AGENT)
    with pytest.raises(Refused, match=r"knowledge\.write"):
        await connecting.create(world, reader, "toys", GIVEN, Options(name="Toys"))


async def test_when_it_is_read_by_itself(world: World, zoo: Shop, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    source = await connected(world, zoo, cadence=Cadence.HOUR)
    due = (await tending.seen(world, zoo.owner, source.id)).source.next_run_at
    assert due
    assert timedelta(minutes=56) < due - world.clock() < timedelta(minutes=64)
    async with world.store.tx(zoo.org) as tx:
        await connecting.keep_up(world, tx, zoo.org)
    assert len(await tending.history(world, zoo.owner, source.id)) == 1
    monkeypatch.setattr(world, "clock", lambda: due + timedelta(seconds=1))
    for _ in range(2):
        async with world.store.tx(zoo.org) as tx:
            await connecting.keep_up(world, tx, zoo.org)
    assert [run.by for run in await tending.history(world, zoo.owner, source.id)] == ["schedule", "Olivia Owner"]
    assert await tending.sync_now(world, zoo.owner, source.id) is None, "one waits; another one follows it"
    await settled(world)
    async with world.store.tx(zoo.org) as tx:
        await connecting.keep_up(world, tx, zoo.org)
    assert len(await tending.history(world, zoo.owner, source.id)) == 3


async def test_how_long_changes_take_is_measured(world: World, zoo: Shop, toy: Toy) -> None:
    source = await connected(world, zoo, canary="ants")
    changed = (world.clock() + timedelta(milliseconds=1)).isoformat()
    toy.changes = [{**one, "marker": "2", "at": changed} for one in toy.listed[:2]]
    toy.bodies |= {"ants": b"Ants moved to house number 9.", "bees": b"Bees moved to house number 8."}
    await again(world, zoo, source.id)
    seen = await tending.seen(world, zoo.owner, source.id)
    assert (seen.delay.changes, seen.canary.changes) == (2, 1)
    assert seen.delay.p95 is not None
    assert seen.delay.p50 is not None
    assert 0 <= seen.delay.p50 <= seen.delay.p95


async def test_what_a_source_is_taken_away_with(world: World, zoo: Shop, toy: Toy) -> None:
    source = await connected(world, zoo)
    await connecting.remove(world, zoo.owner, source.id, keep_articles=True)
    kept = (await learning.listing(world, zoo.org)).articles
    assert {one.source for one in kept} == {"editor"}
    assert len(await found(world, zoo)) == 4
    second = await connected(world, zoo)
    await connecting.remove(world, zoo.owner, second.id)
    assert (await learning.listing(world, zoo.org)).total == 4
    log = await previewing.audit_log(world, zoo.owner, only="knowledge")
    assert [row["verb"] for row in reversed(log)] == ["knowledge.source_create", "knowledge.source_delete"] * 2


async def test_where_a_page_stands_is_part_of_what_is_found(world: World, zoo: Shop, toy: Toy) -> None:
    toy.put("food", "They eat at noon.", trail=("Keepers", "Daily"))
    await connected(world, zoo)
    [hit] = [hit for hit in await finding.find(world, zoo.org, "when do they eat", viewer=EVERYBODY) if hit.title == "Food"]
    assert hit.heading == "Keepers › Daily › Food"


async def test_the_run_tells_how_far_it_is(world: World, zoo: Shop, toy: Toy) -> None:
    source = await connected(world, zoo)
    run = await last(world, zoo, source.id)
    assert (run.done, run.total) == (4, 4)
    assert json.dumps(dict(run.counts)) == '{"added": 4}'


def test_the_toys_module_is_written_to_disk_only(tmp_path: Path) -> None:
    assert "toys" in kinds()
    assert not (Path(__file__).parent.parent / "glassine/connect/toys.py").exists()
    assert list(tmp_path.iterdir()) == []
