"""What if: an earlier turn once more with one thing changed, and both outcomes side by side. Nothing is sent to the customer, nothing is stored in the session.

The message is the masked one: what was covered stays covered. A model is asked through the gate under a purpose of its own, and that is in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from glassine.edge.llm import Llm
from glassine.rules import differences, extract
from glassine.rules.permits import require
from glassine.rules.reordering import Judged, by_popularity, reordered
from glassine.store import articles, search, vault, versions, visibility
from glassine.store.vectors import packed
from glassine.story import terms, turn
from glassine.story.inspection import comparing, debugging, recalling, remembered
from glassine.story.inspection.recalling import Recalled
from glassine.story.knowledge import indexing, learning
from glassine.story.models.chain import model_for
from glassine.story.scene import Means, Scene
from glassine.story.search import finding
from glassine.story.search.finding import Sought
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ArticleId, PassageId, SessionId, TurnId, new_id
from glassine.words.knowledge import Audience, Hit
from glassine.words.models import Use
from glassine.words.people import Actor, Verb
from glassine.words.turns import HandOff, Outcome, Prompt, Reply, Suggestion, Trace
from glassine.words.what_if import QUOTING, Change, Side, WhatIf

_LONGEST = 20_000  # characters of a text that somebody puts in an article's place
_MOST_PASSAGES = 24  # of it


async def ask(world: World, actor: Actor, session: SessionId, id: TurnId, change: Change) -> WhatIf:
    """Raises NotFound, and Refused: (400) when nothing is changed, (403), (409) for a turn that was erased or not kept."""
    require(actor, Verb.DEBUG)
    if not change.kinds:
        raise Refused("Change something first: an article, a rule, the instructions or the model.")
    if len(change.text) > _LONGEST:
        raise Refused(f"The text has {len(change.text):,} characters; {_LONGEST:,} is the most.", status=413)
    kept = await recalling.recall(world, actor.org, session, id)
    async with world.store.tx(actor.org) as tx:
        await vault.audit(tx, actor, "inspect.what_if", "turn", id, {"session": str(session), "changed": list(change.kinds)})
    instructions = await debugging.covered(world, actor.org, session, change.instructions) if change.instructions else ""
    scene = replace(kept.scene, mode=kept.scene.mode._replace(autopilot=change.autopilot)) if change.autopilot else kept.scene
    scene = await terms.applied(world, scene)
    model = await _model(world, kept, change)
    means = Means(
        search=lambda query: _search(world, kept, scene, query, change), model=model, tell=lambda _: None, purpose="what-if", instructions=instructions,
        thresholds=_thresholds(change), acting=lambda: remembered.acting(kept), go_on=lambda call, yes: remembered.gone_on(kept, call, yes),
    )
    trace = turn.begun(scene)
    outcome = await turn.think(world, scene, trace, means)
    return _beside(kept, change, outcome, trace)


def _thresholds(change: Change) -> extract.Thresholds | None:
    """None: as they were in force then."""
    if change.answer_from is None:
        return None
    return extract.Thresholds(answer=change.answer_from, suggest=min(change.answer_from, extract.DEFAULT.suggest))


async def _model(world: World, kept: Recalled, change: Change) -> Any:
    """The one that is named, else the one that is set now; none where none was asked then."""
    org, quoted = kept.scene.org, bool(kept.trace["query"]) and not kept.trace.get("prompt")
    wants = change.model != QUOTING and (bool(change.model) or not quoted)
    settings = await world.switches.of(org)

    async def model() -> Llm | None:
        return await model_for(world, org, settings, Use.WHAT_IF, named=change.model) if wants else None

    if change.model and wants and await model() is None:
        raise Refused("No language model is set or switched on, so no other one can be asked at its address.", status=409)
    return model


async def _search(world: World, kept: Recalled, scene: Scene, query: str, change: Change) -> Sought:
    """What was found then; or a search of its own: with a changed article, for other eyes, or where nothing was searched for then."""
    given, org = kept.trace["given"], kept.scene.org
    if kept.row["knowledge"] is None or not given.get("spoken"):
        return await finding.seek(world, org, query, viewer=scene.viewer, language=kept.scene.language)
    scopes = recalling.scopes(given)
    if scene.viewer != kept.scene.viewer:  # a draft for the team asked for as an answer, or the other way round
        async with world.store.tx(org) as tx:
            scopes = await visibility.seen_by(tx, org, scene.viewer)
    elif change.article is None:
        return Sought([recalling.raw(hit) for hit in kept.hits], kept.row["knowledge"], int(given["size"]), str(given["spoken"]), scopes)
    return await _searched_as_then(world, kept, query, scopes, change)


async def _searched_as_then(world: World, kept: Recalled, query: str, scopes: tuple[int, ...], change: Change) -> Sought:
    """The knowledge base as it was then, without an article or with another text in its place if one is named."""
    org, given = kept.scene.org, kept.trace["given"]
    spoken, size, version = str(given["spoken"]), int(given["size"]), int(kept.row["knowledge"])
    asked = finding.as_then(await finding.prepared(world, finding.plainly(query), spoken), given)
    judged = Judged.read(given)
    limit = judged.reach(finding.LIMIT)
    stand_in = await _stand_in(world, kept, change.article, change.text) if change.article and change.text.strip() else None
    async with world.store.tx(org) as tx:
        candidates = await versions.candidates(tx, org, version, {**search.values(asked, scopes, limit), "without": [change.article] if change.article else []})
    if stand_in and (stand_in.scope is None or stand_in.scope in scopes):
        idf = candidates[0]["idf"] or {} if candidates else {}
        candidates = [*candidates, *stand_in.rows(asked, idf)]
    hits = [finding.comparable(world, hit, spoken) for hit in reordered(by_popularity(search.ranked(candidates, asked, limit), given.get("votes") or {}), judged.scores)[: finding.LIMIT]]
    return Sought(hits, version, size, spoken, scopes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _StandIn:
    """Passages that are not in the knowledge base, in the place of an article's."""

    article: ArticleId
    title: str
    url: str | None
    language: str
    audience: Audience
    scope: int | None  # None: the article is gone, and was seen then
    passages: Sequence[articles.Passage]

    def rows(self, asked: search.Query, idf: dict[str, float]) -> list[dict[str, Any]]:
        """As candidates of a search."""
        found = [self._row(place, passage, asked, idf) for place, passage in enumerate(self.passages)]
        return sorted(found, key=lambda row: -(row["cosine"] or 0.0))[:_MOST_PASSAGES]

    def _row(self, place: int, passage: articles.Passage, asked: search.Query, idf: dict[str, float]) -> dict[str, Any]:
        held, vector = articles.weights(passage.terms), passage.vectors.get(asked.model)
        return {
            "passage": -1 - place, "since": 0, "id": PassageId(new_id()), "article_id": self.article, "title": self.title, "url": self.url, "language": self.language, "audience": self.audience,
            "heading": passage.chunk.heading, "text": passage.chunk.text, "sentences": list(passage.chunk.sentences),
            "cosine": float(vector @ asked.vector) if vector is not None and asked.vector is not None else None,
            "lexical": sum(float(weight) * held.get(term, 0.0) for term, weight in idf.items()),
            "vectors": packed(passage.sentences[asked.model]) if asked.model in passage.sentences else None, "words": passage.words.get(asked.model) or None,
        }


