"""An uploaded file on its way to a browser: images are shown, everything else is downloaded under a name that fits its kind. Nothing in it can run here."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from fastapi.responses import Response

from glassine.story.files import File

_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_ENDINGS: Mapping[str, tuple[str, ...]] = {  # the first is added to a name that has none of them
    "image/png": (".png",), "image/jpeg": (".jpg", ".jpeg", ".jfif"), "image/gif": (".gif",), "image/webp": (".webp",), "application/pdf": (".pdf",),
    "text/csv": (".csv",), "text/plain": (".txt", ".log", ".md"), "application/vnd.ms-excel": (".xls", ".csv"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
}


def response(file: File) -> Response:
    """The whole file at once: what is sealed is checked to its end before its first byte goes out."""
    way = "inline" if file.media_type in _SHOWN else "attachment"
    return Response(file.content, media_type=file.media_type, headers={
        "Content-Disposition": f"{way}; filename*=UTF-8''{quote(safe_name(file.name, file.media_type), safe='')}", "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    })


def download(name: str, media_type: str, content: bytes) -> Response:
    """A document that the team uploaded itself: never shown, whatever it is."""
    return Response(content, media_type="application/octet-stream", headers={
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}", "X-Content-Type-Options": "nosniff", "X-Media-Type": media_type,
        "Content-Security-Policy": "default-src 'none'; sandbox",
    })


def safe_name(name: str, media_type: str) -> str:
    """A name that cannot pass for another kind of file: `bill.exe` sent as PDF becomes `bill.exe.pdf`, and marks that turn the writing round are gone."""
    clean = "".join("_" if letter in "/\\" else letter for letter in name if not unicodedata.category(letter).startswith("C")).strip(" .")
    endings = _ENDINGS.get(media_type, (".bin",))
    return (clean or "file") + ("" if PurePosixPath(clean).suffix.lower() in endings else endings[0])
