"""What the AI says to a message that it may answer: small talk, a quote, or a model's words that passed the guard. Writes nothing to the session."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from glassine.edge.llm import Llm
from glassine.rules import enclosed, extract, grounding, guarding, prompt
from glassine.rules import scenarios as guiding
from glassine.rules.autopilot import Kind
from glassine.rules.calling.built_in import hands_off, texts
from glassine.rules.grounding import Grounded
from glassine.rules.policies import policy_of
from glassine.rules.prompt import Told
from glassine.rules.redaction import cover
from glassine.story import handing, masking, rewriting
from glassine.story.actions import built_in, consenting, steps
from glassine.story.actions.steps import Talk
from glassine.story.inspection import debugging
from glassine.story.scene import Acting, Means, NoLonger, Scene, hand_off
from glassine.story.search import finding, scenarios, sight
from glassine.story.world import World
from glassine.words.actions import Call
from glassine.words.errors import ModelFailed, SwitchedOff
from glassine.words.knowledge import Hit
from glassine.words.models import Budget, Then
from glassine.words.people import ActorKind
from glassine.words.turns import ModelReply, Outcome, Prompt, Reason, Silence, ToolCall, ToolSpec, Trace

_SHOWN = frozenset({Reason.ANSWERED_FROM_KNOWLEDGE, Reason.ACTION_ANSWERED})  # what is shown while it is written; a question back is short


async def answered(world: World, scene: Scene, trace: Trace, means: Means) -> Outcome:
    """What the customer's word on a call makes of it; else small talk, or a search and then a model's words or a quote."""
    if scene.calls:
        try:
            scene, outcome = await consenting.gone_on(scene, trace, means)
        except NoLonger as why:
            return _no_longer(scene, trace, why)
        if outcome is None and consenting.only_tells(scene, trace):
            outcome = await _told(world, scene, trace, means)
        if outcome is not None:
            return outcome
    small_talk = enclosed.small_talk(scene.message, scene.language)
    if small_talk is not None:
        return _judged(world, scene, trace, small_talk)
    means.tell("searched")
    with _timed(trace, "search"):
        trace.query = enclosed.question(scene.message, scene.history, scene.language)
        sought = await means.search(trace.query)
        trace.hits = sight.escaped(sought.hits[: finding.LIMIT])
        trace.given |= sought.given()
    scene = handing.hear(scene, trace, sought)
    if (early := handing.early(scene)) is not None:
        return early
    scene = await scenarios.meet(world, scene, trace)
    if (own_words := guiding.fixed(scene.scenarios or ())) is not None:
        return _judged(world, scene, trace, own_words)
    if scene.debug:
        trace.debug["candidates"] = debugging.candidates(trace.query, sought, (means.thresholds or guarding.read(scene.rulebook.part("guard")).thresholds).answer)
    llm = await means.model()
    return _quoted(world, scene, trace, means) if llm is None else await _written(world, scene, trace, llm, means)


async def _told(world: World, scene: Scene, trace: Trace, means: Means) -> Outcome:
    """A call has ended that the customer has not heard of: a model tells it, or a sentence of ours."""
    llm = await means.model()
    outcome = await _written(world, scene, trace, llm, means) if llm else consenting.tells(scene, trace, None)
    assert outcome is not None, "there is something to tell"
    return outcome


async def _written(world: World, scene: Scene, trace: Trace, llm: Llm, means: Means) -> Outcome:
    """A model's words, once it has what it needs, then the checks that it cannot talk its way around. For a plain answer it is asked once."""
    acting = await means.acting() if trace.decision == Kind.ANSWER else Acting()
    with _timed(trace, "prompt"):
        told = consenting.told(scene)
        trace.prompt = asked(scene, trace.hits, means.instructions, acting.specs, told)
        _note(trace, acting, told)
    trace.model = llm.model  # the one that is asked first, should none answer
    talk = steps.Talk(
        world=world, scene=scene, trace=trace, llm=llm, means=means, acting=acting, cover=lambda text: _kept(scene, trace, text), judge=lambda text: _showable(scene, trace, text),
        objects=lambda wanted: _objection(scene, trace, wanted),
    )
    outcome = await _spoken(world, scene, trace, talk)
    return consenting.tells(scene, trace, outcome, acting.reads) or outcome if trace.called or told else outcome


def _note(trace: Trace, acting: Acting, told: Sequence[Told]) -> None:
    """What the model was offered, and which calls it heard of."""
    offered = [tool.name for tool in trace.prompt.tools] if trace.prompt else []
    if acting.specs:
        trace.given["actions"] = {"offered": offered, "left_out": [spec.name for spec in acting.specs if spec.name not in offered]}
    if told:
        trace.given["calls_told"] = [list(one) for one in told]


