"""Who gets in: passwords, one-time links, cookies, invitations and API keys. Secrets are kept as digests; wrong ones cost the same time as right ones."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from glassine.edge.secrets import fingerprint, new_secret
from glassine.rules.identity import normal_email
from glassine.rules.permits import SCOPES, answers, require
from glassine.store import Taken, house, people, vault
from glassine.story import desk
from glassine.story.rates import Rates
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import OrgId, PersonId, new_id
from glassine.words.people import Actor, ActorKind, Person, Role, Verb

_SHORTEST_PASSWORD = 12
_COOKIE_LIFE = timedelta(days=14)
_LINK_LIFE = timedelta(minutes=15)
_INVITE_LIFE = timedelta(days=7)
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's minimum: 0.024 s a guess here
_at_once = asyncio.Semaphore(4)  # 19 MiB each
_rates = Rates()


async def sign_in(world: World, email: str, password: str, *, peer: str) -> str:
    """A cookie for a person who knows their password. Raises Refused (401, or 429 after too many tries)."""
    address = normal_email(email) or email[:200]
    if not _rates.hit("peer", peer, most=20, seconds=60) or not _rates.hit("address", address, most=10, seconds=900):
        raise Refused("Too many tries. Wait a quarter of an hour, or ask an admin for a new invitation.", status=429)
    async with world.store.outside() as tx:
        doors = [door for digest in world.master.digests("email", address) for door in await house.open_doors(tx, "email", digest)]
    for door in doors:
        async with world.store.tx(door.org) as tx:
            row = await people.load(tx, door.org, door.ref or UUID(int=0))
        if row["disabled_at"] is None and await _fits(row["password_hash"], password):
            return await _cookie(world, door.org, PersonId(row["id"]))
    if not doors:
        await _fits(None, password)
    raise Refused("The e-mail address or the password is not right.", status=401, code="unauthorized")


async def _fits(hash: str | None, password: str) -> bool:
    async with _at_once:
        return await asyncio.to_thread(_verify, hash or _nobody(), password) and hash is not None


@lru_cache(maxsize=1)
def _nobody() -> str:
    """What an unknown person's password is compared with, so that the time does not tell who exists."""
    return _HASHER.hash("nobody's password")


