"""The search that every answer starts from, and the language it is made in. It changes nothing and decides no answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from glassine.edge import threads
from glassine.edge.embed import Read
from glassine.edge.language import detect
from glassine.rules import passages
from glassine.rules.courtesies import asking
from glassine.rules.redaction import PLACEHOLDER
from glassine.rules.reordering import NOT_ASKED, Judged, by_popularity, tied
from glassine.store import Tx, house, search, sites, versions, visibility
from glassine.story.search import hints
from glassine.story.search.hints import NOTHING, Told
from glassine.story.world import World
from glassine.words.house import OrgSettings
from glassine.words.ids import ArticleId, OrgId
from glassine.words.knowledge import Hit, Viewer

LIMIT = 8  # passages that an answer is made from
_QUERY = 2_000  # characters of a message that are searched with
_AHEAD = 1.0  # seconds for which a search that was begun ahead counts as one of now
_VECTOR = "vector"  # what is begun ahead of an English search itself
_VOTED = 300.0  # seconds after which votes are counted again
_LATELY = timedelta(days=180)  # for which a vote counts
_COUNTED = 30.0  # seconds after which passages are counted again


class Shelf(NamedTuple):
    """What a search reads: which version of the knowledge base, within which scopes."""

    version: int
    scopes: tuple[int, ...]


class Sought(NamedTuple):
    """What was found, in which version of the knowledge base (None: nothing was asked), of how many passages, in which language, and within which scopes."""

    hits: list[Hit]
    version: int | None
    size: int
    spoken: str
    scopes: tuple[int, ...]
    told: Told = NOTHING
    judged: Judged = NOT_ASKED
    votes: Mapping[str, int] = {}  # by which ties were broken, if any were
    vector: Sequence[float] = ()  # of what was searched for,
    model: str = ""  # by this model

    def given(self) -> dict[str, Any]:
        """What of it a turn's evidence keeps, so that the same can be searched once more."""
        return {"knowledge": self.version, "size": self.size, "spoken": self.spoken, "scopes": list(self.scopes), "told": self.told.given(), **self.judged.given(), **({"votes": dict(self.votes)} if self.votes else {})}


async def find(world: World, org: OrgId, text: str, *, viewer: Viewer, language: str | None = None, limit: int = LIMIT) -> list[Hit]:
    """The passages that a question is best answered from, best first. `text` is masked; its placeholders say nothing and are left out.

    Similarities come on one scale whatever model compared; `scores` keep the cosines as they were.
    """
    return (await seek(world, org, text, viewer=viewer, language=language, limit=limit)).hits


async def seek(world: World, org: OrgId, text: str, *, viewer: Viewer, language: str | None = None, limit: int = LIMIT, shelf: Shelf | None = None) -> Sought:
    """As `find`, with what is needed to search once more as it was then. `shelf`: what this viewer's search reads, for whoever has seen it a moment ago."""
    begun, searching = world.ahead.pop((org, text, viewer, language, limit), (0.0, None))
    if searching and begun > time.monotonic() - _AHEAD:
        sought: Sought = await searching
        if sought.version is None or (sought.version, sought.scopes) == (shelf or await shelf_of(world, org, viewer)):
            return sought
    return await _seek(world, org, text, viewer, language, limit)


async def shelf_of(world: World, org: OrgId, viewer: Viewer) -> Shelf:
    """What a search would read now: an article taken out, or somebody who left a segment, counts at once."""
    async with world.store.tx(org) as tx:
        return Shelf(version=await versions.current(tx, org), scopes=await visibility.seen_by(tx, org, viewer))


def look_ahead(world: World, org: OrgId, text: str, *, viewer: Viewer, language: str, limit: int = LIMIT) -> None:
    """Begins a search that is asked for in a moment: the turn's, while its message is being stored. What nobody asks for is forgotten."""
    now, searching = time.monotonic(), world.start(_seek(world, org, text, viewer, language, limit))
    searching.add_done_callback(lambda done: done.cancelled() or done.exception())  # whoever asks hears of it; unasked it is no failure
    world.ahead = {key: begun for key, begun in world.ahead.items() if begun[0] > now - _AHEAD} | {(org, text, viewer, language, limit): (now, searching)}


def embed_ahead(world: World, text: str, language: str | None) -> None:
    """Begins to embed a message while the names model still reads it, where a thread for models has nothing to do: a turn alone is shorter by one model.

    Only the vector of a text that masking left as it was is ever used; of any other, `forget` drops it, and what it was made from. Of 984 messages
    of the public dialogues 930 are left as they were, and 369 hold a digit.
    """
    asked = plainly(asking(text))
    if language == "en" and asked and threads.pool().idle and "@" not in asked:  # an address of e-mail is masked for certain
        embedding = world.start(world.embed.asked(asked, language))
        embedding.add_done_callback(lambda done: done.cancelled() or done.exception())
        world.ahead[_VECTOR, asked] = (time.monotonic(), embedding)


def forget(world: World, text: str) -> None:
    """Whatever was begun ahead for this text before it was masked."""
    world.ahead.pop((_VECTOR, plainly(asking(text))), None)


