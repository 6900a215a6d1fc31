"""Search with a reranker outside: the best passages of our own ranking go out, and come back in its order, or stay in ours with the reason.

What is sent is masked, and is what whoever reads the answer may see. Replays never come here: they read what was answered then.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from glassine.edge.reranker import SECONDS, Reranker, host
from glassine.rules.permits import require
from glassine.rules.reordering import PAUSED, Judged, documents, pause, reach, reordered, to_judge
from glassine.store import reranking
from glassine.story import house
from glassine.story.privacy.previewing import masked_for_good
from glassine.story.search import finding
from glassine.story.search.finding import LIMIT, Shelf, Sought
from glassine.story.world import World
from glassine.words.boundaries import shut
from glassine.words.errors import Refused, RerankFailed, SwitchedOff
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId
from glassine.words.knowledge import Hit, Viewer
from glassine.words.people import Actor, Verb

_LONGEST = 500  # characters of an address or a model's name
_TRIAL = "How do I reset my password?"
_TRIAL_TEXTS = ("Our office is closed on Sundays.", "To reset your password, open Settings and choose Forgotten password.")


async def seek(
    world: World, org: OrgId, text: str, *, viewer: Viewer, language: str | None = None, limit: int = LIMIT, session: SessionId | None = None,
    shelf: Shelf | None = None,
) -> Sought:
    """As `finding.seek`, in the reranker's order where one is set and answers in time.

    `session`: whose customer asks; its text is masked already. Without one the text is masked before it leaves. `shelf`: as `finding.seek` takes it.
    """
    settings = await world.switches.of(org)
    sought = await finding.seek(world, org, text, viewer=viewer, language=language, limit=reach(settings, limit), shelf=shelf)
    hits = [hit for hit in to_judge(sought.hits) if viewer.admits(hit.audience)]
    if not settings.rerank_url or shut("rerank", settings) or len(hits) < 2:
        return sought._replace(hits=sought.hits[:limit])
    query = finding.plainly(text if session else await masked_for_good(world, org, text))
    judged = await _judged(world, org, settings, query, hits, session)
    return sought._replace(hits=reordered(sought.hits, judged.scores)[:limit], judged=judged)


async def _judged(world: World, org: OrgId, settings: OrgSettings, query: str, hits: list[Hit], session: SessionId | None) -> Judged:
    """What the reranker says of these, or why it says nothing."""
    if not query:
        return Judged()
    place, now = (org, settings.rerank_url), time.monotonic()
    failures, paused_until = world.rerank_failures.get(place, (0, 0.0))
    if now < paused_until:
        return Judged(model=settings.rerank_model, failed=PAUSED)
    if failures:  # one search at a time finds out whether it answers again
        world.rerank_failures[place] = failures, now + min(pause(failures), SECONDS)
    try:
        asking = (await _reranker(world, org, settings)).judge(query, documents(hits), org=org, session=session)
        figures = await world.switches.while_open(org, "rerank", asking)
    except SwitchedOff as refusal:
        return Judged(model=settings.rerank_model, failed=f"The reranker was not waited for: {refusal}.")
    except RerankFailed as failure:
        async with world.store.tx(org) as tx:
            await reranking.count(tx, org, failure.kind, str(failure))
        if failure.kind != "stopped":  # that is about what was sent
            world.rerank_failures[place] = failures + 1, time.monotonic() + pause(failures + 1)
        return Judged(model=settings.rerank_model, failed=str(failure))
    world.rerank_failures.pop(place, None)
    return Judged(model=settings.rerank_model, scores={str(hit.passage): figure for hit, figure in zip(hits, figures, strict=True)})


async def _reranker(world: World, org: OrgId, settings: OrgSettings) -> Reranker:
    return Reranker(gate=world.gate, url=settings.rerank_url, model=settings.rerank_model, key=await house.secret(world, org, settings, "rerank_key"))


async def set_up(world: World, actor: Actor, url: str, model: str, key: str | None) -> None:
    """Sets the reranker, or takes it off where the address is empty. A key of None leaves the one that is set, unless the address leads elsewhere.

    Raises Refused: (400) for what cannot be an address or a name, (403).
    """
    require(actor, Verb.CHANGE_SETTINGS)
    url, model = url.strip(), model.strip()
    if url and (not url.startswith(("https://", "http://")) or not host(url) or len(url) > _LONGEST):
        raise Refused("The address begins with https:// (or http:// for a reranker on your own network), and is the whole one, such as https://api.jina.ai/v1/rerank.")
    if url and (not model or len(model) > _LONGEST):
        raise Refused("Which model shall order the passages? Write its name, or empty the address to use none.")
    before = (await house.organization(world, actor.org)).settings
    if key is None and host(url) != host(before.rerank_url):
        key = ""  # a key is for whom it was given for
    changes = {"rerank_url": url, "rerank_model": model if url else ""} | ({} if key is None else {"rerank_key": key if url else ""})
    await house.change(world, actor, **changes)
    world.switches.forget(actor.org)
    world.rerank_failures.pop((actor.org, url), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """What is set, never with the key, and the failures of the last days by kind."""

    url: str
    model: str
    has_key: bool
    closed: str  # why none is asked although it is set
    failures: list[dict[str, Any]] = field(default_factory=list)


async def current(world: World, actor: Actor) -> Set:
    """Raises Refused (403)."""
    require(actor, Verb.READ_KNOWLEDGE)
    settings = (await house.organization(world, actor.org)).settings
    async with world.store.tx(actor.org) as tx:
        failures = await reranking.lately(tx, actor.org)
    return Set(
        url=settings.rerank_url, model=settings.rerank_model, has_key=bool(settings.rerank_key), closed=shut("rerank", settings) if settings.rerank_url else "", failures=list(failures),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How asking it for the order of two sentences of ours ended. `sensible`: the one that answers came first."""

    reached: str
    milliseconds: int
    sensible: bool


async def try_out(world: World, actor: Actor) -> Tried:
    """Nothing of a customer's or an article's is sent. Raises RerankFailed, and Refused: (400) where none is set, (403)."""
    require(actor, Verb.CHANGE_SETTINGS)
    settings = (await house.organization(world, actor.org)).settings
    if not settings.rerank_url:
        raise Refused("No reranker is set. Save its address and model first.")
    await world.switches.admit(actor.org, "rerank")
    began = time.perf_counter()
    away, near = await (await _reranker(world, actor.org, settings)).judge(_TRIAL, _TRIAL_TEXTS, org=actor.org, session=None)
    world.rerank_failures.pop((actor.org, settings.rerank_url), None)
    return Tried(reached=host(settings.rerank_url), milliseconds=round((time.perf_counter() - began) * 1_000), sensible=near > away)
