"""What the AI says to a message that it may answer: small talk, a quote, or a model's words that passed the guard. Writes nothing to the session."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from glassine.edge.llm import Llm
from glassine.rules import enclosed, extract, grounding, prompt
from glassine.rules import scenarios as guiding
from glassine.rules.grounding import Grounded
from glassine.rules.policies import policy_of
from glassine.rules.redaction import cover
from glassine.story import debugging, finding, masking, scenarios, sight
from glassine.story.scene import Means, Scene, hand_off
from glassine.story.world import World
from glassine.words.errors import ModelFailed, SwitchedOff
from glassine.words.knowledge import Hit
from glassine.words.people import ActorKind
from glassine.words.turns import ModelReply, Outcome, Prompt, Reason, Trace


async def answered(world: World, scene: Scene, trace: Trace, means: Means) -> Outcome:
    """Small talk, or a search and then a model's words or a quote."""
    small_talk = enclosed.small_talk(scene.message, scene.language)
    if small_talk is not None:
        return _judged(world, scene, trace, small_talk)
    means.tell("searched")
    with _timed(trace, "search"):
        trace.query = enclosed.question(scene.message, scene.history, scene.language)
        sought = await means.search(trace.query)
        trace.hits = sight.escaped(sought.hits[: finding.LIMIT])
        trace.given |= sought.given()
    scene = await scenarios.meet(world, scene, trace)
    if (own_words := guiding.fixed(scene.scenarios or ())) is not None:
        return _judged(world, scene, trace, own_words)
    if scene.debug:
        trace.debug["candidates"] = debugging.candidates(trace.query, sought, means.thresholds)
    llm = await means.model()
    return _quoted(world, scene, trace, means) if llm is None else await _written(world, scene, trace, llm, means)


async def _written(world: World, scene: Scene, trace: Trace, llm: Llm, means: Means) -> Outcome:
    """One model call, then the checks that no model can talk its way around."""
    with _timed(trace, "prompt"):
        trace.prompt = asked(scene, trace.hits, means.instructions)
    trace.model = llm.model  # the one that is asked first, should none answer
    means.tell("model")
    try:
        with _timed(trace, "model"):
            call = _ask(world, scene, trace, llm, means)
            answer = await world.switches.while_open(scene.org, means.purpose, call)
    except SwitchedOff as refusal:
        trace.notes.append(f"The model was not waited for: {refusal}.")
        return _quoted(world, scene, trace, means)
    except ModelFailed as failure:
        trace.notes.append(f"{failure.kind}: {failure}")
        if scene.debug and failure.raw:
            trace.debug["errors"] = [await debugging.covered(world, scene.org, scene.session.id, failure.raw)]
        return hand_off(scene, (Reason.STOPPED_AT_GATE if failure.kind == "stopped" else Reason.MODEL_FAILED,))
    trace.answer, trace.model = _kept(scene, trace.hits, answer.text), answer.model
    trace.usage = {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens, "cached_tokens": answer.cached_tokens}
    means.tell("guard")
    with _timed(trace, "ground"):
        grounded = checked(scene, trace.hits, trace.answer)
    return _judged(world, scene, trace, grounded)


def _kept(scene: Scene, hits: Sequence[Hit], answer: str) -> str:
    """The model's words without personal values of its own making: they are evidence, and evidence is stored."""
    shown = "\n".join(part for hit in guiding.beside(scene.scenarios or (), hits) for part in (hit.title, hit.heading, hit.text, hit.url or ""))
    policy = policy_of(scene.mode.name, scene.settings, scene.session.channel)
    return cover(answer, policy, "\n".join([shown, scene.message.text, _earlier(scene)]))


def asked(scene: Scene, hits: Sequence[Hit], instructions: str = "") -> Prompt:
    """Every word that a model is given for this scene and these passages."""
    return prompt.build(
        org_name=scene.mode.name, history=scene.history, message=scene.message.text, hits=guiding.beside(scene.scenarios or (), hits), language=scene.language, guidance=guiding.guidance(scene.scenarios or ()),
        context=scene.message.payload.get("context", {}), instructions=instructions, files=enclosed.in_hand(scene.message, scene.history), viewer=scene.viewer,
    )


async def _ask(world: World, scene: Scene, trace: Trace, llm: Llm, means: Means) -> ModelReply:
    """The model's answer. Where the gate stops what has become known since older messages were masked, they are masked again and it is asked once more."""
    assert trace.prompt is not None, "it is built before anybody is asked"
    try:
        return await llm.complete(trace.prompt, org=scene.org, session=scene.session.id, purpose=means.purpose, asked=trace.asked)
    except ModelFailed as failure:
        history = await masking.masked_again(world, scene.org, scene.session.id, scene.history) if failure.kind == "stopped" else scene.history
        if history == scene.history:
            raise
        trace.notes.append(f"{failure} Earlier messages were masked again, and the model was asked once more.")
        message = next(event for event in history if event.id == scene.message.id)
        trace.prompt = asked(replace(scene, history=history, message=message), trace.hits, means.instructions)
        return await llm.complete(trace.prompt, org=scene.org, session=scene.session.id, purpose=means.purpose, asked=trace.asked)


def checked(scene: Scene, hits: Sequence[Hit], answer: str) -> Grounded:
    """A model's answer, held against the passages and what the customer said."""
    said = "\n".join([_earlier(scene), *(text for _, text in enclosed.in_hand(scene.message, scene.history))])
    return grounding.ground(answer, guiding.beside(scene.scenarios or (), hits), message=scene.message.text, earlier=said, viewer=scene.viewer, language=scene.language)


def _quoted(world: World, scene: Scene, trace: Trace, means: Means) -> Outcome:
    """Without a model: the best sentences, a "did you mean", or an honest handoff."""
    means.tell("guard")
    with _timed(trace, "extract"):
        found = quoted(scene, trace.query, trace.hits, means.thresholds)
    return _judged(world, scene, trace, found)


def quoted(scene: Scene, query: str, hits: Sequence[Hit], thresholds: extract.Thresholds = extract.DEFAULT) -> Grounded:
    """What can be quoted from these passages."""
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
