"""Who looks at a page: the sign-in cookie becomes an actor, forged requests are refused, and every page carries its security headers.

It decides nothing about permissions: the stories ask rules/permits.py themselves.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from glassine.story import access
from glassine.story.world import World
from glassine.web import faults
from glassine.web.limits import LARGEST_BODY, limit_of
from glassine.words.errors import Refused
from glassine.words.people import Actor

_log = logging.getLogger(__name__)
COOKIE = "glassine_session"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()", "Cache-Control": "no-store",
}


class SignedOut(Exception):
    """Nobody is signed in, or no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """A signed-in member of the team and the world they act in. `csrf` proves that a form came from one of our pages."""

    world: World
    actor: Actor
    csrf: str
    token: str = field(repr=False)


def world_of(request: Request) -> World:
    """The one world of this process."""
    return request.app.state.world  # type: ignore[no-any-return]  # Starlette's state is untyped


def csrf_of(token: str) -> str:
    """What a form must carry: derived from the secret cookie, so that only our own pages can know it, and worthless to sign in with."""
    return hmac.new(token.encode(), b"glassine form", hashlib.sha256).hexdigest()[:32]


async def staff(request: Request) -> Staff:
    """The dependency of every page behind the door. Raises SignedOut."""
    token = request.cookies.get(COOKIE, "")
    actor = await access.by_cookie(world_of(request), token) if token else None
    if actor is None:
        raise SignedOut
    return Staff(world=world_of(request), actor=actor, csrf=csrf_of(token), token=token)


Signed = Annotated[Staff, Depends(staff)]


class PageRoute(APIRoute):
    """A route whose errors are pages. Every page router names it as its route class."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def page(request: Request) -> Response:
            try:
                await refuse_forged(request)
                response = await handle(request)
            except SignedOut:
                response = to_the_door(request)
            except ClientDisconnect:
                response = Response(status_code=400)  # nobody reads it: the browser left while it was still sending
            except (Refused, HTTPException, RequestValidationError) as error:
                response = faults.page_for(request, error)
            except Exception as error:
                # An error's own words may quote a customer, so the log gets its type and where it happened.
                _log.error("%s on %s\n%s", type(error).__name__, request.url.path, "".join(traceback.format_tb(error.__traceback__)))
                response = faults.page_for(request, error)
            for name, value in _HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return page


async def refuse_forged(request: Request) -> None:
    """A request that changes something must come from one of our own pages. Raises Refused (403, 411, 413), SignedOut."""
    if request.method in _READS:
        return
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise Refused("The request does not say how long it is.", status=411)
    if int(length) > (most := limit_of(request.url.path)):
        what = "of text. Split it into smaller parts" if most == LARGEST_BODY else "at once. Send fewer or smaller files"
        raise Refused(f"This is more than {most // (1024 * 1024)} MB {what}.", status=413)
    if not _same_site(request):
        raise Refused("This request came from another site, so nothing was done. Open the page here and try again.", status=403)
    token = request.cookies.get(COOKIE)
    if token and int(length) > LARGEST_BODY and await access.by_cookie(world_of(request), token) is None:
        raise SignedOut  # a form of documents is taken into memory for people only
    if token and not hmac.compare_digest((await _given_token(request)).encode(), csrf_of(token).encode()):
        raise Refused("This page is older than your sign-in, so nothing was done. Reload it and try again.", status=403)


async def _given_token(request: Request) -> str:
    if sent := request.headers.get("x-csrf"):
        return sent
    given = (await request.form()).get("csrf", "")
    return given if isinstance(given, str) else ""


def _same_site(request: Request) -> bool:
    """Browsers say where a request comes from; what says nothing is no browser and carries no cookie by itself."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return True
    public = world_of(request).settings.public_url
    return urlsplit(origin).netloc in {request.headers.get("host"), urlsplit(public).netloc if public else None} - {""}


def lost(request: Request, error: Exception) -> Response:
    """For the application: an address that leads nowhere is answered with a page too."""
    if request.url.path.startswith("/api/"):  # one with a line break in it does not reach the API, whose routes take one line
        return JSONResponse({"statusCode": 404, "message": "There is nothing at this address.", "error": "Not Found"}, status_code=404)
    response = faults.page_for(request, error)
    response.headers.update(_HEADERS)
    return response


def to_the_door(request: Request) -> Response:
    """To the sign-in page, and back here afterwards."""
    at = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"/sign-in?next={quote(at)}" if request.method == "GET" and "hx-request" not in request.headers else "/sign-in"
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": back})
    return RedirectResponse(back, status_code=303)


def let_in(request: Request, token: str, to: str) -> Response:
    """Sets the sign-in cookie and goes on to a page of ours."""
    return keep_in(request, RedirectResponse(local(to), status_code=303), token)


def keep_in(request: Request, response: Response, token: str) -> Response:
    """Sets the sign-in cookie on a response."""
    public = world_of(request).settings.public_url or ""
    response.set_cookie(
        COOKIE, token, max_age=30 * 86_400, httponly=True, samesite="lax", secure=request.url.scheme == "https" or public.startswith("https:"),
    )
    return response


def local(path: str) -> str:
    """A path of this site, or the inbox: an address that leads elsewhere is not followed."""
    at = urlsplit(path)
    fine = path.startswith("/") and not path.startswith("//") and "\\" not in path and not at.netloc and not at.scheme and path.isprintable()
    return path if fine else "/inbox"
