"""What language models were used for, the day's budget, and a breaker for each model that fails again and again. It asks no model.

Counts are written together once a second, so that a turn makes no round trip more; what other processes counted is read back with them. So a budget
holds to a second's calls, and a model that failed for one process is soon left alone by all.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from glassine.store import Store, model_use, vault
from glassine.store.model_use import Counted
from glassine.story.boundary.switches import Switches
from glassine.words.errors import ModelFailed
from glassine.words.ids import OrgId
from glassine.words.models import Budget, Endpoint, Use
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.turns import ModelReply

IN_A_ROW = 5  # failures after which a model is not asked for a while
PAUSE, LONGEST_PAUSE = 10.0, 300.0  # seconds: doubled each time that it fails again
_JITTER = 0.2  # of a pause, either way: processes shall not come back all at once
_FRESH, _STALE = 2.0, 60.0  # seconds after which what is known of today is read again, beside the call or before it
_COUNT = frozenset({"timeout", "unreachable", "rate_limited", "denied"})  # what says that a server is not well
_NOTICES = (100, 80)  # shares of a budget, of a hundred, that the team is told of


@dataclass(slots=True, kw_only=True)
class Breaker:
    """`until`: seconds since 1970 before which nobody is asked. `trying`: one call is on its way to see whether it is well again."""

    failures: int = 0
    until: float = 0.0
    says: str = ""
    changed: float = 0.0
    trying: bool = False


@dataclass(slots=True, kw_only=True)
class _Known:
    """What was used today as the store had it, and since."""

    read: float  # monotonic
    day: date
    tokens: int
    money: float


class Meter:
    """One per process."""

    def __init__(self, store: Store, switches: Switches, *, now: Callable[[], float] = time.time, chance: Callable[[], float] = random.random) -> None:
        self._store, self._switches, self._now, self._chance = store, switches, now, chance
        self._new: dict[OrgId, dict[tuple[str, str], Counted]] = {}
        self._known: dict[OrgId, _Known] = {}
        self._breakers: dict[tuple[OrgId, str], Breaker] = {}
        self._writing = asyncio.Lock()
        self._told: set[tuple[OrgId, str]] = set()  # breakers that other processes do not know of yet

    def refuses(self, org: OrgId, endpoint: Endpoint) -> str:
        """Why this model is not asked now, as a sentence; empty when it may be. Whoever is let through after a pause tries it for all the others."""
        why, breaker = self.tells(org, endpoint), self._breakers.get((org, endpoint.id))
        if not why and breaker is not None and breaker.until:
            breaker.trying = True
        return why

    def tells(self, org: OrgId, endpoint: Endpoint) -> str:
        """The same, for whoever only wants to know."""
        breaker = self._breakers.get((org, endpoint.id))
        if breaker is None or not breaker.until:
            return ""
        if breaker.trying or breaker.until > self._now():
            until = datetime.fromtimestamp(breaker.until, UTC)
            return f"{endpoint.name} is not asked until {until:%H:%M:%S} UTC, because it failed {_times(breaker.failures)}: {breaker.says}"
        return ""

    def let_go(self, org: OrgId, endpoint: Endpoint) -> None:
        """The call ended without telling whether the model is well."""
        if breaker := self._breakers.get((org, endpoint.id)):
            breaker.trying = False

    def answered(self, org: OrgId, endpoint: Endpoint, use: Use, reply: ModelReply) -> None:
        money = endpoint.costs(reply.prompt_tokens, reply.completion_tokens)
        self._add(org, Counted(endpoint.id, use, endpoint.name, 1, 0, reply.prompt_tokens, reply.cached_tokens, reply.completion_tokens, money))
        if breaker := self._breakers.pop((org, endpoint.id), None):
            self._breakers[org, endpoint.id] = Breaker(changed=self._now())
            if breaker.until:
                self._told.add((org, endpoint.id))
        if known := self._known.get(org):
            known.tokens, known.money = known.tokens + reply.prompt_tokens + reply.completion_tokens, known.money + money

    def failed(self, org: OrgId, endpoint: Endpoint, use: Use, failure: ModelFailed) -> None:
        self._add(org, Counted(endpoint.id, use, endpoint.name, 1, 1, 0, 0, 0, 0.0))
        breaker = self._breakers.setdefault((org, endpoint.id), Breaker())
        breaker.trying = False
        if failure.kind not in _COUNT:
            return
        breaker.failures, breaker.says, breaker.changed = breaker.failures + 1, str(failure), self._now()
        pause = self._pause(breaker.failures, failure.retry_after)
        if pause:
            breaker.until = self._now() + pause
            self._told.add((org, endpoint.id))

    def _pause(self, failures: int, asked: float) -> float:
        """What the server asked for, or what so many failures in a row are worth."""
        own = min(PAUSE * 2 ** (failures - IN_A_ROW), LONGEST_PAUSE) * (1 + _JITTER * (2 * self._chance() - 1)) if failures >= IN_A_ROW else 0.0
        return max(own, asked)

    def _add(self, org: OrgId, counted: Counted) -> None:
        of = self._new.setdefault(org, {})
        before = of.get(key := (counted.endpoint, counted.purpose))
        of[key] = counted if before is None else counted._replace(**{name: getattr(before, name) + getattr(counted, name) for name in Counted._fields[3:]})

    async def used(self, org: OrgId) -> tuple[int, float]:
        """Tokens and money of today, as far as this process knows; it reads them when it has not for a minute."""
        known = self._known.get(org)
        if known is None or time.monotonic() - known.read > _STALE or known.day != datetime.now(UTC).date():
            known = await self._read(org)
        return known.tokens, known.money

    def stale(self, org: OrgId) -> bool:
        """Whether what others used since should be read, beside the call that is about to be made."""
        known = self._known.get(org)
        return known is None or time.monotonic() - known.read > _FRESH

    async def _read(self, org: OrgId) -> _Known:
        async with self._store.tx(org) as tx:
            today, told = await model_use.today(tx, org), await model_use.breakers(tx, org)
        waiting = self._new.get(org, {}).values()
        known = self._known[org] = _Known(
            read=time.monotonic(), day=today.day, tokens=today.tokens + sum(one.tokens_in + one.tokens_out for one in waiting), money=today.money + sum(one.money for one in waiting),
        )
        for row in told:
            own, changed = self._breakers.get((org, row["endpoint"])), row["changed_at"].timestamp()
            if own is None or changed > own.changed:
                open = row["until"].timestamp() if row["failures"] else 0.0
                self._breakers[org, row["endpoint"]] = Breaker(failures=row["failures"], until=open, says=row["says"], changed=changed)
        return known

    async def refresh(self, org: OrgId) -> None:
        """Reads what other processes counted and which models failed for them."""
        await self._read(org)

    async def write_down(self) -> None:
        """Writes what was counted since the last time, tells other processes of breakers, and the team of budgets."""
        async with self._writing:  # two at once would both write what neither has taken off yet
            await self._write_down()

    async def _write_down(self) -> None:
        for org in {*self._new, *(org for org, _ in self._told)}:
            counts, told = self._new.get(org, {}), [(key, self._breakers[key]) for key in self._told if key[0] == org and key in self._breakers]
            written = list(counts.values())
            async with self._store.tx(org) as tx:
                there = not written or await model_use.add(tx, org, written)
                for (_, endpoint), one in told:
                    await model_use.tell_breaker(tx, org, endpoint, failures=one.failures, until=one.until, says=one.says, changed=one.changed)
            self._taken(org, written)
            self._told -= {key for key, _ in told}
            if there:
                await self._notice(org, await self._read(org))

    def _taken(self, org: OrgId, written: list[Counted]) -> None:
        """What has been written is not counted again; what came meanwhile is."""
        of = self._new.get(org, {})
        for done in written:
            now = of.get(key := (done.endpoint, done.purpose))
            if now is None or now == done:
                of.pop(key, None)
            else:
                of[key] = now._replace(**{name: getattr(now, name) - getattr(done, name) for name in Counted._fields[3:]})
        if not of:
            self._new.pop(org, None)

    async def _notice(self, org: OrgId, known: _Known) -> None:
        budget = Budget.read((await self._switches.of(org)).model_budget)
        reached = next((share for share in _NOTICES if budget.limited and budget.share(known.tokens, known.money) * 100 >= share), 0)
        if not reached:
            return
        async with self._store.tx(org) as tx:
            if await model_use.first_notice(tx, org, reached):
                by = Actor(org=org, kind=ActorKind.SYSTEM, id=None, name="The meter", role=Role.OWNER)
                await vault.audit(tx, by, "models.budget_reached", "organization", org, {"share": reached})


def _times(failures: int) -> str:
    return "once" if failures == 1 else f"{failures} times in a row"
