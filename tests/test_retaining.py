"""What is old goes, by the clock that is moved here; what is young or open stays; and the preview says the same as the run does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from glassine.config import Settings
from glassine.store import contacts as stored
from glassine.store import sessions, turns, vault
from glassine.story import contacts, desk, files, house, turn, worker
from glassine.story.contacts import Identity
from glassine.story.inbound import open_session, receive
from glassine.story.privacy import previewing, retaining
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.errors import NotFound, Refused
from glassine.words.house import Kind
from glassine.words.ids import ContactId, SessionId
from glassine.words.people import Role
from glassine.words.sessions import ChannelKind, Status
from glassine.words.work import JobKind
from tests.office import colleague, signed_in
from tests.shop import Shop, founded_shop

NOTHING = dict.fromkeys(Kind, 0)


@pytest.fixture
async def old_shop(world: World) -> Shop:
    return await founded_shop(world, "Old things", f"{uuid4().hex}@old.example")


@pytest.fixture
def later(world: World) -> Iterator[World]:
    """Forty days from now."""
    clock = world.clock
    world.clock = lambda: datetime.now(UTC) + timedelta(days=40)
    yield world
    world.clock = clock


async def _talk(world: World, shop: Shop, *, closed: bool, verified: bool = True) -> tuple[ContactId, SessionId]:
    who = await contacts.create(world, shop.org, Identity(email=f"{uuid4().hex}@example.org") if verified else Identity(), verified=verified)
    session = await open_session(world, shop.org, who.id, ChannelKind.WEB)
    heard = await receive(world, shop.org, session.id, Inbound(external_id=uuid4(), text="Where is my lamp? Write to a@example.org."))
    await turn.take_turn(world, shop.org, session.id, heard.job)
    await files.upload(world, shop.org, who.id, name="a.txt", media_type="text/plain", content=b"a")
    if closed:
        await desk.close(world, shop.owner, session.id, Status.CLOSED_RESOLVED)
    return who.id, session.id


async def test_old_conversations_go_whole_and_open_ones_never(later: World, old_shop: Shop) -> None:
    world, org = later, old_shop.org
    who, gone = await _talk(world, old_shop, closed=True)
    visitor, also = await _talk(world, old_shop, closed=True, verified=False)
    _, kept = await _talk(world, old_shop, closed=False)
    days = {**NOTHING, Kind.MESSAGES: 30}
    would = await retaining.preview(world, old_shop.owner, days)
    assert list(would) == [Kind.MESSAGES]
    assert (would[Kind.MESSAGES].conversations, would[Kind.MESSAGES].oldest is not None) == (2, True)
    await retaining.set_days(world, old_shop.owner, days)
    removed = await retaining.run(world, org)
    assert (removed["conversations"], removed["messages"], removed["visitors"]) == (2, would[Kind.MESSAGES].things, 1)
    async with world.store.tx(org) as tx:
        for session in (gone, also):
            with pytest.raises(NotFound):
                await sessions.load(tx, org, session)
            assert await vault.all_of(tx, org, session) == []
        left = await (await tx.execute("select count(*) as n from originals o where not exists (select from events e where e.id = o.event_id)")).fetchone()
        assert left == {"n": 0}
        assert await sessions.load(tx, org, kept)
        assert [row["event_id"] for row in await vault.originals_of(tx, org, kept)]
        assert await stored.load(tx, org, who), "who is verified stays until they are erased"
        with pytest.raises(NotFound):
            await stored.load(tx, org, visitor)
        assert {bool(row["removed_at"]) for row in await vault.files_of(tx, org, who)} == {False}, "a file that no message names is an attachment's matter"
    line = (await previewing.audit_log(world, old_shop.owner, only="removals"))[0]
    assert (line["verb"], line["detail"]) == ("privacy.retain", removed)
    assert (await retaining.preview(world, old_shop.owner, days))[Kind.MESSAGES].things == 0


async def test_nothing_young_goes(world: World, old_shop: Shop) -> None:
    _, kept = await _talk(world, old_shop, closed=True)
    await retaining.set_days(world, old_shop.owner, {**NOTHING, Kind.MESSAGES: 1, Kind.ATTACHMENTS: 1, Kind.TRACES: 1})
    assert sum((await retaining.run(world, old_shop.org)).values()) == 0
    async with world.store.tx(old_shop.org) as tx:
        assert await sessions.load(tx, old_shop.org, kept)
        assert await turns.all_of(tx, old_shop.org, kept)


async def test_attachments_and_traces_go_alone(later: World, old_shop: Shop) -> None:
    world, org = later, old_shop.org
    who, closed = await _talk(world, old_shop, closed=True)
    other, still = await _talk(world, old_shop, closed=False)
    await retaining.set_days(world, old_shop.owner, {**NOTHING, Kind.ATTACHMENTS: 30, Kind.TRACES: 30})
    assert await retaining.run(world, org) == {"attachments": 1, "traces": 1}
    async with world.store.tx(org) as tx:
        [file] = await vault.files_of(tx, org, who)
        assert (file["removed_at"] is not None, bytes(file["sealed"]), bytes(file["sealed_name"]), file["sealed_text"]) == (True, b"", b"", None)
        assert [bool(row["sealed_text"]) for row in await vault.files_of(tx, org, other)] == [True], "the test must be able to see it"
        assert [bool(row["removed_at"]) for row in await vault.files_of(tx, org, other)] == [False]
        assert await turns.all_of(tx, org, closed) == []
        assert len(await turns.all_of(tx, org, still)) == 1
        assert (await sessions.load(tx, org, closed)).last_seq > 1, "the conversation stays"


async def test_the_audit_log_keeps_a_month_and_what_was_removed(world: World, settings: Settings, old_shop: Shop) -> None:
    org = old_shop.org
    for verb in ("privacy.reveal", "privacy.erase", "settings.change"):
        async with world.store.tx(org) as tx:
            await vault.audit(tx, old_shop.owner, verb, "contact")
    with psycopg.connect(world.store.url) as connection:
        connection.execute("alter table audit no force row level security")
        connection.execute("update audit set created_at = now() - interval '29 days' where org_id = %s and verb = 'settings.change'", (org,))
        connection.execute("update audit set created_at = now() - interval '31 days' where org_id = %s and verb in ('privacy.reveal', 'privacy.erase')", (org,))
        connection.execute("alter table audit force row level security")
    with pytest.raises(Refused, match="30 to 3,650"):
        await retaining.set_days(world, old_shop.owner, {**NOTHING, Kind.AUDIT: 5})
    await retaining.set_days(world, old_shop.owner, {**NOTHING, Kind.AUDIT: 30})
    assert await retaining.run(world, org) == {"audit": 1}
    verbs = [row["verb"] for row in await previewing.audit_log(world, old_shop.owner)]
    assert "privacy.erase" in verbs
    assert "privacy.reveal" not in verbs
    assert verbs.count("settings.change") == 2


async def test_a_run_that_was_interrupted_is_gone_on_with(later: World, old_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        await _talk(later, old_shop, closed=True)
    await retaining.set_days(later, old_shop.owner, {**NOTHING, Kind.MESSAGES: 30})
    monkeypatch.setattr(retaining, "_BATCH", 1)
    real, calls = retaining._conversations, 0

    class Stopped(Exception):
        """In the middle."""

    async def stopping(*values: object) -> tuple[int, bool]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Stopped
        return await real(*values)  # type: ignore[arg-type]  # handed through as they came

    monkeypatch.setattr(retaining, "_conversations", stopping)
    with pytest.raises(Stopped):
        await retaining.run(later, old_shop.org)
    assert (await retaining.preview(later, old_shop.owner, {**NOTHING, Kind.MESSAGES: 30}))[Kind.MESSAGES].conversations == 2
    assert (await retaining.run(later, old_shop.org))["conversations"] == 2
    ended = [row["finished_at"] is not None for row in await retaining.runs(later, old_shop.owner)]
    assert ended == [True, False]


async def test_saving_schedules_a_run_that_can_be_undone_and_each_run_the_next(world: World, old_shop: Shop) -> None:
    await retaining.set_days(world, old_shop.owner, {**NOTHING, Kind.TRACES: 30})
    [first] = await _waiting(world, old_shop)
    assert 600 < first < 1_000
    await retaining.run(world, old_shop.org)
    assert [round(seconds / 3_600) for seconds in await _waiting(world, old_shop)] == [0, 24]
    await retaining.set_days(world, old_shop.owner, NOTHING)
    assert await retaining.run(world, old_shop.org) == {}, "what was switched off meanwhile removes nothing"
    assert JobKind.RETAIN in worker._WORK


async def _waiting(world: World, shop: Shop) -> list[float]:
    async with world.store.outside() as tx:
        found = await (await tx.execute("select extract(epoch from run_at - now())::float as s from jobs where org_id = %s and kind = 'retain' order by 1", (shop.org,))).fetchall()
    return [row["s"] for row in found]


async def test_the_page_shows_what_would_go_before_it_saves(later: World, old_shop: Shop) -> None:
    await _talk(later, old_shop, closed=True)
    async with signed_in(later, old_shop.owner) as admin:
        page = await admin.post("/settings/retention/preview", messages="30")
        assert "Would remove <b>" in page.text
        assert "in 1 conversation, the oldest from" in page.text
        assert (await house.organization(later, old_shop.org)).settings.keep_messages == 0, "a preview saves nothing"
        refused = await admin.post("/settings/retention", messages="a week")
        assert refused.status_code == 400
        saved = await admin.act("/settings/retention", messages="30", traces="")
        assert "Nothing is removed in the next 15 minutes" in saved
        await retaining.run(later, old_shop.org)
        assert "onversations: 1" in (await admin.get("/settings/retention")).text
        assert "removed what had grown old" in (await admin.get("/settings/audit?only=removals")).text
    agent = await colleague(later, old_shop.owner, Role.AGENT, f"Anke {uuid4().hex[:5]}")
    async with signed_in(later, agent) as desk_of:
        assert "Only admins change this" in (await desk_of.get("/settings/retention")).text
        assert (await desk_of.post("/settings/retention", messages="1")).status_code == 403


