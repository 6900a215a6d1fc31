"""Asks Shopify's Admin API (GraphQL) at the pace it tells, and follows its cursors. It reads and never writes."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from glassine.connect.answers import json_of
from glassine.words.errors import Refused
from glassine.words.sources import Link, SourceFailed, Trouble

VERSION = "2026-10"  # of Shopify's API: each is answered for a year

_TRIES = 8  # of one query that was throttled
_MOST_PAGES = 10_000  # of one list
_MOST_BYTES = 24_000_000  # of one answer: eight policies may have half a megabyte each, in several languages
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")

Json = Mapping[str, Any]


class TooCostly(Exception):
    """Shopify refuses the query as too large for its limits: ask for less at once."""


def domain(settings: Mapping[str, str]) -> str:
    """The shop's own address at Shopify. Raises Refused."""
    said = re.sub(r"^https?://", "", settings.get("shop", "").strip().lower()).partition("/")[0].removesuffix(".")
    if said == "admin.shopify.com":
        said = settings["shop"].strip().lower().rstrip("/").partition("/store/")[2].partition("/")[0]
    name = said.removesuffix(".myshopify.com")
    if not _NAME.fullmatch(name):
        raise Refused("The shop's address at Shopify ends in .myshopify.com; an address of your own, such as shop.example.com, is another one. You find it in Shopify under Settings, Domains.")
    return f"{name}.myshopify.com"


@dataclass(slots=True)
class Shopify:
    """A shop as one access token sees it."""

    link: Link
    shop: str
    token: str = field(repr=False)
    _left: float = 1000.0  # points that the last answer said are left
    _restored: float = 50.0  # points a second
    _cost: dict[str, float] = field(default_factory=dict)  # of queries that were asked before, by their text

    async def ask(self, query: str, **variables: object) -> Json:
        """The data of a query. Raises SourceFailed, and TooCostly."""
        for _ in range(_TRIES):
            await self._keep_pace(query)
            told = await self._asked(query, variables)
            errors = told.get("errors")
            self._learn(query, told)
            if not errors:
                if not isinstance(told.get("data"), dict):
                    break
                return told["data"]  # type: ignore[no-any-return]  # the line above says what it is
            codes = {str((error.get("extensions") or {}).get("code")) for error in errors if isinstance(error, dict)} if isinstance(errors, list) else set()
            if "MAX_COST_EXCEEDED" in codes:
                raise TooCostly
            if "THROTTLED" not in codes:
                raise _in_words(errors, codes)
            await self.link.pause(max(1.0, (self._cost.get(query, 100.0) - self._left) / self._restored))
        else:
            raise SourceFailed(Trouble.LIMITED, f"{self.shop} says that it is asked too much, {_TRIES} times in a row. Is another app busy with the same token? What was read stays, and the next run brings in what is missing.")
        raise SourceFailed(Trouble.MALFORMED, f"{self.shop} answered without any data. Try again later.")

    async def entries(self, query: str, name: str, **variables: object) -> AsyncIterator[list[Json]]:
        """A list to its end, a page at a time. `query` takes `$after` and has one connection, called `name`, with `nodes` and `pageInfo`."""
        after: object = None
        for _ in range(_MOST_PAGES):
            try:
                data = await self.ask(query, after=after, **variables)
            except TooCostly:
                raise SourceFailed(Trouble.LIMITED, f"{self.shop} refuses to list its {name}: the question is too large for its limits.") from None
            nodes, info = connection(data.get(name))
            yield nodes
            if not info.get("hasNextPage"):
                return
            if not info.get("endCursor") or info["endCursor"] == after:
                break
            after = info["endCursor"]
        raise SourceFailed(Trouble.MALFORMED, "A list of Shopify's does not come to an end. Try again later.")

    async def _keep_pace(self, query: str) -> None:
        cost = self._cost.get(query, 0.0)
        if cost > self._left:
            await self.link.pause((cost - self._left) / self._restored)
            self._left = cost

    def _learn(self, query: str, told: Json) -> None:
        """What the query costs, and what is left to be spent; figures that make no sense are passed over."""
        cost = (told.get("extensions") or {}).get("cost") or {}
        status = cost.get("throttleStatus") or {}
        asked, left, restored = cost.get("requestedQueryCost"), status.get("currentlyAvailable"), status.get("restoreRate")
        if isinstance(asked, int | float) and isinstance(left, int | float) and isinstance(restored, int | float) and restored > 0:
            self._cost[query], self._left, self._restored = asked, left, restored

    async def _asked(self, query: str, variables: Mapping[str, object]) -> Json:
        url = self.link.base(f"https://{self.shop}") + f"/admin/api/{VERSION}/graphql.json"
        headers = {"X-Shopify-Access-Token": self.token, "Content-Type": "application/json", "Accept": "application/json"}
        try:
            answer = await self.link.request("POST", url, headers=headers, body=json.dumps({"query": query, "variables": variables}).encode(), max_bytes=_MOST_BYTES)
        except SourceFailed as failure:
            raise self._in_shops_words(failure) from None
        if answer.status != 200:
            raise SourceFailed(Trouble.MISSING, f"There is no shop at {self.shop}, or it has moved. Look for the address that ends in .myshopify.com in Shopify under Settings, Domains.")
        told = json_of(answer.body)
        if not isinstance(told, dict):
            raise SourceFailed(Trouble.MALFORMED, f"{self.shop} answered with something that is not JSON. Is a proxy in between?")
        return told

    def _in_shops_words(self, failure: SourceFailed) -> SourceFailed:
        if failure.trouble is Trouble.CREDENTIALS:
            return SourceFailed(failure.trouble, f"{self.shop} refused the access token. The app was uninstalled, its token was replaced, or it belongs to another shop: enter the token that the app has now.")
        if failure.trouble is Trouble.FORBIDDEN:
            return SourceFailed(failure.trouble, f"{self.shop} does not let itself be read: it is frozen or closed, or the app may do nothing there. Look into the shop's admin.")
        return failure


def _in_words(errors: list[Any], codes: set[str]) -> SourceFailed:
    """Shopify names the scope that is missing. Its other messages may repeat what was asked, so they are not repeated."""
    if "ACCESS_DENIED" in codes:
        needed = [str((error.get("extensions") or {}).get("requiredAccess") or error.get("message") or "") for error in errors if isinstance(error, dict)]
        scopes = sorted(set(re.findall(r"\bread_[a-z_]+\b", " ".join(needed))))
        named = " or ".join(scopes) if scopes else "a scope that its message does not name"
        return SourceFailed(Trouble.FORBIDDEN, f"The app may not read this: it lacks the scope {named}. Add it to the app in Shopify, install the app again, or leave that part out here.")
    if "SHOP_INACTIVE" in codes:
        return SourceFailed(Trouble.FORBIDDEN, "The shop is not active in Shopify, so it cannot be read.")
    return SourceFailed(Trouble.MALFORMED, "Shopify did not understand the question. If this stays, this version of Glassine is too old for Shopify's API.")


def connection(held: Any) -> tuple[list[Json], Json]:
    """A connection's nodes and what follows them. Raises SourceFailed where it is none."""
    nodes = held.get("nodes") if isinstance(held, dict) else None
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise SourceFailed(Trouble.MALFORMED, "Shopify answered with a list that has no entries in it. Try again later.")
    return nodes, held.get("pageInfo") or {}
