"""What of the personal values that were found in a payload its crossing lets out, and what of them stands for nobody. Pure; it finds nothing itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple
from urllib.parse import unquote

from glassine.words.crossings import Lets
from glassine.words.privacy import PiiType

_ALSO_FORMAT = frozenset({PiiType.NAME, PiiType.ADDRESS, PiiType.CUSTOM})  # what may as well be a word or a number of the destination's format
_NOBODYS = "@pseudonym.invalid"  # no address ends so (RFC 2606): pseudonyms do, and what is asked for only to see whether asking is allowed
_TELLING = 7  # digits that hardly stand in another number by chance
_SIGNS = re.compile(r"[\W_]+")
_WORD = re.compile(r"\w+")

Value = tuple[PiiType, str]


class Parted(NamedTuple):
    """What was found, apart: `personal` stands for somebody, and `let` is what of it may leave."""

    personal: frozenset[Value]
    let: frozenset[Value]


def parted(found: Collection[Value], lets: Lets) -> Parted:
    """Signs, case, and how an address of the web writes a sign make no difference, and neither do the zeros that a telephone number begins with in its own country."""
    if not found:
        return Parted(frozenset(), frozenset())
    told, ours, values = "\n".join(lets.told), _bare(lets.ours), _bare(lets.values)
    personal = frozenset(one for one in found if not _within(one, ours) and not unquote(one[1]).endswith(_NOBODYS) and (one[0] not in _ALSO_FORMAT or _stands(one[1], told)))
    return Parted(personal, frozenset(one for one in personal if _within(one, values) and (not _few_digits(one) or _stands(one[1], unquote("\n".join(lets.values))))))


def _within(one: Value, bare: str) -> bool:
    core = _core(one[1]).lstrip("0" if one[0] is PiiType.PHONE else "")
    return bool(core) and core in bare


def _few_digits(one: Value) -> bool:
    """A code or a date of birth may be a part of a telephone number by chance. So it may leave only where it stands by itself in what may."""
    core = _core(one[1])
    return core.isdigit() and len(core) < _TELLING and one[0] is not PiiType.PHONE


def _bare(texts: Iterable[str]) -> str:
    return "\n".join(map(_core, texts))


def _core(text: str) -> str:
    return _SIGNS.sub("", unquote(text)).casefold()


def _stands(value: str, told: str) -> bool:
    """Whether it stands there as a word of its own, however its parts are divided. Where words may be written without gaps, anywhere."""
    if not value.isascii():
        return value.casefold() in told.casefold()
    words = r"\W+".join(map(re.escape, _WORD.findall(value)))
    return bool(words) and re.search(rf"(?<!\w){words}(?!\w)", told, re.IGNORECASE) is not None
