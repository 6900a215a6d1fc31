"""Endpoints are told what happened: each event is signed and sent, what came back is kept masked, and an endpoint that fails for days is left alone.

When it is tried again, and what is given up, the dispatcher decides (story/delivery/delivering.py).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from glassine import __version__
from glassine.rules import webhook_signing
from glassine.rules.redaction import PLACEHOLDER
from glassine.rules.telling import made_here
from glassine.store import Tx, house, jobs, news, people, webhooks
from glassine.store.news import Behind
from glassine.store.webhooks import Secret
from glassine.story import masking
from glassine.story.delivery import telling
from glassine.story.privacy import previewing
from glassine.story.world import World
from glassine.words.boundaries import shut
from glassine.words.crossings import Crossing
from glassine.words.deliveries import Brought, Delivery, DeliveryFailed, DeliveryId, Destination
from glassine.words.errors import CrossingRefused, LeakStopped, NotFound, NotReached, SwitchedOff, TooLarge
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId
from glassine.words.people import Person, Role
from glassine.words.webhooks import MOST_ANSWER, PATIENCE, SECONDS, ToldId, Try, Webhook, WebhookId
from glassine.words.wire_events import DISABLED
from glassine.words.work import JobKind, NewJob

_GONE, _ASKS_TO_WAIT = 410, (429, 503)
_KEPT_ANSWERS: dict[tuple[OrgId, int, str], str] = {}  # masked, by what came: most endpoints say the same each time
_MOST_KEPT, _SHORT = 1_000, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Everything that one try needs, as it was when the try began. `secrets` are those that sign now. None: it is gone."""

    webhook: Webhook | None
    secrets: Sequence[Secret] = field(default=(), repr=False)
    told: Behind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Came:
    """What came back. `failure`: why that is no success."""

    status: int = 0
    answer: str = ""
    failure: DeliveryFailed | None = None


async def ready(world: World, tx: Tx, org: OrgId, begun: Sequence[Delivery]) -> dict[DeliveryId, Ready]:
    """What the tries need that begin now, read once for all of them: one event goes to many endpoints, and many events go to one."""
    ids = list({WebhookId(one.target_id) for one in begun})
    endpoints = await webhooks.some(tx, org, ids)
    secrets = await webhooks.secrets(tx, org, ids, world.clock())
    told = await news.behind(tx, org, list({ToldId(one.ref) for one in begun if one.ref}))
    found = {}
    for one in begun:
        id = WebhookId(one.target_id)
        found[one.id] = Ready(webhook=endpoints.get(id), secrets=secrets.get(id, ()), told=told.get(ToldId(one.ref)) if one.ref else None)
    return found


async def bring(world: World, org: OrgId, delivery: Delivery, ready: Ready) -> Brought:
    """One try. Returns what the endpoint answered, as a status. Raises DeliveryFailed, and NotFound where nobody wants it any more."""
    webhook, told = _there(ready)
    if why := await world.switches.closed(org, "webhook"):
        raise DeliveryFailed(f"Nothing was sent: {why}.")
    sealed = await world.key(org)
    secrets = [sealed.open(each.sealed, org, "webhook_secrets", "sealed", each.id) for each in ready.secrets]
    who = await telling.in_the_clear(world, org, told) if webhook.clear else None
    at, began = world.clock(), time.monotonic()
    came = await _asked(world, org, webhook, secrets, told, telling.envelope(org, told, who), at)
    spent = round((time.monotonic() - began) * 1_000, 1)
    answer = await _masked(world, org, webhook, told.told.session, came.answer)
    tried = Try(status=came.status, answer=answer, why=came.failure.message if came.failure else "", milliseconds=spent, at=at)
    if came.failure is None:
        return Brought(external=str(came.status), kept=tried)
    async with world.store.tx(org) as tx:
        await webhooks.keep_lazily(tx, org, delivery.id, tried)
    raise came.failure


