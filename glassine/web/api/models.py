"""Language models over the public API: which there are, what each is asked for, the day's budget and its use. What they do is told in story/models/chain.py."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import Field

from glassine.story.models import chain, model_settings
from glassine.story.models.model_settings import Current, Given
from glassine.web.api import described_models
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.errors import ModelFailed, Refused
from glassine.words.models import OPERATOR, Budget, Endpoint, Then, Use, WireName
from glassine.words.people import Actor

router = APIRouter(prefix="/models", tags=["Language models"])
Reader = Annotated[Actor, Depends(Scope("autopilot:read"))]
Setter = Annotated[Actor, Depends(Scope("autopilot:write"))]


class ModelInput(Body):
    """`timeout` is in seconds for a whole answer, prices are for a million tokens. Without a `key` the one that is set stays, as long as the host does."""

    name: str = Field("", max_length=100)
    wire: WireName = WireName.OPENAI
    url: str = Field(min_length=1, max_length=500)
    model: str = Field(min_length=1, max_length=500)
    key: str | None = Field(None, max_length=1_000)
    timeout: float = Field(20.0, ge=1, le=300)
    price_in: float | None = Field(None, ge=0, le=1_000_000)
    price_out: float | None = Field(None, ge=0, le=1_000_000)


class OrderInput(Body):
    ids: list[str] = Field(max_length=100)


class UsesInput(Body):
    """Models by purpose, in the order in which they are asked. An empty list: all of them, in theirs."""

    uses: dict[Use, list[str]]


class BudgetInput(Body):
    """For a day (UTC). 0: as much as it takes."""

    tokens: int = Field(0, ge=0, le=10**12)
    money: float = Field(0.0, ge=0, le=10**9)
    then: Then = Then.QUOTE


@router.get("", responses=shows(described_models.Models))
async def read_models(world: Here, actor: Reader) -> Any:
    """Every model with how it goes, the operator's last, and which of them are asked for what. Never a key."""
    now = await model_settings.current(world, actor)
    every = [*now.endpoints, *([now.operator] if now.operator else [])]
    return JSONResponse({"items": [_shape(one, now) for one in every], "uses": {use: [one.id for one in chosen] for use, chosen in now.uses.items()}})


def _shape(one: Endpoint, now: Current | None = None) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "wire": one.wire, "url": one.url, "model": one.model, "has_key": bool(one.key), "timeout": one.timeout,
        "price_in": one.price_in, "price_out": one.price_out, "operator": one.id == OPERATOR, "left_alone": now.refusals.get(one.id) if now else None,
    }


@router.post("", status_code=201, responses=shows(described_models.Model, 201))
async def add_model(world: Here, actor: Setter, body: ModelInput) -> Any:
    """Add a model. It is asked after those that are there already."""
    return JSONResponse(_shape(await model_settings.add(world, actor, _given(body))), status_code=201)


def _given(body: ModelInput) -> Given:
    return Given(**body.model_dump())


@router.put("/order", status_code=204)
async def order_models(world: Here, actor: Setter, body: OrderInput) -> Response:
    """Set the order in which models are asked; each of them is named once."""
    await model_settings.order(world, actor, body.ids)
    return Response(status_code=204)


@router.put("/uses", status_code=204)
async def set_uses(world: Here, actor: Setter, body: UsesInput) -> Response:
    """Set which models are asked for what. Purposes that are not named stay as they are."""
    await model_settings.set_uses(world, actor, {str(use): ids for use, ids in body.uses.items()})
    return Response(status_code=204)


@router.get("/budget", responses=shows(described_models.Budget))
async def read_budget(world: Here, actor: Reader) -> Any:
    """The day's budget and how much of it is used: `share` is 1 when all is."""
    now = await model_settings.current(world, actor)
    budget = {"tokens": now.budget.tokens, "money": now.budget.money, "then": now.budget.then}
    return JSONResponse({**budget, "used_tokens": now.tokens, "used_money": now.money, "share": now.share})


@router.put("/budget", status_code=204)
async def set_budget(world: Here, actor: Setter, body: BudgetInput) -> Response:
    """Set the day's budget, and what answers do when it is spent."""
    await model_settings.set_budget(world, actor, Budget(tokens=body.tokens, money=body.money, then=body.then))
    return Response(status_code=204)


@router.get("/usage", responses=shows(described_models.Usage))
async def read_usage(world: Here, actor: Reader) -> Any:
    """What models were used for in the last 30 days: by day, model and purpose."""
    now = await model_settings.current(world, actor)
    return JSONResponse({"items": [{**row, "day": row["day"].isoformat()} for row in now.history]})


@router.put("/{id}", responses=shows(described_models.Model))
async def change_model(world: Here, actor: Setter, id: str, body: ModelInput) -> Any:
    """Describe a model anew."""
    return JSONResponse(_shape(await model_settings.change(world, actor, id, _given(body))))


@router.delete("/{id}", status_code=204)
async def remove_model(world: Here, actor: Setter, id: str) -> Response:
    """Remove a model. Until the list is changed again, it can be brought back."""
    await model_settings.remove(world, actor, id)
    return Response(status_code=204)


@router.post("/{id}/restore", responses=shows(described_models.Model))
async def restore_model(world: Here, actor: Setter, id: str) -> Any:
    """Bring back the model that was removed last."""
    return JSONResponse(_shape(await model_settings.restore(world, actor, id)))


@router.post("/{id}/test", responses=shows(described_models.Tried))
async def try_model(world: Here, actor: Setter, id: str) -> Any:
    """Ask a model one short question."""
    try:
        reply = await chain.try_out(world, actor, id)
    except ModelFailed as failure:
        raise Refused(str(failure), status=502, code=failure.kind) from None
    return JSONResponse({"model": reply.model, "said": reply.text[:500], "prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens})
