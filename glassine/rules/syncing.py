"""When a source is read next, when too much of it goes at once, and when what it brought is too old. Pure; the clock is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from glassine.words.sources import Cadence

UNSUSPICIOUS = 5  # pages that may go in one run whatever their share

_LONGEST = timedelta(days=1)  # between two tries of a source that fails
_EVERY: Mapping[Cadence, timedelta] = MappingProxyType({Cadence.QUARTER: timedelta(minutes=15), Cadence.HOUR: timedelta(hours=1), Cadence.DAY: timedelta(days=1)})


def next_run(cadence: Cadence, now: datetime, chance: float, failures: int = 0) -> datetime | None:
    """`chance` from 0 to 1 spreads sources that were connected together by a tenth of their cadence; None: only when somebody asks.

    From the second of `failures` in a row on, the pause doubles with each, up to a day.
    """
    every = _EVERY.get(cadence)
    if every is None:
        return None
    return now + min(every * (1 << max(0, min(failures, 20) - 1)), _LONGEST) * (0.95 + 0.1 * chance)


def allowed(known: int, share: int) -> int:
    """How many of a source's pages may go in one run without a person's word."""
    return max(UNSUSPICIOUS, known * share // 100)


def suspicious(gone: int, known: int, share: int, *, empty: bool) -> bool:
    """`empty`: the source named nothing at all, which is more often a fault there than the truth."""
    return gone > 0 and (empty or gone > allowed(known, share))
