"""How a helpdesk is reached: its module, its settings with the secrets opened, and the link that goes out by the gate. It asks the helpdesk nothing itself."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from typing import Any, NamedTuple, TypeVar

from glassine import connect
from glassine.edge.helpdesk_link import GateHelpdeskLink
from glassine.story.sources.reaching import without_secrets
from glassine.story.world import World
from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import NotFound, Refused
from glassine.words.helpdesks import Connected, Filed, Helpdesk, HelpdeskId
from glassine.words.ids import OrgId, SessionId

T = TypeVar("T")
_DESK = "helpdesks"
SECONDS = 30.0  # of one exchange with a helpdesk, from the name to the last byte


class Reached(NamedTuple):
    """A helpdesk's module, the link that it works through, and the secrets that no message may show."""

    module: Helpdesk
    link: GateHelpdeskLink
    secrets: Mapping[str, str]


async def reached(world: World, org: OrgId, desk: Connected, session: SessionId | None = None, filed: Filed | None = None) -> Reached:
    """Raises DeliveryFailed for a kind that this version does not have, or settings that name no place to go to. `filed`: the ticket that it is asked about."""
    secrets = await secrets_of(world, org, desk)
    try:
        there = Reached(connect.helpdesk(desk.kind), link(world, org, desk.kind, {**desk.settings, **secrets}, session), secrets)
    except (NotFound, Refused) as refused:
        raise DeliveryFailed(without_secrets(refused.message, secrets), again=False) from None
    known = (filed.external_id, filed.url, filed.since, *filed.state.values()) if filed else ()
    there.link.tells(ours=(*map(str, (desk.id, session)), *desk.made.values(), *known))
    return there


def link(world: World, org: OrgId, kind: str, settings: Mapping[str, str], session: SessionId | None = None) -> GateHelpdeskLink:
    """Raises NotFound, and Refused for settings that cannot be right."""
    return GateHelpdeskLink(
        gate=world.gate, org=org, settings=settings, hosts=connect.helpdesk(kind).hosts(settings), session=session, own=world.settings.vendors.get(kind, ""), now=world.clock(), seconds=SECONDS, mailer=world.mail,
    )


def told(desk: Connected) -> dict[str, Any]:
    """Its name, what kind it is, and where it may connect to; nowhere where its settings cannot be read any more."""
    known = connect.helpdesks().get(desk.kind)
    try:
        hosts = known.helpdesk.hosts(desk.settings) if known and known.helpdesk else ()
    except Refused:
        hosts = ()
    return {"name": desk.name, "title": known.title if known else desk.kind, "hosts": hosts}


async def asked(work: Awaitable[T], secrets: Mapping[str, str]) -> T:
    """What a module is asked, with whatever goes wrong in it as a DeliveryFailed that shows no secret. What it could not read may have had its effect."""
    try:
        return await work
    except DeliveryFailed as failed:
        failed.message = without_secrets(failed.message, secrets)
        failed.args = (failed.message,)
        raise
    except Refused as refused:
        raise DeliveryFailed(without_secrets(refused.message, secrets), again=False) from None
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise DeliveryFailed(f"The helpdesk answered something that this version cannot read ({type(error).__name__}).", unknown=True) from error


async def sealed(world: World, org: OrgId, id: HelpdeskId, secrets: Mapping[str, str]) -> bytes | None:
    """Bound to the helpdesk's row."""
    return (await world.key(org)).seal(json.dumps(dict(secrets)).encode(), org, _DESK, "secrets", id) if secrets else None


async def secrets_of(world: World, org: OrgId, desk: Connected) -> dict[str, str]:
    """In the clear, for one use."""
    if desk.secrets is None:
        return {}
    opened = json.loads((await world.key(org)).open(desk.secrets, org, _DESK, "secrets", desk.id))
    return {str(name): str(value) for name, value in opened.items()}


async def sealed_hook(world: World, org: OrgId, id: HelpdeskId, secret: str) -> bytes:
    return (await world.key(org)).seal(secret.encode(), org, _DESK, "hook_secret", id)


async def hook_secret(world: World, org: OrgId, desk: Connected) -> str:
    """What the vendor signs with; empty once it was disconnected."""
    return (await world.key(org)).open(desk.hook_secret, org, _DESK, "hook_secret", desk.id).decode() if desk.hook_secret else ""
