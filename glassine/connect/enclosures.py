"""Files of answers as helpdesks keep them: fetched from where the vendor says they are, or named with the reason why they cannot be had. It knows no vendor."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from glassine.words.crossings import Answer
from glassine.words.deliveries import DeliveryFailed
from glassine.words.files import LARGEST_FILE
from glassine.words.helpdesks import Enclosed, HelpdeskLink, Unhad

_PATIENCE = timedelta(minutes=10)  # in which an answer waits for its file; after that the words are worth more
_REDIRECTS = 3
_MOST_NAME = 150
TOO_LARGE, GONE = "it is larger than 5 MB", "it is not there any more"


async def had(link: HelpdeskLink, name: str, media_type: str, size: object, at: datetime, fetch: Callable[[], Awaitable[Answer | None]]) -> Enclosed | Unhad:
    """The file, or why not. `size`: in bytes, as the vendor says, if it does. Raises DeliveryFailed while another try may bring it and the answer, which was written at `at`, can wait."""
    name = name.strip()[:_MOST_NAME] or "file"
    if isinstance(size, int) and size > LARGEST_FILE:
        return Unhad(name=name, why=TOO_LARGE)
    try:
        answer = await fetch()
    except DeliveryFailed as failed:
        if failed.again and link.now - at < _PATIENCE:
            raise
        return Unhad(name=name, why=f"it could not be fetched: {failed.message.rstrip('.')}")
    if answer is None:
        return Unhad(name=name, why=GONE)
    return Unhad(name=name, why=TOO_LARGE) if len(answer.body) > LARGEST_FILE else Enclosed(name=name, media_type=_kind(name, media_type, answer), content=answer.body)


def _kind(name: str, said: str, answer: Answer) -> str:
    """As the vendor says, or its storage, or the name: a storage often calls everything a stream of bytes."""
    for one in (said, answer.headers.get("content-type", "")):
        kind = one.partition(";")[0].strip().lower()
        if "/" in kind and kind not in ("application/octet-stream", "binary/octet-stream"):
            return kind
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


async def fetched(link: HelpdeskLink, url: str) -> Answer | None:
    """From an address that is its own permission, over its redirects and without any key. None where nothing is there. Raises DeliveryFailed, for good where a helpdesk may not go there."""
    for _ in range(_REDIRECTS + 1):
        if not link.leads_to(url):
            raise DeliveryFailed("its address is not one of this helpdesk's declared places", again=False)
        answer = await link.request("GET", url, max_bytes=LARGEST_FILE)
        if answer.status < 300:
            return answer
        url = answer.headers.get("location", "") if answer.status < 400 else ""
        if not url:
            return None
    return None


def parted(came: list[Enclosed | Unhad]) -> tuple[tuple[Enclosed, ...], tuple[Unhad, ...]]:
    """Those that came, and those that did not."""
    return tuple(one for one in came if isinstance(one, Enclosed)), tuple(one for one in came if isinstance(one, Unhad))