async def _stand_in(world: World, kept: Recalled, id: ArticleId, text: str) -> _StandIn:
    """The article's name and place with another text. One that is gone by now is known from the passages that were found."""
    org = kept.scene.org
    known = next((hit for hit in kept.hits if hit.article == id), None)
    try:
        now = await learning.article(world, org, id)
        title, url, language, audience, scope = now.title, now.url, now.language, now.audience, now.scope
    except NotFound:
        if known is None:
            raise
        title, url, language, audience, scope = known.title, known.url, known.language, known.audience, None
    made = await indexing.prepared(world, title, text, language, kept.scene.settings.languages or ("en",))
    return _StandIn(article=id, title=title, url=url, language=language, audience=audience, scope=scope, passages=made)


def _beside(kept: Recalled, change: Change, outcome: Outcome, trace: Trace) -> WhatIf:
    written = comparing.recorded(kept.row, kept.result, kept.handoff, kept.draft)
    before = Side(
        outcome=written, said=kept.result.text if kept.result else "", model=str(kept.row["model"]), found=_headings(kept.hits),
        used=_headings([hit for hit in kept.hits if str(hit.passage) in {str(one) for one in kept.trace["used"]}]), notes=_notes(kept.trace["notes"]),
    )
    after = Side(
        outcome=comparing.outcome(outcome), said=_words(outcome), model=trace.model, found=_headings(trace.hits),
        used=_headings([hit for hit in trace.hits if str(hit.passage) in trace.used]), notes=_notes(trace.notes),
    )
    earlier = "\n\n".join(message["content"] for message in (kept.trace.get("prompt") or {}).get("messages", []))
    return WhatIf(
        changed=change.kinds, before=before, after=after, pieces=differences.pieces(before.outcome, after.outcome),
        prompt=differences.shortened(differences.pieces(earlier, _told(trace.prompt))) if trace.prompt else (), asked=trace.prompt is not None,
    )


def _told(prompt: Prompt | None) -> str:
    return "\n\n".join(message.content for message in prompt.messages) if prompt else ""


def _words(outcome: Outcome) -> str:
    if isinstance(outcome, HandOff):
        return outcome.told
    return outcome.text if isinstance(outcome, Reply | Suggestion) else ""


def _headings(hits: Sequence[Hit]) -> tuple[str, ...]:
    return tuple(hit.heading or hit.title for hit in hits)


def _notes(notes: Sequence[str]) -> tuple[str, ...]:
    """Without reasons, which the outcome names."""
    return tuple(note for note in notes if " " in note)
