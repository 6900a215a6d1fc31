"""How often somebody may do something: counts in this process's memory, which does not grow with the number of names that strangers invent."""

from __future__ import annotations

import time
from collections.abc import Callable

_MOST = 50_000  # names


class Rates:
    """The generic cell rate algorithm (ITU-T I.371): one number a name, the moment at which its whole allowance is back."""

    def __init__(self, *, most: int = _MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._full_again: dict[tuple[object, ...], float] = {}

    def __len__(self) -> int:
        return len(self._full_again)

    def hit(self, *name: object, most: int, seconds: float) -> bool:
        """False when `name` has used up its allowance: `most` at once, which come back evenly within `seconds`."""
        now = self._clock()
        after = max(self._full_again.get(name, now), now) + seconds / most
        if after - now > seconds * (1 + 1e-9):
            return False
        self._full_again[name] = after
        if len(self._full_again) > self._most:
            self._forget(now)
        return True

    def _forget(self, now: float) -> None:
        """Those whose allowance is back; and if more than half are left, those that have used the least of it."""
        left = sorted(((when, name) for name, when in self._full_again.items() if when > now), key=lambda pair: pair[0], reverse=True)
        self._full_again = {name: when for when, name in left[: self._most // 2]}
