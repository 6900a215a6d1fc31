"""A replay: masking, decision, search, prompt, guard and outcome of a turn computed once more, and held against what was recorded. It changes nothing.

Each step is given what was recorded before it, so that a difference shows in the step that makes it. No model is asked: its stored answer is taken
as it is. Times and ids are not compared. What is shown of a difference is masked: a value that today's rules would leave in the clear is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from glassine import __version__
from glassine.rules import differences, enclosed, scenarios
from glassine.rules.autopilot import Kind
from glassine.rules.grounding import Grounded
from glassine.rules.permits import require
from glassine.rules.policies import policy_of
from glassine.rules.prompt import Told
from glassine.rules.redaction import before_names, redact
from glassine.rules.reordering import Judged, by_popularity, reordered
from glassine.rules.saying import ends
from glassine.store import search, vault, versions
from glassine.story import answering, conversations, handing, rewriting, saying, terms, turn
from glassine.story.actions import built_in, consenting
from glassine.story.inspection import comparing, recalling, summed_again
from glassine.story.inspection.recalling import Recalled
from glassine.story.masking import storable
from glassine.story.scene import hand_off
from glassine.story.search import finding, sight
from glassine.story.world import World
from glassine.words.ids import OrgId, SessionId, TurnId
from glassine.words.knowledge import Hit
from glassine.words.models import Budget, Then
from glassine.words.people import Actor, Verb
from glassine.words.privacy import Known, PiiType, Span, Treatment
from glassine.words.replays import Replay, Step, StepName, Verdict
from glassine.words.turns import HandOff, Outcome, Prompt, Reason, Silence, ToolSpec

_NOT_WAITED = "The model was not waited for"  # the boundary was shut while it was asked, and the answer was quoted
_UNKNOWN = consenting.UNKNOWN
_SPENT = "spent: "  # the day's budget was, so no model was asked
_NEAR = 0.01  # similarities that differ by less are the same: models round differently on different processors


async def replay(world: World, actor: Actor, session: SessionId, id: TurnId) -> Replay:
    """Raises NotFound, and Refused (403), (409) for a turn that cannot be replayed."""
    require(actor, Verb.INSPECT)
    kept = await recalling.recall(world, actor.org, session, id)
    kept = replace(kept, scene=await terms.applied(world, kept.scene))
    async with world.store.tx(actor.org) as tx:
        await vault.audit_hourly(tx, actor, "inspect.replay", "turn", id, {"session": str(session)})
    steps = [await _masked(world, kept), _decided(kept), await _searched(world, kept), _prompted(kept), _model(kept), *_acted(kept), *_judged(world, kept), *await summed_again.steps(world, actor.org, session, id)]
    return Replay(session=session, turn=id, taken_at=kept.row["created_at"], program=str(kept.conditions["program"]), now=__version__, steps=tuple(steps))


async def _masked(world: World, kept: Recalled) -> Step:
    """The text of the message, masked again with the settings and placeholders of then."""
    impossible = _why_not_masked(kept)
    if impossible or kept.original is None or kept.tokens is None:
        return Step(name=StepName.MASKED, verdict=Verdict.IMPOSSIBLE, says=impossible)
    text, message, scene = storable(kept.original["text"]), kept.scene.message, kept.scene
    policy = policy_of(scene.mode.name, scene.settings, scene.session.channel)
    known = Known(
        tokens=kept.tokens, values=tuple((PiiType(type), value) for type, value in kept.original["known"]),
        gone=tuple(Span(start=start, end=end, type=PiiType(type), treatment=Treatment.MASK) for start, end, type in kept.original.get("gone", ())),
    )
    again = redact(text, policy, known, await world.names.find(before_names(text, policy)))
    if again.text == message.text:
        return Step(name=StepName.MASKED, verdict=Verdict.SAME, says="The same values are masked, with the same placeholders.")
    shown = comparing.covered(text, message.text, kept.original.get("spans"), again)
    says = "Today's rules mask this message differently." if shown else (
        "Today's rules mask this message differently. Part of it was masked for good, so the difference is not shown."
    )
    return Step(name=StepName.MASKED, verdict=Verdict.DIFFERS, says=says, pieces=differences.pieces(*shown) if shown else ())


def _why_not_masked(kept: Recalled) -> str:
    """A sentence, or nothing when it can be done."""
    if kept.original is None:
        return "The message as it came is not kept any more."
    if kept.tokens is None or "known" not in kept.original:
        return "The message came before Glassine kept what masking it again needs."
    if datetime.fromisoformat(kept.conditions["since"]) > kept.scene.message.created_at:
        return "Settings were changed between the message and its turn, so it is not known which it was masked with."
    return ""


def _decided(kept: Recalled) -> Step:
    decision = handing.decision(kept.scene)
    before = [str(kept.trace["decision"]), *_reasons(kept.trace["notes"])]
    if kept.trace["decision"] in ("answer", "assist"):
        before = [before[0]]  # their notes hold what the guard found too
    after = [str(decision.kind), *(decision.reasons if len(before) > 1 or decision.kind not in ("answer", "assist") else ())]
    return _compared(StepName.DECIDED, comparing.decision(before), comparing.decision(after), "The rules decide the same.", "Today's rules decide otherwise.")


def _reasons(notes: Sequence[str]) -> list[str]:
    known = {str(reason) for reason in Reason}
    return [note for note in notes if note in known]


async def _searched(world: World, kept: Recalled) -> Step:
    if not kept.trace["query"]:
        return _not_searched(kept)
    query = enclosed.question(kept.scene.message, kept.scene.history, kept.scene.language)
    found, says = await searched_again(world, kept, query)
    same = query == kept.trace["query"] and comparing.same_hits(kept.hits, found, _NEAR)
    if same:
        return Step(name=StepName.SEARCHED, verdict=Verdict.SAME, says=says)
    shown = comparing.listed(kept.trace["query"], kept.hits), comparing.listed(query, found)
    return Step(name=StepName.SEARCHED, verdict=Verdict.DIFFERS, says=f"The search finds otherwise. {says}", pieces=differences.pieces(*shown))


def _not_searched(kept: Recalled) -> Step:
    reached = kept.trace["decision"] in ("answer", "assist")
    if _of_a_call(kept):
        return Step(name=StepName.SEARCHED, verdict=Verdict.SAME, says="It was about a call of an action, so no search was needed, and none is.")
    if reached and handing.early(kept.scene) is None and enclosed.small_talk(kept.scene.message, kept.scene.language) is None:
        return Step(name=StepName.SEARCHED, verdict=Verdict.DIFFERS, says="The message was small talk then. By today's rules it is a question, and would be searched for.")
    return Step(name=StepName.SEARCHED, verdict=Verdict.SAME, says="No search was needed, and none is.")


async def searched_again(world: World, kept: Recalled, query: str) -> tuple[tuple[Hit, ...], str]:
    """What a search finds in the knowledge base as it was then, and a sentence on where it looked."""
    org, given = kept.scene.org, kept.trace["given"]
    asked, spoken = finding.plainly(query), str(given["spoken"])
    if not asked or not spoken:
        return (), "Nothing in the message can be searched for."
    judged = Judged.read(given)  # a reranker is not asked again: what it said then is applied once more
    limit = judged.reach(finding.LIMIT)
    prepared = finding.as_then(await finding.prepared(world, asked, spoken), given)
    async with world.store.tx(org) as tx:
        now = await versions.current(tx, org)
        if now == kept.row["knowledge"]:
            hits, says = await search.search(tx, query=prepared, scopes=recalling.scopes(given), limit=limit), "The knowledge base has not changed since."
        else:
            candidates = await versions.candidates(tx, org, kept.row["knowledge"], {**search.values(prepared, recalling.scopes(given), limit), "without": []})
            hits, says = search.ranked(candidates, prepared, limit), f"Looked up in the knowledge base as it was then: it has changed {_times(now - kept.row['knowledge'])} since."
    return sight.escaped([finding.comparable(world, hit, spoken) for hit in reordered(by_popularity(hits, given.get("votes") or {}), judged.scores)[: finding.LIMIT]]), says


def _of_a_call(kept: Recalled) -> bool:
    """Whether the turn told what came of a call, or asked for what one waits for, before anything else."""
    given = kept.trace["given"]
    return not kept.trace["query"] and bool(given.get("waits") or given.get("ended") or given.get("calls_told") or _UNKNOWN in kept.trace["notes"])


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _prompted(kept: Recalled) -> Step:
    if not kept.trace.get("prompt"):
        return Step(name=StepName.PROMPT, verdict=Verdict.SAME, says="No language model was asked, so there is no prompt.")
    before = "\n\n".join(f"[{one['role']}]\n{one['content']}" for one in kept.trace["prompt"]["messages"])
    after = "\n\n".join(f"[{one.role}]\n{one.content}" for one in _asked(kept).messages)
    return _compared(StepName.PROMPT, before, after, "Word for word the same.", "Today's rules write another prompt.")


def _asked(kept: Recalled) -> Prompt:
    """With the actions that were offered then, and the calls as they were told of."""
    tools = [ToolSpec(**one) for one in kept.trace["prompt"].get("tools") or ()]
    return answering.asked(kept.scene, kept.hits, "", tools, [Told(*one) for one in kept.trace["given"].get("calls_told", ())])


def _acted(kept: Recalled) -> list[Step]:
    called = kept.trace.get("called") or []
    if not called:
        return []
    says = f"{len(called)} {'call' if len(called) == 1 else 'calls'} of actions: what became of each is taken as it was stored. Nothing is called again."
    return [Step(name=StepName.ACTIONS, verdict=Verdict.GIVEN, says=says)]


def _model(kept: Recalled) -> Step:
    if not kept.trace.get("prompt"):
        says = "None was asked."
    elif kept.answer is None:
        says = "It gave no usable answer then, and is not asked again."
    else:
        says = f"The stored answer of {kept.row['model']} is taken as it is. No model is asked again."
    return Step(name=StepName.MODEL, verdict=Verdict.GIVEN, says=says)


def _judged(world: World, kept: Recalled) -> list[Step]:
    """What the guard says of the stored answer, and what becomes of it."""
    scene, decision = kept.scene, str(kept.trace["decision"])
    if decision in ("hand_off", "stay_silent"):
        none = Step(name=StepName.GUARD, verdict=Verdict.SAME, says="There was no answer to check.")
        reasons = tuple(Reason(note) for note in _reasons(kept.trace["notes"]))
        return [none, _outcome(kept, handing.late(scene, hand_off(scene, reasons)) if decision == "hand_off" else Silence(reasons=reasons))]
    told = _told(kept)
    if told is not None:
        return [Step(name=StepName.GUARD, verdict=Verdict.SAME, says="The words are ours: there was no answer of a model to send."), _outcome(kept, _as_decided(kept, told))]
    if handing.decision(scene).kind is Kind.ANSWER and (early := handing.early(scene)) is not None:
        return [Step(name=StepName.GUARD, verdict=Verdict.SAME, says="There was no answer to check."), _outcome(kept, early)]
    if kept.trace.get("prompt") and kept.answer is None and not _quoted_instead(kept):
        none = Step(name=StepName.GUARD, verdict=Verdict.SAME, says="There was no answer to check.")
        why = Reason.STOPPED_AT_GATE if any(note.startswith("stopped: ") for note in kept.trace["notes"]) else Reason.MODEL_FAILED
        return [none, _outcome(kept, _as_decided(kept, hand_off(scene, (why,))))]
    grounded = _grounded(kept)
    if grounded is None:
        return [Step(name=name, verdict=Verdict.DIFFERS, says="The message is not small talk by today's rules.") for name in (StepName.GUARD, StepName.OUTCOME)]
    before = comparing.guard(kept.hits, kept.trace["used"], [*_guard_notes(kept), *_shown(kept)])
    after = comparing.guard(kept.hits, grounded.used, [*grounded.notes, *_shown(kept, again=True)])
    step = _compared(StepName.GUARD, before, after, "The same passages are used, with the same objections.", "Today's rules judge the answer otherwise.")
    return [step, _outcome(kept, _as_decided(kept, answering.judged(world, scene, grounded)))]


def _told(kept: Recalled) -> Outcome | None:
    """What was said in our own words of a call that waits or has ended."""
    given = kept.trace["given"]
    if given.get("waits"):
        return consenting.asks(consenting.recalled(given["waits"]), kept.scene.language, given.get("gave_way", ""))
    if given.get("handed_off"):
        return built_in.handed_off_then(kept.scene, given["handed_off"])
    if given.get("ended"):
        return consenting.ends(consenting.recalled(given["ended"]), kept.scene.language)
    return hand_off(kept.scene, (Reason.ACTION_FAILED,)) if _UNKNOWN in kept.trace["notes"] else None


def _quoted_instead(kept: Recalled) -> bool:
    """Whether the answer was quoted because the model was switched off while it was asked, or the day's budget was spent."""
    quotes = Budget.read(kept.scene.settings.model_budget).then is Then.QUOTE
    return any(note.startswith(_NOT_WAITED) or (note.startswith(_SPENT) and quotes) for note in kept.trace["notes"])


