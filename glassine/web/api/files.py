"""Links to uploaded files, for customers. How a file goes to a browser is in web/uploads.py."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from glassine.story import files
from glassine.story.world import World
from glassine.web import uploads
from glassine.web.api.door import Here
from glassine.words.errors import NotFound
from glassine.words.ids import FileId, OrgId

router = APIRouter(prefix="/files", tags=["Widget"])


def id_in(url: str) -> FileId:
    """The file's id in one of our links. Raises NotFound."""
    parts = url.rstrip("/").split("/")
    try:
        return FileId(UUID(parts[-2] if len(parts) > 1 else parts[-1]))
    except ValueError:
        raise NotFound("There is no such upload.") from None


async def signed(world: World, org: OrgId, item: dict[str, Any]) -> dict[str, Any]:
    """A history item whose attachments have links."""
    for file in item.get("attachments") or []:
        file["url"] = await files.link(world, org, FileId(UUID(file["id"])))
    return item


@router.get("/{org}/{id}/{signature}")
async def read_file(world: Here, org: UUID, id: UUID, signature: str) -> Response:
    """One uploaded file."""
    sent = uploads.response(await files.by_link(world, OrgId(org), FileId(id), signature))
    sent.headers["Cache-Control"] = "private, max-age=3600"
    return sent
