"""What people see of deliveries and decide on them, in the browser and over the API: again, since then, dropped, arrived; each once, and written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from glassine.story import access, worker
from glassine.story.delivery import delivering
from glassine.story.delivery.outgoing import KEPT_SETTLED, KEPT_STUCK
from glassine.story.privacy import previewing
from glassine.story.world import World
from glassine.words.deliveries import DeliveryId, DeliveryState, Target
from glassine.words.ids import new_id
from tests.deliveries import Clock, Scripted, emptied, fails, make, moved_by_hand, now, round_of
from tests.office import signed_in
from tests.shop import Shop, founded_shop
from tests.switched import begun

Client = httpx2.AsyncClient


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    scripted = Scripted()
    monkeypatch.setattr(delivering, "_BRINGERS", {Target.WEBHOOK: Scripted(), Target.HELPDESK: scripted})
    return scripted


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def nothing_is_left(world: World, shop: Shop) -> None:
    await emptied(world)
    async with world.store.tx(shop.org) as tx:
        await tx.execute("delete from deliveries")


@pytest.fixture
def clock(world: World):  # type: ignore[no-untyped-def]  # a generator of pytest's
    with moved_by_hand(world) as moved:
        yield moved


async def stuck(world: World, shop: Shop, there: Scripted, state: DeliveryState, to: UUID | None = None, *, effect: str = "say", line: str = "") -> DeliveryId:
    """One that was given up, or may have arrived."""
    there.answer = fails("The key is no longer accepted.", again=False, unknown=state is DeliveryState.UNKNOWN, status=422)
    id = await make(world, shop, to or new_id(), target=Target.HELPDESK, effect=effect, line=line, session=await begun(world, shop))
    while (await now(world, shop, id)).state is DeliveryState.WAITING:
        await round_of(world)
    there.answer = lambda delivery: "there"
    assert (await now(world, shop, id)).state is state
    return id


async def post(client: Client, shop: Shop, path: str, **body: Any) -> httpx2.Response:
    return await client.post(f"/api/deliveries{path}", headers=shop.bearer, json=body)


async def last_audit(world: World, shop: Shop) -> tuple[str, str]:
    row = (await previewing.audit_log(world, shop.owner, 1))[0]
    return str(row["verb"]), str(row["thing_id"])


async def test_what_was_given_up_goes_again_when_a_person_says_so(world: World, client: Client, shop: Shop, there: Scripted) -> None:
    id = await stuck(world, shop, there, DeliveryState.DEAD)
    answer = (await post(client, shop, f"/{id}/retry")).json()
    assert (answer["state"], answer["why"], answer["next_at"] is not None) == ("waiting", "The key is no longer accepted.", True)
    assert await last_audit(world, shop) == ("deliveries.retry", str(id))
    await round_of(world)
    assert (await now(world, shop, id)).state is DeliveryState.DONE
    assert there.back == [id], "whoever was told of the failure hears that it is over"
    assert (await post(client, shop, f"/{id}/retry")).status_code == 409


async def test_what_may_have_arrived_is_sent_again_without_doubt(world: World, client: Client, shop: Shop, there: Scripted) -> None:
    id = await stuck(world, shop, there, DeliveryState.UNKNOWN)
    await post(client, shop, f"/{id}/retry")
    await round_of(world)
    assert not there.tried[-1].doubtful, "or it would stop again"
    assert (await now(world, shop, id)).state is DeliveryState.DONE


async def test_what_may_have_arrived_has_when_a_person_has_looked(world: World, client: Client, shop: Shop, there: Scripted) -> None:
    id = await stuck(world, shop, there, DeliveryState.UNKNOWN)
    assert (await post(client, shop, f"/{id}/arrived")).json()["state"] == "done"
    assert there.back == [id]
    assert await last_audit(world, shop) == ("deliveries.arrived", str(id))
    assert await round_of(world) == []
    assert (await post(client, shop, f"/{id}/arrived")).status_code == 409


async def test_what_was_dropped_is_not_tried_and_can_be_taken_up_again(world: World, client: Client, shop: Shop, there: Scripted) -> None:
    id = await make(world, shop, new_id(), target=Target.HELPDESK)
    assert (await post(client, shop, f"/{id}/drop")).json()["state"] == "dropped"
    assert await round_of(world) == []
    await post(client, shop, f"/{id}/retry")
    assert await round_of(world) == [id]
    assert (await post(client, shop, f"/{id}/drop")).status_code == 409, "it has arrived"


async def test_what_follows_a_ticket_goes_again_with_it_and_in_order(world: World, client: Client, shop: Shop, there: Scripted) -> None:
    to, line = new_id(), f"ticket:{new_id()}"
    there.answer = fails("The form is closed.", again=False, status=422)
    first, second, third = [await make(world, shop, to, target=Target.HELPDESK, effect=effect, line=line) for effect in ("open", "say", "say")]
    await round_of(world)
    assert {(await now(world, shop, id)).state for id in (first, second, third)} == {DeliveryState.DEAD}
    there.answer = lambda delivery: "there"
    newer = await make(world, shop, to, target=Target.HELPDESK, effect="say", line=line)
    await post(client, shop, f"/{first}/retry")
    there.tried.clear()
    while await round_of(world):
        pass
    assert [one.id for one in there.tried] == [first, second, third, newer]


async def test_everything_since_then_goes_again_for_one_destination_or_all(world: World, client: Client, shop: Shop, there: Scripted) -> None:
    old = await stuck(world, shop, there, DeliveryState.DEAD)
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update deliveries set created_at = now() - interval '2 hours' where id = %s", (old,))
    here, elsewhere = await stuck(world, shop, there, DeliveryState.DEAD), await stuck(world, shop, there, DeliveryState.DEAD)
    unsure = await stuck(world, shop, there, DeliveryState.UNKNOWN)
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    to = str((await now(world, shop, here)).target_id)
    assert (await post(client, shop, "/retry", since=since, destination_id=to)).json() == {"retried": 1}
    assert (await post(client, shop, "/retry", since=since)).json() == {"retried": 1}
    assert (await last_audit(world, shop))[0] == "deliveries.retry_since"
    assert set(await round_of(world)) == {here, elsewhere}
    assert [(await now(world, shop, id)).state for id in (old, unsure)] == [DeliveryState.DEAD, DeliveryState.UNKNOWN], "a person decides on each of those"
    assert (await post(client, shop, "/retry", since=since)).json() == {"retried": 0}


async def test_a_pause_ends_when_a_person_says_so(world: World, client: Client, shop: Shop, there: Scripted, clock: Clock) -> None:
    to = new_id()
    there.answer = fails()
    for _ in range(3):
        await make(world, shop, to, target=Target.HELPDESK)
    await round_of(world)
    assert await round_of(world) == []
    there.answer = lambda delivery: "there"
    assert (await post(client, shop, "/try-now", destination_id=str(to))).status_code == 204
    assert await last_audit(world, shop) == ("deliveries.try_now", str(to))
    assert clock.now
    assert len(await round_of(world)) == 1
    assert len(await round_of(world)) == 2, "it is back, so the others follow"


async def test_health_says_how_each_destination_stands(world: World, client: Client, shop: Shop, there: Scripted) -> None:
    well, ill, unused = new_id(), new_id(), new_id()
    there.names = {well: "Acme desk", ill: "Broken desk", unused: "New desk"}
    await make(world, shop, well, target=Target.HELPDESK)
    await round_of(world)
    there.answer = fails("It answered 500.", after=60)
    await make(world, shop, ill, target=Target.HELPDESK)
    await round_of(world)
    items = (await client.get("/api/deliveries/health", headers=shop.bearer)).json()["items"]
    assert [one["name"] for one in items] == ["Broken desk", "Acme desk", "New desk"], "trouble first"
    broken, acme, new = items
    assert (broken["waiting"], broken["failures"], broken["error"], broken["last_success_at"]) == (1, 1, "It answered 500.", None)
    assert broken["oldest_waiting_at"]
    assert broken["failing_since"]
    assert broken["paused_until"]
    assert (acme["waiting"], acme["failures"], acme["error"], acme["paused_until"]) == (0, 0, "", None)
    assert acme["last_success_at"]
    assert (new["waiting"], new["given_up"], new["unknown"], new["last_success_at"]) == (0, 0, 0, None)


async def test_the_list_is_filtered_and_paged(world: World, client: Client, shop: Shop, there: Scripted) -> None:
    to = new_id()
    ids = [str(await make(world, shop, to, target=Target.HELPDESK, session=await begun(world, shop))) for _ in range(3)]
    other = str(await make(world, shop, new_id()))

    async def listed(**which: str) -> list[str]:
        return [one["id"] for one in (await client.get("/api/deliveries", headers=shop.bearer, params=which)).json()["items"]]

    assert await listed() == [other, *reversed(ids)]
    assert await listed(destination_id=str(to)) == ids[::-1]
    assert await listed(target="webhook") == [other]
    assert await listed(state="dead") == []
    first = (await client.get("/api/deliveries", headers=shop.bearer, params={"limit": "2"})).json()
    assert await listed(cursor=first["next"]) == ids[1::-1]
    [row] = (await client.get("/api/deliveries", headers=shop.bearer, params={"session_id": str((await now(world, shop, DeliveryId(UUID(ids[0])))).session)})).json()["items"]
    assert row["ticket_number"] > 0


async def test_another_organisation_sees_and_settles_nothing(world: World, client: Client, shop: Shop, there: Scripted) -> None:
    id, other = await stuck(world, shop, there, DeliveryState.DEAD), await founded_shop(world, "Elsewhere", "owner@elsewhere.example")
    assert (await client.get("/api/deliveries", headers=other.bearer)).json()["items"] == []
    assert (await client.get("/api/deliveries/health", headers=other.bearer)).json()["items"] == [
        one for one in (await client.get("/api/deliveries/health", headers=other.bearer)).json()["items"] if one["waiting"] == one["given_up"] == 0
    ]
    assert (await post(client, other, f"/{id}/retry")).status_code == 404
    to = (await now(world, shop, id)).target_id
    assert (await post(client, other, "/try-now", destination_id=str(to))).status_code == 204
    assert (await now(world, shop, id)).state is DeliveryState.DEAD


async def test_who_may_only_read_changes_nothing(world: World, client: Client, shop: Shop, there: Scripted) -> None:
    id = await stuck(world, shop, there, DeliveryState.DEAD)
    reader = {"Authorization": f"Bearer {await access.create_key(world, shop.owner, 'Reader', ['deliveries:read'])}"}
    assert (await client.get("/api/deliveries", headers=reader)).status_code == 200
    for path in (f"/{id}/retry", f"/{id}/drop", f"/{id}/arrived"):
        assert (await client.post(f"/api/deliveries{path}", headers=reader)).status_code == 403
    stranger = {"Authorization": f"Bearer {await access.create_key(world, shop.owner, 'Stranger', ['ledger:read'])}"}
    assert (await client.get("/api/deliveries/health", headers=stranger)).status_code == 403


async def test_what_is_old_is_forgotten(world: World, shop: Shop, there: Scripted, clock: Clock) -> None:
    done = await make(world, shop, new_id(), target=Target.HELPDESK)
    await round_of(world)
    dead = await stuck(world, shop, there, DeliveryState.DEAD)

    async def left() -> int:
        await worker.sweep(world)
        async with world.store.tx(shop.org) as tx:
            row = await (await tx.execute("select count(*)::int as n from deliveries where id = any(%s)", ([done, dead],))).fetchone()
        return row["n"] if row else 0

    assert await left() == 2
    clock.now += KEPT_SETTLED + timedelta(minutes=1)
    assert await left() == 1
    clock.now += KEPT_STUCK - KEPT_SETTLED
    assert await left() == 0
    async with world.store.outside() as tx:
        row = await (await tx.execute("select count(*)::int as n from jobs where ref = any(%s)", ([done, dead],))).fetchone()
    assert row == {"n": 0}


async def test_the_page_shows_everything_and_each_button_does_what_it_says(world: World, shop: Shop, there: Scripted) -> None:
    async with signed_in(world, shop.owner) as browser:
        assert "Nothing is delivered yet" in (await browser.get("/settings/deliveries")).text
        to = new_id()
        there.names = {to: "Acme desk"}
        dead, unknown = await stuck(world, shop, there, DeliveryState.DEAD, to), await stuck(world, shop, there, DeliveryState.UNKNOWN, to)
        page = (await browser.get("/settings/deliveries")).text
        for words in ("Acme desk", "Needs you", "The key is no longer accepted.", "1 delivery may have arrived", "It arrived", "Send again", "Given up", "Conversation #"):
            assert words in page, words
        assert "Try again" in await browser.act(f"/settings/deliveries/{unknown}/arrived", back=f"/settings/deliveries?to={to}")
        assert (await now(world, shop, unknown)).state is DeliveryState.DONE
        assert "It was dropped." in await browser.act(f"/settings/deliveries/{dead}/drop")
        assert "It is tried again now." in await browser.act(f"/settings/deliveries/{dead}/retry", back="https://elsewhere.example")
        await round_of(world)
        later = await stuck(world, shop, there, DeliveryState.DEAD, to)
        assert "1 delivery is tried again, in their order." in await browser.act("/settings/deliveries/retry", since="2026-01-01T00:00", to=str(to))
        await round_of(world)
        assert (await now(world, shop, later)).state is DeliveryState.DONE
        assert "Nothing was given up since then." in await browser.act("/settings/deliveries/retry", since="2026-01-01T00:00", to="")
        assert "It is tried now." in await browser.act("/settings/deliveries/try-now", to=str(to))
        assert "Since when?" in (await browser.post("/settings/deliveries/retry", since="yesterday")).text
        for part in ("standing", "list"):
            fragment = await browser.get(f"/settings/deliveries?state=done&part={part}", htmx=True)
            assert "<html" not in fragment.text
            assert "Arrived" in fragment.text or part == "standing"
        assert "No delivery fits." in (await browser.get("/settings/deliveries?state=unknown")).text
        audit = (await browser.get("/settings/audit")).text
        assert "said that a delivery has arrived" in audit
        assert "had everything tried again that was given up since" in audit
