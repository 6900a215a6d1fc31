"""How the AI is to behave, over the public API: what it does on each channel, the rules it goes by, and their versions."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field

from glassine.story import house
from glassine.story.behaviour import autopilot, topic_lists, trying
from glassine.web.api import described, described_autopilot
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.autopilot import Edition, Topic, Topics
from glassine.words.ids import SegmentId
from glassine.words.people import Actor
from glassine.words.sessions import Autopilot, ChannelKind

router = APIRouter()
Reader = Annotated[Actor, Depends(Scope("autopilot:read"))]
Setter = Annotated[Actor, Depends(Scope("autopilot:write"))]


@router.get("/autopilot", tags=["Autopilot"], responses=shows(described.Modes))
async def modes(world: Here, actor: Reader) -> Any:
    """What the AI may do on each channel."""
    return JSONResponse({"items": [{"channel": row["kind"], "autopilot": row["autopilot"]} for row in await house.channels(world, actor.org)]})


@router.get("/autopilot/versions", tags=["Autopilot"], responses=shows(described_autopilot.Versions))
async def versions(
    world: Here, actor: Reader, part: str | None = None, below: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Any:
    """What was changed of how the AI behaves, newest first: by whom, when, from what to what. `below` is the number of the last one seen."""
    return JSONResponse({"items": [_shown(one) for one in await autopilot.history(world, actor, part=part, below=below, limit=limit)]})


def _shown(one: Edition) -> dict[str, Any]:
    return {
        "version": one.number, "part": one.part, "before": dict(one.before), "after": dict(one.after), "undoes": one.undoes,
        "changed_by": {"id": str(one.by), "name": one.by_name} if one.by else None, "changed_at": moment(one.at),
    }


@router.post("/autopilot/versions/{number}/undo", tags=["Autopilot"], status_code=204)
async def undo(world: Here, actor: Setter, number: int) -> Response:
    """Bring the part back that this version changed. That is a version of its own."""
    await autopilot.undo(world, actor, number)
    return Response(status_code=204)


class TopicInput(Body):
    name: str = Field(max_length=500)
    examples: list[str] = Field(default_factory=list, max_length=100)


class TopicsInput(Body):
    """The three lists, whole. `only`: the AI answers nothing but what stands under `answers`. `least`: the score from which a message is about a topic."""

    answers: list[TopicInput] = Field(default_factory=list, max_length=500)
    hands_off: list[TopicInput] = Field(default_factory=list, max_length=500)
    no_assist: list[TopicInput] = Field(default_factory=list, max_length=500)
    only: bool = False
    least: float = 0.5

    def topics(self) -> Topics:
        lists = {name: tuple(Topic(name=one.name, examples=tuple(one.examples)) for one in getattr(self, name)) for name in ("answers", "hands_off", "no_assist")}
        return Topics(**lists, only=self.only, least=self.least)


@router.get("/autopilot/topics", tags=["Autopilot"], responses=shows(described_autopilot.TopicLists))
async def topics(world: Here, actor: Reader) -> Any:
    """What the AI answers, what it leaves to people, and what it drafts nothing about."""
    lists, number = await topic_lists.current(world, actor)
    return JSONResponse({**lists.written(), "version": number})


@router.put("/autopilot/topics", tags=["Autopilot"], responses=shows(described_autopilot.TopicLists))
async def set_topics(world: Here, actor: Setter, body: TopicsInput) -> Any:
    """Put other lists in force."""
    book = await topic_lists.save(world, actor, body.topics())
    return JSONResponse({**Topics.read(book.part("topics")).written(), "version": book.number})


@router.post("/autopilot/topics/try", tags=["Autopilot"], responses=shows(described_autopilot.Tried))
async def try_topics(world: Here, actor: Reader, body: TopicsInput) -> Any:
    """What these lists would have made of the newest 200 messages. Nothing is saved."""
    trial = await topic_lists.on_past(world, actor, body.topics())
    return JSONResponse({
        "looked_at": trial.looked_at, "handed_off": [_past(one) for one in trial.handed_off], "no_longer": [_past(one) for one in trial.spared],
        "examples": [{"topic": topic, "texts": list(texts)} for topic, texts in trial.examples.items()],
    })


def _past(one: topic_lists.Past) -> dict[str, Any]:
    return {"session_id": str(one.session), "turn_id": str(one.turn), "text": one.text, "topic": one.topic or None, "score": one.score, "outcome": one.outcome, "created_at": moment(one.at)}


class PreviewInput(Body):
    """A message that nobody sent, of somebody with these segments who writes in this language; without one it is found out."""

    text: str = Field(min_length=1, max_length=20_000)
    channel: ChannelKind = ChannelKind.WEB
    language: str | None = Field(None, max_length=10)
    segments: list[UUID] = Field(default_factory=list, max_length=100)


@router.post("/autopilot/preview", tags=["Autopilot"], responses=shows(described_autopilot.Preview))
async def preview(world: Here, actor: Reader, body: PreviewInput) -> Any:
    """What would be decided on a message, why, and which topics it is about. Nothing is stored or sent, and no model outside is asked."""
    customer = trying.Customer(channel=body.channel, language=body.language, segments=tuple(map(SegmentId, body.segments)))
    found = await trying.preview(world, actor, customer, body.text)
    return JSONResponse({
        "decision": str(found.kind), "reasons": [str(reason) for reason in found.reasons], "topic": found.about[0].topic if found.about else None,
        "score": found.about[0].score if found.about else None, "topics": [one.plain() for one in found.about[:20]], "version": found.version,
    })


class Mode(Body):
    autopilot: Autopilot


@router.put("/autopilot/{channel}", tags=["Autopilot"], responses=shows(described.Mode))
async def set_autopilot(world: Here, actor: Setter, channel: ChannelKind, body: Mode) -> Any:
    """Switch the AI off, to drafts only, or on."""
    await autopilot.set_mode(world, actor, channel, body.autopilot)
    return JSONResponse({"channel": channel, "autopilot": body.autopilot})
