"""What tests of websites share: a site on this machine made of paths and pages, and one run over it through a real Link and a real gate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from glassine.connect.website import Website
from glassine.edge.gate import Recorder
from glassine.words.sources import Asked, Checkpoint, Complete, Failed, Gone, Item, Skipped, Told, Unchanged
from tests.vendors import Request, Response, Vendor, Waits, link, vendor

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def html(body: str, *, title: str = "", head: str = "", lang: str = "en", status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    page = f"<!doctype html><html lang={lang}><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return Response(status=status, body=page.encode(), headers={"Content-Type": "text/html; charset=utf-8", **(headers or {})})


def article(title: str, text: str = "", links: str = "", head: str = "") -> Response:
    """A page with a text of its own, and links below it."""
    text = text or f"All that there is to know about {title.lower()} stands here. " * 6
    return html(f"<main><h1>{title}</h1><p>{text}</p><p>{links}</p></main>", title=f"{title} | Acme", head=head)


def to(path: str, status: int = 301) -> Response:
    return Response(status=status, headers={"Location": path})


NOT_FOUND = html("<h1>Not found</h1>", title="Not found", status=404)
Page = Response | Callable[[Request], Response]
Pages = dict[str, Page]


@dataclass(slots=True)
class WebSite:
    """A running site. `pages` may change at any time."""

    server: Vendor
    pages: Pages
    otherwise: Callable[[Request], Response] | None = None  # what it answers where there is no page
    waits: Waits = field(default_factory=Waits)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def host(self) -> str:
        return self.url.partition("://")[2]

    def asked_for(self) -> list[str]:
        """Paths that were asked for, without robots.txt, sitemaps and the page that cannot be there."""
        return [one.target for one in self.server.seen if not one.target.endswith((".txt", ".xml", "not-there"))]

    async def run(self, asked: Asked | None = None, *, seconds: float = 10, now: datetime = NOW, record: Recorder | None = None, **settings: str) -> Run:
        given = {"start": self.url, "scope": "site"} | {name: value.replace("SITE", self.url) for name, value in settings.items()}
        website = Website(wait=self.waits)
        async with link(self.url, given, hosts=website.hosts(given), seconds=seconds, now=now, wait=self.waits, record=record) as made:
            made.own = ""
            return Run(self.host, [told async for told in website.read(made, asked or Asked())])

    async def check(self, **settings: str) -> str:
        given = {"start": self.url, "scope": "site"} | {name: value.replace("SITE", self.url) for name, value in settings.items()}
        website = Website(wait=self.waits)
        async with link(self.url, given, hosts=website.hosts(given), now=NOW, wait=self.waits) as made:
            return await website.check(made)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run told; paths without the host."""

    host: str
    told: list[Told]

    @property
    def items(self) -> dict[str, Item]:
        return {one.path.removeprefix(self.host): one for one in self.told if isinstance(one, Item)}

    @property
    def unchanged(self) -> set[str]:
        return {one.path.removeprefix(self.host) for one in self.told if isinstance(one, Unchanged)}

    @property
    def gone(self) -> dict[str, str]:
        return {one.path.removeprefix(self.host): one.reason for one in self.told if isinstance(one, Gone)}

    @property
    def skipped(self) -> dict[str, str]:
        return {one.path.removeprefix(self.host): one.reason for one in self.told if isinstance(one, Skipped)}

    @property
    def failed(self) -> dict[str, str]:
        return {one.path.removeprefix(self.host): one.reason for one in self.told if isinstance(one, Failed)}

    @property
    def complete(self) -> Complete:
        last = self.told[-1]
        assert isinstance(last, Complete)
        return last

    @property
    def checkpoints(self) -> list[Checkpoint]:
        return [one for one in self.told if isinstance(one, Checkpoint)]

    @property
    def next(self) -> Asked:
        """What the next run is asked, as whoever keeps the outcome would."""
        return Asked(since=self.complete.marker, markers={one.path: one.marker for one in self.told if isinstance(one, Item)})

    def text(self, path: str) -> str:
        return self.items[path].content.decode()


@asynccontextmanager
async def site(pages: Mapping[str, Page] | None = None) -> AsyncIterator[WebSite]:
    """A site as long as the block runs. What it has no page for, it answers with 404."""
    made: list[WebSite] = []

    def answer(request: Request) -> Response:
        page = made[0].pages.get(request.target, made[0].otherwise or NOT_FOUND)
        return page if isinstance(page, Response) else page(request)

    async with vendor(answer) as server:
        made.append(WebSite(server, dict(pages or {})))
        yield made[0]
