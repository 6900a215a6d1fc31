"""Asks Confluence, in the Cloud or on a machine of one's own, in the name of one login, and says in plain words why it will not answer. It converts nothing."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from glassine.connect.answers import json_of
from glassine.words.crossings import Answer
from glassine.words.errors import Refused
from glassine.words.sources import Link, SourceFailed, Trouble

Json = dict[str, Any]
Query = Mapping[str, object]

FILE_HOST = "api.media.atlassian.com"  # where the Cloud redirects who asks for a file
LARGEST_FILE = 20_000_000  # bytes

_MOST_BYTES = 8_000_000  # of a page of a listing
_MOST_PAGES = 10_000  # of one listing, so that one that never ends does
_REDIRECTS = 3
_PAGING = frozenset({"cursor", "start", "limit"})  # what a link to the next page may change of what was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where Confluence is: its address without a slash at its end, and whether it is the Cloud's."""

    address: str
    cloud: bool

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    id: str
    key: str
    name: str
    home: str = ""  # id of its first page


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as a listing tells of it, without its text. `above`: what it stands under, outermost first, as far as the listing says."""

    id: str
    title: str
    version: int
    url: str | None
    updated_at: datetime | None
    parent: str = ""
    parent_type: str = "page"
    above: tuple[tuple[str, str], ...] | None = field(default=None, repr=False)  # (id, title)


def place(settings: Mapping[str, str]) -> Place:
    """Raises Refused for an address that cannot be right."""
    written = settings.get("address", "").strip().rstrip("/")
    written = written if "://" in written else f"https://{written}"
    parts = urlsplit(written)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username or not written.isascii() or re.search(r"\s", written):
        raise Refused("Write the address of Confluence as your browser shows it, for example https://acme.atlassian.net or https://wiki.acme.com.")
    cloud = settings.get("edition") != "server"
    if cloud and not parts.hostname.endswith((".atlassian.net", ".jira.com", "api.atlassian.com")):
        raise Refused("This is not an address of the Confluence Cloud (….atlassian.net). If Confluence runs on a machine of your own, choose Data Center or Server.")
    path = parts.path.split("/wiki")[0] if cloud else re.split(r"/(?:display|pages|spaces|rest)(?:/|$)", parts.path)[0]
    return Place(address=f"{parts.scheme}://{parts.netloc.lower()}{path.rstrip('/')}", cloud=cloud)


def login(settings: Mapping[str, str]) -> str:
    """The Authorization header: an e-mail address with an API token in the Cloud, or else a personal access token. Raises Refused."""
    token, email = settings.get("token", "").strip(), settings.get("email", "").strip()
    if not token or not f"{token}{email}".isascii() or any(character.isspace() for character in token + email) or ":" in email:
        raise Refused("Confluence needs a token. Copy it again, without blanks before, in or after it.")
    if settings.get("edition") == "server":
        return f"Bearer {token}"
    if not email:
        raise Refused("The Confluence Cloud needs the e-mail address of the account that made the API token.")
    return "Basic " + base64.b64encode(f"{email}:{token}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Confluence:
    """One Confluence, asked through the run's link."""

    link: Link
    at: Place

    @property
    def base(self) -> str:
        """Where its API begins: in the Cloud that is below /wiki."""
        return self.link.base(self.at.address) + ("/wiki" if self.at.cloud else "")

    async def get(self, path: str, query: Query | None = None, *, max_bytes: int = _MOST_BYTES) -> Json | None:
        """What stands at a path of the API; None where nothing is, or nothing for this login. Raises SourceFailed."""
        headers = {"Accept": "application/json", "Authorization": login(self.link.settings)}
        answer = await self._asked(f"{self.base}/{path}{_query(query or {})}", headers, max_bytes)
        if answer.status in (404, 410):
            return None
        if answer.status >= 300:
            raise SourceFailed(Trouble.MISSING, f"{self.at.host} redirects{_leads(answer)}: there is no Confluence at this address, or it asks for another way to sign in. Check the address.")
        read = json_of(answer.body)
        if not isinstance(read, dict):
            raise SourceFailed(Trouble.MALFORMED, f"{self.at.host} answered something that is not the JSON of Confluence's API. Check the address, and whether a login page stands before it.")
        return read

    async def listed(self, path: str, query: Query) -> AsyncIterator[list[Json]]:
        """Page after page of a listing, as its `_links.next` leads on. Only where to go on is taken from there: what is asked, and where, stays."""
        asked: dict[str, object] = dict(query)
        for _ in range(_MOST_PAGES):
            given = await self.get(path, asked)
            if given is None:
                raise SourceFailed(Trouble.FORBIDDEN, f"{self.at.host} has nothing for this login where its API lists {path.rsplit('/', 1)[-1]}. Check the address and what the account may see.")
            links = given.get("_links") or {}
            yield [one | {"_links": {"base": links.get("base")} | (one.get("_links") or {})} for one in results(given, self.at.host)]
            following = str(links.get("next") or "")
            if not following:
                return
            led: dict[str, object] = dict(parse_qsl(urlsplit(following).query)) | {name: value for name, value in query.items() if name not in _PAGING}
            if led == asked:
                raise SourceFailed(Trouble.MALFORMED, f"{self.at.host} leads from a page of its listing to the same page.")
            asked = led
        raise SourceFailed(Trouble.MALFORMED, f"{self.at.host} gives a listing that does not end.")

    async def found(self, cql: str, expand: str, limit: int = 100) -> AsyncIterator[Json]:
        """What a search in Confluence's own language finds, in both editions."""
        async for page in self.listed("rest/api/content/search", {"cql": cql, "expand": expand, "limit": limit}):
            for one in page:
                yield one

    async def file(self, path: str) -> Answer | None:
        """A file; None where it is gone. The login is told to Confluence's own address only, not to where it redirects."""
        at, headers = f"{self.base}/{path}", {"Authorization": login(self.link.settings)}
        for _ in range(_REDIRECTS):
            answer = await self._asked(at, headers, LARGEST_FILE)
            if answer.status in (404, 410):
                return None
            if answer.status < 300:
                return answer
            at = answer.headers.get("location", "")
            at = _origin(self.base) + at if at.startswith("/") else at
            headers = headers if at.startswith(f"{_origin(self.base)}/") else {}
        raise SourceFailed(Trouble.MALFORMED, "Confluence redirects in circles when asked for this file.")

    async def _asked(self, url: str, headers: Mapping[str, str], max_bytes: int) -> Answer:
        try:
            return await self.link.request("GET", url, headers=headers, max_bytes=max_bytes)
        except SourceFailed as failed:
            raise SourceFailed(failed.trouble, _in_plain_words(failed, self.at)) from None


