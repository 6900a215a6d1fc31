"""Connecting a source, changing it and taking it away. Credentials are tried before anything is saved, sealed when they are, and never shown again.

What people do with the runs and pages of a source is told in tending.py, what a run does in syncing.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from glassine import connect
from glassine.rules.permits import require
from glassine.store import Tx, articles, house, runs, sources, vault
from glassine.story.filling import Filled, WrongFields, filled, keep_secrets_home
from glassine.story.sources import reaching, syncing
from glassine.story.world import World
from glassine.words.boundaries import shut
from glassine.words.errors import NotFound, Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SegmentId, SourceId, new_id
from glassine.words.people import Actor, Verb
from glassine.words.sources import Cadence, Field, SourceFailed
from glassine.words.syncing import Connected, Readers

_GONE_AT_ONCE = 500  # articles in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a source is kept, whatever its kind."""

    name: str
    cadence: Cadence = Cadence.DAY
    readers: Readers = Readers.SOURCE
    segments: tuple[SegmentId, ...] = ()
    max_age_hours: int | None = None
    share: int = 30
    canary: str = ""


async def create(world: World, actor: Actor, kind: str, given: Mapping[str, str], options: Options) -> tuple[Connected, str]:
    """Tries the settings, connects the source and begins its first run. Returns it with what was reached, in one sentence.

    Raises NotFound for a kind that there is not, WrongFields, and Refused (403).
    """
    require(actor, Verb.WRITE_KNOWLEDGE)
    given_now, id, org = filled(fields_of(kind), given, {}), SourceId(new_id()), actor.org
    _check_options(options)
    reached = await _tried(world, org, kind, given_now, None)
    sealed = await reaching.sealed(world, org, id, given_now.secrets)
    async with world.store.tx(org) as tx:
        if await sources.taken(tx, org, options.name):
            raise WrongFields({"name": f"There is a source, or an import, called {options.name}. Choose another name."})
        made = await sources.insert(tx, org, id, kind=kind, key=options.name, values=_values(given_now, sealed, options))
        await vault.audit(tx, actor, "knowledge.source_create", "source", id, {"name": made.name, "kind": kind})
        await syncing.ask_for(tx, org, made, by=actor.name, world=world)
    return made, reached


async def change(world: World, actor: Actor, id: SourceId, given: Mapping[str, str], options: Options) -> tuple[Connected, str]:
    """As `create`. A secret that is left empty stays as it is; other settings than before make the next run read everything, at once."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    org = actor.org
    async with world.store.tx(org) as tx:
        before = await sources.load(tx, org, id)
    known = await reaching.secrets_of(world, before, org)
    fields = fields_of(before.kind)
    given_now = filled(fields, given, known)
    keep_secrets_home(fields, given, given_now, before.settings, _hosts(before.kind, given_now.settings), _hosts(before.kind, before.settings))
    _check_options(options)
    anew = dict(given_now.settings) != dict(before.settings) or dict(given_now.secrets) != known or (options.readers, options.segments) != (before.readers, before.segments)
    reached = await _tried(world, org, before.kind, given_now, id) if anew else ""
    sealed = await reaching.sealed(world, org, id, given_now.secrets)
    async with world.store.tx(org) as tx:
        if options.name.lower() != before.name.lower() and await sources.taken(tx, org, options.name):
            raise WrongFields({"name": f"There is a source, or an import, called {options.name}. Choose another name."})
        changed = await sources.update(tx, org, id, {**_values(given_now, sealed, options), "next_run_at": before.next_run_at}, anew=anew)
        await vault.audit(tx, actor, "knowledge.source_change", "source", id, {"name": changed.name, "kind": changed.kind})
        if anew:
            await syncing.ask_for(tx, org, changed, by=actor.name, world=world)
        elif options.cadence is not before.cadence:
            await syncing.set_next(tx, org, changed, world)
    return changed, reached


async def remove(world: World, actor: Actor, id: SourceId, *, keep_articles: bool = False) -> Connected:
    """Takes a source away, and its articles out of every answer and away with it; `keep_articles`: those become your own, to be edited here."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    org = actor.org
    async with world.store.tx(org) as tx:
        gone = await sources.load(tx, org, id, lock=True)
        await runs.stop(tx, org, id)
        theirs = [known.id for known in (await articles.of_source(tx, org, gone.key)).values()]
        await articles.lock(tx, org, theirs)
        if keep_articles:
            await articles.take_over(tx, org, gone.key)
        for at in range(0, len(theirs), _GONE_AT_ONCE) if not keep_articles else ():
            await articles.delete_all(tx, org, theirs[at : at + _GONE_AT_ONCE])
        await sources.delete(tx, org, id)
        await vault.audit(tx, actor, "knowledge.source_delete", "source", id, {"name": gone.name, "kind": gone.kind, "articles": "kept" if keep_articles else len(theirs)})
    return gone


