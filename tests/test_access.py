"""Who gets in, and who does not any more."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from glassine.rules.permits import PERMITS, SCOPES, may, require_scope
from glassine.story import access
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import PersonId
from glassine.words.people import Actor, Role, Verb
from tests.shop import Shop, founded_shop

PASSWORD = "a sentence nobody guesses"


async def joined(world: World, shop: Shop, role: Role, email: str) -> Actor:
    cookie = await access.accept_invite(world, await access.invite(world, shop.owner, role, None), name=email.split("@")[0], email=email, password=PASSWORD)
    actor = await access.by_cookie(world, cookie)
    assert actor is not None
    return actor


async def test_an_invited_person_joins_signs_in_and_out(world: World, shop: Shop) -> None:
    agent = await joined(world, shop, Role.AGENT, "agnes@paper.example")
    assert (agent.role, agent.org) == (Role.AGENT, shop.org)
    cookie = await access.sign_in(world, " Agnes@Paper.example ", PASSWORD, peer="10.0.0.1")
    assert (await access.by_cookie(world, cookie)) == agent
    await access.sign_out(world, cookie)
    assert await access.by_cookie(world, cookie) is None


async def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(world: World, shop: Shop) -> None:
    await joined(world, shop, Role.AGENT, "bert@paper.example")
    said = []
    for email, password in (("bert@paper.example", "wrong password here"), ("nobody@paper.example", PASSWORD)):
        with pytest.raises(Refused) as refused:
            await access.sign_in(world, email, password, peer="10.0.0.2")
        said.append((refused.value.status, refused.value.message))
    assert said[0] == said[1] == (401, "The e-mail address or the password is not right.")


async def test_guessing_is_slowed_down(world: World) -> None:
    statuses = []
    for _ in range(12):
        with pytest.raises(Refused) as refused:
            await access.sign_in(world, "victim@paper.example", "guess guess guess", peer="10.0.0.3")
        statuses.append(refused.value.status)
    assert statuses[0] == 401
    assert statuses[-1] == 429


async def test_an_invitation_works_once_and_for_whom_it_was_made(world: World, shop: Shop) -> None:
    token = await access.invite(world, shop.owner, Role.VIEWER, "vera@paper.example")
    assert await access.read_invite(world, token) is Role.VIEWER
    with pytest.raises(Refused, match="another e-mail"):
        await access.accept_invite(world, token, name="Eve", email="eve@paper.example", password=PASSWORD)
    with pytest.raises(Refused, match="12 characters"):
        await access.accept_invite(world, token, name="Vera", email="vera@paper.example", password="short")
    await access.accept_invite(world, token, name="Vera", email="vera@paper.example", password=PASSWORD)
    with pytest.raises(Refused):
        await access.accept_invite(world, token, name="Vera", email="vera2@paper.example", password=PASSWORD)


async def test_a_login_link_works_once_and_expires(world: World, shop: Shop) -> None:
    owner = PersonId(shop.owner.id)  # type: ignore[arg-type]  # an owner is a person
    link = await access.login_link(world, shop.org, owner)
    actor = await access.by_cookie(world, await access.use_login_link(world, link))
    assert actor is not None
    assert actor.role is Role.OWNER
    with pytest.raises(Refused):
        await access.use_login_link(world, link)
    before, world.clock = world.clock, lambda: before() - timedelta(hours=1)
    late = await access.login_link(world, shop.org, owner)
    world.clock = before
    with pytest.raises(Refused):
        await access.use_login_link(world, late)


async def test_who_leaves_is_out_at_once_and_an_owner_remains(world: World, shop: Shop) -> None:
    cookie = await access.accept_invite(world, await access.invite(world, shop.owner, Role.ADMIN, None), name="Carl", email="carl@paper.example", password=PASSWORD)
    carl = await access.by_cookie(world, cookie)
    assert carl is not None
    await access.disable(world, shop.owner, PersonId(carl.id))  # type: ignore[arg-type]  # a person has an id
    assert await access.by_cookie(world, cookie) is None
    with pytest.raises(Refused):
        await access.sign_in(world, "carl@paper.example", PASSWORD, peer="10.0.0.4")
    with pytest.raises(Refused, match="needs an owner"):
        await access.set_role(world, shop.owner, PersonId(shop.owner.id), Role.AGENT)  # type: ignore[arg-type]  # a person has an id
    assert [p.role for p in await access.team(world, shop.owner) if p.id == shop.owner.id] == [Role.OWNER]


async def test_nobody_gives_more_than_they_have(world: World, shop: Shop) -> None:
    admin = await joined(world, shop, Role.ADMIN, "dora@paper.example")
    agent = await joined(world, shop, Role.AGENT, "emil@paper.example")
    with pytest.raises(Refused):
        await access.invite(world, admin, Role.OWNER, None)
    with pytest.raises(Refused):
        await access.invite(world, agent, Role.VIEWER, None)
    with pytest.raises(Refused):
        await access.create_key(world, agent, "mine", None)
    with pytest.raises(Refused):
        await access.disable(world, admin, PersonId(shop.owner.id))  # type: ignore[arg-type]  # a person has an id


async def test_keys_have_scopes_and_can_be_revoked(world: World, shop: Shop) -> None:
    key = await access.create_key(world, shop.owner, "Reader", ["chat-sessions:read"])
    reader = await access.by_key(world, key)
    require_scope(reader, "chat-sessions:read")
    with pytest.raises(Refused, match="chat-sessions:write"):
        require_scope(reader, "chat-sessions:write")
    assert not may(reader, Verb.ANSWER)
    with pytest.raises(Refused, match="no scope called"):
        await access.create_key(world, shop.owner, "Odd", ["everything"])
    listed = next(row for row in await access.keys(world, shop.owner) if row["id"] == reader.id)
    assert key.startswith(listed["prefix"])
    assert key not in str(listed)
    await access.revoke_key(world, shop.owner, listed["id"])
    with pytest.raises(Refused):
        await access.by_key(world, key)


async def test_one_address_may_belong_to_two_organisations(world: World, shop: Shop) -> None:
    other = await founded_shop(world, "Second", "second@paper.example")
    await joined(world, shop, Role.AGENT, "both@paper.example")
    invitation = await access.invite(world, other.owner, Role.AGENT, None)
    await access.accept_invite(world, invitation, name="Both", email="both@paper.example", password="another long sentence")
    one = await access.by_cookie(world, await access.sign_in(world, "both@paper.example", PASSWORD, peer="10.0.0.5"))
    two = await access.by_cookie(world, await access.sign_in(world, "both@paper.example", "another long sentence", peer="10.0.0.5"))
    assert one is not None
    assert two is not None
    assert {one.org, two.org} == {shop.org, other.org}


def test_roles_grow_and_every_scope_opens_something() -> None:
    assert PERMITS[Role.VIEWER] < PERMITS[Role.AGENT] < PERMITS[Role.ADMIN] < PERMITS[Role.OWNER] == frozenset(Verb)
    assert all(SCOPES.values())


async def test_two_owners_who_part_with_each_other_at_once_leave_one(world: World) -> None:
    two = await founded_shop(world, "Two Heads", "first@heads.example")
    second = await joined(world, two, Role.OWNER, "second@heads.example")
    first = PersonId(two.owner.id or UUID(int=0))
    acts = [access.disable(world, two.owner, PersonId(second.id or UUID(int=0))), access.set_role(world, second, first, Role.VIEWER)]
    ended = await asyncio.gather(*acts, return_exceptions=True)
    assert [type(each) for each in ended].count(Refused) == 1
    assert len([person for person in await access.team(world, two.owner) if person.role is Role.OWNER and person.disabled_at is None]) == 1
