"""What Shopify is asked, in GraphQL: a cheap list of everything, and the text of what changed. Only what is written here is ever read of a shop."""

from __future__ import annotations

from collections.abc import Sequence

SHOP = "query { shop { name currencyCode primaryDomain { url } } }"
SCOPES = "query { currentAppInstallation { accessScopes { handle } } }"
PASSWORD = "query { onlineStore { passwordProtection { enabled } } }"  # noqa: S105 - asks whether the storefront wants one
LOCALES = "query { shopLocales(published: true) { locale primary published } }"

_ENDS = "pageInfo { hasNextPage endCursor }"
LISTS = {
    "products": f"query($after: String) {{ products(first: 250, after: $after, sortKey: ID) {{ nodes {{ id updatedAt status onlineStoreUrl }} {_ENDS} }} }}",
    "pages": f"query($after: String) {{ pages(first: 250, after: $after, sortKey: ID) {{ nodes {{ id updatedAt isPublished }} {_ENDS} }} }}",
    "articles": f"query($after: String) {{ articles(first: 250, after: $after, sortKey: ID) {{ nodes {{ id updatedAt isPublished }} {_ENDS} }} }}",
    "collections": f"query($after: String, $which: String) {{ collections(first: 250, after: $after, sortKey: ID, query: $which) {{ nodes {{ id updatedAt }} {_ENDS} }} }}",
}
_VARIANT = "title price compareAtPrice sku availableForSale"
MORE_VARIANTS = f"query($id: ID!, $after: String) {{ product(id: $id) {{ variants(first: 250, after: $after) {{ nodes {{ {_VARIANT} }} {_ENDS} }} }} }}"
_TEXTS = {
    "products": f"id title handle descriptionHtml vendor productType tags status updatedAt onlineStoreUrl options {{ name values }} variants(first: 50) {{ nodes {{ {_VARIANT} }} {_ENDS} }}",
    "pages": "id title handle body isPublished updatedAt",
    "articles": "id title handle body summary isPublished updatedAt tags blog { title handle }",
    "collections": "id title handle descriptionHtml updatedAt",
}
_TYPES = {"products": "Product", "pages": "Page", "articles": "Article", "collections": "Collection"}
AT_ONCE = {"products": 5, "pages": 20, "articles": 20, "collections": 20}  # of whole texts


def texts(kind: str, locales: Sequence[str], metafields: Sequence[tuple[str, str]]) -> str:
    """The texts of one kind by their ids, with translations into these locales and, for products, these metafields."""
    asked = [_TEXTS[kind], *_translated(locales)]
    if kind == "products":
        asked += [f'm{place}: metafield(namespace: "{namespace}", key: "{key}") {{ type value }}' for place, (namespace, key) in enumerate(metafields)]
    return f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {_TYPES[kind]} {{ {' '.join(asked)} }} }} }}"


def policies(locales: Sequence[str]) -> str:
    """All policies with their texts."""
    return f"query {{ shop {{ shopPolicies {{ {' '.join(['id type title body url updatedAt', *_translated(locales)])} }} }} }}"


def _translated(locales: Sequence[str]) -> list[str]:
    return [f't{place}: translations(locale: "{locale}") {{ key value }}' for place, locale in enumerate(locales)]


def gid(kind: str, number: str) -> str:
    return f"gid://shopify/{_TYPES[kind]}/{number}"
