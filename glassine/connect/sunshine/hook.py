"""How Sunshine Conversations tells that something happened: a custom integration with a webhook, and its messages known by their key. No word of one reaches anybody before it was read again."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from glassine.connect.answers import json_of
from glassine.connect.sunshine.app import App, Json
from glassine.connect.sunshine.saying import OURS
from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import Refused
from glassine.words.helpdesks import SECRET, Changed, Deleted, Heard, Hook, RawHook, Reopened, Solved

TRIGGERS = ("conversation:message", "conversation:remove", "switchboard:passControl", "switchboard:releaseControl")
_WINDOW = timedelta(hours=1)  # Sunshine sends a message again for a quarter of an hour
_TEAM = "zd:agentWorkspace"


async def install(app: App, hook: Hook) -> Mapping[str, str]:
    """One integration to this address, whatever was made before. Sunshine makes the secret up itself. Raises DeliveryFailed."""
    name = f"Glassine {hook.url.rstrip('/').rsplit('/', 1)[-1][:36]}"
    found = await _there(app, name, hook.url)
    if found is None:
        wanted = {"target": hook.url, "triggers": list(TRIGGERS), "includeFullUser": False, "includeFullSource": False}
        try:
            given = await app.send("POST", "/integrations", {"type": "custom", "displayName": name, "status": "active", "webhooks": [wanted]})
        except DeliveryFailed as failed:
            if failed.status != 400:
                raise
            raise DeliveryFailed(
                f"{app.host} does not send to {hook.url.partition('/api/')[0]}. It needs an https address that the internet reaches: set GLASSINE_PUBLIC_URL to it.", again=False, status=400,
            ) from None
        made = (given or {}).get("integration") or {}
        found = (str(made.get("id") or ""), str(((made.get("webhooks") or [{}])[0]).get("secret") or ""))
    if not all(found):
        raise DeliveryFailed(f"{app.host} answered without the integration that its API documents.", unknown=True)
    return {"integration": found[0], SECRET: found[1]}


async def _there(app: App, name: str, url: str) -> tuple[str, str] | None:
    given = await app.get("/integrations", {"filter[types]": "custom"})
    for one in app.rows(given or {}, "integrations"):
        if one.get("displayName") != name or not one.get("id"):
            continue
        listed = await app.get(f"/integrations/{quote(str(one['id']), safe='')}/webhooks")
        for each in app.rows(listed or {}, "webhooks"):
            if each.get("target") == url and each.get("secret"):
                return str(one["id"]), str(each["secret"])
    return None


async def uninstall(app: App, made: Mapping[str, str]) -> None:
    if made.get("integration"):
        await app.delete(f"/integrations/{quote(made['integration'], safe='')}")


def verify(raw: RawHook, secret: str) -> None:
    """By the key that every message carries: Sunshine signs nothing. Raises Refused."""
    if not secret or not hmac.compare_digest(raw.headers.get("x-api-key", "").encode(), secret.encode()):
        raise Refused("The key does not fit. Nothing was taken from this message.", status=401)
    if any(abs(raw.at - at) > _WINDOW for at in _times(raw)):
        raise Refused("The message is too old. The clocks may differ, or somebody sends it again.", status=401)


def _times(raw: RawHook) -> Iterator[datetime]:
    for event in _events(raw):
        try:
            at = datetime.fromisoformat(str(event.get("createdAt")))
        except ValueError:
            continue
        yield at if at.tzinfo else at.replace(tzinfo=UTC)


def parse(raw: RawHook) -> Sequence[Heard]:
    """What happened to which conversation, each event once under Sunshine's own id of it. What was written is read again and not taken from here."""
    return tuple(heard for event in _events(raw) if (heard := _heard(event, raw.at)) is not None)


def _heard(event: Json, at: datetime) -> Heard | None:
    payload = event.get("payload")
    conversation = (payload.get("conversation") or {}) if isinstance(payload, dict) else {}
    ticket, id = (str(conversation.get("id") or "") if isinstance(conversation, dict) else ""), str(event.get("id") or "")
    if not ticket or not id or not isinstance(payload, dict) or _is_ours(payload):
        return None
    key = f"event:{id[:80]}"
    match event.get("type"):
        case "conversation:message":
            return Changed(ticket=ticket, key=key)
        case "conversation:remove":
            return Deleted(ticket=ticket, key=key, at=at)
        case "switchboard:releaseControl":
            return Solved(ticket=ticket, key=key, at=at)
        case "switchboard:passControl":
            holder = payload.get("activeSwitchboardIntegration") or conversation.get("activeSwitchboardIntegration") or {}
            back = isinstance(holder, dict) and holder.get("integrationType") == _TEAM
            return Reopened(ticket=ticket, key=key, at=at) if back else Changed(ticket=ticket, key=key)
    return None


def _is_ours(payload: Json) -> bool:
    """What we posted ourselves, and control that we passed or gave up."""
    marked = (payload.get("metadata"), (payload.get("message") or {}).get("metadata") if isinstance(payload.get("message"), dict) else None)
    return any(isinstance(one, dict) and one.get(OURS) for one in marked)


def _events(raw: RawHook) -> list[Json]:
    read = json_of(raw.body)
    if read is None:
        raise Refused("This is not the JSON that Sunshine Conversations sends.")
    events = read.get("events") if isinstance(read, dict) else None
    return [one for one in events if isinstance(one, dict)] if isinstance(events, list) else []
