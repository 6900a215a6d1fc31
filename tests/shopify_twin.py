"""A shop on this machine: Shopify's own schema answers its queries, over things that a test puts there; costs, scopes and faults as its documentation tells them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from graphql import DocumentNode, GraphQLResolveInfo, NoDeprecatedCustomRule, build_schema, execute_sync, parse, specified_rules, validate

from tests.vendors import Request, Response

TOKEN = "shpat_0123456789abcdef0123456789abcdef"
SCHEMA = build_schema((Path(__file__).parent / "vendor/shopify-admin.graphql").read_text(encoding="utf-8"))
SCHEMA.get_type("Node").resolve_type = lambda node, *_: str(node["id"]).split("/")[3]  # type: ignore[union-attr]  # it is the interface of that name

Json = dict[str, Any]
_parsed: dict[str, DocumentNode] = {}


@dataclass
class ShopTwin:
    """What is in it, and how it answers. `faults` are asked first; each may answer in Shopify's stead."""

    now: datetime = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    products: dict[int, Json] = field(default_factory=dict)
    pages: dict[int, Json] = field(default_factory=dict)
    articles: dict[int, Json] = field(default_factory=dict)
    collections: dict[int, Json] = field(default_factory=dict)
    policies: dict[str, Json] = field(default_factory=dict)
    locales: tuple[str, ...] = ("en",)
    locked: bool = False
    scopes: set[str] = field(default_factory=lambda: {"read_products", "read_content", "read_legal_policies", "read_locales", "read_translations"})
    token: str = TOKEN
    most: int = 250  # entries of a list at once
    dearest: float = 1000  # points that one query may cost
    left: float = 2000  # points
    restored: float = 100  # a second
    faults: list[Callable[[Request, str], Response | None]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    count: int = 0

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def product(self, title: str, description: str = "<p>Good.</p>", *, status: str = "ACTIVE", online: bool = True, variants: list[Json] | None = None, **more: Any) -> Json:
        return self._add(self.products, "Product", title, {
            "descriptionHtml": description, "status": status, "online": online, "vendor": "", "productType": "", "tags": [], "options": [{"name": "Title", "values": ["Default Title"]}],
            "variants": variants or [variant("Default Title", "12.00")], "metafields": {},
        } | more)

    def page(self, title: str, body: str = "<p>Text.</p>", *, published: bool = True) -> Json:
        return self._add(self.pages, "Page", title, {"body": body, "isPublished": published})

    def article(self, title: str, body: str = "<p>News.</p>", *, published: bool = True, blog: str = "News", summary: str | None = None) -> Json:
        return self._add(self.articles, "Article", title, {"body": body, "isPublished": published, "summary": summary, "tags": [], "blog": {"title": blog, "handle": blog.lower()}})

    def collection(self, title: str, description: str = "<p>All lamps.</p>", *, published: bool = True) -> Json:
        return self._add(self.collections, "Collection", title, {"descriptionHtml": description, "isPublished": published})

    def policy(self, kind: str, body: str) -> Json:
        made = {"id": f"gid://shopify/ShopPolicy/{len(self.policies) + 1}", "type": kind, "title": kind.replace("_", " ").capitalize(), "body": body, "updatedAt": self._stamp()}
        self.policies[kind] = made | {"url": f"https://shop.example/policies/{kind.lower().replace('_', '-')}", "translated": {}}
        return self.policies[kind]

    def change(self, thing: Json, **more: Any) -> None:
        thing.update(more, updatedAt=self._stamp())

    def answer(self, request: Request) -> Response:
        asked = json.loads(request.body)
        for fault in self.faults:
            if (told := fault(request, asked["query"])) is not None:
                return told
        if request.target != "/admin/api/2026-10/graphql.json":
            return Response(status=404, body=b'{"errors":"Not Found"}')
        if request.headers.get("x-shopify-access-token") != self.token:
            return Response(status=401, body=b'{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}')
        self.queries.append(asked["query"])
        return self._answered(asked["query"], asked.get("variables") or {})

    def _answered(self, query: str, variables: Json) -> Response:
        document = _parsed.setdefault(query, parse(query))
        if faults := validate(SCHEMA, document, [*specified_rules, NoDeprecatedCustomRule]):
            raise AssertionError(f"{query}: {faults[0].message}")
        if missing := self._missing(query):
            needed = f"`{missing}` access scope."
            return said({"errors": [{"message": f"Access denied. Required access: {needed}", "extensions": {"code": "ACCESS_DENIED", "requiredAccess": needed}}], "data": None})
        cost = 10.0 + 60 * len(variables.get("ids", ()))
        told: Json = {"extensions": {"cost": {"requestedQueryCost": cost, "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": self.left, "restoreRate": self.restored}}}}
        if cost > self.dearest:
            return said({"errors": [{"message": "Query cost is too high.", "extensions": {"code": "MAX_COST_EXCEEDED"}}]})
        if cost > self.left:
            return said(told | {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]})
        found = execute_sync(SCHEMA, document, root_value=self, variable_values=variables, field_resolver=resolve)
        assert found.errors is None, found.errors
        return said(told | {"data": found.data})

    def _missing(self, query: str) -> str:
        needs = {"products(": "read_products", "collections(": "read_products", "pages(": "read_content", "articles(": "read_content", "shopPolicies": "read_legal_policies", "shopLocales": "read_locales", "translations(": "read_translations"}
        return next((scope for part, scope in needs.items() if part in query and scope not in self.scopes), "")

    def _add(self, shelf: dict[int, Json], kind: str, title: str, more: Json) -> Json:
        self.count += 1
        made = {"id": f"gid://shopify/{kind}/{self.count}", "title": title, "handle": "-".join(title.lower().split()), "updatedAt": self._stamp(), "translated": {}} | more
        shelf[self.count] = made
        return made

    def _stamp(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def all(self) -> dict[str, Json]:
        return {one["id"]: one for shelf in (self.products, self.pages, self.articles, self.collections) for one in shelf.values()}


def resolve(source: Any, info: GraphQLResolveInfo[ShopTwin], **given: Any) -> Any:
    """The value of one field: of the shop itself, of one of its things, or as it stands there."""
    name, twin = info.field_name, info.root_value
    if source is twin:
        return _of_shop(twin, name, given)
    match name:
        case "translations":
            return [{"key": key, "value": value} for key, value in source["translated"].get(given["locale"], {}).items()]
        case "variants":
            return _page(source["variants"], given, twin.most)
        case "onlineStoreUrl":
            return f"https://shop.example/products/{source['handle']}" if source["online"] else None
        case "metafield":
            return source["metafields"].get((given["namespace"], given["key"]))
        case _:
            return source.get(name)


def _of_shop(twin: ShopTwin, name: str, given: Json) -> Any:
    match name:
        case "products" | "pages" | "articles" | "collections":
            things = [one for _, one in sorted(getattr(twin, name).items())]
            return _page([one for one in things if not given.get("query") or one["isPublished"]], given, twin.most)
        case "nodes":
            return [twin.all().get(id) for id in given["ids"]]
        case "product":
            return twin.all().get(given["id"])
        case "shop":
            return {"name": "Lamp shop", "currencyCode": "EUR", "primaryDomain": {"url": "https://shop.example"}, "shopPolicies": list(twin.policies.values())}
        case "onlineStore":
            return {"passwordProtection": {"enabled": twin.locked}}
        case "shopLocales":
            return [{"locale": locale, "primary": place == 0, "published": True} for place, locale in enumerate(twin.locales)]
        case "currentAppInstallation":
            return {"accessScopes": [{"handle": scope} for scope in sorted(twin.scopes)]}
    return None


def _page(things: list[Json], given: Json, most: int) -> Json:
    """Cursors name the entry they stand behind, by its place among ids, so that what is deleted moves nothing."""
    start = next((place for place, one in enumerate(things) if _rank(one, place) > int(given["after"])), len(things)) if given.get("after") else 0
    some = things[start : start + min(given["first"], most)]
    return {"nodes": some, "pageInfo": {"hasNextPage": start + len(some) < len(things), "endCursor": str(_rank(some[-1], start + len(some) - 1)) if some else None}}


def _rank(one: Json, place: int) -> int:
    return int(one["id"].rpartition("/")[2]) if "id" in one else place + 1


def variant(title: str, price: str, *, sku: str | None = None, before: str | None = None, sold_out: bool = False) -> Json:
    return {"title": title, "price": price, "compareAtPrice": before, "sku": sku, "availableForSale": not sold_out}


def said(told: Json) -> Response:
    return Response(body=json.dumps(told).encode(), headers={"Content-Type": "application/json"})


