"""Inspect: one turn from top to bottom, the way the message went, also while it runs. Shows the evidence as it is; replays.py computes anew."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from glassine.store import Tx, actions, helpdesks, sessions
from glassine.story import conversations, saying
from glassine.story.inspection import inspecting
from glassine.web.pages import wording
from glassine.web.pages.actions.wording import STATES
from glassine.web.pages.frame import by_htmx, fragment, page
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.actions import ActionId, CallState
from glassine.words.errors import NotFound
from glassine.words.ids import SessionId, TurnId
from glassine.words.sessions import Event
from glassine.words.summaries import Became
from glassine.words.turns import Reason

router = APIRouter(include_in_schema=False, route_class=PageRoute)


class Figure(NamedTuple):
    """A number, and how long its bar is, 0 to 1. `note` says more in a few letters."""

    name: str
    value: float
    share: float
    note: str = ""


class Passage(NamedTuple):
    """What a search found; `figures` are its score, its similarity and what they were added up from."""

    hit: Mapping[str, Any]
    used: bool
    figures: list[Figure]


_STEPS = {  # in the order a turn takes them
    "load": "Reading the conversation", "look": "Reading the conversation", "names": "Names model", "mask": "Masking", "decide": "Deciding",
    "embed": "Encoding the question", "search": "Search", "extract": "Quoting", "prompt": "Prompt", "model": "Model", "actions": "Actions", "ground": "Guard",
    "settle": "Writing it down", "total": "Altogether",
}
_REACHED = ("decided", "searched", "model", "guard")  # the steps that a running turn tells of, in order
_FAILURES = frozenset({"timeout", "rate_limited", "refused", "malformed", "unreachable", "stopped", "denied", "spent"})
_DECISIONS = {"answer": "Answer", "assist": "Draft for the team", "hand_off": "Hand off", "stay_silent": "Stay silent"}


@router.get("/inbox/sessions/{id}/turns/now")
async def show_newest(staff: Signed, id: UUID) -> Response:
    """The turn that runs, or the last one that was taken."""
    return RedirectResponse(f"/inbox/sessions/{id}/turns/{await inspecting.newest(staff.world, staff.actor, SessionId(id))}", status_code=303)


@router.get("/inbox/sessions/{id}/turns/{turn}")
async def show_turn(request: Request, staff: Signed, id: UUID, turn: UUID) -> Response:
    """A whole page; for the page that watches a running turn only what may have changed."""
    try:
        values = await seen(staff, SessionId(id), TurnId(turn))
    except NotFound:
        if not by_htmx(request):
            raise
        return fragment(request, staff, "turn_gone.html", session=await conversations.session(staff.world, staff.actor.org, SessionId(id)))
    if by_htmx(request):
        return fragment(request, staff, "turn.html", **values)
    return await page(request, staff, "inspect.html", **values)


async def seen(staff: Staff, session_id: SessionId, turn: TurnId) -> dict[str, Any]:
    """Everything that the page of a turn shows. Raises NotFound, and Refused (403)."""
    world, org = staff.world, staff.actor.org
    row, step, others, summed = await inspecting.look(world, staff.actor, session_id, turn)
    session, log = await conversations.session(world, org, session_id), await conversations.timeline(world, org, session_id)
    trace: dict[str, Any] = row["trace"]
    notes, at = [str(note) for note in trace.get("notes") or []], others.index(turn)
    answered, failure = trace.get("answer") is not None, _failure(row["reasons"], notes)
    words, icon = wording.OUTCOMES.get(_outcome(row["outcome"]), (str(row["outcome"]), "system"))
    async with world.store.tx(org) as tx:
        debug_until = await sessions.debug_until(tx, org, session_id)
        called = [{**call, **told, "sent_to": await _sent_to(tx, staff, call)} for call, told in zip(trace.get("called") or [], _heard(trace), strict=True)]
    return {
        "here": "inbox", "session": session, "row": row, "trace": trace, "reveal_at": f"/inbox/sessions/{session_id}/reveal", "running": step,
        "reached": [*_REACHED[: _REACHED.index(step) + 1]] if step in _REACHED else [], "at": f"/inbox/sessions/{session_id}/turns/{turn}",
        "channel": wording.CHANNELS.get(session.channel, (str(session.channel), "chat"))[0], "message": _event(log, trace.get("message")),
        "result": _event(log, row["event_id"]), "outcome": words, "outcome_icon": icon, "reasons": [wording.reason(word) for word in row["reasons"]],
        "decision": _DECISIONS.get(str(trace.get("decision")), str(trace.get("decision") or "Not recorded")),
        "because": [wording.reason(note) for note in notes if note in wording.REASONS], "guarded": [note for note in notes if note not in wording.REASONS and note != failure],
        "answered": answered, "failure": failure, "passages": passages(trace.get("hits") or [], {str(id) for id in trace.get("used") or []}),
        "timings": _figures(trace.get("timings") or {}), "prompt_text": _prompt_text(trace), "masked": trace.get("masked") or {},
        "request_json": _json(trace.get("request")), "requests": requests(trace), "number": at + 1, "of": len(others),
        "before": others[at - 1] if at else None, "after": others[at + 1] if at + 1 < len(others) else None,
        "called": called, "offered": (trace.get("given") or {}).get("actions"), "debug": trace.get("debug") or {}, "debug_until": debug_until, "replayable": row["conditions"] is not None and not row["redacted_at"],
        "articles": list(dict.fromkeys((str(hit["article"]), str(hit["title"])) for hit in trace.get("hits") or [])), "shown": [*saying.shown(trace.get("given") or {})], "replay": None, "asked": None, "refusal": "", "given": {},
        "summed": await summed_up(staff, summed),
    }


class SummedUp(NamedTuple):
    """A call of a model for whoever takes over. `became` in words; `fields`: helpdesk, custom field, what was asked and what was filled in."""

    row: Mapping[str, Any]
    became: str
    failed: bool
    requests: list[Sent]
    fields: list[tuple[str, str, str, str]]
    notes: list[str]


async def summed_up(staff: Staff, rows: Sequence[Mapping[str, Any]]) -> list[SummedUp]:
    async with staff.world.store.tx(staff.actor.org) as tx:
        names = {str(one.id): one.name for one in await helpdesks.all_of(tx, staff.actor.org)} if rows else {}
    return [_summed(row, names) for row in rows]


def _summed(row: Mapping[str, Any], names: Mapping[str, str]) -> SummedUp:
    trace, filled = row["trace"], row["fields"]
    fields = [(names.get(one["helpdesk"], "a helpdesk that is gone"), one["name"], one["ask"], filled.get(one["helpdesk"], {}).get(one["name"], "")) for one in trace.get("wanted") or []]
    became, failed = _BECAME[Became(row["outcome"])]
    return SummedUp(row, became, failed, requests(trace), fields, list(trace.get("notes") or []))


_BECAME: Mapping[Became, tuple[str, bool]] = {
    Became.WRITTEN: ("What it wrote is what your team reads first.", False), Became.REFUSED: ("It said what nobody had said, or not what was asked for, so the customer's own words stay.", True),
    Became.FAILED: ("It gave no answer, so the customer's own words stay.", True), Became.LATE: ("The conversation had been handed back or handed off anew, so what it wrote is not used.", False),
}  # fmt: skip


@router.get("/inbox/sessions/{id}/summaries")
async def show_summaries(request: Request, staff: Signed, id: UUID) -> Response:
    """Every call of a model for whoever takes the conversation over, those without a turn too."""
    session = await conversations.session(staff.world, staff.actor.org, SessionId(id))
    rows = await inspecting.every_summary(staff.world, staff.actor, SessionId(id))
    return await page(request, staff, "summaries.html", here="inbox", session=session, summed=await summed_up(staff, rows), reveal_at=f"/inbox/sessions/{id}/reveal")


class Sent(NamedTuple):
    """A request to a language model: who was asked and how it went, in words, and its body."""

    title: str
    failed: str
    body: str


def requests(trace: Mapping[str, Any]) -> list[Sent]:
    """Every request of a turn in order; turns of earlier versions know of one."""
    asked = trace.get("asked") or []
    if not asked:
        return [Sent("Request body", "", _json(trace["request"]))] if trace.get("request") else []
    return [Sent(_asked(one, number, len(asked)), one.get("failed") or "", _json(one["request"])) for number, one in enumerate(asked, 1)]


def _asked(one: Mapping[str, Any], number: int, of: int) -> str:
    which = "Request body" if of == 1 else f"Request {number} of {of}"
    who = one["endpoint"] if one["endpoint"] == one["model"] else f"{one['endpoint']} ({one['model']})"
    took = f", {one['milliseconds'] / 1_000:.1f} s" if one.get("milliseconds") else ""
    return f"{which}, to {who}{took}"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) if value else ""


def _heard(trace: Mapping[str, Any]) -> list[dict[str, str]]:
    """For each call what became of it in words, and what the model was told of it: the answers stand in the rounds, in the order of what was wanted."""
    told: dict[str, list[str]] = {}
    for one in trace.get("rounds") or []:
        for wanted, message in zip(one["said"]["calls"], one["heard"], strict=False):
            told.setdefault(_key(wanted), []).append(str(message["content"]))
    found = []
    for call in trace.get("called") or []:
        words, colour = STATES[CallState(call["state"])]
        mine = told.get(_key(call)) or []
        found.append({"became": words, "colour": colour, "heard": mine.pop(0) if mine else ""})
    return found


def _key(call: Mapping[str, Any]) -> str:
    return json.dumps([call["name"], call["arguments"]], sort_keys=True)


async def _sent_to(tx: Tx, staff: Staff, call: Mapping[str, Any]) -> str:
    """Method and address as they were set up; the keys that go along are nobody's to see."""
    if not call.get("action"):
        return ""
    try:
        action, _ = await actions.at_version(tx, staff.actor.org, ActionId(UUID(str(call["action"]))), int(call["version"]))
    except NotFound:
        return ""
    return f"{action.method} {action.url}"


