"""A page of a shop that does not exist, with the widget on it: what a customer's site looks like. It must not need a sign-in or know a customer."""

from __future__ import annotations

import re
import secrets

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from glassine.story import demo
from glassine.story.world import World
from glassine.web.render import render

router = APIRouter(include_in_schema=False)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")


@router.get("/demo")
async def shop(request: Request, token: str = "") -> HTMLResponse:
    """The page for an organisation's public widget token, `?token=…`; without one, for the demo organisation's, where there is one."""
    world: World = request.app.state.world
    known = token if _TOKEN.fullmatch(token) else await demo.widget_token(world) or ""
    nonce = secrets.token_urlsafe(16)
    page = render("demo.html", {"token": known, "url": world.settings.url, "nonce": nonce})
    policy = f"default-src 'none'; script-src 'self'; style-src 'nonce-{nonce}'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"})