def _in_plain_words(failed: SourceFailed, at: Place) -> str:
    match failed.trouble:
        case Trouble.CREDENTIALS if at.cloud:
            return (
                f"{at.host} refuses this login. Check the e-mail address and the API token; tokens of the Cloud expire after a year at the latest."
                " A token with scopes is used at https://api.atlassian.com/ex/confluence/… with your site's id."
            )
        case Trouble.CREDENTIALS:
            return f"{at.host} refuses this personal access token. It may be wrong, revoked or expired, or Confluence is older than 7.9, which has none."
        case Trouble.FORBIDDEN:
            return f"{at.host} knows this login and does not let it read. The account needs access to Confluence and to the spaces; a captcha after failed logins must be solved in the browser."
        case _:
            return failed.message


def results(given: Json, host: str) -> list[Json]:
    """The objects of a listing. Raises SourceFailed where there is no list, not even an empty one."""
    found = given.get("results")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise SourceFailed(Trouble.MALFORMED, f"{host} answered without the list that its API documents.")
    return found


def quoted(words: Iterable[str]) -> str:
    """Words of an admin in Confluence's query language, where they can be nothing but words."""
    return ", ".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words)


def moment(written: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _query(query: Query) -> str:
    return f"?{urlencode(query, doseq=True)}" if query else ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _leads(answer: Answer) -> str:
    host = urlsplit(answer.headers.get("location", "")).hostname
    return f" to {host}" if host else ""
