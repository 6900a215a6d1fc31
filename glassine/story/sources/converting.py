"""A document of a source made into Markdown, whatever it was written in. It stores nothing; what may harm its reader is read in the limited process."""

from __future__ import annotations

import asyncio
import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from glassine.edge.attachments import FileReader
from glassine.rules import markdown, tables
from glassine.rules.lines import one_line, storable
from glassine.words.errors import Refused
from glassine.words.files import FileNote
from glassine.words.sources import FRAGMENT, Item

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MOST_BYTES = 2_000_000  # of a text: the worst that can stand in one then takes ten seconds to read
_LONG, _PART = 240_000, 150_000  # characters from which a document is cut into several articles, and of each of those
_WRAPPED = frozenset({".md", ".mdx", ".markdown", ".mdown", ".mkd", ".txt"})
_REASONS: Mapping[FileNote, str] = {
    FileNote.LOCKED: "is protected by a password; save it without one", FileNote.BROKEN: "is damaged, or not what its name says",
    FileNote.TOO_BIG: "takes more time or memory to read than a document may; split it", FileNote.NOT_READ: "is not a kind of document that can be read",
}


class LeftOut(Exception):
    """It is there, but no knowledge; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One article to be. `path` is the document's, with a number behind it where the document became several."""

    path: str
    title: str
    body: str = field(repr=False)
    meta: Mapping[str, Any] = field(default_factory=dict)


async def drafts(reader: FileReader, item: Item, fragments: Mapping[str, str]) -> list[Draft]:
    """The articles that a document becomes, usually one. Raises LeftOut, and Refused where it cannot be read."""
    media = item.media_type.partition(";")[0].strip().lower()
    if media == FRAGMENT:
        raise LeftOut("is a fragment that pages include")
    if media == "text/csv":
        return await asyncio.to_thread(_table, item)
    if media in ("application/pdf", DOCX):
        return _cut(item, one_line(item.title) or named_after(item.path), await _document(reader, item, media), {})
    if media in ("text/html", "text/markdown", "text/plain", "application/xhtml+xml"):
        return await asyncio.to_thread(_text, item, media, fragments)
    raise LeftOut(f"is not a kind of document that can be read ({media or 'no type'})")


def decoded(item: Item) -> str:
    """A text's characters: UTF-16 by its mark, else the charset that its type names, else UTF-8. Raises Refused."""
    if len(item.content) > _MOST_BYTES:
        raise Refused(f"is larger than {_MOST_BYTES // 1_000_000} MB", status=413)
    named = re.search(r"charset=[\"']?([\w.:-]+)", item.media_type, re.IGNORECASE)
    marked = item.content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return item.content.decode("utf-16" if marked else named[1] if named else "utf-8-sig").removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError):
        raise Refused("is not UTF-8 text; save it as UTF-8") from None


def _text(item: Item, media: str, fragments: Mapping[str, str]) -> list[Draft]:
    page = markdown.page(decoded(item), _suffix(item.path, media), fragments)
    if page.fault:
        raise Refused(page.fault)
    if page.meta.get("draft") is True or page.meta.get("published") is False:
        raise LeftOut("is marked as a draft")
    return _cut(item, one_line(item.title or page.title or "") or named_after(item.path), page.body, page.meta)


def _suffix(path: str, media: str) -> str:
    """What a text is written in, by its type, and more exactly by the end of its path where that fits."""
    ends = "".join(PurePosixPath(path).suffixes[-2:]).lower()
    if media in ("text/html", "application/xhtml+xml"):
        return ends if ends.endswith((".html", ".htm", ".html.erb")) else ".html"
    return ends if ends.endswith("erb") or PurePosixPath(path).suffix.lower() in _WRAPPED else ".md"


def _table(item: Item) -> list[Draft]:
    try:
        parts = tables.articles(decoded(item))
    except ValueError as error:
        raise Refused(str(error)) from None
    if not parts:
        raise LeftOut("has no rows")
    return _numbered(item, one_line(item.title) or named_after(item.path), parts, {})


async def _document(reader: FileReader, item: Item, media: str) -> str:
    found = await reader.document(media, item.content)
    if found.note is not None and found.note in _REASONS:
        raise Refused(_REASONS[found.note])
    if not found.text.strip():
        raise LeftOut("has no text (a scan, perhaps)")
    return found.text if media == DOCX else _flowing(found.text)


def _flowing(text: str) -> str:
    """A PDF's lines as paragraphs: indents would be read as code, and words that a line's end cut in two are whole again."""
    lines = "\n".join(re.sub(r"^([#>|]|[-*_=]{3,}$)", r"\\\1", line.strip()) for line in text.split("\n"))
    return re.sub(r"([a-zäöüß])-\n([a-zäöüß])", r"\1\2", lines)


def _cut(item: Item, title: str, body: str, meta: Mapping[str, Any]) -> list[Draft]:
    if not re.search(r"\w", body):
        raise LeftOut("has no text")
    return _numbered(item, title, list(_parts(body)) if len(body) > _LONG else [body], meta)


def _parts(body: str) -> Iterator[str]:
    """A long text in parts: before a heading where one comes in time, else between paragraphs."""
    gathered: list[str] = []
    size = 0
    for block in re.split(r"\n{2,}", body):
        if size > _PART or (size > _PART // 2 and block.startswith("#")):
            yield "\n\n".join(gathered)
            gathered, size = [], 0
        gathered.append(block)
        size += len(block)
    if gathered:
        yield "\n\n".join(gathered)


def _numbered(item: Item, title: str, parts: list[str], meta: Mapping[str, Any]) -> list[Draft]:
    if len(parts) == 1:
        return [Draft(path=item.path, title=title[:300], body=storable(parts[0]), meta=meta)]
    return [Draft(path=f"{item.path}#{n}", title=f"{title[:270]} ({n} of {len(parts)})", body=storable(part), meta=meta) for n, part in enumerate(parts, 1)]


def named_after(path: str) -> str:
    """'how-to/reset_password.md' is 'Reset password'; an index is named after its folder."""
    parts = PurePosixPath(path)
    name = parts.name.partition(".")[0]
    if name.lower() in {"index", "readme"} and parts.parent.name:
        name = parts.parent.name
    words = re.sub(r"[-_]+", " ", name).strip() or path
    return one_line(words[:1].upper() + words[1:])
