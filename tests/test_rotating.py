"""An organisation's key changes while everything runs: contacts are read and found before, during and after, and nothing sealed can be moved."""

from __future__ import annotations

import base64
from itertools import permutations
from typing import NamedTuple

import pytest

from glassine.config import Settings
from glassine.edge.secrets import Key, Unreadable
from glassine.store import contacts as stored
from glassine.store import house as houses
from glassine.store import rotations, sessions, vault
from glassine.story import contacts, files, visitor
from glassine.story.contacts import Identity, own_key
from glassine.story.models import model_settings
from glassine.story.models.model_settings import Given
from glassine.story.privacy import retaining, rotating
from glassine.story.world import World, live
from glassine.words.errors import NotFound, Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId
from tests.customers import customer, quiet, reads
from tests.shop import Shop, founded_shop
from tests.test_secrets import first_version


async def test_contacts_are_read_and_found_under_the_new_key(world: World, shop: Shop, settings: Settings) -> None:
    contact, session = await customer(world, shop.org, "mara@example.org")
    await model_settings.add(world, shop.owner, Given(url="https://model.example/v1", model="m", key="sk-very-secret"))
    former = await world.key(shop.org)
    version = await rotating.rotate_organization(world, shop.owner, quiet, pause=0)
    assert version == 2
    assert await reads(world, shop, session, "mara@example.org")
    same = await contacts.create(world, shop.org, Identity(email="mara@example.org"), verified=True)
    assert same.id == contact, "the contact is found by the new hash"
    newest = (await world.key(shop.org)).newest
    async with world.store.tx(shop.org) as tx:
        row = await stored.load(tx, shop.org, contact)
        digests = [bytes(each["digest"]) for each in await (await tx.execute("select digest from contact_lookups where contact_id = %s", (contact,))).fetchall()]
        llm_key = OrgSettings.read((await houses.load(tx, shop.org))["settings"]).models[0]["key"]
    assert own_key(newest, shop.org, row)
    with pytest.raises(Unreadable):
        own_key(former.newest, shop.org, row)
    assert digests == [newest.digest("email", "mara@example.org")]
    assert newest.open(base64.b64decode(llm_key), shop.org, "organizations", "llm_key", shop.org) == b"sk-very-secret"
    async with live(settings) as fresh:
        assert await reads(fresh, shop, session, "mara@example.org")
    assert (await rotating.check_organization(world, shop.org)).unreadable == 0


async def test_values_of_the_first_version_are_read_and_sealed_anew(world: World, settings: Settings) -> None:
    other = await founded_shop(world, "Older", "other@older.example")
    contact, session = await customer(world, other.org, "olga@example.org")
    ring = await world.key(other.org)
    async with world.store.tx(other.org) as tx:
        own = own_key(ring, other.org, await stored.load(tx, other.org, contact))
        kept = await vault.all_of(tx, other.org, session)
        for token in kept:
            value = own.open(bytes(token.sealed), other.org, "vault", "sealed", session, token.placeholder)
            await rotations.reseal_value(tx, other.org, session, token.placeholder, first_version(own, value, other.org, "vault", session, token.placeholder))
    assert kept
    assert (await rotating.check_organization(world, other.org)).first_version == len(kept)
    assert await reads(world, other, session, "olga@example.org")
    await rotating.rotate_organization(world, other.owner, quiet, pause=0)
    found = await rotating.check_organization(world, other.org)
    assert (found.first_version, found.unreadable, found.opened["values"]) == (0, 0, len(kept))
    async with live(settings) as fresh:
        assert await reads(fresh, other, session, "olga@example.org")


async def test_a_process_that_knew_the_former_key_only_goes_on(world: World, settings: Settings) -> None:
    """It wraps a new contact with the former key while the rotation runs; the next pass takes that contact along."""
    other = await founded_shop(world, "Another", "other@another.example")
    async with live(settings) as late:
        await late.key(other.org)
        known = late._keys[other.org][1]
        passes = 0

        async def meanwhile() -> None:
            nonlocal passes
            passes += 1
            if passes == 1:
                late._keys[other.org] = (10**12, known)
                await customer(late, other.org, "late@example.org")
                del late._keys[other.org]

        before = rotating._contacts_over

        async def over(*values: object) -> int:
            moved = await before(*values)  # type: ignore[arg-type]  # handed through as they came
            await meanwhile()
            return moved

        await customer(world, other.org, "early@example.org")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rotating, "_contacts_over", over)
            await rotating.rotate_organization(world, other.owner, quiet, pause=0)
    newest = (await world.key(other.org)).newest
    async with world.store.tx(other.org) as tx:
        everybody = await stored.page(tx, other.org, stored.Range())
    assert len(everybody) == 2
    assert all(own_key(newest, other.org, row) for row in everybody)


