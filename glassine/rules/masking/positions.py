"""Finds positions on the map, precise enough to be somebody's home, and hardware addresses of network cards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glassine.words.privacy import PiiType, Span

_PAIR = re.compile(
    r"(?<![\w.,/-])(?P<lat>[+-]?\d{1,2}\.\d{3,15})°?[ ]?(?P<ns>[NSns]\b)?(?P<gap>[ ]?[,;/][ ]?|[ ]{1,2}|[ ]?,?\n)(?P<lon>[+-]?\d{1,3}\.\d{3,15})°?[ ]?(?P<ew>[EWOewo]\b)?(?!\w|[.,]\d)"
)
_NAMED = re.compile(r"\b(?:lat(?:itude)?|breite|latitud|latitudine)\b[\"']?[ ]?[:=]?[ ]?(?P<lat>[+-]?\d{1,2}\.\d{2,15})\D{1,24}?\b(?:lon(?:g(?:itude)?)?|lng|länge|longitud|longitudine)\b[\"']?[ ]?[:=]?[ ]?(?P<lon>[+-]?\d{1,3}\.\d{2,15})", re.IGNORECASE)
_DEGREES = re.compile(
    r"(?<![\w.])\d{1,3}[ ]?°[ ]?\d{1,2}[ ]?['′’][ ]?(?:\d{1,2}(?:\.\d{1,6})?[ ]?(?:\"|″|”|''))?[ ]?[NS]?[ ,;/]{0,3}(?:[NS][ ]?)?(?:[EWO][ ]?)?\d{1,3}[ ]?°[ ]?\d{1,2}[ ]?['′’][ ]?(?:\d{1,2}(?:\.\d{1,6})?[ ]?(?:\"|″|”|''))?[ ]?[EWO]?(?!\w)"
)
_IN_LINK = re.compile(r"(?:geo:|[@?&=/!](?:q|ll|sll|daddr|saddr|center|query|destination|loc|cp|mlat|point|d)?=?(?:loc:)?)(?P<pair>[+-]?\d{1,2}\.\d{3,15}(?:,|%2C|~|/|&mlon=)[ ]?[+-]?\d{1,3}\.\d{3,15})(?![\d.])", re.IGNORECASE)
_PLUS_CODE = re.compile(r"(?<![\w+])[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}(?![\w+])")
_THREE_WORDS = re.compile(r"(?<![\w/:])///[^\W\d_]{3,20}\.[^\W\d_]{3,20}\.[^\W\d_]{3,20}(?!\w)")
_DECIMALS = re.compile(r"\d\.\d\d")
_ABOUT = re.compile(r"\b(?:gps|coord\w*|koord\w*|lat|latitude|location|located|position|standort|ubicaci\w+|posizione|here|live|house|home|map|maps|pin)\b", re.IGNORECASE)

_MAC = re.compile(r"(?<![\w:.-])(?:[0-9A-Fa-f]{2}(?P<s>[:-])(?:[0-9A-Fa-f]{2}(?P=s)){4}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![\w:]|[-.]\w)")
_MAC_TOLD = re.compile(r"\b(?:mac|bssid|hardware)(?:[ -]?(?:address|addr|id|adresse))?(?:[ ]is|[ ]?[:=#])?[ ]{1,2}(?P<mac>[0-9A-Fa-f]{12})\b", re.IGNORECASE)
_DOTTED = re.compile(r"\.[0-9A-Fa-f]{4}\.")
_TELLING = ("mac", "bssid", "hardware")
_NOBODY = frozenset(("000000000000", "ffffffffffff"))


def coordinates(text: str) -> Iterator[Span]:
    """Pairs of latitude and longitude, in degrees or decimals, named, in `geo:` and in links to maps; plus codes and three words."""
    if _DECIMALS.search(text):
        for match in _PAIR.finditer(text):
            if _on_earth(match["lat"], match["lon"]) and (_precise(match) or _ABOUT.search(text, max(0, match.start() - 60), match.start())):
                yield _span(match)
        for pattern in (_NAMED, _IN_LINK):
            for match in pattern.finditer(text):
                group = "pair" if pattern is _IN_LINK else 0
                if pattern is _IN_LINK or _on_earth(match["lat"], match["lon"]):
                    yield _span(match, group)
    if "°" in text:
        yield from map(_span, _DEGREES.finditer(text))
    if "+" in text:
        yield from (_span(match) for match in _PLUS_CODE.finditer(text) if any(c.isalpha() for c in match.group()))
    if "///" in text:
        yield from map(_span, _THREE_WORDS.finditer(text))


def _span(match: re.Match[str], group: str | int = 0) -> Span:
    return Span(start=match.start(group), end=match.end(group), type=PiiType.COORDINATES)


def _on_earth(latitude: str, longitude: str) -> bool:
    return abs(float(latitude)) <= 90 and abs(float(longitude)) <= 180


def _precise(match: re.Match[str]) -> bool:
    """Four decimals, eleven metres, with a comma between: amounts have two or three. A point of the compass says it too."""
    both = min(len(match["lat"].partition(".")[2]), len(match["lon"].partition(".")[2]))
    return bool(match["ns"] and match["ew"]) or (both >= 4 and "," in match["gap"])


def macs(text: str, folded: str) -> Iterator[Span]:
    """Six pairs of hexadecimal digits, however they are divided; undivided only behind a word. Broadcast and nil name nobody."""
    if text.count(":") >= 5 or text.count("-") >= 5 or _DOTTED.search(text):
        for match in _MAC.finditer(text):
            digits = "".join(c for c in match.group().lower() if c.isalnum())
            if digits not in _NOBODY and not (match["s"] is None and digits.isdigit()):
                yield Span(start=match.start(), end=match.end(), type=PiiType.MAC)
    for match in _MAC_TOLD.finditer(text) if any(word in folded for word in _TELLING) else ():
        yield Span(start=match.start("mac"), end=match.end("mac"), type=PiiType.MAC, score=0.9)
