"""Contacts: who a customer is, sealed under a key of their own and found by keyed hash. The one place that opens and seals identities."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from glassine.edge.secrets import Key, Ring, Unreadable
from glassine.rules.identity import normal_email, normal_phone
from glassine.rules.segments import belongs
from glassine.store import Tx, contacts, house, segments, tickets
from glassine.store.contacts import Range, Sealed
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import ContactId, OrgId, new_id
from glassine.words.privacy import PiiType
from glassine.words.sessions import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is sealed of a contact. The `non_verified_*` fields are what a browser claimed; nobody has checked them."""

    email: str | None = field(default=None, repr=False)
    phone_number: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    custom_data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    non_verified_email: str | None = field(default=None, repr=False)
    non_verified_name: str | None = field(default=None, repr=False)
    non_verified_custom_data: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def known_values(self) -> tuple[tuple[PiiType, str], ...]:
        """Their own values, which are masked wherever they appear."""
        pairs = [
            (PiiType.EMAIL, self.email), (PiiType.EMAIL, self.non_verified_email), (PiiType.PHONE, self.phone_number),
            (PiiType.NAME, self.name), (PiiType.NAME, self.non_verified_name),
        ]
        return tuple((type, value) for type, value in pairs if value)


_NOBODY = Identity()
_TRIES = 5


class _Beaten(Exception):
    """Another request has just made a contact with this e-mail address."""


async def create(world: World, org: OrgId, identity: Identity, *, verified: bool) -> Contact:
    """Makes a contact; a verified one who is known by e-mail, or by phone where no e-mail is given, is found and updated instead."""
    identity = await _checked(world, org, identity)
    org_key = await world.key(org)
    for _ in range(_TRIES):
        try:
            async with world.store.tx(org) as tx:
                known = await _known(tx, org, org_key, identity) if verified else None
                if known:
                    return await _update(tx, org, org_key, known.id, identity, verified=True)
                return await _insert(tx, org, org_key, identity, verified=verified)
        except _Beaten:
            continue  # the winner is found now
    raise Refused("This contact is being changed by many requests at once. Try again in a moment.", status=409)


async def _checked(world: World, org: OrgId, identity: Identity) -> Identity:
    """Raises Refused for an address or number that is none."""
    email = phone = None
    if identity.email is not None and (email := normal_email(identity.email)) is None:
        raise Refused("This is not an e-mail address.")
    if identity.phone_number is not None and (phone := normal_phone(identity.phone_number, await _regions(world, org))) is None:
        raise Refused("This is not a phone number. Write it with its country, as in +49 30 1234567.")
    return replace(identity, email=email, phone_number=phone)


async def _regions(world: World, org: OrgId) -> tuple[str, ...]:
    async with world.store.tx(org) as tx:
        return OrgSettings.read((await house.load(tx, org))["settings"]).regions


async def _known(tx: Tx, org: OrgId, org_key: Ring, identity: Identity) -> Sealed | None:
    """An e-mail address says who somebody is. A phone number may be a family's or an office's, so it counts only where it is all there is."""
    kind, value = ("email", identity.email) if identity.email else ("phone", identity.phone_number)
    return await contacts.by_lookup(tx, org, kind, org_key.digests(kind, value)) if value else None


async def _insert(tx: Tx, org: OrgId, org_key: Ring, identity: Identity, *, verified: bool) -> Contact:
    id, own = ContactId(new_id()), Key.new()
    wrapped = org_key.wrap(own, org, "contacts", "key", id)
    row = await contacts.insert(tx, org, id, verified=verified, key=wrapped, sealed=_seal(own, org, id, identity))
    if verified:
        await _point(tx, org, org_key, id, identity)
    await _place(tx, org, id, identity)
    return _contact(row, identity)


