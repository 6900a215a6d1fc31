"""One customer message becomes one outcome: a reply, a suggestion, a handoff or silence, each with its reasons. Read this first.

No transaction is held across a model call. What is written is written only if no newer message arrived meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from urllib.parse import quote

from glassine.edge.llm import Llm
from glassine.rules import autopilot, extract, grounding, prompt
from glassine.rules.grounding import Grounded
from glassine.rules.reactions import jobs_for
from glassine.rules.redaction import escape
from glassine.store import Tx, events, jobs, sessions, turns
from glassine.store.live import Notice, notify
from glassine.store.sessions import Mode
from glassine.story import finding
from glassine.story.models import model_for
from glassine.story.world import World
from glassine.words.errors import ModelFailed, NotFound, SwitchedOff
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId, TurnId, new_id
from glassine.words.knowledge import Audience
from glassine.words.people import ActorKind
from glassine.words.sessions import Event, EventType, OwnerKind, Session
from glassine.words.turns import HandOff, Outcome, Reason, Reply, Silence, Source, Suggestion, Trace

_REMEMBERED = 20  # messages of the session that a turn looks back on
_LANGUAGE = "en"  # where the organisation names none either


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a turn starts from, read in one round trip."""

    org: OrgId
    session: Session
    mode: Mode
    settings: OrgSettings
    history: tuple[Event, ...]  # the newest messages, oldest first; the last of the customer's is the one to answer
    message: Event

    @property
    def language(self) -> str:
        """The customer's, or as long as that is not known the organisation's first."""
        return self.session.language or next(iter(self.settings.languages), _LANGUAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How a turn ended, and what it said to the customer, if anything."""

    outcome: Outcome
    said: Event | None = None


async def take_turn(world: World, org: OrgId, id: SessionId, job: int | None = None) -> Settled:
    """Answers the newest customer message of a session. Run again after a crash it does nothing twice: `settle` writes once."""
    scene = await look(world, org, id)
    if scene is None:
        return await _overtaken(world, org, job)
    heard = scene.message.payload
    trace = Trace(message=scene.message.id, masked=dict(heard.get("masked", {})), timings=dict(heard.get("timings", {})))
    outcome = await think(world, scene, trace)
    settled = await settle(world, scene, outcome, trace, job) or await _unsaid(world, scene, outcome, trace, job)
    return settled or await _overtaken(world, org, job)


async def look(world: World, org: OrgId, id: SessionId) -> Scene | None:
    """The session and its newest messages; None when its newest customer message has its outcome already."""
    ask, began = {"org": org, "id": id, "session": id, "limit": _REMEMBERED}, time.monotonic()
    async with world.store.tx(org) as tx:
        place, recent = [await tx.execute(sql, ask) for sql in (sessions.IN_PLACE, events.RECENT)]
        row = await place.fetchone()
        written = [events.from_row(each) for each in await recent.fetchall()]
    history = tuple(event for event in written if not event.redacted and not event.payload.get("initial"))  # the page's words are not ours
    if row is None:
        raise NotFound("There is no session with this id.")
    session, mode = sessions.from_row(row), sessions.as_mode(row)
    settings = OrgSettings.read(mode.settings)
    world.switches.seen(org, settings, began)
    message = next((event for event in reversed(history) if event.seq == session.last_user_seq), None)
    if message is None or session.settled_seq >= session.last_user_seq:
        return None
    return Scene(org=org, session=session, mode=mode, settings=settings, history=history, message=message)


async def think(world: World, scene: Scene, trace: Trace) -> Outcome:
    """Decides, searches, and answers with a model or by quoting. Slow; holds no transaction."""
    decision = autopilot.decide(scene.session, scene.mode.autopilot, scene.message.text, ai_off=scene.settings.ai_off)
    trace.decision, trace.notes = decision.kind, [str(reason) for reason in decision.reasons]
    if decision.kind is autopilot.Kind.STAY_SILENT:
        return Silence(reasons=decision.reasons)
    if decision.kind is autopilot.Kind.HAND_OFF:
        return _hand_off(scene, decision.reasons)
    assisting = decision.kind is autopilot.Kind.ASSIST
    outcome = await _answered(world, scene, trace, shown=not assisting)
    return _as_draft(scene, outcome) if assisting else outcome


async def _answered(world: World, scene: Scene, trace: Trace, *, shown: bool) -> Outcome:
    """Small talk, or a search and then a model's words or a quote. `shown`: the customer may watch; a draft is none of their business."""
    small_talk = extract.chat(scene.message.text, scene.language)
    if small_talk is not None:
        return _judged(world, scene, trace, small_talk)
    if shown:
        _show(world, scene, "searching")
    with _timed(trace, "search"):
        trace.query = extract.query(scene.message.text, scene.history)
        found = await finding.find(world, scene.org, trace.query, audience=Audience.PUBLIC, language=scene.language)
        trace.hits = tuple(replace(hit, text=escape(hit.text), best_sentence=escape(hit.best_sentence)) for hit in found)
    llm = await model_for(world, scene.org, scene.settings)
    if llm is None:
        return _quoted(world, scene, trace)
    if shown:
        _show(world, scene, "writing")
    return await _written(world, scene, trace, llm)


def _as_draft(scene: Scene, outcome: Outcome) -> Outcome:
    """For a session that people own, an answer is a note, and no answer is silence; one that the AI still owns goes to them with the note."""
    draft = Suggestion(text=outcome.text, reasons=(*outcome.reasons, Reason.ASSIST_ONLY), sources=outcome.sources) if isinstance(outcome, Reply) else None
    if scene.session.owner.kind is OwnerKind.AI:
        return replace(_hand_off(scene, (Reason.ASSIST_ONLY,)), draft=draft)
    return draft or Silence(reasons=(*outcome.reasons, Reason.ASSIST_ONLY))


async def _written(world: World, scene: Scene, trace: Trace, llm: Llm) -> Outcome:
    """One model call, then the checks that no model can talk its way around."""
    with _timed(trace, "prompt"):
        trace.prompt = prompt.build(
            org_name=scene.mode.name, history=scene.history, message=scene.message.text, hits=trace.hits, language=scene.language,
            context=scene.message.payload.get("context", {}),
        )
    trace.model = str(llm.request_body(trace.prompt)["model"])  # the one that was asked, should it not answer
    try:
        with _timed(trace, "model"):
            call = llm.complete(trace.prompt, org=scene.org, session=scene.session.id)
            answer = await world.switches.while_open(scene.org, "model", call)
    except SwitchedOff as refusal:
        trace.notes.append(f"The model was not waited for: {refusal}.")
        return _quoted(world, scene, trace)
    except ModelFailed as failure:
        trace.notes.append(f"{failure.kind}: {failure}")
        return _hand_off(scene, (Reason.MODEL_FAILED,))
    finally:
        trace.request = llm.request_body(trace.prompt)  # afterwards: a model may have taught us another name for a parameter
    trace.answer, trace.model = answer.text, answer.model
    trace.usage = {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens}
    with _timed(trace, "ground"):
        grounded = grounding.ground(answer.text, trace.hits, message=scene.message.text, earlier=_earlier(scene))
    return _judged(world, scene, trace, grounded)


def _quoted(world: World, scene: Scene, trace: Trace) -> Outcome:
    """Without a model: the best sentences, a "did you mean", or an honest handoff."""
    with _timed(trace, "extract"):
        quoted = extract.answer(trace.query, trace.hits, history=scene.history, language=scene.language)
    return _judged(world, scene, trace, quoted)


def _judged(world: World, scene: Scene, trace: Trace, grounded: Grounded) -> Outcome:
    """An answer that may be sent, with sources that readers can open; or a handoff with the reasons against it."""
    trace.used, trace.notes = grounded.used, [*trace.notes, *grounded.notes]
    if grounded.reply is None:
        return _hand_off(scene, grounded.reasons)
    ours = "" if "help" in scene.settings.switched_off else f"{world.settings.url}/help/{scene.org}"
    return replace(grounded.reply, sources=tuple(_reachable(source, ours) for source in grounded.reply.sources))


def _reachable(source: Source, ours: str) -> Source:
    """With the address of its section: on the page that the article came from, or on our own where those can be opened."""
    url = source.url or (ours and f"{ours}/{source.article}")
    return replace(source, url=f"{url}#{quote(source.section)}" if url and source.section and "#" not in url else url or None)


def _earlier(scene: Scene) -> str:
    return "\n".join(event.text for event in scene.history if event.actor is ActorKind.USER)


async def settle(world: World, scene: Scene, outcome: Outcome, trace: Trace, job: int | None) -> Settled | None:
    """Writes the outcome with its evidence and removes the job, in one transaction. None: overtaken, and nothing is written."""
    org, id, handed = scene.org, scene.session.id, isinstance(outcome, HandOff)
    async with world.store.tx(org) as tx:
        first = await sessions.settle(
            tx, org, id, seq=scene.session.last_user_seq, owner_was=scene.session.owner.kind, owner=OwnerKind.TEAM if handed else None,
            patience=timedelta(minutes=scene.settings.patience), summary=outcome.summary if isinstance(outcome, HandOff) else None,
            sentiment=outcome.sentiment if isinstance(outcome, HandOff) else None, redactions=scene.session.redactions,
            by_ai=_by_ai(outcome),
        )
        if not first:
            return None
        said = await _say(tx, scene, outcome)
        await turns.insert(tx, org, TurnId(new_id()), id, trace, event=said.id if said else None, outcome=type(outcome).__name__, reasons=outcome.reasons)
        for follow in jobs_for(EventType.HANDOFF, id) if handed else []:
            await jobs.add(tx, org, follow)
        if job is not None:
            await jobs.done(tx, job)
        await notify(tx, org, id, "settled")
    return Settled(outcome=outcome, said=said if not isinstance(outcome, Suggestion) else None)


def _by_ai(outcome: Outcome) -> bool:
    """Whether it holds words that the AI found or phrased, a draft too. The notice of a handoff is a fixed sentence."""
    return isinstance(outcome, Reply | Suggestion) or (isinstance(outcome, HandOff) and outcome.draft is not None)


async def _unsaid(world: World, scene: Scene, outcome: Outcome, trace: Trace, job: int | None) -> Settled | None:
    """All AI was switched off while the turn ran: its words are dropped, and the customer goes to people. None: that was not why."""
    world.switches.forget(scene.org)
    if not _by_ai(outcome) or not (await world.switches.of(scene.org)).ai_off:
        return None
    trace.notes.append("All AI was switched off while the turn ran: what it found was not said.")
    owned = scene.session.owner.kind is not OwnerKind.AI
    return await settle(world, scene, Silence(reasons=(Reason.AI_OFF,)) if owned else _hand_off(scene, (Reason.AI_OFF,)), trace, job)


async def _say(tx: Tx, scene: Scene, outcome: Outcome) -> Event | None:
    """The events an outcome leaves in the log; returns the one with words."""
    org, id = scene.org, scene.session.id
    match outcome:
        case Reply():
            payload = {"sources": [asdict(source) for source in outcome.sources], "resolves": outcome.resolves, "choices": list(outcome.choices)}
            return await events.append(tx, org, id, EventType.MESSAGE, ActorKind.AI, text=outcome.text, payload=payload)
        case Suggestion():
            payload = {"sources": [asdict(source) for source in outcome.sources], "suggestion": True}
            return await events.append(tx, org, id, EventType.AGENT_COMMENT, ActorKind.AI, text=outcome.text, payload=payload)
        case HandOff():
            reasons = {"reasons": [str(reason) for reason in outcome.reasons], "summary": outcome.summary, "sentiment": outcome.sentiment}
            await events.append(tx, org, id, EventType.HANDOFF, ActorKind.AI, payload=reasons)
            if outcome.draft:
                await _say(tx, scene, outcome.draft)
            return await events.append(tx, org, id, EventType.MESSAGE, ActorKind.AI, text=outcome.told, payload={"handoff": True})
        case Silence():
            return None


async def give_up(world: World, org: OrgId, id: SessionId) -> None:
    """A turn that failed again and again: the customer goes to people, and is told so."""
    scene = await look(world, org, id)
    if scene is not None:
        trace = Trace(message=scene.message.id, decision="hand_off", notes=["the turn failed again and again"])
        await settle(world, scene, _hand_off(scene, (Reason.INTERNAL_ERROR,)), trace, None)


async def _overtaken(world: World, org: OrgId, job: int | None) -> Settled:
    """Somebody wrote, took over or settled meanwhile: this turn says nothing, and its job is done."""
    if job is not None:
        async with world.store.tx(org) as tx:
            await jobs.done(tx, job)
    return Settled(outcome=Silence(reasons=(Reason.OVERTAKEN,)))


def _hand_off(scene: Scene, reasons: Sequence[Reason]) -> HandOff:
    return autopilot.hand_off(reasons, scene.history, language=scene.language, minutes=scene.settings.patience)


def _show(world: World, scene: Scene, state: str) -> None:
    """A passing state for whoever watches; nobody depends on it."""
    world.live.say(Notice(scene.org, scene.session.id, f"state:{state}"))


@contextmanager
def _timed(trace: Trace, step: str) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        trace.timings[step] = round((time.perf_counter() - began) * 1_000, 2)
