"""Finds numbers that states give to people. Most checksums are weak, so a word that announces the number counts as much."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from glassine.words.privacy import PiiType, Span

# What needs no announcement, because few other numbers look like it: its shape, and who validates it (python-stdnum).
_SHAPES: tuple[tuple[str, str], ...] = (
    ("us.ssn", r"(?!000|666)\d{3}(?P<us>[- ])\d{2}(?P=us)\d{4}"),
    ("it.codicefiscale", r"[A-Za-z]{6}[ ]?\d\w[A-Za-z]\d\w[ ]?[A-Za-z]\d\w{2}[A-Za-z]"),
    ("mx.curp", r"[A-Za-z]{4}\d{6}[HMhm][A-Za-z]{5}[A-Za-z0-9]\d"),
    ("mx.rfc", r"[A-ZÑ&]{4}[- ]?\d{6}[- ]?[A-Z0-9]{3}"),
    ("es.nie", r"[XYZxyz][- ]?\d{7}[- ]?[A-Za-z]"),
    ("es.dni", r"\d{8}[- ]?[A-Za-z]|\d{2}\.\d{3}\.\d{3}[- ]?[A-Za-z]"),
    ("gb.nino", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?P<gb> ?)\d{2}(?P=gb)\d{2}(?P=gb)\d{2}(?P=gb)[A-D]"),
    ("ie.pps", r"\d{7}[A-W][A-IW]?"),
    ("in_.pan", r"[A-Z]{3}P[A-Z]\d{4}[A-Z]"),
    ("fi.hetu", r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]"),
    ("ch.ssn", r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}"),
    ("br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}"),
    ("be.nn", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}"),
    ("fr.nir", r"[12][ ]?\d{2}[ ]?\d{2}[ ]?(?:\d{2}|2[ABab])[ ]?\d{3}[ ]?\d{3}[ ]?\d{2}"),
    ("se.personnummer", r"(?:19|20)?\d{6}[-+]\d{4}"),
    ("dk.cpr", r"[0-3]\d[01]\d{3}-\d{4}"),
    ("no.fodselsnummer", r"[0-7]\d[0-9]\d{3} \d{5}"),
    ("kr.rrn", r"\d{6}-[1-8]\d{6}"),
    ("my.nric", r"\d{6}-\d{2}-\d{4}"),
    ("pk.cnic", r"\d{5}-\d{7}-\d"),
    ("cz.rc", r"\d{6}/\d{4}"),
    ("cl.rut", r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]"),
    ("ar.cuit", r"(?:20|23|24|27)-\d{8}-\d"),
    ("do.cedula", r"\d{3}-\d{7}-\d"),
    ("th.pin", r"[1-8]-\d{4}-\d{5}-\d{2}-\d"),
    ("sv.nit", r"\d{4}-\d{6}-\d{3}-\d"),
    ("ve.rif", r"[VEve]-\d{8}-\d"),
    ("cn.ric", r"[1-9]\d{16}[\dXx]"),
    ("ro.cnp", r"[1-8]\d{12}"),
)
_SHAPED = re.compile(r"(?<![\w.])(?<!\d[-/])(?:" + "|".join(f"(?P<s{n}>{shape})" for n, (_, shape) in enumerate(_SHAPES)) + r")(?![A-Za-z0-9]|[-/.]\d)")
_MAY_BE_SHAPED = re.compile(r"\d[\d .\-/+A-Ya-y]{2}")

# What is only believed when announced: the words, and the validators that count for them. Many states use the same word.
_ANNOUNCED: tuple[tuple[str, str], ...] = (
    (r"ssn|social security(?: (?:number|no|num|#))?|social insurance", "us.ssn us.itin us.atin ca.sin"),
    (r"itin|atin|ptin|tax(?:payer)? ?(?:id(?:entification)?|file|identifier|reference)?(?: ?(?:number|no|num))|tin|tax id|utr", "us.itin us.atin us.ptin us.tin au.tfn nz.ird de.idnr de.stnr fr.nif th.tin gb.utr az.voen"),
    (r"sin", "ca.sin"),
    (r"national insurance(?: (?:number|no))?|nino|ni number", "gb.nino"),
    (r"nhs(?: (?:number|no))?", "gb.nhs"),
    (r"phn|health (?:number|card)", "ca.bc_phn"),
    (r"dni|nie|nif|documento(?: nacional)? de identidad|identificación", "es.dni es.nie es.nif ar.dni pt.nif pe.cui"),
    (r"cuit|cuil", "ar.cuit"),
    (r"nir|num[ée]ro de s[ée]curit[ée] sociale|s[ée]curit[ée] sociale|num[ée]ro fiscal", "fr.nir fr.nif"),
    (r"codice fiscale|cod\.? ?fisc\.?", "it.codicefiscale"),
    (r"steuer-?id(?:entifikationsnummer)?|idnr|steuer(?:liche )?identifikationsnummer|steuernummer|sozialversicherungsnummer|sv-?nummer|svnr|ahv(?:-nummer)?", "de.idnr de.stnr at.vnr ch.ssn at.tin"),
    (r"bsn|burgerservicenummer|sofinummer|onderwijsnummer", "nl.bsn nl.onderwijsnummer"),
    (r"rijksregisternummer|num[ée]ro (?:de registre )?national|niss|insz", "be.nn be.bis be.ssn"),
    (r"personnummer|f[øo]dselsnummer|cpr(?:-?nr|-?nummer)?|henkilötunnus|hetu|kennitala", "se.personnummer no.fodselsnummer dk.cpr fi.hetu is_.kennitala"),
    (r"isikukood|asmens kodas|personas kods", "ee.ik lt.asmens lv.pvn"),
    (r"pesel|numer ewidencyjny", "pl.pesel"),
    (r"nip", "pl.nip"),
    (r"rodn[ée] č[íi]slo|r\. ?č\.", "cz.rc sk.rc"),
    (r"cnp|cod numeric personal", "ro.cnp"),
    (r"егн|egn|лнч", "bg.egn bg.pnf"),
    (r"oib|emšo|emso|jmbg", "hr.oib si.emso"),
    (r"amka|αμκα|afm|αφμ", "gr.amka gr.vat"),
    (r"t\.? ?c\.? ?(?:kimlik)?(?: no(?:su)?)?|kimlik(?: no(?:su|mara[sm]ı)?)?", "tr.tckimlik"),
    (r"инн|снилс|рнокпп|іпн", "ru.inn ua.rntrc"),
    (r"teudat zehut|תעודת זהות|ת\.ז\.?", "il.idnr"),
    (r"aadha?ar(?: (?:number|no|card))?|uid(?: number)|आधार", "in_.aadhaar"),
    (r"pan(?: (?:number|no|card))", "in_.pan"),
    (r"voter id|epic (?:number|no)", "in_.epic"),
    (r"nik|ktp", "id.nik"),
    (r"nric|mykad|ic number|fin number", "my.nric"),
    (r"cnic", "pk.cnic"),
    (r"my number card|individual number|マイナンバー|個人番号", "jp.in_"),
    (r"身份证(?:号码?)?|resident id(?:entity)?(?: card)?", "cn.ric"),
    (r"rrn|주민등록번호|resident registration(?: number)?", "kr.rrn"),
    (r"cpf", "br.cpf"),
    (r"curp|rfc", "mx.curp mx.rfc"),
    (r"rut|run", "cl.rut uy.rut"),
    (r"c[ée]dula(?: de (?:identidad|ciudadan[íi]a|extranjer[íi]a))?|carn[ée] de identidad", "ec.ci do.cedula co.nit cr.cpf cr.cr ve.rif"),
    (r"nit", "sv.nit co.nit gt.nit"),
    (r"cart[ãa]o de cidad[ãa]o|n[úu]mero de contribuinte|contribuinte", "pt.cc pt.nif"),
    (r"pps(?:n|s)?(?: (?:number|no))?", "ie.pps"),
    (r"tfn", "au.tfn"),
    (r"ird(?: (?:number|no))?", "nz.ird"),
    (r"(?:south african |sa )?id(?:entity)?(?: document)? ?(?:number|no\.?|num|#)|national id(?:entity|entification)?(?: card)?(?: ?(?:number|no))?|identity card(?: (?:number|no))?|citizen(?:ship)? (?:number|id)|government id|personal (?:id|identification|identity)(?: ?(?:number|code|no))?|ausweis(?:nummer)?|identiteitskaart(?:nummer)?", "za.idnr my.nric hk.hkid il.idnr mu.nid cu.ni"),
    (r"passport(?: ?(?:number|no\.?|num|#|id))?|reisepass(?:nummer)?|pasaporte|passeport|paspoort(?:nummer)?|passaporto?|паспорт", ""),
    (r"driv(?:er'?s?|ing) ?licen[cs]e(?: ?(?:number|no\.?|num|#|id))?|dl (?:number|no)|f[üu]hrerschein(?:nummer)?|permis de conduire|carnet de conducir|patente di guida|rijbewijs(?:nummer)?", ""),
)  # fmt: skip
_WORDS = re.compile(r"(?<![^\W_])(?:" + "|".join(f"(?P<w{n}>{words})" for n, (words, _) in enumerate(_ANNOUNCED)) + r")(?![^\W_])", re.IGNORECASE)
_LINK = re.compile(r"[ \t]*(?:(?:number|num|no|nr|n°|nº|code|id|is|are|was|es|ist|est|lautet|jest|[#:=.,()\"'“”«»-])[ \t\n]*){0,5}[ \t]*", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![^\W_])(?:[A-Za-z]{1,6}[ -]?)?\d[A-Za-z0-9]*(?:[ ./\-]{1,3}(?:[A-Za-z]{0,4}\d[A-Za-z0-9]*|[A-Za-z](?![A-Za-z])))*")
_CHECK_DIGIT = re.compile(r"[ ]?-[ ]?[0-9Kk](?![^\W_])")
_REACH = 60  # characters after the word; half as many before it


def national_ids(text: str) -> Iterator[Span]:
    """What has a shape of its own and passes its checksum; what is announced and passes one; what directly follows its announcement."""
    if not _MAY_BE_SHAPED.search(text):
        return
    for match in _SHAPED.finditer(text):
        validator = _SHAPES[int((match.lastgroup or "s0")[1:])][0]
        if _valid(validator, match.group()):
            yield Span(start=match.start(), end=match.end(), type=PiiType.NATIONAL_ID)
    for match in _WORDS.finditer(text):
        validators = _ANNOUNCED[int((match.lastgroup or "w0")[1:])][1].split()
        found = _announced(text, match, validators)
        if found:
            yield Span(start=found[0], end=found[1], type=PiiType.NATIONAL_ID, score=0.9)


def _announced(text: str, word: re.Match[str], validators: list[str]) -> tuple[int, int] | None:
    link = _LINK.match(text, word.end())
    start = link.end() if link else word.end()
    number = _NUMBER.match(text, start, start + 30)
    if number and 5 <= sum(c.isdigit() for c in number.group()) <= 18 and not (word.group().islower() and len(word.group()) <= 3 and not validators):
        told = _as_told(number)
        valid = _longest_valid(number, validators)
        return _with_check_digit(text, valid) if valid and valid[0] == told[0] else told
    for begin, stop in ((word.end(), word.end() + _REACH), (max(0, word.start() - _REACH // 2), word.start())):
        for nearby in _NUMBER.finditer(text, begin, stop):
            if found := _longest_valid(nearby, validators):
                return found
    return None


def _as_told(number: re.Match[str]) -> tuple[int, int]:
    """The whole number, without the words that were taken for its prefix."""
    prefix = re.match(r"[A-Za-z]{3,6} ", number.group())
    return number.start() + (prefix.end() if prefix else 0), number.end()


def _with_check_digit(text: str, found: tuple[int, int]) -> tuple[int, int]:
    check = _CHECK_DIGIT.match(text, found[1])
    return found[0], check.end() if check else found[1]


def _longest_valid(number: re.Match[str], validators: list[str]) -> tuple[int, int] | None:
    """The longest run of the number's groups that a validator takes."""
    if not validators or sum(map(str.isdigit, number.group())) < 6:
        return None
    text, groups = number.string, [(m.start(), m.end()) for m in re.finditer(r"[A-Za-z0-9]+", number.group())]
    groups = [(number.start() + start, number.start() + end) for start, end in groups][:12]
    for length in range(len(groups), 0, -1):
        for first in range(len(groups) - length + 1):
            start, end = groups[first][0], groups[first + length - 1][1]
            if end - start >= 6 and any(_valid(validator, text[start:end]) for validator in validators):
                return start, end
    return None


def _valid(validator: str, written: str) -> bool:
    return _validator(validator)(written)


@lru_cache(maxsize=256)
def _validator(name: str) -> Callable[[str], bool]:
    """A check of python-stdnum, loaded when a text first needs it; a kind that an installed version lacks is never valid."""
    try:
        check = importlib.import_module(f"stdnum.{name}").is_valid
    except (ImportError, AttributeError):
        return lambda _: False
    return lambda written: bool(check(written))
