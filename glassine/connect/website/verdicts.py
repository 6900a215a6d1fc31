"""What becomes of a page that was fetched: knowledge, or a reason why not. It decides from the page alone and fetches nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from glassine.connect.website.addresses import name_of
from glassine.connect.website.charsets import decoded
from glassine.connect.website.fetching import Got
from glassine.connect.website.pages import Page, read
from glassine.words.knowledge import Audience
from glassine.words.sources import Item

_VERSION = 1  # of how pages are read: known pages that were read by another are fetched again
_FILES = {
    "application/pdf": "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_HTML = ("text/html", "application/xhtml+xml", "")
_TEXTS = ("text/plain", "text/markdown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A page that was fetched and read. `why_not` is empty for knowledge; `gone` when it says itself that it is no more."""

    item: Item | None = None
    page: Page | None = None
    digest: str = ""
    why_not: str = ""
    gone: bool = False
    unreadable: bool = False  # there is something, but it cannot be read


def seen(got: Got, *, depth: int, alternate: bool, lastmod: str, files: bool) -> Seen:
    """Reads what was fetched. Takes time, for it parses."""
    answer = got.answer
    assert answer is not None, "only pages are read"
    given = answer.headers.get("content-type", "")
    media = given.partition(";")[0].strip().lower()
    marker = {"v": _VERSION, "e": answer.headers.get("etag", "")[:200], "m": answer.headers.get("last-modified", "")[:40], "l": lastmod, "d": depth, "a": int(alternate)}
    if media in _HTML and not answer.body.startswith(b"%PDF-"):
        return _page(got, decoded(answer.body, given), marker)
    if media in _FILES and files:
        return _document(got, _FILES[media], answer.body, marker)
    if media in _TEXTS:
        return _document(got, media, decoded(answer.body, given).encode("utf-8", "replace"), marker)
    return Seen(why_not=f"is {media[:60] or 'a file'}, not a page")


def _page(got: Got, text: str, marker: dict[str, Any]) -> Seen:
    answer = got.answer
    assert answer is not None, "only pages are read"
    page = read(text, got.url, answer.headers.get("x-robots-tag", ""))
    digest = page.digest
    if page.not_found:
        return Seen(page=page, digest=digest, why_not="shows that it was not found", gone=True)
    if page.login:
        return Seen(page=page, digest=digest, why_not="asks for a login", gone=True)
    if page.noindex:
        return Seen(page=page, digest=digest, why_not="asks robots not to keep it (noindex)")
    if page.needs_script:
        return Seen(page=page, digest=digest, why_not="has no text without JavaScript, and scripts are not run", unreadable=True)
    if page.lists:
        return Seen(page=page, digest=digest, why_not="only lists other pages")
    if not page.text.strip():
        return Seen(page=page, digest=digest, why_not="has no text")
    item = Item(
        path=name_of(got.url), title=page.title or _file_title(got.url), content=page.text.encode("utf-8", "replace"), media_type="text/markdown", url=got.url,
        language=page.language, audience=Audience.PUBLIC, marker=_written(marker | {"h": digest}), trail=page.trail,
        updated_at=page.changed_at or _moment(str(marker["m"])) or _moment(str(marker["l"])),
    )
    return Seen(item=item, page=page, digest=digest)


def _document(got: Got, media: str, content: bytes, marker: dict[str, Any]) -> Seen:
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    if not content.strip():
        return Seen(digest=digest, why_not="has no text")
    item = Item(
        path=name_of(got.url), title=_file_title(got.url), content=content, media_type=media, url=got.url, audience=Audience.PUBLIC, marker=_written(marker | {"h": digest}),
        updated_at=_moment(str(marker["m"])) or _moment(str(marker["l"])),
    )
    return Seen(item=item, digest=digest)


def _file_title(url: str) -> str:
    """The last part of an address as words."""
    last = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
    words = last.rpartition(".")[0] or last
    return " ".join(words.replace("-", " ").replace("_", " ").split())[:300] or urlsplit(url).netloc


def _written(marker: Mapping[str, Any]) -> str:
    return json.dumps({name: value for name, value in marker.items() if value}, separators=(",", ":"))


def known(marker: str) -> dict[str, Any]:
    """A marker of an earlier run. One of another version, or of another module, says nothing about what changed."""
    try:
        found = json.loads(marker)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return found if found.get("v") == _VERSION else {name: found[name] for name in ("d", "a") if isinstance(found.get(name), int)}


def _moment(text: str) -> datetime | None:
    """A time as HTTP or a sitemap writes it."""
    try:
        found = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
