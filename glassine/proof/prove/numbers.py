"""Draws valid numbers: cards, accounts, telephones, and what states give to people and cars. Pure; the chance is handed in."""

from __future__ import annotations

import importlib
import re
import string
from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from types import MappingProxyType

import phonenumbers

_CARDS = (("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("2655", 16), ("2720", 16), ("34", 15), ("37", 15), ("6011", 16), ("65", 16), ("3528", 16), ("3589", 16), ("36", 14))
_IBANS = (("DE", 18), ("AT", 16), ("CH", 17), ("PL", 24), ("BE", 12), ("DK", 14), ("FI", 14), ("PT", 21), ("SE", 20), ("CZ", 20))
_ABROAD = ("FR", "ES", "IT", "NL", "PL", "SE", "BR", "IN", "JP", "AU", "CH", "AT", "BE", "MX", "ZA")

# Validator of python-stdnum and how the number is written: 9 a digit, A a capital letter, anything else itself.
_STATES: Mapping[str, tuple[str, str]] = MappingProxyType({
    "US SSN": ("us.ssn", "999-99-9999"), "Spanish DNI": ("es.dni", "99999999A"), "Italian codice fiscale": ("it.codicefiscale", ""), "Brazilian CPF": ("br.cpf", "999.999.999-99"),
    "French NIR": ("fr.nir", ""), "Swiss AHV": ("ch.ssn", "756.9999.9999.99"), "Dutch BSN": ("nl.bsn", "999999999"), "Polish PESEL": ("pl.pesel", ""),
    "Belgian NN": ("be.nn", ""), "Finnish HETU": ("fi.hetu", ""), "British NINO": ("", "AA 99 99 99 C"), "British NHS": ("gb.nhs", "999 999 9999"),
    "Canadian SIN": ("ca.sin", "999-999-999"), "Indian Aadhaar": ("in_.aadhaar", "9999 9999 9999"), "South African ID": ("za.idnr", ""),
    "German IdNr": ("de.idnr", ""), "Australian TFN": ("au.tfn", "999 999 999"), "New Zealand IRD": ("nz.ird", "99-999-999"), "Polish NIP": ("pl.nip", "999-999-99-99"),
})


def digits(chance: Random, count: int) -> str:
    return "".join(chance.choices(string.digits, k=count))


def card(chance: Random) -> str:
    """Of any network, in groups or not."""
    prefix, length = chance.choice(_CARDS)
    body = prefix + digits(chance, length - len(prefix) - 1)
    number = body + _luhn(body)
    gap = chance.choice((" ", " ", "-", ""))
    return gap.join(_grouped(number, (4, 6, 5) if length == 15 else (4, 6, 4) if length == 14 else (4, 4, 4, 4)))


def _luhn(body: str) -> str:
    """The check digit of ISO/IEC 7812-1."""
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def _grouped(number: str, sizes: tuple[int, ...]) -> list[str]:
    at, groups = 0, []
    for size in sizes:
        groups.append(number[at : at + size])
        at += size
    return groups


def iban(chance: Random) -> str:
    country, length = chance.choice(_IBANS)
    account = digits(chance, length)
    rest = int("".join(str(int(letter, 36)) for letter in account + country + "00")) % 97
    whole = f"{country}{98 - rest:02}{account}"
    return " ".join(re.findall(".{1,4}", whole)) if chance.random() < 0.6 else whole


def routing(chance: Random) -> str:
    body = f"{chance.choice((1, 2, 3, 6, 7, 8, 9, 10, 11, 12)):02}{digits(chance, 6)}"
    total = sum(int(digit) * weight for digit, weight in zip(body, (3, 7, 1) * 3, strict=False))
    return body + str(-total % 10)


def sort_code(chance: Random) -> str:
    code = digits(chance, 6)
    return f"sort code {code[:2]}-{code[2:4]}-{code[4:]}, account number {chance.randrange(10**7, 10**8)}"


def clabe(chance: Random) -> str:
    body = f"{chance.choice(('002', '012', '014', '021', '072'))}{digits(chance, 14)}"
    total = sum(int(digit) * weight % 10 for digit, weight in zip(body, (3, 7, 1) * 6, strict=False))
    return body + str(-total % 10)


def imei(chance: Random) -> str:
    body = chance.choice(("35", "86", "01")) + digits(chance, 12)
    return body + _luhn(body)


def plate(chance: Random) -> str:
    if chance.random() < 0.5:
        return f"{chance.choice(('HH', 'KA', 'DD', 'MS', 'FR'))}-{''.join(chance.choices('ABCEFHKLMNPRSTUVWXYZ', k=2))} {chance.randrange(1000, 9999)}"
    return f"{''.join(chance.choices('ABCDEFGHKLMNOPRSTVWXY', k=2))}{chance.choice(('07', '12', '19', '21', '69', '73'))} {''.join(chance.choices('ABCDEFGHJKLMNOPRSTUVWXYZ', k=3))}"


_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9, *range(10)), strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def vin(chance: Random) -> str:
    """A chassis number with the check digit of ISO 3779 as North America has it."""
    body = "".join(chance.choices("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", k=10))
    letters = f"1HG{body[:5]}0{body[5:]}{digits(chance, 3)}"
    rest = sum(_VIN_VALUES[letter] * weight for letter, weight in zip(letters, _VIN_WEIGHTS, strict=True)) % 11
    return letters[:8] + ("X" if rest == 10 else str(rest)) + letters[9:]


def phone_abroad(chance: Random) -> str:
    number = _phone(chance, chance.choice(_ABROAD))
    return phonenumbers.format_number(number, chance.choice((phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.E164)))


def phone_at_home(chance: Random) -> str:
    """As the countries that a new organisation starts with write them."""
    number = _phone(chance, "US")
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return chance.choice((national, national.replace("(", "").replace(") ", "-"), national.replace("(", "").replace(") ", ".").replace("-", ".")))


def _phone(chance: Random, region: str) -> phonenumbers.PhoneNumber:
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert example is not None, "every region listed has one"
    national = phonenumbers.national_significant_number(example)
    while True:
        drawn = national[:2] + digits(chance, len(national) - 2)
        number = phonenumbers.parse(f"+{example.country_code}{drawn}")
        if phonenumbers.is_valid_number(number):
            return number


def of_state(name: str) -> Callable[[Random], str]:
    """Draws numbers of this kind, until the state's own check takes one."""

    def draw(chance: Random) -> str:
        validator, shape = _STATES[name]
        while True:
            written = _shaped(chance, shape) if shape else _SPECIAL[name](chance)
            if not validator or _valid(validator, written):
                return written

    return draw


def _shaped(chance: Random, shape: str) -> str:
    if shape.startswith("AA"):
        return f"{chance.choice(('AB', 'CE', 'JK', 'LM', 'NP', 'WX'))}{_shaped(chance, shape[2:-1])}{chance.choice('ABCD')}"
    return "".join(chance.choice(string.digits) if sign == "9" else chance.choice("TRWAGMYFPDXBNJZSQVHLCKE") if sign == "A" else sign for sign in shape)


def _born(chance: Random, form: str) -> str:
    return form.format(year=chance.randrange(40, 99), month=chance.randrange(1, 13), day=chance.randrange(1, 29))


def _codice(chance: Random) -> str:
    body = "".join(chance.choices("BCDFGLMNPRSTV", k=6)) + f"{chance.randrange(40, 99)}{chance.choice('ABCDEHLMPRST')}{chance.randrange(1, 29):02}H501"
    module = importlib.import_module("stdnum.it.codicefiscale")
    return str(body + module.calc_check_digit(body))


def _nir(chance: Random) -> str:
    body = f"{chance.choice('12')}{chance.randrange(40, 99)}{chance.randrange(1, 13):02}{chance.choice(('75', '69', '13', '33'))}{chance.randrange(1, 900):03}{chance.randrange(1, 900):03}"
    key = 97 - int(body) % 97
    return f"{body[0]} {body[1:3]} {body[3:5]} {body[5:7]} {body[7:10]} {body[10:13]} {key:02}"


def _belgian(chance: Random) -> str:
    born, serial = _born(chance, "{year:02}{month:02}{day:02}"), f"{chance.randrange(1, 998):03}"
    return f"{born[:2]}.{born[2:4]}.{born[4:]}-{serial}.{97 - int(born + serial) % 97:02}"


def _hetu(chance: Random) -> str:
    born, serial = _born(chance, "{day:02}{month:02}{year:02}"), f"{chance.randrange(2, 900):03}"
    return f"{born}-{serial}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(born + serial) % 31]}"


_SPECIAL: Mapping[str, Callable[[Random], str]] = MappingProxyType({
    "Italian codice fiscale": _codice, "French NIR": _nir, "Belgian NN": _belgian, "Finnish HETU": _hetu,
    "Polish PESEL": lambda chance: _born(chance, "{year:02}{month:02}{day:02}") + digits(chance, 5),
    "South African ID": lambda chance: _born(chance, "{year:02}{month:02}{day:02}") + digits(chance, 4) + chance.choice("01") + "8" + digits(chance, 1),
    "German IdNr": lambda chance: _idnr(chance),
})


def _idnr(chance: Random) -> str:
    """Ten digits of which exactly one comes twice, and the check digit."""
    chosen = chance.sample(string.digits, 9)
    chosen.append(chance.choice(chosen))
    chance.shuffle(chosen)
    body = "".join(chosen)
    return body + str(importlib.import_module("stdnum.iso7064.mod_11_10").calc_check_digit(body))


def _valid(validator: str, written: str) -> bool:
    return _check(validator)(written)


@cache
def _check(validator: str) -> Callable[[str], bool]:
    check = importlib.import_module(f"stdnum.{validator}").is_valid
    return lambda written: bool(check(written))
