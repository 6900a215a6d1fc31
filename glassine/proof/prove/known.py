"""Contacts whose own values are canaries: the product knows them, so it must find them however they are spelled. Drawn here; sent as messages and replies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import phonenumbers

from glassine.proof.prove import numbers, people
from glassine.proof.prove.canaries import Canary, Drawer
from glassine.proof.prove.kinds import KINDS, Guarantee, Kind
from glassine.proof.prove.ways import IN, OUT, Send, Talk, Way
from glassine.words.privacy import PiiType

_EMAIL = next(kind for kind in KINDS if kind.type is PiiType.EMAIL)
KNOWN: tuple[Kind, ...] = (
    replace(_EMAIL, name="contact's e-mail address", guarantee=Guarantee.KNOWN, says=("{}",)),
    Kind(type=PiiType.PHONE, name="contact's phone number", guarantee=Guarantee.KNOWN, make=numbers.phone_abroad, says=("{}",)),
    Kind(type=PiiType.NAME, name="contact's name", guarantee=Guarantee.KNOWN, make=people.name, says=("{}",)),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A contact in canaries."""

    email: Canary
    phone: Canary
    name: Canary

    @property
    def canaries(self) -> tuple[Canary, Canary, Canary]:
        return self.email, self.phone, self.name


def draw(drawer: Drawer, count: int, seed: int) -> list[Person]:
    """So many contacts, each with an address, a number and a name of their own, spelled in their messages as people spell such things."""
    chance = Random(seed)  # noqa: S311 - repeatable, and nothing is kept secret by it
    return [Person(*(_spelled(drawer.one(kind), chance) for kind in KNOWN)) for _ in range(count)]


def _spelled(canary: Canary, chance: Random) -> Canary:
    spelling, sent = chance.choice(_spellings(canary))
    return replace(canary, sent=sent, text=chance.choice(("{} is mine, as before.", "You have {} already.", "Once more: {}.")).format(sent), spelling=spelling, wrapping="in a sentence")


def _spellings(canary: Canary) -> list[tuple[str, str]]:
    value = canary.value
    if canary.kind.type is PiiType.EMAIL:
        local, _, host = value.partition("@")
        return [("as usual", value), ("upper case", value.upper()), ("(at) and dot", f"{local} (at) {host.replace('.', ' dot ')}"), ("spaces around the sign", f"{local} [at] {host}")]
    if canary.kind.type is PiiType.PHONE:
        number = phonenumbers.parse(value)
        bare, national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), phonenumbers.national_significant_number(number)
        dotted = ".".join(re.findall(r"\d{1,3}", national))
        return [("as usual", value), ("bare", bare), ("with 00", "00" + bare[1:]), ("with dots", f"+{number.country_code}.{dotted}"), ("without its country", national)]
    return [("as usual", value), ("upper case", value.upper()), ("lower case", value.lower()), ("two spaces", value.replace(" ", "  "))]


def ways(person: Person, *, turn: int) -> Way:
    """A contact who writes, or whom the team writes to, in turns."""

    async def write(talk: Talk, canaries: Sequence[Canary]) -> None:
        session = await _met(talk, person)
        for canary in canaries:
            await talk.say(session, canary.text)

    async def answer(talk: Talk, canaries: Sequence[Canary]) -> None:
        session = await _met(talk, person)
        await talk.write(session, "reply", " ".join(canary.text for canary in canaries))
        await talk.write(session, "note", canaries[-1].text)

    send: Send = write if turn % 2 == 0 else answer
    return Way(channel="API" if send is write else "inbox", direction=IN if send is write else OUT, format="a known contact's own values", send=send, holds=3, seen_by_model=send is write)


async def _met(talk: Talk, person: Person) -> str:
    contact = {"email": person.email.value, "phone_number": person.phone.value, "name": person.name.value}
    return await talk.fresh(contact=contact)