def _there(ready: Ready) -> tuple[Webhook, Behind]:
    """Raises NotFound for what is gone, and DeliveryFailed for an endpoint that is disabled."""
    if ready.webhook is None:
        raise NotFound("The endpoint was removed.")
    if ready.told is None:
        raise NotFound("What it was to tell of is not kept any more.")
    if not ready.webhook.enabled:
        raise DeliveryFailed("The endpoint is disabled. Enable it, and replay what it has missed.", again=False)
    return ready.webhook, ready.told


async def arrived(world: World, tx: Tx, org: OrgId, brought: Sequence[tuple[Delivery, Brought]]) -> None:
    """Keeps what the endpoints answered, and that they work."""
    await webhooks.keep_tries(tx, org, [(one.id, how.kept) for one, how in brought])
    await webhooks.succeeded(tx, org, {WebhookId(one.target_id) for one, _ in brought}, world.clock())


async def _asked(
    world: World, org: OrgId, webhook: Webhook, secrets: Sequence[bytes], told: Behind, envelope: telling.Envelope, at: datetime,
) -> _Came:
    """Sends it once. Whatever happens is told in words that hold nothing of the body."""
    session, host = told.told.session, host_of(webhook.url)
    body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
    signed = webhook_signing.headers(str(told.told.id), at, body, secrets)
    headers = {"content-type": "application/json", "user-agent": f"Glassine/{__version__} (webhooks)", **signed}
    ours = made_here(envelope) | frozenset(signed.values())
    crossing = Crossing(org=org, session=session, purpose="webhook", hosts=(host,), raw=webhook.clear, ours=ours)
    try:
        return await world.switches.while_open(org, "webhook", _exchange(world, crossing, webhook, headers, body))
    except SwitchedOff as refusal:
        return _Came(failure=DeliveryFailed(f"It was stopped: {refusal}."))
    except CrossingRefused as refusal:
        return _Came(failure=DeliveryFailed(f"The gate did not let it through: {refusal}.", again=not isinstance(refusal, LeakStopped)))
    except NotReached:
        return _Came(failure=DeliveryFailed(f"{host} could not be reached."))
    except TimeoutError:
        return _Came(failure=DeliveryFailed(f"{host} did not answer within {SECONDS} seconds."))
    except ConnectionError:
        return _Came(failure=DeliveryFailed(f"The connection to {host} broke before an answer came."))


def host_of(url: str) -> str:
    """Host and port, as the gate compares them; without whatever else stands in an address."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


async def _exchange(world: World, crossing: Crossing, webhook: Webhook, headers: Mapping[str, str], body: bytes) -> _Came:
    """What the endpoint said counts by its status; of its words the beginning is read."""
    sending = world.gate.stream(crossing, "POST", webhook.url, headers=headers, body=body, timeout=SECONDS, max_bytes=2 * MOST_ANSWER)
    async with sending as stream:
        came = b""
        try:
            async for chunk in stream.chunks:
                came += chunk
                if len(came) >= MOST_ANSWER:
                    break
        except TooLarge:
            pass
        return _judged(host_of(webhook.url), stream.status, stream.headers, came[:MOST_ANSWER].decode("utf-8", "replace").replace("\0", ""))


def _judged(host: str, status: int, headers: Mapping[str, str], answer: str) -> _Came:
    if 200 <= status < 300:
        return _Came(status=status, answer=answer)
    if status == _GONE:
        why = f"{host} answered 410: it wants no more events. It is disabled."
    elif 300 <= status < 400:
        why = f"{host} answered {status}, and redirects are not followed. Enter the address that it leads to."
    else:
        why = f"{host} answered {status}."
    wait = _asked_pause(headers) if status in _ASKS_TO_WAIT else None
    return _Came(status=status, answer=answer, failure=DeliveryFailed(why, again=status != _GONE, after=wait, status=status))


def _asked_pause(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, whether it says seconds or a date; a date counts by the other side's clock."""
    said = headers.get("retry-after", "").strip()
    if said.isdigit() and len(said) < 7:
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - parsedate_to_datetime(headers["date"])).total_seconds())
    except (ValueError, KeyError, TypeError):
        return None


