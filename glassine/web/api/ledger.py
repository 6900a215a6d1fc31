"""The ledger of what left over the public API. Read only: nobody writes to it but the gate."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from glassine.store.ledger import Filter
from glassine.story.boundary import crossings
from glassine.web.api import described_ledger as described
from glassine.web.api import shapes
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.crossings import Crossed
from glassine.words.ids import ContactId, SessionId
from glassine.words.people import Actor

router = APIRouter(tags=["Ledger"])
Reader = Annotated[Actor, Depends(Scope("ledger:read"))]


@router.get("/ledger", responses=shows(described.Ledger))
async def ledger(
    world: Here, actor: Reader, cursor: str | None = None, purpose: Annotated[str | None, Query(max_length=60)] = None,
    destination: Annotated[str | None, Query(max_length=300)] = None, session_id: UUID | None = None, refused: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Any:
    """What left and what was refused, newest first. `fits`: the row is the one that was sealed. `next` is the cursor of the page after this one, or null."""
    which = Filter(purpose=purpose, destination=destination, session=SessionId(session_id) if session_id else None, refused=refused)
    found = await crossings.page(world, actor, which, before=shapes.place(cursor), limit=limit)
    state, items = found.state, found.crossings
    return JSONResponse({
        "items": [_crossing(one, found.broken) for one in items], "next": shapes.cursor(items[-1].at, items[-1].id) if len(items) == limit else None,
        "chain": {
            "sealed": state.head.seq if state.head else 0, "unsealed": state.waiting, "head": state.head.link.hex() if state.head else None, "anchored": state.anchored,
            "anchored_at": shapes.moment(state.anchored_at),
        },
    })  # fmt: skip


class Question(Body):
    """`value` as anybody would write it; whose it is, by contact or session, or by the value itself when it is a verified address or number."""

    value: str = Field(min_length=1, max_length=1_000)
    contact_id: UUID | None = None
    session_id: UUID | None = None


@router.post("/ledger/ever-left", responses=shows(described.Left))
async def ever_left(world: Here, actor: Annotated[Actor, Depends(Scope("contacts:read"))], _: Reader, body: Question) -> Any:
    """The crossings that held a customer's value raw, refused ones included. The question is audited, without the value."""
    found = await crossings.ever_left(
        world, actor, body.value, contact=ContactId(body.contact_id) if body.contact_id else None, session=SessionId(body.session_id) if body.session_id else None,
    )  # fmt: skip
    return JSONResponse({"left": any(one.row.allowed for one in found), "items": [_crossing(one, set()) for one in found]})


def _crossing(crossed: Crossed, broken: set[int]) -> dict[str, Any]:
    row, sealed = crossed.row, crossed.sealed
    return {
        "id": str(crossed.id), "at": shapes.moment(crossed.at), "session_id": str(row.session) if row.session else None, "destination": row.destination,
        "purpose": row.purpose, "bytes": row.bytes, "allowed": row.allowed, "why": row.why, "raw": row.raw, "digest": row.scan.digest.hex(),
        "masked": dict(row.scan.masked), "found": dict(row.scan.found), "exempt": row.scan.exempt,
        "sealed": {"seq": sealed.seq, "link": sealed.link.hex(), "sealed_at": shapes.moment(sealed.at), "fits": sealed.seq not in broken} if sealed else None,
    }  # fmt: skip
