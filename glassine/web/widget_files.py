"""The widget's own files at /widget/…, with the headers that let any site embed the frame and let nothing else run in it."""

from __future__ import annotations

import re

from fastapi import APIRouter
from fastapi.responses import FileResponse

from glassine.config import resource
from glassine.words.errors import NotFound

router = APIRouter(include_in_schema=False)
_NAME = re.compile(r"[a-z_]+\.(js|html|css)")
_TYPES = {"js": "text/javascript", "html": "text/html", "css": "text/css"}
_HEADERS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; form-action 'none'; base-uri 'none'; frame-ancestors *"
    ),
}


@router.get("/widget/{name}")
async def widget_file(name: str) -> FileResponse:
    """One of the widget's files. Raises NotFound."""
    known = _NAME.fullmatch(name)
    path = resource("widget") / name
    if not known or not path.is_file():
        raise NotFound("There is no such file.")
    return FileResponse(path, media_type=_TYPES[known[1]], headers=_HEADERS)
