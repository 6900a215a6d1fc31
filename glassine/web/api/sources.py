"""Knowledge sources over the public API: connect, read, look at runs and pages, decide, upload. What happens is told in story/sources/connecting.py and tending.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field

from glassine.story.sources import connecting, tending
from glassine.story.sources.connecting import Options
from glassine.story.sources.tending import Seen
from glassine.web.api import described_sources as described
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.web.uploads import download
from glassine.words.ids import SegmentId, SourceId
from glassine.words.people import Actor
from glassine.words.sources import Cadence, RunOutcome
from glassine.words.syncing import Delay, Readers, Run

router = APIRouter(prefix="/knowledge", tags=["Knowledge sources"])
Reader = Annotated[Actor, Depends(Scope("help-center:read"))]
Writer = Annotated[Actor, Depends(Scope("help-center:write"))]


class SourceInput(Body):
    """`settings` as the kind's fields ask for them, secrets with them. They are tried before anything is saved."""

    kind: str = Field(max_length=60)
    name: str = Field(min_length=1, max_length=100)
    settings: dict[str, str] = Field(default_factory=dict, max_length=50)
    cadence: Cadence = Cadence.DAY
    readers: Readers = Readers.SOURCE
    segments: list[UUID] = Field(default_factory=list, max_length=100)
    max_age_hours: int | None = Field(None, ge=1, le=8_760)
    delete_share: int = Field(30, ge=1, le=100)
    canary: str = Field("", max_length=2_000)


class SourceChange(Body):
    """What is named changes; a secret that is not named stays."""

    name: str | None = Field(None, min_length=1, max_length=100)
    settings: dict[str, str] | None = Field(None, max_length=50)
    cadence: Cadence | None = None
    readers: Readers | None = None
    segments: list[UUID] | None = Field(None, max_length=100)
    max_age_hours: int | None = Field(None, ge=1, le=8_760)
    delete_share: int | None = Field(None, ge=1, le=100)
    canary: str | None = Field(None, max_length=2_000)


class Paths(Body):
    paths: list[str] = Field(min_length=1, max_length=500)


class Sync(Body):
    """Without `paths` the whole source; with them these pages only, read anew whatever is known of them."""

    paths: list[str] = Field(default_factory=list, max_length=500)


class Decision(Body):
    delete: bool


@router.get("/source-kinds", responses=shows(described.Kinds))
async def list_kinds(actor: Reader) -> Any:  # noqa: ARG001 - the dependency checks the scope
    """Which kinds of sources there are, and what each asks for."""
    return JSONResponse({"items": [
        {"kind": kind.name, "title": kind.title, "fields": [
            {"name": f.name, "title": f.title, "help": f.help, "kind": f.kind, "required": f.required, "default": f.default, "choices": dict(f.choices)} for f in kind.fields
        ]}
        for kind in connecting.kinds()
    ]})


@router.get("/sources", responses=shows(described.Sources))
async def list_sources(world: Here, actor: Reader) -> Any:
    """All sources by name, each with its newest run and its counts of pages."""
    return JSONResponse({"items": [shape(one) for one in await tending.listing(world, actor)]})


@router.post("/sources", status_code=201, responses=shows(described.Connected, 201))
async def create_source(world: Here, actor: Writer, body: SourceInput) -> Any:
    """Try the settings, connect the source, and begin its first run."""
    made, reached = await connecting.create(world, actor, body.kind, body.settings, Options(
        name=body.name.strip(), cadence=body.cadence, readers=body.readers, segments=tuple(map(SegmentId, body.segments)), max_age_hours=body.max_age_hours,
        share=body.delete_share, canary=body.canary,
    ))
    return JSONResponse({"source": shape(await tending.seen(world, actor, made.id)), "reached": reached}, status_code=201)


