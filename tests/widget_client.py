"""A client that makes the calls of widget protocol v2 as the unmodified OpenCX widget core makes them. It must not know more than a browser does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import httpx2

Json = dict[str, Any]
SESSION_KEYS = {
    "id", "ticketNumber", "title", "createdAt", "updatedAt", "isHandedOff", "isOpened", "assignee", "channel", "isVerified", "lastMessage", "modeId",
    "latestStateCheckpointPayload", "sessionAttributes",
}
ITEM_KEYS = {"publicId", "type", "content", "sender", "sentAt", "actionCalls", "attachments", "systemMessagePayload"}


@dataclass(slots=True, kw_only=True)
class WidgetClient:
    """One browser: its token, its external id and the bubbles it shows before the server has confirmed them."""

    api_url: str  # options.apiUrl, joined verbatim
    bot_token: str
    http: httpx2.AsyncClient = field(default_factory=lambda: httpx2.AsyncClient(timeout=40), repr=False)
    contact_token: str | None = None
    external_id: str = field(default_factory=lambda: str(uuid4()))
    session: Json | None = None
    shown: dict[str, Json] = field(default_factory=dict)  # by publicId, in the order of arrival

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    def headers(self) -> dict[str, str]:
        """Every request carries all of them, GET included."""
        sent = {"X-Bot-Token": self.bot_token, "Content-Type": "application/json", "Accept": "application/json"}
        return sent | ({"Authorization": f"Bearer {self.contact_token}"} if self.contact_token else {})

    async def call(self, method: str, path: str, body: object = ..., params: Mapping[str, str] | None = None) -> httpx2.Response:
        content = None if body is ... else json.dumps(body).encode()
        return await self.http.request(method, f"{self.api_url}/backend/widget/v2{path}", content=content, params=params, headers=self.headers())

    async def ok(self, method: str, path: str, body: object = ..., params: Mapping[str, str] | None = None) -> Any:
        answer = await self.call(method, path, body, params)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    # -- the sequence: page load, first message, then polling ----------------------------------------------------------------------

    async def load(self) -> Json:
        """Steps 1 to 3. With a token from an earlier visit the contact is not made again."""
        config: Json = await self.ok("GET", "/config")
        if self.contact_token is None:
            self.contact_token = (await self.ok("POST", "/contact/create-unverified", {}))["token"]
        await self.sessions()
        return config

    async def sessions(self, **page: str) -> Json:
        found: Json = await self.ok("GET", "/sessions", params={"filters": json.dumps({"external_id": self.external_id}), **page})
        assert set(found) >= {"items", "next"}
        return found

    async def create_session(self, **custom_data: Any) -> Json:
        session: Json = await self.ok("POST", "/create-session", {"customData": {**custom_data, "external_id": self.external_id}})
        assert set(session) >= SESSION_KEYS
        self.session = session
        return session

    async def begin(self, content: str, **custom_data: Any) -> Json:
        """Steps 4 and 5: the session is made on the first message; then poll, list and send go out at once."""
        await self.create_session(**custom_data)
        polled, _, sent = await asyncio.gather(self.poll(), self.sessions(), self.send(content))
        assert all(item["sender"]["kind"] in ("user", "agent", "ai", "system", "unknown") for item in polled["history"])
        return sent

    @property
    def id(self) -> str:
        assert self.session, "there is no session yet"
        return str(self.session["id"])

    async def poll(self) -> Json:
        """The whole history; what is shown already is told by its publicId."""
        polled: Json = await self.ok("GET", f"/poll/{self.id}")
        self.session = polled["session"]
        assert set(polled["session"]) >= SESSION_KEYS
        for item in polled["history"]:
            assert set(item) >= ITEM_KEYS
            self.shown[item["publicId"]] = item
        return polled

    async def send(self, content: str, *, uuid: str | None = None, **more: Any) -> Json:
        """The bubble is shown at once under the message's uuid, and the answer under its own id."""
        message = {"uuid": uuid or str(uuid4()), "content": content, "session_id": self.id, "bot_token": self.bot_token}
        browsers_send = {"attachments": [], "custom_data": {}, "language": "en", "headers": {}, "query_params": {}, "body_properties": {}}
        self.shown.setdefault(message["uuid"], {"publicId": message["uuid"], "sender": {"kind": "user"}, "content": {"text": content}})
        sent: Json = await self.ok("POST", "/chat/send", {**browsers_send, **message, **more})
        reply = sent.get("autopilotResponse")
        if reply:
            self.shown.setdefault(reply["id"], {"publicId": reply["id"], "sender": {"kind": "ai"}, "content": {"text": reply["value"]["content"]}})
        if sent.get("session"):
            self.session = sent["session"]
        return sent

    async def until(self, *kinds: str) -> Json:
        """Polls until the last word is by one of these kinds of sender."""
        return await self._polled(lambda polled: last_word(polled) in kinds)

    async def unlocked(self) -> Json:
        """Polls until the composer is free."""
        return await self._polled(lambda polled: not self.locked(polled))

    async def _polled(self, enough: Callable[[Json], bool]) -> Json:
        async with asyncio.timeout(60):
            while True:
                polled = await self.poll()
                if enough(polled):
                    return polled
                await asyncio.sleep(0.05)

    def locked(self, polled: Json) -> bool:
        """Whether this widget would block its composer: the last word is the visitor's, and the AI is expected to answer."""
        return last_word(polled) == "user" and polled["session"]["assignee"]["kind"] == "ai"

    async def upload(self, name: str, content: bytes, media_type: str) -> httpx2.Response:
        """Multipart, with two headers only."""
        headers = {"X-Bot-Token": self.bot_token, "Authorization": f"Bearer {self.contact_token}"}
        return await self.http.post(f"{self.api_url}/backend/widget/v2/upload", files={"file": (name, content, media_type)}, headers=headers)

    # -- ours beside the protocol --------------------------------------------------------------------------------------------------

    async def stream(self) -> AsyncGenerator[tuple[str, Json], None]:
        """The live stream's events, as (name, data)."""
        headers = {**self.headers(), "Accept": "text/event-stream"}
        async with self.http.stream("GET", f"{self.api_url}/backend/widget/v2/stream/{self.id}", headers=headers) as answer:
            assert answer.status_code == 200
            name = ""
            async for line in answer.aiter_lines():
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    yield name, json.loads(line[5:])


def last_word(polled: Json) -> str | None:
    """Who spoke last: user, agent or ai."""
    said = [item["sender"]["kind"] for item in polled["history"] if item["sender"]["kind"] in ("user", "agent", "ai")]
    return said[-1] if said else None
