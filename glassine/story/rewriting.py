"""An answer that the guard stopped is written again, once, with what was found named to the model. It judges nothing and sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from glassine.rules import prompt
from glassine.rules.grounding import Grounded
from glassine.story import steps
from glassine.story.steps import Talk
from glassine.words.errors import ModelFailed, SwitchedOff
from glassine.words.turns import ModelReply, PromptMessage, Reason, Round

_FOUND = "The first answer was not sent: "
UNANSWERED = "The answer was to be written again, and was not: "


async def again(talk: Talk, answer: ModelReply, grounded: Grounded) -> ModelReply | None:
    """The second answer; None when there is none, and then the first one's findings stand. What was said before is kept as a round of the turn."""
    trace = talk.trace
    assert trace.prompt is not None, "there is an answer to it"
    assert trace.answer is not None, "it has been judged"
    so_far = trace.prompt
    for one in trace.rounds:
        so_far = prompt.continued(so_far, one.said, one.heard)
    words = prompt.rewritten(so_far, trace.answer, [finding.says for finding in grounded.findings])
    talk.means.tell("model")
    try:
        reply = await steps.asked(talk, words)
    except (ModelFailed, SwitchedOff) as failure:
        trace.notes.append(f"{UNANSWERED}{failure}")
        return None
    if not reply.text.strip():
        trace.notes.append(f"{UNANSWERED}the model wanted an action instead.")
        return None
    trace.notes += found(grounded)
    usage = {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens, "cached_tokens": answer.cached_tokens}
    trace.rounds.append(Round(said=PromptMessage(role="assistant", content=trace.answer), heard=words.messages[-1:], model=answer.model, usage=usage, milliseconds=0.0))
    return reply


def second(grounded: Grounded) -> Grounded:
    """What is made of the second answer: where it is none either, the reason is that the first could not be sent."""
    return grounded if grounded.reply else replace(grounded, reasons=(Reason.NOT_GROUNDED,))


def found(grounded: Grounded) -> list[str]:
    return [f"{_FOUND}{finding.says}" for finding in grounded.findings]


def found_then(rounds: Iterable[Mapping[str, Any]], judge: Callable[[str], Grounded]) -> list[str]:
    """The same of a turn that is recorded, judged once more: a round in which the model wanted no action was written again."""
    return [note for one in rounds if not one["said"].get("calls") for note in found(judge(str(one["said"]["content"])))]
