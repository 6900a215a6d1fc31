"""The kinds of canary values and the sentences they come in: valid ones, drawn by chance, of every type that is masked. Pure; the chance is handed in."""

from __future__ import annotations

import ipaddress
import string
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from glassine.proof.prove import numbers, people
from glassine.words.privacy import PiiType


class Guarantee(StrEnum):
    """What may be promised of a kind."""

    CHECKSUMMED = "checksummed"  # a valid one is always found
    PATTERNED = "patterned"  # its form, or a word before it, gives it away
    KNOWN = "known"  # the contact's own values, however they are spelled
    FREE = "free"  # names and addresses: some are missed, and the rate is stated


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`make` draws a value; `says` are sentences that it stands in; `exact`: its letters may not be written otherwise, as in a password."""

    type: PiiType
    name: str
    guarantee: Guarantee
    make: Callable[[Random], str]
    says: tuple[str, ...]
    exact: bool = False


def _email(chance: Random) -> str:
    first, last = people.name_parts(chance)
    host = chance.choice(("mail", "post", "office", "home", "web")) + "".join(chance.choices(string.ascii_lowercase, k=5))
    return f"{first}.{last}{chance.randrange(1000, 99999)}@{host}.{chance.choice(('example', 'example.com', 'example.org', 'co.uk', 'de'))}".lower()


def _ipv4(chance: Random) -> str:
    while True:
        address = ipaddress.IPv4Address(chance.getrandbits(32))
        if address.is_global and not address.is_multicast and len(str(address)) >= 11:
            return str(address)


def _ipv6(chance: Random) -> str:
    return str(ipaddress.IPv6Address((0x2A01 << 112) | chance.getrandbits(96)))


def _mac(chance: Random) -> str:
    separator = chance.choice(":-")
    return separator.join(f"{chance.randrange(256) & (0xFC if n == 0 else 0xFF):02x}" for n in range(6))


def _coordinates(chance: Random) -> str:
    return f"{chance.uniform(10, 69):.6f}, {chance.choice((-1, 1)) * chance.uniform(10, 170):.6f}"


def _word(chance: Random, length: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(chance.choices(letters, k=length))


def _credentials(chance: Random) -> str:
    return f"{_word(chance, 7, string.ascii_lowercase)}:{_word(chance, 12)}"


def _api_key(chance: Random) -> str:
    return chance.choice((
        "sk-proj-" + _word(chance, 32), "ghp_" + _word(chance, 36), "AKIA" + _word(chance, 16, string.ascii_uppercase + string.digits),
        "xoxb-" + _word(chance, 12, string.digits) + "-" + _word(chance, 24), "sk_live_" + _word(chance, 24), "AIza" + _word(chance, 35),
    ))


def _password(chance: Random) -> str:
    return chance.choice(string.ascii_uppercase) + _word(chance, 10) + str(chance.randrange(10, 99)) + chance.choice("!#%*")


def _birthdate(chance: Random) -> str:
    year, month, day = chance.randrange(1935, 2006), chance.randrange(1, 13), chance.randrange(1, 29)
    return chance.choice((f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year}", f"{month:02}/{day:02}/{year}"))


def _member(chance: Random) -> str:
    return f"GLX-{chance.randrange(10**8):08}-{chance.choice(string.ascii_uppercase)}"


CUSTOM_PATTERN = r"GLX-\d{8}-[A-Z]"  # what the throw-away organisation's admin writes

_C, _P, _F = Guarantee.CHECKSUMMED, Guarantee.PATTERNED, Guarantee.FREE

KINDS: tuple[Kind, ...] = (
    Kind(type=PiiType.EMAIL, name="e-mail address", guarantee=_P, make=_email, says=("Please write to {} about it.", "My mail is {}.", "{} is where the receipt should go.")),
    Kind(type=PiiType.PHONE, name="phone, international", guarantee=_P, make=numbers.phone_abroad, says=("Call me at {} after five.", "My number is {}.", "Reach me on {}, please.")),
    Kind(type=PiiType.PHONE, name="phone, national", guarantee=_P, make=numbers.phone_at_home, says=("Call me at {} after five.", "My phone number is {}.")),
    Kind(type=PiiType.CARD, name="payment card", guarantee=_C, make=numbers.card, says=("My card {} was charged twice.", "I paid with {} on Monday.", "Use card number {} for it.")),
    Kind(type=PiiType.IBAN, name="IBAN", guarantee=_C, make=numbers.iban, says=("Refund it to {} please.", "My IBAN is {}.")),
    Kind(type=PiiType.BANK, name="US bank account", guarantee=_C, make=numbers.routing, says=("The routing number is {}.", "Our ABA routing number: {}")),
    Kind(type=PiiType.BANK, name="British bank account", guarantee=_P, make=numbers.sort_code, says=("Pay it into {}.",)),
    Kind(type=PiiType.BANK, name="CLABE", guarantee=_C, make=numbers.clabe, says=("Mi CLABE es {}.", "The CLABE is {}.")),
    *(Kind(type=PiiType.NATIONAL_ID, name=f"national id, {name}", guarantee=guarantee, make=numbers.of_state(name), says=says)
      for name, guarantee, says in (
        ("US SSN", _P, ("My SSN is {}.", "Social security number: {}")), ("Spanish DNI", _C, ("My DNI is {}.",)), ("Italian codice fiscale", _C, ("Codice fiscale: {}",)),
        ("Brazilian CPF", _C, ("My CPF is {}.",)), ("French NIR", _C, ("Mon numéro de sécurité sociale est {}.",)), ("Swiss AHV", _C, ("My AHV number is {}.",)),
        ("Dutch BSN", _C, ("My BSN is {}.",)), ("Polish PESEL", _C, ("My PESEL is {}.",)), ("Belgian NN", _C, ("My national id number is {}.",)),
        ("Finnish HETU", _C, ("My henkilötunnus is {}.",)), ("British NINO", _P, ("My national insurance number is {}.",)), ("British NHS", _C, ("My NHS number is {}.",)),
        ("Canadian SIN", _C, ("My SIN is {}.",)), ("Indian Aadhaar", _C, ("My Aadhaar number is {}.",)), ("South African ID", _C, ("My ID number is {}.",)),
    )),
    *(Kind(type=PiiType.TAX_ID, name=f"tax id, {name}", guarantee=_C, make=numbers.of_state(name), says=says)
      for name, says in (
        ("German IdNr", ("My Steuer-ID is {}.",)), ("Australian TFN", ("My TFN is {}.",)), ("New Zealand IRD", ("My IRD number is {}.",)), ("Polish NIP", ("My NIP is {}.",)),
    )),
    Kind(type=PiiType.PASSPORT, name="passport", guarantee=_P, make=lambda chance: chance.choice("CFGHJKLMNPRTVWXYZ") + _word(chance, 8, string.digits),
         says=("My passport number is {}.", "Passport no. {}")),
    Kind(type=PiiType.LICENCE, name="driving licence", guarantee=_P, make=lambda chance: chance.choice("ABCDEFGHKLM") + _word(chance, 8, string.digits),
         says=("My driver's license number is {}.", "Driving licence: {}")),
    Kind(type=PiiType.IP, name="IPv4", guarantee=_P, make=_ipv4, says=("I came from {} when it failed.", "My IP is {}.")),
    Kind(type=PiiType.IP, name="IPv6", guarantee=_P, make=_ipv6, says=("I came from {} when it failed.",)),
    Kind(type=PiiType.MAC, name="MAC address", guarantee=_P, make=_mac, says=("The router's MAC address is {}.",)),
    Kind(type=PiiType.IMEI, name="IMEI", guarantee=_C, make=numbers.imei, says=("The IMEI is {}.", "IMEI: {}")),
    Kind(type=PiiType.COORDINATES, name="coordinates", guarantee=_P, make=_coordinates, says=("Leave the parcel at {}.", "I live at coordinates {}.")),
    Kind(type=PiiType.CREDENTIALS, name="user and password in a link", guarantee=_P, make=_credentials, says=("It fails at https://{}@shop.example/cart today.",), exact=True),
    Kind(type=PiiType.SECRET, name="API key", guarantee=_P, make=_api_key, says=("The key {} stopped working.", "I use {} in the header."), exact=True),
    Kind(type=PiiType.SECRET, name="password", guarantee=_P, make=_password, says=("My password is {}", "password: {}"), exact=True),
    Kind(type=PiiType.BIRTHDATE, name="date of birth", guarantee=_P, make=_birthdate, says=("My date of birth is {}.", "I was born on {}.", "DOB: {}")),
    Kind(type=PiiType.PLATE, name="number plate", guarantee=_P, make=numbers.plate, says=("My number plate is {}.", "The license plate {} is mine.")),
    Kind(type=PiiType.VIN, name="chassis number", guarantee=_C, make=numbers.vin, says=("The VIN is {}.", "Chassis number {}")),
    Kind(type=PiiType.CUSTOM, name="an admin's own pattern", guarantee=_P, make=_member, says=("My member number is {}.", "It concerns {}.")),
    Kind(type=PiiType.NAME, name="name, Latin script", guarantee=_F, make=people.name, says=(
        "My name is {}.", "This is {} from last week.", "Please ask {} about my order.", "Kind regards, {}", "I spoke with {} yesterday.", "The parcel is for {}.",
    )),
    Kind(type=PiiType.NAME, name="name, other scripts", guarantee=_F, make=people.foreign_name, says=("My name is {}.", "The parcel is for {}.", "Kind regards, {}")),
    Kind(type=PiiType.ADDRESS, name="street address", guarantee=_F, make=people.address, says=("I live at {}.", "Please deliver it to {}.", "My address is {}.", "We moved to {} in May.")),
)
