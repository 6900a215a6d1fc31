"""What admins set of language models: adding, changing, removing with undo, order, what each is asked for, and the day's budget. It asks none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from glassine.rules.lines import one_line
from glassine.rules.permits import require
from glassine.store import Tx, model_use, vault
from glassine.store import house as stored
from glassine.story.models import chain, model_keys
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.house import OrgSettings
from glassine.words.models import OPERATOR, Budget, Endpoint, Then, Use, WireName, chosen
from glassine.words.people import Actor, Verb

MOST = 20  # models of one organisation
DAYS = 30  # of use that are shown
_LONGEST = 500  # characters of an address or a name
_SLOWEST = 300.0  # seconds
_DEAREST = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A model as somebody describes it. A `key` of None leaves the one that is set, unless the address leads elsewhere."""

    name: str = ""
    wire: str = WireName.OPENAI
    url: str
    model: str
    key: str | None = None
    timeout: float = 20.0
    price_in: float | None = None
    price_out: float | None = None


async def add(world: World, actor: Actor, given: Given) -> Endpoint:
    """Puts a model at the end of the list. Raises Refused (400), (403)."""
    require(actor, Verb.CHANGE_SETTINGS)
    made = replace(_checked(given, str(uuid4())), key=await model_keys.sealed(world, actor.org, given.key or ""))
    async with world.store.tx(actor.org) as tx:
        every = await _all(tx, actor)
        if sum(not one.removed for one in every) >= MOST:
            raise Refused(f"There are {MOST} models already. Remove one first.")
        await _write(world, tx, actor, [*_kept(every), made], "models.add", made.name)
    return made


async def change(world: World, actor: Actor, id: str, given: Given) -> Endpoint:
    """Raises NotFound, and Refused (400), (403)."""
    require(actor, Verb.CHANGE_SETTINGS)
    described = _checked(given, id)
    key = None if given.key is None else await model_keys.sealed(world, actor.org, given.key)
    async with world.store.tx(actor.org) as tx:
        every = await _all(tx, actor)
        before = _one(every, id)
        if key is None:  # a key is for whom it was given for
            key = before.key if _place(described.url) == _place(before.url) else ""
        made = replace(described, key=key)
        await _write(world, tx, actor, [made if one.id == id else one for one in _kept(every)], "models.change", made.name)
    return made


async def remove(world: World, actor: Actor, id: str) -> Endpoint:
    """Nobody asks it any more. Until the next change of the list it can be brought back with its key. Raises NotFound, Refused (403)."""
    require(actor, Verb.CHANGE_SETTINGS)
    async with world.store.tx(actor.org) as tx:
        every = await _all(tx, actor)
        gone = replace(_one(every, id), removed=datetime.now(UTC).isoformat())
        await _write(world, tx, actor, [gone if one.id == id else one for one in _kept(every)], "models.remove", gone.name)
    return gone


async def restore(world: World, actor: Actor, id: str) -> Endpoint:
    """Raises NotFound where the list has been changed since, and Refused (403)."""
    require(actor, Verb.CHANGE_SETTINGS)
    async with world.store.tx(actor.org) as tx:
        every = await _all(tx, actor)
        found = next((one for one in every if one.id == id and one.removed), None)
        if found is None:
            raise NotFound("This model cannot be brought back: the list has been changed since. Add it anew.")
        back = replace(found, removed="")
        await _write(world, tx, actor, [back if one.id == id else one for one in every], "models.restore", back.name)
    return back


async def order(world: World, actor: Actor, ids: Sequence[str]) -> None:
    """The order in which models are asked; each of them once. Raises Refused (400), (403)."""
    require(actor, Verb.CHANGE_SETTINGS)
    async with world.store.tx(actor.org) as tx:
        every = {one.id: one for one in _kept(await _all(tx, actor))}
        if sorted(ids) != sorted(every):
            raise Refused("An order names each model once.")
        await _write(world, tx, actor, [every[id] for id in ids], "models.order", "")


async def set_uses(world: World, actor: Actor, uses: Mapping[str, Sequence[str]]) -> None:
    """Which models are asked for what, in order; nothing for a purpose: all of them, in theirs. Purposes that are not named stay as they are."""
    require(actor, Verb.CHANGE_SETTINGS)
    async with world.store.tx(actor.org) as tx:
        every, settings = await _all(tx, actor), OrgSettings.read((await stored.load(tx, actor.org))["settings"])
        known = {one.id for one in every if not one.removed} | ({OPERATOR} if chain.operator(world) else set())
        for use, ids in uses.items():
            if use not in set(Use):
                raise Refused(f"Nothing is asked of a model for “{use}”. It is one of: {', '.join(Use)}.")
            if len(set(ids)) < len(ids) or not set(ids) <= known:
                raise Refused("A purpose names models of yours, each once.")
        changed = {use: list(ids) for use, ids in {**settings.model_uses, **uses}.items() if ids}
        await stored.change(tx, actor.org, name=None, settings={"model_uses": changed})
        await vault.audit(tx, actor, "models.use", "organization", actor.org, {"changed": sorted(uses)})
    world.switches.forget(actor.org)


