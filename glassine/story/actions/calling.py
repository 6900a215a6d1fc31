"""One call goes out and its answer comes in: through the gate, tried again only where that is safe, and masked before anybody sees it. It decides nothing about policy."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from glassine.edge.gate import Crossing
from glassine.rules.calling import answers, requests
from glassine.rules.calling.arguments import Unfilled, Values, mapped
from glassine.rules.calling.requests import Extra, Request
from glassine.store.actions import host_of
from glassine.story.actions import keys_along
from glassine.story.actions.keys_along import Keys, NoKey
from glassine.story.masking import Mask, shortened
from glassine.story.world import World
from glassine.words.actions import Action, CallId, CallState
from glassine.words.crossings import Answer
from glassine.words.errors import CrossingRefused, NotReached, SwitchedOff, TooLarge
from glassine.words.ids import OrgId, SessionId

_TRIES = 3
_PAUSE = 0.25  # seconds before the second try, doubled and varied
_LONGEST_PAUSE = 5.0
_HALF_A_VALUE = 400  # characters: no value that is masked is longer
_BUSY = frozenset({429, 502, 503, 504})
_PERHAPS_DONE = frozenset({502, 504})  # a server between us and the one that acts did not hear from it


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """How a call ended. `content` is raw: mask it before it goes anywhere. `fault`: it was the other side's failure."""

    state: CallState
    why: str = ""
    status: int | None = None
    content: Any = field(default=None, repr=False)
    fault: bool = False
    attempts: int = 1
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """What is about to be sent, and for whom."""

    org: OrgId
    session: SessionId | None
    id: CallId
    action: Action
    values: Values
    context: Extra = field(default_factory=Extra)  # beside the keys: who is asking, and what the organisation's systems set for them
    secrets: tuple[str, ...] = field(default=(), repr=False)  # in that context: nobody is shown them

    @property
    def safe(self) -> bool:
        """Whether sending it twice does nothing twice."""
        return self.action.reads or bool(self.action.idempotency_header)


async def send(world: World, going: Going) -> Came:
    """Sends it, and again where that is safe. Raises nothing that the other side can cause."""
    began, attempts, renewed = time.monotonic(), 0, False
    while True:
        attempts += 1
        try:
            keys = (await keys_along.for_call(world, going.org, going.action, going.session)).hiding(going.secrets)
        except NoKey as why:
            return Came(state=CallState.FAILED, why=str(why), fault=True, attempts=attempts, milliseconds=_since(began))
        came, wait = await _once(world, going, keys, going.action.timeout - (time.monotonic() - began))
        came = replace(came, attempts=attempts, milliseconds=_since(began))
        if came.status == 401 and keys.tokens and not renewed:
            renewed = True  # a token may have been taken back before its time; the call did nothing
            keys_along.forget(world, keys)
            continue
        pause = max(wait, _PAUSE * 2 ** (attempts - 1) * (0.5 + random.random()))  # noqa: S311 - it spreads tries, and keeps no secret
        left = going.action.timeout - (time.monotonic() - began)
        if not (came.fault and going.safe and attempts < _TRIES and pause < min(left, _LONGEST_PAUSE)):
            return came
        await asyncio.sleep(pause)


def _since(began: float) -> float:
    return round((time.monotonic() - began) * 1_000, 1)


async def _once(world: World, going: Going, keys: Keys, seconds: float) -> tuple[Came, float]:
    """One try, and for how long the other side asked to be left alone."""
    try:
        request = built(going, keys)
    except Unfilled as why:
        return Came(state=CallState.FAILED, why=f"It could not be sent: {why}"), 0.0
    if why_not := await world.switches.closed(going.org, "action"):
        return Came(state=CallState.FAILED, why=f"Nothing was sent: {why_not}."), 0.0
    crossing = Crossing(
        org=going.org, session=going.session, purpose="action", hosts=(host_of(going.action.url),), raw=going.values.raw or bool(going.secrets) or keys.looks_personal,
    )
    try:
        answer = await world.switches.while_open(going.org, "action", _exchange(world, crossing, request, max(0.1, seconds)))
    except SwitchedOff as refusal:
        return _unheard(going, f"It was stopped: {refusal}."), 0.0
    except CrossingRefused as refusal:
        return Came(state=CallState.FAILED, why=f"The gate did not let it through: {refusal}."), 0.0
    except NotReached:
        return Came(state=CallState.FAILED, why="The other side could not be reached, so nothing was sent.", fault=True), 0.0
    except TimeoutError:
        return _unheard(going, f"The other side did not answer within {going.action.timeout:g} seconds."), 0.0
    except ConnectionError:
        return _unheard(going, "The connection broke before an answer came."), 0.0
    return _judged(going, answer, keys), _asked_pause(answer.headers)


