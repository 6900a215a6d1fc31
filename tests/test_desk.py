"""What people do with a session: one owner at any moment, one voice at a time, every act in the log."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from glassine.store.live import Notice
from glassine.story import access, contacts, conversations, desk, house, notices, turn, visitor
from glassine.story.behaviour import autopilot
from glassine.story.contacts import Identity
from glassine.story.exchange import exchange
from glassine.story.inbound import open_session, receive
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import EventId, OrgId, PersonId, SessionId
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.sessions import Autopilot, ChannelKind, EventType, OwnerKind, Status
from tests.office import colleague
from tests.shop import Shop, founded_shop

QUESTION = "How long is the warranty on a kettle?"


@pytest.fixture(scope="module", autouse=True)
async def warranty(world: World, shop: Shop) -> None:
    article = await learning.save(world, shop.org, title="Warranty", body="The warranty on every kettle is three years. Keep the receipt.")
    await learning.publish(world, shop.org, article.id)


async def begun(world: World, shop: Shop) -> SessionId:
    contact = await contacts.create(world, shop.org, Identity(non_verified_name="Max Muster"), verified=False)
    return (await open_session(world, shop.org, contact.id, ChannelKind.WEB, external_id=uuid4())).id


def says(text: str) -> Inbound:
    return Inbound(external_id=uuid4(), text=text)


async def types(world: World, shop: Shop, id: SessionId) -> list[EventType]:
    return [event.type for event in await conversations.timeline(world, shop.org, id)]


async def test_who_takes_over_silences_the_ai_until_it_is_handed_back(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    await desk.take_over(world, shop.owner, id)
    assert (await exchange(world, shop.org, id, says(QUESTION))).code == "session_assigned_to_human_agent"
    assert (await conversations.session(world, shop.org, id)).owner.id == shop.owner.id
    await desk.hand_back(world, shop.owner, id)
    assert "three years" in (await exchange(world, shop.org, id, says(QUESTION))).text


async def test_a_reply_takes_the_session_first(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    await exchange(world, shop.org, id, says(QUESTION))
    await desk.reply(world, shop.owner, id, "I can help you with that.")
    log = await types(world, shop, id)
    assert log.index(EventType.AGENT_TOOK_SESSION_FROM_AI) < log.index(EventType.AGENT_MESSAGE)
    assert (await conversations.session(world, shop.org, id)).owner.kind is OwnerKind.PERSON


async def test_a_note_is_for_the_team_and_takes_nothing(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    await desk.note(world, shop.owner, id, "He asked before.")
    assert (await conversations.session(world, shop.org, id)).owner.kind is OwnerKind.AI
    assert await types(world, shop, id) == [EventType.AGENT_COMMENT]


async def test_a_handoff_waits_in_the_queue_with_a_deadline_and_a_mail(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    sent = await exchange(world, shop.org, id, says("Please let me speak to a real person"))
    assert sent.handed_off
    session = await conversations.session(world, shop.org, id)
    assert (session.owner.kind, session.owner.id) == (OwnerKind.TEAM, None)
    assert session.deadline is not None
    assert session.summary
    world.mail.kept.clear()
    await notices.handoff_waits(world, shop.org, id)
    mail = world.mail.kept[-1]
    assert mail["To"] == "owner@paper.example"
    assert str(id) in mail.get_content()
    assert "real person" not in mail.get_content()
    await desk.reply(world, shop.owner, id, "Here I am.")
    assert (await conversations.session(world, shop.org, id)).deadline is None
    world.mail.kept.clear()
    await notices.handoff_waits(world, shop.org, id)
    assert not world.mail.kept


async def test_assign_close_reopen_each_leave_one_line(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    token = await access.invite(world, shop.owner, Role.AGENT, None)
    cookie = await access.accept_invite(world, token, name="Agnes", email="agnes@paper.example", password="a sentence nobody guesses")
    agnes = await access.by_cookie(world, cookie)
    assert agnes is not None
    await desk.assign(world, shop.owner, id, PersonId(agnes.id))  # type: ignore[arg-type]  # a person has an id
    assert (await conversations.session(world, shop.org, id)).owner.name == "Agnes"
    await desk.assign(world, shop.owner, id, None)
    session = await conversations.session(world, shop.org, id)
    assert session.owner.kind is OwnerKind.TEAM
    assert session.deadline is not None
    await desk.close(world, agnes, id, Status.CLOSED_RESOLVED)
    await desk.close(world, agnes, id, Status.CLOSED_RESOLVED)
    with pytest.raises(Refused, match="closed"):
        await desk.reply(world, agnes, id, "One more thing")
    await desk.reopen(world, agnes, id)
    assert await types(world, shop, id) == [
        EventType.AGENT_ASSIGNED_BY_USER, EventType.AGENT_UNASSIGNED_BY_USER, EventType.CLOSED_RESOLVED_BY_AGENT, EventType.AGENT_REOPENED_SESSION,
    ]
    await access.disable(world, shop.owner, PersonId(agnes.id))  # type: ignore[arg-type]  # a person has an id
    with pytest.raises(Refused, match="left the team"):
        await desk.assign(world, shop.owner, id, PersonId(agnes.id))  # type: ignore[arg-type]  # a person has an id


async def test_a_viewer_changes_nothing_and_strangers_find_nothing(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    viewer = Actor(org=shop.org, kind=ActorKind.AGENT, id=uuid4(), name="Vera", role=Role.VIEWER)
    for act in (desk.take_over, desk.hand_back, desk.reopen):
        with pytest.raises(Refused, match="role"):
            await act(world, viewer, id)
    other = await founded_shop(world, "Rival", "rival@rival.example")
    for act in (desk.take_over, desk.hand_back, desk.reopen):
        with pytest.raises(NotFound):
            await act(world, other.owner, id)
    assert await types(world, shop, id) == []


async def test_a_customer_resolves_rates_and_votes(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    sent = await exchange(world, shop.org, id, says(QUESTION))
    assert sent.said is not None
    await visitor.vote(world, shop.org, id, sent.said.id, "upvote")
    with pytest.raises(NotFound):
        await visitor.vote(world, shop.org, id, sent.message.id, "upvote")  # their own words
    await visitor.resolve(world, shop.org, id)
    rating = EventId(uuid4())
    for _ in range(2):
        await visitor.rate(world, shop.org, id, score=2, feedback="Call me at +1 415 555 2671", event=rating)
    log = await conversations.timeline(world, shop.org, id)
    assert [event.type for event in log[-3:]] == [EventType.CLOSED_RESOLVED_BY_CONTACT, EventType.CSAT_REQUESTED, EventType.CSAT_SUBMITTED]
    assert log[-1].id == rating
    assert "[PHONE_1]" in log[-1].text


async def test_the_pages_state_is_masked_and_comes_back_whole(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    state = {"step": 2, "mail": "max@muster.example", "note": "a [EMAIL_1] of mine"}
    await visitor.checkpoint(world, shop.org, id, state)
    log = await conversations.timeline(world, shop.org, id)
    assert "max@muster.example" not in str(log[-1].payload)
    assert await visitor.checkpoint_restored(world, shop.org, id, await conversations.restorer(world, shop.org, id)) == state


def test_notices_carry_ids_only() -> None:
    assert Notice._fields == ("org", "session", "kind")


async def test_assist_hands_the_first_message_over_with_a_draft(world: World, shop: Shop) -> None:
    await autopilot.set_mode(world, shop.owner, ChannelKind.WEB, Autopilot.ASSIST)
    try:
        id = await begun(world, shop)
        sent = await exchange(world, shop.org, id, says(QUESTION))
        assert sent.handed_off
        assert "three years" not in sent.text
        log = await conversations.timeline(world, shop.org, id)
        assert [event.type for event in log] == [EventType.MESSAGE, EventType.HANDOFF, EventType.AGENT_COMMENT, EventType.MESSAGE]
        assert "three years" in log[2].text
        again = await exchange(world, shop.org, id, says("And " + QUESTION))
        assert again.said is None
        assert "three years" in (await conversations.timeline(world, shop.org, id))[-1].text
    finally:
        await autopilot.set_mode(world, shop.owner, ChannelKind.WEB, Autopilot.ON)


async def turns_wait(world: World, id: SessionId) -> int:
    async with world.store.outside() as tx:
        found = await (await tx.execute("select count(*)::int as n from jobs where ref = %s and kind = 'take_turn' and owner is null", (id,))).fetchone()
    return int(found["n"]) if found else 0


async def worked(world: World, id: SessionId) -> str:
    """What the AI says when the turn that waits is taken."""
    settled = await turn.take_turn(world, (await _org_of(world, id)), id)
    return settled.said.text if settled.said else ""


async def _org_of(world: World, id: SessionId) -> OrgId:
    async with world.store.outside() as tx:
        found = await (await tx.execute("select org_id from jobs where ref = %s limit 1", (id,))).fetchone()
    assert found is not None, "no turn waits"
    return OrgId(found["org_id"])


async def test_who_wrote_while_nobody_answered_is_answered_when_the_session_is_handed_back(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    await desk.take_over(world, shop.owner, id)
    assert (await exchange(world, shop.org, id, says(QUESTION))).code == "session_assigned_to_human_agent"
    await desk.hand_back(world, shop.owner, id)
    assert await turns_wait(world, id) == 1
    assert "three years" in await worked(world, id)


async def test_a_customer_who_was_answered_is_not_answered_again_when_the_session_is_handed_back(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    await desk.take_over(world, shop.owner, id)
    await exchange(world, shop.org, id, says(QUESTION))
    await desk.reply(world, shop.owner, id, "Three years, and I would keep the box.")
    await desk.hand_back(world, shop.owner, id)
    assert await turns_wait(world, id) == 0


async def test_a_question_that_was_closed_over_is_answered_after_reopening(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    await receive(world, shop.org, id, says(QUESTION))
    await desk.close(world, shop.owner, id, Status.CLOSED_UNRESOLVED)
    await desk.reopen(world, shop.owner, id)
    assert await turns_wait(world, id) == 1
    assert "three years" in await worked(world, id)


async def test_a_closed_session_has_to_be_opened_before_it_changes_hands(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    await desk.close(world, shop.owner, id, Status.CLOSED_RESOLVED)
    assert shop.owner.id is not None
    for act in (
        desk.take_over(world, shop.owner, id), desk.hand_back(world, shop.owner, id), desk.assign(world, shop.owner, id, None),
        desk.assign(world, shop.owner, id, PersonId(shop.owner.id)),
    ):
        with pytest.raises(Refused, match="Reopen it first") as refused:
            await act
        assert (refused.value.status, refused.value.code) == (409, "session_closed")
    assert (await conversations.session(world, shop.org, id)).owner.kind is OwnerKind.AI


@pytest.mark.parametrize("goes", ["disabled", "viewer"])
async def test_the_sessions_of_who_may_not_answer_any_more_wait_in_the_queue(world: World, shop: Shop, goes: str) -> None:
    agent = await colleague(world, shop.owner, Role.AGENT, f"{goes.title()} Soon")
    person, held, shut = PersonId(agent.id or uuid4()), await begun(world, shop), await begun(world, shop)
    for id in (held, shut):
        await desk.assign(world, shop.owner, id, person)
    await desk.close(world, agent, shut, Status.CLOSED_RESOLVED)
    if goes == "disabled":
        await access.disable(world, shop.owner, person)
    else:
        await access.set_role(world, shop.owner, person, Role.VIEWER)
    await desk.reopen(world, shop.owner, shut)
    for id in (held, shut):
        session = await conversations.session(world, shop.org, id)
        assert (session.owner.kind, session.owner.id) == (OwnerKind.TEAM, None)
        assert session.deadline is not None
        assert (await types(world, shop, id))[-1] is EventType.AGENT_UNASSIGNED_BY_USER
        with pytest.raises(Refused, match=r"left the team|may not answer"):
            await desk.assign(world, shop.owner, id, person)


async def test_whoever_puts_a_session_into_the_queue_tells_the_team(world: World, shop: Shop) -> None:
    id, other = await begun(world, shop), await begun(world, shop)
    await desk.assign(world, shop.owner, id, None)
    await desk.reply(world, Actor(org=shop.org, kind=ActorKind.API, id=uuid4(), name="Key", role=Role.ADMIN), other, "Hello from behind the API.")
    async with world.store.outside() as tx:
        found = await (await tx.execute("select ref from jobs where kind = 'notify_handoff' and ref = any(%s)", ([id, other],))).fetchall()
    assert {row["ref"] for row in found} == {id, other}


async def test_each_address_gets_one_mail_though_another_one_fails(world: World, shop: Shop) -> None:
    await house.change(world, shop.owner, notify=["one@paper.example", "not an address", "two@paper.example"])
    id = await begun(world, shop)
    await desk.assign(world, shop.owner, id, None)
    world.mail.kept.clear()
    await notices.handoff_waits(world, shop.org, id, f"notify_handoff:{id}")
    async with world.store.outside() as tx:
        found = await (await tx.execute("select key from jobs where ref = %s and key like 'notify_handoff:%%:%%' order by id", (id,))).fetchall()
    failed = 0
    for row in found:
        try:
            await notices.handoff_waits(world, shop.org, id, row["key"])
        except Refused:
            failed += 1
    await house.change(world, shop.owner, notify=[])
    assert failed == 1
    assert [mail["To"] for mail in world.mail.kept] == ["one@paper.example", "two@paper.example"]
    assert "paper" not in str(found)


async def test_a_draft_for_the_team_shows_the_customer_nothing(world: World, shop: Shop) -> None:
    id = await begun(world, shop)
    await autopilot.set_mode(world, shop.owner, ChannelKind.WEB, Autopilot.ASSIST)
    await desk.take_over(world, shop.owner, id)
    async with world.live.listen(shop.org, id) as heard:
        await exchange(world, shop.org, id, says(QUESTION))
        kinds = []
        async with asyncio.timeout(30):
            while "settled" not in kinds:
                kinds.append((await heard.get()).kind)
    await autopilot.set_mode(world, shop.owner, ChannelKind.WEB, Autopilot.ON)
    assert (await types(world, shop, id))[-1] is EventType.AGENT_COMMENT
    assert not [kind for kind in kinds if kind.startswith("state:")]
