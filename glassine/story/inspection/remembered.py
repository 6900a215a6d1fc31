"""What a past turn had at hand, given once more: the actions that it was offered, what came of its calls, and its model's own words. Nothing here leaves or is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from glassine.edge.llm import Llm, OnText, Purpose
from glassine.story.inspection.recalling import Recalled
from glassine.story.scene import Acting
from glassine.words.actions import Call, CallId, CallState
from glassine.words.errors import ModelFailed
from glassine.words.ids import OrgId, SessionId, new_id
from glassine.words.turns import Asked, ModelReply, Prompt, PromptMessage, ToolCall, ToolSpec

_USUAL = 150  # tokens of an answer, where it is not known how long they are


async def acting(kept: Recalled) -> Acting:
    """The actions that were offered then. A call that was made then is answered as it was; any other is none, and nothing leaves."""
    tools = tuple(ToolSpec(**one) for one in (kept.trace.get("prompt") or {}).get("tools") or ())

    async def ask(wanted: ToolCall) -> Call:
        made = next((one for one in kept.trace.get("called") or () if (one["name"], one["arguments"]) == (wanted.name, wanted.arguments)), None)
        state = CallState(made["state"]) if made else CallState.DRY
        return Call(
            id=CallId(new_id()), session=kept.scene.session.id, turn=None, action=None, name=wanted.name, version=0, arguments=wanted.arguments, state=state,
            why=made["why"] if made else "", seen=made["seen"] if made else "", says=made["says"] if made else "",
        )

    return Acting(specs=tools, reads=frozenset(tool.name for tool in tools), ask=ask)


async def gone_on(kept: Recalled, call: Call, yes: bool) -> Call:
    """As it went on then."""
    made = next((one for one in kept.trace.get("called") or () if one["id"] == str(call.id)), None)
    if made is None:
        return replace(call, state=CallState.DRY if yes else CallState.DECLINED, settled_at=kept.row["created_at"])
    return replace(call, state=CallState(made["state"]), why=made["why"], seen=made["seen"], settled_at=datetime.fromisoformat(made["settled_at"]) if made["settled_at"] else None)


class Unasked(Exception):
    """Only a language model could tell what comes next, and none is asked. What asking would take is estimated."""

    def __init__(self, prompt: Prompt, tokens_out: int) -> None:
        super().__init__("no language model is asked")
        self.prompt, self.tokens_in, self.tokens_out = prompt, prompt.tokens, tokens_out

    @property
    def question(self) -> tuple[object, ...]:
        """What would be asked; equal ones would be answered alike."""
        return self.prompt.messages, self.prompt.tools


class Unanswered(Exception):
    """A model was asked and is not well, or the day's budget is spent: a later try may find it so again."""


_NOT_WELL = frozenset({"timeout", "unreachable", "rate_limited", "denied", "spent"})  # the other failures are what a customer would have met too


@dataclass(slots=True, kw_only=True)
class Remembered:
    """A model that says what it said in a turn. `knows` tells whether a prompt is the one that it was asked then, by its place; any other goes to `ask`, or raises Unasked."""

    model: str
    replies: Sequence[ModelReply]
    knows: Callable[[int, Prompt], bool]
    failed: bool = False  # it gave no usable answer then, and so it does now
    ask: Llm | None = None
    heard: list[Prompt] = field(default_factory=list)
    asked: int = 0  # how many were really asked

    async def complete(
        self, prompt: Prompt, *, org: OrgId, session: SessionId | None, purpose: Purpose = "model", on_text: OnText | None = None, asked: list[Asked] | None = None,
    ) -> ModelReply:
        place = len(self.heard)
        self.heard.append(prompt)
        if not self.asked and self.knows(place, prompt):
            if place < len(self.replies):
                return self.replies[place]
            if self.failed:
                raise ModelFailed("malformed", "The model gave no usable answer then.")
        if self.ask is None:
            raise Unasked(prompt, max((each.completion_tokens for each in self.replies), default=0) or _USUAL)
        self.asked += 1
        try:
            return await self.ask.complete(prompt, org=org, session=session, purpose=purpose, on_text=on_text, asked=asked)
        except ModelFailed as failure:
            if failure.kind in _NOT_WELL:
                raise Unanswered(str(failure)) from failure
            raise


def replies(kept: Recalled) -> list[ModelReply]:
    """All that the model said in a turn, in order."""
    said = [_reply(one["said"]["content"], one["model"], one, tuple(ToolCall(**call) for call in one["said"].get("calls") or ())) for one in kept.trace.get("rounds") or ()]
    return said if kept.answer is None else [*said, _reply(kept.answer, str(kept.row["model"]), kept.trace)]


def _reply(text: str, model: str, stored: Mapping[str, Any], calls: tuple[ToolCall, ...] = ()) -> ModelReply:
    usage = stored.get("usage") or {}
    return ModelReply(text=text, model=model, prompt_tokens=int(usage.get("prompt_tokens", 0)), completion_tokens=int(usage.get("completion_tokens", 0)), calls=calls)


def same(one: Prompt, two: Prompt) -> bool:
    """Whether a model would be asked the same."""
    return _words(one.messages) == _words(two.messages) and one.tools == two.tools


def _words(messages: Sequence[PromptMessage]) -> list[tuple[str, str]]:
    return [(each.role, each.content) for each in messages]