def _failure(reasons: Sequence[str], notes: Sequence[str]) -> str:
    """What the model's server did instead of answering, in the words of the turn's notes; empty when none was asked or it answered."""
    if Reason.MODEL_FAILED not in reasons and Reason.STOPPED_AT_GATE not in reasons:
        return ""
    return next((note for note in notes if note.partition(": ")[0] in _FAILURES), "The language model gave no usable answer.")


def _outcome(word: str) -> str:
    """`hand_off`, `handoff` and `HandOff` are the same outcome, written by different hands."""
    return {"reply": "Reply", "suggestion": "Suggestion", "handoff": "HandOff", "silence": "Silence"}.get(word.replace("_", "").lower(), word)


def _event(log: list[Event], id: object) -> Event | None:
    return next((event for event in log if id and str(event.id) == str(id)), None)


_PARTS: Mapping[str, str] = {
    "passage": "Meaning, whole", "sentence": "Meaning, best sentence", "words": "Shared words", "names": "Shared names", "met": "Word by word", "met_sentence": "Word by word, in a sentence",
}


def passages(hits: Sequence[Mapping[str, Any]], used: set[str]) -> list[Passage]:
    """What a search found, best first, each figure beside the same figure of the others. `used`: passage ids."""
    every = [{"score": float(hit["score"]), "similarity": float(hit["similarity"]), **{n: float(v) for n, v in (hit.get("scores") or {}).items()}} for hit in hits]
    return [Passage(hit, str(hit["passage"]) in used, [_part(name, own, every) for name in own if not name.startswith("z_") and name != "pinned"]) for hit, own in zip(hits, every, strict=True)]


