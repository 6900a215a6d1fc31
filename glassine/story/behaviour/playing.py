"""Past turns played twice, by the rules of now and by those that are proposed, each with what it had then. It writes nothing, and asks a model only where it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from glassine.edge.llm import Llm
from glassine.rules import enclosed, rehearsals
from glassine.rules.autopilot import Kind
from glassine.store import autopilot, scenarios, sessions
from glassine.store import rehearsals as stored
from glassine.store.scenarios import Live
from glassine.store.sessions import Mode
from glassine.story import handing, terms, turn
from glassine.story.inspection import comparing, recalling, remembered
from glassine.story.inspection.recalling import Recalled
from glassine.story.inspection.remembered import Remembered, Unanswered, Unasked
from glassine.story.knowledge import training
from glassine.story.models.chain import model_for
from glassine.story.scene import Means, Scene
from glassine.story.search import finding, sight
from glassine.story.search import scenarios as meeting
from glassine.story.search.finding import Sought
from glassine.story.world import World
from glassine.words.autopilot import Rulebook
from glassine.words.errors import NotFound, Refused
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId, TurnId
from glassine.words.models import Endpoint, Use, chosen
from glassine.words.rehearsals import Case, End, Proposal, Rehearsal, Side, Verdict
from glassine.words.scenarios import Met, ScenarioId
from glassine.words.sessions import Autopilot, ChannelKind
from glassine.words.turns import Prompt

_ANSWERED = frozenset({End.ANSWER, End.ASKS_BACK, End.DRAFT, End.MODEL})
_NOT_WAITED = "The model was not waited for: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What every session of a rehearsal is played with: the rules of now and the proposed ones, what always holds, and who answers."""

    org: OrgId
    now: Rulebook
    tried: Rulebook
    live: tuple[tuple[Live, ...], tuple[Live, ...]] | None  # scenarios as they are and as they would be; None: each turn has those of then
    answers: Llm | None  # who answers now
    asks: Llm | None  # who is asked for what nobody knows; None: nobody
    anew: bool  # other models answer: what was said then tells nothing of what they would say
    modes: dict[ChannelKind, Mode] = field(default_factory=dict)


async def stage(world: World, org: OrgId, found: Rehearsal) -> Stage:
    """Raises NotFound, Refused where the proposed scenario is gone or cannot be published."""
    async with world.store.tx(org) as tx:
        now = await autopilot.newest(tx, org)
        scenario = await scenarios.load(tx, org, ScenarioId(found.proposal.scenario)) if found.proposal.scenario else None
    live = None
    if scenario is not None:
        published, drafted = await meeting.published(world, org), await training.as_live(world, org, scenario)
        live = published, (*(each for each in published if each.id != drafted.id), *((drafted,) if scenario.enabled else ()))
    settings = await world.switches.of(org)
    return Stage(
        org=org, now=now, tried=Rulebook(number=-1 - found.id.int % 2**62, content={**now.content, **found.proposal.parts}) if found.proposal.parts else now, live=live,
        answers=await model_for(world, org, settings), asks=await model_for(world, org, _as_answering(settings, found.proposal), Use.WHAT_IF) if found.asks else None, anew=bool(found.proposal.models),
    )


def _as_answering(settings: OrgSettings, proposal: Proposal) -> OrgSettings:
    """Settings by which those are asked what if who answer customers, or would."""
    return replace(settings, model_uses={**settings.model_uses, str(Use.WHAT_IF): list(proposal.models or settings.model_uses.get(str(Use.ANSWER), ()))})


def asked(settings: OrgSettings, proposal: Proposal, operator: Endpoint | None) -> tuple[Endpoint, ...]:
    """Who would be asked, in order."""
    return chosen(_as_answering(settings, proposal), Use.WHAT_IF, operator)


async def session(world: World, stage: Stage, id: SessionId) -> Case:
    """The first turn that would end otherwise. Raises Unanswered."""
    async with world.store.tx(stage.org) as tx:
        turns = await stored.turns_of(tx, stage.org, id)
    why = "Its turns are not kept any more."
    looked = False
    for each in turns:
        try:
            kept = await recalling.recall(world, stage.org, id, each)
        except (NotFound, Refused) as refusal:
            why = str(refusal)
            continue
        looked = True
        case = await _turn(world, stage, kept)
        if case.verdict is not Verdict.SAME:
            return case
        if case.before and case.before.end is End.HANDOFF and kept.row["outcome"] != "HandOff":
            break  # by the rules of now it would have gone to people here already
    return Case(verdict=Verdict.SAME) if looked else Case(verdict=Verdict.LEFT_OUT, why=why)


async def _turn(world: World, stage: Stage, kept: Recalled) -> Case:
    scene = await _by_now(world, stage, kept)
    sought: dict[str, Sought] = {}
    own = Remembered(model=str(kept.row["model"]), replies=remembered.replies(kept), knows=lambda *_: True, failed=kept.answer is None)
    before = await _played(world, stage, kept, scene, 0, own, sought)

    def knows(place: int, prompt: Prompt) -> bool:
        return not stage.anew and place < len(own.heard) and remembered.same(own.heard[place], prompt)

    other = Remembered(model=str(kept.row["model"]), replies=own.replies, knows=knows, failed=own.failed, ask=stage.asks if not _unasked_alike(stage, before) else None)
    after = await _played(world, stage, kept, scene, 1, other, sought)
    return _case(kept.id, before, after, asked=other.asked > 0)


