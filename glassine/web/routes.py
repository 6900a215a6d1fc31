"""The one route table: every address that Glassine answers, in one place."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from glassine.story.world import World
from glassine.web import demo, help, widget_files
from glassine.web.api.app import create_api
from glassine.web.assets import Assets
from glassine.web.pages import actions, desk, gaps, inbox, inspect, knowledge, removing, replays, scenarios, searching, settings, sign_in, sources, stream
from glassine.web.pages.articles import images
from glassine.web.render import STATIC
from glassine.web.staff import lost


def install(app: FastAPI, world: World) -> None:
    """/api public API and widget · /widget the widget's files · /static parts of pages · /inbox, /knowledge, /settings the team · /help · /images the pictures of articles · /demo."""
    app.mount("/api", create_api(world))
    app.mount("/static", Assets())
    app.include_router(widget_files.router)
    app.include_router(demo.router)
    app.include_router(help.router)
    app.include_router(images.public)
    for page in (sign_in, stream, inspect, replays, inbox, desk, removing, sources, gaps, scenarios, searching, knowledge, actions, settings):
        app.include_router(page.router)
    app.add_exception_handler(HTTPException, lost)
    app.add_api_route("/", _home, include_in_schema=False)
    app.add_api_route("/robots.txt", _robots, include_in_schema=False)
    app.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    app.add_api_route("/health", _health, include_in_schema=False)


async def _home() -> Response:
    return RedirectResponse("/inbox", status_code=302)


async def _robots() -> Response:
    """On the team's own host there is nothing to be found but help pages."""
    return PlainTextResponse("User-agent: *\nAllow: /help/\nAllow: /static/\nDisallow: /\n")


async def _icon() -> Response:
    """What browsers ask for where no page names an icon."""
    return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"})


async def _health() -> Response:
    return JSONResponse({"ok": True})