async def _seek(world: World, org: OrgId, text: str, viewer: Viewer, language: str | None, limit: int) -> Sought:
    asked = plainly(text)
    if not asked:
        return Sought([], None, 0, "", visibility.EVERYBODY)
    spoken = "en" if language == "en" else searched_in(asked, await languages_of(world, org), language)
    query = await prepared(world, asked, spoken)
    async with world.store.tx(org) as tx:
        scopes = await visibility.seen_by(tx, org, viewer)
        query = await _counted(world, tx, org, scopes, query)
        words = await search.in_words(tx, query, scopes)  # travels with the next statement
        told = await hints.tell(world, tx, org, query, scopes, asked, world.embed.alike(spoken))
        query = replace(query, terms=[*query.terms, *told.terms], pinned=told.pinned)
        hits, version = await search.find(tx, query=query, scopes=scopes, limit=limit, near=world.nearest.of(org), words=None if told.terms else words)
        votes = await _votes(world, tx, org, hits)
    return Sought([comparable(world, hit, spoken) for hit in by_popularity(hits, votes)], version, query.size or 0, spoken, scopes, told, votes=votes, vector=() if query.vector is None else query.vector.tolist(), model=query.model)


def plainly(text: str) -> str:
    """What of a text is searched for: its beginning without placeholders, or nothing where no letter is left."""
    asked = " ".join(PLACEHOLDER.sub(" ", text[:_QUERY]).split())
    return asked if any(letter.isalnum() for letter in asked) else ""


async def prepared(world: World, asked: str, spoken: str) -> search.Query:
    """The terms and the vector of what is searched for."""
    seen = await read(world, asked, spoken)
    return search.Query(terms=passages.terms(asked, spoken), names=passages.names(asked, spoken), vector=seen.vector, words=seen.tokens, model=world.embed.model(spoken), language=spoken)


async def read(world: World, asked: str, spoken: str) -> Read:
    """A masked text as its model reads it: once, where the topics of a message are looked up and its search is made in the same moment."""
    now, place = time.monotonic(), (world.embed.model(spoken), asked)
    begun, embedding = world.read_lately.get(place, (0.0, None))
    if embedding is None or begun < now - _AHEAD:
        begun, embedding = world.ahead.pop((_VECTOR, asked), (0.0, None)) if spoken == "en" else (0.0, None)
        if embedding is None or begun < now - _AHEAD:
            embedding = world.start(world.embed.asked(asked, spoken))
        world.read_lately = {key: one for key, one in world.read_lately.items() if one[0] > now - _AHEAD} | {place: (now, embedding)}
    return await asyncio.shield(embedding)  # whoever waits and is cancelled takes it from nobody else


def as_then(query: search.Query, given: Mapping[str, Any]) -> search.Query:
    """With what a turn's search was told, by its evidence."""
    told = given.get("told") or {}
    pinned = tuple(ArticleId(UUID(one)) for one in told.get("pinned", ()))
    return replace(query, size=int(given["size"]), terms=[*query.terms, *told.get("terms", ())], pinned=pinned)


async def _counted(world: World, tx: Tx, org: OrgId, scopes: tuple[int, ...], query: search.Query) -> search.Query:
    """With how many passages there are, or were half a minute ago: it only scales what rare words are worth, and counting is a tenth of a search."""
    counted, size = world.sizes.get((org, scopes), (-_COUNTED, 0))
    if counted <= time.monotonic() - _COUNTED:
        size = await search.size(tx, scopes)
        world.sizes[org, scopes] = (time.monotonic(), size)
    return replace(query, size=size)


async def _votes(world: World, tx: Tx, org: OrgId, hits: Sequence[Hit]) -> dict[str, int]:
    """What readers and customers said of the articles that stand in a tie, as it was known a few minutes ago; nothing where no tie is to be broken."""
    articles = {hit.article for group in tied(hits) if len({hit.article for hit in group}) > 1 for hit in group}
    if not articles:
        return {}
    counted, votes = world.votes.get(org, (-_VOTED, {}))
    if counted <= time.monotonic() - _VOTED:
        votes = await sites.popularity(tx, org, datetime.now(UTC) - _LATELY)
        world.votes[org] = (time.monotonic(), votes)
    return {str(one): votes[one] for one in sorted(articles) if votes.get(one)}


def comparable(world: World, hit: Hit, spoken: str) -> Hit:
    if "sentence" not in hit.scores:  # found by its words alone
        return hit
    return replace(hit, similarity=world.embed.comparable(hit.similarity, spoken, across=hit.language != spoken))


async def languages_of(world: World, org: OrgId) -> tuple[str, ...]:
    """What an organisation's customers write in."""
    async with world.store.tx(org) as tx:
        row = await house.load(tx, org)
    return OrgSettings.read(row["settings"]).languages or ("en",)


def searched_in(text: str, languages: Sequence[str], stated: str | None) -> str:
    """As `spoken_in`, but a customer's own language stays as it is where the model of all languages is in use: it finds passages in any of them."""
    return stated if stated is not None and any(one != "en" for one in languages) else spoken_in(text, languages, stated)


def spoken_in(text: str, languages: Sequence[str], stated: str | None) -> str:
    """The language stated if the organisation speaks it, else the likeliest of those it speaks, else its first."""
    if stated is not None and stated in languages:
        return stated
    return detect(text, languages) or languages[0]
