"""Changing keys while everything runs: a new master key over the organisations' keys, or a new organisation's key over its contacts'.

Each step is a small transaction that can be done twice, and what the former key is needed for is only forgotten when nothing is left of it.
So whatever stops a rotation, starting it again ends it; until then both keys open what there is.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from glassine.edge.secrets import Key, Ring, Unreadable
from glassine.store import Tx, contacts, house, jobs, people, rotations, vault
from glassine.story.actions import variables
from glassine.story.contacts import identity_of, own_key
from glassine.story.delivery import endpoints
from glassine.story.helpdesks import setting_up
from glassine.story.house import SEALED
from glassine.story.models import model_keys
from glassine.story.sources import connecting
from glassine.story.world import KEY_AGE, World
from glassine.words.errors import Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import ContactId, OrgId, SessionId
from glassine.words.people import Actor, Person
from glassine.words.work import JobKind, NewJob

Tell = Callable[[str], None]
_BATCH = 100
GRACE = timedelta(days=14)  # how long a former key is good for visitors' tokens and links to files


async def rotate_master(world: World, tell: Tell) -> Path | None:
    """Puts every organisation's key under a new master key. Returns where the former one was put; None: it stands in the environment.

    Raises Refused when the key stands in the environment and no second one stands beside it.
    """
    if not world.masters.in_file and not world.master.former:
        raise Refused(
            "The master key stands in GLASSINE_MASTER_KEY. Make a new one with: head -c 32 /dev/urandom | base64. Set GLASSINE_MASTER_KEY to NEW,FORMER "
            "for every process, restart them, and run this again."
        )
    ring = world.masters.begin() if world.masters.in_file else world.master
    done = await _rewrap_all(world, ring, tell)
    async with world.store.outside() as tx:
        await house.hold_master(tx)  # nobody founds an organisation or joins one until the former key is put away
        done += await _rewrap_all(world, ring, tell)
        await _all_under(world, ring.newest)
        tell(f"{done} organisations' keys are under the new master key, and each was opened with it.")
        return world.masters.finish(world.clock().strftime("%Y-%m-%dT%H%M%SZ")) if world.masters.in_file else None


async def _rewrap_all(world: World, ring: Ring, tell: Tell) -> int:
    async with world.store.outside() as tx:
        everybody = await jobs.organizations(tx)
    done = 0
    for number, org in enumerate(everybody, 1):
        done += await _rewrap(world, ring, org)
        if number % _BATCH == 0:
            tell(f"{number} of {len(everybody)} organisations")
    return done


async def _rewrap(world: World, ring: Ring, org: OrgId) -> bool:
    """One organisation's keys, and the doors of its people, whose addresses are hashed under the master key. False: it was done before."""
    async with world.store.tx(org) as tx:
        stale = [(version, wrapped) for version, wrapped in await rotations.all_keys(tx, org) if not _opens(ring.newest, wrapped, org, "org_keys", "wrapped", version)]
        for version, wrapped in stale:
            key = ring.unwrap(wrapped, org, "org_keys", "wrapped", version)
            await rotations.rewrap(tx, org, version, ring.newest.wrap(key, org, "org_keys", "wrapped", version))
        for person in await people.all_of(tx, org):
            await _rehang(tx, ring.newest, org, person)
    return bool(stale)


async def _rehang(tx: Tx, key: Key, org: OrgId, person: Person) -> None:
    """Who has left has no door, and gets none."""
    digest = key.digest("email", person.email)
    if all(door.org != org for door in await house.open_doors(tx, "email", digest)) and await house.shut_door(tx, "email", person.id):
        await house.hang_door(tx, "email", digest, person.id)


async def _all_under(world: World, key: Key) -> None:
    """Raises Unreadable when one organisation's key is not under this master key."""
    async with world.store.outside() as tx:
        everybody = await jobs.organizations(tx)
    for org in everybody:
        async with world.store.tx(org) as tx:
            for version, wrapped in await rotations.all_keys(tx, org):
                key.unwrap(wrapped, org, "org_keys", "wrapped", version)