async def _spoken(world: World, scene: Scene, trace: Trace, talk: Talk) -> Outcome:
    """What comes of asking the model: an answer that is checked, a call that waits, or the reason why there is neither."""
    try:
        answer = await _asked(talk)
    except SwitchedOff as refusal:
        trace.notes.append(f"The model was not waited for: {refusal}.")
        return consenting.tells(scene, trace, None, talk.acting.reads) or _quoted(world, scene, trace, talk.means)
    except NoLonger as why:
        return _no_longer(scene, trace, why)
    except ModelFailed as failure:
        trace.notes.append(f"{failure.kind}: {failure}")
        if failure.kind == "spent" and Budget.read(scene.settings.model_budget).then is Then.QUOTE:
            return consenting.tells(scene, trace, None, talk.acting.reads) or _quoted(world, scene, trace, talk.means)
        if scene.debug and failure.raw:
            trace.debug["errors"] = [await debugging.covered(world, scene.org, scene.session.id, failure.raw)]
        return hand_off(scene, (Reason.STOPPED_AT_GATE if failure.kind == "stopped" else Reason.MODEL_FAILED,))
    if isinstance(answer, Call):
        return built_in.handed_off(scene, trace, answer) if hands_off(answer) else consenting.waiting(scene, trace, answer)
    grounded = _guarded(scene, trace, answer)
    talk.means.tell("guard")
    if grounded.findings and (second := await rewriting.again(talk, answer, grounded)):
        talk.means.tell("guard")
        grounded = rewriting.settled(grounded, _guarded(scene, trace, second))
    return _judged(world, scene, trace, grounded)


def _guarded(scene: Scene, trace: Trace, answer: ModelReply) -> Grounded:
    """What the checks say of a model's last words, which are written down first."""
    trace.answer, trace.model = _kept(scene, trace, answer.text), answer.model
    spent = [*(one.usage for one in trace.rounds), {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens, "cached_tokens": answer.cached_tokens}]
    trace.usage = {name: sum(one.get(name, 0) for one in spent) for name in spent[-1]}
    with _timed(trace, "ground"):
        return checked(scene, _seen(trace), trace.answer, heard((call.seen for call in trace.called), trace.given))


def _showable(scene: Scene, trace: Trace, begun: str) -> str:
    """The beginning of an answer as the customer would read it, where it could be sent as a whole: it is judged as one. Nothing else is shown before the end."""
    return shown(scene, checked(scene, _seen(trace), _kept(scene, trace, begun), heard((call.seen for call in trace.called), trace.given)))


def shown(scene: Scene, found: Grounded) -> str:
    """What may be shown of an answer's beginning that was judged; empty: nothing."""
    if found.reply is None or found.findings or _SHOWN.isdisjoint(found.reasons):
        return ""
    said_before = any(event.actor is ActorKind.AI and event.text.startswith(found.reply.text) for event in scene.history)
    return "" if said_before else found.reply.text  # the same answer once more may go to people


def _objection(scene: Scene, trace: Trace, wanted: ToolCall) -> str:
    """What nothing backs in the words of a form or an e-mail that a model wants: they are checked as its answers are."""
    shown = prompt.shown(guiding.beside(scene.scenarios or (), _seen(trace)), scene.viewer)
    cited = tuple(range(1, len(shown) + 1))
    parts = [part for words in texts(wanted.arguments) for part in grounding.segments(words)]
    guard = guarding.read(scene.rulebook.part("guard"))
    found = grounding.unfounded(
        [replace(part, cited=cited) for part in parts], shown, [_earlier(scene)], tools=heard((call.seen for call in trace.called), trace.given), language=scene.language, promised=guard.promises, least=0.0,
    )
    return f"Its words may not be shown to a customer. {found[0].says}" if found else ""


def _no_longer(scene: Scene, trace: Trace, why: NoLonger) -> Outcome:
    trace.notes.append("Nothing further was called: the turn was not wanted any more.")
    return hand_off(scene, (why.reason,)) if why.reason is Reason.AI_OFF else Silence(reasons=(why.reason,))


def _seen(trace: Trace) -> tuple[Hit, ...]:
    """The hits that the prompt had room for."""
    return trace.hits if trace.prompt is None else trace.hits[: trace.prompt.shown]


def heard(seen: Iterable[str], given: Mapping[str, Any]) -> tuple[str, ...]:
    """What the model was told of calls, in this turn and before it: an answer may rest on that."""
    return (*(words for words in seen if words), *(str(words) for _, _, words, _ in given.get("calls_told", ())))


