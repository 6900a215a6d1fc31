"""Shopify as a knowledge source: what an admin fills in, whether it works, and where it may connect to."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping

from glassine.connect.shopify import queries
from glassine.connect.shopify.api import Shopify, domain
from glassine.connect.shopify.reading import KINDS, Run, Wishes, shop
from glassine.words.channels import Connector
from glassine.words.errors import Refused
from glassine.words.sources import Asked, Field, FieldKind, Link, SourceFailed, Told, Trouble

_CONTENT = ("read_content", "read_online_store_pages")
_SCOPES = {"products": ("read_products",), "collections": ("read_products",), "pages": _CONTENT, "articles": _CONTENT, "policies": ("read_legal_policies",)}
_MOST_METAFIELDS = 10


def _part(name: str, title: str, help: str = "", *, default: str = "read", read: str = "Read them") -> Field:
    choices = {"read": read, "skip": "Leave it out" if read.endswith("team") else "Leave them out"}
    return Field(name=name, title=title, help=help, kind=FieldKind.CHOICE, required=False, default=default, choices=choices)


class _Shop:
    """What a shop sells, and what it says on its pages."""

    fields: tuple[Field, ...] = (
        Field(name="shop", title="Shop", help="Its address at Shopify, such as acme.myshopify.com, from Settings, Domains."),
        Field(name="token", title="Admin API access token", kind=FieldKind.SECRET, help="Of an app that you made for this in Shopify. It needs read_products, read_content and read_legal_policies, and nothing that writes."),
        _part("products", "Products", "Descriptions, prices, options and whether they can be bought."),
        _part("pages", "Pages"), _part("policies", "Policies", "Refunds, shipping, privacy, terms."), _part("articles", "Blog articles"),
        _part("collections", "Collections", "Their descriptions.", default="skip"),
        _part("hidden", "What is not in the online store", "Drafts, archived and unlisted products and unpublished pages. No answer to a customer uses them.", read="Read it for the team"),
        _part("languages", "Translations", "Each published language becomes an article of its own. The app needs read_locales and read_translations as well.", default="skip"),
        Field(name="metafields", title="Metafields of products", kind=FieldKind.LINES, required=False, help="Which of them become part of a product's text, one a line, as namespace.key: for example custom.care_guide."),
    )

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:
        return (domain(settings),)

    async def check(self, link: Link) -> str:
        wishes, shopify = _wishes(link.settings), _shopify(link)
        about = (await shopify.ask(queries.SHOP)).get("shop") or {}
        granted = {str(one.get("handle")) for one in ((await shopify.ask(queries.SCOPES)).get("currentAppInstallation") or {}).get("accessScopes") or []}
        granted |= {scope.replace("write_", "read_", 1) for scope in granted}  # who may write may read
        needed = {" or ".join(_SCOPES[kind]) for kind in wishes.kinds if not granted & set(_SCOPES[kind])}
        needed |= {scope for scope in ("read_locales", "read_translations") if wishes.languages and scope not in granted}
        if needed:
            raise SourceFailed(Trouble.FORBIDDEN, f"The app lacks the scope {', '.join(sorted(needed))}. Add it to the app in Shopify and install the app again, or leave out here what needs it.")
        whole = await shop(shopify, wishes)
        shown = "" if whole.open else " Its storefront asks for a password, or does not say whether it does, so everything is for your team only."
        tongues = f", also in {', '.join(whole.locales)}" if whole.locales else ""
        return f"Connected to the shop “{about.get('name') or shopify.shop}” ({whole.url}){tongues}.{shown}"

    async def read(self, link: Link, asked: Asked) -> AsyncIterator[Told]:
        async for told in Run(link, _shopify(link), _wishes(link.settings), asked).tell():
            yield told


def _shopify(link: Link) -> Shopify:
    token = link.settings.get("token", "").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise Refused("The access token is a line of letters, digits and underscores that begins with shpat_. Copy it again.")
    return Shopify(link, domain(link.settings), token)


def _wishes(settings: Mapping[str, str]) -> Wishes:
    """Raises Refused for what cannot be right."""
    kinds = frozenset(kind for kind in (*KINDS, "policies") if _is_read(settings, kind))
    if not kinds:
        raise Refused("Nothing of the shop is chosen to be read. Read at least one of products, pages, policies, blog articles and collections.")
    named = [line.strip() for line in settings.get("metafields", "").splitlines() if line.strip()]
    for name in named:
        if not re.fullmatch(r"[\w$:-]{1,255}\.[\w-]{1,64}", name, re.ASCII):
            raise Refused(f"“{name[:80]}” is no metafield. Write its namespace, a dot and its key, for example: custom.care_guide.")
    if len(named) > _MOST_METAFIELDS:
        raise Refused(f"{len(named)} metafields are chosen, and {_MOST_METAFIELDS} is the most.")
    pairs = tuple((namespace, key) for namespace, _, key in (name.rpartition(".") for name in named))
    return Wishes(kinds=kinds, hidden=_is_read(settings, "hidden"), languages=_is_read(settings, "languages"), metafields=pairs)


def _is_read(settings: Mapping[str, str], part: str) -> bool:
    default = next(field.default for field in _Shop.fields if field.name == part)
    return (settings.get(part) or default) == "read"


connector = Connector(name="shopify", title="Shopify", hosts=("*.myshopify.com",), source=_Shop())