@router.get("/sources/{id}", responses=shows(described.Source))
async def get_source(world: Here, actor: Reader, id: UUID) -> Any:
    """One source."""
    return JSONResponse(shape(await tending.seen(world, actor, SourceId(id))))


@router.patch("/sources/{id}", responses=shows(described.Connected))
async def change_source(world: Here, actor: Writer, id: UUID, body: SourceChange) -> Any:
    """Change what is named. Other settings are tried first, and make the source be read anew at once. `max_age_hours` null takes the limit away."""
    before = (await tending.seen(world, actor, SourceId(id))).source
    _, reached = await connecting.change(world, actor, before.id, {**before.settings, **(body.settings or {})}, Options(
        name=(body.name or before.name).strip(), cadence=body.cadence or before.cadence, readers=body.readers or before.readers,
        segments=before.segments if body.segments is None else tuple(map(SegmentId, body.segments)),
        max_age_hours=body.max_age_hours if "max_age_hours" in body.model_fields_set else before.max_age_hours,
        share=body.delete_share or before.share, canary=before.canary if body.canary is None else body.canary,
    ))
    return JSONResponse({"source": shape(await tending.seen(world, actor, before.id)), "reached": reached})


@router.delete("/sources/{id}", status_code=204)
async def delete_source(world: Here, actor: Writer, id: UUID, keep_articles: bool = False) -> Response:
    """Delete a source and its articles; with `keep_articles` those become your own."""
    await connecting.remove(world, actor, SourceId(id), keep_articles=keep_articles)
    return Response(status_code=204)


@router.post("/sources/{id}/sync", responses=shows(described.Begun))
async def sync_source(world: Here, actor: Writer, id: UUID, body: Sync | None = None) -> Any:
    """Read a source now."""
    run = await tending.sync_now(world, actor, SourceId(id), body.paths if body else ())
    return JSONResponse({"run_id": str(run) if run else None})


@router.post("/sources/{id}/stop", responses=shows(described.Stopped))
async def stop_source(world: Here, actor: Writer, id: UUID) -> Any:
    """End the run that is under way. What it had read stays."""
    return JSONResponse({"stopped": await tending.stop(world, actor, SourceId(id))})


@router.post("/sources/{id}/decide", responses=shows(described.Changed))
async def decide_source(world: Here, actor: Writer, id: UUID, body: Decision) -> Any:
    """Delete what a run found gone and did not dare to delete, or keep it."""
    return JSONResponse({"pages": await tending.decide(world, actor, SourceId(id), delete=body.delete)})


@router.get("/sources/{id}/runs", responses=shows(described.Runs))
async def list_runs(world: Here, actor: Reader, id: UUID, limit: Annotated[int, Query(ge=1, le=200)] = 20) -> Any:
    """Runs over a source, newest first."""
    return JSONResponse({"items": [run_shape(one) for one in await tending.history(world, actor, SourceId(id), limit)]})


