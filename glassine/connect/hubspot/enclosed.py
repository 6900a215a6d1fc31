"""Files of what people wrote in HubSpot: of notes, e-mails and messages, with those that were pasted into the words. It writes nothing there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from glassine.connect.enclosures import fetched, had, parted
from glassine.connect.hubspot.api import HubSpot
from glassine.connect.markup import pictures
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Enclosed, Unhad

Files = tuple[tuple[Enclosed, ...], tuple[Unhad, ...]]
_MOST = 20  # files of one entry
_PASTED = re.compile(r"/files/(\d{1,24})/signed-url-redirect")  # how an image that was pasted into the words is addressed
_HIDDEN = "HubSpot does not show it to this token. Give the app the scopes files and files.ui_hidden.read"


async def files(hubspot: HubSpot, attached: Any, markup: str, at: datetime) -> Files:
    """`attached`: ids with semicolons in between, as records hold them."""
    ids = [one.strip() for one in str(attached or "").split(";")]
    return await _all(hubspot, [*ids, *(found[1] for url in pictures(markup) if (found := _PASTED.search(url)))], at)


async def of_message(hubspot: HubSpot, attachments: Any, markup: str, at: datetime) -> Files:
    """Of a message in a conversation, which names its files one by one."""
    ids = [str(one.get("fileId") or "") for one in attachments or [] if isinstance(one, dict) and one.get("type") == "FILE"]
    return await files(hubspot, ";".join(ids), markup, at)


async def _all(hubspot: HubSpot, ids: Iterable[str], at: datetime) -> Files:
    numbers = [one for one in dict.fromkeys(ids) if one.isdigit()]
    return parted([await _one(hubspot, id, at) for id in numbers[:_MOST]])


async def _one(hubspot: HubSpot, id: str, at: datetime) -> Enclosed | Unhad:
    try:
        told = await hubspot.signed(id)
    except DeliveryFailed as failure:
        if failure.status != 403:
            raise
        told = None
    if told is None or not told.get("url"):
        return Unhad(name=f"file {id}", why=_HIDDEN)
    name, ending = str(told.get("name") or f"file {id}"), str(told.get("extension") or "")
    name = name if not ending or name.lower().endswith(f".{ending.lower()}") else f"{name}.{ending}"
    return await had(hubspot.link, name, "", told.get("size"), at, lambda: fetched(hubspot.link, str(told["url"])))
