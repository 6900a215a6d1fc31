"""One organisation never sees another's rows: row-level security is forced on every table but the two that are named here, and a missing organisation sees nothing."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from glassine.config import Settings
from glassine.store import DatabaseError, Store, house, people
from glassine.words.ids import OrgId, PersonId, new_id
from glassine.words.people import Role

OUTSIDE = {"jobs", "lanes", "door", "workers", "migrations", "proofs"}  # ids only · ids and times of destinations that fail · reached by equality only · process ids · names of files · counts of what was found


def test_every_table_is_shut_but_those_named(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "select c.relname, c.relrowsecurity and c.relforcerowsecurity, pg_get_userbyid(c.relowner) from pg_class c "
            "join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind in ('r', 'p')"
        ).fetchall()
    assert {name for name, shut, _ in found if not shut} == OUTSIDE
    assert len(found) > 15
    assert {owner for _, _, owner in found} == {"glassine"}


def test_every_key_of_a_tenant_table_begins_with_the_organisation(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        keys = connection.execute(
            "select c.relname, a.attname from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace "
            "join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1] where n.nspname = 'public' and k.contype = 'p'"
        ).fetchall()
    assert {name for name, first in keys if first != "org_id"} == OUTSIDE | {"organizations"}


async def test_the_application_is_neither_superuser_nor_owner(settings: Settings) -> None:
    assert settings.database_url
    async with Store(settings.database_url, size=2) as store, store.tx(OrgId(new_id())) as tx:
        row = await (await tx.execute("select current_user as me, r.rolsuper, r.rolbypassrls from pg_roles r where r.rolname = current_user")).fetchone()
        assert row == {"me": "glassine_app", "rolsuper": False, "rolbypassrls": False}


async def test_rows_of_another_organisation_do_not_exist(settings: Settings) -> None:
    assert settings.database_url
    ours, theirs = OrgId(new_id()), OrgId(new_id())
    async with Store(settings.database_url, size=2) as store:
        for org in (ours, theirs):
            async with store.tx(org) as tx:
                await house.create(tx, org, "Some organisation", f"gw_{org}", {})
                await people.insert(tx, org, PersonId(new_id()), email="ada@example.com", name="Ada", role=Role.OWNER, password_hash=None)
        async with store.tx(ours) as tx:
            assert len(await people.all_of(tx, ours)) == 1
            assert await people.all_of(tx, theirs) == []
        async with store.outside() as tx:
            assert await people.all_of(tx, ours) == []
        with pytest.raises(DatabaseError):
            async with store.tx(ours) as tx:
                await people.insert(tx, theirs, PersonId(new_id()), email="eve@example.com", name="Eve", role=Role.OWNER, password_hash=None)


async def test_the_door_answers_only_to_the_whole_secret(settings: Settings) -> None:
    assert settings.database_url
    org = OrgId(new_id())
    async with Store(settings.database_url, size=2) as store:
        async with store.tx(org) as tx:
            await house.create(tx, org, "Some organisation", "gw_x", {})
            await house.hang_door(tx, "widget", b"digest", None)
        async with store.outside() as tx:
            assert [door.org for door in await house.open_doors(tx, "widget", b"digest")] == [org]
            assert await house.open_doors(tx, "widget", b"diges") == []
        with pytest.raises(DatabaseError):
            async with store.outside() as tx:
                await (await tx.execute("select * from door")).fetchall()


@pytest.mark.parametrize("table", ["events", "audit"])
async def test_the_log_cannot_be_changed(settings: Settings, table: str) -> None:
    assert settings.database_url
    async with Store(settings.database_url, size=2) as store:
        for statement in ("update {} set created_at = now()", "delete from {}"):
            with pytest.raises(DatabaseError, match="permission denied"):
                async with store.tx(OrgId(new_id())) as tx:
                    await (await tx.execute(sql.SQL(statement).format(sql.Identifier(table)))).fetchall()
