"""HubSpot as a helpdesk: what an admin fills in, what it promises, and how its parts answer to the contract in words/helpdesks.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from glassine.connect.hubspot import hearing, setting_up, tickets
from glassine.connect.hubspot.api import FILE_HOSTS, HOST, HubSpot
from glassine.words.channels import Connector
from glassine.words.deliveries import Effect
from glassine.words.errors import Refused
from glassine.words.helpdesks import HOOK_SECRET, SECRET, Checked, Draft, Entry, Guarantee, Heard, HelpdeskLink, Hook, Looked, RawHook, Step, Ticket
from glassine.words.sources import Field, FieldKind


class _HubSpot:
    """Tickets of HubSpot's Service Hub, with the conversation as notes on them."""

    fields: tuple[Field, ...] = (
        Field(name="token", title="Access token", kind=FieldKind.SECRET, help="Of an app with static auth (in HubSpot under Development, your app, Auth), of an older private app, or a service key."),
        Field(name=HOOK_SECRET, title="Client secret", kind=FieldKind.SECRET, required=False, shown=True, help="Of the same app: HubSpot signs its webhooks with it. A service key has none; then replies are fetched every few minutes."),
        Field(name="pipeline", title="Pipeline", required=False, help="Where tickets are opened; the first one unless set."),
        Field(name="stage", title="Stage of new tickets", required=False, help="The pipeline's first open stage unless set."),
        Field(name="closed_stage", title="Stage of closed tickets", required=False, help="The pipeline's first closed stage unless set."),
    )
    begin: tuple[Step, ...] = (
        Step(
            title="Make an app in HubSpot",
            text="Make an app with static auth (Development, your project), give it the scopes in the picture, install it in your account, and copy the access token and the client secret under Auth.",
            picture="hubspot-token.svg",
        ),
    )
    guarantees: Mapping[Effect, Guarantee] = MappingProxyType({Effect.OPEN: Guarantee.LOOKUP, Effect.SAY: Guarantee.LOOKUP, Effect.STATUS: Guarantee.LOOKUP})
    steps: tuple[Step, ...] = (
        Step(
            title="Let HubSpot tell Glassine at once",
            text="In HubSpot, open Development, your project, and the app. In its webhooks file (webhooks-hsmeta.json) set targetUrl to {url}. An older private app has the same under Webhooks, Edit webhooks. "
            "HubSpot's API lets nobody else set this. Without it Glassine looks every few minutes.",
            picture="hubspot-webhooks.svg",
        ),
        Step(
            title="Choose what HubSpot tells",
            text="Subscribe to tickets: Deleted, Merged, Restored, Association changed, and Property changed for hs_pipeline_stage, hs_last_message_sent_at and notes_last_updated. Upload the project, or save the private app.",
        ),
        Step(
            title="Tell your team how to answer",
            text="A note on the ticket that begins with #reply goes to the customer, in the chat they wrote in. So does what your team sends from the help desk, the inbox or as an e-mail from the ticket. All other notes stay internal.",
            picture="hubspot-reply.svg",
        ),
    )
    wire_name = "hubspot"
    id_type = "ticket_id"
    needs: tuple[str, ...] = ()  # a ticket stands alone where no contact may be told

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:  # noqa: ARG002 - every connector is asked alike
        return (HOST, *FILE_HOSTS)

    async def check(self, link: HelpdeskLink) -> Checked:
        return await setting_up.check(_hubspot(link))

    async def install(self, link: HelpdeskLink, hook: Hook) -> Mapping[str, str]:  # noqa: ARG002 - HubSpot's API sets no webhooks for such apps
        """The properties stay when the helpdesk is disconnected: they hold the links of tickets that stay too."""
        await setting_up.make_properties(_hubspot(link))
        secret = link.settings.get(HOOK_SECRET, "").strip()
        return {SECRET: secret} if secret else {}

    async def uninstall(self, link: HelpdeskLink, made: Mapping[str, str]) -> None:
        """Nothing that `install` made goes: see there."""

    async def find(self, link: HelpdeskLink, marker: str) -> Ticket | None:
        return await tickets.found_whole(_hubspot(link), marker)

    async def open(self, link: HelpdeskLink, draft: Draft, key: str) -> Ticket:  # noqa: ARG002 - HubSpot knows no such key; it is looked up instead
        return await tickets.open(_hubspot(link), link.settings, draft)

    async def said(self, link: HelpdeskLink, ticket: Ticket, marker: str) -> str | None:
        return await tickets.said(_hubspot(link), ticket, marker)

    async def say(self, link: HelpdeskLink, ticket: Ticket, entry: Entry, key: str) -> str:  # noqa: ARG002 - as above
        return await tickets.say(_hubspot(link), ticket, entry)

    async def set_status(self, link: HelpdeskLink, ticket: Ticket, *, solved: bool) -> None:
        await tickets.set_status(_hubspot(link), link.settings, ticket, solved=solved)

    def verify(self, raw: RawHook, secret: str) -> None:
        hearing.verify(raw, secret)

    def parse(self, raw: RawHook) -> Sequence[Heard]:
        return hearing.parse(raw)

    async def look(self, link: HelpdeskLink, ticket: Ticket, since: str) -> Looked:
        return await hearing.look(_hubspot(link), ticket, since)


def _hubspot(link: HelpdeskLink) -> HubSpot:
    token = link.settings.get("token", "").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise Refused("The access token is a line of letters, digits and hyphens, as HubSpot shows it. Copy it again.")
    return HubSpot(link, token)


connector = Connector(name="hubspot", title="HubSpot", hosts=(HOST, *FILE_HOSTS), helpdesk=_HubSpot())
