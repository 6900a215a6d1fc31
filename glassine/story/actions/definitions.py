"""Setting up actions: written, changed, taken away and brought back by people and programs that may, each change a version and a line of the audit log."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from glassine.edge.addresses import places
from glassine.rules.calling import answers, definitions, requests, schemas, telling
from glassine.rules.calling.arguments import Unfilled, Values
from glassine.rules.calling.policy import FAILURES_IN_A_ROW, Counts, resting
from glassine.rules.permits import require
from glassine.store import Tx, actions, calls, vault
from glassine.store import segments as stored_segments
from glassine.store.actions import Listed, Version
from glassine.store.vectors import Vectors
from glassine.story.actions import calling, keys_along
from glassine.story.actions.calling import Going
from glassine.story.actions.keys_along import NoKey
from glassine.story.privacy.previewing import masked_for_good
from glassine.story.search import finding
from glassine.story.world import World
from glassine.words.actions import Action, ActionId, Call, CallId, CallState, Filler, Parameter, Where
from glassine.words.errors import Refused
from glassine.words.ids import OrgId, new_id
from glassine.words.people import Actor, Role, Verb
from glassine.words.sessions import ChannelKind

MOST = 2_000  # of one organisation


async def listing(world: World, actor: Actor) -> list[Listed]:
    """All, by name, with their calls of the last seven days. Raises Refused (403)."""
    require(actor, Verb.READ_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        return await actions.listed(tx, actor.org)


async def one(world: World, actor: Actor, id: ActionId) -> Action:
    """Raises NotFound, and Refused (403)."""
    require(actor, Verb.READ_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        return await actions.load(tx, actor.org, id)


async def versions(world: World, actor: Actor, id: ActionId) -> list[Version]:
    """Newest first, of deleted ones too. Raises Refused (403)."""
    require(actor, Verb.READ_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        return await actions.versions(tx, actor.org, id)


async def calls_of(world: World, actor: Actor, id: ActionId) -> list[Call]:
    """Its newest calls. They show what customers wanted, masked, so it needs leave to read sessions too. Raises Refused (403)."""
    require(actor, Verb.READ_ACTIONS)
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        return await calls.of_action(tx, actor.org, id)


async def left_alone(world: World, actor: Actor) -> frozenset[str]:
    """The hosts that failed several times in a row a moment ago, so that calls to them are refused for now. Raises Refused (403)."""
    require(actor, Verb.READ_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        found = await calls.hosts(tx, actor.org, FAILURES_IN_A_ROW)
    return frozenset(host for host, (row, seconds) in found.items() if resting(Counts(row=row, seconds=seconds)))


async def create(world: World, actor: Actor, action: Action) -> Action:
    """Raises Refused: (400) for what cannot be called, (403), (409) for a name that is taken."""
    require(actor, Verb.WRITE_ACTIONS)
    made = await checked(world, actor.org, replace(action, id=ActionId(new_id()), version=1))
    vectors = await read(world, actor.org, made)
    async with world.store.tx(actor.org) as tx:
        if len(await actions.every(tx, actor.org)) >= MOST:
            raise Refused(f"There are {MOST:,} actions, which is the most.")
        await actions.insert(tx, actor, made)
        await actions.put_vectors(tx, actor.org, made.id, vectors)
        await _record(tx, actor, "actions.create", made)
        made = await actions.load(tx, actor.org, made.id)
    world.actions.pop(actor.org, None)
    return made


async def change(world: World, actor: Actor, action: Action, *, read_version: int | None = None, verb: str = "actions.change") -> Action:
    """Writes the next version. `read_version`: the one that was looked at. Raises NotFound, and Refused: (400), (403), (409)."""
    require(actor, Verb.WRITE_ACTIONS)
    made = await checked(world, actor.org, action)
    vectors = await read(world, actor.org, made)
    async with world.store.tx(actor.org) as tx:
        made = await actions.update(tx, actor, made, read=read_version)
        await actions.put_vectors(tx, actor.org, made.id, vectors)
        await _record(tx, actor, verb, made)
        made = await actions.load(tx, actor.org, made.id)
    world.actions.pop(actor.org, None)
    return made


async def switch(world: World, actor: Actor, id: ActionId, *, enabled: bool) -> Action:
    """On or off, as a version like any other. Raises NotFound, Refused (403)."""
    require(actor, Verb.WRITE_ACTIONS)
    action = await one(world, actor, id)
    return action if action.enabled == enabled else await change(world, actor, replace(action, enabled=enabled), verb="actions.enable" if enabled else "actions.disable")


async def restore(world: World, actor: Actor, id: ActionId, number: int) -> Action:
    """A version as it was becomes the newest one; a deleted action is back with it. Raises NotFound, Refused (400), (403), (409)."""
    require(actor, Verb.WRITE_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        action, _current = await actions.at_version(tx, actor.org, id, number)
    return await change(world, actor, action, verb="actions.restore")


async def delete(world: World, actor: Actor, id: ActionId) -> Action:
    """Not offered or called from now on. Its versions and calls stay, and it can be brought back; returns what it was. Raises NotFound, Refused (403)."""
    require(actor, Verb.WRITE_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        before = await actions.load(tx, actor.org, id)
        await actions.delete(tx, actor.org, id)
        await _record(tx, actor, "actions.delete", before)
    world.actions.pop(actor.org, None)
    return before


async def delete_all(world: World, actor: Actor) -> list[ActionId]:
    """Raises Refused (403)."""
    require(actor, Verb.WRITE_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        every = await actions.every(tx, actor.org)
        for each in every:
            await actions.delete(tx, actor.org, each.id)
            await _record(tx, actor, "actions.delete", each)
    world.actions.pop(actor.org, None)
    return [each.id for each in every]


async def _record(tx: Tx, actor: Actor, verb: str, action: Action) -> None:
    await vault.audit(tx, actor, verb, "action", action.id, {"name": action.name, "version": action.version})


def with_path(action: Action) -> Action:
    """With a parameter for every name in the path that has none yet, filled in by the AI, and without those of the path that are not in it any more."""
    holes = list(dict.fromkeys(requests.HOLE.findall(action.url.partition("?")[0])))
    kept = [one for one in action.parameters if one.where is not Where.PATH or one.name in holes]
    fresh = [Parameter(name=name, where=Where.PATH, schema={"type": "string"}, required=True) for name in holes if name not in {one.name for one in kept}]
    return replace(action, parameters=(*fresh, *kept))


async def checked(world: World, org: OrgId, action: Action) -> Action:
    """As it may be kept. Raises Refused with what to put right."""
    made = definitions.checked(replace(action, description=action.description.strip(), title=action.title.strip() or action.name), private=private(world, action.url))
    channels, roles = {str(kind) for kind in ChannelKind}, {str(role) for role in Role}
    if strange := (set(made.policy.channels) - channels) | (set(made.policy.roles) - roles):
        raise Refused(f"There is no channel or role called {', '.join(sorted(strange))}.")
    if made.policy.segments:
        async with world.store.tx(org) as tx:
            known = {each.id for each in await stored_segments.every(tx, org)}
        if set(made.policy.segments) - known:
            raise Refused("One of these segments is not there any more. Load the page again.", status=409, code="conflict")
    return made


def private(world: World, url: str) -> bool:
    """Whether the operator of this machine listed the place of an address."""
    try:
        parts = urllib.parse.urlsplit(url)
        return (parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)) in places(world.settings.allow_private)
    except ValueError:
        return False


async def read(world: World, org: OrgId, action: Action) -> dict[str, Vectors]:
    """What it is for, as each model reads it that reads this organisation's customers."""
    made: dict[str, Vectors] = {}
    for language in await finding.languages_of(world, org):
        model = world.embed.model(language)
        if model not in made:
            made[model] = np.stack([await world.embed.query(finding.plainly(f"{action.title}. {action.description}") or action.name, language)])
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A call from the test console: the request as it went out, without the keys, the answer, and what the model would have seen of it."""

    state: CallState
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    why: str = ""
    status: int | None = None
    milliseconds: float = 0.0
    seen: str = ""
    says: str = ""
    answer: Any = None  # of a real call: what came, for whoever tries it out; never kept


async def try_out(world: World, actor: Actor, action: Action, given: Mapping[str, Any], *, dry: bool) -> Trial:
    """Calls it for real, or (`dry`) shows what would be sent. `given`: a value for each parameter, whoever fills it in. Nothing is kept but a line of the audit log.

    Raises Refused: (400) for values that do not fit, (403).
    """
    require(actor, Verb.WRITE_ACTIONS)
    made = await checked(world, actor.org, action)
    everything = {one.name: one.value if one.filler is Filler.FIXED and one.name not in given else given.get(one.name) for one in made.parameters}
    values = Values(by_name=_fitting(made, everything), raw=True)
    going = Going(org=actor.org, session=None, id=CallId(new_id()), action=made, values=values)
    try:
        keys = await keys_along.for_call(world, actor.org, made, None) if not dry else keys_along.NONE
        request = calling.built(going, keys)
    except (NoKey, Unfilled) as why:
        raise Refused(str(why)) from None
    trial = Trial(
        state=CallState.DRY, method=request.method, url=keys.covered(request.url), headers={name: keys.covered(value) for name, value in request.headers.items()},
        body=keys.covered(request.body.decode("utf-8", "replace")), says=telling.says(made, values.by_name),
    )
    if dry:
        return trial
    async with world.store.tx(actor.org) as tx:
        await vault.audit(tx, actor, "actions.try", "action", made.id, {"name": made.name, "host": actions.host_of(made.url)})
    came = await calling.send(world, going)
    seen = answers.shown(came.content)[: answers.MOST_SHOWN]
    return replace(
        trial, state=came.state, why=came.why, status=came.status, milliseconds=came.milliseconds, answer=came.content, seen=await masked_for_good(world, actor.org, seen) if seen else "",
    )


def _fitting(action: Action, given: Mapping[str, Any]) -> dict[str, Any]:
    """Checked like a model's, but for where each came from."""
    for parameter in action.parameters:
        value = given.get(parameter.name)
        if value is None and parameter.required:
            raise Refused(f"{parameter.name} is missing.")
        if value is not None and (wrong := schemas.fault(value, parameter.schema)):
            raise Refused(f"{parameter.name}: {wrong}.")
    try:
        fitting = {name: value for name, value in given.items() if value is not None}
        requests.request(action, fitting, boundary="trial")
    except Unfilled as why:
        raise Refused(str(why)) from None
    return fitting
