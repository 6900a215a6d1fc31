"""The keys that go along with a call: opened for the one host they are for, and never handed to anything but the request. Tokens are fetched through the gate."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from glassine.edge.gate import Crossing
from glassine.rules.calling.requests import Extra
from glassine.rules.rescan import KEYS
from glassine.store import variables
from glassine.store.actions import host_of
from glassine.store.variables import Sealed
from glassine.story.world import World
from glassine.words.actions import Action, Variable, VariableId, VariableKind
from glassine.words.crossings import Answer
from glassine.words.errors import CrossingRefused, SwitchedOff
from glassine.words.ids import OrgId, SessionId

_EARLY = 30.0  # seconds before its end that a token is not used any more
_SHORTEST, _LONGEST = 5.0, 3_600.0
_MOST_BYTES = 100_000


class NoKey(Exception):
    """A key could not be had; the sentence says why, without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What goes along, which of it came from a token that may have expired, and every secret of it, so that none is shown."""

    extra: Extra
    tokens: tuple[VariableId, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def hiding(self, secrets: tuple[str, ...]) -> Keys:
        """The same, with more that nobody is shown."""
        return replace(self, secrets=(*self.secrets, *secrets))

    @property
    def looks_personal(self) -> bool:
        """Whether the last look at what leaves would take one of these for somebody's secret: it knows keys by their headers only."""
        return bool(self.extra.query) or any(name.lower() not in KEYS for name in self.extra.headers)

    def covered(self, text: str) -> str:
        """A text without the keys, should the other side repeat one."""
        for secret in self.secrets:
            text = text.replace(secret, "…") if len(secret) > 3 else text
        return text


NONE = Keys(extra=Extra())


async def for_call(world: World, org: OrgId, action: Action, session: SessionId | None) -> Keys:
    """The keys for this action's host. Raises NoKey."""
    host, headers, query, tokens, secrets = host_of(action.url), dict[str, str](), dict[str, str](), list[VariableId](), list[str]()
    async with world.store.tx(org) as tx:
        held = [one for one in await variables.all_of(tx, org) if host in one.variable.hosts]
    for one in held:
        value = (await world.key(org)).open(one.sealed, org, "action_variables", "sealed", one.variable.id).decode()
        secrets.append(value)
        match one.variable.kind:
            case VariableKind.HEADER:
                headers[one.variable.field] = value
            case VariableKind.QUERY:
                query[one.variable.field] = value
                secrets.append(quote_plus(value))  # as it stands in an address
            case VariableKind.BASIC:
                packed = base64.b64encode(f"{one.variable.field}:{value}".encode()).decode()
                headers["Authorization"] = f"Basic {packed}"
                secrets.append(packed)
            case VariableKind.OAUTH2:
                token = await _token(world, org, one, value, session)
                headers["Authorization"] = f"Bearer {token}"
                tokens.append(one.variable.id)
                secrets.append(token)
    return Keys(extra=Extra(headers=headers, query=query), tokens=tuple(tokens), secrets=tuple(secrets))


def forget(world: World, keys: Keys) -> None:
    """The other side does not take these tokens any more."""
    for id in keys.tokens:
        world.tokens.pop(id, None)


async def _token(world: World, org: OrgId, one: Sealed, secret: str, session: SessionId | None) -> str:
    """The one that is known, until shortly before it expires; else a new one."""
    variable, known = one.variable, world.tokens.get(one.variable.id)
    if known and known[0] > time.monotonic() and known[1] == one.sealed:
        return known[2]
    token, seconds = _read(await _fetched(world, org, variable, secret, session))
    world.tokens[variable.id] = (time.monotonic() + max(_SHORTEST, min(seconds, _LONGEST) - _EARLY), one.sealed, token)
    return token


async def _fetched(world: World, org: OrgId, variable: Variable, secret: str, session: SessionId | None) -> Answer:
    """RFC 6749, 4.4: the client says who it is in the way that every server must understand."""
    client = base64.b64encode(f"{quote(variable.field, safe='')}:{quote(secret, safe='')}".encode()).decode()
    headers = {"Authorization": f"Basic {client}", "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    body = urlencode({"grant_type": "client_credentials", **({"scope": variable.scope} if variable.scope else {})}).encode()
    crossing = Crossing(org=org, session=session, purpose="action", hosts=(host_of(variable.token_url),))
    try:
        going = world.gate.request(crossing, "POST", variable.token_url, headers=headers, body=body, timeout=15, max_bytes=_MOST_BYTES)
        answer = await world.switches.while_open(org, "action", going)
    except SwitchedOff as refusal:
        raise NoKey(f"{refusal}.") from None
    except CrossingRefused as refusal:
        raise NoKey(f"The gate did not let the request for a token through: {refusal}.") from None
    except (TimeoutError, ConnectionError):
        raise NoKey("The server that gives tokens could not be reached.") from None
    if answer.status != 200:
        raise NoKey(f"The server that gives tokens answered {answer.status}.")
    return answer


def _read(answer: Answer) -> tuple[str, float]:
    try:
        given: Any = json.loads(answer.body)
        token, seconds = given["access_token"], float(given.get("expires_in", 300))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NoKey("The server that gives tokens answered something else.") from None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not 0 < len(token) < 20_000:
        raise NoKey("The server that gives tokens answered something else.")
    return token, seconds
