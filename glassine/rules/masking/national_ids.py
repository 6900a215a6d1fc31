"""Finds numbers of states, vehicles and accounts that need no announcement, because few other numbers have their shape and checksum."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import itemgetter
from string import ascii_letters

from glassine.rules.masking.announced import valid
from glassine.words.privacy import PiiType, Span

_ID, _TAX = PiiType.NATIONAL_ID, PiiType.TAX_ID
# Kind, who validates it (a module of python-stdnum, a check of this file, or nobody, because the shape says it all), the shape, and how it can begin
# where it begins with a digit: with how many of them (*: any number), and what may follow these (A: a letter, $: anything else).
_SHAPES: tuple[tuple[PiiType, str, str, str], ...] = (
    (_ID, "us.ssn", r"(?!000|666)\d{3}(?P<us>[- ])\d{2}(?P=us)\d{4}", "3- "),
    (_ID, "it.codicefiscale", r"[A-Za-z]{6}[ ]?\d\w[A-Za-z]\d\w[ ]?[A-Za-z]\d\w{2}[A-Za-z]", ""),
    (_ID, "mx.curp", r"[A-Za-z]{4}\d{6}[HMhm][A-Za-z]{5}[A-Za-z0-9]\d", ""),
    (_TAX, "mx.rfc", r"[A-ZÑ&]{4}[- ]?\d{6}[- ]?[A-Z0-9]{3}", ""),
    (_ID, "es.nie", r"[XYZxyz][- ]?\d{7}[- ]?[A-Za-z]", ""),
    (_ID, "es.dni", r"\d{8}[- ]?[A-Za-z]|\d{2}\.\d{3}\.\d{3}[- ]?[A-Za-z]", "8- A|2."),
    (_ID, "", r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?P<gb> ?)\d{2}(?P=gb)\d{2}(?P=gb)\d{2}(?P=gb)[A-D]", ""),
    (PiiType.LICENCE, "", r"[A-Z]{1,5}9{0,4}(?<=[A-Z9]{5})\d[0156]\d[0-3]\d{2}[A-Z9]{2}\d[A-Z]{2}", ""),  # Great Britain
    (_ID, "ie.pps", r"\d{7}[A-W][A-IW]?", "7A"),
    (_TAX, "in_.pan", r"[A-Z]{3}P[A-Z]\d{4}[A-Z]", ""),
    (_TAX, "in_.gstin", r"\d{2}[A-Z]{5}\d{4}[A-Z][A-Z0-9]Z[A-Z0-9]", "2A"),
    (_ID, "fi.hetu", r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]", "6-+A"),
    (_ID, "ch.ssn", r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}", "3. |7. |11. |13$"),
    (_ID, "br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}", "3."),
    (_TAX, "br.cnpj", r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", "2."),
    (_ID, "be.nn", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", "2."),
    (_ID, "fr.nir", r"[12][ ]?\d{2}[ ]?\d{2}[ ]?(?:\d{2}|2[ABab])[ ]?\d{3}[ ]?\d{3}[ ]?\d{2}", "1 |3 |5 |6A|7 |10 |13 |15$"),
    (_ID, "se.personnummer", r"(?:19|20)?\d{6}[-+]\d{4}", "6-+|8-+"),
    (_ID, "dk.cpr", r"[0-3]\d[01]\d{3}-\d{4}", "6-"),
    (_ID, "no.fodselsnummer", r"[0-7]\d[0-9]\d{3} \d{5}", "6 "),
    (_ID, "kr.rrn", r"\d{6}-[1-8]\d{6}", "6-"),
    (_ID, "my.nric", r"\d{6}-\d{2}-\d{4}", "6-"),
    (_ID, "pk.cnic", r"\d{5}-\d{7}-\d", "5-"),
    (_ID, "cz.rc", r"\d{6}/\d{4}", "6/"),
    (_ID, "cl.rut", r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]", "1.|2."),
    (_TAX, "ar.cuit", r"(?:20|23|24|27)-\d{8}-\d", "2-"),
    (_ID, "do.cedula", r"\d{3}-\d{7}-\d", "3-"),
    (_ID, "th.pin", r"[1-8]-\d{4}-\d{5}-\d{2}-\d", "1-"),
    (_TAX, "sv.nit", r"\d{4}-\d{6}-\d{3}-\d", "4-"),
    (_TAX, "ve.rif", r"[VEve]-\d{8}-\d", ""),
    (_ID, "cn.ric", r"[1-9]\d{16}[\dXx]", "17A|18$"),
    (_ID, "ro.cnp", r"[1-8]\d{12}", "13$"),
    (PiiType.BANK, "ar.cbu", r"\d{8}[ ]?\d{14}", "8 |22$"),
    (PiiType.BANK, "clabe", r"\d{3} \d{3} \d{11} \d", "3 "),
    (PiiType.BANK, "", r"\d{2}-\d{2}-\d{2}[ ,]{1,3}(?:a/c )?\d{8}", "2-"),  # sort code and account
    (PiiType.BANK, "bitcoin", r"(?:[13][1-9A-HJ-NP-Za-km-z]{25,34}|(?:bc1|BC1)[0-9A-Za-z]{11,71})", "*A|26$"),
    (PiiType.BANK, "", r"0x[0-9a-fA-F]{40}", "1A"),
    (PiiType.VIN, "vin", r"(?=[A-HJ-NPR-Z0-9]{0,7}[A-Z])[A-HJ-NPR-Z0-9]{9}[A-HJ-NPR-Z0-9]{4}\d{4}", "*A"),
)
_SIGNS, _MOST = "-+./ ", 26  # _MOST: digits in a row, and more
# A digit behind letters, or behind the gap after them, with what can follow in a shape that begins with letters.
_BEHIND_LETTERS = re.compile(
    r"\d(?=\d{5}|\d{3}[A-Za-z]|\w[A-Za-z]\d|\d ?\d\d ?\d\d|[A-Za-z0-9]{10})(?:(?<=[A-Za-zÑ&]\d)|(?<=[A-Za-zÑ&][ -]\d))"
)
_LETTERS = frozenset(ascii_letters + "Ñ&")
_MOST_LETTERS = 6  # before the first digit


def national_ids(text: str) -> Iterator[Span]:
    """What has a shape of its own and passes its checksum."""
    at = 0
    for start, pattern in sorted([*_from_letters(text), *_from_digits(text)], key=itemgetter(0)):
        match = pattern.match(text, start) if start >= at else None
        if match is None:
            continue
        kind, validator, *_ = _SHAPES[int((match.lastgroup or "s0")[1:])]
        if not validator or (_OWN[validator](match.group()) if validator in _OWN else valid(validator, match.group())):
            at = match.end()
            yield Span(start=match.start(), end=match.end(), type=kind)


_Candidate = tuple[int, re.Pattern[str]]  # where a shape may begin, and the few that may begin so


def _from_letters(text: str) -> Iterator[_Candidate]:
    """Looked for backwards from digits only: from every letter of a long text the patterns cost more than everything else."""
    for digit in _BEHIND_LETTERS.finditer(text):
        end = digit.start() if text[digit.start() - 1] in _LETTERS else digit.start() - 1
        start = end
        while start and end - start <= _MOST_LETTERS and text[start - 1] in _LETTERS:
            start -= 1
        if end - start <= _MOST_LETTERS and (not start or not (text[start - 1].isalnum() or text[start - 1] in "_.")):
            yield start, _WORDED


def _from_digits(text: str) -> Iterator[_Candidate]:
    for digits in _BEGUN.finditer(text):
        start, end = digits.span()
        after = text[end : end + 1] or "$"
        yield start, _LEADS[min(end - start, _MOST), "A" if after in ascii_letters else after if after in _SIGNS else "$"]


def _any_of(numbers: Iterable[int]) -> re.Pattern[str]:
    """One pattern for some of the shapes, in their order; the group that matched tells which it was."""
    return re.compile(r"(?<![\w.])(?<!\d[-/])(?:" + "|".join(f"(?P<s{n}>{_SHAPES[n][2]})" for n in numbers) + r")(?![A-Za-z0-9]|[-/.]\d)")


def _leads() -> dict[tuple[int, str], re.Pattern[str]]:
    """The shapes that may begin with so many digits and this sign behind them."""
    found: dict[tuple[int, str], list[int]] = defaultdict(list)
    for number, (*_, leads) in enumerate(_SHAPES):
        for many, signs in re.findall(r"(\d+|\*)([^\d|]+)", leads):
            for digits in range(1, _MOST + 1) if many == "*" else (int(many),):
                for sign in {*signs, *_SIGNS} if "$" in signs else signs:
                    found[digits, sign].append(number)
    patterns = {numbers: _any_of(numbers) for numbers in set(map(tuple, found.values()))}
    return {lead: patterns[tuple(numbers)] for lead, numbers in found.items()}


def _begun(leads: Iterable[tuple[int, str]]) -> re.Pattern[str]:
    """Finds digits that some shape may begin with, by how many they are and what follows. It goes along them once, however many they are."""
    signs: dict[int, str] = defaultdict(str)
    for many, sign in leads:
        signs[many] += sign
    deeper = ""
    for many in range(_MOST, 0, -1):
        first = r"\d+" if many == _MOST else r"\d(?<![\w.]\d)(?<!\d[-/]\d)" if many == 1 else r"\d"
        deeper = f"{first}(?:{'|'.join(filter(None, [_followed(signs[many]), deeper]))})"
    return re.compile(deeper)


def _followed(signs: str) -> str:
    if not signs:
        return ""
    if "$" in signs:
        return r"(?!\d)" if "A" in signs else "(?![A-Za-z0-9])"
    return f"(?=[{'A-Za-z' if 'A' in signs else ''}{''.join(sorted(set(signs) - {'A', '-'}))}{'-' if '-' in signs else ''}])"


_WORDED = _any_of(n for n, (*_, leads) in enumerate(_SHAPES) if not leads or "*" in leads)
_LEADS: Mapping[tuple[int, str], re.Pattern[str]] = _leads()
_BEGUN = _begun(_LEADS)


def _clabe(written: str) -> bool:
    """Mexico's account number: weights 3, 7, 1 over 17 digits, and a bank that exists."""
    digits = [int(c) for c in written if c.isdigit()]
    total = sum(digit * weight % 10 for digit, weight in zip(digits[:17], (3, 7, 1) * 6, strict=False))
    return len(digits) == 18 and (10 - total % 10) % 10 == digits[17] and written[:3] != "000"


def _vin(written: str) -> bool:
    """ISO 3779 with the check digit of North America, in the ninth place."""
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
    total = sum((int(c) if c.isdigit() else values[c]) * weight for c, weight in zip(written, (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2), strict=True))
    return "0123456789X"[total % 11] == written[8]


_OWN: Mapping[str, Callable[[str], bool]] = {"clabe": _clabe, "vin": _vin}
