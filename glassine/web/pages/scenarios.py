"""Knowledge › Scenarios: what the AI is told beside the articles. List by directory, write, publish, restore, try a message, and make one from a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from glassine.rules.permits import require
from glassine.rules.scenarios import LIKE
from glassine.story.knowledge import segments, training
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment, page
from glassine.web.pages.wording import CHANNELS
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused
from glassine.words.ids import SegmentId, SessionId
from glassine.words.people import Verb
from glassine.words.scenarios import Fields, Scenario, ScenarioId, ScenarioKind, Version
from glassine.words.sessions import ChannelKind

router = APIRouter(prefix="/knowledge/scenarios", include_in_schema=False, route_class=PageRoute)
_MOST = 500


@router.get("")
async def show_list(request: Request, staff: Signed, q: str = "") -> Response:
    return await _list(request, staff, q)


async def _list(request: Request, staff: Staff, q: str = "", **values: Any) -> Response:
    found, total = await training.listing(staff.world, staff.actor, contains=q.strip(), limit=_MOST)
    shelves: dict[str, list[Scenario]] = {}
    for one in found:
        shelves.setdefault(one.directory, []).append(one)
    return await page(request, staff, "scenarios.html", here="knowledge", shelves=shelves, total=total, q=q, **{"message": "", "trial": None, "channel": "web", "like": LIKE, "channels": _channels(), **values})


def _channels() -> list[tuple[str, str]]:
    return [(str(kind), CHANNELS.get(kind, (str(kind),))[0]) for kind in ChannelKind]


@router.post("/try")
async def try_out(request: Request, staff: Signed) -> Response:
    """Which scenarios a message would meet. By post, so that what people try stands in no address and no log."""
    given = await form(request)
    message, channel = given.get("message", "")[:2_000], given.get("channel", "web")
    trial = await training.try_out(staff.world, staff.actor, message, channel)
    if by_htmx(request):
        return fragment(request, staff, "scenario_trial.html", trial=trial, like=LIKE)
    return await _list(request, staff, message=message, trial=trial, channel=channel)


@router.get("/new")
async def new(request: Request, staff: Signed) -> Response:
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    return await _editor(request, staff, None, {"kind": str(ScenarioKind.SPECIFIC)})


@router.post("")
async def create(request: Request, staff: Signed) -> Response:
    return await _save(request, staff, None)


@router.post("/from-session/{session}")
async def from_session(request: Request, staff: Signed, session: UUID) -> Response:
    made = await training.from_session(staff.world, staff.actor, SessionId(session))
    return done(request, staff, f"/knowledge/scenarios/{made.id}", Said(text="A draft of a scenario is made. Check it, and publish it."))


@router.get("/{id}")
async def show(request: Request, staff: Signed, id: UUID) -> Response:
    scenario, versions = await training.one(staff.world, staff.actor, ScenarioId(id))
    return await _editor(request, staff, scenario, _given(scenario), versions=versions)


def _given(scenario: Scenario) -> dict[str, Any]:
    fields = scenario.draft
    return {
        "kind": str(scenario.kind), "title": fields.title, "content": fields.content, "triggers": "\n".join(fields.triggers), "verbatim": "yes" if fields.verbatim else "",
        "channels": set(fields.channels), "segments": {str(id) for id in fields.segments}, "directory": scenario.directory, "starts_at": _local(fields.starts_at),
        "ends_at": _local(fields.ends_at), "enabled": "yes" if scenario.enabled else "",
    }


def _local(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") if moment else ""


async def _editor(
    request: Request, staff: Staff, scenario: Scenario | None, given: dict[str, Any], *, wrong: str = "", status: int = 200, versions: Sequence[Version] = (),
) -> Response:
    usual: dict[str, Any] = {
        "title": "", "content": "", "triggers": "", "verbatim": "", "channels": set(), "segments": set(), "directory": "", "starts_at": "", "ends_at": "", "enabled": "yes",
    }
    return await page(
        request, staff, "scenario.html", here="knowledge", status=status, scenario=scenario, f={**usual, **given}, wrong=wrong, versions=versions, channels=_channels(),
        segments=await segments.every(staff.world, staff.actor), directories=[name for name in await training.directories(staff.world, staff.actor) if name],
        most=training.MOST_TRIGGERS,
    )


@router.post("/{id}")
async def save(request: Request, staff: Signed, id: UUID) -> Response:
    return await _save(request, staff, (await training.one(staff.world, staff.actor, ScenarioId(id)))[0])


async def _save(request: Request, staff: Staff, before: Scenario | None) -> Response:
    """Saves the draft, and publishes it when asked to; whatever goes wrong, the text comes back unharmed."""
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    raw = await request.form()
    given: dict[str, Any] = await form(request)
    given |= {name: {part for each in raw.getlist(name) for part in str(each).split(",") if part} for name in ("channels", "segments")}  # an Undo has one field of each
    kind, directory = ScenarioKind.BEHAVIORAL if given.get("kind") == "behavioral" else ScenarioKind.SPECIFIC, given.get("directory", "")
    try:
        fields = _fields(given)
        if before is None:
            made = await training.create(staff.world, staff.actor, Fields(**fields), kind=kind, directory=directory)
        else:
            on = given.get("enabled") == "yes"
            made = await training.edit(staff.world, staff.actor, before.id, fields, kind=kind, directory=directory, enabled=on, read_at=given.get("read_at"))
        before = made
        if given.get("do") == "publish":
            made = await training.publish(staff.world, staff.actor, made.id)
    except Refused as refused:
        return await _editor(request, staff, before, given, wrong=refused.message, status=refused.status)
    said = "Published. The AI goes by it from now on." if given.get("do") == "publish" else "Saved. What is live stays until you publish." if made.live else "Saved as a draft."
    return done(request, staff, f"/knowledge/scenarios/{made.id}", Said(text=said), "go")


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    """Raises Refused."""
    try:
        times = {name: datetime.fromisoformat(given[name]).replace(tzinfo=UTC) if given.get(name) else None for name in ("starts_at", "ends_at")}
        chosen = tuple(SegmentId(UUID(each)) for each in sorted(given["segments"]))
    except ValueError:
        raise Refused("Choose the days from the calendar, and the segments from the list.") from None
    return {
        "title": given.get("title", ""), "content": given.get("content", ""), "triggers": tuple(given.get("triggers", "").splitlines()), "verbatim": given.get("verbatim") == "yes",
        "channels": tuple(sorted(given["channels"])), "segments": chosen, **times,
    }


@router.post("/{id}/take-back")
async def take_back(request: Request, staff: Signed, id: UUID) -> Response:
    await training.take_back(staff.world, staff.actor, ScenarioId(id))
    return done(request, staff, f"/knowledge/scenarios/{id}", Said(text="Taken back. It is a draft, and no answer goes by it.", undo=f"/knowledge/scenarios/{id}/publish"), "reload")


@router.post("/{id}/publish")
async def publish(request: Request, staff: Signed, id: UUID) -> Response:
    await training.publish(staff.world, staff.actor, ScenarioId(id))
    return done(request, staff, f"/knowledge/scenarios/{id}", Said(text="Published. The AI goes by it from now on."), "reload")


@router.post("/{id}/restore")
async def restore(request: Request, staff: Signed, id: UUID) -> Response:
    number = (await form(request)).get("version", "")
    if not number.isdigit():
        raise Refused("Choose one of the versions in the list.")
    await training.restore(staff.world, staff.actor, ScenarioId(id), int(number))
    return done(request, staff, f"/knowledge/scenarios/{id}", Said(text=f"Version {number} is in the draft. Publish it to go by it again."), "reload")


@router.post("/{id}/delete")
async def delete(request: Request, staff: Signed, id: UUID) -> Response:
    """The page that answers holds its text once more, so that the act can be taken back while it is open."""
    gone = await training.delete(staff.world, staff.actor, ScenarioId(id))
    given = _given(gone)
    fields = {name: ",".join(sorted(value)) if isinstance(value, set) else value for name, value in given.items()} | {"do": "publish" if gone.live and gone.enabled else "save"}
    return await _list(request, staff, said=Said(text=f"“{gone.draft.title}” is deleted. No answer goes by it.", undo="/knowledge/scenarios", fields=fields))
