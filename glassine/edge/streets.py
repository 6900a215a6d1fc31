"""Turns what the names model read, and what addresses look like, into street addresses. Pure; it decides nothing about names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from glassine.edge.atlas import COUNTRY
from glassine.edge.lexicon import ordinary
from glassine.edge.reading import Word
from glassine.words.privacy import PiiType, Span

THRESHOLD = 0.25

_STREET_AFTER = (  # Oak Street, Rue de la Paix is the other way round
    r"street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl|square|sq|terrace|ter|way|parkway|pkwy|highway|hwy|circle|cir|trail|trl|crescent|cres|close|alley|loop"
    r"|row|mews|quay|wharf|plaza|turnpike|expressway|route|utca|út|tér|körút|katu|tie|ulica|gata|gatan|vägen|veien|gate|vej|gade|sokak|sokağı|caddesi|cad|sok"
)
_STREET_BEFORE = (
    r"rue|avenue|av|boulevard|bd|chemin|impasse|allée|place|quai|via|viale|piazza|corso|vicolo|largo|calle|c/|avenida|avda|paseo|plaza|camino|carretera|ctra|ronda|rua|travessa|estrada"
    r"|ul|ulica|al|aleja|os|plac|str|strada|jalan|jl|ulitsa|улица|ул|проспект|пр|вулиця|οδός|piața|bulevardul"
)
_STREET_GLUED = r"stra(?:ß|ss)e|str|weg|gasse|platz|allee|ring|ufer|damm|steig|chaussee|straat|laan|plein|kade|dreef|gracht|singel|dijk|hof|steenweg|vej|gade|gata|gatan|vägen|vegen|veien|gränd|katu|tie|kuja|polku|utca|vegur|stræde|allé|gaten|plads|torv"
_NUMBER = r"\d{1,5}(?:[ ]?[-/][ ]?\d{1,4})?[ ]?[A-Za-z]?\b"
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][\w'’.-]{0,30}"

_UNIT = r"(?:apt|apartment|suite|ste|unit|flat|floor|fl|room|rm|bldg|building|lot|appt|apto|piso|escalera|bâtiment|wohnung|whg|top|bus|psc|cmr|box|p\.?\s?o\.?\s?box|postfach|apartado|casilla|bp|caixa postal|postbus|skr\.? pocztowa)"
_FORMS = re.compile(
    r"\b(?:unit|psc|cmr)\s\d{1,5},?\s{1,2}box\s\d{1,5}(?:,?\s{1,3}(?:[ADF]PO)\s(?:AA|AE|AP)(?:\s\d{5}(?:-\d{4})?)?)?"  # military
    r"|\bU(?:SN|S|SC|SM)(?:S|CGC|NS|V)?\s[\w'.-]{1,30}(?:\s[\w'.-]{1,30})?,?\s{1,3}(?:[ADF]PO)\s(?:AA|AE|AP)(?:\s\d{5}(?:-\d{4})?)?"
    r"|\b[ADF]PO,?\s(?:AA|AE|AP),?\s\d{5}(?:-\d{4})?"
    r"|(?<![\w.])(?:p\.?[ ]?o\.?[ ]?box|post office box|postfach|apartado(?: postal| de correos)?|caixa postal|postbus|casilla)[ #:]{0,3}\d{1,7}"
    r"|\b(?:apt|apartment|suite|ste|flat|appt|apto|wohnung)(?:\.[ ]?|[ ])(?:#|no\.?[ ]?|nr\.?[ ]?)?(?:\d{1,5}[A-Za-z]?|[A-Z]\d{1,4}|(?-i:[A-Z]))\b",
    re.IGNORECASE,
)
_STREETS = re.compile(
    rf"(?<![\w.,$€£#])(?:{_NUMBER},?[ ])(?:(?:[NSEWnsew]|North|South|East|West)\.?[ ])?(?:(?:{_CAPITAL}|\d{{1,3}}(?:st|nd|rd|th))[ ]){{1,4}}(?i:{_STREET_AFTER})\b\.?(?:[ ](?:N|S|E|W|NE|NW|SE|SW)\b\.?)?(?:[ ]\d{{1,5}}\b)?"
    rf"|(?<!\w)(?:{_NUMBER},?[ ])?(?i:{_STREET_BEFORE})\.?[ ](?:(?:de|du|des|la|le|les|l'|d'|del|della|dei|da|do|dos|das|di|van|von|der|den)[ ]?){{0,3}}{_CAPITAL}(?:[ ](?:(?:de|du|la|le|del|e|y|i)[ ])?{_CAPITAL}){{0,4}},?[ ](?:n[°ºo.][ ]?)?\d{{1,5}}\b"
    rf"|(?<!\w)(?:{_NUMBER}[ ])?[^\W\d_][\w.-]{{1,40}}(?:{_STREET_GLUED})\.?[ ]{_NUMBER}"
    rf"|(?<!\w){_CAPITAL}(?:[ ]{_CAPITAL}){{0,2}}[ ](?:[Ss]traße|[Ss]trasse|[Ww]eg|[Aa]llee|[Pp]latz|[Gg]asse|[Rr]ing|utca|út|tér|ulica|katu|gata|vej)[ ]{_NUMBER}"
)
_SMALL = re.compile(r"de|la|le|les|du|des|del|della|di|da|do|dos|das|van|von|der|den|and|of|e|y|i|et")
_GAP = re.compile(r"[\s,.;:/\\>#()\-–|]{0,8}")
_CORNER = re.compile(r"(?:\bthe\s)?\b(?:corner|intersection|crossing) of\s$", re.IGNORECASE)
_HOUSE_BEFORE = re.compile(r"(?<![\w.,$€£])(?:\d{1,5}[A-Za-z]?(?:[-/]\d{1,4})?)(?:[ ]\d{1,5})?,?[ ]$")
_NUMBER_AFTER = re.compile(r"\.?,?[ ]{0,2}(?:n[°ºo.][ ]?)?\d{1,5}(?:[-/]\d{1,4})?[A-Za-z]?\b(?![.,:]\d|[%€$])\.?")
_CROSSING = re.compile(r"(?<![\w.])[^\W\d_a-zß-öø-ÿ][\w'’-]{1,30} and $")
_HOUSES_BEFORE = re.compile(r"(?<![\w.,$€£])\d{1,3} $")
_TAIL = re.compile(r"[\s,>]{1,8}(?P<place>[^\W\d_a-zß-öø-ÿ][\w'’.-]{1,30}(?:[ ][^\W\d_a-zß-öø-ÿ][\w'’.-]{0,30}){0,2})(?=[ ]?(?:$|[\n,.?!]|[a-z]))")
_REGION_AFTER = re.compile(r"[\s,]{1,4}(?:[A-Z]{2,3}|nan)\b(?![.-]\w)")
_GAP_BEFORE_COUNTRY = re.compile(r"[\s,>-]{1,8}")
_UNIT_OF_MEASURE = re.compile(r"(?:[kKMGTPµ]?i?[BbWVAgmlLsHz]{1,2}|m?s|min|hrs?|h|d|w|x|px|st|nd|rd|th|pt|km|cm|mm|kg|fps|mb|gb|kb|tb|gib|mib|ubuntu|FA)", re.IGNORECASE)
_POSTCODE_AFTER = re.compile(
    r"(?:[\s,]{1,4}(?:[A-Z]{1,2}-)?\d{4,6}(?:-\d{3,4})?\b|[\s,]{1,4}\d{3}[ ]\d{2}\b|[\s,]{1,4}[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[A-Z]{2}\b|[\s,]{1,4}[A-Z]\d[A-Z][ ]?\d[A-Z]\d\b|[\s,]{1,4}\d{4}[ ]?[A-Z]{2}\b)(?![-.,:]\d)"
)
_POSTCODE_BEFORE = re.compile(r"\b(?:zip(?: ?code)?|post ?code|postal code|plz|cap|cp|code postal|código postal|postnummer)(?: is)?[ :]{0,3}$", re.IGNORECASE)
_FORM_AT_END = re.compile(rf"{_UNIT}\.?[ ]#?\d{{1,5}}[A-Za-z]?$", re.IGNORECASE)
_STREET_WORD = re.compile(rf"(?:[ ](?i:{_STREET_AFTER}))\b\.?")


def addresses(text: str, words: Sequence[Word]) -> Iterator[Span]:
    """Street addresses, joined over commas and line breaks with the places and postcodes in them, in offsets of `text`."""
    parts = _parts(text, words)
    cluster: list[tuple[int, int, str]] = []
    for part in parts:
        if cluster and not _belongs(text, cluster[-1], part):
            yield from _span(text, cluster)
            cluster = []
        cluster.append(part)
    yield from _span(text, cluster)


def _parts(text: str, words: Sequence[Word]) -> list[tuple[int, int, str]]:
    """(start, end, kind) of everything that may be part of an address, in order. The kind is form (it looks like an address
    whatever the model says), street, place or postcode."""
    parts = [(match.start(), match.end(), "form") for pattern in (_FORMS, _STREETS) for match in pattern.finditer(text)]
    for word in words:
        total = word.street + word.place + word.postcode
        if total >= THRESHOLD and total > word.person and any(c.isalnum() for c in word.text):
            kind = "street" if word.street >= max(word.place, word.postcode) else "place" if word.place >= word.postcode else "postcode"
            parts.append((word.start, word.end, kind))
    flat: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(parts):
        if flat and start < flat[-1][1]:
            before = flat[-1]
            flat[-1] = (before[0], max(before[1], end), "form" if "form" in (kind, before[2]) else before[2])
        else:
            flat.append((start, end, kind))
    return flat


def _belongs(text: str, before: tuple[int, int, str], after: tuple[int, int, str]) -> bool:
    """Whether nothing but separators, or a word or two that are neither, stands between two parts of an address."""
    gap = text[before[1] : after[0]]
    if _GAP.fullmatch(gap):
        return True
    between = gap.strip(" \t\n,.>").split()
    if not between or len(gap) > 24 or len(between) > 2 or ("and" in between and "," in gap):
        return False
    return all(word[:1].isupper() or word.isdigit() or _SMALL.fullmatch(word) for word in between)


def _span(text: str, cluster: Sequence[tuple[int, int, str]]) -> Iterator[Span]:
    """The address a cluster makes; nothing for a town alone, a number alone, or an ordinary word that the model took for a street."""
    if not cluster:
        return
    start, end = cluster[0][0], cluster[-1][1]
    kinds = {kind for _, _, kind in cluster}
    street = "form" in kinds or _like_a_street([text[first:last] for first, last, kind in cluster if kind == "street"])
    postcode = any(kind in ("postcode", "street") and _like_a_postcode(text[first:last]) for first, last, kind in cluster)
    if street:
        start, end = _grown(text, start, end)
    elif not postcode or ("place" not in kinds and not _POSTCODE_BEFORE.search(text, max(0, start - 24), start)):
        return
    yield Span(start=start, end=end, type=PiiType.ADDRESS, score=0.8 if street else 0.5)


def _like_a_street(streets: Sequence[str]) -> bool:
    """Not merely a number, a measure or a path, nor ordinary words in lower case: "step 3", "256MB" and "port 8080" are no streets."""
    words = [letters for street in streets for word in street.split() if (letters := _letters(word))]
    numbered = any(c.isdigit() for street in streets for c in street)
    if any(len(word) > 1 and word[0].isupper() and not ordinary(word) for word in words) and (numbered or len(words) > 1):
        return True
    return numbered and any(len(word) > 2 and not ordinary(word) for word in words)


def _letters(word: str) -> str:
    """The word in a piece of an address; nothing for a number with its unit, a code of letters and digits, or a piece of a path."""
    bare = "".join(c for c in word if not c.isdigit()).strip(".,;:()[]\"'-")
    if any(c in "/_=@\\{}<>$" for c in bare) or (bare != word.strip(".,;:()[]\"'-") and (len(bare) <= 2 or _UNIT_OF_MEASURE.fullmatch(bare) or bare.count("-") >= 1)):
        return ""
    return bare if any(c.isalpha() for c in bare) else ""


def _like_a_postcode(written: str) -> bool:
    return len(written) >= 4 and any(c.isdigit() for c in written)


def _grown(text: str, start: int, end: int) -> tuple[int, int]:
    """Takes in the house number before or after, a street word that was left out, the town, the postcode, the country, and the other street of a crossing."""
    for pattern in (_STREET_WORD, _NUMBER_AFTER, _POSTCODE_AFTER):
        if match := pattern.match(text, end):
            end = match.end()
    for pattern in (_HOUSE_BEFORE, _HOUSES_BEFORE):
        if match := pattern.search(text, max(0, start - 16), start):
            start = match.start()
    for pattern in (_CORNER, _CROSSING):
        if match := pattern.search(text, max(0, start - 40), start):
            start = match.start()
    return start, _with_the_rest(text, start, end)


def _with_the_rest(text: str, start: int, end: int) -> int:
    """The end of an address with the region, country and postcode that follow it; the town behind a unit, if it is no word of the sentence."""
    if _FORM_AT_END.search(text, start, end) and (tail := _TAIL.match(text, end)) and not any(ordinary(word) for word in tail["place"].split()):
        end = tail.end("place")
    if match := _REGION_AFTER.match(text, end):
        end = match.end()
    gap = _GAP_BEFORE_COUNTRY.match(text, end)
    if gap and (country := COUNTRY.match(text, gap.end())):
        end = country.end()
        if code := _POSTCODE_AFTER.match(text, end):
            end = code.end()
    return end
