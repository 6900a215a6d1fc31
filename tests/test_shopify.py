"""Shopify read over real HTTP from a twin that answers with Shopify's own schema: what is told of products, pages and policies, changes and faults."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from glassine.connect.shopify import connector
from glassine.connect.shopify.api import domain
from glassine.edge.links import GateLink
from glassine.words.errors import Refused
from glassine.words.knowledge import Audience
from glassine.words.sources import Failed, Gone, Item, Skipped, SourceFailed, Trouble, Unchanged
from tests.known import Known
from tests.shopify_twin import TOKEN, ShopTwin, said, variant
from tests.vendors import Request, Response, Vendor, Waits, link, vendor

pytestmark = pytest.mark.enable_socket

SOURCE = connector.source
assert SOURCE is not None


@dataclass
class Stage:
    """A shop, a way to it, and what is known of it."""

    shop: ShopTwin
    server: Vendor
    known: Known = field(default_factory=Known)
    waits: Waits = field(default_factory=Waits)

    @asynccontextmanager
    async def way(self, settings: Mapping[str, str]) -> AsyncIterator[GateLink]:
        async with link(self.server.url, {"shop": "lamps", "token": TOKEN, **settings}, now=self.shop.now, wait=self.waits) as way:
            yield way

    async def run(self, only: tuple[str, ...] = (), **settings: str) -> Known:
        assert SOURCE is not None
        self.shop.queries.clear()
        async with self.way(settings) as way:
            await self.known.run(SOURCE, way, only=only)
        return self.known

    async def check(self, **settings: str) -> str:
        assert SOURCE is not None
        async with self.way(settings) as way:
            return await SOURCE.check(way)

    def audiences(self) -> dict[str, Audience]:
        return {item.title: item.audience for item in self.known.items.values()}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    shop = ShopTwin()
    async with vendor(shop.answer) as server:
        yield Stage(shop, server)


async def test_a_product_in_words(stage: Stage) -> None:
    stage.shop.product(
        "Desk lamp", "<p>A <b>warm</b> light.</p>\n    <ul>\n      <li>Two metres of cable</li></ul>", vendor="Lux", productType="Lamps", tags=["led", "desk"],
        options=[{"name": "Colour", "values": ["Red", "Blue|ish"]}],
        variants=[variant("Red", "39.90", sku="DL-R", before="49.00"), variant("Blue|ish", "44.5", sku="DL-B", sold_out=True)],
        metafields={("custom", "care_guide"): {"type": "rich_text_field", "value": '{"type":"root","children":[{"type":"paragraph","children":[{"type":"text","value":"Wipe it dry."}]}]}'},
                    ("custom", "size"): {"type": "dimension", "value": '{"value": 30.0, "unit": "cm"}'}, ("custom", "like"): {"type": "product_reference", "value": "gid://shopify/Product/9"}},
    )
    await stage.run(metafields="custom.care_guide\ncustom.size\ncustom.like\ncustom.none")
    [item] = stage.known.items.values()
    assert (item.url, item.audience, item.media_type) == ("https://shop.example/products/desk-lamp", Audience.PUBLIC, "text/markdown")
    assert item.content.decode() == (
        "<p>A <b>warm</b> light.</p>\n<ul>\n<li>Two metres of cable</li></ul>\n\n## Price and availability\n\nPrice: from 39.90 to 44.50 EUR. Some variants are sold out.\n\n"
        "| Colour | Price | Before | SKU | Availability |\n| --- | --- | --- | --- | --- |\n| Red | 39.90 EUR | 49.00 EUR | DL-R | in stock |\n| Blue\\|ish | 44.50 EUR |  | DL-B | sold out |\n\n"
        "## Particulars\n\n- Colour: Red, Blue\\|ish\n- Vendor: Lux\n- Type: Lamps\n- Tags: led, desk\n- Care guide: Wipe it dry.\n- Size: 30.0 cm"
    )


async def test_a_product_without_variants_has_no_table(stage: Stage) -> None:
    stage.shop.product("Bulb", variants=[variant("Default Title", "5", sku="B-1")])
    await stage.run()
    assert stage.known.texts()["Bulb"] == "<p>Good.</p>\n\n## Price and availability\n\nPrice: 5.00 EUR. It can be bought now.\n\nSKU: B-1."


async def test_what_everybody_sees_is_public_and_all_else_is_not(stage: Stage) -> None:
    shop = stage.shop
    shop.product("Shown")
    shop.product("Draft", status="DRAFT")
    shop.product("Archived", status="ARCHIVED")
    shop.product("Unlisted", status="UNLISTED")
    shop.product("Elsewhere", online=False)
    shop.page("About")
    shop.page("Hidden", published=False)
    shop.article("News")
    shop.article("Planned", published=False, summary="<p>Soon.</p>", body="")
    shop.policy("REFUND_POLICY", "<p>30 days.</p>")
    shop.policy("LEGAL_NOTICE", "")
    shop.collection("Lamps")
    shop.collection("Outlet", published=False)
    await stage.run(collections="read")
    public = {"Shown", "About", "News", "Refund policy", "Lamps"}
    assert {title for title, audience in stage.audiences().items() if audience is Audience.PUBLIC} == public
    assert set(stage.audiences()) == public | {"Draft", "Archived", "Unlisted", "Elsewhere", "Hidden", "Planned", "Outlet"}
    assert {item.title: item.url for item in stage.known.items.values() if item.url} == {
        "Shown": "https://shop.example/products/shown", "About": "https://shop.example/pages/about", "News": "https://shop.example/blogs/news/news",
        "Refund policy": "https://shop.example/policies/refund-policy", "Lamps": "https://shop.example/collections/lamps",
    }
    assert stage.known.items["articles/8"].trail == ("News",)
    await stage.run(collections="read", hidden="skip")
    assert set(stage.audiences()) == public
    assert "is unlisted" in [told.reason for told in stage.known.of(Skipped)]
    shop.locked = True
    await stage.run(collections="read")
    assert set(stage.audiences().values()) == {Audience.INTERNAL}, "a storefront behind a password shows nothing to everybody"
    await stage.run(products="skip", pages="skip", articles="skip", collections="skip", policies="read")
    assert set(stage.audiences()) == {"Refund policy"}


async def test_only_what_changed_is_read(stage: Stage) -> None:
    products = [stage.shop.product(f"Lamp {number}") for number in range(12)]
    stage.shop.page("About")
    stage.shop.later(hours=2)
    await stage.run()
    assert sum("nodes(ids" in query for query in stage.shop.queries) == 4
    stage.shop.change(products[3], variants=[variant("Default Title", "99.00")])
    await stage.run()
    assert [item.title for item in stage.known.of(Item)] == ["Lamp 3"]
    assert "Price: 99.00 EUR" in stage.known.texts()["Lamp 3"]
    assert len(stage.known.of(Unchanged)) == 12
    stage.shop.later(hours=2)
    products[5]["online"] = False  # which does not move its time
    await stage.run()
    assert {title for title, audience in stage.audiences().items() if audience is Audience.INTERNAL} == {"Lamp 5"}
    del stage.shop.products[1]
    await stage.run()
    assert "Lamp 0" not in stage.known.texts()


async def test_a_thing_that_changes_twice_in_one_second_is_read_again(stage: Stage) -> None:
    page = stage.shop.page("About", "<p>One.</p>")
    await stage.run()
    stage.shop.change(page, body="<p>Two.</p>")
    await stage.run()
    assert stage.known.texts()["About"] == "<p>Two.</p>"


async def test_long_lists_and_many_variants_are_followed_to_their_end(stage: Stage) -> None:
    stage.shop.most = 2
    for number in range(7):
        stage.shop.page(f"Page {number}")
    stage.shop.product("Bolt", options=[{"name": "Size", "values": []}], variants=[variant(f"M{number}", f"{number}.00") for number in range(1, 8)])
    await stage.run()
    assert len(stage.known.items) == 8
    assert all(f"| M{number} |" in stage.known.texts()["Bolt"] for number in range(1, 8))


async def test_every_published_language_is_an_article_of_its_own(stage: Stage) -> None:
    stage.shop.locales = ("en", "de", "pt-BR")
    page = stage.shop.page("Shipping", "<p>Two days.</p>")
    page["translated"] = {"de": {"title": "Versand", "body_html": "<p>Zwei Tage.</p>", "handle": "versand"}}
    stage.shop.policy("REFUND_POLICY", "<p>30 days.</p>")["translated"] = {"pt-BR": {"body": "<p>30 dias.</p>"}}
    stage.shop.later(hours=2)
    await stage.run(languages="read")
    assert {path: (item.title, item.language, item.url, item.content) for path, item in stage.known.items.items()} == {
        "pages/1": ("Shipping", "en", "https://shop.example/pages/shipping", b"<p>Two days.</p>"), "pages/1/de": ("Versand", "de", "https://shop.example/de/pages/versand", b"<p>Zwei Tage.</p>"),
        "policies/refund-policy": ("Refund policy", "en", "https://shop.example/policies/refund-policy", b"<p>30 days.</p>"),
        "policies/refund-policy/pt-BR": ("Refund policy", "pt", "https://shop.example/policies/refund-policy", b"<p>30 dias.</p>"),
    }
    stage.shop.locales = ("en", "de")
    await stage.run(languages="read")
    assert "policies/refund-policy/pt-BR" not in stage.known.items
    page["translated"]["fr"] = {"title": "Envoi"}
    stage.shop.locales = ("en", "de", "fr")
    await stage.run(languages="read")
    assert stage.known.items["pages/1/fr"].title == "Envoi", "a language that is new is read at once"
    stage.shop.later(days=1)
    page["translated"] = {}
    await stage.run(languages="read")
    assert "pages/1/de" not in stage.known.items, "that a translation is gone does not move the time of its page"
    await stage.run()
    assert set(stage.known.items) == {"pages/1", "policies/refund-policy"}


@pytest.mark.parametrize("told", range(1, 8))
async def test_a_run_that_dies_between_two_languages_leaves_none_out(stage: Stage, told: int) -> None:
    stage.shop.locales = ("en", "de", "fr")
    for title in ("One", "Two"):
        stage.shop.page(title)["translated"] = {"de": {"title": f"{title} auf Deutsch"}, "fr": {"title": f"{title} en français"}}
    stage.shop.later(hours=2)
    assert SOURCE is not None
    async with stage.way({"languages": "read"}) as way:
        await stage.known.run(SOURCE, way, stop_after=told)
        await stage.known.run(SOURCE, way)
    assert set(stage.known.items) == {f"pages/{number}{locale}" for number in (1, 2) for locale in ("", "/de", "/fr")}


async def test_only_what_is_asked_for(stage: Stage) -> None:
    page, other = stage.shop.page("One"), stage.shop.page("Two")
    stage.shop.product("Lamp")
    await stage.run()
    stage.shop.change(page, body="<p>New.</p>")
    del stage.shop.pages[2]
    await stage.run(only=("pages/1", "pages/2"))
    assert [told.path for told in stage.known.of(Gone)] == ["pages/2"]
    assert stage.known.texts()["One"] == "<p>New.</p>"
    assert set(stage.known.texts()) == {"One", "Lamp"}
    assert other["title"] == "Two"


async def test_the_pace_that_shopify_tells_is_kept(stage: Stage) -> None:
    for number in range(12):
        stage.shop.product(f"Lamp {number}")
    stage.shop.left = 320.0

    def restored(_: Request, query: str) -> None:
        stage.shop.left = 320.0 if sum(stage.waits) else 5.0 if "nodes(ids" in query else stage.shop.left

    stage.shop.faults.append(restored)
    await stage.run()
    assert len(stage.known.items) == 12
    assert sum(stage.waits) > 1


async def test_throttled_for_too_long_ends_the_run(stage: Stage) -> None:
    stage.shop.page("One")
    stage.shop.left = 1.0
    with pytest.raises(SourceFailed, match="asked too much, 8 times") as failed:
        await stage.run()
    assert failed.value.trouble is Trouble.LIMITED
    stage.waits.clear()
    stage.shop.left, stage.shop.restored = 1.0, 0.001
    with pytest.raises(SourceFailed, match="longer than a run does"):
        await stage.run()


async def test_a_query_that_is_too_dear_is_asked_in_parts(stage: Stage) -> None:
    stage.shop.dearest = 150.0
    for number in range(7):
        stage.shop.product(f"Lamp {number}")
    stage.shop.later(hours=3)
    await stage.run()
    assert len(stage.known.items) == 7
    stage.shop.dearest = 50.0
    stage.shop.change(stage.shop.products[1])
    await stage.run()
    assert [told.path for told in stage.known.of(Failed)] == ["products/1"]
    assert len(stage.known.items) == 7


async def test_policies_that_are_too_much_at_once_stay_as_they_were(stage: Stage) -> None:
    stage.shop.policy("REFUND_POLICY", "<p>30 days.</p>")
    await stage.run()
    too_dear = {"errors": [{"message": "Query cost is too high.", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}
    stage.shop.faults.append(lambda _, query: said(too_dear) if "shopPolicies" in query else None)
    await stage.run()
    assert [told.path for told in stage.known.of(Failed)] == ["policies/refund-policy"]
    assert set(stage.known.texts()) == {"Refund policy"}
    stage.shop.faults[0] = lambda _, query: said(too_dear) if "pages(" in query else None
    with pytest.raises(SourceFailed, match="refuses to list"):
        await stage.run()


@pytest.mark.parametrize(("scope", "words"), [("read_products", "lacks the scope read_products"), ("read_content", "read_content"), ("read_legal_policies", "read_legal_policies")])
async def test_a_scope_that_is_taken_away_is_named_and_keeps_what_is_known(stage: Stage, scope: str, words: str) -> None:
    stage.shop.product("Lamp")
    stage.shop.page("About")
    stage.shop.policy("REFUND_POLICY", "<p>30 days.</p>")
    await stage.run()
    stage.shop.scopes.remove(scope)
    with pytest.raises(SourceFailed, match=words) as failed:
        await stage.run()
    assert failed.value.trouble is Trouble.FORBIDDEN
    assert len(stage.known.items) == 3
    with pytest.raises(SourceFailed, match=words):
        await stage.check()


async def test_a_token_revoked_in_mid_sync_keeps_what_is_known(stage: Stage) -> None:
    for number in range(12):
        stage.shop.product(f"Lamp {number}")
    left = [2]

    def revoked(_: Request, query: str) -> None:
        left[0] -= "nodes(ids" in query
        stage.shop.token = TOKEN if left[0] >= 0 else "shpat_other"

    stage.shop.faults.append(revoked)
    with pytest.raises(SourceFailed, match="refused the access token") as failed:
        await stage.run()
    assert failed.value.trouble is Trouble.CREDENTIALS
    assert TOKEN not in failed.value.message
    assert len(stage.known.items) == 10


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"data": null}', b'{"data": {"nodes": [1]}}', b'{"errors": "no"}', b'{"errors": [{"message": "secret words"}]}', b"\xff", b"[" * 100_000])
async def test_answers_that_are_none(stage: Stage, body: bytes) -> None:
    stage.shop.page("One")
    await stage.run()
    stage.shop.faults.append(lambda _, query: Response(body=body) if "pages(" in query else None)
    with pytest.raises(SourceFailed) as failed:
        await stage.run()
    assert failed.value.trouble is Trouble.MALFORMED
    assert "secret" not in failed.value.message
    assert set(stage.known.texts()) == {"One"}


async def test_one_thing_that_cannot_be_read_is_its_own_trouble(stage: Stage) -> None:
    stage.shop.page("One")
    stage.shop.article("Odd")
    stage.shop.page("Empty", "<p>&nbsp;</p>")
    stage.shop.faults.append(lambda _, query: said({"data": {"nodes": [{"id": "gid://shopify/Article/2", "isPublished": True, "title": "Odd", "body": "<p>x</p>", "blog": [7]}]}}) if "... on Article" in query else None)
    await stage.run()
    assert set(stage.known.texts()) == {"One"}
    assert [told.reason for told in stage.known.of(Failed)] == ["Shopify described this in a form that its documentation does not know."]
    assert [told.reason for told in stage.known.of(Skipped)] == ["has no text"]


async def test_what_is_deleted_while_it_is_read_is_gone(stage: Stage) -> None:
    stage.shop.page("One")
    stage.shop.page("Two")

    def deleted(_: Request, query: str) -> None:
        if "nodes(ids" in query:
            stage.shop.pages.pop(2, None)

    stage.shop.faults.append(deleted)
    await stage.run()
    assert [told.path for told in stage.known.of(Gone)] == ["pages/2"]
    assert set(stage.known.texts()) == {"One"}


async def test_the_check_says_what_it_reached_or_what_to_do(stage: Stage) -> None:
    stage.shop.locales = ("en", "de")
    assert await stage.check(languages="read") == "Connected to the shop “Lamp shop” (https://shop.example), also in de."
    stage.shop.locked = True
    assert "asks for a password" in await stage.check()
    stage.shop.scopes = {"write_products", "read_online_store_pages", "read_legal_policies"}
    assert "Connected" in await stage.check()
    with pytest.raises(SourceFailed, match="lacks the scope read_locales, read_translations"):
        await stage.check(languages="read")
    with pytest.raises(SourceFailed, match="refused the access token"):
        await stage.check(token="shpat_wrong")
    stage.shop.faults.append(lambda *_: Response(status=404))
    with pytest.raises(SourceFailed, match=r"There is no shop at lamps\.myshopify\.com") as failed:
        await stage.check()
    assert failed.value.trouble is Trouble.MISSING
    for name, value, words in (("shop", "shop.example.com", "ends in .myshopify.com"), ("token", "", "access token"), ("metafields", "care", "no metafield"), ("metafields", 'a.b") { x', "no metafield")):
        with pytest.raises(Refused, match=words):
            await stage.check(**{name: value})
    with pytest.raises(Refused, match="Nothing of the shop is chosen"):
        await stage.check(products="skip", pages="skip", policies="skip", articles="skip")


@pytest.mark.parametrize("said", ["lamps", "Lamps.myshopify.com", "https://lamps.myshopify.com/admin", "https://admin.shopify.com/store/lamps/products"])
def test_addresses_of_a_shop(said: str) -> None:
    assert SOURCE is not None
    assert domain({"shop": said}) == "lamps.myshopify.com"
    assert SOURCE.hosts({"shop": said}) == ("lamps.myshopify.com",)


@pytest.mark.parametrize("said", ["", "lamps.example.com", "lamps.myshopify.com.evil.example", "evil.example/lamps.myshopify.com", "a b", "user@lamps.myshopify.com", "lamps.myshopify.com:8080"])
def test_addresses_that_are_none(said: str) -> None:
    with pytest.raises(Refused, match="myshopify"):
        domain({"shop": said})
