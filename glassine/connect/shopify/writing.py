"""A product, page, article, policy or collection of a shop as the text of an article, in one language. Pure."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from glassine.connect.shopify.api import Json

_SPECIAL = re.compile(r"[\\`*_\[\]|~#]")
_RICH_BLOCKS = frozenset({"paragraph", "heading", "list-item"})


def translated(node: Json, place: int | None) -> dict[str, str]:
    """What a translation says, by the name of what it translates; empty where there is none."""
    held = node.get(f"t{place}") if place is not None else None
    return {str(one["key"]): str(one["value"]) for one in held or [] if isinstance(one, dict) and one.get("key") and one.get("value")}


def body(kind: str, node: Json, words: Mapping[str, str], variants: Sequence[Json], currency: str, metafields: Sequence[tuple[str, str]]) -> tuple[bytes, str]:
    """The text and its media type. `words`: translations of its parts."""
    if kind == "products":
        return product(node, words, variants, currency, metafields).encode(), "text/markdown"
    text = words.get("body_html") or words.get("body") or node.get("body") or node.get("descriptionHtml") or ""
    if kind == "articles" and not str(text).strip():
        text = words.get("summary_html") or node.get("summary") or ""
    return str(text).encode(), "text/html"


def product(node: Json, words: Mapping[str, str], variants: Sequence[Json], currency: str, metafields: Sequence[tuple[str, str]]) -> str:
    """Description, prices and particulars. How many are in stock is not told, only whether it can be bought."""
    description = "\n".join(line.strip() for line in str(words.get("body_html") or node.get("descriptionHtml") or "").splitlines())
    parts = [description, _prices(variants, currency), _table(node, variants, currency), _particulars(node, metafields)]
    return "\n\n".join(part for part in parts if part.strip())


def _prices(variants: Sequence[Json], currency: str) -> str:
    prices = sorted({_amount(one.get("price")) for one in variants if one.get("price") is not None})
    if not prices:
        return ""
    said = f"{prices[0]:.2f} {currency}" if len(prices) == 1 else f"from {prices[0]:.2f} to {prices[-1]:.2f} {currency}"
    sold = [one for one in variants if one.get("availableForSale")]
    stock = "It can be bought now." if len(sold) == len(variants) else "It is sold out." if not sold else "Some variants are sold out."
    return f"## Price and availability\n\nPrice: {said}. {stock}"


def _table(node: Json, variants: Sequence[Json], currency: str) -> str:
    """A row for each variant; one that stands for the whole product has no name worth a row of its own."""
    if len(variants) == 1 and variants[0].get("title") == "Default Title":
        sku = str(variants[0].get("sku") or "")
        before = _before(variants[0], currency)
        return " ".join(filter(None, [f"SKU: {plain(sku)}." if sku else "", f"Price before: {before}." if before else ""]))
    names = " / ".join(plain(str(one.get("name") or "")) for one in node.get("options") or []) or "Variant"
    rows = [
        f"| {plain(str(one.get('title') or ''))} | {_amount(one.get('price')):.2f} {currency} | {_before(one, currency)} | {plain(str(one.get('sku') or ''))}"
        f" | {'in stock' if one.get('availableForSale') else 'sold out'} |"
        for one in variants
    ]
    return "\n".join([f"| {names} | Price | Before | SKU | Availability |", "| --- | --- | --- | --- | --- |", *rows]) if rows else ""


def _before(variant: Json, currency: str) -> str:
    before = variant.get("compareAtPrice")
    return f"{_amount(before):.2f} {currency}" if before is not None and _amount(before) > _amount(variant.get("price")) else ""


def _amount(said: Any) -> float:
    return float(said or 0)


def _particulars(node: Json, metafields: Sequence[tuple[str, str]]) -> str:
    lines = [
        *((str(one.get("name") or ""), ", ".join(map(str, one.get("values") or []))) for one in node.get("options") or [] if one.get("values") != ["Default Title"]),
        ("Vendor", str(node.get("vendor") or "")), ("Type", str(node.get("productType") or "")), ("Tags", ", ".join(map(str, node.get("tags") or []))),
        *((key.replace("_", " ").replace("-", " ").capitalize(), _metafield(node.get(f"m{place}"))) for place, (_, key) in enumerate(metafields)),
    ]
    said = [f"- {plain(name)}: {plain(value)}" for name, value in lines if name and value]
    return "## Particulars\n\n" + "\n".join(said) if said else ""


def _metafield(held: Any) -> str:
    """Its value in words. One that only points to something else says nothing."""
    kind, value = (str(held.get("type") or ""), str(held.get("value") or "")) if isinstance(held, dict) else ("", "")
    if "_reference" in kind or not value:
        return ""
    try:
        told = json.loads(value) if kind.startswith("list.") or kind in ("rich_text_field", "json", "dimension", "volume", "weight", "rating", "money") else value
    except ValueError:
        return value
    if kind == "rich_text_field":
        return " ".join(" ".join(_rich(told)).split())
    if isinstance(told, dict):
        return " ".join(str(told[name]) for name in ("value", "amount", "unit", "currency_code") if name in told)
    return ", ".join(map(str, told)) if isinstance(told, list) else str(told)


def _rich(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield str(node.get("value") or "")
        for child in node.get("children") or []:
            yield from _rich(child)
        if node.get("type") in _RICH_BLOCKS:
            yield "\n"


def plain(text: str) -> str:
    """As Markdown that shows these very characters, on one line."""
    return html.escape(_SPECIAL.sub(r"\\\g<0>", " ".join(text.split())), quote=False)
