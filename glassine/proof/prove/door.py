"""A door of the running product: HTTP as a customer, a program or a member of the team speaks it. It knows addresses and forms, and no canary."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from glassine.edge.gate import Answer, Crossing, Gate
from glassine.words.ids import OrgId

Json = dict[str, Any]
_PATIENCE = 40.0  # seconds for one answer
_TOO_MANY = 429


class Unexpected(Exception):
    """The product answered what it should not have. Says the address and the status, never what was sent."""


@dataclass(slots=True, kw_only=True)
class Door:
    """One process's address. Its gate is this program's own and records nothing: these are the customer's bytes, not the product's."""

    name: str
    url: str
    gate: Gate
    org: OrgId
    asked: int = 0

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", expect: tuple[int, ...] = (200, 201), most: int = 30_000_000,
    ) -> Answer:
        """One request. Raises Unexpected for another status than those expected; waits where it is told to slow down."""
        crossing = Crossing(org=self.org, purpose="prove", hosts=(self.host,), raw=True)
        while True:
            self.asked += 1
            answer = await self.gate.request(crossing, method, self.url + path, headers=headers, body=body, timeout=_PATIENCE, max_bytes=most)
            if answer.status != _TOO_MANY or _TOO_MANY in expect:
                break
            await asyncio.sleep(2)
        if answer.status not in expect:
            raise Unexpected(f"{method} {_without_ids(path)} was answered with {answer.status}")
        return answer

    async def api(self, key: str, method: str, path: str, body: object = None, *, expect: tuple[int, ...] = (200, 201)) -> Json:
        """The public API with a key."""
        return _read(await self.ask(method, f"/api{path}", headers={"Authorization": f"Bearer {key}", **_JSON}, body=_json(body), expect=expect))

    async def widget(self, site: str, visitor: str, method: str, path: str, body: object = None, *, expect: tuple[int, ...] = (200, 201)) -> Json:
        """The widget's API; `visitor` is empty for whoever has no token yet."""
        who = {"Authorization": f"Bearer {visitor}"} if visitor else {}
        return _read(await self.ask(method, f"/api/backend/widget/v2{path}", headers={"X-Bot-Token": site, **who, **_JSON}, body=_json(body), expect=expect))

    async def upload(self, site: str, visitor: str, name: str, media_type: str, content: bytes, *, expect: tuple[int, ...] = (201,)) -> Json:
        """A file, as a browser's form sends it."""
        border = uuid4().hex
        quoted = name.replace("\\", "_").replace('"', "%22").replace("\r", " ").replace("\n", " ")
        head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\nContent-Type: {media_type}\r\n\r\n'
        headers = {"X-Bot-Token": site, "Authorization": f"Bearer {visitor}", "Content-Type": f"multipart/form-data; boundary={border}"}
        body = head.encode() + content + f"\r\n--{border}--\r\n".encode()
        return _read(await self.ask("POST", "/api/backend/widget/v2/upload", headers=headers, body=body, expect=expect))

    async def page(self, cookie: str, path: str) -> bytes:
        """A page of the inbox, as its reader gets it."""
        return (await self.ask("GET", path, headers={"Cookie": f"glassine_session={cookie}"})).body

    async def form(self, cookie: str, path: str, proof: str, **fields: str) -> None:
        """A form of the inbox. `proof`: what `proof_of` read in a page."""
        headers = {"Cookie": f"glassine_session={cookie}", "X-Csrf": proof, "Content-Type": "application/x-www-form-urlencoded"}
        await self.ask("POST", path, headers=headers, body=urlencode(fields).encode(), expect=(200, 303))


_JSON = {"Content-Type": "application/json"}


def _json(body: object) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


def _read(answer: Answer) -> Json:
    try:
        read = json.loads(answer.body) if answer.body else {}
    except ValueError:
        raise Unexpected(f"an answer of status {answer.status} was not JSON") from None
    return read if isinstance(read, dict) else {"items": read}


def _without_ids(path: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", path.partition("?")[0])


def proof_of(page: bytes) -> str:
    """What a form must carry, out of one of the inbox's pages."""
    found = re.search(rb'X-Csrf": ?"([^"]+)"|X-Csrf&#34;: ?&#34;([0-9a-f]+)', page)
    if found is None:
        raise Unexpected("a page of the inbox carries no proof for its forms")
    return (found[1] or found[2]).decode()
