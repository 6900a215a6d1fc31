"""The help centre of Zendesk as a source: what an admin fills in, whether it works, and the order in which a run reads it. It stores nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from glassine.connect.zendesk.api import FILE_HOSTS, Zendesk, login, rows, subdomain
from glassine.connect.zendesk.articles import Rules
from glassine.connect.zendesk.run import Run
from glassine.connect.zendesk.shelves import shelves
from glassine.words.errors import Refused
from glassine.words.sources import Asked, Complete, Field, FieldKind, Link, SourceFailed, Told


class Guide:
    """What a help centre of Zendesk offers to be read."""

    fields: tuple[Field, ...] = (
        Field(name="subdomain", title="Subdomain", help="What stands before .zendesk.com, such as acme. A brand with a help centre of its own has its own subdomain and is a source of its own."),
        Field(name="email", shown=True, title="E-mail address", help="Of the admin or agent whose API token this is. Leave it empty for an OAuth access token.", required=False),
        Field(name="token", title="API token", help="From Admin Center › Apps and integrations › APIs › API tokens; or an OAuth access token with the scope hc:read.", kind=FieldKind.SECRET),
        Field(
            name="team_only", title="Drafts and restricted articles", help="What not everybody sees in Zendesk is never used in an answer to a customer.", kind=FieldKind.CHOICE, required=False,
            default="read", choices={"read": "Read them for the team", "skip": "Leave them out"},
        ),
        Field(
            name="attachments", title="Files of articles", help="PDF, Word, text and CSV.", kind=FieldKind.CHOICE, required=False, default="read",
            choices={"read": "Read them", "skip": "Leave them out"},
        ),
        Field(
            name="outdated", title="Translations marked as outdated", help="What becomes of translations that Zendesk marks as older than their original.", kind=FieldKind.CHOICE, required=False,
            default="as_shown", choices={"as_shown": "Use them as the help centre does", "internal": "For the team only", "skip": "Leave them out"},
        ),
        Field(name="unwanted_labels", title="Leave out articles with these labels", help="One label a line.", kind=FieldKind.LINES, required=False),
    )

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:
        return (f"{subdomain(settings)}.zendesk.com", *FILE_HOSTS)

    async def check(self, link: Link) -> str:
        login(link.settings)
        zendesk = Zendesk(link)
        answer = await zendesk.get("users/me")
        if answer is None:
            raise Refused(f"There is no Zendesk account at {zendesk.host}. Check the subdomain.")
        user = answer.get("user") or {}
        if not user.get("id"):
            raise Refused(f"{zendesk.host} does not know this login. Check the e-mail address and the API token.")
        if user.get("role") == "end-user":
            raise Refused("This is the login of an end user, to whom Zendesk does not tell which articles are restricted. Use the token of an agent or an admin.")
        place = await shelves(zendesk)
        listed = await zendesk.get("help_center/articles", {"per_page": 1}) or {}
        seen = f"{listed['count']:,} articles" if isinstance(listed.get("count"), int) else "its articles"
        who = f"{user.get('name') or 'this login'} ({user.get('role') or 'agent'})"
        shown = "" if place.open else " Readers who have not signed in see none of them, so all are for your team only."
        return f"{zendesk.host} lets {who} see {seen} in {', '.join(sorted(place.locales)) or 'no language'}.{shown}{await _other_brands(zendesk)}"

    async def read(self, link: Link, asked: Asked) -> AsyncIterator[Told]:
        zendesk = Zendesk(link)
        run = Run(zendesk, _rules(link.settings), asked, await shelves(zendesk))
        if asked.only:
            async for told in run.chosen():
                yield told
            yield Complete(marker=dict(asked.since or {}), everything=False)
            return
        if run.may_be_short():
            async for told in run.changes():
                yield told
            if await run.nothing_went():
                yield Complete(marker=run.marker(full=False), everything=False)
                return
        async for told in run.everything():
            yield told
        yield Complete(marker=run.marker(full=True), everything=True)


async def _other_brands(zendesk: Zendesk) -> str:
    """Help centres of the same account that this source will not read. An agent may not be allowed to list them: then nothing is said."""
    try:
        brands = rows(await zendesk.get("brands") or {}, "brands", zendesk.host)
    except SourceFailed:
        return ""
    others = sorted(str(one.get("subdomain")) for one in brands if one.get("has_help_center") and one.get("subdomain") and f"{one['subdomain']}.zendesk.com" != zendesk.host)
    return f" The account has further help centres ({', '.join(others)}): add each as a source of its own." if others else ""


def _rules(settings: Mapping[str, str]) -> Rules:
    return Rules(
        team_only=settings.get("team_only") != "skip", attachments=settings.get("attachments") != "skip", outdated=settings.get("outdated") or "as_shown",
        unwanted_labels=frozenset(line.strip().lower() for line in settings.get("unwanted_labels", "").splitlines() if line.strip()),
    )
