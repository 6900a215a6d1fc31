"""The frame of the public help centre: which site and language an address means, and how its answers travel (headers, validators, compression, errors).

It reads no cookie and sets none: every reader gets the same page.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import re
import time
import traceback
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from glassine.story.knowledge import site as sites
from glassine.story.knowledge import site_settings
from glassine.story.rates import Rates
from glassine.story.world import World
from glassine.web.help.wording import NAMES, direction, named, words
from glassine.web.render import render
from glassine.web.staff import world_of
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import OrgId
from glassine.words.site import Site

_log = logging.getLogger(__name__)
_rates = Rates()
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_KNOWN_FOR = 1.0  # seconds: how long a site's looks and address are believed
_MOST_KNOWN = 10_000
_SMALL = 1_000  # bytes; less is not worth compressing
_SEARCHES, _VOTES = 120, 20  # a minute, by address


class Closed(Exception):
    """The help pages are switched off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a request is: whose help centre, in which language, and what its addresses begin with (nothing on a domain of its own)."""

    world: World
    site: Site
    base: str
    language: str

    @property
    def say(self) -> Mapping[str, str]:
        return words(self.language)

    @property
    def origin(self) -> str:
        """What addresses begin with that are meant for elsewhere."""
        return site_settings.origin(self.world, self.site)

    def to(self, *parts: str, language: str | None = None) -> str:
        """The address of a page here."""
        return "/".join([self.base, language or self.language, *(quote(part) for part in parts)])


class HelpRoute(APIRoute):
    """A route of the help centre: its errors are pages for customers, and its answers carry the headers that strangers' browsers need."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def page(request: Request) -> Response:
            try:
                response = await handle(request)
            except Closed:
                response = _bare("help/closed.html", 403)
            except (NotFound, RequestValidationError):
                response = await _missing(request)
            except Refused as error:
                response = _bare("help/refused.html", error.status, said=error.message)
            except HTTPException as error:
                response = _bare("help/refused.html", error.status_code, said="")
            except Exception as error:
                _log.error("%s on %s\n%s", type(error).__name__, request.url.path, "".join(traceback.format_tb(error.__traceback__)))
                response = _bare("help/refused.html", 500, said="")
            for name, value in _HEADERS.items():
                response.headers.setdefault(name, value)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return page


async def place(request: Request, key: str, language: str = "") -> Place:
    """Raises NotFound, Closed."""
    world = world_of(request)
    site = await _site(world, key)
    if await world.switches.closed(site.org, "help"):
        world.switches.turn_away(site.org, "help")
        raise Closed
    if language and not _LANGUAGE.fullmatch(language):
        raise NotFound("There is no such page.")
    base = "" if request.scope.get("help_domain") else f"/help/{site.key}"
    return Place(world=world, site=site, base=base, language=language or site.languages[0])


async def _site(world: World, key: str) -> Site:
    until, site = world.sites.get(key, (0.0, None))
    if site is None or until < time.monotonic():
        site = await sites.by_key(world, key)
        if len(world.sites) > _MOST_KNOWN:
            world.sites.clear()
        world.sites[key] = (time.monotonic() + _KNOWN_FOR, site)
    return site


def forget(world: World, org: OrgId) -> None:
    """A site has changed: what was known of it is not believed any more."""
    world.sites = {key: known for key, known in world.sites.items() if known[1].org != org}


def hold(request: Request, what: str, per_minute: int) -> bool:
    """False when whoever asks has asked for this too often."""
    return _rates.hit(what, request.client.host if request.client else "", most=per_minute, seconds=60)


def may_search(request: Request) -> bool:
    return hold(request, "search", _SEARCHES)


def may_vote(request: Request) -> bool:
    return hold(request, "vote", _VOTES)


async def show(request: Request, here: Place, template: str, *, status: int = 200, path: tuple[str, ...] = (), changed: datetime | None = None, **values: Any) -> Response:
    """A page. `path` is its address within the language, for its canonical address and for the same page in other languages."""
    html = render(f"help/{template}", {**await shared(here, path), **values})
    return answer(request, here, html.encode(), "text/html; charset=utf-8", status=status, changed=changed)


async def shared(here: Place, path: tuple[str, ...]) -> dict[str, Any]:
    spoken = await sites.languages(here.world, here.site)
    canonical = "/".join([here.origin, here.language, *(quote(part) for part in path)])
    return {
        "site": here.site, "base": here.base, "language": here.language, "say": here.say, "dir": direction(here.language), "here": here, "canonical": canonical, "q": "",
        "switch": [(each, named(each), here.to(language=each)) for each in spoken], "alternates": {each: "/".join([here.origin, each]) for each in spoken} if not path else {},
        "spoken_here": here.language in NAMES, "origin": here.origin, "home": False, "markdown_at": "", "structured": "", "description": "", "index": not here.site.hidden,
    }


def answer(
    request: Request, here: Place, body: bytes, media_type: str, *, status: int = 200, changed: datetime | None = None, lasting: bool = False,
) -> Response:
    """A body with its validators. Readers' browsers and caches ask each time whether it still holds, so that what is withdrawn is gone at once."""
    headers = {"Vary": "Accept-Encoding", "Cache-Control": "public, max-age=31536000, immutable" if lasting else "public, no-cache"}
    if here.site.hidden:
        headers["X-Robots-Tag"] = "noindex, nofollow"
    if status == 200:
        headers["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
        if changed:
            headers["Last-Modified"] = format_datetime(changed.astimezone(UTC), usegmt=True)
        if _unchanged(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
    if len(body) > _SMALL and "gzip" in request.headers.get("accept-encoding", "") and not media_type.startswith("image/"):
        body, headers["Content-Encoding"] = gzip.compress(body, compresslevel=5, mtime=0), "gzip"
    return Response(body, status_code=status, media_type=media_type, headers=headers)


def _unchanged(request: Request, tag: str) -> bool:
    given = request.headers.get("if-none-match")
    return given is not None and (given.strip() == "*" or tag.removeprefix("W/") in {one.strip().removeprefix("W/") for one in given.split(",")})


def still_the_same() -> Response:
    return Response(status_code=304, headers={"Vary": "Accept-Encoding", "Cache-Control": "public, no-cache"})


def unchanged_since(request: Request, changed: datetime | None) -> bool:
    """For what is made of one article alone; where there is a tag, the tag decides."""
    given = request.headers.get("if-modified-since")
    if not given or changed is None or "if-none-match" in request.headers:
        return False
    try:
        return changed.replace(microsecond=0) <= parsedate_to_datetime(given)
    except (ValueError, TypeError):
        return False


async def _missing(request: Request) -> Response:
    """With the site's own frame and a search where the site is known."""
    language, key = str(request.path_params.get("language", "")), str(request.path_params.get("key", ""))
    try:
        here = await place(request, key, language if _LANGUAGE.fullmatch(language) else "")
    except (NotFound, Closed):
        return _bare("help/lost.html", 404)
    return await show(request, here, "missing.html", status=404)


def _bare(template: str, status: int, **values: Any) -> Response:
    return Response(render(template, {**values}), status_code=status, media_type="text/html; charset=utf-8")
