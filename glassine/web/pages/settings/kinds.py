"""The kinds of personal data as Settings › Privacy lists them: in groups, each with a sentence. Words only."""

from __future__ import annotations

from collections.abc import Mapping

from glassine.rules.policies import TYPES
from glassine.words.privacy import PiiType, Treatment

GROUPS: tuple[tuple[str, tuple[PiiType, ...]], ...] = (
    ("Who somebody is", (PiiType.NAME, PiiType.EMAIL, PiiType.PHONE, PiiType.ADDRESS, PiiType.COORDINATES, PiiType.BIRTHDATE)),
    ("Money", (PiiType.CARD, PiiType.IBAN, PiiType.BANK)),
    ("Papers", (PiiType.NATIONAL_ID, PiiType.TAX_ID, PiiType.PASSPORT, PiiType.LICENCE, PiiType.PLATE, PiiType.VIN)),
    ("Access and devices", (PiiType.SECRET, PiiType.CREDENTIALS, PiiType.IP, PiiType.MAC, PiiType.IMEI)),
)
SAYS: Mapping[PiiType, str] = {
    PiiType.NAME: "Names of persons, as the names model and the contact's own name find them.", PiiType.EMAIL: "E-mail addresses, also spelled with “at” and “dot”.",
    PiiType.PHONE: "Phone numbers, of your countries and in international form.", PiiType.ADDRESS: "Streets, post boxes and postcodes.",
    PiiType.COORDINATES: "Places on the map, precise enough to be a home.", PiiType.BIRTHDATE: "Dates that are said to be somebody's birthday.",
    PiiType.CARD: "Numbers of payment cards.", PiiType.IBAN: "International bank accounts.", PiiType.BANK: "Accounts in national form, routing numbers and wallets.",
    PiiType.NATIONAL_ID: "What a state numbers its people by, such as a social security number.", PiiType.TAX_ID: "What a state taxes people and companies by.",
    PiiType.PASSPORT: "Numbers of passports.", PiiType.LICENCE: "Numbers of driving licences.", PiiType.PLATE: "Number plates of vehicles.",
    PiiType.VIN: "Chassis numbers of vehicles.", PiiType.SECRET: "API keys, tokens, passwords and codes.", PiiType.CREDENTIALS: "User names, passwords and tokens inside links.",
    PiiType.IP: "Addresses of computers, version 4 and 6.", PiiType.MAC: "Hardware addresses of network cards.", PiiType.IMEI: "Numbers of telephones and SIM cards.",
}
TREATMENTS: tuple[tuple[Treatment, str, str], ...] = (
    (Treatment.KEEP, "Keep", "The value stays as it is, for the AI, the team and the database."),
    (Treatment.PSEUDONYM, "Pseudonym", "A numbered placeholder stands for it. The value is sealed, and whoever may reveal it can."),
    (Treatment.MASK, "Mask", "A placeholder without a number stands for it. The value is kept nowhere, and nobody can bring it back."),
)


def groups() -> list[tuple[str, list[PiiType]]]:
    """Every type in its group; one that nobody has sorted stands in a group of its own at the end."""
    placed = {type for _, types in GROUPS for type in types}
    rest: list[PiiType] = [type for type in TYPES if type not in placed]
    return [(name, types) for name, types in [*((name, list(types)) for name, types in GROUPS), ("Others", rest)] if types]
