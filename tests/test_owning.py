"""One owner who can act, at any moment: moves are compare and set, handoffs go where the routing says, and the watchdog finds whom nobody can answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from glassine.rules import routing as rules
from glassine.rules.permits import answers
from glassine.store import Tx, events, helpdesks, owners, rows
from glassine.story import access, contacts, conversations, desk, notices, on_call, owning, worker
from glassine.story.behaviour import autopilot, handoffs
from glassine.story.contacts import Identity
from glassine.story.exchange import exchange
from glassine.story.inbound import open_session, receive
from glassine.story.inspection.replaying import replay
from glassine.story.on_call import OnCall
from glassine.story.world import World
from glassine.words.autopilot import Hours
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.helpdesks import HelpdeskId
from glassine.words.ids import PersonId, SessionId, TurnId
from glassine.words.people import Role
from glassine.words.replays import Verdict
from glassine.words.routing import Goes, Place, Route, Routing
from glassine.words.sessions import ChannelKind, Event, EventType, Owner, OwnerKind, Session, Status
from tests.office import colleague
from tests.shop import Shop

PERSON_PLEASE = "Please let me speak to a real person about my kettle"
TEAM = Owner(kind=OwnerKind.TEAM)


def says(text: str) -> Inbound:
    return Inbound(external_id=uuid4(), text=text)


async def begun(world: World, shop: Shop) -> SessionId:
    contact = await contacts.create(world, shop.org, Identity(non_verified_name="Max Muster"), verified=False)
    return (await open_session(world, shop.org, contact.id, ChannelKind.WEB, external_id=uuid4())).id


async def now(world: World, shop: Shop, id: SessionId) -> Session:
    return await conversations.session(world, shop.org, id)


async def log(world: World, shop: Shop, id: SessionId) -> list[Event]:
    return await conversations.timeline(world, shop.org, id)


async def connected(world: World, shop: Shop, name: str) -> HelpdeskId:
    """A helpdesk whose module does nothing here: no worker runs, so no ticket is opened."""
    async with world.store.tx(shop.org) as tx:
        made = await helpdesks.insert(tx, shop.org, HelpdeskId(uuid4()), kind="zendesk", name=name, settings={}, secrets=None, hook_secret=b"", policy={})
    return made.id


@pytest.fixture
async def desk_there(world: World, shop: Shop) -> AsyncIterator[HelpdeskId]:
    """Handoffs of the web chat go there."""
    made = await connected(world, shop, f"Desk {uuid4().hex[:6]}")
    await handoffs.set_routing(world, shop.owner, Routing(channels={ChannelKind.WEB: Route(to=Goes.HELPDESK, helpdesk=made)}))
    yield made
    await handoffs.set_routing(world, shop.owner, Routing())


async def handed_off(world: World, shop: Shop) -> SessionId:
    id = await begun(world, shop)
    assert (await exchange(world, shop.org, id, says(PERSON_PLEASE))).handed_off
    return id


async def deliveries_of(tx: Tx, id: SessionId) -> list[str]:
    return [row["effect"] for row in await rows(tx, "select effect from deliveries where session_id = %(id)s order by created_at", {"id": id})]


@pytest.mark.parametrize(("route", "place"), [
    (Route(), Place()),
    (Route(to=Goes.HELPDESK, helpdesk=HelpdeskId(UUID(int=1))), Place(owner=OwnerKind.HELPDESK, ticket=HelpdeskId(UUID(int=1)))),
    (Route(to=Goes.HELPDESK, helpdesk=HelpdeskId(UUID(int=1)), owns=Goes.INBOX), Place(owner=OwnerKind.HELPDESK, ticket=HelpdeskId(UUID(int=1)))),
    (Route(to=Goes.BOTH, helpdesk=HelpdeskId(UUID(int=1))), Place(owner=OwnerKind.HELPDESK, ticket=HelpdeskId(UUID(int=1)))),
    (Route(to=Goes.BOTH, helpdesk=HelpdeskId(UUID(int=1)), owns=Goes.INBOX), Place(owner=OwnerKind.TEAM, ticket=HelpdeskId(UUID(int=1)))),
    (Route(to=Goes.HELPDESK, helpdesk=HelpdeskId(UUID(int=2))), Place()),
    (Route(to=Goes.BOTH, helpdesk=None), Place()),
])  # fmt: skip
def test_a_handoff_goes_where_the_channel_says_and_into_the_inbox_where_that_is_gone(route: Route, place: Place) -> None:
    routing = Routing.read(Routing(channels={ChannelKind.WEB: route}).written())
    assert rules.place(routing, ChannelKind.WEB, {UUID(int=1)}) == place
    assert rules.place(routing, ChannelKind.API, {UUID(int=1)}) == Place()


def test_routing_of_a_newer_version_is_read_as_the_own_inbox() -> None:
    assert Routing.read({"channels": {"web": {"to": "the moon"}, "pigeon": {"to": "helpdesk"}}}) == Routing(channels={ChannelKind.WEB: Route()})


async def test_a_handoff_to_a_helpdesk_owns_files_and_replays_as_it_was(world: World, shop: Shop, desk_there: HelpdeskId) -> None:
    id = await handed_off(world, shop)
    session = await now(world, shop, id)
    assert (session.owner.kind, session.owner.id) == (OwnerKind.HELPDESK, desk_there)
    assert session.owner.name
    assert session.deadline
    assert session.summary
    handoff = next(event for event in await log(world, shop, id) if event.type is EventType.HANDOFF)
    assert (handoff.payload["owner"], handoff.payload["helpdesk"]) == ("helpdesk", str(desk_there))
    async with world.store.tx(shop.org) as tx:
        assert await deliveries_of(tx, id) == ["open"]
        assert await owners.counted(tx, shop.org) == 0
    assert (await exchange(world, shop.org, id, says("Hello? Is anybody there with my kettle?"))).said is None, "the AI is silent in what a helpdesk owns"
    turn = TurnId((await conversations.all_turns(world, shop.org, id))[0]["id"])
    await handoffs.set_routing(world, shop.owner, Routing())
    assert {step.name: step.verdict for step in (await replay(world, shop.owner, id, turn)).steps if step.verdict is Verdict.DIFFERS} == {}


async def test_with_both_the_inbox_can_own_while_the_ticket_mirrors(world: World, shop: Shop, desk_there: HelpdeskId) -> None:
    await handoffs.set_routing(world, shop.owner, Routing(channels={ChannelKind.WEB: Route(to=Goes.BOTH, helpdesk=desk_there, owns=Goes.INBOX)}))
    id = await handed_off(world, shop)
    assert (await now(world, shop, id)).owner == TEAM
    async with world.store.tx(shop.org) as tx:
        assert await deliveries_of(tx, id) == ["open"]
        assert [row["owns"] for row in await rows(tx, "select owns from tickets where session_id = %(id)s", {"id": id})] == [False]


async def test_routing_is_refused_for_what_is_not_connected_and_can_be_undone(world: World, shop: Shop, desk_there: HelpdeskId) -> None:
    with pytest.raises(Refused, match="not connected"):
        await handoffs.set_routing(world, shop.owner, Routing(channels={ChannelKind.WEB: Route(to=Goes.HELPDESK, helpdesk=HelpdeskId(uuid4()))}))
    with pytest.raises(Refused, match="Choose a helpdesk"):
        await handoffs.set_routing(world, shop.owner, Routing(channels={ChannelKind.WEB: Route(to=Goes.BOTH)}))
    book = await handoffs.set_routing(world, shop.owner, Routing())
    assert (await handoffs.routing(world, shop.org)).on(ChannelKind.WEB) == Route()
    await autopilot.undo(world, shop.owner, book.number)
    assert (await handoffs.routing(world, shop.org)).on(ChannelKind.WEB).helpdesk == desk_there


async def test_who_writes_in_what_a_helpdesk_owns_is_told_and_takes_it_back(world: World, shop: Shop, desk_there: HelpdeskId) -> None:
    id = await handed_off(world, shop)
    with pytest.raises(Refused, match="Take it back") as refused:
        await desk.reply(world, shop.owner, id, "Hello.")
    assert refused.value.code == "owned_by_helpdesk"
    await desk.reply(world, shop.owner, id, "Hello.", takes=True)
    session = await now(world, shop, id)
    assert (session.owner.id, session.deadline) == (shop.owner.id, None)
    assert next(event for event in await log(world, shop, id) if event.type is EventType.AGENT_ASSIGNED_BY_USER).payload["helpdesk"] == str(desk_there)
    async with world.store.tx(shop.org) as tx:
        assert [row["owns"] for row in await rows(tx, "select owns from tickets where session_id = %(id)s", {"id": id})] == [False]
    await desk.give(world, shop.owner, id, desk_there)
    assert (await now(world, shop, id)).owner.id == desk_there
    async with world.store.tx(shop.org) as tx:
        assert (await deliveries_of(tx, id)).count("open") == 1, "a session has one ticket in a helpdesk"


async def test_of_two_moves_at_once_one_is_made(world: World, shop: Shop) -> None:
    id = await handed_off(world, shop)

    async def move() -> bool:
        async with world.store.tx(shop.org) as tx:
            return await owning.to_person(world, tx, shop.org, id, PersonId(shop.owner.id or uuid4()), "Olivia", was=TEAM, by=owning.By.of(shop.owner))

    assert sorted(await asyncio.gather(*(move() for _ in range(5)))) == [False] * 4 + [True]
    assert [event.type for event in await log(world, shop, id)].count(EventType.AGENT_ASSIGNED_BY_USER) == 1
    await desk.close(world, shop.owner, id, Status.CLOSED_RESOLVED)
    async with world.store.tx(shop.org) as tx:
        assert not await owning.to_team(world, tx, shop.org, id, "too late"), "a closed session moves nowhere"


async def test_whoever_takes_a_session_from_the_ai_finds_a_summary_and_the_mood(world: World, shop: Shop) -> None:
    async def by_hand(id: SessionId) -> None:
        await desk.take_over(world, shop.owner, id)

    async def to_queue(id: SessionId) -> None:
        await desk.assign(world, shop.owner, id, None)

    for move in (by_hand, to_queue):
        id = await begun(world, shop)
        await receive(world, shop.org, id, says("You useless idiots, my kettle arrived broken"))
        await move(id)
        session = await now(world, shop, id)
        assert session.summary is not None
        assert "kettle arrived broken" in session.summary
        assert session.sentiment == "angry"
    silent = await begun(world, shop)
    await by_hand(silent)
    assert (await now(world, shop, silent)).summary == "The customer sent no text."


async def test_taking_ends_no_deadline_answering_does_and_a_question_begins_one(world: World, shop: Shop) -> None:
    id = await handed_off(world, shop)
    first = (await now(world, shop, id)).deadline
    await desk.take_over(world, shop.owner, id)
    assert (await now(world, shop, id)).deadline == first is not None
    await desk.reply(world, shop.owner, id, "Which kettle is it?")
    assert (await now(world, shop, id)).deadline is None
    await exchange(world, shop.org, id, says("Thanks!"))
    assert (await now(world, shop, id)).deadline is None
    await exchange(world, shop.org, id, says("It is the red one, and it leaks at the bottom"))
    assert (await now(world, shop, id)).deadline is not None


async def test_the_watchdog_gives_the_team_what_nobody_can_act_in(world: World, shop: Shop, desk_there: HelpdeskId) -> None:
    agent = await colleague(world, shop.owner, Role.AGENT, "Gone Soon")
    held, filed, unfiled = await handed_off(world, shop), await handed_off(world, shop), await handed_off(world, shop)
    await desk.assign(world, shop.owner, held, PersonId(agent.id or uuid4()))
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update people set disabled_at = now() where id = %s", (agent.id,))  # as no story does it: `leave` gives the sessions back
        await tx.execute("update deliveries set state = 'dropped' where session_id = %s", (unfiled,))
        found = {each.session: each.why for each in await owners.ownerless(tx, shop.org)}
    assert found == {held: "person_gone", unfiled: "no_ticket"}
    await worker.sweep(world)
    for id in (held, unfiled):
        session = await now(world, shop, id)
        assert (session.owner, session.deadline is not None) == (TEAM, True)
        assert (await log(world, shop, id))[-1].payload["why"]
    assert (await now(world, shop, filed)).owner.id == desk_there
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update helpdesks set removed_at = now() where id = %s", (desk_there,))
        assert [(each.session, each.why) for each in await owners.ownerless(tx, shop.org)] == [(filed, "helpdesk_gone")]
    await worker.sweep(world)
    async with world.store.tx(shop.org) as tx:
        assert await owners.counted(tx, shop.org) == 0
    assert (await handed_off(world, shop), (await now(world, shop, filed)).owner)[1] == TEAM


async def test_a_message_that_no_turn_will_answer_is_counted_and_gets_one(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    await receive(world, shop.org, id, says("How long is the warranty on a kettle?"))
    async with world.store.tx(shop.org) as tx:
        assert await owners.counted(tx, shop.org) == 0
        await tx.execute("delete from jobs where ref = %s", (id,))
        await tx.execute("update sessions set updated_at = now() - interval '10 seconds' where id = %s", (id,))
        assert [(each.session, each.why) for each in await owners.ownerless(tx, shop.org)] == [(id, "no_turn")]
    await worker.sweep(world)
    async with world.store.tx(shop.org) as tx:
        assert await owners.counted(tx, shop.org) == 0


@pytest.mark.parametrize("role", [*Role])
async def test_the_store_knows_who_may_answer_as_the_rules_do(world: World, shop: Shop, role: Role) -> None:
    person = await colleague(world, shop.owner, Role.AGENT if role is Role.OWNER else role, f"{role}like Person")
    id = await handed_off(world, shop)
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update people set role = %s where id = %s", (role, person.id))
        await tx.execute("update sessions set owner_kind = 'person', owner_id = %s where id = %s", (person.id, id))
        assert bool(await owners.ownerless(tx, shop.org)) is not answers(role)
    await worker.sweep(world)


async def overdue(world: World, shop: Shop, id: SessionId) -> None:
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update sessions set deadline = now() - interval '1 minute' where id = %s", (id,))
    await worker.sweep(world)


async def test_nobody_answered_in_time_is_told_once_to_the_second_list_and_the_owner(world: World, shop: Shop) -> None:
    agent = await colleague(world, shop.owner, Role.AGENT, "Slow Answerer")
    await on_call.change(world, shop.owner, OnCall(minutes=15, first=("first@paper.example",), then=("chief@paper.example",), in_hours=True))
    id = await handed_off(world, shop)
    await desk.take_over(world, agent, id)
    await overdue(world, shop, id)
    await worker.sweep(world)
    assert [event.type for event in await log(world, shop, id)].count(EventType.HANDOFF_OVERDUE) == 1
    assert (await now(world, shop, id)).owner.id == agent.id
    async with world.store.outside() as tx:
        assert len(await rows(tx, "select 1 from jobs where kind = 'escalate' and ref = %(id)s", {"id": id})) == 1
    world.mail.kept.clear()
    await notices.overdue(world, shop.org, id)
    async with world.store.outside() as tx:
        keys = [row["key"] for row in await rows(tx, "select key from jobs where kind = 'escalate' and ref = %(id)s and key like 'escalate:%%:%%' order by id", {"id": id})]
    for key in keys:
        await notices.overdue(world, shop.org, id, key)
    team = {person.id: person.email for person in await access.team(world, shop.owner)}
    assert {mail["To"] for mail in world.mail.kept} == {"chief@paper.example", team[PersonId(agent.id or uuid4())]}
    assert all("kettle" not in mail.get_content() for mail in world.mail.kept)
    await desk.reply(world, agent, id, "Here I am.")
    world.mail.kept.clear()
    await notices.overdue(world, shop.org, id)
    assert not world.mail.kept
    await on_call.change(world, shop.owner, OnCall(minutes=15, first=(), then=(), in_hours=True))


async def test_a_ticket_that_is_not_there_by_the_deadline_comes_to_the_team(world: World, shop: Shop, desk_there: HelpdeskId) -> None:
    id = await handed_off(world, shop)
    await overdue(world, shop, id)
    session = await now(world, shop, id)
    assert session.owner == TEAM
    assert session.deadline is not None
    assert session.deadline > world.clock()
    again = await handed_off(world, shop)
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update tickets set external_id = '77' where session_id = %s", (again,))
    await overdue(world, shop, again)
    assert (await now(world, shop, again)).owner.id == desk_there, "it has a ticket: two voices are worse than a late one"
    assert (await log(world, shop, again))[-1].type is EventType.HANDOFF_OVERDUE


async def test_mail_waits_for_office_hours_unless_it_was_chosen_otherwise(world: World, shop: Shop) -> None:
    id = await handed_off(world, shop)
    at = world.clock()
    tomorrow = (at + timedelta(days=1)).weekday()
    week = tuple(((540, 1020),) if day == tomorrow else () for day in range(7))
    await autopilot.set_hours(world, shop.owner, Hours(zone="UTC", week=week))
    world.mail.kept.clear()
    later = await notices.handoff_waits(world, shop.org, id)
    assert later is not None
    assert (later.weekday(), later.hour, later > at) == (tomorrow, 9, True)
    assert not world.mail.kept
    await on_call.change(world, shop.owner, OnCall(minutes=15, first=("night@paper.example",), then=(), in_hours=False))
    assert await notices.handoff_waits(world, shop.org, id) is None
    assert [mail["To"] for mail in world.mail.kept] == ["night@paper.example"]
    await on_call.change(world, shop.owner, OnCall(minutes=15, first=(), then=(), in_hours=True))
    await autopilot.set_hours(world, shop.owner, Hours())


async def test_who_was_told_is_written_down_once_and_only_what_left(world: World, shop: Shop) -> None:
    id = await handed_off(world, shop)
    await notices.handoff_waits(world, shop.org, id)
    async with world.store.tx(shop.org) as tx:
        assert await owners.told(tx, shop.org, id) == [], "no mail server is set, so nobody was told"
        since = (await now(world, shop, id)).handed_off_at
        assert since is not None
        for _ in range(2):
            await owners.tell(tx, shop.org, id, "waits", since, world.master.digest("notice", "owner@paper.example"), "Olivia Owner")
        assert [(each.stage, each.name) for each in await owners.told(tx, shop.org, id)] == [("waits", "Olivia Owner")]
    world.mail.kept.clear()
    await notices.handoff_waits(world, shop.org, id)
    assert not world.mail.kept


def test_a_list_names_people_by_their_id_and_forgets_who_has_left(shop: Shop) -> None:
    kept = on_call.entries([uuid4()], ["a@b.example", "a@b.example"])
    assert on_call.recipients(kept, []) == (on_call.Recipient("a@b.example"),)
    assert on_call.taken_apart(kept)[1] == ["a@b.example"]


async def test_events_of_moves_are_the_systems_and_say_why(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    async with world.store.tx(shop.org) as tx:
        assert await owning.to_team(world, tx, shop.org, id, "It had to move.")
        newest = (await events.newest(tx, shop.org, id, limit=1))[0]
    assert (newest.type, newest.actor, newest.payload["why"]) == (EventType.TEAM_ASSIGNED_BY_SYSTEM, "system", "It had to move.")
