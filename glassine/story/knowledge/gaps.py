"""Gaps: questions that found no answer, gathered by what they mean while the product runs, and what people do about them.

Only masked words are read, and none are kept. Questions are placed in the order of their turns, so the same log makes the same gaps.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import numpy as np

from glassine.rules import gaps as deciding
from glassine.rules.permits import require
from glassine.rules.redaction import PLACEHOLDER
from glassine.store import DatabaseError, Tx, gaps, jobs, vault
from glassine.store.gaps import Turned
from glassine.store.vectors import Vectors
from glassine.story.knowledge import learning
from glassine.story.search import finding
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.gaps import Gap, GapStatus, Question, Why
from glassine.words.ids import GapId, OrgId, new_id
from glassine.words.knowledge import Article
from glassine.words.people import Actor, Verb
from glassine.words.work import JobKind, NewJob

_log = logging.getLogger(__name__)
_EVERY = 20.0  # seconds between looks at whether there is something to place
_SETTLED = timedelta(seconds=10)  # a turn that is younger may have an older one still to be committed
_AT_ONCE = 200  # turns in one transaction
_NAME = 200  # characters
_QUOTED = 8  # questions in a draft


async def keep_finding(world: World) -> None:
    """Makes a job for every organisation whose turns have said something new of their questions."""
    while True:
        await asyncio.sleep(_EVERY)
        try:
            await plan(world)
        except (DatabaseError, OSError, TimeoutError) as error:
            _log.warning("Gaps could not be looked for: %s", type(error).__name__)


async def plan(world: World) -> None:
    async with world.store.outside() as tx:
        everybody = await jobs.organizations(tx)
    for org in everybody:
        async with world.store.tx(org) as tx:
            if await gaps.due(tx, org, deciding.TELLING, world.clock() - _SETTLED):
                await jobs.add(tx, org, NewJob(kind=JobKind.FIND_GAPS, ref=org, key=f"gaps:{org}", dedupe=f"gaps:{org}"))


async def find(world: World, org: OrgId) -> None:
    """Places what was asked since the last time, and judges what became of each gap. Run again it places nothing twice."""
    while await _place_some(world, org):
        continue
    async with world.store.tx(org) as tx:
        downvoted = await gaps.voted(tx, org, _AT_ONCE)
    await _place(world, org, [(one, Why.DOWNVOTED) for one in downvoted], mark=None)
    async with world.store.tx(org) as tx:
        await gaps.tidy(tx, org)
        for id in await gaps.changed(tx, org):
            messages, vectors = await gaps.members(tx, org, id)
            if messages:
                centre = deciding.centre_of(vectors)
                await gaps.centred(tx, org, id, centre, len(messages), messages[deciding.middle(vectors, centre)])
        for id, status, since, last in await gaps.standing(tx, org):
            after = deciding.judged(status, since)
            if after is not status and last:
                await gaps.set_status(tx, org, id, after, last, by_itself=True)


async def _place_some(world: World, org: OrgId) -> bool:
    """Whether there was something left to place."""
    async with world.store.tx(org) as tx:
        found = await gaps.turned(tx, org, deciding.TELLING, world.clock() - _SETTLED, _AT_ONCE)
    if not found:
        return False
    told = [(one, why) for one in found if (why := deciding.why(one.reasons))]
    await _place(world, org, told, mark=found[-1])
    return len(found) == _AT_ONCE


async def _place(world: World, org: OrgId, told: list[tuple[Turned, Why]], *, mark: Turned | None) -> None:
    """In order; vectors are made before the transaction opens."""
    languages = await finding.languages_of(world, org)
    async with world.store.tx(org) as tx:
        known = bool(await gaps.centres(tx, org))
    first = 0 if known else next((at for at, (_, why) in enumerate(told) if why is not Why.ANSWERED), len(told))  # what was answered before there is a gap says nothing
    read = [(one, why, finding.spoken_in(one.text, languages, one.language)) for one, why in told[first:] if finding.plainly(one.text)]
    vectors = [await world.embed.query(finding.plainly(one.text), spoken) for one, _, spoken in read]
    async with world.store.tx(org) as tx:
        place = _Known(world, await gaps.centres(tx, org)).place
        for (one, why, spoken), vector in zip(read, vectors, strict=True):
            await place(tx, org, one, why, spoken, world.embed.model(spoken), vector)
        if mark:
            await gaps.mark(tx, org, mark)


class _Known:
    """The gaps of an organisation while questions are placed among them."""

    def __init__(self, world: World, centres: list[gaps.Centre]) -> None:
        self.world, self.centres = world, centres

    async def place(self, tx: Tx, org: OrgId, question: Turned, why: Why, language: str, model: str, vector: Vectors) -> None:
        """Into the nearest gap of its language. What was answered makes no new one."""
        at = self._nearest(vector, language, model)
        if at is None and why is Why.ANSWERED:
            return
        if at is None:
            id = GapId(new_id())
            await gaps.open(tx, org, id, question, language=language, model=model, vector=vector)
            self.centres.append(gaps.Centre(id, model, language, vector, 1))
        else:
            id, one = self.centres[at].id, self.centres[at]
            if why is not Why.ANSWERED:
                self.centres[at] = one._replace(vector=deciding.moved(one.vector, one.weight, vector), weight=one.weight + 1)
                await gaps.moved(tx, org, id, self.centres[at].vector, self.centres[at].weight)
        await gaps.join(tx, org, id, question, why, vector)

    def _nearest(self, vector: Vectors, language: str, model: str) -> int | None:
        """The gap that it belongs to; each model's cosines are put on one scale first."""
        there = [at for at, one in enumerate(self.centres) if (one.language, one.model) == (language, model)]
        found = deciding.nearest(vector, np.array([self.centres[at].vector for at in there], np.float32).reshape(len(there), len(vector)))
        if found is None or self.world.embed.comparable(found[1], language, across=False) < deciding.NEAR:
            return None
        return there[found[0]]