def _verify(hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(hash, password)
    except (Argon2Error, InvalidHashError):
        return False


async def _cookie(world: World, org: OrgId, person: PersonId) -> str:
    token = new_secret("gs_")
    async with world.store.tx(org) as tx:
        await house.hang_door(tx, "cookie", fingerprint(token), person, world.clock() + _COOKIE_LIFE)
    return token


async def by_cookie(world: World, token: str) -> Actor | None:
    """The person behind a cookie, with the role they have now; None when it has expired or they have left."""
    async with world.store.outside() as tx:
        doors = await house.open_doors(tx, "cookie", fingerprint(token))
    if not doors or doors[0].ref is None:
        return None
    async with world.store.tx(doors[0].org) as tx:
        try:
            row = await people.load(tx, doors[0].org, doors[0].ref)
        except NotFound:
            return None
    if row["disabled_at"]:
        return None
    return Actor(org=doors[0].org, kind=ActorKind.AGENT, id=row["id"], name=row["name"], role=Role(row["role"]))


async def sign_out(world: World, token: str) -> None:
    """Ends this person's sign-ins on every device."""
    actor = await by_cookie(world, token)
    if actor and actor.id:
        async with world.store.tx(actor.org) as tx:
            await house.shut_door(tx, "cookie", actor.id)


async def login_link(world: World, org: OrgId, person: PersonId) -> str:
    """A token for one sign-in within a quarter of an hour."""
    token = new_secret("gl_")
    async with world.store.tx(org) as tx:
        await house.hang_door(tx, "login", fingerprint(token), person, world.clock() + _LINK_LIFE)
    return token


async def use_login_link(world: World, token: str) -> str:
    """A cookie; the link is used up, and with it all others of this person. Raises Refused."""
    async with world.store.outside() as tx:
        doors = await house.open_doors(tx, "login", fingerprint(token))
    if doors and doors[0].ref:
        async with world.store.tx(doors[0].org) as tx:
            won = await house.shut_door(tx, "login", doors[0].ref)
        if won:
            return await _cookie(world, doors[0].org, PersonId(doors[0].ref))
    raise Refused("This link has been used or has expired. Start Glassine again for a new one, or sign in with your password.", status=401)


async def invite(world: World, actor: Actor, role: Role, email: str | None) -> str:
    """A token for one person to join with this role within a week. Nobody hands out more than they have."""
    require(actor, Verb.MANAGE_PEOPLE)
    if role is Role.OWNER:
        require(actor, Verb.TRANSFER_OWNERSHIP)
    address = normal_email(email) if email else None
    if email and address is None:
        raise Refused("This is not an e-mail address.")
    token, id, expires = new_secret("gi_"), new_id(), world.clock() + _INVITE_LIFE
    async with world.store.tx(actor.org) as tx:
        await people.add_invite(tx, actor.org, id, email=address, role=role, by=actor.id, expires=expires)
        await house.hang_door(tx, "invite", fingerprint(token), id, expires)
        await vault.audit(tx, actor, "people.invite", "invite", id, {"role": role})
    return token


async def _invited(world: World, token: str) -> tuple[OrgId, dict[str, Any]]:
    async with world.store.outside() as tx:
        doors = await house.open_doors(tx, "invite", fingerprint(token))
    if doors and doors[0].ref:
        async with world.store.tx(doors[0].org) as tx:
            row = await people.invite(tx, doors[0].org, doors[0].ref)
        if row:
            return doors[0].org, row
    raise Refused("This invitation has been used or has expired. Ask for a new one.", status=404)


async def read_invite(world: World, token: str) -> Role:
    """Which role an invitation gives. Raises Refused when it cannot be used any more."""
    return Role((await _invited(world, token))[1]["role"])


async def accept_invite(world: World, token: str, *, name: str, email: str, password: str) -> str:
    """Makes the person and returns their cookie. Raises Refused; the invitation stays good until it has worked."""
    org, row = await _invited(world, token)
    address = normal_email(email)
    if address is None:
        raise Refused("This is not an e-mail address.")
    if row["email"] and row["email"] != address:
        raise Refused("This invitation is for another e-mail address.")
    if not name.strip():
        raise Refused("Say what your team calls you.")
    hash, person = await _hash(password), PersonId(new_id())
    try:
        async with world.store.tx(org) as tx:
            if not await people.use_invite(tx, org, row["id"]):
                raise Refused("This invitation has just been used.", status=409)
            await house.share_master(tx)
            await people.insert(tx, org, person, email=address, name=name.strip()[:100], role=Role(row["role"]), password_hash=hash)
            await house.hang_door(tx, "email", world.master.digest("email", address), person)
            joined = Actor(org=org, kind=ActorKind.AGENT, id=person, name=name.strip()[:100], role=Role(row["role"]))
            await vault.audit(tx, joined, "people.join", "person", person, {"role": row["role"]})
    except Taken:
        raise Refused("Somebody in this organisation already has this e-mail address. Sign in instead.", status=409) from None
    return await _cookie(world, org, person)


async def _hash(password: str) -> str:
    if len(password) < _SHORTEST_PASSWORD:
        raise Refused(f"The password needs at least {_SHORTEST_PASSWORD} characters; a sentence is fine.")
    if len(password) > 1_000:
        raise Refused("The password has more than 1,000 characters.")
    async with _at_once:
        return await asyncio.to_thread(_HASHER.hash, password)


async def set_password(world: World, actor: Actor, password: str) -> None:
    """A person's own password; their other sign-ins end."""
    if actor.id is None or actor.kind is not ActorKind.AGENT:
        raise Refused("Only a person has a password.", status=403)
    hash = await _hash(password)
    async with world.store.tx(actor.org) as tx:
        await people.set_password(tx, actor.org, PersonId(actor.id), hash)
        await house.shut_door(tx, "cookie", actor.id)
        await vault.audit(tx, actor, "people.password", "person", actor.id)


async def team(world: World, actor: Actor) -> list[Person]:
    async with world.store.tx(actor.org) as tx:
        return await people.all_of(tx, actor.org)


async def set_role(world: World, actor: Actor, person: PersonId, role: Role) -> None:
    require(actor, Verb.MANAGE_PEOPLE)
    async with world.store.tx(actor.org) as tx:
        await house.lock(tx, actor.org)  # two owners who part with each other at once must not both succeed
        before = Role((await people.load(tx, actor.org, person))["role"])
        if Role.OWNER in (role, before):
            require(actor, Verb.TRANSFER_OWNERSHIP)
        await people.set_role(tx, actor.org, person, role)
        await _keep_an_owner(tx, actor.org)
        if not answers(role):
            await desk.leave(world, tx, actor, person)
        await vault.audit(tx, actor, "people.role", "person", person, {"from": before, "to": role})


async def disable(world: World, actor: Actor, person: PersonId) -> None:
    """The person is out at once, and their sessions wait in the queue; what they did stays in the log under their name."""
    require(actor, Verb.MANAGE_PEOPLE)
    async with world.store.tx(actor.org) as tx:
        await house.lock(tx, actor.org)
        if Role((await people.load(tx, actor.org, person))["role"]) is Role.OWNER:
            require(actor, Verb.TRANSFER_OWNERSHIP)
        if await people.disable(tx, actor.org, person):
            await _keep_an_owner(tx, actor.org)
            await desk.leave(world, tx, actor, person)
            for kind in ("cookie", "login", "email"):
                await house.shut_door(tx, kind, person)
            await vault.audit(tx, actor, "people.disable", "person", person)


async def _keep_an_owner(tx: Any, org: OrgId) -> None:
    if await people.owners(tx, org) == 0:
        raise Refused("An organisation needs an owner. Make somebody else owner first.", status=409)


async def create_key(world: World, actor: Actor, name: str, scopes: list[str] | None) -> str:
    """An API key, shown this once. `scopes` None: everything. Raises Refused for a scope that does not exist."""
    require(actor, Verb.MANAGE_KEYS)
    unknown = sorted(set(scopes or ()) - set(SCOPES))
    if unknown:
        raise Refused(f"There is no scope called {', '.join(unknown)}. There are: {', '.join(SCOPES)}.")
    secret, id = new_secret("ocx_live_"), new_id()
    async with world.store.tx(actor.org) as tx:
        await people.add_api_key(tx, actor.org, id, name=name.strip()[:100] or "API key", prefix=secret[:14], scopes=scopes, by=actor.id)
        await house.hang_door(tx, "api_key", fingerprint(secret), id)
        await vault.audit(tx, actor, "keys.create", "api_key", id, {"scopes": scopes})
    return secret


async def by_key(world: World, secret: str) -> Actor:
    """Who an API key acts as. Raises Refused (401)."""
    async with world.store.outside() as tx:
        doors = await house.open_doors(tx, "api_key", fingerprint(secret))
    if doors and doors[0].ref:
        async with world.store.tx(doors[0].org) as tx:
            row = await people.api_key(tx, doors[0].org, doors[0].ref)
        if row:
            scopes = frozenset(row["scopes"]) if row["scopes"] is not None else None
            return Actor(org=doors[0].org, kind=ActorKind.API, id=row["id"], name=row["name"], role=Role.ADMIN, scopes=scopes)
    raise Refused("The API key is missing or not valid. Send it as: Authorization: Bearer ocx_live_…", status=401, code="unauthorized")


async def keys(world: World, actor: Actor) -> list[dict[str, Any]]:
    require(actor, Verb.MANAGE_KEYS)
    async with world.store.tx(actor.org) as tx:
        return await people.api_keys(tx, actor.org)


async def revoke_key(world: World, actor: Actor, id: UUID) -> None:
    require(actor, Verb.MANAGE_KEYS)
    async with world.store.tx(actor.org) as tx:
        if not await people.revoke_api_key(tx, actor.org, id):
            raise NotFound("There is no such key, or it was revoked before.")
        await house.shut_door(tx, "api_key", id)
        await vault.audit(tx, actor, "keys.revoke", "api_key", id)


