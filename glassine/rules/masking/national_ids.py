"""Finds numbers of states, vehicles and accounts that need no announcement, because few other numbers have their shape and checksum."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from glassine.rules.masking.announced import valid
from glassine.words.privacy import PiiType, Span

_ID, _TAX = PiiType.NATIONAL_ID, PiiType.TAX_ID
# Kind, who validates it (a module of python-stdnum, a check of this file, or nobody, because the shape says it all), and the shape.
_SHAPES: tuple[tuple[PiiType, str, str], ...] = (
    (_ID, "us.ssn", r"(?!000|666)\d{3}(?P<us>[- ])\d{2}(?P=us)\d{4}"),
    (_ID, "it.codicefiscale", r"[A-Za-z]{6}[ ]?\d\w[A-Za-z]\d\w[ ]?[A-Za-z]\d\w{2}[A-Za-z]"),
    (_ID, "mx.curp", r"[A-Za-z]{4}\d{6}[HMhm][A-Za-z]{5}[A-Za-z0-9]\d"),
    (_TAX, "mx.rfc", r"[A-ZÑ&]{4}[- ]?\d{6}[- ]?[A-Z0-9]{3}"),
    (_ID, "es.nie", r"[XYZxyz][- ]?\d{7}[- ]?[A-Za-z]"),
    (_ID, "es.dni", r"\d{8}[- ]?[A-Za-z]|\d{2}\.\d{3}\.\d{3}[- ]?[A-Za-z]"),
    (_ID, "", r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?P<gb> ?)\d{2}(?P=gb)\d{2}(?P=gb)\d{2}(?P=gb)[A-D]"),
    (PiiType.LICENCE, "", r"[A-Z]{1,5}9{0,4}(?<=[A-Z9]{5})\d[0156]\d[0-3]\d{2}[A-Z9]{2}\d[A-Z]{2}"),  # Great Britain
    (_ID, "ie.pps", r"\d{7}[A-W][A-IW]?"),
    (_TAX, "in_.pan", r"[A-Z]{3}P[A-Z]\d{4}[A-Z]"),
    (_TAX, "in_.gstin", r"\d{2}[A-Z]{5}\d{4}[A-Z][A-Z0-9]Z[A-Z0-9]"),
    (_ID, "fi.hetu", r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]"),
    (_ID, "ch.ssn", r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}"),
    (_ID, "br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}"),
    (_TAX, "br.cnpj", r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}"),
    (_ID, "be.nn", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}"),
    (_ID, "fr.nir", r"[12][ ]?\d{2}[ ]?\d{2}[ ]?(?:\d{2}|2[ABab])[ ]?\d{3}[ ]?\d{3}[ ]?\d{2}"),
    (_ID, "se.personnummer", r"(?:19|20)?\d{6}[-+]\d{4}"),
    (_ID, "dk.cpr", r"[0-3]\d[01]\d{3}-\d{4}"),
    (_ID, "no.fodselsnummer", r"[0-7]\d[0-9]\d{3} \d{5}"),
    (_ID, "kr.rrn", r"\d{6}-[1-8]\d{6}"),
    (_ID, "my.nric", r"\d{6}-\d{2}-\d{4}"),
    (_ID, "pk.cnic", r"\d{5}-\d{7}-\d"),
    (_ID, "cz.rc", r"\d{6}/\d{4}"),
    (_ID, "cl.rut", r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]"),
    (_TAX, "ar.cuit", r"(?:20|23|24|27)-\d{8}-\d"),
    (_ID, "do.cedula", r"\d{3}-\d{7}-\d"),
    (_ID, "th.pin", r"[1-8]-\d{4}-\d{5}-\d{2}-\d"),
    (_TAX, "sv.nit", r"\d{4}-\d{6}-\d{3}-\d"),
    (_TAX, "ve.rif", r"[VEve]-\d{8}-\d"),
    (_ID, "cn.ric", r"[1-9]\d{16}[\dXx]"),
    (_ID, "ro.cnp", r"[1-8]\d{12}"),
    (PiiType.BANK, "ar.cbu", r"\d{8}[ ]?\d{14}"),
    (PiiType.BANK, "clabe", r"\d{3} \d{3} \d{11} \d"),
    (PiiType.BANK, "", r"\d{2}-\d{2}-\d{2}[ ,]{1,3}(?:a/c )?\d{8}"),  # sort code and account
    (PiiType.BANK, "bitcoin", r"(?:[13][1-9A-HJ-NP-Za-km-z]{25,34}|(?:bc1|BC1)[0-9A-Za-z]{11,71})"),
    (PiiType.BANK, "", r"0x[0-9a-fA-F]{40}"),
    (PiiType.VIN, "vin", r"(?=[A-HJ-NPR-Z0-9]{0,7}[A-Z])[A-HJ-NPR-Z0-9]{9}[A-HJ-NPR-Z0-9]{4}\d{4}"),
)
_SHAPED = re.compile(r"(?<![\w.])(?<!\d[-/])(?:" + "|".join(f"(?P<s{n}>{shape})" for n, (_, _, shape) in enumerate(_SHAPES)) + r")(?![A-Za-z0-9]|[-/.]\d)")
_CANDIDATE = re.compile(r"(?<![\w.])(?:[A-Za-zÑ&]{1,6}[ -]?)?\d(?=[\dA-Za-z./+-]|[ ]\d\d)(?=[\dA-Za-z .\-/+]{6})|(?<![\w.])(?:bc1|BC1)(?=\w{11})|(?<![\w.])(?=[A-Z]{1,5}9{1,4}\d)")


_DIGITS = re.compile(r"\d+")
_BEFORE, _AFTER = 8, 16  # how far before its first digit a candidate may begin, and how far behind it its pattern looks


def national_ids(text: str) -> Iterator[Span]:
    """What has a shape of its own and passes its checksum."""
    at = 0
    for candidate in _candidates(text):
        match = _SHAPED.match(text, candidate.start()) if candidate.start() >= at else None
        if match is None:
            continue
        kind, validator, _ = _SHAPES[int((match.lastgroup or "s0")[1:])]
        if not validator or (_OWN[validator](match.group()) if validator in _OWN else valid(validator, match.group())):
            at = match.end()
            yield Span(start=match.start(), end=match.end(), type=kind)


def _candidates(text: str) -> Iterator[re.Match[str]]:
    """Looked for around digits only: from every letter of a long text the pattern costs more than everything else."""
    low = high = -1
    for digits in _DIGITS.finditer(text):
        if digits.start() - _BEFORE > high:
            if high >= 0:
                yield from _CANDIDATE.finditer(text, low, high)
            low = max(0, digits.start() - _BEFORE)
        high = digits.end() + _AFTER
    if high >= 0:
        yield from _CANDIDATE.finditer(text, low, high)


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
