"""The reranker over the public API: what is set, and whether it answers. What it does is told in story/search/reranking.py."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import Field

from glassine.story.search import reranking
from glassine.web.api import described_hints
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.shapes import moment
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.errors import Refused, RerankFailed
from glassine.words.people import Actor

router = APIRouter(prefix="/knowledge/search/reranker", tags=["Knowledge"])
Reader = Annotated[Actor, Depends(Scope("help-center:read"))]
Setter = Annotated[Actor, Depends(Scope("autopilot:write"))]


class RerankerInput(Body):
    """`url` is the whole address. Without a `key` the one that is set stays, as long as the host does."""

    url: str = Field(min_length=1, max_length=500)
    model: str = Field(min_length=1, max_length=500)
    key: str | None = Field(None, max_length=1_000)


@router.get("", responses=shows(described_hints.Reranker))
async def read_reranker(world: Here, actor: Reader) -> Any:
    """What is set, never with its key, and how often it gave no usable answer in the last seven days."""
    now = await reranking.current(world, actor)
    failures = [{"kind": one["kind"], "times": one["times"], "last_at": moment(one["last_at"]), "says": one["says"]} for one in now.failures]
    return JSONResponse({"url": now.url, "model": now.model, "has_key": now.has_key, "closed": now.closed, "failures": failures})


@router.put("", status_code=204)
async def set_reranker(world: Here, actor: Setter, body: RerankerInput) -> Response:
    """Have the best passages put in order by a reranker outside."""
    await reranking.set_up(world, actor, body.url, body.model, body.key)
    return Response(status_code=204)


@router.delete("", status_code=204)
async def remove_reranker(world: Here, actor: Setter) -> Response:
    """Take the reranker off. Passages stand in the order of our own search again."""
    await reranking.set_up(world, actor, "", "", "")
    return Response(status_code=204)


@router.post("/test", responses=shows(described_hints.RerankerTried))
async def try_reranker(world: Here, actor: Setter) -> Any:
    """Ask it for the order of two sentences that ship with the product."""
    try:
        tried = await reranking.try_out(world, actor)
    except RerankFailed as failure:
        raise Refused(str(failure), status=502, code=failure.kind) from None
    return JSONResponse({"reached": tried.reached, "milliseconds": tried.milliseconds, "sensible": tried.sensible})
