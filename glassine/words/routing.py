"""Where handoffs go in words: to the own inbox, to a helpdesk, or to both with one of them owning. What follows is decided in rules/routing.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from glassine.words.helpdesks import HelpdeskId
from glassine.words.sessions import ChannelKind, OwnerKind


class Goes(StrEnum):
    """Where a channel's handoffs go."""

    INBOX = "inbox"
    HELPDESK = "helpdesk"
    BOTH = "both"  # one owns, the other shows what happens


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One channel's. `owns` counts for both: who answers, the inbox or the helpdesk."""

    to: Goes = Goes.INBOX
    helpdesk: HelpdeskId | None = None
    owns: Goes = Goes.HELPDESK

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """From JSON; a word that this version does not know is the own inbox, where somebody sees it."""
        to, owns, helpdesk = stored.get("to"), stored.get("owns"), stored.get("helpdesk")
        return cls(
            to=Goes(to) if to in tuple(Goes) else Goes.INBOX, helpdesk=HelpdeskId(UUID(helpdesk)) if helpdesk else None,
            owns=Goes.INBOX if owns == Goes.INBOX else Goes.HELPDESK,
        )

    def written(self) -> dict[str, Any]:
        return {"to": str(self.to), "helpdesk": str(self.helpdesk) if self.helpdesk else None, "owns": str(self.owns)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The part `routing` of the rulebook: each channel that differs from the own inbox."""

    channels: Mapping[ChannelKind, Route] = field(default_factory=dict)

    def on(self, channel: ChannelKind) -> Route:
        return self.channels.get(channel, Route())

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(channels={ChannelKind(channel): Route.read(one) for channel, one in (stored.get("channels") or {}).items() if channel in tuple(ChannelKind)})

    def written(self) -> dict[str, Any]:
        return {"channels": {str(channel): one.written() for channel, one in self.channels.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one handoff goes. `ticket`: the helpdesk that gets one, whoever owns the session."""

    owner: OwnerKind = OwnerKind.TEAM
    ticket: HelpdeskId | None = None
