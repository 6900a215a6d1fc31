"""How `glassine content` talks to a Glassine: its API over HTTP, with a key. It is a client on somebody's own machine, where there is no gate and no database.

The standard library's client is enough for it, and it follows no redirect, so the key goes nowhere but where it was meant to.
"""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Iterator
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

from glassine.words.content import Page, Remote, Shelf
from glassine.words.errors import Misconfigured, Refused

_TIMEOUT = 120.0  # seconds: publishing a long article takes a while
_LARGEST = 64 * 1024 * 1024


class Server:
    """One connection that is opened when it is needed."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Misconfigured("The address of your Glassine begins with https:// or http://, for example https://support.example.com.")
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._port, self._base, self._key = parts.hostname, parts.port, parts.path.rstrip("/"), key
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection:
            self._connection.close()

    def pages(self) -> Iterator[Remote]:
        after = None
        while True:
            found = self._ask("GET", "/help-center/content?" + urlencode({"limit": 100, **({"after": after} if after else {})}))
            yield from map(_remote, found["items"])
            after = found["next"]
            if after is None:
                return

    def topics(self) -> tuple[list[Shelf], list[str]]:
        """The topics, and the organisation's languages."""
        found = self._ask("GET", "/help-center/content/topics")
        return [Shelf(**{**each, "names": tuple(sorted(each["names"].items()))}) for each in found["topics"]], found["languages"]

    def put_topic(self, shelf: Shelf) -> None:
        body = {name: getattr(shelf, name) for name in ("path", "name", "description", "icon", "position")}
        self._ask("PUT", "/help-center/content/topics", body | {"names": dict(shelf.names)})

    def write(self, page: Page, over: Remote | None) -> Remote:
        body = {name: getattr(page, name) for name in Page.__slots__} | {"segments": list(page.segments)}
        if over is None:
            return _remote(self._ask("POST", "/help-center/content", body))
        return _remote(self._ask("PUT", f"/help-center/content/{quote(over.id)}", body | {"token": over.token}))

    def publish(self, id: str) -> Remote:
        return _remote(self._ask("POST", f"/help-center/content/{quote(id)}/publish"))

    def upload(self, name: str, picture: bytes) -> str:
        """A picture's address for Markdown. The same picture is kept once, however often it is sent."""
        boundary = secrets.token_hex(16)
        plain = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "._-")) or "picture"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{plain}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        body = head.encode() + picture + f"\r\n--{boundary}--\r\n".encode()
        return str(self._ask("POST", "/knowledge/images/upload", body, f"multipart/form-data; boundary={boundary}")["url"])

    def delete(self, id: str) -> None:
        self._ask("DELETE", f"/knowledge/articles/{quote(id)}")

    def _ask(self, method: str, path: str, body: Any = None, media_type: str = "application/json") -> Any:
        """Raises Refused in the server's own words, and Misconfigured where there is no Glassine to be reached."""
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json", "User-Agent": "glassine-content"}
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if sent is not None:
            headers["Content-Type"] = media_type
        status, raw = self._exchange(method, f"{self._base}/api{path}", sent, headers)
        try:
            answer = json.loads(raw) if raw else None
        except ValueError:
            raise Misconfigured(f"{self._host} answers with something else than Glassine's API (status {status}). Check the address.") from None
        if status >= 400:
            said = answer.get("message") if isinstance(answer, dict) else None
            raise Refused(str(said or f"The server answers {status}."), status=status)
        if status >= 300:
            raise Misconfigured(f"{self._host} sends elsewhere (status {status}). Give the address that it leads to.")
        return answer

    def _exchange(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        for attempt in (1, 2):
            connection = self._connection or self._kind(self._host, self._port, timeout=_TIMEOUT)
            kept, self._connection = self._connection is not None, connection
            try:
                connection.request(method, path, body=body, headers=headers)
                answer = connection.getresponse()
                return answer.status, answer.read(_LARGEST)
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                self._connection = None
                # A connection that lay idle may have been closed by the other side; what only reads may be asked once more.
                if attempt == 2 or not (kept and method == "GET"):
                    raise Misconfigured(f"{self._host} cannot be reached ({type(error).__name__}). Check the address, and whether Glassine runs there.") from None
        raise AssertionError("the second try returns or raises")


def _remote(item: dict[str, Any]) -> Remote:
    page = Page(**{**item["page"], "segments": tuple(item["page"]["segments"])})
    return Remote(id=item["id"], token=item["token"], published=item["published"], apart=item["apart"], page=page)
