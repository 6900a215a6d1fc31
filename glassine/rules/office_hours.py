"""When a team is in: whether it is open at a moment, when it opens next, and by when it should have replied. Pure: the moment is an argument."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from glassine.words.autopilot import Hours
from glassine.words.errors import Refused

Stretch = tuple[datetime, datetime]  # open from and until, in UTC
DAY = 24 * 60  # minutes
_LOOKED_AHEAD = 400  # days: longer than a year of holidays


def is_open(hours: Hours, now: datetime) -> bool:
    """Without office hours it always is."""
    return not hours.week or any(opens <= now for opens, _ in _stretches(hours, now, days=1))


def opens_next(hours: Hours, now: datetime) -> datetime | None:
    """None: it is open, or never opens."""
    first = None if is_open(hours, now) else next(_stretches(hours, now), None)
    return first[0] if first else None


def back(hours: Hours, now: datetime, minutes: int) -> datetime | None:
    """When the stretch begins in which the team should have replied; None: it is in until then, or has no hours."""
    by = due(hours, now, minutes)
    begun = next((opens for opens, closes in _stretches(hours, now) if opens <= by <= closes), None) if hours.week else None
    return begun if begun is not None and begun > now else None


def due(hours: Hours, now: datetime, minutes: int) -> datetime:
    """When so many minutes of office hours have passed; minutes of any kind where there are none, or none are left within a year."""
    left = timedelta(minutes=minutes)
    for opens, closes in _stretches(hours, now) if hours.week else ():
        begins = max(opens, now)
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    return now + timedelta(minutes=minutes)


def _stretches(hours: Hours, now: datetime, days: int = _LOOKED_AHEAD) -> Iterator[Stretch]:
    """Those that are not over yet, in order. A day that has 23 or 25 hours is as long as it is."""
    zone = ZoneInfo(hours.zone)
    today = now.astimezone(zone).date()
    for ahead in range(-1, days + 1):
        day = today + timedelta(days=ahead)
        for opens, closes in _of(hours, day):
            stretch = _at(day, opens, zone), _at(day, closes, zone)
            if stretch[1] > now:
                yield stretch


def _of(hours: Hours, day: date) -> Sequence[tuple[int, int]]:
    return () if day in hours.holidays or not hours.week else hours.week[day.weekday()]


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return (midnight + timedelta(minutes=minute)).astimezone(UTC)  # the wall clock's minutes, whatever the offset is by then


def checked(hours: Hours) -> Hours:
    """With its days in order. Raises Refused, with what is wrong and on which day."""
    try:
        ZoneInfo(hours.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(f"There is no time zone called {hours.zone}. Name one as Europe/Berlin or America/New_York.") from None
    if hours.week and len(hours.week) != len(DAYS):
        raise Refused("A week has seven days: give the opening times of each from Monday on.")
    for name, day in zip(DAYS, hours.week, strict=False):
        previous = 0
        for opens, closes in sorted(day):
            if not previous <= opens < closes <= DAY:
                raise Refused(f"{name}: from {clock(opens)} to {clock(closes)} does not fit. Each time closes after it opens, and begins after the one before has ended.")
            previous = closes
    week = tuple(tuple(sorted(day)) for day in hours.week)
    return Hours(zone=hours.zone, week=week if any(week) else (), holidays=tuple(sorted(set(hours.holidays))), answers=hours.answers)


DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def clock(minute: int) -> str:
    """540 as 09:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def minute(written: str) -> int:
    """09:00 as 540. Raises Refused."""
    hour, colon, rest = written.strip().partition(":")
    if not colon or not hour.isdecimal() or not rest.isdecimal() or len(rest) != len("00") or int(rest) > 59 or int(hour) * 60 + int(rest) > DAY:
        raise Refused(f"{written[:20]} is not a time. Write hours and minutes, as 09:00 or 17:30.")
    return int(hour) * 60 + int(rest)
