"""Keys that go along with calls: set, changed and removed by people who may write actions. A value that was sealed is never given back."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from glassine.rules.calling.definitions import may_be_header
from glassine.rules.permits import require
from glassine.store import Tx, variables, vault
from glassine.story.actions.definitions import private
from glassine.story.world import World
from glassine.words.actions import Variable, VariableId, VariableKind
from glassine.words.errors import Refused
from glassine.words.ids import OrgId, new_id
from glassine.words.people import Actor, Verb

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?::[0-9]{1,5})?|\[[0-9a-f:.]+\](?::[0-9]{1,5})?")
_LONGEST, MOST = 8_000, 200
_WHAT = {
    VariableKind.HEADER: "Which header? Such as Authorization or X-Api-Key.", VariableKind.QUERY: "Which query parameter? Such as api_key.", VariableKind.BASIC: "Which user name?",
    VariableKind.OAUTH2: "Which client id?",
}


async def every(world: World, actor: Actor) -> list[Variable]:
    """By name, never with their values. Raises Refused (403)."""
    require(actor, Verb.READ_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        return [one.variable for one in await variables.all_of(tx, actor.org)]


async def create(world: World, actor: Actor, variable: Variable, value: str) -> Variable:
    """Raises Refused: (400) for what cannot go along, (403), (409) for a name that is taken."""
    require(actor, Verb.WRITE_ACTIONS)
    made = _checked(world, replace(variable, id=VariableId(new_id())))
    sealed = await _sealed(world, actor.org, made, value)
    async with world.store.tx(actor.org) as tx:
        if len(await variables.all_of(tx, actor.org)) >= MOST:
            raise Refused(f"There are {MOST} variables, which is the most.")
        await variables.insert(tx, actor.org, made, sealed)
        await _record(tx, actor, "actions.variable_create", made)
        return (await variables.load(tx, actor.org, made.id)).variable


async def change(world: World, actor: Actor, variable: Variable, value: str | None) -> Variable:
    """Without a value the one that is set stays, unless it would go to a host that it was not given for. Raises NotFound, Refused (400), (403), (409)."""
    require(actor, Verb.WRITE_ACTIONS)
    made = _checked(world, variable)
    sealed = await _sealed(world, actor.org, made, value) if value is not None else None
    async with world.store.tx(actor.org) as tx:
        before = (await variables.load(tx, actor.org, variable.id)).variable
        if sealed is None and (set(made.hosts) - set(before.hosts) or made.token_url != before.token_url):
            raise Refused("A value is for whom it was given for: give it again for another host.")
        await variables.update(tx, actor.org, made, sealed)
        await _record(tx, actor, "actions.variable_change", made)
        world.tokens.pop(made.id, None)
        return (await variables.load(tx, actor.org, made.id)).variable


async def delete(world: World, actor: Actor, id: VariableId) -> None:
    """Its value is gone. Raises NotFound, Refused (403)."""
    require(actor, Verb.WRITE_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        before = (await variables.load(tx, actor.org, id)).variable
        await variables.delete(tx, actor.org, id)
        await _record(tx, actor, "actions.variable_delete", before)
    world.tokens.pop(id, None)


async def _record(tx: Tx, actor: Actor, verb: str, variable: Variable) -> None:
    await vault.audit(tx, actor, verb, "variable", variable.id, {"name": variable.name, "hosts": list(variable.hosts)})


def _checked(world: World, variable: Variable) -> Variable:
    """As it may be kept. Raises Refused with what to put right."""
    made = replace(
        variable, name=variable.name.strip(), field=variable.field.strip(), token_url=variable.token_url.strip() if variable.kind is VariableKind.OAUTH2 else "",
        scope=variable.scope.strip() if variable.kind is VariableKind.OAUTH2 else "", hosts=tuple(dict.fromkeys(host.strip().lower() for host in variable.hosts if host.strip())),
    )
    if not made.name or len(made.name) > 100:
        raise Refused("A variable has a name of at most 100 characters.")
    if not made.field or len(made.field) > 300 or not made.field.isascii() or not made.field.isprintable():
        raise Refused(_WHAT[made.kind])
    if made.kind is VariableKind.HEADER and not may_be_header(made.field):
        raise Refused(f"{made.field[:60]} cannot be a header that goes along.")
    if not made.hosts or len(made.hosts) > 50 or not all(_HOST.fullmatch(host) for host in made.hosts):
        raise Refused("For which hosts? Such as api.example.com, one a line. The value is sent to them and nowhere else.")
    if made.kind is VariableKind.OAUTH2:
        _check_token_url(world, made.token_url)
    return made


def _check_token_url(world: World, url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or "@" in url or len(url) > 1_000 or not (url.startswith("https://") or (url.startswith("http://") and private(world, url))):
        raise Refused("Where are tokens fetched? The whole address, beginning with https://.")


async def _sealed(world: World, org: OrgId, variable: Variable, value: str) -> bytes:
    if not value or len(value) > _LONGEST or any(ord(letter) < 32 or ord(letter) == 127 for letter in value) or not value.isascii():
        raise Refused("The value is one line of plain characters.")
    return (await world.key(org)).seal(value.encode(), org, "action_variables", "sealed", variable.id)


async def reseal(world: World, org: OrgId) -> None:
    """Puts every value under the organisation's newest key."""
    ring = await world.key(org)
    async with world.store.tx(org) as tx:
        for one in await variables.all_of(tx, org):
            plain = ring.open(one.sealed, org, "action_variables", "sealed", one.variable.id)
            await variables.reseal(tx, org, one.variable.id, ring.seal(plain, org, "action_variables", "sealed", one.variable.id))


async def sealed_of(world: World, org: OrgId) -> list[tuple[VariableId, bytes]]:
    """For whoever checks that everything opens."""
    async with world.store.tx(org) as tx:
        return [(one.variable.id, one.sealed) for one in await variables.all_of(tx, org)]
