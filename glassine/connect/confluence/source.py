"""Confluence as a source: what an admin fills in, whether it works, and what a run reads. It stores nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from glassine.connect.confluence.api import FILE_HOST, Confluence, login, place, quoted
from glassine.connect.confluence.editions import edition
from glassine.connect.confluence.run import Rules, Run
from glassine.words.errors import Refused
from glassine.words.sources import Asked, Complete, Field, FieldKind, Link, Told


class Wiki:
    """What Confluence offers to be read."""

    fields: tuple[Field, ...] = (
        Field(name="edition", shown=True, title="Edition", kind=FieldKind.CHOICE, default="cloud", choices={"cloud": "Cloud", "server": "Data Center or Server"}),
        Field(name="address", title="Address", help="Such as https://acme.atlassian.net, or https://wiki.acme.com for Data Center.", kind=FieldKind.URL),
        Field(name="email", shown=True, title="E-mail address", help="Cloud only: of the account that made the API token.", required=False),
        Field(name="token", title="Token", help="Cloud: an API token from id.atlassian.com. Data Center: a personal access token from your profile.", kind=FieldKind.SECRET),
        Field(name="spaces", title="Spaces", help="Keys of spaces, one a line, such as DOCS. Empty: all that the account sees and that are not somebody's own.", kind=FieldKind.LINES, required=False),
        Field(
            name="public_spaces", shown=True, title="Spaces for answers to customers", help="Keys, one a line. Pages of all others are for your team. Pages with view restrictions, also inherited ones, always are.",
            kind=FieldKind.LINES, required=False,
        ),
        Field(name="labels", title="Only pages with one of these labels", help="One label a line. Empty: all pages.", kind=FieldKind.LINES, required=False),
        Field(name="unwanted_labels", title="Leave out pages with these labels", help="One label a line.", kind=FieldKind.LINES, required=False),
        Field(
            name="attachments", title="Files of pages", help="PDF, Word, text and CSV.", kind=FieldKind.CHOICE, required=False, default="read",
            choices={"read": "Read them", "skip": "Leave them out"},
        ),
    )

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:
        at = place(settings)
        return (at.host, FILE_HOST) if at.cloud else (at.host,)

    async def check(self, link: Link) -> str:
        login(link.settings)
        wiki, rules = Confluence(link, place(link.settings)), _rules(link.settings)
        user = await wiki.get("rest/api/user/current")
        if user is None:
            raise Refused(f"There is no Confluence at {wiki.at.address}. Check the address, and the edition.")
        if user.get("type") == "anonymous":
            raise Refused(f"{wiki.at.host} does not know this login. Check the token.")
        run = Run(wiki, edition(wiki), rules, Asked())
        spaces = await run.spaces()
        keys = [space.key for space in spaces]
        unknown = [key for key in dict.fromkeys([*rules.spaces, *rules.public]) if key.upper() not in {one.upper() for one in keys}]
        if unknown:
            raise Refused(f"{wiki.at.host} shows this login no space {', '.join(unknown)}. A space's key stands in its address, after /spaces/ or /display/.")
        counted = await wiki.get("rest/api/search", {"cql": f"type = page and space in ({quoted(keys[:200])})", "limit": 1}) or {}
        many = f" with {counted['totalSize']:,} pages" if isinstance(counted.get("totalSize"), int) else ""
        who, named = user.get("displayName") or user.get("publicName") or "this login", ", ".join(keys[:10]) + (" …" if len(keys) > 10 else "")
        shown = f" Customers may be answered from {', '.join(space.key for space in spaces if rules.opens(space))}." if rules.public else " All pages are for your team only, until you name spaces for answers to customers."
        return f"{wiki.at.host} lets {who} see {len(keys)} {'space' if len(keys) == 1 else 'spaces'} ({named}){many}.{shown}"

    async def read(self, link: Link, asked: Asked) -> AsyncIterator[Told]:
        wiki = Confluence(link, place(link.settings))
        run = Run(wiki, edition(wiki), _rules(link.settings), asked)
        if asked.only:
            async for told in run.chosen():
                yield told
            yield Complete(marker=dict(asked.since or {}), everything=False)
            return
        async for told in run.everything():
            yield told
        yield Complete(marker=run.marker(), everything=True)


def _rules(settings: Mapping[str, str]) -> Rules:
    def lines(name: str) -> tuple[str, ...]:
        return tuple(line.strip() for line in settings.get(name, "").splitlines() if line.strip())

    return Rules(
        spaces=lines("spaces"), public=lines("public_spaces"), labels=lines("labels"), unwanted_labels=lines("unwanted_labels"),
        attachments=settings.get("attachments") != "skip",
    )
