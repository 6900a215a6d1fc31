"""Redaction over the public API, and the key that signs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from glassine.rules.policies import EVERYWHERE
from glassine.story.privacy import previewing
from glassine.web.api import described
from glassine.web.api.described import shows
from glassine.web.api.door import Here, Scope
from glassine.web.api.wire import Body, JSONResponse
from glassine.words.people import Actor
from glassine.words.sessions import ChannelKind

router = APIRouter()


class Text(Body):
    """With `channel`, as its own rules treat it; without, as on every channel that has none."""

    text: str = Field(max_length=100_000)
    channel: ChannelKind | None = None


@router.post("/redaction/preview", tags=["Privacy"], responses=shows(described.Preview))
async def preview(world: Here, actor: Annotated[Actor, Depends(Scope("redaction:write"))], body: Text) -> Any:
    """What would be masked in a text. `start` and `end` count code points of the text that was sent. Nothing is stored."""
    masked = await previewing.preview(world, actor.org, body.text, body.channel or EVERYWHERE)
    return JSONResponse({"text": masked.text, "findings": [{"start": span.start, "end": span.end, "type": span.type} for span in masked.findings]})


@router.get("/signing-key", tags=["Privacy"], responses=shows(described.SigningKey))
async def signing_key(world: Here) -> Any:
    """The public key (Ed25519, 32 bytes in base64) of the documents that this installation signs, and its fingerprint. It needs no key."""
    return JSONResponse(world.signer.shown())