@router.get("/sources/{id}/pages", responses=shows(described.Pages))
async def list_pages(
    world: Here, actor: Reader, id: UUID, status: Literal["", "synced", "pending", "error", "excluded", "leaving"] = "",
    contains: Annotated[str, Query(max_length=200)] = "", limit: Annotated[int, Query(ge=1, le=200)] = 50, offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Any:
    """The pages of a source by path. `leaving` are those that wait for a decision."""
    found = await tending.pages(world, actor, SourceId(id), state=status, contains=contains, limit=limit, offset=offset)
    return JSONResponse({"total": found.total, "items": [
        {
            "path": one.path, "part_of": one.part_of, "article_id": str(one.article) if one.article else None, "title": one.title, "url": one.url, "status": one.state,
            "reason": one.reason, "leaving": one.leaving, "updated_at": _moment(one.updated_at), "synced_at": _moment(one.synced_at),
        }
        for one in found.pages
    ]})


@router.post("/sources/{id}/pages/exclude", responses=shows(described.Changed))
async def exclude_pages(world: Here, actor: Writer, id: UUID, body: Paths) -> Any:
    """Leave pages out, by their `part_of`: out of every answer at once, and passed over from now on."""
    return JSONResponse({"pages": await tending.exclude(world, actor, SourceId(id), body.paths)})


@router.post("/sources/{id}/pages/include", responses=shows(described.Changed))
async def include_pages(world: Here, actor: Writer, id: UUID, body: Paths) -> Any:
    """Take pages in again. They are read at once."""
    return JSONResponse({"pages": await tending.include(world, actor, SourceId(id), body.paths)})


@router.get("/sources/{id}/files", responses=shows(described.Uploads))
async def list_files(world: Here, actor: Reader, id: UUID) -> Any:
    """What was uploaded to a source of files."""
    found = await tending.uploads(world, actor, SourceId(id))
    return JSONResponse({"items": [{"name": one.name, "type": one.media_type, "size": one.size, "sha256": one.digest, "uploaded_at": moment(one.uploaded_at)} for one in found]})


@router.put("/sources/{id}/files/{name}", responses=shows(described.Uploaded), openapi_extra={
    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
})
async def put_file(world: Here, actor: Writer, id: UUID, name: str, request: Request) -> Any:
    """Upload a file (the request's body, at most 25 MB) in the place of one of the same name. Its ending says what it is: pdf, docx, md, html, txt, csv."""
    return JSONResponse({"name": await tending.upload(world, actor, SourceId(id), name, await request.body())})


@router.get("/sources/{id}/files/{name}", response_class=Response)
async def get_file(world: Here, actor: Reader, id: UUID, name: str) -> Response:
    """A file as it was uploaded."""
    media_type, content = await tending.uploaded(world, actor, SourceId(id), name)
    return download(name, media_type, content)


@router.delete("/sources/{id}/files/{name}", status_code=204)
async def delete_file(world: Here, actor: Writer, id: UUID, name: str) -> Response:
    """Delete a file. What was read of it is out of every answer at once."""
    await tending.delete_upload(world, actor, SourceId(id), name)
    return Response(status_code=204)


def shape(seen: Seen) -> dict[str, Any]:
    one = seen.source
    return {
        "id": str(one.id), "kind": one.kind, "name": one.name, "settings": dict(one.settings), "secrets": list(seen.secrets), "hosts": list(seen.hosts), "cadence": one.cadence,
        "readers": one.readers, "segments": [str(each) for each in one.segments], "max_age_hours": one.max_age_hours, "delete_share": one.share, "canary": one.canary,
        "next_run_at": _moment(one.next_run_at), "last_success_at": _moment(one.last_done_at), "withdrawn_at": _moment(one.withdrawn_at), "created_at": moment(one.created_at),
        "pages": seen.states, "delay": _delay(seen.delay), "canary_delay": _delay(seen.canary), "run": run_shape(seen.run) if seen.run else None,
    }


_JOBS: Mapping[RunOutcome, str] = {
    RunOutcome.RUNNING: "scraping", RunOutcome.DONE: "completed", RunOutcome.WAITING: "completed", RunOutcome.FAILED: "failed", RunOutcome.STOPPED: "cancelled",
}


def run_shape(run: Run) -> dict[str, Any]:
    return {
        "id": str(run.id), "status": "pending" if run.outcome is RunOutcome.RUNNING and run.started_at is None else _JOBS[run.outcome], "outcome": run.outcome, "by": run.by,
        "created_at": moment(run.made_at), "started_at": _moment(run.started_at), "ended_at": _moment(run.ended_at), "reason": run.reason, "trouble": run.trouble,
        "counts": dict(run.counts), "done": run.done, "total": run.total,
    }


def _delay(delay: Delay) -> dict[str, Any]:
    return {"p50": delay.p50, "p95": delay.p95, "changes": delay.changes}


def _moment(at: Any) -> str | None:
    return moment(at) if at else None