def built(going: Going, keys: Keys) -> Request:
    """What is sent, with everything in it. A key overrides nothing of the action's own path."""
    along, context = keys.extra, going.context
    extra = Extra(
        headers={"User-Agent": "Glassine", **along.headers, **context.headers}, query={**along.query, **context.query}, body=context.body, path=context.path,
    )
    return requests.request(going.action, going.values.by_name, boundary=going.id.hex, extra=extra)


async def _exchange(world: World, crossing: Crossing, request: Request, seconds: float) -> Answer:
    """An answer that is too large has a status all the same: what was done was done."""
    sending = world.gate.stream(crossing, request.method, request.url, headers=request.headers, body=request.body, timeout=seconds, max_bytes=answers.MOST_BYTES)
    async with sending as stream:
        try:
            body = b"".join([chunk async for chunk in stream.chunks])
        except TooLarge:
            return Answer(status=stream.status, headers={**stream.headers, "content-type": "too-large"}, body=b".")
        return Answer(status=stream.status, headers=stream.headers, body=body)


def _unheard(going: Going, why: str) -> Came:
    """A call that changes something may have done so."""
    return Came(state=CallState.FAILED if going.action.reads else CallState.UNKNOWN, why=why, fault=True)


def _judged(going: Going, answer: Answer, keys: Keys) -> Came:
    status = answer.status
    if 300 <= status < 400:
        return Came(state=CallState.FAILED, why="The other side answered with another address, which is not gone to.", status=status)
    if status in _PERHAPS_DONE and not going.action.reads:
        return Came(state=CallState.UNKNOWN, why="A server on the way did not hear whether it was done.", status=status, fault=True)
    why, content = _content(going.action, answer, keys)
    if 200 <= status < 300:
        return Came(state=CallState.DONE, why=why, status=status, content=content)
    if status in (401, 403):
        why = why or "The other side does not take our key for this."
    return Came(state=CallState.FAILED, why=why or f"The other side answered {status}.", status=status, content=content, fault=status >= 500 or status in _BUSY)


def _content(action: Action, answer: Answer, keys: Keys) -> tuple[str, Any]:
    """Why there is nothing to show, or what there is."""
    if answer.headers.get("content-type") == "too-large":
        return f"The answer is larger than {answers.MOST_BYTES:,} bytes and is not shown.", None
    try:
        found = answers.chosen(answers.content(answer), action.shown)
    except answers.Unreadable as why:
        return str(why), None
    return "", mapped(found, keys.covered)


def _asked_pause(headers: Mapping[str, str]) -> float:
    given = headers.get("retry-after", "")
    return float(given) if given.isdigit() and len(given) < 6 else 0.0


async def seen(world: World, mask: Mask, content: Any) -> str:
    """What the model, and the store, see of an answer: masked as this channel masks, in the shape it had where that can be kept, and not too long."""
    if content is None:
        return ""
    whole = answers.written(content)
    text = whole[: 2 * answers.MOST_SHOWN]
    masked = (await mask.text(world, text)).text
    if len(whole) > len(text):  # half a value at the cut is not masked, and placeholders are short: it may stand early enough to be shown
        return shortened(masked, min(answers.MOST_SHOWN, max(0, len(masked) - _HALF_A_VALUE)))
    try:
        shown = answers.shown(answers.read_back(masked, content))
    except (ValueError, RecursionError):
        shown = masked
    return shortened(shown, answers.MOST_SHOWN)
