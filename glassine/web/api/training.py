"""Training scenarios over the API, in the wire's shapes: `draft_title ?? title`, versions, directories, search and a scenario from a session."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, Field

from glassine.story.knowledge import training
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.ids import SegmentId, SessionId
from glassine.words.people import Actor
from glassine.words.scenarios import Fields, Met, Scenario, ScenarioId, ScenarioKind, Version
from glassine.words.sessions import ChannelKind

router = APIRouter(prefix="/training", tags=["Training"])
Reader = Annotated[Actor, Depends(Scope("training:read"))]
Writer = Annotated[Actor, Depends(Scope("training:write"))]


class Training(BaseModel):
    """`title`, `content` and `trigger_questions` are live; what begins with `draft_` is being written, and null where it is the same."""

    id: UUID
    type: ScenarioKind
    title: str | None
    content: str | None
    trigger_questions: list[str]
    draft_title: str | None
    draft_content: str | None
    draft_trigger_questions: list[str] | None
    verbatim: bool
    channels: list[ChannelKind]
    segment_ids: list[UUID]
    start_time: datetime | None
    end_time: datetime | None
    directory: str
    enabled: bool
    is_draft: bool
    current_version: int
    published_at: datetime | None
    learned_from_session_id: UUID | None
    accepted_by: UUID | None
    created_at: datetime
    updated_at: datetime


class Trainings(BaseModel):
    items: list[Training]
    total: int


class VersionShown(BaseModel):
    version: int
    title: str
    content: str
    trigger_questions: list[str]
    created_at: datetime


class Versions(BaseModel):
    items: list[VersionShown]


class MetShown(BaseModel):
    id: UUID
    type: ScenarioKind
    title: str
    content: str
    score: float
    trigger_question: str
    would_apply: bool


class Search(BaseModel):
    items: list[MetShown]


class TrainingInput(Body):
    title: str = Field(min_length=1, max_length=200)
    content: str = Field("", max_length=8_000)
    type: ScenarioKind = ScenarioKind.SPECIFIC
    trigger_questions: list[Annotated[str, Field(max_length=300)]] = Field(default_factory=list, max_length=30)
    verbatim: bool = Field(False, description="The content is the answer, word for word")
    channels: list[ChannelKind] = Field(default_factory=list, max_length=20)
    segment_ids: list[UUID] = Field(default_factory=list, max_length=50)
    start_time: AwareDatetime | None = None
    end_time: AwareDatetime | None = None
    directory: str = Field("", max_length=200)
    published: bool = False


class TrainingChange(Body):
    """What is left out stays. Another `type` takes back what is live."""

    title: str | None = Field(None, min_length=1, max_length=200)
    content: str | None = Field(None, max_length=8_000)
    type: ScenarioKind | None = None
    trigger_questions: list[Annotated[str, Field(max_length=300)]] | None = Field(None, max_length=30)
    verbatim: bool | None = None
    channels: list[ChannelKind] | None = Field(None, max_length=20)
    segment_ids: list[UUID] | None = Field(None, max_length=50)
    start_time: AwareDatetime | None = None
    end_time: AwareDatetime | None = None
    directory: str | None = Field(None, max_length=200)
    enabled: bool | None = None
    published: bool | None = Field(None, description="True publishes the draft, false takes back what is live")


class FromSession(Body):
    session_id: UUID


class Question(Body):
    query: str = Field(min_length=1, max_length=2_000)
    channel: ChannelKind = ChannelKind.WEB


_NAMES = {"trigger_questions": "triggers", "segment_ids": "segments", "start_time": "starts_at", "end_time": "ends_at"}


def _fields(body: TrainingInput | TrainingChange) -> dict[str, Any]:
    """The fields of a scenario that a request names."""
    named = body.model_dump(include={"title", "content", "verbatim", "trigger_questions", "channels", "segment_ids", "start_time", "end_time"}, exclude_unset=True)
    made = {_NAMES.get(name, name): value for name, value in named.items() if value is not None or name in ("start_time", "end_time")}
    texts: dict[str, Any] = {name: tuple(map(str, made[name])) for name in ("triggers", "channels") if name in made}
    return {**made, **texts, **({"segments": tuple(map(SegmentId, made["segments"]))} if "segments" in made else {})}


@router.get("", responses=shows(Trainings))
async def list_trainings(
    world: Here, actor: Reader, directory: Annotated[str | None, Query(max_length=200)] = None, type: ScenarioKind | None = None,
    contains: Annotated[str, Query(max_length=200)] = "", limit: Annotated[int, Query(ge=1, le=100)] = 50, offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Any:
    """Scenarios by directory and title."""
    found, total = await training.listing(world, actor, directory=directory, kind=type, contains=contains, limit=limit, offset=offset)
    return JSONResponse({"items": [_shape(each) for each in found], "total": total})


@router.post("", status_code=201, responses=shows(Training, 201))
async def create(world: Here, actor: Writer, body: TrainingInput) -> Any:
    """Write a scenario: a draft unless `published` is true."""
    made = await training.create(world, actor, Fields(**_fields(body)), kind=body.type, directory=body.directory)
    return JSONResponse(_shape(await training.publish(world, actor, made.id) if body.published else made), status_code=201)


@router.post("/search", responses=shows(Search))
async def search(world: Here, actor: Reader, body: Question) -> Any:
    """Which scenarios a message would meet on a channel, and the nearest that it would not, with how like they are."""
    trial = await training.try_out(world, actor, body.query, str(body.channel))
    return JSONResponse({"items": [*(_met(each, applies=True) for each in trial.met), *(_met(each, applies=False) for each in trial.near)]})


def _met(met: Met, *, applies: bool) -> dict[str, Any]:
    return {"id": met.id, "type": met.kind, "title": met.title, "content": met.content, "score": met.score, "trigger_question": met.trigger, "would_apply": applies}


@router.post("/generate", status_code=201, responses=shows(Training, 201))
async def generate(world: Here, actor: Writer, body: FromSession) -> Any:
    """Draft a scenario from how a session was handled. Needs `chat-sessions:read` as well."""
    return JSONResponse(_shape(await training.from_session(world, actor, SessionId(body.session_id))), status_code=201)


@router.get("/{id}", responses=shows(Training))
async def get(world: Here, actor: Reader, id: UUID) -> Any:
    """One scenario."""
    return JSONResponse(_shape((await training.one(world, actor, ScenarioId(id)))[0]))


@router.get("/{id}/versions", responses=shows(Versions))
async def versions(world: Here, actor: Reader, id: UUID) -> Any:
    """What was published, newest first."""
    return JSONResponse({"items": [_version(each) for each in (await training.one(world, actor, ScenarioId(id)))[1]]})


def _version(version: Version) -> dict[str, Any]:
    fields = version.fields
    return {"version": version.number, "title": fields.title, "content": fields.content, "trigger_questions": list(fields.triggers), "created_at": moment(version.created_at)}


@router.patch("/{id}", responses=shows(Training))
async def change(world: Here, actor: Writer, id: UUID, body: TrainingChange) -> Any:
    """Change the fields that are named, and publish or take back."""
    made = await training.edit(world, actor, ScenarioId(id), _fields(body), kind=body.type, directory=body.directory, enabled=body.enabled)
    if body.published is not None:
        made = await (training.publish if body.published else training.take_back)(world, actor, made.id)
    return JSONResponse(_shape(made))


@router.delete("/{id}", status_code=204)
async def delete(world: Here, actor: Writer, id: UUID) -> Response:
    """Delete a scenario with its versions. No turn goes by it any more."""
    await training.delete(world, actor, ScenarioId(id))
    return Response(status_code=204)


def _shape(scenario: Scenario) -> dict[str, Any]:
    live, draft, apart = scenario.live, scenario.draft, scenario.live is None or scenario.apart
    holds = live or draft
    return {
        "id": str(scenario.id), "type": scenario.kind, "title": live.title if live else None, "content": live.content if live else None,
        "trigger_questions": list(live.triggers) if live else [], "draft_title": draft.title if apart else None, "draft_content": draft.content if apart else None,
        "draft_trigger_questions": list(draft.triggers) if apart else None, "verbatim": holds.verbatim, "channels": list(holds.channels),
        "segment_ids": [str(id) for id in holds.segments], "start_time": moment(holds.starts_at) if holds.starts_at else None,
        "end_time": moment(holds.ends_at) if holds.ends_at else None, "directory": scenario.directory, "enabled": scenario.enabled, "is_draft": live is None,
        "current_version": scenario.version, "published_at": moment(scenario.published_at) if scenario.published_at else None,
        "learned_from_session_id": str(scenario.learned_from) if scenario.learned_from else None, "accepted_by": str(scenario.accepted_by) if scenario.accepted_by else None,
        "created_at": moment(scenario.created_at), "updated_at": moment(scenario.updated_at),
    }