async def rotate_organization(world: World, actor: Actor, tell: Tell, *, at_once: bool = False, pause: float = KEY_AGE + 1) -> int:
    """Gives the organisation a new key and puts every contact under it. Returns its version.

    The former key is then good for visitors' tokens and links to files only, for two weeks, or (`at_once`) not at all.
    """
    org = actor.org
    version = await _newest(world, org)
    tell(f"The organisation's key has the version {version} now. Every process knows it in {pause:.0f} seconds.")
    await asyncio.sleep(pause)
    ring = await _fresh(world, org)
    total, done = await _contacts_over(world, org, ring, tell), 0
    while moved := total - done:
        done, total = total, total + await _contacts_over(world, org, ring, tell)
        tell(f"{moved} contacts are under the new key.")
    await _reseal_settings(world, org, ring)
    await connecting.reseal(world, org)
    await setting_up.reseal(world, org)
    await variables.reseal(world, org)
    await endpoints.reseal(world, org)
    wrong = (await check_organization(world, org, newest_only=True)).unreadable
    if wrong:
        raise Refused(f"{wrong} sealed values do not open under the new key. The former key was kept; run `glassine keys check`.")
    async with world.store.tx(org) as tx:
        await rotations.retire(tx, org, version, timedelta(0) if at_once else GRACE)
        seconds = 60.0 if at_once else GRACE.total_seconds() + 60
        await jobs.add(tx, org, NewJob(kind=JobKind.RETAIN, ref=org, key=f"retain:keys:{org}", delay_seconds=seconds))  # it forgets the former key
        await vault.audit(tx, actor, "keys.rotate", "organization", org, {"version": version, "contacts": total})
    world._keys.pop(org, None)  # this process shall not wait
    return version


async def _newest(world: World, org: OrgId) -> int:
    """The version to go to: a new one, or the one that a rotation which was stopped had begun."""
    async with world.store.tx(org) as tx:
        await house.lock(tx, org)
        await rotations.forget_retired(tx, org)
        current = await rotations.current(tx, org)
        if len(current) > 1:
            return current[0]
        version = current[0] + 1
        await house.add_key(tx, org, version, world.master.wrap(Key.new(), org, "org_keys", "wrapped", version))
        return version


async def _fresh(world: World, org: OrgId) -> Ring:
    world._keys.pop(org, None)
    return await world.key(org)


async def _contacts_over(world: World, org: OrgId, ring: Ring, tell: Tell) -> int:
    """One pass over all contacts in the order of their ids; returns how many still had the former key."""
    moved, last, seen = 0, ContactId(UUID(int=0)), 0
    while True:
        async with world.store.tx(org) as tx:
            batch = await rotations.contacts_after(tx, org, last, _BATCH)
            for row in batch:
                moved += await _contact_over(tx, org, ring, row)
                await _values_over(tx, org, own_key(ring, org, row), row.id)
        if not batch:
            return moved
        last, seen = batch[-1].id, seen + len(batch)
        tell(f"{seen} contacts looked at, {moved} put under the new key")


async def _contact_over(tx: Tx, org: OrgId, ring: Ring, row: contacts.Sealed) -> bool:
    """The contact's own key stays; what wraps it changes, and so do the hashes by which the contact is found."""
    if _opens(ring.newest, row.key, org, "contacts", "key", row.id):
        return False
    own = own_key(ring, org, row)
    await rotations.rewrap_contact(tx, org, row.id, ring.newest.wrap(own, org, "contacts", "key", row.id))
    identity = identity_of(ring, org, row)
    for kind, value in (("email", identity.email), ("phone", identity.phone_number)):
        if value:
            newest, *former = ring.digests(kind, value)
            await rotations.rehash(tx, org, row.id, kind, former, newest)
    return True


async def _values_over(tx: Tx, org: OrgId, own: Key, id: ContactId) -> None:
    """Values of the first version, which was not bound to the column, are sealed anew. The contact's own key opens both."""
    for each in await rotations.values_before(tx, org, id):
        where = (org, "vault", "sealed", each["session_id"], each["placeholder"])
        await rotations.reseal_value(tx, org, SessionId(each["session_id"]), each["placeholder"], own.seal(own.open(bytes(each["sealed"]), *where), *where))


async def _reseal_settings(world: World, org: OrgId, ring: Ring) -> None:
    """The keys of the organisation's language models and reranker, the settings that are sealed."""
    async with world.store.tx(org) as tx:
        await house.lock(tx, org)
        settings = OrgSettings.read((await house.load(tx, org))["settings"])
        for name in sorted(SEALED):
            if former := getattr(settings, name):
                plain = ring.open(base64.b64decode(former), org, "organizations", name, org)
                await house.change(tx, org, settings={name: base64.b64encode(ring.newest.seal(plain, org, "organizations", name, org)).decode()})
        await house.change(tx, org, settings={"models": [model_keys.resealed(ring, org, one) for one in settings.models]})


