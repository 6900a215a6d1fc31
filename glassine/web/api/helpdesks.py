"""Helpdesks over the public API: connect, read, change, try, disconnect. What happens is told in story/helpdesks/setting_up.py."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from glassine.story.helpdesks import setting_up, trying_helpdesk
from glassine.story.helpdesks.setting_up import Options, Seen
from glassine.story.world import World
from glassine.web.api import described_helpdesks as described
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import Refused
from glassine.words.helpdesks import Checked, HelpdeskId, Step, Telling
from glassine.words.people import Actor

router = APIRouter(tags=["Helpdesks"])
Reader = Annotated[Actor, Depends(Scope("helpdesks:read"))]
Writer = Annotated[Actor, Depends(Scope("helpdesks:write"))]


class HelpdeskInput(Body):
    """`settings` as the kind's fields ask for them, secrets with them. They are tried before anything is saved. `policy`: field -> masked, pseudonym or raw."""

    kind: str = Field(max_length=60)
    name: str = Field(min_length=1, max_length=60)
    settings: dict[str, str] = Field(default_factory=dict, max_length=50)
    policy: dict[str, Telling] = Field(default_factory=dict, max_length=10)


class HelpdeskChange(Body):
    """What is named changes; a secret that is not named stays."""

    name: str | None = Field(None, min_length=1, max_length=60)
    settings: dict[str, str] | None = Field(None, max_length=50)
    policy: dict[str, Telling] | None = Field(None, max_length=10)


@router.get("/helpdesk-kinds", responses=shows(described.Kinds))
async def list_kinds(actor: Reader) -> Any:  # noqa: ARG001 - the dependency checks the scope
    """Which kinds of helpdesks there are, and what each asks for."""
    return JSONResponse({"items": [
        {"kind": kind.name, "title": kind.title, "needs": list(kind.needs), "fields": [
            {"name": f.name, "title": f.title, "help": f.help, "kind": f.kind, "required": f.required, "default": f.default, "choices": dict(f.choices)} for f in kind.fields
        ], "begin": [_step(step) for step in kind.begin]}
        for kind in setting_up.kinds()
    ]})


@router.get("/helpdesks", responses=shows(described.Helpdesks))
async def list_helpdesks(world: Here, actor: Reader) -> Any:
    """All connected helpdesks by name, each with how it stands."""
    return JSONResponse({"items": [await _shape(world, actor, one) for one in await setting_up.listing(world, actor)]})


@router.post("/helpdesks", status_code=201, responses=shows(described.Connected, 201))
async def connect_helpdesk(world: Here, actor: Writer, body: HelpdeskInput) -> Any:
    """Try the settings, connect the helpdesk, and make on its side what makes it tell us."""
    made, checked = await setting_up.create(world, actor, body.kind, body.settings, Options(name=body.name.strip(), policy=dict(body.policy)))
    return JSONResponse(await _connected(world, actor, made.id, checked), status_code=201)


@router.get("/helpdesks/{id}", responses=shows(described.Helpdesk))
async def get_helpdesk(world: Here, actor: Reader, id: UUID) -> Any:
    """One helpdesk."""
    return JSONResponse(await _shape(world, actor, await setting_up.seen(world, actor, HelpdeskId(id))))


@router.patch("/helpdesks/{id}", responses=shows(described.Connected))
async def change_helpdesk(world: Here, actor: Writer, id: UUID, body: HelpdeskChange) -> Any:
    """Change what is named. The settings are tried first, and what was given up is tried again."""
    before = await setting_up.load(world, actor, HelpdeskId(id))
    options = Options(name=(body.name or before.name).strip(), policy={**before.policy, **(body.policy or {})})
    _, checked = await setting_up.change(world, actor, before.id, {**before.settings, **(body.settings or {})}, options)
    return JSONResponse(await _connected(world, actor, before.id, checked))


@router.delete("/helpdesks/{id}", responses=shows(described.Gone))
async def disconnect_helpdesk(world: Here, actor: Writer, id: UUID) -> Any:
    """Disconnect it: what was made on its side is taken away, its open conversations go to your own inbox, and its key is forgotten."""
    _, trouble = await setting_up.disconnect(world, actor, HelpdeskId(id))
    return JSONResponse({"trouble": trouble or None})


@router.post("/helpdesks/{id}/test", responses=shows(described.Tried))
async def test_helpdesk(world: Here, actor: Writer, id: UUID) -> Any:
    """Open a real ticket that is marked as a test, and solve it again."""
    try:
        tried = await trying_helpdesk.hand_off(world, actor, HelpdeskId(id))
    except DeliveryFailed as failed:
        raise Refused(failed.message, status=409, code="helpdesk_failed") from None
    return JSONResponse({"ticket_id": tried.id, "url": tried.url, "trouble": tried.trouble or None})


@router.post("/helpdesks/{id}/install", responses=shows(described.Helpdesk))
async def install_helpdesk(world: Here, actor: Writer, id: UUID) -> Any:
    """Make on its side once more what makes it tell us."""
    await setting_up.install(world, actor, HelpdeskId(id))
    return JSONResponse(await _shape(world, actor, await setting_up.seen(world, actor, HelpdeskId(id))))


async def _connected(world: World, actor: Actor, id: HelpdeskId, checked: Checked) -> dict[str, Any]:
    return {"helpdesk": await _shape(world, actor, await setting_up.seen(world, actor, id)), "reached": checked.reached, "missing": list(checked.missing)}


def _step(step: Step) -> dict[str, str]:
    return {"title": step.title, "text": step.text}


async def _shape(world: World, actor: Actor, one: Seen) -> dict[str, Any]:
    desk, counts, fills_by = one.desk, one.counts, await setting_up.fills_by(world, actor)
    return {
        "id": str(desk.id), "kind": desk.kind, "name": desk.name, "settings": dict(desk.settings), "secrets": list(one.secrets), "hosts": list(one.hosts),
        "policy": {name: str(how) for name, how in one.policy.items()}, "choices": desk.offered, "forms": {name: form.stored() for name, form in desk.forms.items()}, "fills_by": fills_by or None, "hook_url": setting_up.hook_url(world, desk.id), "trouble": one.trouble or counts.why,
        "missing": list(desk.missing), "steps": [_step(step) for step in setting_up.addressed(world, one)],
        "counts": {"opened": counts.opened, "failing": counts.failing, "waiting": counts.waiting, "stuck": counts.stuck}, "created_at": moment(desk.created_at),
    }
