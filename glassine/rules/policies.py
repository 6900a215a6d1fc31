"""How an organisation masks on one channel, read from what its admins have set. Unknown words of a newer version mean the default: a pseudonym."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from glassine.words.house import OrgSettings, own_words
from glassine.words.privacy import CustomPattern, PiiType, Policy, Treatment

EVERYWHERE = ""  # the key of what holds on every channel that has no rule of its own
TYPES = tuple(type for type in PiiType if type is not PiiType.CUSTOM)  # each pattern has a treatment of its own
GRAVE = frozenset({
    PiiType.CARD, PiiType.IBAN, PiiType.BANK, PiiType.NATIONAL_ID, PiiType.TAX_ID, PiiType.PASSPORT, PiiType.LICENCE, PiiType.CREDENTIALS, PiiType.SECRET,
})  # to keep one of these is warned of: who reads it can pay, sign in or pass for somebody


def policy_of(name: str, settings: OrgSettings, channel: str = EVERYWHERE) -> Policy:
    """The policy for texts of one channel, or of none in particular."""
    return Policy(
        regions=settings.regions, treatments=treatments(settings, channel), own_words=own_words(name, settings), patterns=patterns(settings.patterns),
    )


def treatments(settings: OrgSettings, channel: str = EVERYWHERE) -> dict[PiiType, Treatment]:
    """What is set for a channel: its own rules over those for all. Types that are not in it get a pseudonym."""
    found = rules(settings, EVERYWHERE)
    return found if channel == EVERYWHERE else {**found, **rules(settings, channel)}


def rules(settings: OrgSettings, channel: str) -> dict[PiiType, Treatment]:
    """The rules that stand under this channel's own name."""
    types, words = {str(type) for type in TYPES}, {str(treatment) for treatment in Treatment}
    given = settings.treatments.get(channel, {})
    return {PiiType(type): Treatment(word) for type, word in given.items() if type in types and word in words}


def patterns(stored: Iterable[Mapping[str, Any]]) -> tuple[CustomPattern, ...]:
    return tuple(_pattern(tuple((key, tuple(value) if isinstance(value, list) else value) for key, value in one.items())) for one in stored)


@lru_cache(maxsize=1_000)
def _pattern(stored: tuple[tuple[str, Any], ...]) -> CustomPattern:
    one = dict(stored)
    treatment = Treatment.MASK if one.get("treatment") == Treatment.MASK else Treatment.PSEUDONYM
    return CustomPattern(
        id=str(one["id"]), name=str(one["name"]), pattern=str(one["pattern"]), context=tuple(map(str, one.get("context", ()))), treatment=treatment,
        on=one.get("on", True) is True,
    )
