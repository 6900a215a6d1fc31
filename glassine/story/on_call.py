"""Who is told when a customer waits: a first list at the handoff, a second one at the deadline. People by their id, everybody else by an address. It sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from glassine.rules.identity import normal_email
from glassine.rules.permits import require
from glassine.store import people
from glassine.story import house
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId
from glassine.words.people import Actor, Person, Role, Verb

_PERSON = "person:"
_LONGEST = 10_080  # minutes: a week
_MOST = 50  # on a list


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """`minutes`: how long a customer may wait. Entries of a list are `person:<id>` or an address; an empty one stands for all owners and admins."""

    minutes: int
    first: tuple[str, ...]
    then: tuple[str, ...]
    in_hours: bool  # mail waits for the office hours

    @classmethod
    def read(cls, settings: OrgSettings) -> OnCall:
        return cls(minutes=settings.patience, first=settings.notify, then=settings.escalate, in_hours=settings.notify_in_hours)


class Recipient(NamedTuple):
    """Where a mail goes. Without a name it is nobody's of the team."""

    address: str
    name: str = ""


async def current(world: World, org: OrgId) -> OnCall:
    return OnCall.read((await house.organization(world, org)).settings)


async def change(world: World, actor: Actor, wanted: OnCall) -> None:
    """Raises Refused (400) with what is wrong, (403)."""
    require(actor, Verb.CHANGE_SETTINGS)
    if not 1 <= wanted.minutes <= _LONGEST:
        raise Refused("How long a customer may wait is a number of minutes, from 1 to 10,080 (a week).")
    async with world.store.tx(actor.org) as tx:
        known = {_PERSON + str(person.id) for person in await people.all_of(tx, actor.org)}
    for entry in (*wanted.first, *wanted.then):
        if entry.startswith(_PERSON) and entry not in known:
            raise Refused("There is no such person in this organisation.")
        if not entry.startswith(_PERSON) and normal_email(entry) is None:
            raise Refused(f"This is not an e-mail address: {entry[:100]}. Write one address per line.")
    if max(len(wanted.first), len(wanted.then)) > _MOST:
        raise Refused(f"A list has at most {_MOST} entries.")
    await house.change(world, actor, patience=wanted.minutes, notify=wanted.first, escalate=wanted.then, notify_in_hours=wanted.in_hours)


def entries(person_ids: Sequence[UUID | str], addresses: Sequence[str]) -> tuple[str, ...]:
    """A list as it is kept, each entry once."""
    return tuple(dict.fromkeys([*(_PERSON + str(id) for id in person_ids), *addresses]))


def taken_apart(kept: Sequence[str]) -> tuple[list[str], list[str]]:
    """The ids of people, and the addresses."""
    return [one.removeprefix(_PERSON) for one in kept if one.startswith(_PERSON)], [one for one in kept if not one.startswith(_PERSON)]


def recipients(kept: Sequence[str], team: Sequence[Person], *, also: UUID | None = None) -> tuple[Recipient, ...]:
    """Those of a list who can be told; where nobody is left, all owners and admins. `also`: a person who is told besides."""
    here = [person for person in team if person.disabled_at is None]
    names = {person.email: person.name for person in here}
    wanted = [address for one in kept for address in _addresses(one, here)] or [person.email for person in here if person.role in (Role.OWNER, Role.ADMIN)]
    besides = [person.email for person in here if person.id == also]
    return tuple(Recipient(address, names.get(address, "")) for address in dict.fromkeys([*wanted, *besides]))


def _addresses(entry: str, here: Sequence[Person]) -> list[str]:
    if not entry.startswith(_PERSON):
        return [entry]
    return [person.email for person in here if str(person.id) == entry.removeprefix(_PERSON)]
