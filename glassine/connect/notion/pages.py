"""Reads one Notion page: its blocks with all that is nested in them, as Markdown, and what else was come across. It decides nothing about other pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from glassine.connect.notion import blocks, properties
from glassine.connect.notion.api import Json, Notion, segment
from glassine.connect.notion.blocks import Block
from glassine.connect.notion.listing import Listed, Listing, gone
from glassine.connect.notion.rich_text import escaped

_MOST_BLOCKS = 5_000  # of one page
_DEEPEST = 20  # nestings
_READ_ELSEWHERE = frozenset({"child_page", "child_database"})  # items of their own
_NOT_READ = frozenset({"meeting_notes", "transcription", "template", "unsupported", "breadcrumb", "table_of_contents", "button"})
MEDIA_TYPES = {
    "pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "txt": "text/plain", "md": "text/markdown",
    "csv": "text/csv", "html": "text/html", "htm": "text/html",
}


class TooMuch(Exception):
    """A page is larger than is read; the text says what is too much of it."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that a page shows and that Notion keeps. `url` is good for an hour; `key` stays while the file is the same."""

    block: str
    name: str
    media_type: str
    url: str = field(repr=False)

    @property
    def key(self) -> str:
        return urlsplit(self.url).path


@dataclass(slots=True)
class Page:
    """What reading one page brought."""

    text: str = ""
    files: list[File] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)  # that stand below it
    databases: list[str] = field(default_factory=list)
    borrows: bool = False  # it shows what stands on another page, and does not change when that changes


@dataclass(frozen=True, slots=True)
class Readers:
    """For whom a page is written down: everybody may know of published pages only, the team of all that the integration sees."""

    listing: Listing
    public: bool

    def place(self, id: str) -> str | None:
        found = self._known(id)
        if self.public:
            return found.public_url if found else None
        return found.url if found and found.url else f"https://www.notion.so/{id.replace('-', '')}"

    def title(self, id: str) -> str:
        found = self._known(id)
        return found.title if found else ""

    def named(self, id: str) -> str | None:
        """The title of a page that these readers may know."""
        return self.title(id) or None if self.place(id) else None

    def _known(self, id: str) -> Listed | None:
        return self.listing.pages.get(id) or self.listing.databases.get(id)


async def read(notion: Notion, listing: Listing, page: Listed, facts: list[tuple[str, str]], *, public: bool) -> Page | None:
    """A page's text and what belongs to it; None where it is gone by now. Raises TooMuch, SourceFailed."""
    found, reader = Page(), _Reader(notion, listing, public)
    tree = await reader.nested(page.id, found, ())
    if not tree and not await notion.get(f"pages/{segment(page.id)}"):
        return None
    lines = [f"- {escaped(name)}: {escaped(value)}" for name, value in facts]
    found.text = "\n\n".join(filter(None, ["\n".join(lines), blocks.markdown(tree, page.title, Readers(listing, public)).strip()]))
    return found


@dataclass(slots=True)
class _Reader:
    """One page's reading, and how much of it there was."""

    notion: Notion
    listing: Listing
    public: bool
    count: int = 0

    async def nested(self, id: str, page: Page, above: tuple[str, ...]) -> tuple[Block, ...]:
        """`above`: what it stands in. What stands in itself, as synced blocks can, is not gone into again."""
        if id in above:
            return ()
        if len(above) > _DEEPEST:
            raise TooMuch(f"it nests deeper than {_DEEPEST} levels")
        found: list[Block] = []
        async for entries in self.notion.entries(f"blocks/{segment(id)}/children"):
            self.count += len(entries)
            if self.count > _MOST_BLOCKS:
                raise TooMuch(f"it has more than {_MOST_BLOCKS:,} blocks; make several pages of it")
            found.extend([await self._block(entry, page, (*above, id)) for entry in entries if not gone(entry)])
        return tuple(found)

    async def _block(self, entry: Json, page: Page, above: tuple[str, ...]) -> Block:
        id, kind = str(entry.get("id")), str(entry.get("type"))
        body = entry.get(kind)
        block = Block(id, kind, body if isinstance(body, dict) else {})
        if kind in _READ_ELSEWHERE:
            (page.pages if kind == "child_page" else page.databases).append(id)
        elif file := _file(block):
            page.files.append(file)
        inside: tuple[Block, ...] = ()
        if entry.get("has_children") and kind not in _READ_ELSEWHERE | _NOT_READ:
            source = await self._source(block, page)
            inside = await self.nested(source, page, above) if source else ()
        return Block(id, kind, block.body, inside)

    async def _source(self, block: Block, page: Page) -> str | None:
        """Where what is nested in a block stands. What is borrowed from a page that is not published stays out of one that is."""
        original = (block.body.get("synced_from") or {}).get("block_id") if block.type == "synced_block" else None
        if not original:
            return block.id
        page.borrows = True
        if self.public:
            lender = await self.listing.page_of(str(original))
            if lender is None or not lender.public_url:
                return None
        return str(original)


def _file(block: Block) -> File | None:
    """Of a kind that can be read, and kept by Notion: what another site keeps is that site's."""
    kept = block.body.get("file")
    if block.type not in ("file", "pdf") or not isinstance(kept, dict):
        return None
    url = str(kept.get("url") or "")
    name = str(block.body.get("name") or "") or unquote(urlsplit(url).path.rpartition("/")[2])
    ending = re.search(r"\.(\w+)$", name) or re.search(r"\.(\w+)$", urlsplit(url).path)
    media_type = MEDIA_TYPES.get(ending[1].lower() if ending else "pdf" if block.type == "pdf" else "")
    return File(block.id, name or "File", media_type, url) if media_type else None


def facts(page: Listed, chosen: frozenset[str], readers: Readers) -> list[tuple[str, str]]:
    return properties.facts(page.properties, chosen, readers.named, public=readers.public)


def paths(page: str, files: list[File]) -> Iterator[str]:
    """What a page and its files are called here."""
    yield f"pages/{page}"
    yield from (f"pages/{page}/files/{file.block}" for file in files)
