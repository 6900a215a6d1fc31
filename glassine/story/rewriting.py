"""An answer that the guard stopped, or that is in the wrong language, is written again, once, with what was found named to the model. It sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from glassine.edge.language import speaks
from glassine.rules import grounding, prompt
from glassine.rules.grounding import Finding, Grounded
from glassine.story.actions import steps
from glassine.story.actions.steps import Talk
from glassine.words.errors import ModelFailed, SwitchedOff
from glassine.words.turns import ModelReply, PromptMessage, Reason, Round

_FOUND = "The first answer was not sent: "
_SECOND = "The second answer was not sent: "
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
    usage = {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens, "cached_tokens": answer.cached_tokens}
    trace.rounds.append(Round(said=PromptMessage(role="assistant", content=trace.answer), heard=words.messages[-1:], model=answer.model, usage=usage, milliseconds=0.0))
    return reply


def foreign(answer: str, language: str | None) -> bool:
    """Whether an answer is clearly in another language than the conversation."""
    return bool(language) and not speaks(grounding.prose(answer), str(language))


def named(grounded: Grounded, message: str, language: str | None) -> Grounded:
    """With the finding that an answer is in another language than the customer's. It may be sent all the same: that is better than none.

    Where the message itself is clearly in another language than the conversation's, either will do. A model that gave up is not asked again.
    """
    if (grounded.reply is None and not grounded.findings) or (language and not speaks(message, language)):
        return grounded
    found = Finding(kind="language", text=prompt.language_name(language))
    return replace(grounded, findings=(*grounded.findings, found), notes=(*grounded.notes, found.says))


def settled(first: Grounded, second: Grounded) -> Grounded:
    """What is made of both answers. Where neither can be sent, the reason is that the first could not; where only the first can, it is sent as it is."""
    if second.reply is None and first.reply is not None:
        return replace(first, notes=(*first.notes, *(f"{_SECOND}{note}" for note in second.notes)))
    reasons = second.reasons if second.reply else (Reason.NOT_GROUNDED,)
    return replace(second, reasons=reasons, notes=(*(f"{_FOUND}{finding.says}" for finding in first.findings), *second.notes))


def settled_then(rounds: Iterable[Mapping[str, Any]], answer: str, judge: Callable[[str], Grounded]) -> Grounded:
    """The same of a turn that is recorded, judged once more: a round in which the model wanted no action was written again."""
    grounded = judge(answer)
    for one in rounds:
        if not one["said"].get("calls"):
            grounded = settled(judge(str(one["said"]["content"])), grounded)
    return grounded
