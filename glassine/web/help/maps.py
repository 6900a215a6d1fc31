"""What machines read of a help centre: sitemap, robots.txt, llms.txt, Markdown twins, the feed of changes, and the colours and logo of its pages."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter, Request, Response

from glassine.rules.colours import DARK_GROUND, LIGHT_GROUND, mixed, readable, upon
from glassine.story.knowledge import site as sites
from glassine.web.help import reading
from glassine.web.help.frame import HelpRoute, Place, answer, place, still_the_same, unchanged_since
from glassine.words.errors import NotFound
from glassine.words.site import Entry

router = APIRouter(route_class=HelpRoute)
_READ = ["GET", "HEAD"]
_PER_MAP = 10_000
_XML = "application/xml; charset=utf-8"
_MAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_MOST_LISTED = 5_000  # in llms.txt


@router.api_route("/{key}/robots.txt", methods=_READ)
async def robots(request: Request, key: str) -> Response:
    """Crawlers read it at the top of a host only, so it counts where the help centre has a domain of its own; elsewhere pages carry the same as a header."""
    here = await place(request, key)
    rule = "Disallow: /" if here.site.hidden else "Allow: /"
    return answer(request, here, f"User-agent: *\n{rule}\n\nSitemap: {here.origin}/sitemap.xml\n".encode(), "text/plain; charset=utf-8")


@router.api_route("/{key}/sitemap.xml", methods=_READ)
async def sitemap(request: Request, key: str) -> Response:
    """One map, or where there are too many articles for one, a list of maps."""
    here = await place(request, key)
    total = await sites.count(here.world, here.site)
    if total <= _PER_MAP:
        return await _map(request, here, 0)
    maps = "".join(f"<sitemap><loc>{escape(f'{here.origin}/sitemap-{number + 1}.xml')}</loc></sitemap>\n" for number in range(-(-total // _PER_MAP)))
    return answer(request, here, f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex {_MAP}>\n{maps}</sitemapindex>\n'.encode(), _XML)


@router.api_route("/{key}/sitemap-{number}.xml", methods=_READ)
async def part_of_sitemap(request: Request, key: str, number: int) -> Response:
    return await _map(request, await place(request, key), max(1, number) - 1)


async def _map(request: Request, here: Place, number: int) -> Response:
    entries = [] if here.site.hidden else await sites.listed(here.world, here.site, limit=_PER_MAP, offset=number * _PER_MAP)
    if number and not entries:
        raise NotFound("There is no such map.")
    urls = "".join(f"<url><loc>{escape(_at(here, each))}</loc><lastmod>{_moment(each.changed_at)}</lastmod></url>\n" for each in entries)
    fronts = "".join(f"<url><loc>{escape(f'{here.origin}/{each}')}</loc></url>\n" for each in await sites.languages(here.world, here.site)) if entries and not number else ""
    return answer(request, here, f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {_MAP}>\n{fronts}{urls}</urlset>\n'.encode(), _XML)


def _at(here: Place, entry: Entry) -> str:
    return f"{here.origin}/{entry.language}/{quote(entry.slug)}"


def _moment(moment: datetime | None) -> str:
    return (moment or datetime.fromtimestamp(0, UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@router.api_route("/{key}/llms.txt", methods=_READ)
async def for_models(request: Request, key: str) -> Response:
    """The site as language models are told of it (llmstxt.org): each article's Markdown twin with what it is about, language by language."""
    here = await place(request, key)
    entries = [] if here.site.hidden else await sites.listed(here.world, here.site, limit=_MOST_LISTED)
    lines = [f"# {here.site.name}", "", f"> Help articles of {here.site.organization}. Each link leads to an article as Markdown."]
    language = ""
    for entry in entries:
        if entry.language != language:
            language = entry.language
            lines += ["", f"## {language}", ""]
        about = " ".join(entry.description.split())
        lines.append(f"- [{_plain(entry.title)}]({_at(here, entry)}.md){f': {about}' if about else ''}")
    return answer(request, here, ("\n".join(lines) + "\n").encode(), "text/plain; charset=utf-8")


def _plain(title: str) -> str:
    return title.replace("[", "(").replace("]", ")")


@router.api_route("/{key}/{language}/feed.xml", methods=_READ)
async def feed(request: Request, key: str, language: str) -> Response:
    """The articles that changed last, as Atom."""
    here = await place(request, key, language)
    entries = await sites.newest(here.world, here.site, language)
    at, newest = f"{here.origin}/{language}", _moment(entries[0].changed_at if entries else None)
    items = "".join(
        f"<entry><title>{escape(each.title)}</title><id>urn:uuid:{each.id}</id><link href={quoteattr(_at(here, each))}/><updated>{_moment(each.changed_at)}</updated>"
        f"<summary>{escape(each.description)}</summary></entry>\n"
        for each in entries
    )
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}"><title>{escape(here.site.name)}</title><id>{escape(at)}</id>'
        f"<link href={quoteattr(at)}/><link rel=\"self\" href={quoteattr(f'{at}/feed.xml')}/><updated>{newest}</updated>"
        f"<author><name>{escape(here.site.organization)}</name></author>\n{items}</feed>\n"
    )
    return answer(request, here, body.encode(), "application/atom+xml; charset=utf-8", changed=entries[0].changed_at if entries else None)


@router.api_route("/{key}/{language}/{slug}.md", methods=_READ)
async def twin(request: Request, key: str, language: str, slug: str) -> Response:
    here = await place(request, key, language)
    found = await sites.article(here.world, here.site, language, slug)
    if unchanged_since(request, found.entry.changed_at):
        return still_the_same()
    return answer(request, here, reading.twin(here, found).encode(), "text/markdown; charset=utf-8", changed=found.entry.changed_at)


@router.api_route("/{key}/assets/colours-{accent}.css", methods=_READ)
async def colours(request: Request, key: str, accent: str) -> Response:
    """The organisation's colour in the place of ours, in each scheme as near to it as can be read. The address names the colour, so it may be kept for good."""
    here = await place(request, key)
    if here.site.accent.removeprefix("#") != accent:
        raise NotFound("There is no such file.")
    return answer(request, here, sheet(here.site.accent).encode(), "text/css; charset=utf-8", lasting=True)


def sheet(accent: str) -> str:
    light, dark = readable(accent, LIGHT_GROUND), readable(accent, DARK_GROUND)
    pairs = {"accent": (light, dark), "on-accent": (upon(light), upon(dark)), "accent-soft": (mixed(light, "#fdfcfa", 0.1), mixed(dark, "#1a1e22", 0.16))}
    return ":root { " + " ".join(f"--{name}: light-dark({one}, {other});" for name, (one, other) in pairs.items()) + " }\n"


@router.api_route("/{key}/assets/logo-{digest}", methods=_READ)
async def logo(request: Request, key: str, digest: str) -> Response:
    here = await place(request, key)
    picture, media_type, kept = await sites.logo(here.world, here.site.org)
    if digest != kept:
        raise NotFound("There is no such picture.")
    return answer(request, here, picture, media_type, lasting=True)
