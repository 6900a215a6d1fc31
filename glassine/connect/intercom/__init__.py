"""Intercom as a helpdesk: what an admin fills in, whether it works, and how its parts answer to the contract in words/helpdesks.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from glassine.connect.intercom import conversations, hearing
from glassine.connect.intercom.api import FILE_HOSTS, REGIONS, Intercom
from glassine.words.channels import Connector
from glassine.words.deliveries import DeliveryFailed, Effect
from glassine.words.errors import Refused
from glassine.words.helpdesks import HOOK_SECRET, SECRET, Checked, Draft, Entry, Guarantee, Heard, HelpdeskLink, Hook, Looked, RawHook, Step, Ticket
from glassine.words.sources import Field, FieldKind

# Each permission as Intercom names it, how it is tried without changing anything, and what does not work without it.
_RIGHTS: tuple[tuple[str, str, str, Mapping[str, Any] | None, str], ...] = (
    ("Read conversations", "POST", "/conversations/search", {"query": {"field": "source.body", "operator": "~", "value": "gls"}}, "conversations are neither found again nor read."),
    ("Read and list users and companies", "POST", "/contacts/search", {"query": {"field": "email", "operator": "=", "value": "nobody@pseudonym.invalid"}}, "contacts are not found."),
    ("Read tags", "GET", "/tags", None, "conversations bear no tags."),
    ("Read admins", "GET", "/admins", None, "conversations cannot be given to one of your team or to a team."),
)


class _Intercom:
    """Conversations of an Intercom workspace."""

    fields: tuple[Field, ...] = (
        Field(name="token", title="Access token", kind=FieldKind.SECRET, help="In Intercom's developer hub: your app, Configure, Authentication."),
        Field(name=HOOK_SECRET, title="Client secret", kind=FieldKind.SECRET, required=False, shown=True, help="Of the same app, under Basic information: Intercom signs its notifications with it. Without it replies are fetched every few minutes."),
        Field(name="region", title="Region", kind=FieldKind.CHOICE, default="us", shown=True, help="Where your workspace's data is.", choices=MappingProxyType({"us": "United States", "eu": "Europe", "au": "Australia"})),
        Field(name="admin", title="Teammate for notes", required=False, help="The id of whoever notes are written as; whoever the token belongs to unless set."),
    )
    begin: tuple[Step, ...] = (
        Step(
            title="Make an app in Intercom",
            text="Open Settings, Integrations, Developer hub, and make an app for your own workspace with these permissions: Read and Write conversations, Read and list users and companies, Write users and companies, Read and Write tags, Read admins."
            " Copy the access token under Configure, Authentication, and the client secret under Configure, Basic information.",
            picture="intercom-token.svg",
        ),
    )
    guarantees: Mapping[Effect, Guarantee] = MappingProxyType({Effect.OPEN: Guarantee.LOOKUP, Effect.SAY: Guarantee.LOOKUP, Effect.STATUS: Guarantee.LOOKUP})
    steps: tuple[Step, ...] = (
        Step(
            title="Let Intercom tell Glassine at once",
            text="In Intercom's developer hub, open your app, Configure, Webhooks, and enter {url} as the endpoint. Intercom's API lets nobody else set this. Without it Glassine looks every few minutes.",
            picture="intercom-webhooks.svg",
        ),
        Step(title="Choose what Intercom tells", text="Add the topics conversation.admin.replied, conversation.admin.noted, conversation.admin.closed, conversation.admin.opened, conversation.admin.assigned and conversation.deleted, and save."),
        Step(
            title="Keep Intercom's own bots out",
            text="In Intercom, under Fin AI Agent and Workflows, leave out conversations with the tag opencx_handed_off or from contacts whose user id begins with glassine-, so that no bot answers a customer who waits for a person.",
            picture="intercom-bots.svg",
        ),
    )
    wire_name = "intercom"
    id_type = "conversation_id"
    needs: tuple[str, ...] = ()  # a contact is made by our own id of it

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:
        return (REGIONS[_region(settings)], *FILE_HOSTS[_region(settings)])

    async def check(self, link: HelpdeskLink) -> Checked:
        intercom = _intercom(link)
        _, app = await conversations.who(intercom, {})
        missing = tuple([f"The permission “{right}” is missing: {what} Give it to the app in Intercom's developer hub." for right, method, path, body, what in _RIGHTS if not await _may(intercom, method, path, body)])
        admins, teams = await _named(intercom, "/admins", "admins"), await _named(intercom, "/teams", "teams")
        groups = {f"admin:{id}": name for id, name in admins.items()} | {f"team:{id}": f"Team {name}" for id, name in teams.items()}
        return Checked(reached=f"Connected to the Intercom workspace “{app.get('name') or app.get('id_code')}”.", missing=missing, choices={"admin": admins, "group": groups})

    async def install(self, link: HelpdeskLink, hook: Hook) -> Mapping[str, str]:  # noqa: ARG002 - Intercom's API makes no webhooks
        secret = link.settings.get(HOOK_SECRET, "").strip()
        return {SECRET: secret} if secret else {}

    async def uninstall(self, link: HelpdeskLink, made: Mapping[str, str]) -> None:
        """Nothing was made."""

    async def find(self, link: HelpdeskLink, marker: str) -> Ticket | None:
        return await conversations.found_whole(_intercom(link), link.settings, marker)

    async def open(self, link: HelpdeskLink, draft: Draft, key: str) -> Ticket:  # noqa: ARG002 - Intercom knows no such key; it is looked up instead
        return await conversations.open(_intercom(link), link.settings, draft)

    async def said(self, link: HelpdeskLink, ticket: Ticket, marker: str) -> str | None:
        return await conversations.said(_intercom(link), ticket, marker)

    async def say(self, link: HelpdeskLink, ticket: Ticket, entry: Entry, key: str) -> str:  # noqa: ARG002 - as above
        return await conversations.say(_intercom(link), link.settings, ticket, entry)

    async def set_status(self, link: HelpdeskLink, ticket: Ticket, *, solved: bool) -> None:
        await conversations.set_status(_intercom(link), link.settings, ticket, solved=solved)

    def verify(self, raw: RawHook, secret: str) -> None:
        hearing.verify(raw, secret)

    def parse(self, raw: RawHook) -> Sequence[Heard]:
        return hearing.parse(raw)

    async def look(self, link: HelpdeskLink, ticket: Ticket, since: str) -> Looked:
        return await hearing.look(_intercom(link), link.settings, ticket, since)


def _region(settings: Mapping[str, str]) -> str:
    region = settings.get("region", "").strip()
    return region if region in REGIONS else "us"


def _intercom(link: HelpdeskLink) -> Intercom:
    token = link.settings.get("token", "").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise Refused("The access token is a line of letters, digits and signs, as Intercom shows it. Copy it again.")
    return Intercom(link, token, REGIONS[_region(link.settings)])


async def _may(intercom: Intercom, method: str, path: str, body: Mapping[str, Any] | None) -> bool:
    """Whether Intercom lets the token do this. That it does not like what is asked is no refusal."""
    try:
        await (intercom.get(path) if body is None else intercom.send(method, path, body))
    except DeliveryFailed as failure:
        if failure.status == 403:
            return False
        if failure.status != 400:
            raise
    return True


async def _named(intercom: Intercom, path: str, list_: str) -> dict[str, str]:
    try:
        told = await intercom.get(path) or {}
    except DeliveryFailed as failure:
        if failure.status != 403:
            raise
        return {}
    return {str(one["id"]): str(one.get("name") or one["id"]) for one in told.get(list_) or [] if isinstance(one, dict)}


connector = Connector(name="intercom", title="Intercom", hosts=(*REGIONS.values(), *(host for hosts in FILE_HOSTS.values() for host in hosts)), helpdesk=_Intercom())
