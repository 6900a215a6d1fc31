"""Finds links, e-mail addresses, telephone numbers and placeholders in a text, and blanks them out. It asks no address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from glassine.rules.facts.fact import Fact, Kind
from glassine.rules.facts.places import at_digits, blanked
from glassine.rules.redaction import PLACEHOLDER

_ENDS = r"\s<>()\[\]{}\"`|"
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(rf"(?<![\w@])(?:[a-z][a-z+.-]*:)?//[^{_ENDS}]+|(?<![\w@.-])www\.[^{_ENDS}]+|(?<![\w@.-])(?:[\w-]+\.)+[^\W\d_]{{2,}}(?![\w-])(?::\d+)?(?:[/?#][^{_ENDS}]*)?", re.IGNORECASE)
_TARGET = re.compile(r"\]\(\s*<?([^)\s>]+)|^ {0,3}\[[^\]\n]+\]:\s*<?([^\s>]+)|\b(?:href|src)\s*=\s*[\"']?([^\s\"'>]+)", re.IGNORECASE | re.MULTILINE)
_PHONE = re.compile(
    r"(?<![\w.,+])(?:(?:\+|00)[1-9](?:[ ().\-/]{0,3}\d){6,14}|\(?0\d{1,5}\)?(?:[ .\-/]{0,3}\d){4,12}|(?:1[-. ])?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4})(?!\d)"
)
_FEWEST_DIGITS = 7


def placeholders(text: str, found: list[Fact]) -> str:
    return _each(text, PLACEHOLDER, found, lambda match: _fact(Kind.PLACEHOLDER, match, f"is:{match[0]}", customers=True)) if "[" in text else text


def links(text: str, found: list[Fact]) -> str:
    """E-mail addresses and links, and whatever else somebody could be led to by a click."""
    if "](" in text or "]:" in text or "=" in text:
        found += (Fact(kind=Kind.LINK, text=target, start=at, needs=frozenset((f"link:{target}",)), gives=frozenset()) for at, target in _elsewhere(text))
    if "@" in text:
        text = _each(text, _EMAIL, found, lambda match: _fact(Kind.EMAIL, match, f"mail:{match[0].casefold().rstrip('.')}"))
    return _each(text, _LINK, found, _link) if "//" in text or _dotted(text) else text  # most texts have none, and looking for them reads every letter


def _dotted(text: str) -> bool:
    """Whether there is a dot in a word, as in `shop.example`."""
    at = text.find(".")
    while at >= 0:
        if text[at + 1 : at + 3].isalpha() and text[at - 1 : at].isalnum() and len(text) > at + 2:
            return True
        at = text.find(".", at + 1)
    return False


def _elsewhere(text: str) -> Iterator[tuple[int, str]]:
    """Targets of links that are neither web addresses nor mail nor telephone: paths, scripts, data."""
    for match in _TARGET.finditer(text):
        target = match[1] or match[2] or match[3]
        if not re.match(r"(?:https?:)?//|www\.|(?:mailto|tel):|(?:[\w-]+\.)+[^\W\d_]{2,}", target, re.IGNORECASE):
            yield match.start(), target


def _link(match: re.Match[str]) -> Fact:
    plain = plain_link(match[0])
    host = re.split(r"[/?#]", plain, maxsplit=1)[0]
    return Fact(kind=Kind.LINK, text=match[0].rstrip(".,;:!?*_'"), start=match.start(), needs=frozenset((f"link:{plain}",)), gives=frozenset((f"link:{plain}", f"link:{host}")))


def plain_link(link: str) -> str:
    """An address without what people leave out: the scheme of the web, www, the sign that ends the sentence, a last slash. Upper case counts in its path."""
    bare = re.sub(r"^(?:(?:https?:)?//)?(?:www\.)?", "", link.rstrip(".,;:!?*_'…"), flags=re.IGNORECASE)
    host = re.match(r"[^/?#]*", bare)
    end = host.end() if host else 0
    return (bare[:end].casefold() + bare[end:]).rstrip("/")


def phones(text: str, found: list[Fact]) -> str:
    made = [(match, fact) for match in at_digits(_PHONE, text, "+(") if (fact := _phone(match))]
    found += (fact for _, fact in made)
    return blanked(text, [match.span() for match, _ in made])


def _phone(match: re.Match[str]) -> Fact | None:
    """Abroad a number is given with its country, at home without; a country that no source names is not added."""
    written = match[0].replace("(0)", "")
    digits = re.sub(r"\D", "", written)
    if len(digits) < _FEWEST_DIGITS:
        return None
    plain = f"is:{digits}" if written == digits else ""
    if written.startswith("+") or digits.startswith("00"):
        whole = digits.lstrip("0")
        gives = {f"tel:+{whole}", *(f"tel:{whole[skip:]}" for skip in (1, 2, 3))}
        needs = {f"tel:+{whole}"}
    else:
        home = digits.lstrip("0").removeprefix("1") if len(digits) == 11 and digits[0] == "1" else digits.lstrip("0")
        gives = needs = {f"tel:{home}"}
    customers = frozenset((plain,)) if plain else frozenset[str]()
    return Fact(kind=Kind.PHONE, text=match[0], start=match.start(), needs=frozenset(needs), gives=frozenset(gives) | customers, from_customer=customers)


def _fact(kind: Kind, match: re.Match[str], key: str, *, customers: bool = False) -> Fact:
    keys = frozenset((key,))
    return Fact(kind=kind, text=match[0], start=match.start(), needs=keys, gives=keys, from_customer=keys if customers else frozenset())


def _each(text: str, pattern: re.Pattern[str], found: list[Fact], make: Callable[[re.Match[str]], Fact | None]) -> str:
    """The text with blanks where the pattern found a fact."""

    def blanked(match: re.Match[str]) -> str:
        fact = make(match)
        if fact is None:
            return match[0]
        found.append(fact)
        return " " * len(match[0])

    return pattern.sub(blanked, text)
