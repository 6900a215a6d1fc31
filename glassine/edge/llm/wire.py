"""What a provider's wire has to do: make bodies of prompts, read answers and streams of events, and tell an error's parts. It sends nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

from glassine.words.turns import ModelReply, Prompt, PromptMessage

MAX_ANSWER_TOKENS = 600
_MOST_CALL_IDS = 26**2


@dataclass(slots=True, kw_only=True)
class Learnt:
    """What a server has told us of itself by refusing: parameters it does not take, its own name for the limit, and room for a model that thinks first."""

    without: set[str] = field(default_factory=set)
    limit: str = ""
    room: int = 0

    def most(self, prompt: Prompt) -> int:
        """Tokens that the answer may have, thoughts included."""
        return (prompt.longest or MAX_ANSWER_TOKENS) + self.room


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A server's error: its code word, the parameter that it names, and its own words, which are never shown."""

    code: object = None
    parameter: str = ""
    words: str = field(default="", repr=False)


class Gathering(Protocol):
    """One answer that comes in events. `take` gives the text that an event adds; both raise ModelFailed."""

    def take(self, event: Mapping[str, Any]) -> str: ...

    def done(self) -> ModelReply: ...


class Wire(Protocol):
    """One provider's way to ask. `optional`: parameters that may be left out where a server does not know them."""

    path: str
    optional: frozenset[str]

    def headers(self, host: str, key: str) -> dict[str, str]: ...

    def body(self, prompt: Prompt, model: str, learnt: Learnt, *, host: str = "", stream: bool = False) -> dict[str, Any]: ...

    def read(self, body: bytes, prompt: Prompt, asked: str) -> ModelReply:
        """A body of status 200 as a reply. Raises ModelFailed for everything that is not whole."""
        ...

    def gathering(self, prompt: Prompt, asked: str) -> Gathering: ...

    def error(self, body: bytes) -> Told: ...


def call_ids(messages: Sequence[PromptMessage]) -> Mapping[str, str]:
    """Names of our own for the calls, by the provider's, in the order they come in: nine letters, which every server takes.

    A provider's own are long and random, and one in which digits come together would be taken for a card or a number at the gate.
    """
    seen = list(dict.fromkeys(call.id for message in messages for call in message.calls))[:_MOST_CALL_IDS]
    return {id: f"calling{chr(97 + at // 26)}{chr(97 + at % 26)}" for at, id in enumerate(seen)}


def begins_alike(prompt: Prompt) -> str:
    """A key for prompts that begin with the same words and tools, by which a provider finds what it has read before. Letters only, as above."""
    first = next((message.content for message in prompt.messages if message.role == "system"), "")
    digest = sha256(repr((first, [(tool.name, tool.description) for tool in prompt.tools])).encode("utf-8", "replace")).hexdigest()[:32]
    return digest.translate(_LETTERS)


_LETTERS = str.maketrans("0123456789", "ghijklmnop")