class Kind(NamedTuple):
    """A kind of source that can be connected: the connector's name, its title, and what it asks for."""

    name: str
    title: str
    fields: tuple[Field, ...]


def kinds() -> list[Kind]:
    """By title."""
    return [Kind(name, one.title, one.source.fields) for name, one in connect.sources().items() if one.source]


def fields_of(kind: str) -> tuple[Field, ...]:
    """What there is to fill in. Raises NotFound."""
    return connect.source(kind).fields


def _hosts(kind: str, settings: Mapping[str, str]) -> tuple[str, ...]:
    """None for settings that name no place: nothing is sent for those."""
    try:
        return connect.source(kind).hosts(settings)
    except Refused:
        return ()


def _check_options(options: Options) -> None:
    wrong: dict[str, str] = {}
    if not options.name.strip() or len(options.name) > 100 or options.name == "editor":
        wrong["name"] = "A source needs a name of at most 100 characters."
    if not 1 <= options.share <= 100:
        wrong["share"] = "The share is a number from 1 to 100 per cent."
    if options.max_age_hours is not None and not 1 <= options.max_age_hours <= 24 * 365:
        wrong["max_age_hours"] = "The age limit is at least one hour and at most a year."
    if options.readers is Readers.SEGMENT and not options.segments:
        wrong["segments"] = "Choose at least one segment."
    if wrong:
        raise WrongFields(wrong)


async def _tried(world: World, org: OrgId, kind: str, given: Filled, id: SourceId | None) -> str:
    """What was reached. Raises WrongFields with the reason, without any secret in it."""
    try:
        link = reaching.link(world, org, kind, {**given.settings, **given.secrets}, id)
        await world.switches.admit(org, reaching.boundary(link))
        return await connect.source(kind).check(link)
    except NotFound:
        raise
    except Refused as refused:
        if refused.status == 403 and refused.code == "switched_off":
            raise
        raise WrongFields({"": reaching.without_secrets(refused.message, given.secrets)}) from None
    except SourceFailed as failed:
        raise WrongFields({"": reaching.without_secrets(failed.message, given.secrets)}) from None


def _values(given: Filled, sealed: bytes | None, options: Options) -> dict[str, Any]:
    return {**asdict(options), "settings": given.settings, "secrets": sealed, "next_run_at": None, "segments": options.segments if options.readers is Readers.SEGMENT else ()}


async def keep_up(world: World, tx: Tx, org: OrgId) -> None:
    """The sweeper's part: what is due is read unless its boundary is switched off, and what has grown too old is refused. Called every two seconds."""
    due = await sources.due(tx, org, world.clock())
    settings = OrgSettings.read((await house.load(tx, org))["settings"]) if due else None
    for id in due:
        source = await sources.load(tx, org, id)
        if settings and not shut(reaching.boundary_of(world, source), settings):
            await syncing.ask_for(tx, org, source, by=syncing.SCHEDULE, world=world)
    await syncing.refuse_aged(tx, org, world)


async def sealed_of(world: World, org: OrgId) -> list[tuple[SourceId, bytes]]:
    """The sealed secrets of every source that has some."""
    async with world.store.tx(org) as tx:
        return [(one.id, one.secrets) for one in await sources.all_of(tx, org) if one.secrets is not None]


async def reseal(world: World, org: OrgId) -> int:
    """Puts every source's secrets under the organisation's newest key; returns how many there were."""
    async with world.store.tx(org) as tx:
        held = [one for one in await sources.all_of(tx, org) if one.secrets is not None]
        for one in held:
            sealed = await reaching.sealed(world, org, one.id, await reaching.secrets_of(world, one, org))
            assert sealed is not None, "what was sealed is not empty"
            await sources.reseal(tx, org, one.id, sealed)
    return len(held)