# -- what people see and do ----------------------------------------------------------------------------------------------------------


async def every(world: World, actor: Actor, *, status: GapStatus | None = None, sort: str = "count", limit: int = 50, offset: int = 0) -> tuple[list[Gap], int]:
    """And how many there are. Raises Refused (403)."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        return await gaps.every(tx, actor.org, status=status, sort=sort, limit=limit, offset=offset)


async def one(world: World, actor: Actor, id: GapId) -> Gap:
    """Raises NotFound, and Refused (403)."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        return await gaps.load(tx, actor.org, id)


async def questions(world: World, actor: Actor, id: GapId) -> list[Question]:
    """Customers' masked words, so whoever reads them may also read conversations. Newest first. Raises NotFound, and Refused (403)."""
    require(actor, Verb.READ_KNOWLEDGE)
    require(actor, Verb.READ_SESSIONS)
    async with world.store.tx(actor.org) as tx:
        await gaps.load(tx, actor.org, id)
        return await gaps.questions(tx, actor.org, id)


async def parts(world: World, actor: Actor, id: GapId) -> list[tuple[GapId, str]]:
    """What was merged into a gap."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        return [(GapId(part), words) for part, words in await gaps.parts(tx, actor.org, id)]


async def set_status(world: World, actor: Actor, id: GapId, status: GapStatus) -> GapStatus:
    """The one before. Raises NotFound, and Refused (403)."""
    before = await _changing(world, actor, id)
    async with world.store.tx(actor.org) as tx:
        await gaps.set_status(tx, actor.org, id, status, world.clock())
        await vault.audit(tx, actor, f"gaps.{status}", "gap", id)
    return before.status


async def rename(world: World, actor: Actor, id: GapId, name: str) -> str:
    """An empty name: the words of the question in the middle. Returns the person's name before, or nothing. Raises NotFound, and Refused (400), (403)."""
    before = await _changing(world, actor, id)
    name = " ".join(name.split())
    if len(name) > _NAME:
        raise Refused(f"A name has up to {_NAME} characters.")
    async with world.store.tx(actor.org) as tx:
        await gaps.rename(tx, actor.org, id, name)
        await vault.audit(tx, actor, "gaps.rename", "gap", id)
    return before.name if before.named else ""


async def merge(world: World, actor: Actor, id: GapId, into: GapId) -> None:
    """Its questions count for the other from now on, and so do those that come near it. Raises NotFound, and Refused (400), (403)."""
    await _changing(world, actor, id)
    await _changing(world, actor, into)
    if id == into:
        raise Refused("A gap cannot be merged into itself. Choose another.")
    async with world.store.tx(actor.org) as tx:
        await gaps.merge(tx, actor.org, id, into)
        await vault.audit(tx, actor, "gaps.merge", "gap", id, {"into": str(into)})


async def part(world: World, actor: Actor, id: GapId) -> None:
    """Takes a merge back. Raises NotFound, and Refused (403)."""
    require(actor, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        await gaps.part(tx, actor.org, id)
        await vault.audit(tx, actor, "gaps.part", "gap", id)


async def _changing(world: World, actor: Actor, id: GapId) -> Gap:
    require(actor, Verb.WRITE_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        return await gaps.load(tx, actor.org, id)


async def draft(world: World, actor: Actor, id: GapId) -> Article:
    """A draft article for a gap, with what was asked and what people answered; it is linked with the gap. Raises NotFound, and Refused (403), (409) when there is one."""
    gap = await _changing(world, actor, id)
    require(actor, Verb.READ_SESSIONS)
    if gap.article:
        raise Refused("There is an article for this gap already. Open it, or delete it first.", status=409, code="conflict")
    async with world.store.tx(actor.org) as tx:
        asked, replies = await gaps.questions(tx, actor.org, id), await gaps.replies(tx, actor.org, id)
    title = _plain(gap.name)[:_NAME]
    article = await learning.save(world, actor.org, title=title or "An open question", body=_skeleton(title, asked, replies), language=gap.language, by=actor)
    async with world.store.tx(actor.org) as tx:
        await gaps.link(tx, actor.org, id, article.id)
        await vault.audit(tx, actor, "gaps.draft", "gap", id, {"title": title})
    return article


def _skeleton(title: str, asked: list[Question], replies: list[str]) -> str:
    """A heading to answer under, and below it what to take out before publishing."""
    said = list(dict.fromkeys(_plain(one.text) for one in asked if one.why is not Why.ANSWERED))[:_QUOTED]
    lines = [f"## {title}", "", "Write the answer here, in the first two sentences.", "", "## Take this out: what customers asked", "", *(f"- {each}" for each in said)]
    if replies:
        lines += ["", "## Take this out: what your team answered", ""]
        lines += [line for each in replies for line in (*(f"> {part}" for part in each.splitlines() if part.strip()), "")]
    return "\n".join(PLACEHOLDER.sub("…", line) for line in lines).rstrip() + "\n"


def _plain(text: str) -> str:
    """In one line, without placeholders: who asked stays out of an article."""
    return " ".join(PLACEHOLDER.sub("…", text).split()).lstrip("#>-* ")


def known(status: str) -> GapStatus:
    """Raises NotFound for a word that is no status."""
    try:
        return GapStatus(status)
    except ValueError:
        raise NotFound("There is no such list of gaps.") from None