def _part(name: str, own: Mapping[str, float], every: Sequence[Mapping[str, float]]) -> Figure:
    """The score has no fixed ends, so its bar lies between the worst and the best found; the parts are shares of the largest.

    A part's deviation from the others (`z_`), which is what the score adds up, stands beside it.
    """
    values = [other.get(name, 0.0) for other in every]
    low = min(values) if name == "score" and len(values) > 1 else 0.0
    width = 1.0 if name == "similarity" else max(values) - low
    z = own.get(f"z_{name}")
    return Figure(_PARTS.get(name, name.replace("_", " ").capitalize()), own[name], (own[name] - low) / width if width > 0 else 0.0, "" if z is None else f"{z:+.1f}\u202fσ")


def _figures(timings: Mapping[str, float]) -> list[Figure]:
    """Milliseconds by step, each as its share of the longest, in the order the steps are taken (JSON in the database keeps none)."""
    longest, order = max(timings.values(), default=0) or 1, [*_STEPS]
    steps = sorted(timings, key=lambda name: order.index(name) if name in order else len(order))
    return [Figure(_STEPS.get(name, name.replace("_", " ").capitalize()), timings[name], timings[name] / longest) for name in steps]


def _prompt_text(trace: Mapping[str, Any]) -> str:
    """The prompt in one piece, for copying."""
    messages = (trace.get("prompt") or {}).get("messages") or []
    return "\n\n".join(f"[{message['role']}]\n{message['content']}" for message in messages)
