"""Disguises do not help: every one of them is undone before anything is looked for, and the whole value is masked."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from glassine.rules.redaction import redact, restore
from glassine.words.privacy import Known, Policy

POLICY = Policy(regions=("US", "GB", "DE"))
# What stands before the value, the value, and its kind. The first thirteen are numbers.
VALUES = (
    ("my card is ", "4111 1111 1111 1111", "CARD"), ("charge ", "2223 0031 2200 3222", "CARD"), ("amex ", "3782 822463 10005", "CARD"), ("", "5555-5555-5555-4444", "CARD"),
    ("", "DE89 3704 0044 0532 0130 00", "IBAN"), ("pay to ", "GB82 WEST 1234 5698 7654 32", "IBAN"), ("my SSN is ", "536-90-4399", "NATIONAL_ID"),
    ("Steuer-ID: ", "36574261809", "TAX_ID"), ("passport number ", "X12345678", "PASSPORT"), ("call ", "+1 415 555 2671", "PHONE"), ("my number is ", "(415) 555-2671", "PHONE"),
    ("ruf mich an: ", "030 901820", "PHONE"), ("routing number ", "111000025", "BANK"),
    ("write to ", "ada.lovelace@example.com", "EMAIL"), ("", "ada_l@mail.example.co.uk", "EMAIL"),
)  # fmt: skip
NUMBERS = VALUES[:13]


def _between(sign: str) -> Callable[[str], str]:
    return lambda value: sign.join(value)


def _each(start: int, first: str = "0") -> Callable[[str], str]:
    return lambda value: "".join(chr(start + ord(c) - ord(first)) if c.isdigit() else c for c in value)


def _fullwidth(value: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value)


def _entities(value: str) -> str:
    return "".join(f"&#{ord(c)};" for c in value)


def _percent(value: str) -> str:
    return "".join(f"%{ord(c):02X}" if not c.isspace() else c for c in value)


def _escapes(value: str) -> str:
    return "".join(f"\\u{ord(c):04x}" if not c.isspace() else c for c in value)


def _reversed(value: str) -> str:
    return f"\u202e{value[::-1]}\u202c"


DISGUISES: dict[str, Callable[[str], str]] = {
    "fullwidth": _fullwidth, "zero width space": _between("\u200b"), "zero width joiner": _between("\u200d"), "word joiner": _between("\u2060"), "soft hyphen": _between("\xad"),
    "byte order mark": _between("\ufeff"), "combining": _between("\u0336"), "variation selector": _between("\ufe0f"), "invisible tag": _between("\U000e0020"),
    "right to left": lambda value: f"\u202b{value}\u202c", "reversed": _reversed, "entities": _entities, "percent": _percent, "escapes": _escapes,
    "no-break space": lambda value: value.replace(" ", "\xa0"), "thin space": lambda value: value.replace(" ", "\u2009"), "ideographic space": lambda value: value.replace(" ", "\u3000"),
    "odd dash": lambda value: value.replace("-", "\u2011"), "minus": lambda value: value.replace("-", "\u2212"),
}  # fmt: skip
DIGITS = {"Arabic": _each(0x660), "Persian": _each(0x6F0), "Devanagari": _each(0x966), "Bengali": _each(0x9E6), "Thai": _each(0xE50), "mathematical": _each(0x1D7CE), "monospace": _each(0x1D7F6)}
WORDS = {
    "en": "zero one two three four five six seven eight nine", "de": "null eins zwei drei vier fünf sechs sieben acht neun", "fr": "zéro un deux trois quatre cinq six sept huit neuf",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve", "it": "zero uno due tre quattro cinque sei sette otto nove", "nl": "nul een twee drie vier vijf zes zeven acht negen",
    "pt": "zero um dois três quatro cinco seis sete oito nove", "pl": "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć",
}  # fmt: skip


def spoken(value: str, language: str) -> str:
    words = WORDS[language].split()
    return " ".join(words[int(c)] if c.isdigit() else c for c in value if c.isalnum() or c == "+").replace("+", "plus")


LINE_ENDS = ("\n", "\r\n", " \n", "\n  ", "\n> ")


def cuts(value: str, line_end: str) -> list[str]:
    """A value with a line break at every place; in an e-mail address not before its @, where the first half is a word like any other."""
    places = range(max(1, value.find("@")), len(value))
    return [value[:at].rstrip() + line_end + value[at:].lstrip() for at in places]


def masked(before: str, disguised: str) -> str:
    text = f"Hello, {before}{disguised} please"
    result = redact(text, POLICY, Known(), ())
    assert restore(result.text, {token.placeholder: token.value for token in result.tokens}) == text
    return result.text


@pytest.mark.parametrize(("before", "value", "kind"), VALUES)
def test_without_a_disguise(before: str, value: str, kind: str) -> None:
    assert masked(before, value) == f"Hello, {before}[{kind}_1] please"


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize(("before", "value", "kind"), VALUES)
def test_characters_that_hide_a_value(disguise: str, before: str, value: str, kind: str) -> None:
    assert masked(before, DISGUISES[disguise](value)).replace("\u202e", "").replace("\u202b", "").replace("\u202c", "") == f"Hello, {before}[{kind}_1] please"


@pytest.mark.parametrize("digits", DIGITS)
@pytest.mark.parametrize(("before", "value", "kind"), NUMBERS)
def test_digits_of_other_scripts(digits: str, before: str, value: str, kind: str) -> None:
    assert masked(before, DIGITS[digits](value)) == f"Hello, {before}[{kind}_1] please"


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize(("before", "value", "kind"), NUMBERS)
def test_digits_in_words(language: str, before: str, value: str, kind: str) -> None:
    assert masked(before, spoken(value, language)) == f"Hello, {before}[{kind}_1] please"


@pytest.mark.parametrize(("before", "value", "kind"), VALUES)
@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_values_that_a_line_break_cuts_anywhere(line_end: str, before: str, value: str, kind: str) -> None:
    for cut in cuts(value, line_end):
        assert masked(before, cut) == f"Hello, {before}[{kind}_1] please"


@pytest.mark.parametrize(("written", "kind"), [
    ("аda@ехаmple.com", "EMAIL"), ("ada@ехample.сом", "EMAIL"), ("αda@example.com", "EMAIL"), ("DЕ89 3704 0044 0532 0130 00", "IBAN"), ("RССMNL83Ѕ18D969Н", "NATIONAL_ID"),
    ("4lll llll 1111 1111", "CARD"), ("4111 1111 1111 11Il", "CARD"), ("411I 1111 1111 1111", "CARD"), ("5555 5555 5555 4444".replace("4", "４"), "CARD"), ("2223 OO31 22OO 3222", "CARD"),
    ("four one one one, one one one one, one one one one, one one one one", "CARD"), ("four triple one one double one one one one double one one one one one", "CARD"),
    ("forty-one eleven eleven eleven eleven eleven eleven eleven", "CARD"), ("my phone is zéro six douze trente-quatre cinquante-six soixante-dix-huit", "PHONE"),
    ("ada dot lovelace at example dot com", "EMAIL"), ("ada [at] example [dot] com", "EMAIL"), ("ada (at) example.com", "EMAIL"), ("ada&commat;example&period;com", "EMAIL"),
    ("ada @ example . com", "EMAIL"), ("ada at example punkt com", "EMAIL"), ("ada arroba example punto com", "EMAIL"), ("a d a @ e x a m p l e . c o m", "EMAIL"),
])
def test_other_disguises(written: str, kind: str) -> None:
    assert f"[{kind}_1]" in redact(f"Hello {written} please", Policy(regions=("US", "FR")), Known(), ()).text
    assert not any(word in redact(f"Hello {written} please", Policy(regions=("US", "FR")), Known(), ()).text for word in written.split() if len(word) > 3 and word not in ("phone",))


def test_any_mixture_of_invisible_characters() -> None:
    chance = random.Random(7)
    for before, value, kind in VALUES * 4:
        disguised = "".join(c + "".join(chance.choices("\u200b\u200c\u200d\u2060\u00ad\u034f\u180e\u0301", k=chance.randint(0, 3))) for c in value)
        assert masked(before, disguised) == f"Hello, {before}[{kind}_1] please"


@pytest.mark.parametrize(("written", "kind"), [
    ("<p>Passport no. <b>C5XK3L12Z</b></p>", "PASSPORT"), ("<b>Date of birth</b>: 12.03.1981", "BIRTHDATE"), ("Date of birth:\n12/03/1981", "BIRTHDATE"),
    ("number plate\nAB12 CDE", "PLATE"), ("<p>number plate <b>AB12 CDE</b></p>", "PLATE"), ("<li>CLABE <code>032180000118359719</code></li>", "BANK"),
    ("driving licence <i>MORGA657054SM9IJ</i>", "LICENCE"),
])
def test_markup_and_lines_do_not_part_a_number_from_its_word(written: str, kind: str) -> None:
    assert f"[{kind}_1]" in masked("", written)


@pytest.mark.parametrize("written", ["<p>Order <b>12345678</b> costs <b>19.99</b></p>", "a < b and c > d, if x<y> 3", "<b>Born</b> in Ulm, ordered on 12.03.2024"])
def test_markup_alone_announces_nothing(written: str) -> None:
    assert masked("", written) == f"Hello, {written} please"


def test_digits_of_other_scripts_beside_reversed_writing() -> None:
    assert masked("The IMEI is ", "𝟑𝟓𝟒𝟔𝟗𝟔𝟓𝟏𝟔𝟖𝟖𝟐𝟎𝟐𝟏 at https://\u202eltgtpwr\u202c.example").count("_1]") == 1
