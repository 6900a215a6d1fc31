"""Contacts: found by what is theirs alone, never merged by what they share, and gone when they are deleted."""

from __future__ import annotations

import asyncio

import httpx2
import psycopg
import pytest

from glassine.config import Settings
from glassine.story import contacts
from glassine.story.contacts import Identity
from glassine.story.world import World
from glassine.words.errors import Refused
from tests.shop import Shop


async def test_a_shared_phone_number_merges_nobody(world: World, shop: Shop) -> None:
    phone = "+14155552671"
    ann = await contacts.create(world, shop.org, Identity(email="ann@family.example", phone_number=phone, name="Ann"), verified=True)
    bob = await contacts.create(world, shop.org, Identity(email="bob@family.example", phone_number=phone, name="Bob"), verified=True)
    assert ann.id != bob.id
    assert (await contacts.load(world, shop.org, ann.id)).email == "ann@family.example"
    assert (await contacts.load(world, shop.org, bob.id)).phone_number == phone
    known = await contacts.create(world, shop.org, Identity(email="bob@family.example", phone_number="+14155550000"), verified=True)
    assert known.id == bob.id


async def test_a_phone_number_alone_finds_its_first_contact(world: World, shop: Shop) -> None:
    first = await contacts.create(world, shop.org, Identity(phone_number="+442079460958", name="Cleo"), verified=True)
    again = await contacts.create(world, shop.org, Identity(phone_number="+44 20 7946 0958"), verified=True)
    assert (again.id, again.name) == (first.id, "Cleo")


async def test_what_an_unverified_visitor_claims_finds_nobody(world: World, shop: Shop) -> None:
    real = await contacts.create(world, shop.org, Identity(email="dora@real.example"), verified=True)
    claimed = await contacts.create(world, shop.org, Identity(non_verified_email="dora@real.example"), verified=False)
    assert claimed.id != real.id
    assert (await contacts.create(world, shop.org, Identity(email="dora@real.example"), verified=True)).id == real.id


async def test_the_same_new_customer_at_once_is_one_contact(world: World, shop: Shop) -> None:
    made = await asyncio.gather(*(contacts.create(world, shop.org, Identity(email="rush@hour.example"), verified=True) for _ in range(6)))
    assert len({contact.id for contact in made}) == 1


async def test_fields_are_set_emptied_and_never_stolen(client: httpx2.AsyncClient, world: World, shop: Shop) -> None:
    one = await contacts.create(world, shop.org, Identity(email="one@x.example", name="One", custom_data={"plan": "pro"}), verified=True)
    await contacts.create(world, shop.org, Identity(email="two@x.example"), verified=True)
    answer = await client.patch(f"/api/contacts/{one.id}", headers=shop.bearer, json={"name": None, "custom_data": {"seats": 3}})
    assert (answer.json()["name"], answer.json()["email"], answer.json()["custom_data"]) == (None, "one@x.example", {"plan": "pro", "seats": 3})
    with pytest.raises(Refused, match="already has this e-mail"):
        await contacts.update(world, shop.org, one.id, Identity(email="two@x.example"))
    await contacts.update(world, shop.org, one.id, Identity(email="uno@x.example"))
    assert (await contacts.create(world, shop.org, Identity(email="uno@x.example"), verified=True)).id == one.id


async def test_a_deleted_contact_leaves_no_original_behind(client: httpx2.AsyncClient, settings: Settings, world: World, shop: Shop) -> None:
    body = {"contact": {"email": "gone@x.example"}}
    session = (await client.post("/api/chat/sessions", headers=shop.bearer, json=body)).json()["id"]
    await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"text": "My card is 4111 1111 1111 1111"}})
    contact = (await client.get(f"/api/chat/sessions/{session}", headers=shop.bearer)).json()["contact"]["id"]
    assert (await client.delete(f"/api/contacts/{contact}", headers=shop.bearer)).status_code == 204
    assert settings.database_url
    with psycopg.connect(settings.database_url) as connection:
        for table in ("originals", "vault", "events", "sessions", "turns"):
            connection.execute(f"alter table {table} no force row level security")
            left = connection.execute(f"select count(*) from {table} where {'event_id' if table == 'originals' else 'org_id'} is not null").fetchone()
            assert left == (0,), table
        connection.rollback()
