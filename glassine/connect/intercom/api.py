"""Asks Intercom's API and tells its refusals in the words of whoever has Intercom before them. It knows nothing of what the answers mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from glassine.connect.answers import json_of
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import HelpdeskLink

REGIONS: Mapping[str, str] = {"us": "api.intercom.io", "eu": "api.eu.intercom.io", "au": "api.au.intercom.io"}
# Where a region keeps what was uploaded, as Intercom lists it for content security policies.
FILE_HOSTS: Mapping[str, tuple[str, ...]] = {
    "us": ("downloads.intercomcdn.com", "uploads.intercomusercontent.com", "*.intercom-attachments.com", *(f"*.intercom-attachments-{number}.com" for number in range(1, 10))),
    "eu": ("downloads.intercomcdn.eu", "*.intercom-attachments.eu"),
    "au": ("downloads.au.intercomcdn.com", "*.au.intercom-attachments.com"),
}
VERSION = "2.14"  # of Intercom's API: what an answer looks like depends on it
_MOST_BYTES = 12_000_000  # a conversation with its last five hundred parts
_WINDOW = 10.0  # seconds in which Intercom counts requests

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Intercom:
    """A workspace as one access token sees it."""

    link: HelpdeskLink
    token: str = field(repr=False)
    host: str = REGIONS["us"]

    async def get(self, path: str) -> Json | None:
        """What stands there, or None where there is nothing."""
        return await self._asked("GET", path, None)

    async def send(self, method: str, path: str, body: Json) -> Json | None:
        """What came of it; None where Intercom knows no such thing. A conflict comes back as `{"conflict": its words}`."""
        return await self._asked(method, path, body)

    async def _asked(self, method: str, path: str, body: Json | None) -> Json | None:
        headers = {"Authorization": f"Bearer {self.token}", "Intercom-Version": VERSION, "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = await self.link.request(
                method, self.link.base(f"https://{self.host}") + path, headers=headers, body=b"" if body is None else json.dumps(body).encode(), max_bytes=_MOST_BYTES,
            )
        except DeliveryFailed as failure:
            raise _in_intercoms_words(failure) from None
        if answer.status in (404, 410):
            return None
        told = json_of(answer.body)
        if answer.status == 409 and isinstance(told, dict):
            return {"conflict": " ".join(str(one.get("message") or "") for one in told.get("errors") or [] if isinstance(one, dict))}
        if answer.status == 422:
            raise DeliveryFailed("Intercom did not take the request (422), and would not another time.", again=False, status=422)
        if answer.status >= 300 or not isinstance(told, dict):
            raise DeliveryFailed("Intercom answered with something that is not what its documentation says. Is a proxy in between?", unknown=method != "GET", status=answer.status)
        return told


def _in_intercoms_words(failure: DeliveryFailed) -> DeliveryFailed:
    if failure.status == 401:
        message = "Intercom refused the access token. It was revoked, copied only in part, or belongs to a workspace in another region: check both in Intercom's developer hub, and enter it here."
        return DeliveryFailed(message, again=False, status=401)
    if failure.status == 403:
        message = "Intercom knows the token but does not allow this. In Intercom's developer hub, give the app the permissions that Glassine's documentation lists, and enter the token again."
        return DeliveryFailed(message, again=False, status=403)
    if failure.status == 429 and failure.after is None:
        return DeliveryFailed(failure.message, after=_WINDOW, status=429)
    return failure


def segment(id: str) -> str:
    """An id as a part of a path, whatever it holds."""
    return quote(id, safe="")
