"""How much a request may carry. What is larger is refused before it is read, in the API's form; what is taken in stays in memory."""

from __future__ import annotations

import json
import re

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 2 * 1024 * 1024  # an article of a million characters still fits
LARGEST_UPLOAD = 5 * 1024 * 1024 + 64 * 1024  # the file and the form around it
LARGEST_PICTURE = 6 * 1024 * 1024  # rules/pictures.py says which
LARGEST_DOCUMENT = 25 * 1024 * 1024 + 64 * 1024  # one that becomes knowledge
LARGEST_DOCUMENTS = 60 * 1024 * 1024  # several of them in one form
_DOCUMENT = re.compile(r"(?:/api)?/knowledge/sources/[0-9a-fA-F-]{36}/files/[^/]+")
_DOCUMENTS = re.compile(r"/knowledge/sources/[0-9a-fA-F-]{36}/files")
_DESCRIPTION = re.compile(r"/api/actions|/actions/import(?:/.*)?")  # an OpenAPI file


def limit_of(path: str) -> int:
    """How many bytes a request to this address may carry."""
    if path == "/knowledge/images":
        return LARGEST_PICTURE
    if _DOCUMENTS.fullmatch(path):
        return LARGEST_DOCUMENTS
    if _DOCUMENT.fullmatch(path):
        return LARGEST_DOCUMENT
    return LARGEST_UPLOAD if path.endswith("/upload") or _DESCRIPTION.fullmatch(path) else LARGEST_BODY


class BodyLimit:
    """ASGI middleware. A body with a length is refused by it; one without is cut off where it grows too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        limit = limit_of(scope["path"])
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit() or int(length) > limit:
            return await _refuse(send, limit)
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413, _sentence(limit))  # the one kind of error that the framework lets through while it reads a body
            return message

        return await self._app(scope, counted, send)


def keep_uploads_in_memory() -> None:
    """By itself the framework writes an upload of more than 1 MB to a temporary file, in the clear. BodyLimit keeps memory bounded."""
    MultiPartParser.spool_max_size = LARGEST_DOCUMENTS + 1


def _sentence(limit: int) -> str:
    return f"The request is larger than {limit // (1024 * 1024)} MB."


async def _refuse(send: Send, limit: int) -> None:
    body = json.dumps({"statusCode": 413, "message": _sentence(limit), "error": "Request Entity Too Large"}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
