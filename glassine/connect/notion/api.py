"""Asks Notion's API and follows its cursors. It reads and never writes, and knows nothing of what the answers mean."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from glassine.connect.answers import json_of
from glassine.words.sources import Link, SourceFailed, Trouble

HOST = "api.notion.com"
VERSION = "2026-03-11"  # of Notion's API: what an answer looks like depends on it

_PAGE = 100  # entries of a list at once: as many as Notion gives
_MOST_PAGES = 5_000  # of one list
_MOST_BYTES = 16_000_000  # of one answer: a hundred blocks full of text are about half of it
_ID = re.compile(r"([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})", re.IGNORECASE)

Json = Mapping[str, Any]


class ListCut(Exception):
    """Notion gave the first part of a list and says that it gives no more of it."""


@dataclass(frozen=True, slots=True)
class Notion:
    """Notion as one token sees it. Ids go in and come out as Notion writes them, with hyphens."""

    link: Link
    token: str = field(repr=False)

    async def get(self, path: str, **query: str) -> Json | None:
        """What stands there, or None where there is nothing, or nothing for this token: Notion tells the two alike."""
        return await self._asked("GET", f"/v1/{path}" + (f"?{urlencode(query)}" if query else ""), b"")

    async def post(self, path: str, body: Json) -> Json | None:
        return await self._asked("POST", f"/v1/{path}", json.dumps(body).encode())

    async def entries(self, path: str, body: Json | None = None) -> AsyncIterator[list[Json]]:
        """A list to its end, a page at a time: asked by POST with `body`, or by GET. What is not there has no entries. Raises ListCut behind the last."""
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            more = {"start_cursor": cursor} if cursor else {}
            answer = await self.get(path, page_size=str(_PAGE), **more) if body is None else await self.post(path, {**body, "page_size": _PAGE, **more})
            if answer is None:
                return
            found = answer.get("results")
            if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
                raise SourceFailed(Trouble.MALFORMED, "Notion answered with a list that has no entries in it. Try again later.")
            yield found
            before, cursor = cursor, answer.get("next_cursor")
            if not answer.get("has_more") or not isinstance(cursor, str):
                if (answer.get("request_status") or {}).get("type") == "incomplete":
                    raise ListCut
                return
            if cursor == before:
                break
        raise SourceFailed(Trouble.MALFORMED, "Notion's list does not come to an end. Try again later.")

    async def _asked(self, method: str, path: str, body: bytes) -> Json | None:
        headers = {"Authorization": f"Bearer {self.token}", "Notion-Version": VERSION, "Accept": "application/json"}
        if body:
            headers["Content-Type"] = "application/json"
        try:
            answer = await self.link.request(method, self.link.base(f"https://{HOST}") + path, headers=headers, body=body, max_bytes=_MOST_BYTES)
        except SourceFailed as failure:
            raise _in_notions_words(failure) from None
        if answer.status in (404, 410):
            return None
        told = json_of(answer.body) if answer.status == 200 else None
        if not isinstance(told, dict):
            raise SourceFailed(Trouble.MALFORMED, "Notion answered with something that is not JSON. Is a proxy in between?")
        return told


def _in_notions_words(failure: SourceFailed) -> SourceFailed:
    """Where it is to be mended, for whoever has Notion before them."""
    if failure.trouble is Trouble.CREDENTIALS:
        return SourceFailed(failure.trouble, "Notion refused the token. It was revoked, or copied only in part: copy it again from your integration's page in Notion, and enter it here.")
    if failure.trouble is Trouble.FORBIDDEN:
        return SourceFailed(failure.trouble, "Notion knows the integration but does not let it read. On its page in Notion, give it the capability Read content.")
    return failure


def id_in(text: str) -> str | None:
    """The id in an address that was copied from Notion, or in an id without hyphens. Of an address the path counts, not what stands behind `?`."""
    found = _ID.findall(text.partition("?")[0].partition("#")[0])
    return "-".join(found[-1]).lower() if found else None


def segment(id: str) -> str:
    """An id as a part of a path, whatever it holds."""
    return quote(id, safe="")
