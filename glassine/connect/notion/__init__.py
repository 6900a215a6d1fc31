"""Notion as a knowledge source: what an admin fills in, whether it works, and where it may connect to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from glassine.connect.notion import properties
from glassine.connect.notion.api import HOST, Notion, id_in
from glassine.connect.notion.listing import Listing
from glassine.connect.notion.reading import FILES_AT, Run, Wishes
from glassine.words.channels import Connector
from glassine.words.errors import Refused
from glassine.words.sources import Asked, Field, FieldKind, Link, SourceFailed, Told, Trouble

_MOST_ROOTS = 50


class _Notion:
    """Pages and database rows that an integration was given."""

    fields: tuple[Field, ...] = (
        Field(name="token", title="Integration token", kind=FieldKind.SECRET, help="In Notion under Settings, Connections, Develop or manage integrations: the internal integration secret. It needs Read content only."),
        Field(name="roots", title="Pages and databases", kind=FieldKind.LINES, required=False, help="Links to pages or databases, one a line: these and all below them. Empty for everything that the integration was given."),
        Field(name="published", shown=True, title="Pages published to the web answer customers", kind=FieldKind.SWITCH, required=False, help="Off: everything from Notion is for your team only. On: what anybody can open on the web is public, the rest stays internal."),
        Field(name="filter", title="Only rows where", kind=FieldKind.LINES, required=False, help="Conditions for rows of databases, one a line, for example: Status = Published. Rows of databases without that property are not concerned."),
        Field(name="properties", title="Properties in the text of a row", kind=FieldKind.LINES, required=False, help="Names, one a line. Empty for all of them in internal rows, and none in public ones."),
        Field(name="files", title="Read files in pages", kind=FieldKind.SWITCH, required=False, help="PDF, Word, text, CSV and HTML files that were uploaded to a page become articles of their own."),
    )

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:
        return (HOST, FILES_AT) if _is_on(settings, "files") else (HOST,)

    async def check(self, link: Link) -> str:
        wishes, notion = _wishes(link.settings), _notion(link)
        about = await notion.get("users/me") or {}
        bot = about.get("bot") or {}
        who = f"“{about.get('name') or 'the integration'}”" + (f" in the workspace “{bot['workspace_name']}”" if bot.get("workspace_name") else "")
        listing = Listing(notion, wishes.roots)
        for root in wishes.roots:
            if not await listing.root(root):
                raise SourceFailed(Trouble.MISSING, f"{who} sees no page or database {root.replace('-', '')}. In Notion, open it, choose •••, Connections, and add the integration.")
        answer = await notion.post("search", {"page_size": 100}) or {}
        seen, more = len(answer.get("results") or []), " at least" if answer.get("has_more") else ""
        if not seen and not wishes.roots:
            raise SourceFailed(Trouble.MISSING, f"The token works, but no page is shared with {who}. In Notion, open a page, choose •••, Connections, and add the integration.")
        return f"Connected as {who}, which sees{more} {seen} {'page or database' if seen == 1 else 'pages and databases'}."

    async def read(self, link: Link, asked: Asked) -> AsyncIterator[Told]:
        async for told in Run(link, _notion(link), _wishes(link.settings), asked).tell():
            yield told


def _notion(link: Link) -> Notion:
    token = link.settings.get("token", "").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise Refused("The integration token is a line of letters, digits and underscores, as Notion shows it. Copy it again.")
    return Notion(link, token)


def _wishes(settings: Mapping[str, str]) -> Wishes:
    """Raises Refused for what cannot be right."""
    roots = []
    for line in filter(None, map(str.strip, settings.get("roots", "").splitlines())):
        if (id := id_in(line)) is None:
            raise Refused(f"“{line[:80]}” is no link to a page or database of Notion. Copy it there with Share, Copy link.")
        roots.append(id)
    if len(roots) > _MOST_ROOTS:
        raise Refused(f"{len(roots)} pages are chosen, and {_MOST_ROOTS} is the most. Choose a page above them.")
    return Wishes(
        roots=tuple(dict.fromkeys(roots)), published=_is_on(settings, "published"), filter=properties.conditions(settings.get("filter", "")),
        properties=frozenset(name.strip().casefold() for name in settings.get("properties", "").splitlines() if name.strip()), files=_is_on(settings, "files"),
    )


def _is_on(settings: Mapping[str, str], name: str) -> bool:
    return settings.get(name, "").strip().lower() in ("on", "true", "yes", "1")


connector = Connector(name="notion", title="Notion", hosts=(HOST, FILES_AT), source=_Notion())
