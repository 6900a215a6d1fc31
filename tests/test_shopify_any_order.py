"""Whatever happens in a shop between and during runs, after a complete run the knowledge is what the shop holds, and nothing internal is public."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from glassine.connect.shopify import connector
from glassine.words.knowledge import Audience
from glassine.words.sources import SourceFailed
from tests.known import Known
from tests.shopify_twin import TOKEN, ShopTwin, variant
from tests.vendors import Request, Response, Waits, link, vendor

pytestmark = pytest.mark.enable_socket

WISHES = {"shop": "lamps", "token": TOKEN, "collections": "read", "languages": "read"}
SHELVES = {"Product": "products", "Page": "pages", "Article": "articles", "Collection": "collections"}
Json = dict[str, Any]


class ShopInAnyOrder(RuleBasedStateMachine):
    things = Bundle("things")

    def __init__(self) -> None:
        super().__init__()
        self.runner, self.stack = asyncio.Runner(), AsyncExitStack()
        self.shop, self.known, self.words, self.up_to_date = ShopTwin(most=2, locales=("en", "de", "fr")), Known(), 0, False
        self.url = self.runner.run(self._begin())

    async def _begin(self) -> str:
        return (await self.stack.enter_async_context(vendor(self.shop.answer))).url

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()

    def _text(self) -> str:
        self.words += 1
        return f"<p>Words {self.words}.</p>"

    @initialize(target=things)
    def begin(self) -> Any:
        self.shop.policy("REFUND_POLICY", self._text())
        return multiple(self.shop.product("First", self._text()), self.shop.page("First page", self._text()))

    @rule(target=things, kind=st.sampled_from(sorted(SHELVES)), shown=st.booleans())
    def write(self, kind: str, shown: bool) -> Json:
        self.up_to_date = False
        title = f"Thing {self.shop.count + 1}"
        match kind:
            case "Product":
                return self.shop.product(title, self._text(), status="ACTIVE" if shown else "DRAFT")
            case "Page":
                return self.shop.page(title, self._text(), published=shown)
            case "Article":
                return self.shop.article(title, self._text(), published=shown)
            case _:
                return self.shop.collection(title, self._text(), published=shown)

    @rule(thing=things)
    def edit(self, thing: Json) -> None:
        self.shop.change(thing, **{"descriptionHtml" if "descriptionHtml" in thing else "body": self._text()})
        self.up_to_date = False

    @rule(thing=things)
    def edit_around_a_run(self, thing: Json) -> None:
        """Within one second, so that Shopify's time of the last change is the same before and after."""
        self.edit(thing)
        self.runner.run(self._run())
        self.edit(thing)
        self.runner.run(self._run())
        _, _, _, kind, number = thing["id"].split("/")
        if int(number) in getattr(self.shop, SHELVES[kind]):
            text = str(thing.get("descriptionHtml") or thing.get("body"))
            assert text in self.known.items[f"{SHELVES[kind]}/{number}"].content.decode()

    @rule(thing=things, price=st.integers(1, 99), sold_out=st.booleans())
    def reprice(self, thing: Json, price: int, sold_out: bool) -> None:
        if "variants" in thing:
            self.shop.change(thing, variants=[variant("Default Title", f"{price}.00", sold_out=sold_out)])
            self.up_to_date = False

    @rule(thing=things, how=st.sampled_from(["DRAFT", "ARCHIVED", "UNLISTED", "ACTIVE", "offline", "online"]))
    def publish_or_not(self, thing: Json, how: str) -> None:
        """Some of it without moving the time of the thing."""
        if "variants" not in thing:
            thing["isPublished"] = how in ("ACTIVE", "online")
        elif how in ("offline", "online"):
            thing["online"] = how == "online"
        else:
            self.shop.change(thing, status=how)
        self.up_to_date = False

    @rule(thing=things, locale=st.sampled_from(["de", "fr"]), there=st.booleans())
    def translate_or_not(self, thing: Json, locale: str, there: bool) -> None:
        """Which does not move the time of the thing."""
        self.run()
        thing["translated"].pop(locale, None)
        if there:
            thing["translated"][locale] = {"title": f"In {locale}", "body_html": self._text()}
        self.run()

    @rule(thing=things, told=st.integers(1, 4))
    def translate_and_die(self, thing: Json, told: int) -> None:
        """While one language of a thing has been told, and the next has not."""
        thing["translated"] = {locale: {"title": f"In {locale}", "body_html": self._text()} for locale in ("de", "fr")}
        self.shop.change(thing)
        self.runner.run(self._run(stop_after=told))
        self.run()

    @rule(locales=st.sampled_from([("en",), ("en", "de"), ("en", "de", "fr"), ("de", "en")]))
    def choose_languages(self, locales: tuple[str, ...]) -> None:
        self.shop.locales = locales
        self.up_to_date = False

    @rule(thing=things)
    def delete(self, thing: Json) -> None:
        _, _, _, kind, number = thing["id"].split("/")
        getattr(self.shop, SHELVES[kind]).pop(int(number), None)
        self.up_to_date = False

    @rule()
    def lock_the_storefront_and_open_it(self) -> None:
        self.shop.locked = True
        self.run()
        self.after_a_run_the_knowledge_is_what_the_shop_holds()
        self.shop.locked = False
        self.up_to_date = False

    @rule(seconds=st.sampled_from([0, 1, 600]))
    def time_passes(self, seconds: int) -> None:
        self.shop.later(seconds=seconds)

    @rule(told=st.integers(1, 12))
    def run_and_die(self, told: int) -> None:
        self.runner.run(self._run(stop_after=told))
        self.up_to_date = False

    @rule(answers=st.integers(0, 9), how=st.sampled_from(["revoked", "broken", "gone silent"]))
    def run_into_a_fault(self, answers: int, how: str) -> None:
        left = [answers]

        def fault(_: Request, __: str) -> Response | None:
            left[0] -= 1
            if left[0] >= 0:
                return None
            return {"revoked": Response(status=401, body=b"{}"), "broken": Response(body=b'{"data": {'), "gone silent": Response(status=503)}[how]

        self.shop.faults.append(fault)
        try:
            self.runner.run(self._run())
        except SourceFailed as failure:
            assert TOKEN not in failure.message
        self.shop.faults.clear()
        self.up_to_date = False

    @rule()
    def run(self) -> None:
        self.shop.later(days=1)
        self.runner.run(self._run())
        self.up_to_date = True

    def _there(self) -> dict[str, tuple[str, bool]]:
        """What should be known: path -> a text that must be in it, and whether everybody may read it."""
        found = {f"policies/{kind.lower().replace('_', '-')}": (one["body"], not self.shop.locked) for kind, one in self.shop.policies.items()}
        for kind, shelf in SHELVES.items():
            for number, one in getattr(self.shop, shelf).items():
                public = not self.shop.locked and (one["status"] == "ACTIVE" and one["online"] if kind == "Product" else one["isPublished"])
                found[f"{shelf}/{number}"] = (one.get("descriptionHtml") or one.get("body") or "", public)
                for locale in self.shop.locales[1:]:
                    if locale in one["translated"]:
                        found[f"{shelf}/{number}/{locale}"] = (one["translated"][locale]["body_html"], public)
        return found

    @invariant()
    def after_a_run_the_knowledge_is_what_the_shop_holds(self) -> None:
        if not self.up_to_date:
            return
        there = self._there()
        assert set(self.known.items) == set(there)
        for path, (text, public) in there.items():
            item = self.known.items[path]
            assert text in item.content.decode()
            assert item.audience is (Audience.PUBLIC if public else Audience.INTERNAL)
        for number, one in self.shop.products.items():
            assert f"Price: {one['variants'][0]['price']} EUR" in self.known.items[f"products/{number}"].content.decode()

    async def _run(self, stop_after: int | None = None) -> None:
        source = connector.source
        assert source is not None
        async with link(self.url, WISHES, now=self.shop.now, wait=Waits()) as way:
            await self.known.run(source, way, stop_after=stop_after)


ShopInAnyOrder.TestCase.settings = settings(
    max_examples=10, stateful_step_count=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)
TestShopInAnyOrder = ShopInAnyOrder.TestCase
