"""Looks a help centre over before it is read: its languages, its categories and sections, and whether readers outside see it at all."""

from __future__ import annotations

from collections.abc import Iterable

from glassine.connect.zendesk.api import Json, Zendesk
from glassine.connect.zendesk.articles import Shelves
from glassine.words.sources import SourceFailed, Trouble

_SHUT = (Trouble.CREDENTIALS, Trouble.FORBIDDEN, Trouble.MISSING)  # what a visitor hears who would have to sign in


async def shelves(zendesk: Zendesk) -> Shelves:
    """Raises SourceFailed, also where there is no help centre."""
    given = await zendesk.get("help_center/locales")
    if given is None:
        raise SourceFailed(Trouble.MISSING, f"{zendesk.host} has no help centre that is switched on. Set up Guide in Zendesk, or give the subdomain of the brand that has one.")
    locales = [str(one).lower() for one in given.get("locales") or ()]
    first = str(given.get("default_locale") or "").lower()
    names: dict[str, dict[str, str]] = {}
    parents: dict[str, str] = {}
    for kind in ("categories", "sections"):
        async for page, _ in zendesk.pages(f"help_center/{kind}", kind, include="translations"):
            for shelf in page:
                at = f"{kind}/{shelf.get('id')}"
                names[at] = _names(shelf)
                parents[at] = f"sections/{shelf['parent_section_id']}" if shelf.get("parent_section_id") else f"categories/{shelf.get('category_id')}"
    return Shelves(names=names, parents=parents, locales=frozenset(locales), open=await _open(zendesk, sorted(locales, key=lambda one: one != first)))


def _names(shelf: Json) -> dict[str, str]:
    given = shelf.get("translations")
    translated = {str(one.get("locale")).lower(): str(one.get("title") or "").strip() for one in given if isinstance(one, dict)} if isinstance(given, list) else {}
    return {"": str(shelf.get("name") or "").strip()} | translated


async def _open(zendesk: Zendesk, locales: Iterable[str]) -> bool:
    """Asks as a visitor who has not signed in: a help centre that is being set up, or asks for a login, shows nobody an article."""
    for locale in locales:
        try:
            seen = await zendesk.get(f"help_center/{locale}/articles", {"per_page": 1}, anonymous=True)
        except SourceFailed as failed:
            if failed.trouble not in _SHUT:
                raise
            continue
        if seen and seen.get("articles"):
            return True
    return False
