"""Rehearsals: a change is tried on past conversations before it goes live. What differs comes of the change alone, nothing reaches anybody, and publishing does what was tried."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from glassine.rules import guarding
from glassine.story.behaviour import autopilot, handoffs, playing, rehearsing, topic_lists
from glassine.story.behaviour import guarding as guards
from glassine.story.boundary import boundaries
from glassine.story.knowledge import learning
from glassine.story.privacy import previewing, redacting
from glassine.story.world import World
from glassine.words.autopilot import Topic, Topics
from glassine.words.errors import Refused
from glassine.words.handoffs import Level
from glassine.words.ids import SessionId, new_id
from glassine.words.people import Role
from glassine.words.rehearsals import End, Proposal, Rehearsal, RehearsalId, State, Verdict
from glassine.words.sessions import Autopilot, ChannelKind
from tests.office import colleague
from tests.shop import Shop, founded_shop

SETTINGS = {"llm_timeout": 5.0}
Client = httpx2.AsyncClient
LAMP, PARCEL, UNKNOWN = "How long do I have to return an unused lamp?", "How many days does a parcel take?", "Which colour has the moon on Tuesdays in Ulan Bator?"
LEGAL = Topics(hands_off=(Topic(name="returning a lamp", examples=("How long do I have to return an unused lamp?", "Can I send my lamp back?")),))


@pytest_asyncio.fixture
async def store(world: World) -> Shop:
    """A shop of its own for each test."""
    shop = await founded_shop(world, "Paper & Glass", f"owner{new_id().hex[:8]}@paper.example")
    texts = {"Returns": "You can return an unused lamp within 30 days of delivery. The refund takes five working days.", "Shipping": "A parcel takes three days. We ship to Portugal and Spain."}
    for title, body in texts.items():
        await learning.publish(world, shop.org, (await learning.save(world, shop.org, title=title, body=body, language="en")).id)
    return shop


async def asked(client: Client, shop: Shop, *texts: str) -> SessionId:
    session = (await client.post("/api/chat/sessions", headers=shop.bearer, json={})).json()["id"]
    for text in texts:
        await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"type": "text", "text": text}})
    return SessionId(UUID(session))


async def rehearsed(world: World, shop: Shop, proposal: Proposal, sessions: int = 50) -> Rehearsal:
    begun = await rehearsing.begin(world, shop.owner, proposal, sessions)
    return await finished(world, shop, begun.id)


async def finished(world: World, shop: Shop, id: RehearsalId) -> Rehearsal:
    """As jobs do it, one after the other."""
    while (await rehearsing.one(world, shop.owner, id)).state is State.RUNNING:
        await rehearsing.run(world, shop.org, id)
    return await rehearsing.one(world, shop.owner, id)


async def whole(world: World, shop: Shop) -> list[Any]:
    """Everything of all conversations that could have been written."""
    async with world.store.tx(shop.org) as tx:
        return [await (await tx.execute(f"select to_jsonb(t) as row from {table} t order by 1")).fetchall() for table in ("events", "turns", "vault", "sessions", "calls", "crossings")]


def topics(lists: Topics) -> Proposal:
    return Proposal(parts={"topics": lists.written()})


async def test_a_list_of_topics_shows_which_answers_become_handoffs(client: Client, world: World, store: Shop) -> None:
    lamp, parcel = await asked(client, store, LAMP), await asked(client, store, PARCEL)
    before = await whole(world, store)
    found = await rehearsed(world, store, topics(LEGAL))
    assert await whole(world, store) == before
    assert (found.state, found.tally.sessions, found.tally.moves) == (State.READY, 2, ((End.ANSWER, End.HANDOFF, 1),))
    [case] = await rehearsing.cases(world, store.owner, found.id, [Verdict.DIFFERS])
    assert (case.session, case.asked) == (lamp, LAMP)
    assert case.case.before and "30 days" in case.case.before.outcome
    assert case.case.after and case.case.after.outcome.startswith("Hand off to the team: prohibited_topic")
    [same] = await rehearsing.cases(world, store.owner, found.id, [Verdict.SAME])
    assert same.session == parcel
    assert not (await topic_lists.current(world, store.owner))[0].hands_off  # nothing is live yet
    version = await rehearsing.publish(world, store.owner, found.id)
    assert [one.name for one in (await topic_lists.current(world, store.owner))[0].hands_off] == ["returning a lamp"]
    await autopilot.undo(world, store.owner, version or 0)
    assert not (await topic_lists.current(world, store.owner))[0].hands_off


async def test_a_level_and_a_threshold_are_exact_without_a_model(client: Client, world: World, store: Shop) -> None:
    await asked(client, store, UNKNOWN, PARCEL)
    found = await rehearsed(world, store, Proposal(parts={"handoff": {"level": "balanced"}}))
    assert found.tally.moves == ((End.HANDOFF, End.ASKS_BACK, 1),)
    await asked(client, store, LAMP)
    strict = guarding.written(guarding.checked(promised=(), backed=0.2, answer=1.0, suggest=1.0))
    found = await rehearsed(world, store, Proposal(parts={"guard": strict}))
    assert (End.ANSWER, End.HANDOFF, 1) in found.tally.moves
    await rehearsing.publish(world, store.owner, found.id)
    assert (await guards.in_force(world, store.owner)).thresholds.answer == 1.0


async def test_only_the_newest_are_looked_at_and_what_they_were_then_does_not_count(client: Client, world: World, store: Shop) -> None:
    await asked(client, store, LAMP)
    await asked(client, store, PARCEL)
    found = await rehearsed(world, store, topics(LEGAL), sessions=1)
    assert (found.tally.sessions, found.tally.moves) == (1, ())
    await topic_lists.save(world, store.owner, LEGAL)  # both sides go by what holds now, whatever held when the customer wrote
    found = await rehearsed(world, store, Proposal(parts={"handoff": {"level": "ai_first"}}))
    assert found.tally.of(Verdict.SAME) == 2


async def test_a_conversation_is_looked_at_as_far_as_its_first_difference(client: Client, world: World, store: Shop) -> None:
    await asked(client, store, PARCEL, LAMP, "Can I send my lamp back after four weeks?")
    found = await rehearsed(world, store, topics(LEGAL))
    [case] = await rehearsing.cases(world, store.owner, found.id, [Verdict.DIFFERS])
    assert case.asked == LAMP


async def test_it_goes_on_where_it_was_left_and_can_be_cancelled(client: Client, world: World, store: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in (LAMP, PARCEL, LAMP):
        await asked(client, store, text)
    begun, played = await rehearsing.begin(world, store.owner, topics(LEGAL)), playing.session
    seen: list[SessionId] = []

    async def broken(world: World, stage: playing.Stage, id: SessionId) -> Any:
        seen.append(id)
        if len(seen) == 2:
            raise ConnectionError("as if the process had died")
        return await played(world, stage, id)

    monkeypatch.setattr(playing, "session", broken)
    with pytest.raises(ConnectionError):
        await rehearsing.run(world, store.org, begun.id)
    assert (await rehearsing.one(world, store.owner, begun.id)).tally.done == 1
    await rehearsing.cancel(world, store.owner, begun.id)
    await rehearsing.run(world, store.org, begun.id)
    assert (await rehearsing.one(world, store.owner, begun.id)).tally.done == 1
    with pytest.raises(Refused, match="not run any more"):
        await rehearsing.cancel(world, store.owner, begun.id)
    await rehearsing.go_on(world, store.owner, begun.id)
    found = await finished(world, store, begun.id)
    assert (found.tally.done, len(seen)) == (3, 4)  # the one that failed was tried once more, and none twice
    await rehearsing.drop(world, store.owner, begun.id)
    with pytest.raises(Refused, match="dropped already"):
        await rehearsing.publish(world, store.owner, begun.id)


async def test_one_conversation_that_fails_does_not_end_the_whole(client: Client, world: World, store: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    lamp = await asked(client, store, LAMP)
    await asked(client, store, PARCEL)
    played = playing.session

    async def broken(world: World, stage: playing.Stage, id: SessionId) -> Any:
        if id == lamp:
            raise KeyError("as if a trace of an old version lacked something")
        return await played(world, stage, id)

    monkeypatch.setattr(playing, "session", broken)
    found = await rehearsed(world, store, topics(LEGAL))
    assert (found.state, found.tally.of(Verdict.LEFT_OUT), found.tally.of(Verdict.SAME)) == (State.READY, 1, 1)


async def test_what_could_not_be_saved_cannot_be_tried(world: World, store: Shop) -> None:
    for proposal, why in (
        (Proposal(), "Change something first"), (topics(Topics()), "how it is already"), (Proposal(parts={"hours": {}}), "office hours cannot be tried"),
        (Proposal(parts={"guard": {"answer": 2.0}}), "numbers from 0 to 1"), (Proposal(parts={"topics": LEGAL.written()}, models=("x",)), "one of the three"),
        (Proposal(models=("nobody",)), "models of yours"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=why):
            await rehearsing.begin(world, store.owner, proposal)
    agent = await colleague(world, store.owner, Role.AGENT, "Arthur Agent")
    with pytest.raises(Refused, match="role"):
        await rehearsing.begin(world, agent, topics(LEGAL))
    with pytest.raises(Refused, match="1 to 500"):
        await rehearsing.begin(world, store.owner, topics(LEGAL), 501)


async def test_a_change_in_between_is_not_overwritten(client: Client, world: World, store: Shop) -> None:
    await asked(client, store, LAMP)
    found = await rehearsed(world, store, topics(LEGAL))
    await handoffs.set_rules(world, store.owner, Level.BALANCED)  # another part: no matter
    await topic_lists.save(world, store.owner, Topics(hands_off=(Topic(name="lawyers"),)))
    with pytest.raises(Refused, match="Somebody else has changed this"):
        await rehearsing.publish(world, store.owner, found.id)
    assert (await rehearsing.one(world, store.owner, found.id)).state is State.READY


async def test_what_is_off_is_played_as_if_it_were_on(client: Client, world: World, store: Shop) -> None:
    await asked(client, store, LAMP)
    await autopilot.set_mode(world, store.owner, ChannelKind.API, Autopilot.OFF)
    found = await rehearsed(world, store, topics(LEGAL))
    assert found.tally.moves == ((End.ANSWER, End.HANDOFF, 1),)
    await boundaries.switch_ai(world, store.owner, on=False)
    found = await rehearsed(world, store, topics(LEGAL))
    assert found.tally.moves == ((End.ANSWER, End.HANDOFF, 1),)
    await boundaries.switch_ai(world, store.owner, on=True)


async def test_examples_lose_personal_values_before_they_are_kept(client: Client, world: World, store: Shop) -> None:
    await asked(client, store, LAMP)
    found = await rehearsed(world, store, topics(Topics(hands_off=(Topic(name="mail", examples=("Write to bob.stone@example.org",)),))))
    assert "example.org" not in str(found.proposal)


async def test_what_is_redacted_or_forgotten_goes_from_rehearsals_too(client: Client, world: World, store: Shop) -> None:
    session = await asked(client, store, LAMP)
    found = await rehearsed(world, store, topics(LEGAL))
    assert found.tally.sessions == 1
    await redacting.redact_session(world, store.owner, session)
    assert (await rehearsing.one(world, store.owner, found.id)).tally.sessions == 0
    other = await asked(client, store, LAMP)
    found = await rehearsed(world, store, topics(LEGAL))
    async with world.store.tx(store.org) as tx:
        await tx.execute("delete from turns where session_id = %s", (other,))  # as retention does
    assert (await rehearsing.one(world, store.owner, found.id)).tally.sessions == 0


async def test_the_audit_log_names_what_was_tried(client: Client, world: World, store: Shop) -> None:
    await asked(client, store, LAMP)
    found = await rehearsed(world, store, topics(LEGAL))
    await rehearsing.publish(world, store.owner, found.id)
    lines = {line["verb"]: line["detail"] for line in await previewing.audit_log(world, store.owner)}
    assert lines["rehearsal.begin"] == {"changed": ["topics"], "sessions": 50}
    assert lines["rehearsal.publish"] == {"changed": ["topics"]}
