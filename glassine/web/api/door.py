"""Who calls the API: Bearer keys and widget tokens become actors and visitors, each held to its rate. It lets in or refuses; nothing else."""

from __future__ import annotations

import time
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from glassine.rules import phrases
from glassine.rules.permits import require_scope
from glassine.story import access, house, visitor
from glassine.story.rates import Rates
from glassine.story.visitor import Visitor
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import OrgId
from glassine.words.people import Actor

bearer = HTTPBearer(auto_error=False, description="An API key from Settings › API keys: `ocx_live_…`")
_bot_token = APIKeyHeader(name="X-Bot-Token", auto_error=False, description="The organisation's widget token, from Settings › Widget")
_rates = Rates()
_KNOWN_FOR = 5.0  # seconds: how long a revoked key may still be good, and how often a busy one is looked up


async def world_of(request: Request) -> World:
    """The world of this application. Asynchronous, because the framework would run a plain function in a thread."""
    world: World = request.app.state.world
    return world


Here = Annotated[World, Depends(world_of)]


def limit(key: str, per_minute: int) -> None:
    """Raises Refused (429) when `key` has been here more often than that within a minute."""
    if not _rates.hit(key, most=per_minute, seconds=60):
        raise Refused(f"More than {per_minute} requests a minute. Slow down and try again.", status=429, code="too_many_requests")


async def caller(request: Request, world: Here, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]) -> Actor:
    """The API key's actor. Raises Refused (401, 429, and 403 while the API is switched off)."""
    known: dict[str, tuple[float, Actor]] = request.app.state.known_keys
    secret = credentials.credentials if credentials else ""
    kept = known.get(secret)
    if kept is None or kept[0] < time.monotonic():
        known.pop(secret, None)
        if len(known) > 1_000:
            known.clear()
        kept = known[secret] = (time.monotonic() + _KNOWN_FOR, await access.by_key(world, secret))
    limit(f"key:{kept[1].id}", world.settings.api_rate)
    await world.switches.admit(kept[1].org, "api")
    return kept[1]


class Scope:
    """A dependency: the caller's key must have this scope."""

    def __init__(self, scope: str) -> None:
        self.scope = scope

    async def __call__(self, actor: Annotated[Actor, Depends(caller)]) -> Actor:
        require_scope(actor, self.scope)
        return actor


async def site(request: Request, world: Here, token: Annotated[str | None, Security(_bot_token)]) -> OrgId:
    """The organisation of a widget token. Raises Refused (401, and 403 in the customer's words while web chat is switched off)."""
    known: dict[str, tuple[float, OrgId]] = request.app.state.known_sites
    kept = known.get(token or "")
    if kept is None or kept[0] < time.monotonic():
        org = await house.by_widget_token(world, token or "")
        if len(known) > 1_000:
            known.clear()
        kept = known[token or ""] = (time.monotonic() + _KNOWN_FOR, org)
    if await world.switches.closed(kept[1], "web"):
        world.switches.turn_away(kept[1], "web")
        language = next(iter((await world.switches.of(kept[1])).languages), None)
        raise Refused(phrases.switched_off(language), status=403, code="switched_off")
    return kept[1]


async def guest(world: Here, org: Annotated[OrgId, Depends(site)], authorization: Annotated[str | None, Header(include_in_schema=False)] = None) -> Visitor:
    """The visitor of a contact token. Raises Refused (401, 429)."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refused("The contact token is missing. Send it as: Authorization: Bearer …", status=401, code="unauthorized")
    who = await visitor.by_token(world, org, token.strip())
    limit(f"visitor:{who.contact}", world.settings.visitor_rate)
    return who


def as_uuid(text: str | None, what: str) -> UUID | None:
    """Raises Refused (400) with the name of the field."""
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Refused(f"{what} must be a UUID.") from None
