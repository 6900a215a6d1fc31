"""Connecting a helpdesk, changing it, trying it and taking it away. Settings are tried before anything is saved, secrets sealed when they are, and never shown again.

What goes there is told in ticketing.py, what comes back in hooks.py.
"""

from __future__ import annotations

import base64
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from glassine import connect
from glassine.rules import custom_fields
from glassine.rules import ticketing as rules
from glassine.rules.permits import require
from glassine.store import Tx, deliveries, helpdesks, house, sessions, tickets, vault
from glassine.story import owning, summarising
from glassine.story.filling import Filled, WrongFields, filled, keep_secrets_home
from glassine.story.helpdesks import helpdesk_reach
from glassine.story.helpdesks.helpdesk_reach import asked
from glassine.story.helpdesks.hooks import DOOR
from glassine.story.owning import By
from glassine.story.sources.reaching import without_secrets
from glassine.story.world import World
from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import NotFound, Refused
from glassine.words.helpdesks import FOR_ALL, HOOK_SECRET, SECRET, Checked, Connected, Helpdesk, HelpdeskId, Hook, Step, Telling
from glassine.words.ids import OrgId, new_id
from glassine.words.people import Actor, Verb
from glassine.words.sessions import Owner, OwnerKind
from glassine.words.sources import Field

TROUBLE = "trouble"  # stands among what was made over there where it could not be made, and says why
_LONGEST_NAME = 60
_GONE_AT_ONCE = 200  # sessions in one transaction


class Kind(NamedTuple):
    """A kind of helpdesk that can be connected: the connector's name, its title, what it asks for, and what is to be done over there before that can be filled in."""

    name: str
    title: str
    fields: tuple[Field, ...]
    needs: tuple[str, ...]
    begin: tuple[Step, ...]


def kinds() -> list[Kind]:
    """By title."""
    return [Kind(name, one.title, fields_of(one.helpdesk), one.helpdesk.needs, one.helpdesk.begin) for name, one in connect.helpdesks().items() if one.helpdesk]


def modules() -> list[Helpdesk]:
    return [one.helpdesk for one in connect.helpdesks().values() if one.helpdesk]