def _grounded(kept: Recalled) -> Grounded | None:
    own_words = scenarios.fixed(kept.scene.scenarios or ())
    if own_words is not None and kept.trace["query"]:
        return own_words
    if kept.answer is not None:
        return rewriting.settled_then(kept.trace.get("rounds") or (), kept.answer, lambda answer: _checked(kept, answer))
    if kept.trace["query"]:
        return answering.quoted(kept.scene, kept.trace["query"], kept.hits)
    return enclosed.small_talk(kept.scene.message, kept.scene.language)


def _checked(kept: Recalled, answer: str) -> Grounded:
    shown = (kept.trace.get("prompt") or {}).get("shown")
    return answering.checked(kept.scene, kept.hits[:shown], answer, answering.heard((str(call["seen"]) for call in kept.trace.get("called") or ()), kept.trace["given"]))


def _shown(kept: Recalled, *, again: bool = False) -> list[str]:
    """What the customer read while the answer was written; `again`: of that, what would be shown by today's rules."""
    before = [one.text for one in saying.shown(kept.trace["given"]) if one.text]
    if again and before:
        answers = [str(one["said"]["content"]) for one in kept.trace.get("rounds") or ()] + [kept.answer or ""]
        may = {answering.shown(kept.scene, _checked(kept, text[:end])) for text in answers for end in ends(text, 0)}
        before = [text for text in before if text in may]
    return [f"Shown while it was written: {text}" for text in before]