async def _masked(world: World, org: OrgId, webhook: Webhook, session: SessionId | None, answer: str) -> str:
    """What is kept of an answer: personal values are gone for good. Who was sent contact details may give them back, so there what is known of the contact goes too."""
    if not answer.strip():
        return ""
    if webhook.clear and session is not None:
        try:
            mask, _ = await masking.look(world, org, session)
        except NotFound:
            return ""  # erased a moment ago
        return PLACEHOLDER.sub(lambda match: match.group().rpartition("_")[0] + "]", (await mask.text(world, answer)).text)[:MOST_ANSWER]
    mark = (org, (await world.switches.of(org)).policy_version, answer)
    if mark in _KEPT_ANSWERS:
        return _KEPT_ANSWERS[mark]
    masked = (await previewing.masked_for_good(world, org, answer))[:MOST_ANSWER]
    if len(answer) <= _SHORT:
        if len(_KEPT_ANSWERS) >= _MOST_KEPT:
            _KEPT_ANSWERS.clear()
        _KEPT_ANSWERS[mark] = masked
    return masked


async def failed(world: World, tx: Tx, org: OrgId, delivery: Delivery, failure: DeliveryFailed, last: bool) -> None:  # noqa: ARG001 - the dispatcher tells every target
    """Counts since when the endpoint has failed, and disables it after five days, or when it asks for it."""
    now, id = world.clock(), WebhookId(delivery.target_id)
    if shut("webhook", OrgSettings.read((await house.load(tx, org))["settings"])):
        return  # our own doing. Asked in this transaction: a second one for each of many that fail at once would leave no connection for any of them
    since = await webhooks.failed(tx, org, id, now)
    if since is None:
        return
    if failure.status == _GONE:
        await _disable(world, tx, org, id, "It answered 410: it wants no more events.")
    elif now - since >= PATIENCE:
        await _disable(world, tx, org, id, f"Every delivery has failed since {since:%-d %B, %H:%M} UTC. The last one: {failure.message}")


async def recovered(world: World, tx: Tx, org: OrgId, delivery: Delivery) -> None:
    """`arrived` has written down that it succeeded."""


async def destinations(tx: Tx, org: OrgId) -> Sequence[Destination]:
    """Every endpoint, for the page of deliveries."""
    return [Destination(id=one.id, name=one.name, link=f"/settings/webhooks/{one.id}", off="" if one.enabled else one.why or "It is disabled.") for one in await webhooks.all_of(tx, org)]


async def _disable(world: World, tx: Tx, org: OrgId, id: WebhookId, why: str) -> None:
    """The other endpoints are told, and owners and admins by mail."""
    if not await webhooks.disable(tx, org, id, world.clock(), why):
        return
    webhook = await webhooks.load(tx, org, id)
    await news.tell(tx, org, DISABLED, ref=id, facts={"name": webhook.name, "why": why}, but=id)
    for address in _deciders(await people.all_of(tx, org)):
        await jobs.add(tx, org, NewJob(kind=JobKind.NOTIFY_WEBHOOK, ref=id, key=_key(world, id, address)))


def _deciders(team: Sequence[Person]) -> list[str]:
    return [person.email for person in team if person.role in (Role.OWNER, Role.ADMIN) and person.disabled_at is None]


def _key(world: World, id: WebhookId, address: str) -> str:
    """A job names nobody: it is for the address that has this digest."""
    return f"{JobKind.NOTIFY_WEBHOOK}:{id}:{world.master.digest('notice', address).hex()[:32]}"


async def disabled(world: World, org: OrgId, id: WebhookId, key: str) -> None:
    """One mail to the owner or admin that a job is for."""
    async with world.store.tx(org) as tx:
        webhook, team = await webhooks.load(tx, org, id), await people.all_of(tx, org)
    address = next((each for each in _deciders(team) if _key(world, id, each) == key), None)
    if address is None or webhook.enabled:
        return
    text = (
        f"Glassine no longer sends events to the endpoint “{webhook.name}” ({host_of(webhook.url)}).\n\n{webhook.why}\n\n"
        f"Enable it, and replay what it has missed: {world.settings.url}/settings/webhooks/{id}\n"
    )
    try:
        await world.mail.send(address, f"The endpoint “{webhook.name}” was disabled", text, org=org)
    except CrossingRefused:
        if await world.switches.closed(org, "mail") is None:
            raise
