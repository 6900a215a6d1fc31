"""How Zendesk tells that a ticket changed: a webhook and a trigger made there, and its messages verified. A message holds a ticket's number and no word of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from glassine.connect.answers import json_of
from glassine.connect.zendesk.account import Account, Json, NotTaken
from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import Refused
from glassine.words.helpdesks import SECRET, Changed, Heard, Hook, RawHook

_WINDOW = 300  # seconds that a message may be old or early
_BY_API = "5"  # Zendesk's number for changes that came over its API, as ours do
_TO_HOOK, _TO_TRIGGER = "make webhooks", "make triggers"


async def install(account: Account, hook: Hook, tag: str) -> Mapping[str, str]:
    """One webhook to this address and one trigger that calls it, whatever was made before. Zendesk makes the secret up itself. Raises DeliveryFailed."""
    name = f"Glassine {hook.url.rstrip('/').rsplit('/', 1)[-1][:36]}"
    webhook = await _webhook(account, hook, name)
    trigger = await _trigger(account, webhook, name, tag)
    given = await account.get(f"webhooks/{quote(webhook, safe='')}/signing_secret", to=_TO_HOOK)
    secret = ((given or {}).get("signing_secret") or {}).get("secret")
    if not secret:
        raise DeliveryFailed(f"{account.host} does not say what it signs its messages with.")
    return {"webhook": webhook, "trigger": trigger, SECRET: str(secret)}


async def _webhook(account: Account, hook: Hook, name: str) -> str:
    given = await account.get("webhooks", {"filter[name_contains]": name, "page[size]": 100}, to=_TO_HOOK)
    for one in account.rows(given or {}, "webhooks"):
        if one.get("name") == name and one.get("endpoint") == hook.url and one.get("status") == "active":
            return str(one["id"])
    wanted = {"name": name, "endpoint": hook.url, "http_method": "POST", "request_format": "json", "status": "active", "subscriptions": ["conditional_ticket_events"]}
    try:
        made = await account.send("POST", "webhooks", {"webhook": wanted}, to=_TO_HOOK)
    except DeliveryFailed as failed:
        if failed.status not in (400, 422):
            raise
        raise DeliveryFailed(
            f"{account.host} does not send to {hook.url.partition('/api/')[0]}. Zendesk needs an https address that the internet reaches: set GLASSINE_PUBLIC_URL to it.",
            again=False, status=failed.status,
        ) from None
    return _id(made, "webhook", account)


async def _trigger(account: Account, webhook: str, name: str, tag: str) -> str:
    given = await account.get("triggers/search", {"query": name}, to=_TO_TRIGGER)
    for one in account.rows(given or {}, "triggers"):
        if one.get("title") == name and one.get("active") and any(webhook in (each.get("value") or ()) for each in one.get("actions") or ()):
            return str(one["id"])
    wanted: Json = {
        "title": name, "description": "Tells Glassine the number of a ticket that was handed off by it and has changed.",
        "conditions": {"all": [
            {"field": "update_type", "operator": "is", "value": "Change"}, {"field": "current_tags", "operator": "includes", "value": tag},
            {"field": "current_via_id", "operator": "is_not", "value": _BY_API},
        ], "any": []},
        "actions": [{"field": "notification_webhook", "value": [webhook, json.dumps({"ticket": "{{ticket.id}}"})]}],
    }
    try:
        return _id(await account.send("POST", "triggers", {"trigger": wanted}, to=_TO_TRIGGER), "trigger", account)
    except NotTaken as refused:
        raise DeliveryFailed(f"{refused.message} The trigger could not be made.", again=False, status=422) from None


async def uninstall(account: Account, made: Mapping[str, str]) -> None:
    """The trigger first: Zendesk keeps a webhook that a trigger calls."""
    for name, to in (("trigger", _TO_TRIGGER), ("webhook", _TO_HOOK)):
        if made.get(name):
            await account.delete(f"{name}s/{quote(made[name], safe='')}", to=to)


def verify(raw: RawHook, secret: str) -> None:
    """Over the raw bytes, behind the time at which Zendesk signed them. Raises Refused."""
    said = raw.headers.get("x-zendesk-webhook-signature-timestamp", "")
    wanted = base64.b64encode(hmac.new(secret.encode(), said.encode() + raw.body, hashlib.sha256).digest())
    if not secret or not hmac.compare_digest(wanted, raw.headers.get("x-zendesk-webhook-signature", "").encode()):
        raise Refused("The signature does not fit. Nothing was taken from this message.", status=401)
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise Refused("The message does not say when it was signed.", status=401) from None
    if abs((raw.at - (at if at.tzinfo else at.replace(tzinfo=UTC))).total_seconds()) > _WINDOW:
        raise Refused("The message was signed too long ago. The clocks may differ, or somebody sends it again.", status=401)


def parse(raw: RawHook) -> Sequence[Heard]:
    """The number of a ticket to be read again. Zendesk counts its messages, and sends one again under its old number."""
    read = json_of(raw.body)
    if read is None:
        raise Refused("This is not the JSON that the trigger was made to send.")
    ticket = str(read.get("ticket") or "") if isinstance(read, dict) else ""
    if not (ticket.isascii() and ticket.isdecimal()):
        return ()
    number = raw.headers.get("x-zendesk-webhook-invocation-id") or hashlib.sha256(raw.headers.get("x-zendesk-webhook-signature", "").encode() + raw.body).hexdigest()
    return (Changed(ticket=ticket, key=f"call:{number[:80]}"),)


def _id(given: Json | None, name: str, account: Account) -> str:
    made = (given or {}).get(name)
    if not isinstance(made, dict) or not made.get("id"):
        raise DeliveryFailed(f"{account.host} answered without the {name} that its API documents.", unknown=True)
    return str(made["id"])
