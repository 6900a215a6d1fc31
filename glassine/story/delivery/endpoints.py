"""Endpoints as admins and programs handle them: made, changed, tried, disabled and removed; what they were sent, again, and what they have missed."""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from glassine.rules import webhook_signing
from glassine.rules.permits import require
from glassine.store import Tx, deliveries, news, vault, webhooks
from glassine.store.webhooks import Secret
from glassine.story.actions.definitions import private
from glassine.story.delivery import telling
from glassine.story.delivery.webhooks import host_of
from glassine.story.world import World
from glassine.words.deliveries import DeliveryId, DeliveryState
from glassine.words.errors import Refused
from glassine.words.ids import OrgId, new_id
from glassine.words.people import Actor, Verb
from glassine.words.webhooks import KEPT, OVERLAP, Sent, Webhook, WebhookId
from glassine.words.wire_events import TEST

MOST = 100  # endpoints of an organisation
MOST_REPLAYED = 10_000  # at once
_LONGEST_URL, _LONGEST_OVERLAP = 2_000, timedelta(days=7)
_SEALED = ("webhook_secrets", "sealed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a form or a program says of an endpoint."""

    url: str
    name: str = ""
    events: Sequence[str] = ()
    channels: Sequence[str] = ()
    ordered: bool = False
    clear: bool = False


async def every(world: World, actor: Actor) -> list[Webhook]:
    require(actor, Verb.MANAGE_WEBHOOKS)
    async with world.store.tx(actor.org) as tx:
        return await webhooks.all_of(tx, actor.org)


async def counts(world: World, actor: Actor) -> dict[WebhookId, dict[DeliveryState, int]]:
    """How the deliveries of the last day stand, by endpoint."""
    require(actor, Verb.MANAGE_WEBHOOKS)
    async with world.store.tx(actor.org) as tx:
        return await webhooks.counts(tx, actor.org)


async def one(world: World, actor: Actor, id: WebhookId) -> Webhook:
    """Raises NotFound."""
    require(actor, Verb.MANAGE_WEBHOOKS)
    async with world.store.tx(actor.org) as tx:
        return await webhooks.load(tx, actor.org, id)


async def secrets_of(world: World, actor: Actor, id: WebhookId) -> list[Secret]:
    """Those that sign now: when each was made and until when it signs. Raises NotFound."""
    require(actor, Verb.MANAGE_WEBHOOKS)
    async with world.store.tx(actor.org) as tx:
        await webhooks.load(tx, actor.org, id)
        return (await webhooks.secrets(tx, actor.org, [id], world.clock())).get(id, [])


async def create(world: World, actor: Actor, given: Given) -> tuple[Webhook, str]:
    """The endpoint and its secret, which is shown once. Raises Refused."""
    require(actor, Verb.MANAGE_WEBHOOKS)
    now = world.clock()
    made = _checked(world, actor, given, Webhook(id=WebhookId(new_id()), name="", url="", created_at=now, updated_at=now))
    secret, id = random.token_bytes(webhook_signing.BYTES), new_id()
    sealed = (await world.key(actor.org)).seal(secret, actor.org, *_SEALED, id)
    async with world.store.tx(actor.org) as tx:
        if len(await webhooks.all_of(tx, actor.org)) >= MOST:
            raise Refused(f"There are {MOST} endpoints, which is the most.")
        kept = await webhooks.insert(tx, actor.org, made)
        await webhooks.add_secret(tx, actor.org, kept.id, id, sealed)
        await news.listen(tx, actor.org)
        await _record(tx, actor, "webhooks.create", kept, clear=kept.clear)
    return kept, webhook_signing.written(secret)


def _checked(world: World, actor: Actor, given: Given, before: Webhook) -> Webhook:
    """As it may be kept. Raises Refused with what to put right."""
    events, channels = telling.wanted(given.events, given.channels)
    url = _address(world, given.url.strip())
    if given.clear and not before.clear:
        require(actor, Verb.REVEAL)  # whoever sends contact details somewhere must be allowed to see them
    name = given.name.strip()[:100] or host_of(url)
    return replace(before, url=url, name=name, events=events, channels=channels, ordered=given.ordered, clear=given.clear)


def _address(world: World, url: str) -> str:
    try:
        parts = urlsplit(url)
        fits = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc and not parts.fragment
    except ValueError:
        fits = False
    if not fits or len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or not url.startswith(("https://", "http://")):
        raise Refused("Where is it sent? The whole address, such as https://example.com/hooks/glassine, without a user name.", code="url")
    if url.startswith("http://") and not private(world, url):
        raise Refused(
            "The address must begin with https://, or whoever stands between could read along. Only places that the operator lists in GLASSINE_ALLOW_PRIVATE may do without.",
            code="url",
        )
    return url


async def change(world: World, actor: Actor, id: WebhookId, changes: Mapping[str, Any]) -> tuple[Webhook, Webhook]:
    """Only what is named in `changes` (the fields of Given). Returns how it was, and how it is. Raises NotFound, Refused."""
    require(actor, Verb.MANAGE_WEBHOOKS)
    async with world.store.tx(actor.org) as tx:
        await deliveries.alone(tx, [id])
        before = await webhooks.load(tx, actor.org, id, lock=True)
        given = replace(Given(url=before.url, name=before.name, events=before.events, channels=before.channels, ordered=before.ordered, clear=before.clear), **changes)
        made = _checked(world, actor, given, before)
        if host_of(made.url) != host_of(before.url) and made.clear and before.clear:
            require(actor, Verb.REVEAL)
        kept = await webhooks.update(tx, actor.org, made)
        await _record(tx, actor, "webhooks.change", kept, clear=kept.clear, changed=sorted(changes))
    return before, kept


async def _record(tx: Tx, actor: Actor, verb: str, webhook: Webhook, **more: Any) -> None:
    await vault.audit(tx, actor, verb, "webhook", webhook.id, {"name": webhook.name, "host": host_of(webhook.url), **more})


async def delete(world: World, actor: Actor, id: WebhookId) -> None:
    """Its secrets are gone, and what waits for it is let go. Raises NotFound."""
    require(actor, Verb.MANAGE_WEBHOOKS)
    async with world.store.tx(actor.org) as tx:
        await deliveries.alone(tx, [id])
        before = await webhooks.load(tx, actor.org, id, lock=True)
        await webhooks.delete(tx, actor.org, id)
        await _record(tx, actor, "webhooks.delete", before)


async def switch(world: World, actor: Actor, id: WebhookId, *, on: bool) -> bool:
    """Enables or disables it; what happens while it is disabled can be replayed. False: it was so already. Raises NotFound."""
    require(actor, Verb.MANAGE_WEBHOOKS)
    async with world.store.tx(actor.org) as tx:
        await deliveries.alone(tx, [id])
        webhook = await webhooks.load(tx, actor.org, id, lock=True)
        changed = await (webhooks.enable(tx, actor.org, id) if on else webhooks.disable(tx, actor.org, id, world.clock(), ""))
        if changed:
            await _record(tx, actor, "webhooks.enable" if on else "webhooks.disable", webhook)
    return changed


async def rotate(world: World, actor: Actor, id: WebhookId, overlap: timedelta = OVERLAP) -> str:
    """A new secret, which is shown once; the former ones sign beside it for as long as `overlap`. Raises NotFound, Refused."""
    require(actor, Verb.MANAGE_WEBHOOKS)
    if not timedelta(0) <= overlap <= _LONGEST_OVERLAP:
        raise Refused(f"A former secret can sign beside the new one for up to {_LONGEST_OVERLAP.days} days.")
    now, secret, new = world.clock(), random.token_bytes(webhook_signing.BYTES), new_id()
    sealed = (await world.key(actor.org)).seal(secret, actor.org, *_SEALED, new)
    async with world.store.tx(actor.org) as tx:
        webhook = await webhooks.load(tx, actor.org, id, lock=True)
        await webhooks.end_secrets(tx, actor.org, id, now=now, until=now + overlap)
        await webhooks.add_secret(tx, actor.org, id, new, sealed)
        await _record(tx, actor, "webhooks.rotate", webhook, hours=round(overlap.total_seconds() / 3600, 1))
    return webhook_signing.written(secret)


async def test(world: World, actor: Actor, id: WebhookId, event: str = TEST) -> DeliveryId:
    """Sends a test event, or the example of any other, to this endpoint only. Raises NotFound, Refused."""
    require(actor, Verb.MANAGE_WEBHOOKS)
    telling.wanted([event], [])
    async with world.store.tx(actor.org) as tx:
        webhook = await webhooks.load(tx, actor.org, id)
        if not webhook.enabled:
            raise Refused("This endpoint is disabled. Enable it first.", status=409, code="disabled")
        facts: dict[str, Any] = {"message": f"{actor.name} sent a test event."} if event == TEST else {"example": True}
        return await news.trial(tx, actor.org, event, id, facts)


async def sent(
    world: World, actor: Actor, id: WebhookId, *, state: DeliveryState | None = None, delivery: DeliveryId | None = None, before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Sent]:
    """What it was sent or is to be sent, newest first, with each request as it goes out now (without contact details) and every answer. Raises NotFound."""
    require(actor, Verb.MANAGE_WEBHOOKS)
    async with world.store.tx(actor.org) as tx:
        await webhooks.load(tx, actor.org, id)
        found = await webhooks.sent(tx, actor.org, id, state=state, delivery=delivery, before=before, limit=limit)
        behind = await news.behind(tx, actor.org, [each.told for each in found])
    return [replace(each, request=telling.envelope(actor.org, behind[each.told]) if each.told in behind else None) for each in found]


async def resend(world: World, actor: Actor, id: WebhookId, delivery: DeliveryId) -> DeliveryId:
    """The same event again, under the same `webhook-id`. Raises NotFound, Refused."""
    require(actor, Verb.MANAGE_WEBHOOKS)
    async with world.store.tx(actor.org) as tx:
        webhook = await _enabled(tx, actor.org, id)
        again = await webhooks.resend(tx, actor.org, id, delivery)
        await _record(tx, actor, "webhooks.resend", webhook, count=1)
    return again


async def replay(world: World, actor: Actor, id: WebhookId, since: datetime, *, all: bool = False) -> int:
    """What has not arrived of what was told since then, or (`all`) everything, oldest first. Returns how many. Raises NotFound, Refused."""
    require(actor, Verb.MANAGE_WEBHOOKS)
    now = world.clock()
    if not now - KEPT - timedelta(hours=1) <= since <= now:
        raise Refused(f"Events are kept for {KEPT.days} days: choose a time within them.", code="since")
    async with world.store.tx(actor.org) as tx:
        webhook = await _enabled(tx, actor.org, id)
        count = await webhooks.replay(tx, actor.org, id, since, all=all, most=MOST_REPLAYED)
        await _record(tx, actor, "webhooks.replay", webhook, count=count)
    return count


async def _enabled(tx: Tx, org: OrgId, id: WebhookId) -> Webhook:
    webhook = await webhooks.load(tx, org, id)
    if not webhook.enabled:
        raise Refused("This endpoint is disabled. Enable it first.", status=409, code="disabled")
    return webhook


async def reseal(world: World, org: OrgId) -> None:
    """Puts every secret under the organisation's newest key."""
    ring = await world.key(org)
    async with world.store.tx(org) as tx:
        for id, sealed in await webhooks.every_secret(tx, org):
            await webhooks.reseal(tx, org, id, ring.seal(ring.open(sealed, org, *_SEALED, id), org, *_SEALED, id))


async def sealed_of(world: World, org: OrgId) -> list[tuple[UUID, bytes]]:
    """For whoever checks that everything opens."""
    async with world.store.tx(org) as tx:
        return await webhooks.every_secret(tx, org)