async def _point(tx: Tx, org: OrgId, org_key: Ring, id: ContactId, identity: Identity) -> None:
    """Only verified values become look-ups: a visitor who claims an address must not become its owner. A shared phone stays with its first contact."""
    if not await contacts.set_lookup(tx, org, id, "email", _digests(org_key, "email", identity.email)):
        raise _Beaten
    await contacts.set_lookup(tx, org, id, "phone", _digests(org_key, "phone", identity.phone_number))


def _digests(org_key: Ring, kind: str, value: str | None) -> list[bytes]:
    return org_key.digests(kind, value) if value else []


async def _update(tx: Tx, org: OrgId, org_key: Ring, id: ContactId, change: Identity, *, verified: bool, clear: Collection[str] = ()) -> Contact:
    row = await contacts.load(tx, org, id, lock=True)
    own = own_key(org_key, org, row)
    before = _open(own, org, row)
    changed: dict[str, Any] = {name: value for name, value in asdict(change).items() if value}
    for data in ("custom_data", "non_verified_custom_data"):
        changed[data] = {**getattr(before, data), **getattr(change, data)}
    for name in clear:
        changed[name] = getattr(_NOBODY, name)
    after = replace(before, **changed)
    row = await contacts.save(tx, org, id, _seal(own, org, id, after), verified=verified)
    if row.verified:
        await _point(tx, org, org_key, id, after)
    await _place(tx, org, id, after)
    await tickets.try_lacking(tx, org, id)
    return _contact(row, after)


async def _place(tx: Tx, org: OrgId, id: ContactId, identity: Identity) -> None:
    """Into the segments whose rules fit what the company's own systems said, never what a browser claimed."""
    ruled = await segments.ruled(tx, org)
    if ruled:
        await segments.place(tx, org, id, [one for one, rule in ruled.items() if belongs(rule, identity.custom_data)])


async def update(world: World, org: OrgId, id: ContactId, change: Identity, *, clear: Collection[str] = ()) -> Contact:
    """Sets the fields that `change` names and empties those in `clear`; custom data is merged. Whoever calls vouches for the values.

    Raises Refused (409) when another contact has the e-mail address.
    """
    change = await _checked(world, org, change)
    org_key = await world.key(org)
    try:
        async with world.store.tx(org) as tx:
            return await _update(tx, org, org_key, id, change, verified=bool(change.email or change.phone_number), clear=clear)
    except _Beaten:
        raise Refused("Another contact already has this e-mail address.", status=409) from None


async def load(world: World, org: OrgId, id: ContactId) -> Contact:
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        row = await contacts.load(tx, org, id)
    return opened(org_key, org, row)


async def page(world: World, org: OrgId, which: Range, *, before: Any, limit: int) -> list[Contact]:
    org_key = await world.key(org)
    async with world.store.tx(org) as tx:
        found = await contacts.page(tx, org, which, before=before, limit=limit)
    return [opened(org_key, org, row) for row in found]


def own_key(org_key: Key, org: OrgId, row: Sealed) -> Key:
    """The contact's key, under which everything of theirs is sealed."""
    return org_key.unwrap(row.key, org, "contacts", "key", row.id)


def identity_of(org_key: Key, org: OrgId, row: Sealed) -> Identity:
    return _open(own_key(org_key, org, row), org, row)


def opened(org_key: Key, org: OrgId, row: Sealed) -> Contact:
    """A contact in the clear; one whose key is gone is shown empty."""
    try:
        return _contact(row, identity_of(org_key, org, row))
    except Unreadable:
        return _contact(row, Identity())


def _seal(own: Key, org: OrgId, id: ContactId, identity: Identity) -> bytes:
    return own.seal(json.dumps(asdict(identity)).encode(), org, "contacts", "sealed", id)


def _open(own: Key, org: OrgId, row: Sealed) -> Identity:
    return Identity(**json.loads(own.open(row.sealed, org, "contacts", "sealed", row.id)))


def _contact(row: Sealed, identity: Identity) -> Contact:
    return Contact(id=row.id, verified=row.verified, created_at=row.created_at, updated_at=row.updated_at, **asdict(identity))
