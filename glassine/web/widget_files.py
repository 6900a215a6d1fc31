"""The widget's own files at /widget/…, with the headers that let any site embed the frame and let nothing else run in it."""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from glassine.config import resource
from glassine.words.errors import NotFound

router = APIRouter(include_in_schema=False)
_NAME = re.compile(r"[a-z_]+\.(js|html|css)")
_COMMENT = re.compile(r"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*)[ \t]*\n", re.MULTILINE)
_TYPES = {"js": "text/javascript", "html": "text/html", "css": "text/css"}
_HEADERS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; form-action 'none'; base-uri 'none'; frame-ancestors *"
    ),
}


@router.get("/widget/{name}")
async def widget_file(request: Request, name: str) -> Response:
    """One of the widget's files. Raises NotFound."""
    known = _NAME.fullmatch(name)
    path = resource("widget") / name
    if not known or not path.is_file():
        raise NotFound("There is no such file.")
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(told(path), media_type=_TYPES[known[1]], headers=_HEADERS)
    return Response(_packed(path, path.stat().st_mtime_ns), media_type=_TYPES[known[1]], headers={**_HEADERS, "Content-Encoding": "gzip"})


@lru_cache(maxsize=64)
def _packed(path: Path, changed: int) -> bytes:  # noqa: ARG001 - it is part of what the cache knows the file by
    """A file as it is told, gzipped once for each time it `changed`."""
    return gzip.compress(told(path), 9, mtime=0)


def told(path: Path) -> bytes:
    """A file as browsers get it: comments that have lines of their own are for whoever reads the code, and a seventh of all bytes."""
    text = path.read_text(encoding="utf-8")
    return (_COMMENT.sub("", text) if path.suffix in {".js", ".css"} else text).encode()