class Checked(NamedTuple):
    """How many sealed values of each kind opened, how many did not, and how many of the first version wait for a rotation of the organisation's key."""

    opened: Mapping[str, int]
    unreadable: int
    first_version: int


async def check_organization(world: World, org: OrgId, *, newest_only: bool = False) -> Checked:
    """Opens everything that is sealed in an organisation, and keeps nothing of it."""
    ring = await _fresh(world, org)
    by: Key = ring.newest if newest_only else ring
    opened, unreadable, last = dict.fromkeys(_KINDS, 0), 0, ContactId(UUID(int=0))
    settings = OrgSettings.read((await _load(world, org))["settings"])
    for name, sealed in [(name, getattr(settings, name)) for name in sorted(SEALED) if getattr(settings, name)]:
        fits = _opens(by, base64.b64decode(sealed), org, "organizations", name, org)
        opened["model keys"] += fits
        unreadable += not fits
    for sealed in [str(one["key"]) for one in settings.models if one.get("key")]:
        fits = _opens(by, base64.b64decode(sealed), org, "organizations", model_keys.SEALED, org)
        opened["model keys"] += fits
        unreadable += not fits
    for id, sealed in await connecting.sealed_of(world, org):
        fits = _opens(by, sealed, org, "sources", "secrets", id)
        opened["keys of sources"] += fits
        unreadable += not fits
    for desk, column, sealed in await setting_up.sealed_of(world, org):
        fits = _opens(by, sealed, org, "helpdesks", column, desk)
        opened["keys of helpdesks"] += fits
        unreadable += not fits
    for variable, sealed in await variables.sealed_of(world, org):
        fits = _opens(by, sealed, org, "action_variables", "sealed", variable)
        opened["keys of actions"] += fits
        unreadable += not fits
    for secret, sealed in await endpoints.sealed_of(world, org):
        fits = _opens(by, sealed, org, "webhook_secrets", "sealed", secret)
        opened["secrets of webhooks"] += fits
        unreadable += not fits
    while True:
        async with world.store.tx(org) as tx:
            batch = await rotations.contacts_after(tx, org, last, _BATCH, lock=False)
            for row in batch:
                for kind, fits in await _of_contact(tx, by, org, row, whole=not newest_only):
                    opened[kind] += fits
                    unreadable += not fits
        if not batch:
            async with world.store.tx(org) as tx:
                return Checked(opened, unreadable, await rotations.count_before(tx, org))
        last = batch[-1].id


_KINDS = ("model keys", "keys of sources", "keys of helpdesks", "keys of actions", "secrets of webhooks", "contacts", "values", "originals", "files", "custom data")


async def _load(world: World, org: OrgId) -> dict[str, Any]:
    async with world.store.tx(org) as tx:
        return await house.load(tx, org)


async def _of_contact(tx: Tx, org_key: Key, org: OrgId, row: contacts.Sealed, *, whole: bool) -> list[tuple[str, bool]]:
    """Everything sealed of one contact: kind, and whether it opens. `whole`: beside who they are also what they said and sent."""
    try:
        own = own_key(org_key, org, row)
        found = [("contacts", bool(asdict(identity_of(org_key, org, row))))]
    except Unreadable:
        return [("contacts", False)]
    if whole:
        found += [("values", _opens(own, each["sealed"], org, "vault", "sealed", each["session_id"], each["placeholder"])) for each in await rotations.values_of(tx, org, row.id)]
        found += [("originals", _opens(own, each["sealed"], org, "originals", "sealed", each["event_id"])) for each in await rotations.originals_of(tx, org, row.id)]
        found += [("custom data", _opens(own, each["sealed"], org, "sessions", "sealed", each["id"])) for each in await rotations.attached_of(tx, org, row.id)]
        for each in await vault.files_of(tx, org, row.id):
            if not each["removed_at"]:
                parts = [("sealed", "content"), ("sealed_name", "name"), *([("sealed_text", "text")] if each["sealed_text"] else [])]
                found.append(("files", all(_opens(own, each[column], org, "files", part, each["id"]) for column, part in parts)))
    return found


def _opens(key: Key, sealed: bytes, *where: object) -> bool:
    try:
        key.open(bytes(sealed), *where)
    except Unreadable:
        return False
    return True