def _kept(scene: Scene, trace: Trace, answer: str) -> str:
    """The model's words without personal values of its own making: they are evidence, and evidence is stored."""
    shown = [part for hit in guiding.beside(scene.scenarios or (), trace.hits) for part in (hit.title, hit.heading, hit.text, hit.url or "")]
    policy = policy_of(scene.mode.name, scene.settings, scene.session.channel)
    return cover(answer, policy, "\n".join([*shown, *heard((call.seen for call in trace.called), trace.given), scene.message.text, _earlier(scene)]))


def asked(scene: Scene, hits: Sequence[Hit], instructions: str = "", tools: Sequence[ToolSpec] = (), calls: Sequence[Told] = ()) -> Prompt:
    """Every word that a model is given for this scene and these passages."""
    return prompt.build(
        org_name=scene.mode.name, history=scene.history, message=scene.message.text, hits=guiding.beside(scene.scenarios or (), hits), language=scene.language, guidance=guiding.guidance(scene.scenarios or ()),
        context=scene.message.payload.get("context", {}), instructions=instructions, files=enclosed.in_hand(scene.message, scene.history), viewer=scene.viewer, tools=tools, calls=calls,
    )


async def _asked(talk: Talk) -> ModelReply | Call:
    """The model's answer. Where the gate stops what has become known since older messages were masked, they are masked again and it is asked once more."""
    scene, trace = talk.scene, talk.trace
    try:
        return await steps.until_answered(talk)
    except ModelFailed as failure:
        stopped = failure.kind == "stopped" and not trace.rounds
        history = await masking.masked_again(talk.world, scene.org, scene.session.id, scene.history) if stopped else scene.history
        if history == scene.history:
            raise
        trace.notes.append(f"{failure} Earlier messages were masked again, and the model was asked once more.")
        message = next(event for event in history if event.id == scene.message.id)
        trace.prompt = asked(replace(scene, history=history, message=message), trace.hits, talk.means.instructions, talk.acting.specs, consenting.told(scene))
        return await steps.until_answered(talk)


def checked(scene: Scene, hits: Sequence[Hit], answer: str, heard: Sequence[str] = ()) -> Grounded:
    """A model's answer, held against the passages, what actions answered and what the customer said."""
    said = "\n".join([_earlier(scene), *(text for _, text in enclosed.in_hand(scene.message, scene.history))])
    guard = guarding.read(scene.rulebook.part("guard"))
    foreign = rewriting.foreign(answer, scene.language)
    found = grounding.ground(
        answer, guiding.beside(scene.scenarios or (), hits), message=scene.message.text, earlier=said, viewer=scene.viewer, language=None if foreign else scene.language, tools=heard,
        promised=guard.promises, least=guard.claims,
    )
    return rewriting.named(found, scene.message.text, scene.language) if foreign else found


def _quoted(world: World, scene: Scene, trace: Trace, means: Means) -> Outcome:
    """Without a model: the best sentences, a "did you mean", or an honest handoff."""
    means.tell("guard")
    with _timed(trace, "extract"):
        found = quoted(scene, trace.query, trace.hits, means.thresholds)
    return _judged(world, scene, trace, found)


def quoted(scene: Scene, query: str, hits: Sequence[Hit], thresholds: extract.Thresholds | None = None) -> Grounded:
    """What can be quoted from these passages, by default as the organisation set it."""
    thresholds = thresholds or guarding.read(scene.rulebook.part("guard")).thresholds
    return extract.answer(query, hits, history=scene.history, language=scene.language, thresholds=thresholds, viewer=scene.viewer)


def _judged(world: World, scene: Scene, trace: Trace, grounded: Grounded) -> Outcome:
    """Writes down what the checks said."""
    trace.used, trace.notes = grounded.used, [*trace.notes, *grounded.notes]
    return judged(world, scene, grounded)


def judged(world: World, scene: Scene, grounded: Grounded) -> Outcome:
    """An answer that may be sent, with sources that readers can open; or a handoff with the reasons against it."""
    if grounded.reply is None:
        return hand_off(scene, grounded.reasons)
    ours = "" if "help" in scene.settings.switched_off else f"{world.settings.url}/help/{scene.org}"
    return replace(grounded.reply, sources=sight.reachable(grounded.reply.sources, world.settings.url, ours))


def _earlier(scene: Scene) -> str:
    return "\n".join(event.text for event in scene.history if event.actor is ActorKind.USER)


@contextmanager
def _timed(trace: Trace, step: str) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        trace.timings[step] = round((time.perf_counter() - began) * 1_000, 2)
