"""Settings › Rehearsals: a change tried on past conversations, what it would make of them, side by side, and then publishing or dropping it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules import differences, guarding, rehearsals
from glassine.story.behaviour import autopilot as rulebooks
from glassine.story.behaviour import rehearsing, topic_lists
from glassine.story.knowledge import training
from glassine.story.models import model_settings
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment
from glassine.web.pages.settings import guard, handoff, model, topics
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.autopilot import PARTS, Topics
from glassine.words.errors import NotFound, Refused
from glassine.words.handoffs import HandoffRules
from glassine.words.models import Use
from glassine.words.rehearsals import OPEN, USUAL, Proposal, Rehearsal, RehearsalId, Shown, State, Verdict
from glassine.words.replays import Piece
from glassine.words.scenarios import ScenarioId

router = APIRouter(prefix="/rehearsals", route_class=PageRoute)
_STATES: Mapping[State, tuple[str, str, str]] = {  # look, icon, word
    State.RUNNING: ("", "clock", "Running"), State.READY: ("good", "check", "Ready"), State.STOPPED: ("warn", "alert", "Stopped"), State.CANCELLED: ("", "closed", "Cancelled"),
    State.PUBLISHED: ("good", "check", "Published"), State.DROPPED: ("", "bin", "Dropped"),
}  # fmt: skip


class Row(NamedTuple):
    """One side by side: `pieces` is where two ends of one sort differ; an answer and a handoff share words by chance only."""

    shown: Shown
    pieces: tuple[Piece, ...]


class Group(NamedTuple):
    """Conversations that would end in the same other way."""

    title: str
    rows: list[Row]


@router.get("")
async def listed(request: Request, staff: Signed) -> Response:
    found = await rehearsing.newest(staff.world, staff.actor)
    return await sheet(request, staff, "rehearsals", rehearsals=[(one, _named(one.proposal), rehearsals.told(one.tally), _STATES[one.state]) for one in found])


def _named(proposal: Proposal) -> str:
    """What is changed, as a heading."""
    return ", ".join({"scenario": "a scenario", "models": "the models that answer", **PARTS}[kind] for kind in proposal.kinds).capitalize()


@router.post("/{what}")
async def begin(request: Request, staff: Signed, what: str) -> Response:
    """Tries what the form of another page holds, as it is typed there."""
    given = await form(request)
    sessions = given.get("on", "")
    begun = await rehearsing.begin(staff.world, staff.actor, await _proposed(staff, what, given), int(sessions) if sessions.isdecimal() and len(sessions) < 5 else USUAL)
    return done(request, staff, f"/settings/rehearsals/{begun.id}", None, "go")


async def _proposed(staff: Staff, what: str, given: Mapping[str, str]) -> Proposal:
    if what == "topics":
        before, _ = await topic_lists.current(staff.world, staff.actor)
        return Proposal(parts={"topics": topics.written(given, before).written()})
    if what == "handoff":
        return Proposal(parts={"handoff": handoff.typed(given).written()})
    if what == "guard":
        return Proposal(parts={"guard": guarding.written(guard.typed(given))})
    if what == "models":
        chosen = model.picked(given, Use.ANSWER)
        return Proposal(models=tuple(chosen or [one.id for one in (await model_settings.current(staff.world, staff.actor)).endpoints]))
    if what == "scenario":
        return Proposal(scenario=_id(given.get("id", "")))
    raise NotFound("There is nothing of this name that could be tried.")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such scenario.") from None


@router.get("/{id}")
async def show(request: Request, staff: Signed, id: UUID, start: int = 0) -> Response:
    """One rehearsal; htmx asks for its middle again and again while it runs."""
    found = await rehearsing.one(staff.world, staff.actor, RehearsalId(id))
    values = await _seen(staff, found, max(0, start))
    if by_htmx(request):
        return fragment(request, staff, "settings/rehearsal_found.html", **values)
    return await sheet(request, staff, "rehearsal", listed="rehearsals", change=await _change(staff, found), **values)


async def _seen(staff: Staff, found: Rehearsal, start: int) -> dict[str, Any]:
    wanted = {
        "differing": (Verdict.DIFFERS, start), "unknown": (Verdict.UNKNOWN, 0), "left_out": (Verdict.LEFT_OUT, 0),
    }  # fmt: skip
    shown = {name: await rehearsing.cases(staff.world, staff.actor, found.id, [verdict], offset=offset) for name, (verdict, offset) in wanted.items()}
    unasked = found.tally.tokens_in > 0
    return {
        "one": found, "named": _named(found.proposal), "told": rehearsals.told(found.tally), "state": _STATES[found.state], "open": found.state in OPEN, "start": start, "most": rehearsing.LISTED,
        "groups": _grouped(shown["differing"]), "unknown": shown["unknown"], "left_out": _whys(shown["left_out"]),
        "costs": await rehearsing.costs(staff.world, staff.actor, found) if unasked else None,
    }


def _grouped(shown: list[Shown]) -> list[Group]:
    made = []
    for (before, after), rows in groupby(shown, key=lambda one: (one.case.before and one.case.before.end, one.case.after and one.case.after.end)):
        if before and after:
            each = [Row(one, differences.pieces(one.case.before.outcome, one.case.after.outcome) if before is after else ()) for one in rows if one.case.before and one.case.after]
            words = rehearsals.move(before, after, len(each))
            made.append(Group(words, each))
    return made


def _whys(shown: list[Shown]) -> list[tuple[str, int]]:
    counted: dict[str, int] = {}
    for one in shown:
        counted[one.case.why] = counted.get(one.case.why, 0) + 1
    return list(counted.items())


async def _change(staff: Staff, found: Rehearsal) -> tuple[Piece, ...] | str:
    """What would be changed: where the words of then and of the proposal differ, or a sentence."""
    proposal = found.proposal
    if proposal.scenario is not None:
        try:
            scenario, _ = await training.one(staff.world, staff.actor, ScenarioId(proposal.scenario))
        except (NotFound, Refused):
            return "A scenario that is not there any more."
        return f"The draft of the scenario “{scenario.draft.title}” is published."
    if proposal.models:
        now = await model_settings.current(staff.world, staff.actor)
        names = {one.id: one.name for one in (*now.endpoints, *filter(None, [now.operator]))}
        return f"Customers are answered by {', then '.join(names.get(id, 'a model that is not there any more') for id in proposal.models)}."
    before = await rulebooks.at(staff.world, staff.actor, found.rulebook)
    written = [(_words(name, before.part(name)), _words(name, part)) for name, part in proposal.parts.items()]
    return differences.shortened(differences.pieces("\n".join(one for one, _ in written), "\n".join(two for _, two in written)))


def _words(name: str, part: Mapping[str, Any]) -> str:
    """A part of the rulebook line by line."""
    if name == "topics":
        lists = Topics.read(part)
        titles = {stance: title for stance, title, *_ in topics.LISTS}
        lines = [f"{titles[stance]}: {topic.name}{_examples(len(topic.examples))}" for stance, listed in lists.lists.items() for topic in listed]
        return "\n".join([*lines, f"Sure from {lists.least:.2f}", *(["Nothing else is answered"] if lists.only else [])])
    if name == "handoff":
        rules = HandoffRules.read(part)
        named = {toggle.key: toggle.name for _, toggles in handoff.GROUPS for toggle in toggles}
        return "\n".join([next(title for level, title, _ in handoff.LEVELS if level is rules.level), *(f"{title}: {_number(getattr(rules.triggers, key))}" for key, title in named.items())])
    given = guarding.read(part)
    numbers = (("Share of a sentence that is backed", given.claims), ("Quoted from", given.thresholds.answer), ("Offered from", given.thresholds.suggest))
    return "\n".join([*(f"{title}: {value:g}" for title, value in numbers), *(f"Promise: {line}" for line in given.promises)])


def _examples(count: int) -> str:
    return f" ({count} {'example' if count == 1 else 'examples'})" if count else ""


def _number(value: int | bool) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value) if value else "off"


@router.post("/{id}/ask")
async def ask(request: Request, staff: Signed, id: UUID) -> Response:
    await rehearsing.ask_models(staff.world, staff.actor, RehearsalId(id))
    return done(request, staff, f"/settings/rehearsals/{id}", None, "reload")


@router.post("/{id}/go-on")
async def go_on(request: Request, staff: Signed, id: UUID) -> Response:
    await rehearsing.go_on(staff.world, staff.actor, RehearsalId(id))
    return done(request, staff, f"/settings/rehearsals/{id}", None, "reload")


@router.post("/{id}/cancel")
async def cancel(request: Request, staff: Signed, id: UUID) -> Response:
    await rehearsing.cancel(staff.world, staff.actor, RehearsalId(id))
    said = Said(text="Cancelled. What was found so far stays.", undo=f"/settings/rehearsals/{id}/go-on")
    return done(request, staff, f"/settings/rehearsals/{id}", said, "reload")


@router.post("/{id}/publish")
async def publish(request: Request, staff: Signed, id: UUID) -> Response:
    version = await rehearsing.publish(staff.world, staff.actor, RehearsalId(id))
    undo = f"/settings/autopilot/versions/{version}/undo" if version else ""
    return done(request, staff, f"/settings/rehearsals/{id}", Said(text="Published. It holds for messages from now on.", undo=undo), "reload")


@router.post("/{id}/drop")
async def drop(request: Request, staff: Signed, id: UUID) -> Response:
    await rehearsing.drop(staff.world, staff.actor, RehearsalId(id))
    return done(request, staff, "/settings/rehearsals", Said(text="Dropped. Nothing was changed."), "go")
