"""Members of the team at their browsers, without JavaScript: plain pages and forms, with their cookie and the form's token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from glassine.story import access
from glassine.story.world import World
from glassine.web.app import create_app
from glassine.web.staff import COOKIE, csrf_of
from glassine.words.people import Actor, ActorKind, Role

PASSWORD = "a sentence is fine"
_HTMX = {"HX-Request": "true"}


class Browser:
    """One browser. Redirects are not followed, so that tests see where they lead."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    @property
    def csrf(self) -> str:
        return csrf_of(self.client.cookies.get(COOKIE) or "")

    async def get(self, path: str, *, htmx: bool = False) -> httpx2.Response:
        return await self.client.get(path, headers=_HTMX if htmx else {})

    async def post(self, path: str, /, **fields: Any) -> httpx2.Response:
        """A form of ours, with its token."""
        return await self.client.post(path, data={"csrf": self.csrf, **fields}, headers={"Sec-Fetch-Site": "same-origin"})

    async def swap(self, path: str, /, **fields: Any) -> httpx2.Response:
        """The same form as htmx sends it."""
        return await self.client.post(path, data={"csrf": self.csrf, **fields}, headers={"Sec-Fetch-Site": "same-origin", **_HTMX})

    async def act(self, path: str, /, **fields: Any) -> str:
        """Posts a form that leads on to a page, and returns that page."""
        answer = await self.post(path, **fields)
        assert answer.status_code == 303, answer.text
        page = await self.get(answer.headers["location"])
        assert page.status_code == 200, page.text
        return page.text


@asynccontextmanager
async def browser(world: World) -> AsyncIterator[Browser]:
    """Nobody is signed in."""
    transport = httpx2.ASGITransport(app=create_app(world), raise_app_exceptions=True)
    async with httpx2.AsyncClient(transport=transport, base_url="http://glassine.test", timeout=60) as client:
        yield Browser(client)


@asynccontextmanager
async def signed_in(world: World, actor: Actor) -> AsyncIterator[Browser]:
    """This person, by a one-time link."""
    assert actor.id is not None
    async with browser(world) as visitor:
        token = await access.login_link(world, actor.org, actor.id)  # type: ignore[arg-type]  # an agent's id is a person's
        answer = await visitor.client.post(f"/enter/{token}")
        assert answer.status_code == 303, answer.text
        yield visitor


async def colleague(world: World, owner: Actor, role: Role, name: str) -> Actor:
    """Joins by invitation."""
    token = await access.invite(world, owner, role, None)
    email = f"{name.split()[0].lower()}@team.example"
    cookie = await access.accept_invite(world, token, name=name, email=email, password=PASSWORD)
    actor = await access.by_cookie(world, cookie)
    assert actor is not None
    assert actor.kind is ActorKind.AGENT
    return actor
