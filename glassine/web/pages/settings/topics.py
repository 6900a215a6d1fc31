"""Settings › Topics: which messages the AI answers and which it leaves to people, tried out on a message and on past conversations before it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import require
from glassine.rules.topic_scores import left_to_people, together
from glassine.story.behaviour import autopilot, topic_lists
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.autopilot import Stance, Topic, Topics
from glassine.words.errors import Refused
from glassine.words.people import Verb

router = APIRouter(prefix="/topics", route_class=PageRoute)
LISTS = (
    (Stance.HANDS_OFF, "Left to people", "A message about one of these goes to your team. The AI says nothing about it.", "Complaints about staff\nLegal threats\nClosing an account"),
    (Stance.ANSWERS, "Answered by the AI", "What the AI is there for. It sharpens the difference to the list above; with the box below, it answers nothing else.", "Returns and refunds\nDelivery times"),
    (Stance.NO_ASSIST, "No drafts", "The AI drafts nothing for your team about these.", "Job applications"),
)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    topics, number = await topic_lists.current(staff.world, staff.actor)
    return await _sheet(request, staff, topics, number)


async def _sheet(request: Request, staff: Staff, topics: Topics, number: int, *, status: int = 200, wrong: str = "", **values: Any) -> Response:
    newest = await autopilot.history(staff.world, staff.actor, part="topics", limit=1)
    lists = [{"key": str(stance), "name": name, "says": says, "hint": hint, "topics": topics.lists[stance]} for stance, name, says, hint in LISTS]
    return await sheet(request, staff, "topics", status=status, lists=lists, topics=topics, number=number, wrong=wrong, changed=newest[0] if newest else None, **{"message": "", "found": None, "trial": None, **values})


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    """Puts the lists in force."""
    given = await form(request)
    before, number = await topic_lists.current(staff.world, staff.actor)
    typed = written(given, before)
    try:
        book = await topic_lists.save(staff.world, staff.actor, typed, expects=_number(given, number))
    except Refused as refusal:
        return await _sheet(request, staff, typed, number, status=refusal.status, wrong=str(refusal))
    undo = f"/settings/autopilot/versions/{book.number}/undo" if book.number != number else ""
    return done(request, staff, "/settings/topics", Said(text="Saved. It holds for messages from now on." if undo else "Nothing was changed.", undo=undo), "reload")


def _number(given: Mapping[str, str], newest: int) -> int:
    """The version that the form was made from; other parts may have changed since, so it is only compared where lists were typed."""
    return int(given["number"]) if given.get("number", "").isdecimal() else newest


def written(given: Mapping[str, str], before: Topics) -> Topics:
    """What a form holds: a line for each topic, and examples beside the topics that there were."""
    lists = {stance: _list(given, stance, before.lists[stance]) for stance in Stance}
    least = given.get("least", "")
    try:
        sure = float(least) / 100 if least else before.least
    except ValueError:
        raise Refused("How sure the AI must be is a number of per cent.") from None
    return Topics(hands_off=lists[Stance.HANDS_OFF], answers=lists[Stance.ANSWERS], no_assist=lists[Stance.NO_ASSIST], only=given.get("only") == "yes", least=sure)


def _list(given: Mapping[str, str], stance: Stance, before: Sequence[Topic]) -> tuple[Topic, ...]:
    """A topic keeps its examples by its name, or by its place where a line was only reworded."""
    names = [name for line in given.get(stance, "").splitlines() if (name := " ".join(line.split()))]
    examples = {topic.name: tuple(filter(None, map(str.strip, given.get(f"examples:{stance}:{place}", "\n".join(topic.examples)).splitlines()))) for place, topic in enumerate(before)}
    reworded = dict(zip(names, (topic.name for topic in before), strict=True)) if len(names) == len(before) else {}
    return tuple(Topic(name=name, examples=examples.get(name, examples.get(reworded.get(name, ""), ()) if reworded.get(name) not in names else ())) for name in names)


@router.post("/try")
async def try_out(request: Request, staff: Signed) -> Response:
    """What a message is about, by the lists as they are typed. By post, so that what people try stands in no address and no log."""
    given = await form(request)
    before, number = await topic_lists.current(staff.world, staff.actor)
    typed, message = written(given, before), given.get("message", "")[:2_000]
    found = await topic_lists.of_text(staff.world, staff.actor, typed, message) if message.strip() else ()
    values: dict[str, Any] = {"found": found, "message": message, "verdict": _verdict(typed, found)}
    if by_htmx(request):
        return fragment(request, staff, "settings/topics_tried.html", topics=typed, **values)
    return await _sheet(request, staff, typed, number, **values)


def _verdict(topics: Topics, found: Sequence[Any]) -> str:
    if together(found, Stance.HANDS_OFF) >= topics.least:
        return "It would be left to people."
    if left_to_people(topics, found):
        return "It would be left to people: it is about nothing that the AI answers."
    return "The AI would answer it, if your articles do."


@router.post("/past")
async def past(request: Request, staff: Signed) -> Response:
    """What the lists as they are typed would have made of past conversations."""
    given = await form(request)
    before, number = await topic_lists.current(staff.world, staff.actor)
    typed = written(given, before)
    try:
        trial = await topic_lists.on_past(staff.world, staff.actor, typed)
    except Refused as refusal:
        return await _sheet(request, staff, typed, number, status=refusal.status, wrong=str(refusal))
    saved = {topic.name for topic in before.hands_off}
    if by_htmx(request):
        return fragment(request, staff, "settings/topics_past.html", trial=trial, saved=saved, topics=typed)
    return await _sheet(request, staff, typed, number, trial=trial, saved=saved)


@router.post("/example")
async def example(request: Request, staff: Signed) -> Response:
    """One more example of a topic."""
    require(staff.actor, Verb.CHANGE_SETTINGS)
    given = await form(request)
    stance = next((stance for stance in Stance if stance == given.get("list")), Stance.HANDS_OFF)
    book = await topic_lists.add_example(staff.world, staff.actor, stance, given.get("topic", ""), given.get("text", ""))
    return done(request, staff, "/settings/topics", Said(text="Added as an example.", undo=f"/settings/autopilot/versions/{book.number}/undo"), "reload")
