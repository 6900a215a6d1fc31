"""Office hours, rollout and drafts: when the team is in, what customers are told while it is not, by when it should reply, and whom the AI answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from httpx2 import AsyncClient

from glassine.rules import office_hours
from glassine.rules.autopilot import Kind, Terms, decide, included, place, terms
from glassine.rules.when_back import when_back
from glassine.store import sessions
from glassine.story import contacts, conversations, exchange, inbound
from glassine.story.behaviour import autopilot
from glassine.story.contacts import Identity
from glassine.story.inspection import replaying
from glassine.story.knowledge import segments
from glassine.story.world import World
from glassine.words.autopilot import Assist, Hours, Rollout, Rulebook, Slice, Team
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.ids import SegmentId, SessionId, new_id
from glassine.words.replays import Verdict
from glassine.words.sessions import Autopilot, ChannelKind, EventType, Owner, OwnerKind
from glassine.words.turns import Reason
from tests.shop import Shop, founded_shop
from tests.stories import session

NINE_TO_FIVE = ((9 * 60, 17 * 60),)
BERLIN = Hours(zone="Europe/Berlin", week=(*(NINE_TO_FIVE,) * 5, (), ()), holidays=(date(2027, 1, 1),))


def berlin(day: int, hour: int, minute: int = 0, month: int = 1, year: int = 2027) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)  # winter


@pytest.mark.parametrize(("now", "open_", "opens"), [
    (berlin(4, 9), True, None), (berlin(4, 8, 59), False, berlin(4, 9)), (berlin(4, 17), False, berlin(5, 9)), (berlin(8, 18), False, berlin(11, 9)),
    (berlin(31, 18, month=12, year=2026), False, berlin(4, 9)),
])  # fmt: skip
def test_when_the_team_is_in(now: datetime, open_: bool, opens: datetime | None) -> None:
    assert (office_hours.is_open(BERLIN, now), office_hours.opens_next(BERLIN, now)) == (open_, opens)


def test_the_wall_clock_counts_also_where_the_offset_changes() -> None:
    sunday = Hours(zone="Europe/Berlin", week=((), (), (), (), (), (), ((0, office_hours.DAY),)))
    [(opens, closes)] = list(office_hours._stretches(sunday, datetime(2027, 3, 27, tzinfo=UTC), days=2))
    assert closes - opens == timedelta(hours=23)
    assert office_hours.opens_next(BERLIN, datetime(2027, 3, 28, 12, tzinfo=UTC)) == datetime(2027, 3, 29, 7, tzinfo=UTC), "nine in summer"


@pytest.mark.parametrize(("now", "minutes", "due", "back"), [
    (berlin(4, 10), 30, berlin(4, 10, 30), None), (berlin(4, 16, 50), 30, berlin(5, 9, 20), berlin(5, 9)), (berlin(8, 20), 15, berlin(11, 9, 15), berlin(11, 9)),
    (berlin(4, 10), 60 * 10, berlin(5, 12), berlin(5, 9)),
])  # fmt: skip
def test_deadlines_count_office_hours_only(now: datetime, minutes: int, due: datetime, back: datetime | None) -> None:
    assert (office_hours.due(BERLIN, now, minutes), office_hours.back(BERLIN, now, minutes)) == (due, back)


def test_without_office_hours_the_team_is_always_in() -> None:
    now = berlin(9, 3)
    assert (office_hours.is_open(Hours(), now), office_hours.due(Hours(), now, 15), office_hours.back(Hours(), now, 15)) == (True, now + timedelta(minutes=15), None)
    never = Hours(zone="UTC", week=(*((),) * 6, NINE_TO_FIVE), holidays=tuple(date(2027, 1, 3) + timedelta(weeks=week) for week in range(80)))
    assert office_hours.opens_next(never, now) is None
    assert office_hours.due(never, now, 15) == now + timedelta(minutes=15), "a deadline that never comes is none"


def test_customers_are_told_when_the_team_is_back() -> None:
    assert "back tomorrow at 09:00 (Europe/Berlin)" in when_back(berlin(5, 9), berlin(4, 18), "Europe/Berlin", "en")
    assert "am Montag um 09:00 Uhr" in when_back(berlin(11, 9), berlin(8, 18), "Europe/Berlin", "de")
    assert "aujourd'hui à 09:00" in when_back(berlin(4, 9), berlin(4, 7), "Europe/Berlin", "fr")
    assert "(2027-01-18)" in when_back(berlin(18, 9), berlin(4, 18), "Europe/Berlin", "xx")
    assert office_hours.checked(BERLIN) == BERLIN
    for hours, says in ((Hours(zone="Mars/Olympus"), "no time zone"), (Hours(zone="../etc/passwd"), "no time zone"), (Hours(week=(NINE_TO_FIVE,)), "seven days"), (Hours(week=(((600, 540),), *((),) * 6)), "Monday")):
        with pytest.raises(Refused, match=says):
            office_hours.checked(hours)
    for written in ("9", "25:00", "09:60", "09:0", "x:00"):
        with pytest.raises(Refused, match="is not a time"):
            office_hours.minute(written)


def test_a_share_of_sessions_grows_and_takes_nobody_away() -> None:
    ids = [SessionId(new_id()) for _ in range(2_000)]
    by_share = [{id for id in ids if place(id) <= share} for share in (0, 10, 50, 100)]
    assert by_share[0] == set()
    assert by_share[1] < by_share[2] < by_share[3] == set(ids)
    assert 120 < len(by_share[1]) < 280
    one = session()
    segment = SegmentId(new_id())
    assert not included(Slice(segments=(segment,)), one, "en", frozenset())
    assert included(Slice(segments=(segment,)), one, "en", {segment})
    assert (included(Slice(languages=("de",)), one, "en", ()), included(Slice(languages=("de", "en")), one, "en", ())) == (False, True)
    assert not included(Slice(share=0), one, "en", ())


def test_what_the_rulebook_says_of_a_message() -> None:
    one, away = session(), berlin(9, 12)
    hours = {"hours": Hours(zone=BERLIN.zone, week=BERLIN.week, answers=Team.IN).written()}
    assert terms(Rulebook(content=hours), one, "en", away, (), ()).barred is Reason.OFFICE_HOURS
    assert terms(Rulebook(content=hours), one, "en", berlin(4, 12), (), ()).barred is None
    nights = {"hours": Hours(zone=BERLIN.zone, week=BERLIN.week, answers=Team.AWAY).written()}
    assert terms(Rulebook(content=nights), one, "en", berlin(4, 12), (), ()).barred is Reason.OFFICE_HOURS
    off = {"rollout": Rollout(channels={ChannelKind.WEB: Slice(share=0)}).written()}
    barred = terms(Rulebook(content=off), one, "en", None, (), ())
    assert decide(one, Autopilot.ON, "How long?", terms=barred).reasons == (Reason.NOT_IN_ROLLOUT,)
    theirs = session(owner=Owner(kind=OwnerKind.TEAM))
    assert decide(theirs, Autopilot.ON, "How long?", terms=Terms(drafts=True)).kind is Kind.ASSIST
    assert decide(theirs, Autopilot.ON, "How long?", terms=Terms(drafts=True, no_assist=True)).reasons == (Reason.OWNED_BY_PERSON, Reason.NO_ASSIST_TOPIC)


async def ask(world: World, shop: Shop, *texts: str, verified: bool = False) -> tuple[SessionId, exchange.Sent]:
    contact = await contacts.create(world, shop.org, Identity(email=f"{new_id()}@example.com" if verified else None), verified=verified)
    made = await inbound.open_session(world, shop.org, contact.id, ChannelKind.API, verified=verified)
    for text in texts:
        sent = await exchange.exchange(world, shop.org, made.id, Inbound(external_id=new_id(), text=text))
    return made.id, sent


async def test_a_handoff_while_nobody_is_in(world: World) -> None:
    shop = await founded_shop(world, "Hours", "hours@example.com")
    today = world.clock().astimezone(UTC).date()
    closed = Hours(zone="UTC", week=(((0, office_hours.DAY),),) * 7, holidays=(today, today + timedelta(days=1)))
    await autopilot.set_hours(world, shop.owner, closed)
    made, sent = await ask(world, shop, "I want to talk to a human")
    assert "is back" in sent.text
    async with world.store.tx(shop.org) as tx:
        deadline = (await sessions.load(tx, shop.org, made)).deadline
    assert deadline
    assert deadline.date() == today + timedelta(days=2)
    [turn] = await replaying.turns_of(world, shop.owner, shop.org, made)
    assert {step.verdict for step in (await replaying.replay(world, shop.owner, made, turn)).steps} <= {Verdict.SAME, Verdict.GIVEN}


async def test_sessions_outside_the_rollout_go_to_people_and_say_why(world: World) -> None:
    shop = await founded_shop(world, "Rollout", "rollout@example.com")
    segment = await segments.create(world, shop.owner, "Testers")
    await autopilot.set_rollout(world, shop.owner, Rollout(everywhere=Slice(segments=(segment.id,))))
    made, sent = await ask(world, shop, "Hello!", verified=True)
    assert sent.handed_off
    handoff = next(event for event in await conversations.timeline(world, shop.org, made) if event.type is EventType.HANDOFF)
    assert handoff.payload["reasons"] == ["not_in_rollout"]
    await autopilot.set_rollout(world, shop.owner, Rollout())
    assert not (await ask(world, shop, "Hello!"))[1].handed_off
    with pytest.raises(Refused, match="no language"):
        await autopilot.set_rollout(world, shop.owner, Rollout(everywhere=Slice(languages=("English!",))))


async def test_drafts_where_autopilot_is_on_and_none_that_help_nobody(world: World) -> None:
    shop = await founded_shop(world, "Drafts", "drafts@example.com")
    await autopilot.set_assist(world, shop.owner, Assist(channels=(ChannelKind.API,)))
    made, _ = await ask(world, shop, "I want to talk to a human", "Hello!")
    async with world.store.tx(shop.org) as tx:
        rows = await (await tx.execute("select outcome, reasons from turns where session_id = %s order by created_at", (made,))).fetchall()
    assert rows[-1]["outcome"] == "Silence"
    assert "skipping_unuseful_response" in rows[-1]["reasons"]


async def test_over_the_api(client: AsyncClient, world: World) -> None:
    shop = await founded_shop(world, "Wire", "wire@example.com")
    body = {"timezone": "Europe/Berlin", "week": {"monday": [{"opens": "09:00", "closes": "17:30"}]}, "holidays": ["2027-01-04"], "ai_answers": "away"}
    saved = (await client.put("/api/office-hours", json=body, headers=shop.bearer)).json()
    assert {name: saved[name] for name in ("timezone", "holidays", "ai_answers")} == {name: body[name] for name in ("timezone", "holidays", "ai_answers")}
    assert saved["week"]["monday"] == [{"opens": "09:00", "closes": "17:30"}]
    assert (await client.get("/api/office-hours", headers=shop.bearer)).json()["week"] == saved["week"]
    wrong = await client.put("/api/office-hours", json={"timezone": "Nowhere"}, headers=shop.bearer)
    assert (wrong.status_code, "no time zone" in wrong.json()["message"]) == (400, True)
    rollout = {"everywhere": {"share": 20, "segments": [], "languages": ["en"]}, "channels": {"web": {"share": 100, "segments": [], "languages": []}}}
    assert (await client.put("/api/autopilot/rollout", json=rollout, headers=shop.bearer)).json() == rollout
    assert (await client.get("/api/autopilot/rollout", headers=shop.bearer)).json() == rollout
    assert (await client.put("/api/autopilot/assist", json={"channels": ["web"]}, headers=shop.bearer)).json() == {"channels": ["web"]}
    assert (await client.get("/api/autopilot/assist", headers=shop.bearer)).json() == {"channels": ["web"]}
