"""OpenAPI files are brought in: read, looked at as a list of changes, and taken over as far as somebody chooses. Nothing changes before that, and all of it can be undone."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from glassine.edge.gate import Crossing
from glassine.rules.openapi.differences import compare
from glassine.rules.openapi.operations import describe
from glassine.rules.openapi.reading import LARGEST, UNREADABLE
from glassine.rules.permits import require
from glassine.store import Tx, action_imports, actions, vault
from glassine.store.action_imports import Import, Touched
from glassine.store.vectors import Vectors
from glassine.story.actions.definitions import MOST, private, read
from glassine.story.world import World
from glassine.words.actions import Action, ActionId
from glassine.words.errors import CrossingRefused, Refused
from glassine.words.ids import OrgId, new_id
from glassine.words.openapi import Change, Description, Kind
from glassine.words.people import Actor, Verb

_TIMEOUT = 20.0
_LONGEST_ORIGIN = 80
_HEADERS = {"User-Agent": "Glassine", "Accept": "application/json, application/yaml, text/yaml;q=0.9, */*;q=0.5"}


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An OpenAPI file on its way in. `origin`: what its actions belong to; empty: the API's title. `base`: where the API is reached; empty: as the file says."""

    content: bytes
    came_from: str = ""
    base: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """An import as it would change things now. `mark` changes when what it is held against does; `by_hand` are actions that no file brought."""

    one: Import
    changes: tuple[Change, ...]
    mark: str
    by_hand: int
    others: int  # of other origins

    def of(self, kind: Kind) -> tuple[Change, ...]:
        return tuple(each for each in self.changes if each.kind is kind)


async def fetched(world: World, actor: Actor, address: str) -> File:
    """The file at an address, read once and through the gate. Raises Refused with what went wrong, (403)."""
    require(actor, Verb.WRITE_ACTIONS)
    address = address.strip()
    parts = _parts(address)
    crossing = Crossing(org=actor.org, purpose="action-spec", hosts=(actions.host_of(address),))
    try:
        answer = await world.gate.request(crossing, "GET", address, headers=_HEADERS, timeout=_TIMEOUT, max_bytes=LARGEST)
    except (CrossingRefused, OSError, ValueError) as fault:
        why = str(fault) if isinstance(fault, CrossingRefused) else "it took too long" if isinstance(fault, TimeoutError) else "it does not answer"
        raise Refused(f"{parts.netloc} could not be read: {why}. Upload the file instead, or paste it.", code=UNREADABLE) from None
    if answer.status in (301, 302, 303, 307, 308):
        raise Refused(f"{parts.netloc} sends us on to another address, and we do not follow. Enter {answer.headers.get('location', 'that address')[:300]} instead.", code=UNREADABLE)
    if answer.status != 200:
        raise Refused(f"{parts.netloc} answered with status {answer.status} where the file should be. Check the address, or upload the file.", code=UNREADABLE)
    return File(content=answer.body, came_from=address)


