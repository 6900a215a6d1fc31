"""One customer message becomes one outcome: a reply, a suggestion, a handoff or silence, each with its reasons. Read this first.

No transaction is held across a model call. What is written is written only if no newer message arrived meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from glassine.rules import autopilot
from glassine.rules.reactions import jobs_for
from glassine.rules.small_talk import small_talk
from glassine.store import Tx, events, jobs, messages, sessions, visibility
from glassine.store.live import Notice
from glassine.store.messages import Saying, Settling
from glassine.story import answering, evidence, handing, saying, summarising, terms
from glassine.story.actions import built_in, callable_now, consenting
from glassine.story.behaviour import autopilot as rulebooks
from glassine.story.helpdesks import ticketing
from glassine.story.inspection import debugging
from glassine.story.models.chain import model_for
from glassine.story.scene import Means, Scene, hand_off
from glassine.story.search import finding, reranking, sight
from glassine.story.search.finding import Shelf, Sought
from glassine.story.world import Running, World
from glassine.words.actions import WAITING, CallState
from glassine.words.errors import NotFound
from glassine.words.helpdesks import HELPDESK
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId, TurnId, new_id
from glassine.words.sessions import Event, EventType, OwnerKind
from glassine.words.turns import HandOff, Outcome, Reason, Reply, Silence, Suggestion, Trace

REMEMBERED = 20  # messages of the session that a turn looks back on
_HELPS_NOBODY = {Reason.GREETING, Reason.DID_YOU_MEAN}  # as a draft for the team
_SHOWN = {"searched": "searching", "model": "writing", "acting": "acting"}  # what the customer sees of a step; nobody depends on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How a turn ended, and what it said to the customer, if anything."""

    outcome: Outcome
    said: Event | None = None


async def take_turn(world: World, org: OrgId, id: SessionId, job: int | None = None, scene: Scene | None = None) -> Settled:
    """Answers the newest customer message of a session. Run again after a crash it does nothing twice: `settle` writes once.

    `scene`: as whoever stored that message saw it a moment ago. `settle` finds out if it has changed.
    """
    scene = scene or await look(world, org, id)
    if scene is None or scene.waits_until:
        return await _not_settled(world, org, id, job)
    running = Running(id=TurnId(new_id()), session=id, trace=begun(scene), began=world.clock(), seq=scene.message.seq)
    said = False
    with world.watched(running):
        try:
            scene = await terms.applied(world, scene, running.trace)
            outcome = await think(world, scene, running.trace, own_means(world, scene, running))
            settled = await settle(world, scene, outcome, running.trace, job, running.id) or await _unsaid(world, scene, outcome, running.trace, job, running.id)
            said = settled is not None and settled.said is not None
            return settled or await _not_settled(world, org, id, job)
        finally:
            if not said:
                saying.taken_back(world, scene, running)


def begun(scene: Scene) -> Trace:
    """A trace with what the turn starts from."""
    session, heard = scene.session, scene.message.payload
    given: dict[str, Any] = {"status": session.status, "owner": session.owner.kind, "language": scene.language, "seen": session.last_seq, "standing": asdict(scene.standing)}
    if scene.helpdesks and scene.rulebook.part("routing"):
        given["helpdesks"] = sorted(map(str, scene.helpdesks))
    if scene.calls:
        given["calls"] = [consenting.plain(call) for call in scene.calls]
    return Trace(message=scene.message.id, masked=dict(heard.get("masked", {})), timings=dict(heard.get("timings", {})), given=given)


def own_means(world: World, scene: Scene, running: Running | None = None) -> Means:
    """The search and the model that answer customers, and news for whoever watches."""

    async def search(text: str) -> Sought:
        limit, shelf = debugging.EVERYTHING if scene.debug else finding.LIMIT, scene.shelf if scene.viewer == sight.customer(scene.session) else None
        return await reranking.seek(world, scene.org, text, viewer=scene.viewer, language=scene.language, limit=limit, session=scene.session.id, shelf=shelf)

    def tell(step: str) -> None:
        if running is None:
            return
        if step != "acting":  # it is a part of the model's
            running.step = step
            world.live.say(Notice(scene.org, scene.session.id, f"step:{step}"))
        if step in _SHOWN and running.trace.decision == autopilot.Kind.ANSWER:  # a draft is none of the customer's business
            world.live.say(Notice(scene.org, scene.session.id, f"state:{_SHOWN[step]}"))

    turn = running.id if running else None
    return Means(
        search=search, model=lambda: model_for(world, scene.org, scene.settings), tell=tell,
        acting=lambda: callable_now.acting(world, scene, turn), go_on=lambda call, yes: callable_now.go_on(world, scene, call, yes),
        showing=saying.showing(world, scene, running) if running else lambda: None,
    )


