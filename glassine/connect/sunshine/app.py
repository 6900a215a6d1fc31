"""Asks and changes one app of Sunshine Conversations, and says in plain words why it would not. It knows no session."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from glassine.connect.answers import json_of
from glassine.words.crossings import Answer
from glassine.words.deliveries import DeliveryFailed
from glassine.words.errors import Refused
from glassine.words.helpdesks import Enclosed, HelpdeskLink

Json = dict[str, Any]

LARGEST_FILE = 50_000_000  # bytes: what Sunshine itself takes
_SERVERS = {"us": "api.smooch.io", "eu": "api.eu-1.smooch.io"}
_SUBDOMAIN = re.compile(r"(?:https?://)?([a-z0-9][a-z0-9-]{0,62})(?:\.zendesk\.com(?:/.*)?)?", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9_-]{1,80}")
_BOUNDARY = "glassine-file-7d1c4b0e5a92"
_REDIRECTS = 3


def host(settings: Mapping[str, str]) -> str:
    """The server that the app is on. Raises Refused."""
    if (server := settings.get("server", "")) in _SERVERS:
        return _SERVERS[server]
    found = _SUBDOMAIN.fullmatch(settings.get("subdomain", "").strip())
    if found is None:
        raise Refused("Write the subdomain as it stands before .zendesk.com: for https://acme.zendesk.com it is acme.")
    return f"{found[1].lower()}.zendesk.com"


def login(settings: Mapping[str, str]) -> str:
    """The Authorization header. Raises Refused."""
    key, secret = settings.get("key_id", "").strip(), settings.get("secret", "").strip()
    if not key.startswith("app_") or not _WORD.fullmatch(key):
        raise Refused("The key id of an app begins with app_. Copy it from Admin Center › Apps and integrations › APIs › Conversations API, where the app id stands too.")
    if not secret or not secret.isascii() or any(character.isspace() for character in secret):
        raise Refused("The secret of the key is missing, or holds characters that do not belong there. Zendesk shows it only once: make another key if it is lost.")
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


@dataclass(frozen=True, slots=True)
class App:
    """One app, asked through the link of a delivery or of the settings."""

    link: HelpdeskLink

    @property
    def host(self) -> str:
        return host(self.link.settings)

    @property
    def base(self) -> str:
        """The API's address. A Zendesk account has it below /sc."""
        path = "" if self.link.settings.get("server") in _SERVERS else "/sc"
        return self.link.base(f"https://{self.host}{path}") + "/v2/apps/" + self.id

    @property
    def id(self) -> str:
        found = self.link.settings.get("app_id", "").strip()
        if not _WORD.fullmatch(found):
            raise Refused("The app id is a word of letters and digits. It stands in Admin Center › Apps and integrations › APIs › Conversations API.")
        return found

    async def get(self, path: str, query: Mapping[str, object] | None = None) -> Json | None:
        """What stands at a path; None where nothing is. Raises DeliveryFailed."""
        asked = f"?{urlencode({name: str(value) for name, value in query.items()})}" if query else ""
        answer = await self._asked("GET", path + asked)
        return None if answer.status in (404, 410) else self._read(answer, unknown=False)

    async def send(self, method: str, path: str, body: Json) -> Json | None:
        """A change; None where what it is about is gone. Raises DeliveryFailed."""
        answer = await self._asked(method, path, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
        return None if answer.status in (404, 410) else self._read(answer, unknown=True)

    async def make_user(self, body: Json) -> None:
        """Once, whoever asks: one that is there already stays as it is."""
        answer = await self._asked("POST", "/users", body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
        if answer.status != 409:
            self._read(answer, unknown=True)

    async def delete(self, path: str) -> None:
        """Away with it; what is gone already is fine."""
        await self._asked("DELETE", path)

    async def upload(self, conversation: str, file: Enclosed) -> Json | None:
        """Where a file stands from now on, and as what; None where Sunshine does not take such a file."""
        name = re.sub(r'[\r\n"\\]', "_", file.name) or "file"
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="source"; filename="{name}"\r\nContent-Type: {file.media_type or "application/octet-stream"}\r\n\r\n'
        body = head.encode() + file.content + f"\r\n--{_BOUNDARY}--\r\n".encode()
        query = urlencode({"access": "public", "for": "message", "conversationId": conversation})
        try:
            answer = await self._asked("POST", f"/attachments?{query}", body=body, headers={"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"})
        except DeliveryFailed as failed:
            if failed.status in (400, 413, 415):
                return None
            raise
        found = self._read(answer, unknown=True).get("attachment")
        return found if isinstance(found, dict) and found.get("mediaUrl") else None

    async def messages(self, conversation: str, after: str = "") -> AsyncIterator[list[Json] | None]:
        """Pages of messages: those after one, oldest first, or all of them, the newest page first. None where the conversation is gone."""
        way, cursor = ("after", after) if after else ("before", "")
        while True:
            given = await self.get(f"/conversations/{quote(conversation, safe='')}/messages", {f"page[{way}]": cursor} if cursor else None)
            if given is None:
                yield None
                return
            yield self.rows(given, "messages")
            meta = given.get("meta") or {}
            leads = str(meta.get(f"{way}Cursor") or "") if meta.get("hasMore") else ""
            if not leads or leads == cursor:
                return
            cursor = leads

    async def file(self, url: str) -> Answer | None:
        """A file of a message; None where it cannot be had. The key is told to the app's own server only."""
        if not url.startswith(("https://", "http://")):
            return None
        own = urlsplit(self.base)
        for _ in range(_REDIRECTS):
            at = urlsplit(url)
            headers = {"Authorization": login(self.link.settings)} if (at.scheme, at.netloc) == (own.scheme, own.netloc) else {}
            answer = await self.link.request("GET", url, headers=headers, max_bytes=LARGEST_FILE)
            if answer.status < 300 or answer.status >= 400:
                return answer if answer.status < 300 else None
            url = answer.headers.get("location", "")
        return None

    def rows(self, given: Json, name: str) -> list[Json]:
        """The objects that an answer lists under a name. Raises DeliveryFailed where it lists none, not even an empty list."""
        found = given.get(name)
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise DeliveryFailed(f"{self.host} answered without the list of {name} that its API documents.")
        return found

    def _read(self, answer: Answer, *, unknown: bool) -> Json:
        if answer.status >= 300:
            raise DeliveryFailed(f"{self.host} did not take the request ({answer.status}). Check the helpdesk's settings.", again=False, status=answer.status)
        read = json_of(answer.body)
        if not isinstance(read, dict):
            raise DeliveryFailed(f"{self.host} answered something that is not the JSON its API documents.", unknown=unknown, status=answer.status)
        return read

    async def _asked(self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        sent = {"Accept": "application/json", "Authorization": login(self.link.settings), **(headers or {})}
        try:
            return await self.link.request(method, self.base + path, headers=sent, body=body)
        except DeliveryFailed as failed:
            raise DeliveryFailed(_in_plain_words(failed, self.host), again=failed.again, unknown=failed.unknown, after=failed.after, status=failed.status) from None


def _in_plain_words(failed: DeliveryFailed, host: str) -> str:
    match failed.status:
        case 401:
            return f"{host} refuses this key. Check the app id, the key id and the secret, and that the key was not deleted (Admin Center › Apps and integrations › APIs › Conversations API)."
        case 403:
            return f"{host} knows this key and does not allow what was asked. Use a key of the app, whose id begins with app_."
        case 423:
            return f"The conversation holds as many messages as {host} keeps (30,000), and takes no more."
        case 429:
            return f"{host} says that it is asked too often (429)."
        case _:
            return failed.message
