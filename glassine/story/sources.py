"""Connecting a source, changing it and taking it away. Credentials are tried before anything is saved, sealed when they are, and never shown again.

What people do with the runs and pages of a source is told in tending.py, what a run does in syncing.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from glassine import connect
from glassine.rules.permits import require
from glassine.store import Tx, articles, house, runs, sources, vault
from glassine.story import reaching, syncing
from glassine.story.world import World
from glassine.words.boundaries import shut
from glassine.words.errors import NotFound, Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SegmentId, SourceId, new_id
from glassine.words.people import Actor, Verb
from glassine.words.sources import Cadence, Field, FieldKind, SourceFailed
from glassine.words.syncing import Connected, Readers

_GONE_AT_ONCE = 500  # articles in one transaction


class WrongFields(Refused):
    """What was filled in cannot be right; `wrong` says why, by the name of the field (empty: it is about all of them together)."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__(" ".join(wrong.values()))
        self.wrong = wrong


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What an admin filled in, apart: what is shown again and what is sealed."""

    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)


async def create(world: World, actor: Actor, kind: str, given: Mapping[str, str], options: Options) -> tuple[Connected, str]:
    """Tries the settings, connects the source and begins its first run. Returns it with what was reached, in one sentence.

    Raises NotFound for a kind that there is not, WrongFields, and Refused (403).
    """
    require(actor, Verb.WRITE_KNOWLEDGE)
    filled, id, org = _filled(kind, given, {}), SourceId(new_id()), actor.org
    _check_options(options)
    reached = await _tried(world, org, kind, filled, None)
    sealed = await reaching.sealed(world, org, id, filled.secrets)
    async with world.store.tx(org) as tx:
        if await sources.taken(tx, org, options.name):
            raise WrongFields({"name": f"There is a source, or an import, called {options.name}. Choose another name."})
        made = await sources.insert(tx, org, id, kind=kind, key=options.name, values=_values(filled, sealed, options))
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
    filled = _filled(before.kind, given, known)
    _keep_secrets_home(before, given, filled)
    _check_options(options)
    anew = dict(filled.settings) != dict(before.settings) or dict(filled.secrets) != known or (options.readers, options.segments) != (before.readers, before.segments)
    reached = await _tried(world, org, before.kind, filled, id) if anew else ""
    sealed = await reaching.sealed(world, org, id, filled.secrets)
    async with world.store.tx(org) as tx:
        if options.name.lower() != before.name.lower() and await sources.taken(tx, org, options.name):
            raise WrongFields({"name": f"There is a source, or an import, called {options.name}. Choose another name."})
        changed = await sources.update(tx, org, id, {**_values(filled, sealed, options), "next_run_at": before.next_run_at}, anew=anew)
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


def _filled(kind: str, given: Mapping[str, str], known: Mapping[str, str]) -> Filled:
    """Raises WrongFields, for all of them at once."""
    wrong: dict[str, str] = {}
    settings: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for one in fields_of(kind):
        text = str(given.get(one.name, "")).replace("\r\n", "\n").replace("\0", "").strip()
        if one.kind is FieldKind.SECRET:
            secrets[one.name] = text or known.get(one.name, "")
            wrong |= {one.name: f"{one.title} is missing."} if one.required and not secrets[one.name] else {}
            continue
        settings[one.name] = _as_switched(text) if one.kind is FieldKind.SWITCH and one.name in given else text or one.default
        if fault := _fault(one, settings[one.name]):
            wrong[one.name] = fault
    if wrong:
        raise WrongFields(wrong)
    return Filled(settings=settings, secrets={name: value for name, value in secrets.items() if value})


def _as_switched(text: str) -> str:
    """`yes`, or empty: a switch that is empty is off, also where it is on at first."""
    return "yes" if text.lower() in ("yes", "on", "true", "1") else "" if text.lower() in ("no", "off", "false", "0") else text


def _keep_secrets_home(before: Connected, given: Mapping[str, str], filled: Filled) -> None:
    """A secret goes where whoever entered it said, and nowhere else: for another address it is entered anew. Raises WrongFields."""
    if _destinations(before.kind, filled.settings) <= _destinations(before.kind, before.settings):
        return
    kept = [one for one in fields_of(before.kind) if one.name in filled.secrets and not str(given.get(one.name, "")).strip()]
    if kept:
        raise WrongFields({one.name: f"{one.title} was entered for another address. Enter it again." for one in kept})


def _destinations(kind: str, settings: Mapping[str, str]) -> set[str]:
    """Hosts, and for addresses that are filled in also whether the way there is encrypted. None for settings that name no place: nothing is sent for those."""
    try:
        found = set(connect.source(kind).hosts(settings))
    except Refused:
        return set()
    addresses = [urlsplit(settings.get(one.name, "")) for one in fields_of(kind) if one.kind is FieldKind.URL]
    return found | {f"{one.scheme}://{one.netloc.lower()}" for one in addresses if one.netloc}


def _fault(one: Field, text: str) -> str:
    if not text:
        return f"{one.title} is missing." if one.required and one.kind is not FieldKind.SWITCH else ""
    if len(text) > 20_000:
        return f"{one.title} is too long."
    if one.kind is FieldKind.CHOICE and text not in one.choices:
        return f"{one.title} must be one of: {', '.join(one.choices)}."
    if one.kind is FieldKind.SWITCH and text != "yes":
        return f"{one.title} is yes or no."
    if one.kind is FieldKind.NUMBER and not (text.isascii() and text.isdigit() and int(text) < 10_000_000):
        return f"{one.title} must be a whole number."
    return f"{one.title} must begin with https:// or http:// and name a host." if one.kind is FieldKind.URL and not _is_address(text) else ""


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and "@" not in parts.netloc and not any(letter.isspace() for letter in text)
    except ValueError:
        return False


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


async def _tried(world: World, org: OrgId, kind: str, filled: Filled, id: SourceId | None) -> str:
    """What was reached. Raises WrongFields with the reason, without any secret in it."""
    try:
        link = reaching.link(world, org, kind, {**filled.settings, **filled.secrets}, id)
        await world.switches.admit(org, reaching.boundary(link))
        return await connect.source(kind).check(link)
    except NotFound:
        raise
    except Refused as refused:
        if refused.status == 403 and refused.code == "switched_off":
            raise
        raise WrongFields({"": reaching.without_secrets(refused.message, filled.secrets)}) from None
    except SourceFailed as failed:
        raise WrongFields({"": reaching.without_secrets(failed.message, filled.secrets)}) from None


def _values(filled: Filled, sealed: bytes | None, options: Options) -> dict[str, Any]:
    return {**asdict(options), "settings": filled.settings, "secrets": sealed, "next_run_at": None, "segments": options.segments if options.readers is Readers.SEGMENT else ()}


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