async def look(world: World, org: OrgId, id: SessionId) -> Scene | None:
    """The session and its newest messages; None when its newest customer message has its outcome already. Raises NotFound."""
    async with world.store.tx(org) as tx:
        return await see(world, tx, org, id)


async def see(world: World, tx: Tx, org: OrgId, id: SessionId) -> Scene | None:
    """The same within a transaction, in one round trip; a session with calls of actions takes another."""
    before, began = rulebooks.known(world, org), time.monotonic()
    ask = {"org": org, "id": id, "session": id, "limit": REMEMBERED, "known": before.number}
    place, recent = [await tx.execute(sql, ask) for sql in (sessions.IN_PLACE, events.RECENT)]
    row = await place.fetchone()
    if row is None:
        raise NotFound("There is no session with this id.")
    written = [events.from_row(each) for each in await recent.fetchall()]
    history = conversation(written)
    session, mode = sessions.from_row(row), sessions.as_mode(row)
    settings, rulebook = OrgSettings.read(mode.settings), rulebooks.read(world, org, row, before)
    world.switches.seen(org, settings, began)
    message = next((event for event in reversed(history) if event.seq == session.last_user_seq), None)
    if message is None or session.settled_seq >= session.last_user_seq:
        return None
    return Scene(
        org=org, session=session, mode=mode, settings=settings, rulebook=rulebook, at=world.clock() if rulebook.part("hours") else None, history=history, message=message,
        conditions=evidence.conditions(world, mode, row["set_at"], rulebook.number), standing=handing.standing(session, row, world.clock()),
        helpdesks=frozenset(() if HELPDESK in settings.switched_off else row["helpdesks"]), waits_until=row["waits_until"], debug=row["debugged"], shelf=Shelf(version=row["knowledge"], scopes=visibility.as_seen(row["scopes"])), calls=await callable_now.calls_so_far(tx, org, id) if row["called"] else (),
    )


def conversation(written: Sequence[Event]) -> tuple[Event, ...]:
    """What a turn looks back on; the page's words are not ours."""
    return tuple(event for event in written if not event.redacted and not event.payload.get("initial"))


async def think(world: World, scene: Scene, trace: Trace, means: Means | None = None) -> Outcome:
    """Decides, searches, and answers with a model or by quoting. Slow; holds no transaction."""
    scene = await terms.applied(world, scene, trace)
    means = means or own_means(world, scene)
    means.tell("decided")
    decision = handing.decision(scene)
    trace.decision, trace.notes = decision.kind, [str(reason) for reason in decision.reasons]
    if decision.kind is autopilot.Kind.STAY_SILENT:
        return Silence(reasons=decision.reasons)
    if decision.kind is autopilot.Kind.HAND_OFF:
        return handing.noted(trace, handing.people(scene, decision))
    if decision.kind is autopilot.Kind.ASSIST:
        return as_draft(scene, await answering.answered(world, scene, trace, means))
    return handing.noted(trace, handing.early(scene) or handing.late(scene, await answering.answered(world, scene, trace, means)))


def as_draft(scene: Scene, outcome: Outcome) -> Outcome:
    """For a session that people own, an answer is a note, and no answer is silence; one that the AI still owns goes to them with the note. What would help nobody is no note."""
    idle = isinstance(outcome, Reply) and not _HELPS_NOBODY.isdisjoint(outcome.reasons)
    draft = Suggestion(text=outcome.text, reasons=(*outcome.reasons, Reason.ASSIST_ONLY), sources=outcome.sources) if isinstance(outcome, Reply) and not idle else None
    if scene.session.owner.kind is OwnerKind.AI:
        return replace(hand_off(scene, (Reason.ASSIST_ONLY,)), draft=draft)
    return draft or Silence(reasons=(*outcome.reasons, Reason.UNHELPFUL_DRAFT if idle else Reason.ASSIST_ONLY))


async def settle(world: World, scene: Scene, outcome: Outcome, trace: Trace, job: int | None, turn: TurnId | None = None) -> Settled | None:
    """Writes the outcome with its evidence and removes the job, in one transaction. None: overtaken, or a person writes; nothing is written."""
    org, id = scene.org, scene.session.id
    async with world.store.tx(org) as tx:
        said = await messages.settle(
            tx, org, id, turn or TurnId(new_id()), _settling(scene, outcome), list(_said(outcome, trace)), trace, outcome=type(outcome).__name__,
            reasons=outcome.reasons, conditions=scene.conditions.id if scene.conditions else None, job=job,
        )
        if said is None:
            return None
        if built_in.resolves(scene, outcome, trace):
            await built_in.resolve(tx, org, id)
        if scene.conditions:
            await evidence.keep(world, tx, org, scene.conditions)
        for follow in jobs_for(EventType.HANDOFF, id) if isinstance(outcome, HandOff) else []:
            await jobs.add(tx, org, follow)
        if isinstance(outcome, HandOff) and summarising.wanted(world, scene.settings):
            await jobs.add(tx, org, summarising.job(id))
        if isinstance(outcome, HandOff) and outcome.place.ticket:
            await ticketing.begin(tx, org, id, outcome.place.ticket, owns=outcome.place.owner is OwnerKind.HELPDESK)
    if scene.conditions:
        evidence.kept(world, org, scene.conditions)
    return Settled(outcome=outcome, said=said[-1] if said and not isinstance(outcome, Suggestion) else None)