def fields_of(module: Helpdesk) -> tuple[Field, ...]:
    """The vendor's own, and those that every helpdesk has."""
    own = {one.name for one in module.fields}
    return (*module.fields, *(one for one in FOR_ALL if one.name not in own))


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is said of a helpdesk whatever its kind. `policy`: how each field is told; what is left out is told as usual."""

    name: str
    policy: Mapping[str, str] = field(default_factory=dict)


async def create(world: World, actor: Actor, kind: str, given: Mapping[str, str], options: Options) -> tuple[Connected, Checked]:
    """Tries the settings, connects the helpdesk, and makes on its side what makes it tell us. Raises NotFound for a kind that there is not, WrongFields and Refused."""
    require(actor, Verb.CHANGE_SETTINGS)
    module, org, id = connect.helpdesk(kind), actor.org, HelpdeskId(new_id())
    entered = filled(fields_of(module), given, {})
    _check(module, options, entered)
    checked = _fillable(await _tried(world, org, kind, module, entered), entered)
    sealed, hook = await helpdesk_reach.sealed(world, org, id, entered.secrets), await helpdesk_reach.sealed_hook(world, org, id, _new_secret())
    async with world.store.tx(org) as tx:
        await _free(tx, org, options.name, id)
        made = await helpdesks.insert(tx, org, id, kind=kind, name=options.name, settings=entered.settings, secrets=sealed, hook_secret=hook, policy=_policy(module, options), checked=checked)
        await house.hang_door(tx, DOOR, id.bytes, id)
        await vault.audit(tx, actor, "helpdesk.connect", "helpdesk", id, {"name": made.name, "kind": kind})
    return await install(world, actor, made.id), checked


async def change(world: World, actor: Actor, id: HelpdeskId, given: Mapping[str, str], options: Options) -> tuple[Connected, Checked]:
    """As `create`. A secret that is left empty stays as it is, and what was given up for want of a right one is tried again."""
    require(actor, Verb.CHANGE_SETTINGS)
    org = actor.org
    before = await load(world, actor, id)
    module, known = connect.helpdesk(before.kind), await helpdesk_reach.secrets_of(world, org, before)
    fields = fields_of(module)
    entered = filled(fields, given, known)
    keep_secrets_home(fields, given, entered, before.settings, _hosts(module, entered.settings), _hosts(module, before.settings))
    _check(module, options, entered)
    checked = _fillable(await _tried(world, org, before.kind, module, entered), entered)
    sealed = await helpdesk_reach.sealed(world, org, id, entered.secrets)
    async with world.store.tx(org) as tx:
        await deliveries.alone(tx, [id])
        await _free(tx, org, options.name, id)
        await helpdesks.update(tx, org, id, name=options.name, settings=entered.settings, secrets=sealed, policy=_policy(module, options), checked=checked)
        await tickets.revive_all(tx, org, id)
        await vault.audit(tx, actor, "helpdesk.change", "helpdesk", id, {"name": options.name, "kind": before.kind})
    return await install(world, actor, id), checked


def _new_secret() -> str:
    """As Standard Webhooks write one; whatever a vendor signs with, it is long enough."""
    return "whsec_" + base64.b64encode(random.token_bytes(32)).decode()


def _hosts(module: Helpdesk, settings: Mapping[str, str]) -> tuple[str, ...]:
    try:
        return module.hosts(settings)
    except Refused:
        return ()


def _check(module: Helpdesk, options: Options, entered: Filled) -> None:
    wrong: dict[str, str] = {}
    if not options.name.strip() or len(options.name) > _LONGEST_NAME:
        wrong["name"] = f"A helpdesk needs a name of at most {_LONGEST_NAME} characters."
    if fault := rules.wrong_mapping(entered.settings.get("mapping", "")):
        wrong["mapping"] = fault
    for name, how in options.policy.items():
        if how not in {str(one) for one in rules.choices_of(name)}:
            wrong[f"policy_{name}"] = "Choose from what the form offers."
    if rules.lacks(module.needs, {name: str(how) for name, how in rules.policy_of(options.policy, module.needs).items() if how is not Telling.MASKED}):
        wrong[f"policy_{module.needs[0]}"] = "This helpdesk opens no ticket for somebody of whom it is told nothing. Tell it raw, or by a pseudonym."
    if wrong:
        raise WrongFields(wrong)


def _fillable(checked: Checked, entered: Filled) -> Checked:
    """With its own word on what may stand in the fields that the AI is to fill. Raises WrongFields."""
    if fault := custom_fields.wrong(entered.settings.get("filling", ""), rules.mapping(entered.settings.get("mapping", "")), checked.forms):
        raise WrongFields({"filling": fault})
    return checked


def _policy(module: Helpdesk, options: Options) -> dict[str, str]:
    return {name: str(how) for name, how in rules.policy_of(options.policy, module.needs).items()}


async def _free(tx: Tx, org: OrgId, name: str, id: HelpdeskId) -> None:
    if await helpdesks.taken(tx, org, name, but=id):
        raise WrongFields({"name": f"There is a helpdesk called {name}. Choose another name."})


async def _tried(world: World, org: OrgId, kind: str, module: Helpdesk, entered: Filled) -> Checked:
    """Raises WrongFields with the reason, without any secret in it, and Refused (403) while helpdesks are switched off."""
    await world.switches.admit(org, "helpdesk")
    try:
        link = helpdesk_reach.link(world, org, kind, {**entered.settings, **entered.secrets})
        return await asked(module.check(link), entered.secrets)
    except DeliveryFailed as failed:
        raise WrongFields({"": failed.message}) from None
    except Refused as refused:
        raise WrongFields({"": without_secrets(refused.message, entered.secrets)}) from None


async def load(world: World, actor: Actor, id: HelpdeskId) -> Connected:
    """One that is connected. Raises NotFound."""
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        found = await helpdesks.load(tx, actor.org, id)
    if found.removed_at is not None:
        raise NotFound("There is no such helpdesk.")
    return found


def hook_url(world: World, id: HelpdeskId) -> str:
    """Where the vendor sends what happens."""
    return f"{world.settings.url}/api/hooks/helpdesks/{id}"


async def install(world: World, actor: Actor, id: HelpdeskId) -> Connected:
    """Makes on its side what makes it tell us. Where that fails the helpdesk is connected all the same, its page says why, and looking at tickets stands in."""
    require(actor, Verb.CHANGE_SETTINGS)
    org, desk = actor.org, await load(world, actor, id)
    try:
        there = await helpdesk_reach.reached(world, org, desk)
        hook = Hook(url=hook_url(world, id), secret=there.secrets.get(HOOK_SECRET) or await helpdesk_reach.hook_secret(world, org, desk))
        there.link.tells(ours=(hook.url, hook.secret))
        made = dict(await asked(there.module.install(there.link, hook), there.secrets))
    except DeliveryFailed as failed:
        made = {**{name: value for name, value in desk.made.items() if name != TROUBLE}, TROUBLE: failed.message}
    own = made.pop(SECRET, "")
    async with world.store.tx(org) as tx:
        await helpdesks.set_made(tx, org, id, made)
        if own:
            await helpdesks.reseal(tx, org, id, secrets=desk.secrets, hook_secret=await helpdesk_reach.sealed_hook(world, org, id, own))
        return await helpdesks.load(tx, org, id)


async def disconnect(world: World, actor: Actor, id: HelpdeskId) -> tuple[Connected, str]:
    """Takes away what was made over there, gives its sessions back to the inbox, and forgets its key. Returns what could not be taken away, as a sentence, or nothing."""
    require(actor, Verb.CHANGE_SETTINGS)
    org, desk, trouble = actor.org, await load(world, actor, id), ""
    try:
        there = await helpdesk_reach.reached(world, org, desk)
        await asked(there.module.uninstall(there.link, {name: value for name, value in desk.made.items() if name != TROUBLE}), there.secrets)
    except DeliveryFailed as failed:
        trouble = f"What was made in {desk.name} could not be taken away there: {failed.message}"
    while await _given_back(world, actor, desk):
        pass
    async with world.store.tx(org) as tx:
        await helpdesks.remove(tx, org, id)
        await house.shut_door(tx, DOOR, id)
        await vault.audit(tx, actor, "helpdesk.disconnect", "helpdesk", id, {"name": desk.name, "kind": desk.kind})
    while await _given_back(world, actor, desk):  # what was handed to it meanwhile
        pass
    return desk, trouble


async def _given_back(world: World, actor: Actor, desk: Connected) -> int:
    """Some of its sessions; returns how many."""
    why, org = f"{desk.name} was disconnected.", actor.org
    async with world.store.tx(org) as tx:
        await deliveries.alone(tx, [desk.id])
        some = (await tickets.of_helpdesk(tx, org, desk.id))[:_GONE_AT_ONCE]
        for session in some:
            await sessions.hold(tx, org, session)
            await tickets.gone(tx, org, session, desk.id, why)
            await owning.to_team(world, tx, org, session, why, was=Owner(kind=OwnerKind.HELPDESK, id=desk.id), by=By.of(actor))
    return len(some)


class Seen(NamedTuple):
    """A helpdesk as its page shows it. `steps`: what is left to do by hand; `trouble`: why its side could not be set up."""

    desk: Connected
    title: str
    fields: tuple[Field, ...]
    secrets: tuple[str, ...]  # names of those that are set
    hosts: tuple[str, ...]
    needs: tuple[str, ...]
    policy: Mapping[str, Telling]
    steps: tuple[Step, ...]
    trouble: str
    counts: tickets.Counts


async def fills_by(world: World, actor: Actor) -> str:
    """The language model that fills in custom fields; empty: none is set."""
    require(actor, Verb.READ_SESSIONS)
    return summarising.asked_first(world, await world.switches.of(actor.org))


async def listing(world: World, actor: Actor) -> list[Seen]:
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        found = await helpdesks.all_of(tx, actor.org)
    return [await seen(world, actor, one.id) for one in found]


async def seen(world: World, actor: Actor, id: HelpdeskId) -> Seen:
    """Raises NotFound."""
    desk = await load(world, actor, id)
    known = connect.helpdesks().get(desk.kind)
    module = known.helpdesk if known else None
    async with world.store.tx(actor.org) as tx:
        counts = await tickets.counts(tx, actor.org, id)
    needs = module.needs if module else ()
    return Seen(
        desk, known.title if known else desk.kind, fields_of(module) if module else (), tuple(await helpdesk_reach.secrets_of(world, actor.org, desk)),
        _hosts(module, desk.settings) if module else (), needs, rules.policy_of(desk.policy, needs), module.steps if module else (), desk.made.get(TROUBLE, ""), counts,
    )


async def hand_steps(world: World, actor: Actor, one: Seen) -> list[Step]:
    """What is left to do by hand, with the hook's address and secret in place: for whoever may change the helpdesk."""
    require(actor, Verb.CHANGE_SETTINGS)
    secret = await helpdesk_reach.hook_secret(world, actor.org, one.desk)
    return [replace(step, text=step.text.replace("{secret}", secret)) for step in addressed(world, one)]


def addressed(world: World, one: Seen) -> list[Step]:
    """What is left to do by hand, with the hook's address in place."""
    return [replace(step, text=step.text.replace("{url}", hook_url(world, one.desk.id))) for step in one.steps]


async def reseal(world: World, org: OrgId) -> int:
    """Puts every helpdesk's secrets under the organisation's newest key; returns how many there were."""
    async with world.store.tx(org) as tx:
        held = await helpdesks.all_of(tx, org)
        for one in held:
            opened, hook = await helpdesk_reach.secrets_of(world, org, one), await helpdesk_reach.hook_secret(world, org, one)
            await helpdesks.reseal(tx, org, one.id, secrets=await helpdesk_reach.sealed(world, org, one.id, opened), hook_secret=await helpdesk_reach.sealed_hook(world, org, one.id, hook))
    return len(held)


async def sealed_of(world: World, org: OrgId) -> list[tuple[HelpdeskId, str, bytes]]:
    """The sealed secrets of every helpdesk, each with the column it stands in."""
    async with world.store.tx(org) as tx:
        found = await helpdesks.all_of(tx, org)
    return [(one.id, name, sealed) for one in found for name, sealed in (("secrets", one.secrets), ("hook_secret", one.hook_secret)) if sealed is not None]
