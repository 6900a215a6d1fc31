"""Asks one help centre of Zendesk, in the name of one login, and says in plain words why it will not answer. It knows no article."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from glassine.connect.answers import json_of
from glassine.words.crossings import Answer
from glassine.words.errors import Refused
from glassine.words.sources import Link, SourceFailed, Trouble

Json = dict[str, Any]

LARGEST_FILE = 20_000_000  # bytes: what Zendesk itself allows
FILE_HOSTS = ("*.zdassets.com", "*.zdusercontent.com")  # where Zendesk redirects who asks for a file

_SUBDOMAIN = re.compile(r"(?:https?://)?([a-z0-9][a-z0-9-]{0,62})(?:\.zendesk\.com(?:/.*)?)?", re.IGNORECASE)
_REDIRECTS = 3
_MOST_BYTES = 8_000_000  # of a page of a listing; a page that is larger is asked for in smaller ones
_SIZES = (100, 10, 1)


def subdomain(settings: Mapping[str, str]) -> str:
    """What stands before .zendesk.com, however the admin wrote it. Raises Refused."""
    found = _SUBDOMAIN.fullmatch(settings.get("subdomain", "").strip())
    if found is None:
        raise Refused("Write the subdomain as it stands before .zendesk.com: for https://acme.zendesk.com it is acme. A help centre under an address of your own has one too.")
    return found[1].lower()


def login(settings: Mapping[str, str]) -> str:
    """The Authorization header: an e-mail address with an API token, or an OAuth access token alone. Raises Refused."""
    token, email = settings.get("token", "").strip(), settings.get("email", "").strip().removesuffix("/token")
    if not token:
        raise Refused("Zendesk needs an API token (with the e-mail address of its user) or an OAuth access token.")
    if not f"{email}{token}".isascii() or any(character.isspace() for character in email + token) or ":" in email:
        raise Refused("The e-mail address or the token holds characters that do not belong there. Copy them again.")
    return "Basic " + base64.b64encode(f"{email}/token:{token}".encode()).decode() if email else f"Bearer {token}"


@dataclass(frozen=True, slots=True)
class Zendesk:
    """One account's address, asked through the run's link."""

    link: Link

    @property
    def host(self) -> str:
        return f"{subdomain(self.link.settings)}.zendesk.com"

    @property
    def base(self) -> str:
        return self.link.base(f"https://{self.host}")

    async def get(self, path: str, query: Mapping[str, object] | None = None, *, anonymous: bool = False, max_bytes: int = _MOST_BYTES) -> Json | None:
        """What stands at a path of the API; None where nothing is. `anonymous`: as a visitor who has not signed in. Raises SourceFailed."""
        headers = {"Accept": "application/json"} | ({} if anonymous else {"Authorization": login(self.link.settings)})
        answer = await self._asked(f"{self.base}/api/v2/{path}{_query(query or {})}", headers, max_bytes)
        if answer.status in (404, 410):
            return None
        if answer.status >= 300:
            raise SourceFailed(Trouble.MISSING, f"{self.host} answers that it has moved{_place(answer)}. Put the subdomain of today into the source's settings.")
        read = json_of(answer.body)
        if not isinstance(read, dict):
            raise SourceFailed(Trouble.MALFORMED, f"{self.host} answered something that is not the JSON its API documents. Try again; if it stays, ask Zendesk whether the API works.")
        return read

    async def pages(self, path: str, name: str, *, after: str = "", **query: object) -> AsyncIterator[tuple[list[Json], str]]:
        """Page after page of a listing, each with the cursor that leads to what follows it ("" at the end). Raises SourceFailed."""
        while True:
            given, came_by = await self._page(path, {**query} | ({"page[after]": after} if after else {})), after
            meta = given.get("meta")
            if not isinstance(meta, dict):
                raise SourceFailed(Trouble.MALFORMED, f"{self.host} answered without the cursor that its API documents.")
            after = str(meta.get("after_cursor") or "") if meta.get("has_more") else ""
            yield rows(given, name, self.host), after
            if not after:
                return
            if after == came_by:
                raise SourceFailed(Trouble.MALFORMED, f"{self.host} leads from a page of its listing to the same page.")

    async def _page(self, path: str, query: Mapping[str, object]) -> Json:
        for size in _SIZES:
            try:
                given = await self.get(path, {**query, "page[size]": size}, max_bytes=_MOST_BYTES if size > 1 else LARGEST_FILE)
            except SourceFailed as failed:
                if failed.trouble is not Trouble.LARGE or size == 1:
                    raise
                continue
            if given is None:
                raise SourceFailed(Trouble.MISSING, f"{self.host} has no help centre that is switched on. Set up Guide in Zendesk, or give the subdomain of the brand that has one.")
            return given
        raise AssertionError("the smallest page is returned or raises")

    async def file(self, url: str) -> Answer | None:
        """A file of the help centre; None where it is gone. The login is told to Zendesk's own address only, not to where it redirects."""
        parts = urlsplit(url)
        at, headers = f"{self.base}{parts.path}" + (f"?{parts.query}" if parts.query else ""), {"Authorization": login(self.link.settings)}
        for _ in range(_REDIRECTS):
            answer = await self._asked(at, headers, LARGEST_FILE)
            if answer.status in (404, 410):
                return None
            if answer.status < 300:
                return answer
            at = answer.headers.get("location", "")
            at = self.base + at if at.startswith("/") else at
            headers = headers if at.startswith(self.base + "/") else {}
        raise SourceFailed(Trouble.MALFORMED, "Zendesk redirects in circles when asked for this file.")

    async def _asked(self, url: str, headers: Mapping[str, str], max_bytes: int) -> Answer:
        try:
            return await self.link.request("GET", url, headers=headers, max_bytes=max_bytes)
        except SourceFailed as failed:
            raise SourceFailed(failed.trouble, _in_plain_words(failed, self.host)) from None


def _in_plain_words(failed: SourceFailed, host: str) -> str:
    match failed.trouble:
        case Trouble.CREDENTIALS:
            return (
                f"{host} refuses this login. Check the e-mail address and the API token, that the token has not been deleted or deactivated,"
                " and that token access is on (Admin Center › Apps and integrations › APIs › Zendesk API)."
            )
        case Trouble.FORBIDDEN:
            return f"{host} knows this login and does not let it read the help centre. Use the token of an admin or agent who is not suspended; an OAuth token needs the scope hc:read or read."
        case Trouble.MISSING:
            return f"There is no Zendesk account at {host}. Check the subdomain."
        case _:
            return failed.message


def rows(given: Json, name: str, host: str) -> list[Json]:
    """The objects that an answer lists under a name. Raises SourceFailed where it lists none, not even an empty list: that is no help centre without articles."""
    found = given.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise SourceFailed(Trouble.MALFORMED, f"{host} answered without the list of {name.replace('_', ' ')} that its API documents.")
    return found


def same_query(url: str) -> dict[str, str]:
    """What an address that Zendesk gives for the next page asks, to be asked at the address that we know."""
    return dict(parse_qsl(urlsplit(url).query))


def _query(query: Mapping[str, object]) -> str:
    return f"?{urlencode({name: str(value) for name, value in query.items()})}" if query else ""


def _place(answer: Answer) -> str:
    host = urlsplit(answer.headers.get("location", "")).hostname
    return f" to {host}" if host else ""