def _unasked_alike(stage: Stage, before: Side | Unasked) -> bool:
    """Whether nobody knows either side of a change that leaves the question as it is: asking would tell nothing of it."""
    return isinstance(before, Unasked) and stage.live is None and not stage.anew


async def _by_now(world: World, stage: Stage, kept: Recalled) -> Scene:
    """The session and the conversation as they were, under the settings and rules of now. Where the AI is off, it is played as if it were on: nothing else could show anything."""
    channel = kept.scene.session.channel
    if channel not in stage.modes:
        async with world.store.tx(stage.org) as tx:
            stage.modes[channel] = await sessions.mode(tx, stage.org, channel)
    mode = stage.modes[channel]
    mode = mode._replace(autopilot=Autopilot.ON if mode.autopilot is Autopilot.OFF else mode.autopilot, settings={**mode.settings, "ai_off": False})
    at = (kept.scene.at or kept.row["created_at"]) if stage.now.part("hours") else None
    return replace(kept.scene, mode=mode, settings=OrgSettings.read(mode.settings), rulebook=stage.now, at=at)


async def _met(world: World, stage: Stage, kept: Recalled, scene: Scene, which: int) -> Scene:
    """With the scenarios that hold, where a change of those is tried."""
    if stage.live is None:
        return scene
    query = str(kept.trace["query"]) or enclosed.question(scene.message, scene.history, scene.language)
    spoken = str(kept.trace["given"].get("spoken") or scene.language)
    met: list[Met] = await meeting.found(world, stage.org, query, spoken, channel=str(scene.session.channel), viewer=sight.customer(scene.session), live=stage.live[which])
    return replace(scene, scenarios=tuple(met))


async def _played(world: World, stage: Stage, kept: Recalled, scene: Scene, which: int, words: Remembered, sought: dict[str, Sought]) -> Side | Unasked:
    """By the rules of now (0), or by the proposed ones (1)."""
    scene = await terms.applied(world, await _met(world, stage, kept, replace(scene, rulebook=(stage.now, stage.tried)[which]), which))
    trace = turn.begun(scene)
    llm = await _answerer(world, stage, kept, words, tried=which == 1)

    async def model() -> Llm | None:
        return llm

    means = Means(
        search=lambda query: _search(world, kept, scene, query, sought), model=model, tell=lambda _: None, purpose="what-if" if stage.asks is not None else "model",  # where nobody is asked, the switch of what-if does not matter
        acting=lambda: remembered.acting(kept), go_on=lambda call, yes: remembered.gone_on(kept, call, yes),
    )
    try:
        outcome = await turn.think(world, scene, trace, means)
    except Unasked as question:
        return question
    if switched := next((note for note in trace.notes if note.startswith(_NOT_WAITED)), ""):
        raise Unanswered(switched.removeprefix(_NOT_WAITED))
    return Side(end=rehearsals.end_of(outcome), outcome=comparing.outcome(outcome))


async def _answerer(world: World, stage: Stage, kept: Recalled, words: Remembered, *, tried: bool) -> Llm | None:
    """Who answers: the model of then, nobody where the turn was quoted, and who answers now where the turn did not get so far."""
    if kept.trace.get("prompt"):
        return None if words.failed and not words.replies and _quoted_instead(kept) else words
    if kept.trace["query"] and not await _went_early(world, kept):
        return words if stage.anew and tried else None
    return words if stage.answers is not None else None


def _quoted_instead(kept: Recalled) -> bool:
    return bool(kept.row["outcome"] in ("Reply", "Suggestion"))


async def _went_early(world: World, kept: Recalled) -> bool:
    """Whether the turn was handed off after its search, and before anybody answered."""
    scene = await terms.applied(world, kept.scene)
    return handing.decision(scene).kind is Kind.ANSWER and handing.early(scene) is not None


async def _search(world: World, kept: Recalled, scene: Scene, query: str, sought: dict[str, Sought]) -> Sought:
    """What was found then; where nothing was searched for, or for other eyes, what is found now, once for both sides."""
    given: dict[str, Any] = kept.trace["given"]
    if kept.trace["query"] == query and kept.row["knowledge"] is not None and given.get("spoken") and scene.viewer == kept.scene.viewer:
        return Sought([recalling.raw(hit) for hit in kept.hits], kept.row["knowledge"], int(given["size"]), str(given["spoken"]), recalling.scopes(given))
    key = f"{scene.viewer} {query}"
    if key not in sought:
        sought[key] = await finding.seek(world, scene.org, query, viewer=scene.viewer, language=scene.language)
    return sought[key]


def _case(id: TurnId, before: Side | Unasked, after: Side | Unasked, *, asked: bool) -> Case:
    unasked = after if isinstance(after, Unasked) else None
    if isinstance(before, Unasked) and unasked and before.question == unasked.question:
        return Case(verdict=Verdict.SAME)
    one, two = _side(before), _side(after)
    verdict = Verdict.SAME if one == two else Verdict.DIFFERS
    if unasked and one.end in _ANSWERED and not asked:
        verdict = Verdict.UNKNOWN  # it may well be the same answer
    return Case(verdict=verdict, turn=id, before=one, after=two, tokens_in=unasked.tokens_in if unasked else 0, tokens_out=unasked.tokens_out if unasked else 0)


def _side(end: Side | Unasked) -> Side:
    return Side(end=End.MODEL, outcome="A language model would be asked.") if isinstance(end, Unasked) else end
