"""Language models in words: an endpoint, what models are asked for, the day's budget, and what was used. It asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from glassine.words.house import OrgSettings

OPERATOR = "operator"  # the id of the endpoint that the operator of the machine has set for everybody


class WireName(StrEnum):
    """How a provider is spoken to."""

    OPENAI = "openai"  # chat completions, as most servers speak them
    RESPONSES = "responses"
    ANTHROPIC = "anthropic"


class Use(StrEnum):
    """What a model is asked for."""

    ANSWER = "answer"  # customers
    CLASSIFY = "classify"  # does a text keep a rule in plain words
    SUMMARISE = "summarise"  # a conversation, as a scenario
    TRANSLATE = "translate"  # articles
    WHAT_IF = "what-if"  # an earlier turn asked again


class Then(StrEnum):
    """What answers do when the day's budget is spent."""

    QUOTE = "quote"
    HAND_OFF = "hand_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A model at an address. `key` is sealed; prices are per million tokens, in whatever currency the organisation counts in (None: not known)."""

    id: str
    name: str
    wire: WireName = WireName.OPENAI
    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout: float = 20.0  # seconds for one whole answer
    price_in: float | None = None
    price_out: float | None = None
    removed: str = ""  # when (ISO 8601): it is kept until the next change, so that removing it can be undone

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """From the JSON of the store; fields that this version does not know are ignored."""
        known = {name: value for name, value in stored.items() if name in cls.__slots__}
        return cls(**{**known, "wire": WireName(known.get("wire", WireName.OPENAI))})

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    def costs(self, prompt_tokens: int, completion_tokens: int) -> float:
        """What so many tokens cost at most: those that the provider had in its cache are counted in full."""
        return ((self.price_in or 0) * prompt_tokens + (self.price_out or 0) * completion_tokens) / 1_000_000


def endpoints(settings: OrgSettings) -> tuple[Endpoint, ...]:
    """The organisation's own, in order, without those that were removed."""
    return tuple(one for one in map(Endpoint.read, settings.models) if not one.removed)


def chosen(settings: OrgSettings, use: Use, operator: Endpoint | None) -> tuple[Endpoint, ...]:
    """Who is asked for this, in order: what the organisation has chosen for it, else all of its own, else the operator's."""
    own = endpoints(settings)
    known = {one.id: one for one in (*own, *((operator,) if operator else ()))}
    picked = tuple(known[id] for id in settings.model_uses.get(use, ()) if id in known)
    return picked or own or ((operator,) if operator else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be used in a day (UTC). 0: as much as it takes."""

    tokens: int = 0
    money: float = 0.0
    then: Then = Then.QUOTE

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(tokens=int(stored.get("tokens", 0)), money=float(stored.get("money", 0)), then=Then(stored.get("then", Then.QUOTE)))

    @property
    def limited(self) -> bool:
        return self.tokens > 0 or self.money > 0

    def share(self, tokens: int, money: float) -> float:
        """How much of it is used: 1 is all."""
        return max(tokens / self.tokens if self.tokens else 0.0, money / self.money if self.money else 0.0)
