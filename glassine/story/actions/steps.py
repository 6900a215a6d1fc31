"""A model that may have actions called: it wants, the policy outside of it decides, it hears what came of it, and answers. Bounded in calls, in time and in words.

Reads run beside each other; what changes something runs alone, in the model's order, and only while the turn is still wanted.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from glassine.edge.llm import Llm, OnText
from glassine.rules import prompt
from glassine.rules.autopilot import Kind
from glassine.rules.calling import built_in, telling
from glassine.story.saying import Saying
from glassine.story.scene import Acting, Means, Scene
from glassine.story.world import World
from glassine.words.actions import WAITING, BuiltIn, Call
from glassine.words.errors import ModelFailed
from glassine.words.turns import ModelReply, Prompt, PromptMessage, Round, ToolCall, Trace

MOST_CALLS = 4  # of the model, in one turn
_READ_BY_CUSTOMERS = frozenset({BuiltIn.COLLECT, BuiltIn.EMAIL})  # their words are a model's
_MOST_AT_ONCE = 5  # actions that one of them may want
_LONGEST = 40.0  # seconds after which no further action is called
_TOO_MANY = f"Not called: only {_MOST_AT_ONCE} actions are called at once. Call it again if you still need it."
_WAITS_BEFORE = "Not called: another call waits for somebody first."
_AGAIN = "This was called already for this message. It answered:"


@dataclass(slots=True, kw_only=True)
class Talk:
    """A conversation with a model over one message: who asks it, what it may call, and what it has heard."""

    world: World
    scene: Scene
    trace: Trace
    llm: Llm
    means: Means
    acting: Acting
    cover: Callable[[str], str]  # what a model made up and shows as personal
    judge: Callable[[str], str] = lambda _: ""  # the beginning of an answer as the customer would read it; nothing where the guard does not pass it
    objects: Callable[[ToolCall], str] = lambda _: ""  # why a customer may not read the words of a call; nothing where they may
    began: float = field(default_factory=time.monotonic)
    heard: dict[str, str] = field(default_factory=dict)  # by what was wanted, word for word


async def until_answered(talk: Talk) -> ModelReply | Call:
    """The model's last words, or the call that ends the turn: it waits for somebody, or hands off. Raises what a model call raises, and NoLonger."""
    assert talk.trace.prompt is not None, "it is built before anybody is asked"
    so_far = talk.trace.prompt
    for number in range(1, MOST_CALLS + 1):
        talk.means.tell("model")
        began = time.perf_counter()
        reply = await asked(talk, so_far)
        took = _spent(talk.trace, "model", began)
        if not reply.calls:
            return reply
        if number == MOST_CALLS:
            raise ModelFailed("malformed", f"The model still wanted an action after {MOST_CALLS} calls.")
        said = _covered(talk, reply)
        began = time.perf_counter()
        words, waits = await _called(talk, reply.calls)
        _spent(talk.trace, "actions", began)
        last = number == MOST_CALLS - 1 or time.monotonic() - talk.began > _LONGEST
        heard = () if waits else prompt.answers(so_far, said, words, last=last)
        usage = {"prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens, "cached_tokens": reply.cached_tokens}
        talk.trace.rounds.append(Round(said=said, heard=heard, model=reply.model, usage=usage, milliseconds=took))
        if waits:
            return waits
        so_far = prompt.continued(so_far, said, heard)
    raise AssertionError("the last call either answers or fails")


async def asked(talk: Talk, words: Prompt) -> ModelReply:
    """One model call, read as it comes where somebody looks. What is sent is kept as it is sent, also when nothing comes back."""
    show = talk.means.showing() if talk.trace.decision == Kind.ANSWER else None
    if show is None:
        return await _sent(talk, words)
    try:
        reply = await _sent(talk, words, Saying(talk.judge, show).hear)
    except ModelFailed as failure:
        if not failure.broke:
            raise
        reply = await _sent(talk, words)  # the stream broke off: half an answer is none, and a whole one may still be had
    if reply.calls:
        show("")  # words beside a call are not said
    return reply


async def _sent(talk: Talk, words: Prompt, on_text: OnText | None = None) -> ModelReply:
    call = talk.llm.complete(words, org=talk.scene.org, session=talk.scene.session.id, purpose=talk.means.purpose, on_text=on_text, asked=talk.trace.asked)
    return await talk.world.switches.while_open(talk.scene.org, talk.means.purpose, call)


def _spent(trace: Trace, step: str, began: float) -> float:
    took = round((time.perf_counter() - began) * 1_000, 2)
    trace.timings[step] = round(trace.timings.get(step, 0.0) + took, 2)
    return took


def _covered(talk: Talk, reply: ModelReply) -> PromptMessage:
    """What the model said and wanted, as it is kept and told it again: without personal values of its own making."""
    calls = tuple(ToolCall(id=call.id, name=talk.cover(call.name[:64]), arguments=_each(call.arguments, talk)) for call in reply.calls)
    return PromptMessage(role="assistant", content=talk.cover(reply.text), calls=calls)


def _each(value: Any, talk: Talk) -> Any:
    if isinstance(value, str):
        return talk.cover(value)
    if isinstance(value, dict):
        return {talk.cover(str(name)): _each(one, talk) for name, one in value.items()}
    return [_each(one, talk) for one in value] if isinstance(value, list) else value


async def _called(talk: Talk, wanted: Sequence[ToolCall]) -> tuple[list[str], Call | None]:
    """What the model is told of each, in its order, and the call that waits, after which none is made."""
    words: list[str] = []
    waits: Call | None = None
    while len(words) < len(wanted):
        at = len(words)
        together = _together(talk, wanted[at:])
        if waits or at >= _MOST_AT_ONCE:
            words += [_WAITS_BEFORE if waits else _TOO_MANY] * len(together)
            continue
        talk.means.tell("acting")
        found = await asyncio.gather(*(_one(talk, each) for each in together[: _MOST_AT_ONCE - at]))
        words += [said for said, _ in found]
        waits = next((call for _, call in found if call is not None and (call.state in WAITING or built_in.hands_off(call))), None)
    return words, waits


def _together(talk: Talk, wanted: Sequence[ToolCall]) -> Sequence[ToolCall]:
    """The reads that it begins with, or what it begins with alone."""
    reads = next((at for at, each in enumerate(wanted) if each.name not in talk.acting.reads), len(wanted))
    return wanted[: reads or 1]


async def _one(talk: Talk, wanted: ToolCall) -> tuple[str, Call | None]:
    key = f"{wanted.name} {json.dumps(wanted.arguments, sort_keys=True, default=str)}"
    if key in talk.heard:
        return f"{_AGAIN}\n{talk.heard[key]}", None
    objection = talk.objects(wanted) if wanted.name in _READ_BY_CUSTOMERS else ""
    call = await (talk.acting.ask(wanted, objection) if objection else talk.acting.ask(wanted))
    talk.trace.called.append(call)
    talk.heard[key] = telling.told(call)
    return talk.heard[key], call
