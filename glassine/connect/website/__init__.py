"""Websites as a knowledge source: found by sitemap and by links, read as robots.txt allows, told page by page. It sees what everybody sees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from glassine.connect.website.addresses import MOST_PAGES, scope_of
from glassine.connect.website.crawl import Crawl
from glassine.connect.website.fetching import Wait
from glassine.connect.website.looking import sentence
from glassine.words.channels import Connector
from glassine.words.sources import Asked, Field, FieldKind, Link, Told

FIELDS = (
    Field(name="start", title="Start addresses", kind=FieldKind.LINES, help="Where reading begins, one address a line, for example https://help.example.com. The address of a sitemap works too."),
    Field(
        name="scope", title="Which pages", kind=FieldKind.CHOICE, default="below", choices={"below": "Those below the start addresses", "site": "The whole site"},
        help="Below https://example.com/help are the pages whose address begins with it.",
    ),
    Field(name="include", title="Only pages that fit", kind=FieldKind.LINES, required=False, help="Patterns, one a line, for example /articles/*. A star stands for any characters."),
    Field(name="exclude", title="Leave out pages that fit", kind=FieldKind.LINES, required=False, help="Patterns, one a line, for example /blog/*. They count before the others."),
    Field(name="limit", title="Page limit", kind=FieldKind.NUMBER, required=False, default="1000", help=f"Reading stops after so many pages; {MOST_PAGES:,} is the most."),
    Field(name="depth", title="Depth", kind=FieldKind.NUMBER, required=False, default="20", help="How many links away from a start address or a sitemap a page may be."),
    Field(name="hosts", title="Further sites", kind=FieldKind.LINES, required=False, help="Other sites whose pages belong to it when a link leads there, one a line, for example docs.example.com."),
    Field(name="files", title="Read PDF and Word files too", kind=FieldKind.SWITCH, required=False, help="Files that the pages link to, on the same sites."),
)


@dataclass(slots=True)
class Website:
    """`wait`: how it sleeps between two requests."""

    fields: tuple[Field, ...] = FIELDS
    wait: Wait = asyncio.sleep

    async def check(self, link: Link) -> str:
        """Looks at the first page, robots.txt and the sitemap, and says what a run would find. Raises Refused or SourceFailed."""
        return await sentence(link, self.wait)

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(sorted(scope_of(settings).hosts))

    async def read(self, link: Link, asked: Asked) -> AsyncIterator[Told]:
        async for told in Crawl(link, asked, self.wait).told():
            yield told


connector = Connector(name="website", title="Website", source=Website())