async def set_budget(world: World, actor: Actor, budget: Budget) -> None:
    """Raises Refused (400), (403)."""
    require(actor, Verb.CHANGE_SETTINGS)
    if not 0 <= budget.tokens <= 10**12 or not 0 <= budget.money <= 10**9:
        raise Refused("A budget is a number from 0, which means as much as it takes.")
    async with world.store.tx(actor.org) as tx:
        await _all(tx, actor)
        await stored.change(tx, actor.org, name=None, settings={"model_budget": {"tokens": budget.tokens, "money": budget.money, "then": str(budget.then)}})
        await vault.audit(tx, actor, "models.budget", "organization", actor.org, {"tokens": budget.tokens, "money": budget.money, "then": str(Then(budget.then))})
    world.switches.forget(actor.org)


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """What is set, and how it goes. `uses` holds, for each purpose, who is asked, in order; `refusals` why a model is not asked now."""

    endpoints: tuple[Endpoint, ...]
    operator: Endpoint | None
    uses: Mapping[Use, tuple[Endpoint, ...]]
    own_uses: Mapping[str, Sequence[str]]
    budget: Budget
    tokens: int
    money: float
    share: float  # of the budget, today: 1 is all
    refusals: Mapping[str, str]
    history: Sequence[Mapping[str, Any]]


async def current(world: World, actor: Actor) -> Current:
    """Raises Refused (403)."""
    require(actor, Verb.READ_SESSIONS)
    await world.meter.write_down()
    async with world.store.tx(actor.org) as tx:
        settings = OrgSettings.read((await stored.load(tx, actor.org))["settings"])
        history, today = await model_use.history(tx, actor.org, DAYS), await model_use.today(tx, actor.org)
    await world.meter.refresh(actor.org)
    operator, budget = chain.operator(world), Budget.read(settings.model_budget)
    own = tuple(one for one in map(Endpoint.read, settings.models) if not one.removed)
    return Current(
        endpoints=own, operator=operator, uses={use: chosen(settings, use, operator) for use in Use}, own_uses=settings.model_uses, budget=budget,
        tokens=today.tokens, money=today.money, share=budget.share(today.tokens, today.money), history=history,
        refusals={one.id: why for one in (*own, *((operator,) if operator else ())) if (why := world.meter.tells(actor.org, one))},
    )


def _checked(given: Given, id: str) -> Endpoint:
    url, model = given.url.strip(), given.model.strip()
    if not url.startswith(("https://", "http://")) or not _place(url)[1] or len(url) > _LONGEST or not url.isascii():
        raise Refused("The address begins with https:// (or http:// for a model on your own network), such as https://api.openai.com/v1.", code="url")
    if not model or len(model) > _LONGEST or not model.isprintable():
        raise Refused("Which model shall answer there? Write its name as its provider does.", code="model")
    if given.wire not in set(WireName):
        raise Refused(f"A model is spoken to as one of: {', '.join(WireName)}.", code="wire")
    if not 1 <= given.timeout <= _SLOWEST:
        raise Refused(f"A time limit is from 1 to {_SLOWEST:.0f} seconds.", code="timeout")
    if any(price is not None and not 0 <= price <= _DEAREST for price in (given.price_in, given.price_out)):
        raise Refused("A price is for a million tokens, from 0.", code="price")
    return Endpoint(
        id=id, name=one_line(given.name, 100) or model[:100], wire=WireName(given.wire), url=url, model=model, timeout=given.timeout,
        price_in=given.price_in, price_out=given.price_out,
    )


def _place(url: str) -> tuple[str, str]:
    """Scheme and host with its port: where a key would be sent."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.netloc if parts.hostname else ""
    except ValueError:
        return "", ""


async def _all(tx: Tx, actor: Actor) -> list[Endpoint]:
    """All of them, held until the transaction ends, so that two admins do not undo each other's changes."""
    await stored.lock(tx, actor.org)
    return [Endpoint.read(one) for one in (await stored.load(tx, actor.org))["settings"].get("models", ())]


def _one(every: Sequence[Endpoint], id: str) -> Endpoint:
    found = next((one for one in every if one.id == id and not one.removed), None)
    if found is None:
        raise NotFound("There is no such model.")
    return found


def _kept(every: Sequence[Endpoint]) -> list[Endpoint]:
    """What was removed before is gone for good with the next change, and its key with it."""
    return [one for one in every if not one.removed]


async def _write(world: World, tx: Tx, actor: Actor, every: Sequence[Endpoint], verb: str, name: str) -> None:
    await stored.change(tx, actor.org, name=None, settings={"models": [one.stored() for one in every]})
    await vault.audit(tx, actor, verb, "organization", actor.org, {"name": name} if name else {})
    world.switches.forget(actor.org)
