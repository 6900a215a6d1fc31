"""What admins set of their help centre: name, address, colour, logo and links. Each change is one line of the audit log."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from glassine.edge.secrets import fingerprint
from glassine.rules.colours import is_colour
from glassine.rules.permits import require
from glassine.store import Tx, house, shelf, sites, vault
from glassine.story.knowledge import site
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId, OrgId
from glassine.words.people import Actor, Verb
from glassine.words.site import Link, Site, Votes

LARGEST_LOGO = 200_000  # bytes
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_RESERVED = frozenset({"assets", "search", "www", "api", "help", "static"})
_MOST_LINKS = 8
_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}
_COMMENTS = 50


async def change(world: World, actor: Actor, **fields: Any) -> Site:
    """Sets the named fields of the site and leaves the others. Raises Refused (400, 403, 409)."""
    require(actor, Verb.CHANGE_SETTINGS)
    async with world.store.tx(actor.org) as tx:
        before = site.read(await sites.load(tx, actor.org))
        after = {name: getattr(before, name) for name in ("title", "slug", "domain", "accent", "hidden", "header_links", "footer_links")}
        after |= {name: value for name, value in fields.items() if name in after and value is not None}
        after = _checked(after, world)
        for name, kind in (("slug", site.DOOR_SLUG), ("domain", site.DOOR_HOST)):
            if after[name] != getattr(before, name):
                await _move(tx, actor.org, kind, after[name])
        await sites.change(tx, actor.org, after)
        changed = sorted(name for name in after if after[name] != getattr(before, name))
        await vault.audit(tx, actor, "help.change", "organization", actor.org, {"changed": changed})
    return await site.of(world, actor.org)


def _checked(given: Mapping[str, Any], world: World) -> dict[str, Any]:
    """What was given in the form in which it is kept. Raises Refused with what is wrong and what would be right."""
    title, slug, domain, accent = (" ".join(str(given[name]).split()) for name in ("title", "slug", "domain", "accent"))
    slug, domain, accent = slug.lower(), domain.lower().rstrip("."), accent.lower()
    if len(title) > 80:
        raise Refused("The help centre's name may have 80 characters.")
    if slug and (not _SLUG.fullmatch(slug) or slug in _RESERVED or re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", slug)):
        raise Refused("The address may have small letters, digits and hyphens, for example paper-glass.")
    if domain and not _DOMAIN.fullmatch(domain):
        raise Refused("The domain is a host name alone, for example help.your-company.example.")
    if domain and domain == urlsplit(world.settings.url).hostname:
        raise Refused("At this host your team signs in. Give the help centre a host of its own, such as help.your-company.example.")
    if accent and not is_colour(accent):
        raise Refused("The colour is written as # and six digits or letters a to f, for example #14549b.")
    links = {name: [tuple(_link(each)) for each in given[name]] for name in ("header_links", "footer_links")}
    if any(len(each) > _MOST_LINKS for each in links.values()):
        raise Refused(f"There may be {_MOST_LINKS} links at the top and {_MOST_LINKS} at the bottom.")
    return {"title": title, "slug": slug, "domain": domain, "accent": accent, "hidden": bool(given["hidden"]), **{name: tuple(each) for name, each in links.items()}}


def _link(given: tuple[str, str] | Link) -> Link:
    words, url = (str(part).strip() for part in given)
    if not words or len(words) > 60 or not re.fullmatch(r"(?:https?://|mailto:)\S{1,2000}", url):
        raise Refused("A link has up to 60 characters of words and an address that begins with https://, http:// or mailto:")
    return Link(words, url)


async def _move(tx: Tx, org: OrgId, kind: str, address: str) -> None:
    """Makes an address lead here and the former one nowhere. Raises Refused (409) when it leads elsewhere already."""
    if address:
        await sites.claim(tx, f"{kind} {address}")
        if any(door.org != org for door in await house.open_doors(tx, kind, fingerprint(address))):
            raise Refused(f"“{address}” is another organisation's address here. Choose another one.", status=409, code="conflict")
    await house.shut_door(tx, kind, org)
    if address:
        await house.hang_door(tx, kind, fingerprint(address), org)


async def set_logo(world: World, actor: Actor, picture: bytes) -> None:
    """Takes a PNG, JPEG, GIF or WebP; nothing takes the logo away. Raises Refused (400, 403, 413)."""
    require(actor, Verb.CHANGE_SETTINGS)
    if len(picture) > LARGEST_LOGO:
        raise Refused(f"The logo has {len(picture):,} bytes; {LARGEST_LOGO:,} is the most. A picture 96 pixels high is enough.", status=413, code="too_large")
    media_type = next((each for start, each in _PICTURES.items() if picture.startswith(start)), "")
    if picture and (not media_type or (media_type == "image/webp" and picture[8:12] != b"WEBP")):
        raise Refused("The logo must be a PNG, JPEG, GIF or WebP picture. SVG is not taken, because it may hold scripts.")
    async with world.store.tx(actor.org) as tx:
        await sites.set_logo(tx, actor.org, picture or None, media_type, hashlib.sha256(picture).hexdigest()[:16] if picture else "")
        await vault.audit(tx, actor, "help.change", "organization", actor.org, {"changed": ["logo"]})


async def votes(world: World, actor: Actor, id: ArticleId) -> Votes:
    """What readers said of an article."""
    require(actor, Verb.READ_KNOWLEDGE)
    async with world.store.tx(actor.org) as tx:
        helpful, unhelpful = await sites.votes(tx, actor.org, id)
        comments = await sites.comments(tx, actor.org, id, _COMMENTS)
    return Votes(helpful=helpful, unhelpful=unhelpful, comments=[(row["helpful"], row["comment"], row["created_at"]) for row in comments])


async def address(world: World, org: OrgId, id: ArticleId) -> str | None:
    """Where the public reads an article; None for one that it does not."""
    found = await site.of(world, org)
    async with world.store.tx(org) as tx:
        row = (await shelf.some(tx, org, [id])).get(id)
    return f"{origin(world, found)}/{row['language']}/{row['slug']}" if row and row["slug"] else None


def origin(world: World, found: Site) -> str:
    """Where the help centre is for good: its own domain, or its place under ours."""
    return f"https://{found.domain}" if found.domain else f"{world.settings.url}/help/{found.key}"