def _settling(scene: Scene, outcome: Outcome) -> Settling:
    """What has to hold still, and to whom the session goes."""
    handed = outcome if isinstance(outcome, HandOff) else None
    return Settling(
        seq=scene.session.last_user_seq, owner_was=scene.session.owner.kind, redactions=scene.session.redactions, by_ai=_by_ai(outcome),
        owner=handed.place.owner if handed else None, owner_id=handed.place.ticket if handed and handed.place.owner is OwnerKind.HELPDESK else None,
        waits=isinstance(outcome, Silence | Suggestion) and small_talk(scene.message.text) is None, patience=rulebooks.patience(scene.rulebook, scene.at, scene.settings.patience),
        summary=handed.summary if handed else None, sentiment=handed.sentiment if handed else None,
    )


def _by_ai(outcome: Outcome) -> bool:
    """Whether it holds words that the AI found or phrased, a draft too. The notice of a handoff is a fixed sentence."""
    return isinstance(outcome, Reply | Suggestion) or (isinstance(outcome, HandOff) and outcome.draft is not None)


async def _unsaid(world: World, scene: Scene, outcome: Outcome, trace: Trace, job: int | None, turn: TurnId | None = None) -> Settled | None:
    """All AI was switched off while the turn ran: its words are dropped, and the customer goes to people. None: that was not why."""
    world.switches.forget(scene.org)
    if not _by_ai(outcome) or not (await world.switches.of(scene.org)).ai_off:
        return None
    trace.notes.append("All AI was switched off while the turn ran: what it found was not said.")
    owned = scene.session.owner.kind is not OwnerKind.AI
    return await settle(world, scene, Silence(reasons=(Reason.AI_OFF,)) if owned else hand_off(scene, (Reason.AI_OFF,)), trace, job, turn)


def _said(outcome: Outcome, trace: Trace) -> Iterator[Saying]:
    """The events an outcome leaves in the log; the last one has the words."""
    match outcome:
        case Reply():
            payload: dict[str, Any] = {"sources": [asdict(source) for source in outcome.sources], "resolves": outcome.resolves, "choices": list(outcome.choices)}
            done = [str(call.id) for call in trace.called if call.state not in WAITING and call.state is not CallState.REFUSED]
            payload |= {**({"call": outcome.call} if outcome.call else {}), **({"called": done} if done else {}), **({"notice": outcome.notice} if outcome.notice else {})}
            yield Saying(type=EventType.MESSAGE, text=outcome.text, payload=payload)
        case Suggestion():
            yield Saying(type=EventType.AGENT_COMMENT, text=outcome.text, payload={"sources": [asdict(source) for source in outcome.sources], "suggestion": True})
        case HandOff():
            why = {"reasons": [str(reason) for reason in outcome.reasons], "evidence": list(outcome.evidence)}
            how = {"summary": outcome.summary, "sentiment": outcome.sentiment, "language": outcome.language, "told": outcome.told}
            if outcome.topic:
                yield Saying(type=EventType.PROHIBITED_TOPIC_DETECTED, payload={"topic": outcome.topic, "score": outcome.topic_score})
            where = {"owner": str(outcome.place.owner), "helpdesk": str(outcome.place.ticket)} if outcome.place.ticket else {}
            yield Saying(type=EventType.HANDOFF, payload={**why, **how, **where})
            if outcome.draft:
                yield from _said(outcome.draft, trace)
            yield Saying(type=EventType.MESSAGE, text=outcome.told, payload={"handoff": True})
        case Silence():
            return


async def give_up(world: World, org: OrgId, id: SessionId) -> None:
    """A turn that failed again and again: the customer goes to people, and is told so."""
    scene = await look(world, org, id)
    if scene is not None:
        trace = Trace(message=scene.message.id, decision="hand_off", notes=["the turn failed again and again"])
        await settle(world, scene, hand_off(scene, (Reason.INTERNAL_ERROR,)), trace, None)


async def _not_settled(world: World, org: OrgId, id: SessionId, job: int | None) -> Settled:
    """This turn says nothing. Its job is done when somebody wrote, took over or settled meanwhile, and waits while a person is writing the reply."""
    async with world.store.tx(org) as tx:
        until = await sessions.typing_until(tx, org, id)
        if job is not None and until:
            await jobs.put_off(tx, job, until)
        elif job is not None:
            await jobs.done(tx, job)
    return Settled(outcome=Silence(reasons=(Reason.PERSON_TYPING if until else Reason.OVERTAKEN,)))