async def test_an_interrupted_rotation_is_ended_by_the_same_command(world: World, settings: Settings) -> None:
    other = await founded_shop(world, "Interrupted", "other@interrupted.example")
    known = [await customer(world, other.org, f"c{number}@example.org") for number in range(3)]

    class Stopped(Exception):
        """In the middle."""

    moved = 0
    real = rotations.rewrap_contact

    async def dying(*values: object) -> None:
        nonlocal moved
        moved += 1
        if moved == 2:
            raise Stopped
        await real(*values)  # type: ignore[arg-type]  # handed through as they came

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rotations, "rewrap_contact", dying)
        patch.setattr(rotating, "_BATCH", 1)
        with pytest.raises(Stopped):
            await rotating.rotate_organization(world, other.owner, quiet, pause=0)
    async with live(settings) as fresh:
        for number, (_, session) in enumerate(known):
            assert await reads(fresh, other, session, f"c{number}@example.org")
        same = await contacts.create(fresh, other.org, Identity(email="c2@example.org"), verified=True)
        assert same.id == known[2][0], "in the middle, contacts are found by either hash"
    assert await rotating.rotate_organization(world, other.owner, quiet, pause=0) == 2, "no third version is made"
    assert (await rotating.check_organization(world, other.org, newest_only=True)).unreadable == 0


async def test_visitors_go_on_for_a_while_or_not_at_all(world: World, settings: Settings) -> None:
    other = await founded_shop(world, "Visited", "other@visited.example")
    contact, _ = await customer(world, other.org, "vera@example.org")
    token = await visitor.token_for(world, other.org, contact, verified=True)
    file = await files.upload(world, other.org, contact, name="b.txt", media_type="text/plain", content=b"b")
    link = (await files.link(world, other.org, file)).rpartition("/")[2]
    await rotating.rotate_organization(world, other.owner, quiet, pause=0)
    assert (await visitor.by_token(world, other.org, token)).contact == contact
    assert (await files.by_link(world, other.org, file, link)).content == b"b"
    await rotating.rotate_organization(world, other.owner, quiet, pause=0, at_once=True)
    async with live(settings) as fresh:
        with pytest.raises(Refused, match="not valid"):
            await visitor.by_token(fresh, other.org, token)
        with pytest.raises(NotFound):
            await files.by_link(fresh, other.org, file, link)
    await retaining.run(world, other.org)
    async with world.store.tx(other.org) as tx:
        assert [version for version, _ in await rotations.all_keys(tx, other.org)] == [3], "the job that the rotation left forgets what is of no use"


class Place(NamedTuple):
    """A sealed value with the key that opens it and the place it was made for."""

    key: Key
    sealed: bytes
    where: tuple[object, ...]


async def test_no_sealed_value_opens_in_another_place(world: World, shop: Shop) -> None:
    """Another row, another column, another table, another organisation: whoever can write to the database cannot move what is sealed."""
    other = await founded_shop(world, "Mover", "mover@mover.example")
    places = [place for one in (shop, other) for mail in ("one@example.org", "two@example.org") for place in await _places(world, one.org, mail)]
    columns = {(place.where[1], place.where[2]) for place in places}
    assert {table for table, _ in columns} == {"contacts", "originals", "sessions", "vault", "files", "org_keys", "organizations"}
    for place in places:
        assert place.key.open(place.sealed, *place.where) is not None
        assert place.where[0] in (shop.org, other.org)
    for one, another in permutations(places, 2):
        if one.where != another.where:
            with pytest.raises(Unreadable):
                one.key.open(one.sealed, *another.where)


async def _places(world: World, org: OrgId, mail: str) -> list[Place]:
    contact, session = await customer(world, org, mail)
    org_key = (await world.key(org)).newest
    model_key = org_key.seal(b"k", org, "organizations", "llm_key", org)
    async with world.store.tx(org) as tx:
        row = await stored.load(tx, org, contact)
        own = own_key(org_key, org, row)
        whole = await sessions.find(tx, org, session)
        tokens, originals, uploads = await vault.all_of(tx, org, session), await vault.originals_of(tx, org, session), await vault.files_of(tx, org, contact)
        (version, wrapped), *_ = await houses.keys(tx, org)
    assert whole is not None
    return [
        Place(world.master.newest, wrapped, (org, "org_keys", "wrapped", version)), Place(org_key, row.key, (org, "contacts", "key", contact)),
        Place(org_key, model_key, (org, "organizations", "llm_key", org)),
        Place(own, row.sealed, (org, "contacts", "sealed", contact)), Place(own, bytes(whole["sealed"]), (org, "sessions", "sealed", session)),
        *(Place(own, bytes(token.sealed), (org, "vault", "sealed", session, token.placeholder)) for token in tokens),
        *(Place(own, bytes(each["sealed"]), (org, "originals", "sealed", each["event_id"])) for each in originals),
        *(Place(own, bytes(each["sealed"]), (org, "files", "content", each["id"])) for each in uploads),
        *(Place(own, bytes(each["sealed_name"]), (org, "files", "name", each["id"])) for each in uploads),
    ]