def _guard_notes(kept: Recalled) -> list[str]:
    """Without the decision's reasons, and what was noted of a model that was not waited for or a switch."""
    reasons = {str(reason) for reason in Reason}
    return [note for note in kept.trace["notes"] if note not in reasons and not note.startswith((_NOT_WAITED, _SPENT, "All AI was switched off", rewriting.UNANSWERED))]


def _as_decided(kept: Recalled, outcome: Outcome) -> Outcome:
    return turn.as_draft(kept.scene, outcome) if kept.trace["decision"] == "assist" else handing.late(kept.scene, outcome)


def _outcome(kept: Recalled, outcome: Outcome) -> Step:
    if Reason.AI_OFF in kept.row["reasons"] and Reason.AI_OFF not in outcome.reasons:
        says = "All AI was switched off while the turn ran, and its words were dropped. That cannot be recomputed."
        return Step(name=StepName.OUTCOME, verdict=Verdict.IMPOSSIBLE, says=says)
    if isinstance(outcome, HandOff) and kept.handoff is None and kept.row["outcome"] == "HandOff":
        return Step(name=StepName.OUTCOME, verdict=Verdict.IMPOSSIBLE, says="The handoff is no longer in the log.")
    return _compared(
        StepName.OUTCOME, comparing.recorded(kept.row, kept.result, kept.handoff, kept.draft), comparing.outcome(outcome),
        "The same outcome, word for word.", "Another outcome would come out.",
    )


def _compared(name: StepName, before: str, after: str, same: str, differs: str) -> Step:
    if before == after:
        return Step(name=name, verdict=Verdict.SAME, says=same)
    return Step(name=name, verdict=Verdict.DIFFERS, says=differs, pieces=differences.shortened(differences.pieces(before, after)))


async def turns_of(world: World, actor: Actor, org: OrgId, id: SessionId) -> list[TurnId]:
    """A session's turns, in order. Raises NotFound, and Refused (403)."""
    require(actor, Verb.INSPECT)
    return [TurnId(row["id"]) for row in await conversations.all_turns(world, org, id)]
