"""OpenAPI files over the public API: one is imported, or only looked at; earlier imports are listed and taken back. What happens is told in story/actions/importing_actions.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import UploadFile

from glassine.rules.openapi.addresses import NO_ADDRESS
from glassine.rules.openapi.operations import NO_TOOLS
from glassine.rules.openapi.reading import UNREADABLE
from glassine.story.actions import importing_actions
from glassine.story.actions.importing_actions import File, Review
from glassine.story.world import World
from glassine.web.api import described_action_imports as described
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import JSONResponse
from glassine.words.errors import Refused
from glassine.words.openapi import Kind
from glassine.words.people import Actor

router = APIRouter(tags=["Actions"])
Reader = Annotated[Actor, Depends(Scope("actions:read"))]
Writer = Annotated[Actor, Depends(Scope("actions:write"))]
_BODY = {"requestBody": {"required": True, "content": {
    "application/json": {"schema": {"anyOf": [
        {"title": "The file with what belongs to it", "type": "object", "properties": {
            "spec": {"description": "The file, as an object or as a text of JSON or YAML."}, "url": {"type": "string", "description": "Its address, in place of `spec`."},
            "base_url": {"type": "string"}, "origin": {"type": "string"}, "dry_run": {"type": "boolean"},
        }},
        {"title": "The file itself", "type": "object", "properties": {"paths": {"type": "object"}}, "required": ["paths"]},
    ]}},
    "application/yaml": {"schema": {"type": "string", "description": "The file itself. What goes along stands in the query."}},
    "multipart/form-data": {"schema": {"type": "object", "properties": {
        "file": {"type": "string", "contentMediaType": "application/octet-stream"}, "base_url": {"type": "string"}, "origin": {"type": "string"}, "dry_run": {"type": "string"},
    }, "required": ["file"]}},
}}}


@router.put("/actions", responses=shows(described.Outcome), openapi_extra=_BODY)
async def import_actions(world: Here, actor: Writer, request: Request, dry_run: bool = False, base_url: str = "", origin: str = "") -> Any:
    """Import an OpenAPI file: its actions replace those of the same origin, and actions made by hand stay. `dry_run`: only tell what would change."""
    given = {"dry_run": dry_run, "base_url": base_url, "origin": origin, **await _given(request)}
    try:
        return JSONResponse(await _imported(world, actor, given))
    except Refused as refused:
        if refused.code not in (UNREADABLE, NO_TOOLS, NO_ADDRESS):
            raise
        return JSONResponse({"statusCode": refused.status, "message": refused.message, "error": refused.code}, status_code=refused.status)


async def _imported(world: World, actor: Actor, given: Mapping[str, Any]) -> dict[str, Any]:
    base, origin, address = (given.get(name) or "" for name in ("base_url", "origin", "url"))
    if not all(isinstance(each, str) for each in (base, origin, address)):
        raise Refused("base_url, origin and url are texts.")
    file = await importing_actions.fetched(world, actor, address) if address else File(content=given.get("content", b""))
    id = await importing_actions.begin(world, actor, replace(file, base=base, origin=origin))
    review = await importing_actions.review(world, actor, id)
    dry = given["dry_run"] in (True, "true", "1", "yes")
    if dry:
        await importing_actions.drop(world, actor, id)
    else:
        await importing_actions.take(world, actor, id, mark=review.mark)
    return _outcome(review, dry=dry)


async def _given(request: Request) -> dict[str, Any]:
    """`content`: the file's bytes. What stands beside it wins over the query."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with request.form() as form:
            file = form.get("file")
            content = await file.read() if isinstance(file, UploadFile) else str(file or "").encode()
            return {**{name: value for name, value in form.items() if name in ("base_url", "origin", "dry_run", "url") and isinstance(value, str)}, "content": content}
    body = await request.body()
    if kind != "application/json":
        return {"content": body}
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return {"content": body}
    if not isinstance(sent, dict) or "paths" in sent or not {"spec", "url"} & set(sent):
        return {"content": body}
    spec = sent.pop("spec", "")
    return {**sent, "content": (spec if isinstance(spec, str) else json.dumps(spec)).encode("utf-8", "replace")}


def _outcome(review: Review, *, dry: bool) -> dict[str, Any]:
    one = review.one
    return {
        "dry_run": dry, "import_id": None if dry else str(one.id), "origin": one.origin, "base_url": one.description.base,
        "counts": {kind.value: len(review.of(kind)) for kind in Kind}, "made_by_hand": review.by_hand,
        "changes": [importing_actions.told(each) for each in review.changes if each.kind is not Kind.SAME or each.notes],
        "left_out": [{"method": each.method, "path": each.path, "why": " ".join(each.notes)} for each in one.description.left_out],
        "notes": list(one.description.notes), "authentication": list(one.description.keys),
    }


@router.get("/action-imports", responses=shows(described.Imports))
async def list_imports(world: Here, actor: Reader) -> Any:
    """The newest imports of OpenAPI files."""
    return JSONResponse({"items": [
        {"id": str(one["id"]), "origin": one["origin"], "url": one["came_from"] or None, "by": one["by_name"], "actions": one["touched"], "imported_at": moment(one["taken_at"]), "undone_at": moment(one["undone_at"])}
        for one in await importing_actions.recent(world, actor)
    ]})


@router.post("/action-imports/{id}/undo", responses=shows(described.Undone))
async def undo_import(world: Here, actor: Writer, id: UUID) -> Any:
    """Take an import back. What somebody changed since stays, and is named."""
    return JSONResponse({"left": list(await importing_actions.undo(world, actor, id))})
