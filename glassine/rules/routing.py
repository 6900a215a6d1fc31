"""Where a handoff goes: the own inbox, a helpdesk, or both with one owner. Pure; the moves are made in story/owning.py."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from glassine.words.routing import Goes, Place, Routing
from glassine.words.sessions import ChannelKind, OwnerKind


def place(routing: Routing, channel: ChannelKind, connected: Collection[UUID]) -> Place:
    """`connected` are the helpdesks that can be handed to now. Where the one that was chosen is none of them the own inbox takes it: somebody always does."""
    route = routing.on(channel)
    if route.to is Goes.INBOX or route.helpdesk is None or route.helpdesk not in connected:
        return Place()
    owned_there = route.to is Goes.HELPDESK or route.owns is Goes.HELPDESK
    return Place(owner=OwnerKind.HELPDESK if owned_there else OwnerKind.TEAM, ticket=route.helpdesk)
