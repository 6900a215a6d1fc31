"""Finds telephone numbers: international ones, those of the organisation's regions, and what looks or is announced like one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from glassine.words.privacy import PiiType, Span

_CANDIDATE = re.compile(
    r"(?<![\w+@#/=&.$€£¥-])(?<!\d[,:])(?:\+[ ]?|\(\+?|\()?\d(?:[ \t]?[-./–()\n][ \t]?[(]?\d|\)[ ]?[-./]?[ ]?\d|[ ]{1,2}\(?\d|\d){4,24}"
    r"(?P<ext>[ ,]{0,2}(?:x|ext\.?|extension|durchwahl|poste|#)[ .:]{0,2}\d{1,6})?(?![\w@]|[-/,:.]\d)",
    re.IGNORECASE,
)
_ANNOUNCED = re.compile(
    r"(?:\b(?:tel|telephone|phone|fon|mobile|mobil|cell|cellular|cellphone|landline|fax|whats ?app|signal|viber|sms|text|dial|call|calling|called|ring|rang|reach|contact|callback|hotline|pager"
    r"|telefon\w*|handy\w*|anruf\w*|rufe?n?|erreich\w*|t[ée]l[ée]phone|portable|appele[rz]|joindre|tel[ée]fono|m[óo]vil|celular|ll[aá]m\w+|telem[óo]vel|ligar|cellulare|chiam\w+|telefoon\w*|bel|mobiel"
    r"|telefonnummer|puhelin\w*|numer telefonu|kom[óo]rk\w*|zadzwo\w+|телефон\w*|звон\w*|мобильн\w*|電話|电话|手机|전화|هاتف|טלפון)\b|☎|📞|📱)"
    r"[^\n\d]{0,40}$|\b(?:(?:my|his|her|their|our|the|this|new) (?:\w+ )?(?:number|#|no\.?)|number|answering|numéro|número|nummer|numer)(?: is| was|['’]s|:|=| ist| est| es| at| to)*[ :]{0,3}$",
    re.IGNORECASE,
)
_ANNOUNCED_AFTER = re.compile(
    r"^[ ]?[-–(,\\]{0,3}[ ]?(?:\((?:h|w|m|c|o)\)|(?:cell|mobile|office|home|work|fax|phone|tel|direct|whatsapp)\b)|^ is (?:my|his|her|our|the) (?:\w+ )?(?:phone|number|mobile|cell)",
    re.IGNORECASE,
)
_SOMETHING_ELSE = re.compile(
    r"(?:\b(?:order|orders|purchases?|buys?|compra|achat|invoice|ticket|case|ref|reference|refs|tracking|sku|serial|model|item|part|product|transaction|confirmation|booking|reservation|account|acct|customer|user|member|policy"
    r"|version|build|commit|port|ports|page|room|flight|error|code|batch|lot|zip|postcode|plz|isbn|ean|upc|vin|imei|id|ids|uid|no|nr|number|amount|total|price|year|years|bestell\w*|rechnung\w*|auftrag\w*|commandes?(?: n°| nº)?|pedido|factura|zamówieni\w+)"
    r"(?:[ ]?(?:number|no|nr|id|ids|code|#)\b)?(?: is| was| are|['’]s)?[\s.:#=(]{0,4}|#\s?|[$€£¥₹]\s?|\b(?:usd|eur|gbp|rs|inr|sek|nok|dkk|pln|chf)\s?)$",
    re.IGNORECASE,
)
_UNIT_AFTER = re.compile(
    r"^\s?(?:[$€£¥₹%°]|(?:kr|usd|eur|gbp|dollars?|euros?|pounds?|sek|nok|dkk|zł|pln|chf|ms|s|sec|kb|mb|gb|tb|km|kg|g|mm|cm|m|px|am|pm|items?|users?|visitors?|requests?|times|rows|bytes|hours|days|years)\b)",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:0?[1-9]|[12]\d|3[01])(?:\D.*)?|(?:0?[1-9]|[12]\d|3[01])(?P<s>[-/.])(?:0?[1-9]|[12]\d|3[01])(?P=s)(?:19|20)?\d\d(?: \d{1,2}(?:\.\d\d)?)?"
    r"|(?:19|20)\d\d[ ]?[-/][ ]?(?:19|20)\d\d|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{4}|\d{6})?",
    re.DOTALL,
)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?P<s>[ .])\d{3}(?:(?P=s)\d{3})*")
_FORMATTED = re.compile(
    r"\(0?\d{1,4}\)[ ]?[-./]?[ ]?\d{2,5}(?:[ \-./]?\d{2,5}){0,4}"  # (85) 5986-8343
    r"|(?:\+?1|001|011)?[-. ]?\d{3}(?P<s>[-.])\d{3}(?P=s)\d{4}|(?:1[ ])?\d{3} \d{3}[ -]\d{4}"  # 730.347.5681
    r"|0\d{1,4}(?:[ \-/.]\d{2,8}){1,4}|00\d(?:[ \-/.]?\d){6,16}"  # 0171 234567
    r"|\d{2}(?P<t>[ .-])\d{2}(?P=t)\d{2}(?P=t)\d{2}(?:(?P=t)\d{2})?"  # 20-32-85-26
    r"|\d{3}-\d{4}|\d{4}-\d{4}"
)
_SHORT_SHAPE = re.compile(r"\d{3}-\d{4}|\d{4}-\d{4}|\d{2}(?P<t>[ .-])\d{2}(?P=t)\d{2}(?P=t)\d{2}")

_MY_NUMBER = re.compile(r"\b(?:my|his|her|their|our) (?:new )?number(?: is|['’]s|:)?\s{0,2}$|\bnumber is\s$", re.IGNORECASE)
_CALLED_SO = re.compile(r"(?:phone|tel|mobile|cell|fax|contact|call\w*)\W{0,3}(?:number|no|nr|#)?\W{0,4}(?:is)?\W{0,3}$", re.IGNORECASE)
_LINE = re.compile(r"[+(]?\d[^\n]*\d")
_DIGITS = re.compile(r"\d+")


def phones(text: str, regions: tuple[str, ...]) -> Iterator[Span]:
    """Numbers for `regions` (ISO 3166 alpha-2), judged by form, validity in the numbering plan, and the words around them."""
    for match in _CANDIDATE.finditer(text):
        start, end = match.span()
        if text[start] == "(" and ")" not in match.group():
            start += 1
        extension = len(match.group("ext") or "")
        if whole := _number(text, start, end, extension, regions):
            yield whole
        elif "\n" in match.group():  # a number in one line and another number in the next
            for line in _LINE.finditer(text, start, end):
                if part := _number(text, line.start(), line.end(), 0, regions):
                    yield part


def _number(text: str, start: int, end: int, extension: int, regions: tuple[str, ...]) -> Span | None:
    """The telephone number that begins at `start`: all up to `end`, or less where that makes a number and all does not."""
    written = text[start : end - extension]
    bare = written.strip("() ")
    if ("\n" in written and not _fits(written, regions)) or _DATE.fullmatch(bare):
        return None
    if bare.startswith("+"):
        return _international(text, start, end, extension)
    if not 6 <= sum(map(str.isdigit, written)) <= 20 or (bare.startswith("00") and not _possible("+" + bare.lstrip("0"), None)):
        return None
    before = text[max(0, start - 60) : start]
    if _SOMETHING_ELSE.search(before) and not _CALLED_SO.search(before) and not _MY_NUMBER.search(before):
        return None
    if _ANNOUNCED.search(before) or _MY_NUMBER.search(before) or _ANNOUNCED_AFTER.search(text[end : end + 30]):
        return _announced(text, start, end, extension, regions)
    return _unannounced(text, start, end, extension, regions)


def _international(text: str, start: int, end: int, extension: int) -> Span | None:
    """The longest valid number behind a plus, or the longest possible one: numbering plans change faster than tables of them."""
    ends = _ends(text, start, end, extension)
    for fits, score in ((_valid, 1.0), (_possible, 0.8)):
        for stop in ends:
            if fits(text[start : stop - extension if stop == end else stop], None):
                return Span(start=start, end=stop, type=PiiType.PHONE, score=score)
    whole = text[start:end].lstrip("+(")
    return Span(start=start, end=end, type=PiiType.PHONE, score=0.8) if whole.isdigit() and 8 <= len(whole) <= 15 and whole[0] != "0" else None


def _announced(text: str, start: int, end: int, extension: int, regions: tuple[str, ...]) -> Span | None:
    """A word says that it is one, so 6 to 17 digits will do; only what follows a whole number of the plan is left out."""
    written = text[start : end - extension]
    if not _fits(written, regions) and (cut := next((stop for stop in _ends(text, start, end, extension)[1:] if _fits(text[start:stop], regions)), 0)):
        return Span(start=start, end=cut, type=PiiType.PHONE, score=0.9)
    if not 6 <= sum(map(str.isdigit, written)) <= 17 or (_UNIT_AFTER.search(text[end : end + 12]) and not _FORMATTED.fullmatch(written.strip())):
        return None
    return Span(start=start, end=end, type=PiiType.PHONE, score=0.9)


def _unannounced(text: str, start: int, end: int, extension: int, regions: tuple[str, ...]) -> Span | None:
    """Nothing says so: it takes the form of a number, or ten digits and more that a region's plan knows."""
    written = text[start : end - extension]
    bare = written.strip("() ")
    if _THOUSANDS.fullmatch(bare):
        return None
    formatted = _FORMATTED.match(text, start, end - extension)
    if formatted and (_SHORT_SHAPE.fullmatch(formatted.group()) or (formatted.end() < end and text[formatted.end()] not in " \t\n")):
        formatted = None
    if formatted and (formatted.end() == end - extension or not _fits(written, regions)):
        return Span(start=start, end=end if formatted.end() == end - extension else formatted.end(), type=PiiType.PHONE, score=0.8)
    digits = "".join(c for c in written if c.isdigit())
    likely = 10 <= len(digits) <= 12 and len(set(digits)) >= 4 and not _UNIT_AFTER.search(text[end : end + 12])
    if (likely or _SHORT_SHAPE.fullmatch(bare)) and any(_valid(written, region) for region in regions):
        return Span(start=start, end=end, type=PiiType.PHONE, score=0.7)
    return None


def _ends(text: str, start: int, end: int, extension: int) -> list[int]:
    """Where a number may end: the end, and after each group of digits before it, at most six."""
    groups = [match.end() for match in _DIGITS.finditer(text, start, end - extension)]
    return [end, *groups[-2:-8:-1]] if len(groups) > 1 else [end]


def _fits(written: str, regions: tuple[str, ...]) -> bool:
    return _valid(written, None) if written.lstrip("( ").startswith("+") else any(_valid(written, region) for region in regions)


@lru_cache(maxsize=4096)
def _possible(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number.replace("\n", " "), region))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=4096)
def _valid(number: str, region: str | None) -> bool:
    try:
        parsed = phonenumbers.parse(number.replace("\n", " "), region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number_for_region(parsed, region) if region else phonenumbers.is_valid_number(parsed)


def canonical(written: str, regions: tuple[str, ...]) -> str:
    """E.164 where the numbering plan of a region allows it, else the digits: equal for all spellings of one number."""
    for region in regions or ("US",):
        try:
            parsed = phonenumbers.parse(written, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(parsed):
            extension = f"x{parsed.extension}" if parsed.extension else ""
            return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)) + extension
    return "".join(c for c in written if c.isdigit())