def _parts(address: str) -> Any:
    """Raises Refused for what is no address of a file."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("https", "http") and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise Refused("Enter the whole address of the file, such as https://api.example.com/openapi.json.", code=UNREADABLE)
    return parts


async def begin(world: World, actor: Actor, file: File) -> UUID:
    """Reads a file and keeps it to be looked at. Raises Refused: (400) for what cannot be read, (403)."""
    require(actor, Verb.WRITE_ACTIONS)
    description = await _described(world, actor.org, file)
    id = new_id()
    async with world.store.tx(actor.org) as tx:
        await action_imports.insert(
            tx, actor, id, origin=_origin(file, description), came_from=file.came_from, base=file.base.strip(), file=file.content, description=description,
        )
    return id


async def read_again(world: World, actor: Actor, id: UUID, *, base: str, origin: str) -> None:
    """The same file with another base address or origin. Raises NotFound, Refused (400), (403)."""
    require(actor, Verb.WRITE_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        one = await action_imports.load(tx, actor.org, id)
    file = File(content=one.file, came_from=one.came_from, base=base, origin=origin)
    description = await _described(world, actor.org, file)
    async with world.store.tx(actor.org) as tx:
        await action_imports.rebase(tx, actor.org, id, base=base.strip(), origin=_origin(file, description), description=description)


def _origin(file: File, description: Description) -> str:
    return " ".join(file.origin.split())[:_LONGEST_ORIGIN] or description.title


async def _described(world: World, org: OrgId, file: File) -> Description:
    """In a thread: a large file takes a second or two. Names of other actions are not given again."""
    async with world.store.tx(org) as tx:
        there = await actions.every(tx, org)
    first = await asyncio.to_thread(describe, file.content, base=file.base, came_from=file.came_from, origin=file.origin, private=lambda url: private(world, url))
    taken = {each.name for each in there if each.origin != _origin(file, first)}
    if not taken & {each.name for each in first.actions}:
        return first
    return await asyncio.to_thread(
        describe, file.content, base=file.base, came_from=file.came_from, origin=file.origin, taken=taken, private=lambda url: private(world, url),
    )


async def review(world: World, actor: Actor, id: UUID) -> Review:
    """What importing it would change now. Raises NotFound, and Refused (403)."""
    require(actor, Verb.READ_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        return await _reviewed(tx, actor.org, await action_imports.load(tx, actor.org, id))


async def _reviewed(tx: Tx, org: OrgId, one: Import) -> Review:
    there = await actions.every(tx, org)
    ours = [each for each in there if each.origin == one.origin]
    notes = {each.action.name: each.notes for each in one.description.found if each.action}
    said = [replace(each, origin=one.origin) for each in one.description.actions]
    changes = compare(ours, said, await action_imports.said_before(tx, org, one.origin), notes)
    state = json.dumps([str(one.id), one.base, sorted((str(each.id), each.version) for each in there)])
    return Review(
        one=one, changes=changes, mark=hashlib.sha256(state.encode()).hexdigest()[:16], by_hand=sum(not each.origin for each in there),
        others=sum(each.origin not in ("", one.origin) for each in there),
    )


async def take(world: World, actor: Actor, id: UUID, *, chosen: Collection[str] | None = None, mark: str | None = None) -> tuple[Change, ...]:
    """Imports it: all of it, or the changes whose names are chosen. `mark`: of the review that somebody looked at. Returns what was done.

    Raises NotFound, and Refused: (400) for too many, (403), (409) when actions were changed meanwhile.
    """
    require(actor, Verb.WRITE_ACTIONS)
    before = await review(world, actor, id)
    _still(before, mark)
    wanted = _wanted(before, chosen)
    vectors = await _vectors(world, actor.org, wanted)
    async with world.store.tx(actor.org) as tx:
        one = await action_imports.load(tx, actor.org, id, hold=True)
        if one.taken_at:
            raise Refused("This file has been imported already.", status=409, code="conflict")
        now = await _reviewed(tx, actor.org, one)
        _still(now, before.mark)
        if len(now.of(Kind.ADDED)) + now.by_hand + now.others > MOST:
            raise Refused(f"There would be more than {MOST:,} actions. Choose fewer.")
        touched = [await _applied(tx, actor, change, vectors) for change in sorted(wanted, key=lambda each: each.kind is not Kind.REMOVED)]  # their names are free then
        await action_imports.take(tx, actor.org, id, touched)
        counts = {kind.value: sum(change.kind is kind for change in wanted) for kind in (Kind.ADDED, Kind.CHANGED, Kind.REMOVED)}
        await vault.audit(tx, actor, "actions.import", "action_import", id, {"origin": one.origin, **counts})
    world.actions.pop(actor.org, None)
    return wanted


def _still(now: Review, mark: str | None) -> None:
    if mark is not None and now.mark != mark:
        raise Refused("Actions were changed since you looked. Look at the list again, and import then.", status=409, code="conflict")


def _wanted(review: Review, chosen: Collection[str] | None) -> tuple[Change, ...]:
    return tuple(each for each in review.changes if each.kind is not Kind.SAME and (chosen is None or each.name in chosen))


async def _vectors(world: World, org: OrgId, wanted: Sequence[Change]) -> dict[str, dict[str, Vectors]]:
    """What search needs of those whose words are new, by name."""
    return {
        each.name: await read(world, org, each.after) for each in wanted
        if each.after and (each.before is None or (each.before.title, each.before.description) != (each.after.title, each.after.description))
    }


async def _applied(tx: Tx, actor: Actor, change: Change, vectors: Mapping[str, dict[str, Vectors]]) -> Touched:
    if change.after is None:
        assert change.before is not None, "what goes was there"
        await actions.delete(tx, actor.org, change.before.id)
        return Touched(id=change.before.id, name=change.name, before=change.before, version=None)
    if change.before is None:
        made = replace(change.after, id=ActionId(new_id()), version=1)
        await actions.insert(tx, actor, made)
    else:
        made = await actions.update(tx, actor, change.after, read=change.before.version)
    if change.name in vectors:
        await actions.put_vectors(tx, actor.org, made.id, vectors[change.name])
    return Touched(id=made.id, name=change.name, before=change.before, version=made.version)


async def undo(world: World, actor: Actor, id: UUID) -> tuple[str, ...]:
    """Takes an import back: what it added goes, what it changed or took away is as it was. Returns the names of those that somebody changed since: they stay.

    Raises NotFound, and Refused (403), (409) where a name has been given to another action.
    """
    require(actor, Verb.WRITE_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        one = await action_imports.load(tx, actor.org, id)
    vectors = {each.id: await read(world, actor.org, each.before) for each in one.touched if each.before}
    async with world.store.tx(actor.org) as tx:
        one = await action_imports.load(tx, actor.org, id, hold=True)
        there = {each.id: each for each in await actions.every(tx, actor.org)}
        ours = [each for each in one.touched if _untouched(each, there)]
        for each in sorted(ours, key=lambda each: each.before is not None):  # what goes leaves its name free
            await _taken_back(tx, actor, each, vectors)
        await action_imports.undo(tx, actor.org, id)
        await vault.audit(tx, actor, "actions.import_undo", "action_import", id, {"origin": one.origin, "left": len(one.touched) - len(ours)})
    world.actions.pop(actor.org, None)
    return tuple(each.name for each in one.touched if each not in ours)


def _untouched(each: Touched, there: Mapping[ActionId, Action]) -> bool:
    """Nobody has changed it since the import."""
    now = there.get(each.id)
    return (now.version if now else None) == each.version


async def _taken_back(tx: Tx, actor: Actor, each: Touched, vectors: Mapping[ActionId, dict[str, Vectors]]) -> None:
    if each.before is None:
        await actions.delete(tx, actor.org, each.id)
        return
    await actions.update(tx, actor, each.before, read=None)
    await actions.put_vectors(tx, actor.org, each.id, vectors[each.id])


async def drop(world: World, actor: Actor, id: UUID) -> None:
    """Forgets a file that nobody imported. Raises NotFound, Refused (403)."""
    require(actor, Verb.WRITE_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        await action_imports.drop(tx, actor.org, id)


async def recent(world: World, actor: Actor) -> Sequence[Mapping[str, Any]]:
    """The newest imports. Raises Refused (403)."""
    require(actor, Verb.READ_ACTIONS)
    async with world.store.tx(actor.org) as tx:
        return await action_imports.recent(tx, actor.org)


def told(change: Change) -> dict[str, Any]:
    """One change as the API tells it."""
    return {
        "kind": change.kind, "name": change.name, "id": str(change.before.id) if change.before else None, "fields": [asdict(each) for each in change.fields], "kept": list(change.kept),
        "lost": list(change.lost), "notes": list(change.notes),
    }
