"""Asks HubSpot's API and tells its refusals in the words of whoever has HubSpot before them. It knows nothing of what the answers mean."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from glassine.connect.answers import json_of
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Enclosed, HelpdeskLink

HOST = "api.hubapi.com"
# Where HubSpot's signed addresses of files lead, by the place where an account's data is.
FILE_HOSTS = (*(f"*.hubspotusercontent-{place}.net" for place in ("na1", "na2", "na3", "eu1", "ap1", "ca1")), "*.hubspotusercontent.net", "cdn2.hubspot.net")
VERSION = "2026-09"  # HubSpot serves each dated version for eighteen months and more; /v1/ to /v4/ are out of support from 2027
_FILES = "2026-03"  # the newest version with the route that uploads
_MOST_BYTES = 8_000_000
_MOST_PAGES = 50
BATCH = 100  # records in one request: as many as HubSpot takes
_ROLLING = 10.0  # seconds of the window that HubSpot counts requests in; it seldom says when to come back

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HubSpot:
    """HubSpot as one access token sees it."""

    link: HelpdeskLink
    token: str = field(repr=False)

    async def get(self, path: str, query: Mapping[str, str] | None = None, *, right: str = "tickets") -> Json | None:
        """What stands there, or None where there is nothing. `right`: the scope without which it cannot be asked."""
        return await self._asked("GET", path + (f"?{urlencode(query)}" if query else ""), None, right)

    async def send(self, method: str, path: str, body: Json, *, right: str = "tickets") -> Json | None:
        """What came of it; None where HubSpot knows no such thing, or has it already."""
        return await self._asked(method, path, body, right)

    async def associated(self, ticket: str, kind: str) -> list[str]:
        """The ids of everything of a kind that stands on a ticket. It is read where it was written, so it knows what has just been made."""
        found: list[str] = []
        after = ""
        for _ in range(_MOST_PAGES):
            asked = {"id": ticket} | ({"after": after} if after else {})
            told = await self.send("POST", f"/crm/associations/{VERSION}/tickets/{kind}/batch/read", {"inputs": [asked]}) or {}
            for each in told.get("results") or []:
                found += [str(to["toObjectId"]) for to in each.get("to") or []]
                after = str((((each.get("paging") or {}).get("next")) or {}).get("after") or "")
            if not after:
                break
        return list(dict.fromkeys(found))

    async def records(self, kind: str, ids: Sequence[str], properties: Sequence[str], *, right: str = "crm.objects.contacts.read") -> list[Json]:
        """Records by their ids; those that are gone are left out."""
        found: list[Json] = []
        for start in range(0, len(ids), BATCH):
            body = {"inputs": [{"id": id} for id in ids[start : start + BATCH]], "properties": list(properties), "propertiesWithHistory": []}
            told = await self.send("POST", f"/crm/objects/{VERSION}/{kind}/batch/read", body, right=right) or {}
            found += [each for each in told.get("results") or [] if isinstance(each, dict)]
        return found

    async def upload(self, file: Enclosed) -> str:
        """A file that nobody without rights in HubSpot can open; its id there."""
        edge = f"glassine{secrets.token_hex(16)}"
        name = file.name.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_").encode()
        parts = [
            b'Content-Disposition: form-data; name="file"; filename="' + name + b'"\r\nContent-Type: application/octet-stream\r\n\r\n' + file.content,
            b'Content-Disposition: form-data; name="folderPath"\r\n\r\n/Glassine',
            b'Content-Disposition: form-data; name="options"\r\n\r\n{"access":"PRIVATE"}',
        ]
        body = b"".join(b"--" + edge.encode() + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + edge.encode() + b"--\r\n"
        told = await self._exchange("POST", f"/files/{_FILES}/files", body, f"multipart/form-data; boundary={edge}", "files")
        return str((told or {}).get("id") or "")

    async def signed(self, file: str) -> Json | None:
        """What a file is, and an address that is good for some minutes; None where there is none, or HubSpot hides it from the token. Files on records of the CRM are hidden ones."""
        return await self.get(f"/files/{_FILES}/files/{segment(file)}/signed-url", right="files")

    async def _asked(self, method: str, path: str, body: Json | None, right: str) -> Json | None:
        return await self._exchange(method, path, b"" if body is None else json.dumps(body).encode(), "application/json", right)

    async def _exchange(self, method: str, path: str, body: bytes, kind: str, right: str) -> Json | None:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"} | ({"Content-Type": kind} if body else {})
        try:
            answer = await self.link.request(method, self.link.base(f"https://{HOST}") + path, headers=headers, body=body, max_bytes=_MOST_BYTES)
        except DeliveryFailed as failure:
            raise _in_hubspots_words(failure, right) from None
        if answer.status in (404, 409, 410):
            return None
        told = json_of(answer.body) if answer.status < 300 else None
        if not isinstance(told, dict):
            raise DeliveryFailed("HubSpot answered with something that is not what its documentation says. Is a proxy in between?", unknown=method != "GET", status=answer.status)
        return told


def _in_hubspots_words(failure: DeliveryFailed, right: str) -> DeliveryFailed:
    if failure.status == 401:
        message = "HubSpot refused the access token. It was revoked, rotated or copied only in part: copy it again in HubSpot, and enter it here."
        return DeliveryFailed(message, again=False, status=401)
    if failure.status == 403:
        message = f"HubSpot knows the token but does not allow this. Give the app or service key the scope {right}, and enter its new token here if HubSpot made one."
        return DeliveryFailed(message, again=False, status=403)
    if failure.status == 429 and failure.after is None:
        return DeliveryFailed(failure.message, after=_ROLLING, status=429)
    return failure


def segment(id: str) -> str:
    """An id as a part of a path, whatever it holds."""
    return quote(id, safe="")
