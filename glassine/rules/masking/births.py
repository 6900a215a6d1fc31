"""Finds dates of birth: a date that a word such as "born" announces. Other dates stay."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from glassine.words.privacy import PiiType, Span

_HINT = re.compile(
    r"(?<![^\W_])(?:birth|born|dob|d\.o\.b|bday|b-day|gebor|geb\b|geburt|naissance|nee? l[ea]|ne\(e\)|nacimiento|naci\b|nacid|nascimento|nasci\b|nascid|nascita|nat[oa] (?:il|l)|urodz|fodels|fodt|fodd|fodsels|syntym"
    r"|dogum|рожден|родил|народжен|народил|роден|γεννηθ|γεννησ|narozen|szulet|nascut|nasterii|rojst|rodjen|roden[ai]?\b|gimim|dzimsan|synnyin)|生年月日|出生|생년월일|생일|תאריך לידה|נולדתי|الميلاد|ولدت|जन्म"
)
_MONTH = (
    r"(?:jan(?:uar[iy]?|vier|eiro)?|ene(?:ro)?|gen(?:naio)?|styczen|stycznia|feb(?:ruar[iy]?|rero|braio)?|fev(?:rier|ereiro)?|luty|lutego|mar(?:ch|zo|co|s|t)?|maerz|marz|maart|mrt|marca|apr(?:il[el]?)?|avr(?:il)?|abr(?:il)?|kwietnia"
    r"|ma[iy]o?|mag(?:gio)?|mei|maj[ua]?|mai|jun[iey]?o?|juin|giu(?:gno)?|czerwca|jul[iy]?o?|juillet|juil|lug(?:lio)?|lipca|aug(?:ust[iu]?|ustus)?|aout|ago(?:sto)?|sierpnia|sep(?:t(?:ember|iembre|embre)?|tembre)?|setembro|set(?:tembre)?|wrzesnia"
    r"|o[ck]t(?:ober|obre|ubre)?|out(?:ubro)?|ott(?:obre)?|pazdziernika|nov(?:ember|iembre|embre|embro)?|listopada|de[czs](?:ember|embre|iembre|embro|ember)?|dic(?:iembre|embre)?|grudnia"
    r"|январ[ья]|феврал[ья]|марта?|апрел[ья]|ма[йия]|июн[ья]|июл[ья]|августа?|сентябр[ья]|октябр[ья]|ноябр[ья]|декабр[ья])"
)
_DATE = re.compile(
    rf"(?<![A-Za-z0-9_.])(?:\d{{1,4}}(?P<s>[ ]?[./-][ ]?)\d{{1,2}}(?P=s)\d{{2,4}}|\d{{1,2}}(?:st|nd|rd|th|er|[.ºo°])?[ -](?:(?:of|de|di|den)[ ])?{_MONTH}\.?,?[ -](?:(?:of|de|del|di)[ ])?(?:\d{{4}}|'?\d{{2}})"
    rf"|{_MONTH}\.?[ ]\d{{1,2}}(?:st|nd|rd|th)?,?[ ](?:\d{{4}}|'?\d{{2}})|(?:19|20)\d{{2}}[ ]?[年년][ ]?\d{{1,2}}[ ]?[月월][ ]?\d{{1,2}}[ ]?[日일]?|(?:19|20)\d{{2}}[ ]{_MONTH}[ ]\d{{1,2}}"
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d{2}|\d{1,2} \d{1,2} (?:19|20)\d{2})(?![\w-]|[./]\d)"
)
_LINK = re.compile(r"(?:[\s:=,.*|>-]|(?:on|is|was|am|ist|war|le|el|il|em|es|est)(?![^\W_])){0,10}")  # between a word and the date that it heads, on the next line too
_AFTER, _BEFORE = 45, 40  # how far from the announcing word the date may stand
_ANOTHER = re.compile(r"[?!\n]|\.[ ][A-ZÀ-ÞА-Я]|\b(?:until|till|by|before|after|deliver\w*|order\w*|gifts?|party|discount|voucher|coupon|expires?|valid|offer|sale|bis|hasta|jusqu)\b")


_WRITTEN_PARTS = (
    "birth born dob d.o.b bday b-day geb naissance ne(e) naci nasc urodz fodels fodt fodd fodsels syntym dogum рожд роди роден народ γενν naroz szul nasterii rojst rodjen roden gimim dzimsan synnyin "
    "年月日 出生 생 לידה נולדתי الميلاد ولدت जन्म"
)
_PARTS = (*_WRITTEN_PARTS.split(), "ne l", "nee l", "nato il", "nato l", "nata il", "nata l")  # one of them stands in each word that announces


def births(text: str, folded: str) -> Iterator[Span]:
    """The nearest date after the announcing word, or right before it. `folded` is `text` in lower case without accents."""
    if not any(part in folded for part in _PARTS):
        return
    hints = [match.span() for match in _HINT.finditer(folded)]
    dates = [match.span() for match in _DATE.finditer(folded)] if hints else []
    starts = [start for start, _ in dates]
    for first, last in hints:
        at = bisect_left(starts, first)
        after = dates[at] if at < len(dates) and dates[at][0] <= last + _AFTER else None
        before = dates[at - 1] if at and dates[at - 1][0] >= first - _BEFORE else None
        if after and (_LINK.fullmatch(text, last, after[0]) or not _ANOTHER.search(text, last, after[0])):
            yield Span(start=after[0], end=after[1], type=PiiType.BIRTHDATE, score=0.9)
        elif not after and before and not _ANOTHER.search(text, before[1], first):
            yield Span(start=before[0], end=before[1], type=PiiType.BIRTHDATE, score=0.8)
