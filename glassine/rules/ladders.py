"""How long is waited between tries of a delivery, when a destination is left alone for a while, and when it is given up. Chance is an argument; nothing waits here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from glassine.words.deliveries import DeliveryFailed, Target

_MINUTE, _HOUR = 60.0, 3_600.0

# Seconds between one try and the next. After the last of them a delivery is given up: a helpdesk that was down for a day has one more try after it.
LADDERS: Mapping[Target, tuple[float, ...]] = MappingProxyType({
    Target.WEBHOOK: (5, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 10 * _HOUR),
    Target.HELPDESK: (
        2, 5, 15, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 9 * _HOUR,
    ),
})
_JITTER = 0.2  # of a pause comes on top of it at most, so that what failed together does not come back together
_LONGEST_ASKED = 24 * _HOUR
_OPENS_AT = 3  # failures in a row
_FIRST_REST, _LONGEST_REST = 5.0, 5 * _MINUTE
_SLACK = _HOUR


def pause(target: Target, failed: int, after: float | None, chance: float) -> float | None:
    """Seconds until the next try, once `failed` tries have failed; None: given up. What the other side asked for (`after`) is waited for at least."""
    ladder = LADDERS[target]
    if failed > len(ladder):
        return None
    return max(ladder[failed - 1] * (1 + _JITTER * chance), min(after or 0.0, _LONGEST_ASKED))


def lasts(target: Target) -> timedelta:
    """From the first try to the last, with some room. What has waited behind a breaker for longer is given up too."""
    return timedelta(seconds=sum(LADDERS[target]) * (1 + _JITTER) + _SLACK)


def tells_of_destination(failure: DeliveryFailed) -> bool:
    """Whether it would have met any other delivery too. What only this one was refused for says nothing of the destination."""
    return failure.again or failure.status in (401, 403)


def rest(failures: int, after: float | None, chance: float) -> float | None:
    """Seconds for which nothing goes to a destination that has failed so often in a row; None: it is not left alone yet. Who asks for a pause gets it."""
    if failures < _OPENS_AT:
        return min(after, _LONGEST_ASKED) if after else None
    grown = min(_FIRST_REST * float(2 ** min(failures - _OPENS_AT, 10)), _LONGEST_REST)
    return max(grown * (1 + _JITTER * chance), min(after or 0.0, _LONGEST_ASKED))
