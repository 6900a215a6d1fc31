"""An organisation in words: its name and what its admins have set."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from glassine.words.ids import OrgId


class Kind(StrEnum):
    """What can be kept for a number of days: the setting is `keep_` and this word."""

    MESSAGES = "messages"  # closed conversations, whole
    ATTACHMENTS = "attachments"
    TRACES = "traces"  # what the AI saw and did
    AUDIT = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgSettings:
    """What an organisation can set. Keys of `models` and `rerank_key` are sealed under the organisation's key; `patience` is how many minutes a
    customer who was handed off may wait before the session is overdue. `treatments` and `patterns` are read by rules/policies.py."""

    regions: tuple[str, ...] = ("US", "GB", "DE")
    languages: tuple[str, ...] = ("en",)
    patience: int = 15
    notify: tuple[str, ...] = ()  # who gets mail when a handoff waits: addresses, and people as `person:<id>`
    escalate: tuple[str, ...] = ()  # the same when nobody has answered by the deadline
    notify_in_hours: bool = True  # where there are office hours, mail waits for them
    vocabulary: tuple[str, ...] = ()  # products and brands: never masked as somebody's name
    treatments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # channel ("" for all) -> type -> keep | pseudonym | mask
    patterns: tuple[Mapping[str, Any], ...] = ()  # what admins look for besides, as JSON
    policy_version: int = 0  # counts the changes of both
    keep_messages: int = 0  # days; 0: for ever
    keep_attachments: int = 0
    keep_traces: int = 0
    keep_audit: int = 0
    models: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)  # language models, in order: read by words/models.py, keys sealed
    model_uses: Mapping[str, Sequence[str]] = field(default_factory=dict)  # what is asked for -> ids of models, in order
    model_budget: Mapping[str, Any] = field(default_factory=dict)
    rerank_url: str = ""  # the whole address
    rerank_model: str = ""
    rerank_key: str = field(default="", repr=False)
    ai_off: bool = False  # the switch for all AI
    switched_off: tuple[str, ...] = ()  # names of words/boundaries.py that nothing may cross
    off_since: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # `ai`, or a boundary's name: `at` (ISO 8601) and `by`

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """From the JSON of the store; fields that this version does not know are left alone there and ignored here."""
        known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items() if name in cls.__slots__}
        return cls(**known)


def own_words(name: str, settings: OrgSettings) -> frozenset[str]:
    """The organisation's own words, lower case: its name's and its vocabulary's."""
    return frozenset(re.findall(r"[^\W_]+", " ".join([name, *settings.vocabulary]).lower()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    id: OrgId
    name: str
    widget_token: str
    settings: OrgSettings
