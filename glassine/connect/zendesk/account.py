"""Asks and changes tickets of one Zendesk account, and says in plain words why it would not. It knows no session and reads no conversation."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from glassine.connect.answers import json_of
from glassine.connect.zendesk.api import LARGEST_FILE, login, subdomain
from glassine.words.crossings import Answer
from glassine.words.deliveries import DeliveryFailed
from glassine.words.helpdesks import Enclosed, HelpdeskLink

Json = dict[str, Any]

_PAGE = 100  # the most that Zendesk gives at once
_REDIRECTS = 3


class NotTaken(DeliveryFailed):
    """Zendesk knows the request and refuses what stands in it (422). `about`: the names of the fields it minds; its own words may repeat a customer's and are left out."""

    def __init__(self, host: str, about: tuple[str, ...]) -> None:
        minded = f": {', '.join(about)}" if about else ""
        super().__init__(f"{host} does not take what was sent{minded}. Check the settings of the helpdesk and which fields Zendesk requires.", again=False, status=422)
        self.about = about


@dataclass(frozen=True, slots=True)
class Account:
    """One account, asked through the link of a delivery or of the settings."""

    link: HelpdeskLink

    @property
    def host(self) -> str:
        return f"{subdomain(self.link.settings)}.zendesk.com"

    @property
    def base(self) -> str:
        return self.link.base(f"https://{self.host}")

    async def get(self, path: str, query: Mapping[str, object] | None = None, *, to: str = "read tickets") -> Json | None:
        """What stands at a path; None where nothing is. `to`: what it is asked for, for the words of a refusal. Raises DeliveryFailed."""
        answer = await self._asked("GET", f"{path}{_query(query)}", to=to)
        return None if answer.status in (404, 410) else self._read(answer)

    async def send(self, method: str, path: str, body: Json, *, to: str = "write tickets", headers: Mapping[str, str] | None = None) -> Json | None:
        """A change; None where what it is about is gone. Raises NotTaken, or DeliveryFailed."""
        answer = await self._asked(method, path, body=json.dumps(body).encode(), headers={"Content-Type": "application/json", **(headers or {})}, to=to)
        if answer.status in (404, 410):
            return None
        if answer.status == 422:
            raise NotTaken(self.host, _minded(answer))
        return self._read(answer, unknown=True)

    async def delete(self, path: str, *, to: str) -> None:
        """Away with it; what is gone already is fine. Raises DeliveryFailed."""
        await self._asked("DELETE", path, to=to)

    async def upload(self, file: Enclosed) -> str | None:
        """The token by which a comment takes a file along; None where Zendesk does not take such a file."""
        path = f"uploads?{urlencode({'filename': file.name})}"
        answer = await self._asked("POST", path, body=file.content, headers={"Content-Type": file.media_type or "application/octet-stream"}, to="upload files")
        if answer.status >= 400:
            return None
        token = (self._read(answer, unknown=True).get("upload") or {}).get("token")
        return str(token) if token else None

    async def audits(self, ticket: str, after: str = "") -> AsyncIterator[tuple[list[Json] | None, str]]:
        """Page after page of what happened to a ticket, oldest first, each with the cursor it was come by; None for the page where the ticket is gone."""
        while True:
            given = await self.get(f"tickets/{quote(ticket, safe='')}/audits", {"page[size]": _PAGE} | ({"page[after]": after} if after else {}))
            if given is None:
                yield None, after
                return
            yield self.rows(given, "audits"), after
            meta = given.get("meta") or {}
            leads = str(meta.get("after_cursor") or "") if meta.get("has_more") else ""
            if not leads or leads == after:
                return
            after = leads

    async def file(self, url: str) -> Answer | None:
        """A file of a comment; None where it cannot be had. The login is told to the account's own address only, not to where it redirects."""
        parts = urlsplit(url)
        at, headers = f"{self.base}{parts.path}" + (f"?{parts.query}" if parts.query else ""), {"Authorization": login(self.link.settings)}
        for _ in range(_REDIRECTS):
            answer = await self.link.request("GET", at, headers=headers, max_bytes=LARGEST_FILE)
            if answer.status >= 400:
                return None
            if answer.status < 300:
                return answer
            at = answer.headers.get("location", "")
            at = self.base + at if at.startswith("/") else at
            headers = headers if at.startswith(self.base + "/") else {}
        return None

    def rows(self, given: Json, name: str) -> list[Json]:
        """The objects that an answer lists under a name. Raises DeliveryFailed where it lists none, not even an empty list."""
        found = given.get(name)
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise DeliveryFailed(f"{self.host} answered without the list of {name.replace('_', ' ')} that its API documents.")
        return found

    def _read(self, answer: Answer, *, unknown: bool = False) -> Json:
        if answer.status == 409:
            raise DeliveryFailed(f"Somebody changed the ticket at {self.host} at the same moment. It is tried again.", status=409)
        if answer.status == 422:
            raise NotTaken(self.host, _minded(answer))
        if answer.status >= 300:
            raise DeliveryFailed(f"{self.host} answers that it has moved{_place(answer)}. Put the subdomain of today into the helpdesk's settings.", again=False, status=answer.status)
        read = json_of(answer.body)
        if not isinstance(read, dict):
            raise DeliveryFailed(f"{self.host} answered something that is not the JSON its API documents.", unknown=unknown, status=answer.status)
        return read

    async def _asked(self, method: str, path: str, *, to: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        sent = {"Accept": "application/json", "Authorization": login(self.link.settings), **(headers or {})}
        try:
            return await self.link.request(method, f"{self.base}/api/v2/{path}", headers=sent, body=body)
        except DeliveryFailed as failed:
            raise DeliveryFailed(
                _in_plain_words(failed, self.host, to), again=failed.again, unknown=failed.unknown, after=failed.after, status=failed.status,
            ) from None


def _in_plain_words(failed: DeliveryFailed, host: str, to: str) -> str:
    match failed.status:
        case 401:
            return (
                f"{host} refuses this login. Check the e-mail address and the API token, that the token has not been deleted or deactivated,"
                " and that token access is on (Admin Center › Apps and integrations › APIs › Zendesk API)."
            )
        case 403:
            return f"{host} knows this login and does not let it {to}. Use the token of an admin, or of an agent whose role allows it; an OAuth token needs the scopes read and write."
        case 429:
            return f"{host} says that it is asked too often (429)."
        case _:
            return failed.message


def _minded(answer: Answer) -> tuple[str, ...]:
    """The fields that a refusal names, which are the account's own words."""
    try:
        details = json.loads(answer.body).get("details")
    except (ValueError, RecursionError, AttributeError):
        return ()
    return tuple(str(name)[:60] for name in details)[:5] if isinstance(details, dict) else ()


def _query(query: Mapping[str, object] | None) -> str:
    return f"?{urlencode({name: str(value) for name, value in query.items()})}" if query else ""


def _place(answer: Answer) -> str:
    host = urlsplit(answer.headers.get("location", "")).hostname
    return f" to {host}" if host else ""
