"""Organisations: founding one, and what its admins set. Every change is one line of the audit log."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any, NamedTuple

from glassine.edge.secrets import Key, fingerprint, new_secret
from glassine.rules.identity import normal_email
from glassine.rules.permits import require
from glassine.store import house, people, vault
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.house import Organization, OrgSettings
from glassine.words.ids import OrgId, PersonId, new_id
from glassine.words.people import Actor, Role, Verb
from glassine.words.sessions import Autopilot, ChannelKind

SEALED = frozenset({"rerank_key"})  # settings that only the process reads


class Founded(NamedTuple):
    organization: OrgId
    owner: PersonId
    widget_token: str


async def found(world: World, name: str, owner_email: str, owner_name: str, settings: OrgSettings | None = None) -> Founded:
    """A new organisation with its key, its widget token and its owner, who has no password yet."""
    email = normal_email(owner_email)
    if email is None:
        raise Refused("This is not an e-mail address.")
    org, owner, widget_token, key = OrgId(new_id()), PersonId(new_id()), new_secret("gw_"), Key.new()
    async with world.store.tx(org) as tx:
        await house.share_master(tx)
        await house.create(tx, org, name, widget_token, asdict(settings or OrgSettings(regions=world.settings.regions, languages=world.settings.languages)))
        await house.add_key(tx, org, 1, world.master.wrap(key, org, "org_keys", "wrapped", 1))
        await house.hang_door(tx, "widget", fingerprint(widget_token), None)
        await people.insert(tx, org, owner, email=email, name=owner_name, role=Role.OWNER, password_hash=None)
        await house.hang_door(tx, "email", world.master.digest("email", email), owner)
        for channel in (ChannelKind.WEB, ChannelKind.API):
            await house.set_channel(tx, org, channel, Autopilot.ON, None)
    return Founded(org, owner, widget_token)


async def organization(world: World, org: OrgId) -> Organization:
    async with world.store.tx(org) as tx:
        row = await house.load(tx, org)
    return Organization(id=org, name=row["name"], widget_token=row["widget_token"], settings=OrgSettings.read(row["settings"]))


async def by_widget_token(world: World, token: str) -> OrgId:
    """Raises Refused (401)."""
    async with world.store.outside() as tx:
        doors = await house.open_doors(tx, "widget", fingerprint(token))
    if not doors:
        raise Refused("The widget token is not known here. Copy it from Settings › Widget.", status=401, code="unauthorized")
    return doors[0].org


async def change(world: World, actor: Actor, *, name: str | None = None, **settings: Any) -> None:
    """Sets the named settings (fields of OrgSettings). Keys (`SEALED`) are given in the clear and sealed here."""
    require(actor, Verb.CHANGE_SETTINGS)
    unknown = set(settings) - set(OrgSettings.__slots__)
    if unknown:
        raise Refused(f"There is no setting called {', '.join(sorted(unknown))}.")
    named = sorted([*settings, *(["name"] if name else [])])
    for secret in SEALED & settings.keys():
        if settings[secret]:
            sealed = (await world.key(actor.org)).seal(settings[secret].encode(), actor.org, "organizations", secret, actor.org)
            settings[secret] = base64.b64encode(sealed).decode()
    async with world.store.tx(actor.org) as tx:
        await house.change(tx, actor.org, name=name, settings=settings)
        await vault.audit(tx, actor, "settings.change", "organization", actor.org, {"changed": named})


async def secret(world: World, org: OrgId, settings: OrgSettings, name: str) -> str:
    """One of the sealed settings in the clear, or an empty text."""
    sealed: str = getattr(settings, name)
    return (await world.key(org)).open(base64.b64decode(sealed), org, "organizations", name, org).decode() if sealed else ""


async def channels(world: World, org: OrgId) -> list[dict[str, Any]]:
    """Each channel with its autopilot mode, when it was changed and by whom."""
    async with world.store.tx(org) as tx:
        return await house.channels(tx, org)
