"""In and out: sign in by password, a one-time link or an invite, and sign out. Links act on POST only, so that mail scanners do not use them up."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from glassine.story import access
from glassine.web.faults import theme_of
from glassine.web.pages.frame import form
from glassine.web.render import render
from glassine.web.staff import COOKIE, PageRoute, let_in, local, world_of
from glassine.words.errors import Refused

router = APIRouter(include_in_schema=False, route_class=PageRoute)


def _door(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for somebody who is not in yet."""
    return HTMLResponse(render(template, {"theme": theme_of(request), "wrong": "", **values}), status_code=status)


@router.get("/sign-in")
async def ask(request: Request, next: str = "/inbox") -> Response:
    if request.cookies.get(COOKIE) and await access.by_cookie(world_of(request), request.cookies[COOKIE]):
        return RedirectResponse(local(next), status_code=303)
    return _door(request, "sign_in.html", next=local(next), email="")


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    given = await form(request)
    peer = request.client.host if request.client else ""
    try:
        token = await access.sign_in(world_of(request), given.get("email", ""), given.get("password", ""), peer=peer)
    except Refused as refused:
        return _door(request, "sign_in.html", refused.status, wrong=refused.message, next=local(given.get("next", "")), email=given.get("email", ""))
    return let_in(request, token, given.get("next", "/inbox"))


@router.get("/enter/{token}")
async def show_link(request: Request, token: str) -> Response:
    """Shows a button that the page's script presses at once; whoever merely fetches the address changes nothing."""
    return _door(request, "enter.html", token=token)


@router.post("/enter/{token}")
async def use_link(request: Request, token: str) -> Response:
    try:
        cookie = await access.use_login_link(world_of(request), token)
    except Refused as refused:
        return _door(request, "sign_in.html", refused.status, wrong=refused.message, next="/inbox", email="")
    return let_in(request, cookie, "/inbox")


@router.get("/invite/{token}")
async def show_invite(request: Request, token: str) -> Response:
    role = await access.read_invite(world_of(request), token)
    return _door(request, "invite.html", token=token, role=role, name="", email="")


@router.post("/invite/{token}")
async def accept_invite(request: Request, token: str) -> Response:
    world, given = world_of(request), await form(request)
    name, email = given.get("name", "").strip(), given.get("email", "").strip()
    try:
        cookie = await access.accept_invite(world, token, name=name, email=email, password=given.get("password", ""))
    except Refused as refused:
        role = await access.read_invite(world, token)
        return _door(request, "invite.html", refused.status, wrong=refused.message, token=token, role=role, name=name, email=email)
    return let_in(request, cookie, "/inbox")


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    await access.sign_out(world_of(request), request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(COOKIE)
    return response


@router.post("/theme")
async def choose_theme(request: Request) -> Response:
    """Light or dark, remembered by the browser."""
    given = await form(request)
    response = RedirectResponse(local(given.get("back", "/inbox")), status_code=303)
    response.set_cookie("glassine_theme", "dark" if given.get("theme") == "dark" else "light", max_age=365 * 86_400, samesite="lax")
    return response
