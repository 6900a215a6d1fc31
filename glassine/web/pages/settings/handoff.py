"""Settings › Handoff: how readily the AI hands off, by a level or trigger by trigger, and what customers read then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from glassine.story import house
from glassine.story.behaviour import autopilot, handoffs
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment
from glassine.web.pages.settings.sheet import sheet
from glassine.web.staff import PageRoute, Signed
from glassine.words.errors import Refused
from glassine.words.handoffs import MOST, PRESETS, HandoffRules, Level, Triggers

router = APIRouter(prefix="/handoff", route_class=PageRoute)

LEVELS = (
    (Level.AI_ONLY, "L0: AI only", "Nobody is handed off for what they say. Who asks for a person is told kindly that there is none here. Topics that your team answers, a failing model and the switch for all AI still lead to people."),
    (Level.QUICK, "L1: Quick", "Hands off at once: on a request for a person, on anger, when no article answers, and when nothing moves on. This is how everybody begins."),
    (Level.BALANCED, "L2: Balanced", "Tries twice before it gives up, and asks what it is about before it honours a request for a person that says nothing else."),
    (Level.AI_FIRST, "L3: AI first", "Wants the whole problem and tries several times. A person must be asked for twice, and anger alone does not hand off."),
    (Level.CUSTOM, "Advanced", "You set each trigger yourself."),
)  # fmt: skip


class Toggle(NamedTuple):
    """One trigger: its field, its name, and what stands beside its number. `most` is None for a yes or no."""

    key: str
    name: str
    words: str
    most: int | None = None


GROUPS = (
    ("What the customer says", (
        Toggle("request", "Asks for a person", "times before people take over", MOST["request"]),
        Toggle("basics", "Is asked first what it is about", "Once, and only who asks for a person and says nothing else."),
        Toggle("tone", "Is angry", "By insults, shouting, and how the message sounds."),
    )),
    ("What the AI cannot do", (
        Toggle("nothing_found", "No article answers", "messages in a row without an answer", MOST["nothing_found"]),
        Toggle("low_confidence", "It is not sure which article answers", "messages in a row without an answer", MOST["low_confidence"]),
        Toggle("refused", "Its answer fails the check of facts", "messages in a row without an answer", MOST["refused"]),
        Toggle("action_failed", "An action fails", "messages in a row without an answer", MOST["action_failed"]),
        Toggle("topic", "The message is about a topic that your team answers", "The topics stand in Settings › Autopilot."),
    )),
    ("When nothing moves on", (
        Toggle("same_question", "The customer asks the same again", "times in all", MOST["same_question"]),
        Toggle("same_answer", "The AI would say the same again", "times in all", MOST["same_answer"]),
        Toggle("contacts", "The customer comes back", "earlier conversations that people took over or nobody solved", MOST["contacts"]),
        Toggle("days", "They count for", "days", MOST["days"]),
        Toggle("reopened", "A conversation is opened again", "At the first message after that, and only once."),
        Toggle("messages", "The AI has written", "messages in one conversation", MOST["messages"]),
        Toggle("minutes", "The customer has been here for", "minutes", MOST["minutes"]),
    )),
)  # fmt: skip


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    rules, book = await handoffs.rules(staff.world, staff.actor.org), await autopilot.in_force(staff.world, staff.actor.org)
    past = await autopilot.history(staff.world, staff.actor, part="handoff", limit=10)
    custom = rules.custom if rules.level is Level.CUSTOM else rules.triggers
    return await sheet(
        request, staff, "handoff", rules=rules, custom=custom, levels=LEVELS, groups=GROUPS, number=book.number, past=[(one, _named(one.before), _named(one.after)) for one in past],
        reads=await _reads(staff, rules),
    )


async def _reads(staff: Signed, rules: HandoffRules) -> list[tuple[str, str]]:
    settings = (await house.organization(staff.world, staff.actor.org)).settings
    return handoffs.preview(rules, next(iter(settings.languages), "en"), settings.patience)


def _named(part: Mapping[str, Any]) -> str:
    level = HandoffRules.read(part).level
    return next(name for one, name, _ in LEVELS if one is level)


@router.post("/preview")
async def preview(request: Request, staff: Signed) -> Response:
    """What customers would read by what is chosen, before it is saved."""
    rules = typed(await form(request))
    if by_htmx(request):
        return fragment(request, staff, "settings/handoff_reads.html", reads=await _reads(staff, rules))
    return await show(request, staff)


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    given = await form(request)
    rules, read_at = typed(given), given.get("number", "")
    book = await handoffs.set_rules(staff.world, staff.actor, rules.level, rules.custom, expects=int(read_at) if read_at.isdecimal() else None)
    return done(request, staff, "/settings/handoff", Said(text="Saved. It holds for messages from now on.", undo=f"/settings/handoff/{book.number}/undo"), "reload")


@router.post("/{number}/undo")
async def undo(request: Request, staff: Signed, number: int) -> Response:
    book = await handoffs.undo(staff.world, staff.actor, number)
    return done(request, staff, "/settings/handoff", Said(text="It is as it was before.", undo=f"/settings/handoff/{book.number}/undo"), "reload")


def typed(given: Mapping[str, str]) -> HandoffRules:
    """Raises Refused for a level that does not exist, or a number that is none."""
    level = next((level for level in Level if level == given.get("level")), None)
    if level is None:
        raise Refused("Choose how readily the AI hands off.")
    if level is not Level.CUSTOM:
        return HandoffRules(level=level, custom=PRESETS[level])
    names = {each.key: each.name for _, toggles in GROUPS for each in toggles}
    values: dict[str, Any] = {}
    for each in fields(Triggers):
        if isinstance(each.default, bool):
            values[each.name] = given.get(each.name) == "yes"
        elif not (said := given.get(each.name, "").strip() or "0").isdecimal() or len(said) > 5:
            raise Refused(f"“{names[each.name]}” needs a whole number. 0 switches it off.")
        else:
            values[each.name] = int(said)
    return HandoffRules(level=level, custom=Triggers(**values))
