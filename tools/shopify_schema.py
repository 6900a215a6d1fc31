"""Cuts Shopify's Admin API schema down to what tests need, from the npm package @shopify/dev-mcp: `python tools/shopify_schema.py admin_2026-10.json.gz`.

Every field of the types below stays, wherever it leads to one of them or to a plain value, so that a query that breaks the schema still breaks it.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

from graphql import build_client_schema, print_schema

KEPT = frozenset(["QueryRoot", "Shop", "Product", "ProductVariant", "ProductOption", "Page", "Article", "Blog", "Collection", "ShopPolicy", "ShopPolicyType", "Translation", "ShopLocale", "Domain", "OnlineStore", "OnlineStorePasswordProtection", "AppInstallation", "AccessScope", "Metafield", "ProductConnection", "ProductVariantConnection", "PageConnection", "ArticleConnection", "CollectionConnection", "ProductEdge", "ProductVariantEdge", "PageEdge", "ArticleEdge", "CollectionEdge", "PageInfo", "ProductStatus", "ProductSortKeys", "PageSortKeys", "ArticleSortKeys", "CollectionSortKeys", "CurrencyCode", "ProductVariantSortKeys", "Node", "HasPublishedTranslations", "SEO", "Count"])
TARGET = Path(__file__).resolve().parent.parent / "tests/vendor/shopify-admin.graphql"


def main(place: str) -> None:
    with gzip.open(place) as file:
        told = json.load(file)
    types = {one["name"]: one for one in told.get("data", told)["__schema"]["types"]}
    kept = {name for name, one in types.items() if name in KEPT or one["kind"] == "SCALAR" or name.startswith("__")}
    cut = [_cut(types[name], kept) for name in sorted(kept)]
    schema = {"queryType": {"name": "QueryRoot"}, "mutationType": None, "subscriptionType": None, "types": cut, "directives": []}
    TARGET.write_text(print_schema(build_client_schema({"__schema": schema})) + "\n", encoding="utf-8")  # type: ignore[typeddict-item]  # cut from one that was whole
    print(f"{TARGET}: {len(cut)} types of {len(types)}")


def _cut(one: dict[str, Any], kept: set[str]) -> dict[str, Any]:
    fields = [field | {"args": [_bare(arg) for arg in field["args"] if _named(arg["type"]) in kept], "description": None} for field in one.get("fields") or [] if _named(field["type"]) in kept]
    values = [_bare(value) for value in one.get("enumValues") or []]
    interfaces = [each for each in one.get("interfaces") or [] if each["name"] in kept]
    possible = [each for each in one.get("possibleTypes") or [] if each["name"] in kept]
    return one | {"fields": fields, "interfaces": interfaces, "possibleTypes": possible, "enumValues": values, "description": None}


def _bare(one: dict[str, Any]) -> dict[str, Any]:
    return one | {"description": None}


def _named(kind: dict[str, Any]) -> str:
    return _named(kind["ofType"]) if kind.get("ofType") else str(kind["name"])


if __name__ == "__main__":
    main(sys.argv[1])
