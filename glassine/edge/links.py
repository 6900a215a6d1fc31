"""A source's way out: requests through the egress gate, at the pace the other side asks for, with passing trouble tried again. It parses no answer.

What goes wrong becomes SourceFailed in plain words. They name the host and nothing else of an address, so that no key or token is ever in them.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from glassine.edge.gate import Answer, Crossing, Gate
from glassine.words.errors import CrossingRefused, TooLarge
from glassine.words.ids import OrgId
from glassine.words.sources import SourceFailed, Trouble

_TRIES = 5  # of one exchange; only the source is read, so a repeated request changes nothing there
_LONGEST_WAIT = 300.0  # seconds between two tries
_LONGEST_IN_ALL = 1_800.0  # seconds that a run spends waiting
_SECONDS = 40.0  # of one exchange, from the name to the last byte
_GAP = 0.05  # seconds from one request to a host to the next
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_ASKS_TO_WAIT = frozenset({429, 503, 529})


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class GateLink:
    """What a run hands to its source. `hosts`: where it may go; `own`: the operator's address for this vendor; `wait`: how it sleeps."""

    gate: Gate
    org: OrgId
    settings: Mapping[str, str] = field(repr=False)
    hosts: tuple[str, ...]
    own: str = ""
    now: datetime = field(default_factory=_utc)
    seconds: float = _SECONDS
    gap: float = _GAP
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    _waited: float = 0.0
    _free: dict[str, float] = field(default_factory=dict)  # by host, when the next request may go

    def base(self, default: str) -> str:
        """The vendor's address without a slash at its end: the operator's, or else `default`."""
        return (self.own or default).rstrip("/")

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", max_bytes: int = 4_000_000,
    ) -> Answer:
        """One exchange, as `Link` says. Raises SourceFailed."""
        host = host_of(url)
        for attempt in range(1, _TRIES + 1):
            await self._in_turn(host)
            answer = await self._once(method, url, headers, body, max_bytes, host, last=attempt == _TRIES)
            if answer is not None and answer.status not in _PASSING:
                return _told(answer, host)
            if attempt < _TRIES:
                await self._pause(host, answer, attempt)
        assert answer is not None, "the last try without an answer raises"
        raise _gave_up(answer, host)

    async def pause(self, seconds: float) -> None:
        """Keeps a pace that the other side tells in its answers. It costs nothing of the time that a run spends waiting for what failed."""
        if seconds > _LONGEST_WAIT:
            raise SourceFailed(Trouble.LIMITED, "The other side asks to wait longer than a run does (five minutes). What was read stays, and the next run brings in what is missing.")
        await self.wait(max(0.0, seconds))

    async def _once(self, method: str, url: str, headers: Mapping[str, str] | None, body: bytes, max_bytes: int, host: str, *, last: bool) -> Answer | None:
        """None where nothing came back, and it may be different the next time."""
        # A source is told what it told us before, and its own key: nothing of a customer's. The numbers in its addresses only look like personal values.
        crossing = Crossing(org=self.org, purpose="source", hosts=(*self.hosts, *filter(None, (place_of(self.own),))), raw=True)
        try:
            return await self.gate.request(crossing, method, url, headers=headers, body=body, timeout=self.seconds, max_bytes=max_bytes)
        except TooLarge:
            raise SourceFailed(Trouble.LARGE, f"{host} sent more than {max_bytes:,} bytes at once, which is more than is read.") from None
        except CrossingRefused as refusal:
            raise SourceFailed(Trouble.STOPPED, f"The egress gate did not let the request to {host} out: {refusal}.") from None
        except TimeoutError:
            trouble = f"{host} did not answer within {self.seconds:.0f} seconds."
        except ConnectionError:
            trouble = f"{host} cannot be reached. Check the address, and whether it is up."
        if last:
            raise SourceFailed(Trouble.UNREACHABLE, trouble)
        return None

    async def _in_turn(self, host: str) -> None:
        """Requests to one host keep a distance, and none goes while it has asked for a pause."""
        now = time.monotonic()
        at = max(now, self._free.get(host, 0.0))
        self._free[host] = at + self.gap
        if at > now:
            await self.wait(at - now)

    async def _pause(self, host: str, answer: Answer | None, attempt: int) -> None:
        asked = asked_to_wait(answer, self.now) if answer is not None else None
        seconds = asked if asked is not None else 2.0 ** (attempt - 1)
        seconds += random.uniform(0, max(0.5, seconds / 4))  # noqa: S311 - spreads requests, guards nothing
        if seconds > _LONGEST_WAIT or self._waited + seconds > _LONGEST_IN_ALL:
            limit = "five minutes" if seconds > _LONGEST_WAIT else "half an hour in all"
            raise SourceFailed(Trouble.LIMITED, f"{host} asks to wait longer than a run does ({limit}). What was read stays, and the next run brings in what is missing.")
        self._waited += seconds
        await self.wait(seconds)


def host_of(url: str) -> str:
    """What an address may be called by in words: nothing else of it is told."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or "the address"
    except ValueError:
        return "the address"


def place_of(url: str) -> str:
    """A destination as the gate compares it: host and port if one is named."""
    return host_of(url).lower() if url else ""


def asked_to_wait(answer: Answer, now: datetime) -> float | None:
    """Retry-After in seconds, whether it says seconds or a date."""
    said = answer.headers.get("retry-after", "").strip()
    if answer.status not in _ASKS_TO_WAIT or not said:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    told = answer.headers.get("date", "")
    try:  # by the other side's clock, where it shows one
        now = parsedate_to_datetime(told) if told else _utc()
    except ValueError:
        now = _utc()
    return max(0.0, (_aware(until) - _aware(now)).total_seconds())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _told(answer: Answer, host: str) -> Answer:
    """The answer, where its status is one that a source can read."""
    if answer.status < 400 or answer.status in (404, 410):
        return answer
    if answer.status in (401, 407):
        raise SourceFailed(Trouble.CREDENTIALS, f"{host} refused the key or password ({answer.status}). It may be wrong, revoked or expired: enter a new one.")
    if answer.status in (402, 403, 451):
        raise SourceFailed(Trouble.FORBIDDEN, f"{host} knows who asks but does not allow it ({answer.status}). Give the key the rights it lacks.")
    raise SourceFailed(Trouble.MALFORMED, f"{host} answered {answer.status}, which its documentation does not foresee here.")


def _gave_up(answer: Answer, host: str) -> SourceFailed:
    if answer.status == 429:
        return SourceFailed(Trouble.LIMITED, f"{host} says that it is asked too often (429), {_TRIES} times in a row. What was read stays, and the next run brings in what is missing.")
    return SourceFailed(Trouble.UNREACHABLE, f"{host} answered {answer.status} {_TRIES} times in a row. It may be down: the next run tries again.")
