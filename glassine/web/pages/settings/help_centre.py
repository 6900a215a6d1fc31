"""Settings › Help centre: the name, address, colour, logo and links of the public help centre."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile

from glassine.rules.colours import DARK_GROUND, LIGHT_GROUND, USUAL, contrast, readable
from glassine.story.knowledge import site, site_settings
from glassine.web.help.frame import forget
from glassine.web.pages.frame import Said, done, form
from glassine.web.pages.settings.sheet import last_change, sheet
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.words.errors import Refused
from glassine.words.site import Link, Site

router = APIRouter(prefix="/help-centre", route_class=PageRoute)


@router.get("")
async def show(request: Request, staff: Signed) -> Response:
    return await _sheet(request, staff, await site.of(staff.world, staff.actor.org))


async def _sheet(request: Request, staff: Staff, found: Site, given: dict[str, Any] | None = None, wrong: str = "", status: int = 200) -> Response:
    at = site_settings.origin(staff.world, found)
    here = f"{staff.world.settings.url}/help/{found.key}"
    fields = given or {
        "title": found.title, "slug": found.slug, "domain": found.domain, "accent": found.accent, "hidden": found.hidden,
        "header_links": _lines(found.header_links), "footer_links": _lines(found.footer_links),
    }
    return await sheet(
        request, staff, "help-centre", status=status, found=found, at=at, here_at=here, f=fields, wrong=wrong, shades=_shades(found.accent), largest=site_settings.LARGEST_LOGO // 1000,
        usual=USUAL, root=f"{staff.world.settings.url}/help/", changed=await last_change(staff, verb="help.change"),
    )


def _shades(accent: str) -> list[tuple[str, str, float, bool]]:
    """For each scheme: its name, the colour that is used there, its contrast, and whether it had to be changed to be read."""
    if not accent:
        return []
    made = [("In light colours", readable(accent, LIGHT_GROUND), LIGHT_GROUND), ("In dark colours", readable(accent, DARK_GROUND), DARK_GROUND)]
    return [(name, used, contrast(used, ground), used != accent) for name, used, ground in made]


def _lines(links: tuple[Link, ...]) -> str:
    return "\n".join(f"{words} | {url}" for words, url in links)


@router.post("")
async def save(request: Request, staff: Signed) -> Response:
    given = await form(request)
    fields: dict[str, Any] = {name: given.get(name, "").strip() for name in ("title", "slug", "domain", "accent", "header_links", "footer_links")}
    fields["hidden"] = given.get("hidden") == "yes"
    try:
        links = {name: _links(fields[name]) for name in ("header_links", "footer_links")}
        await site_settings.change(staff.world, staff.actor, **{**fields, **links})
    except Refused as refused:
        if refused.status == 403:
            raise
        return await _sheet(request, staff, await site.of(staff.world, staff.actor.org), fields, refused.message, refused.status)
    forget(staff.world, staff.actor.org)
    return done(request, staff, "/settings/help-centre", Said(text="Saved. The help centre shows it from now on."), "reload")


def _links(text: str) -> list[Link]:
    """A line each: words, an upright bar, and the address. Raises Refused."""
    links = []
    for line in filter(str.strip, text.splitlines()):
        words, bar, url = line.rpartition("|")
        if not bar:
            raise Refused(f"“{line.strip()[:60]}” is no link. Write one a line: the words, | and the address.")
        links.append(Link(words.strip(), url.strip()))
    return links


@router.post("/logo/upload")
async def set_logo(request: Request, staff: Signed) -> Response:
    """An empty file takes the logo away."""
    given = (await request.form()).get("logo")
    picture = await given.read() if isinstance(given, UploadFile) else b""
    await site_settings.set_logo(staff.world, staff.actor, picture)
    forget(staff.world, staff.actor.org)
    return done(request, staff, "/settings/help-centre", Said(text="The logo is set." if picture else "The logo is taken away."), "reload")
