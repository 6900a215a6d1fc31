"""What a newcomer does with actions, in a real browser from end to end: imports an OpenAPI file, sets a confirmation, asks in the widget, says yes, and reads the call in inspect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.stub_model import asks
from bench.stub_wires import Says
from glassine.config import Settings
from glassine.rules.redaction import PLACEHOLDER
from tests.company_apart import Twins, company_apart
from tests.running import Product, product
from tests.vendors import Vendor
from tests.visitors import AXE, Open, answered, browser, chat, owner, say, visit

__all__ = ["browser", "owner", "product", "visit"]  # the fixtures
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]


@pytest.fixture(scope="module")
def twins() -> Iterator[Twins]:
    with company_apart({"state": "cancelled", "case": "K-7"}, [
        (lambda body: 'new="yes"' in str(body["messages"][1]["content"]), "It is done. Your case is K-7."),
        (asks("cancel my tent"), Says(calls=(("cancelOrder", {"id": "W-1"}),))),
    ]) as running:
        yield running


@pytest.fixture(scope="module")
def settings(database_url: str, home: Path, twins: Twins) -> Settings:
    return Settings(home=home, database_url=database_url, llm_model="stub", llm_url=twins.model.url, allow_private=(twins.api.url,))


def described(api: Vendor) -> str:
    responses = {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object", "properties": {"state": {"type": "string"}, "case": {"type": "string"}}}}}}}
    order = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "description": "The order's number"}]
    paths = {
        "/orders/{id}": {"get": {"operationId": "findOrder", "summary": "Find an order", "parameters": order, "responses": responses}},
        "/orders/{id}/cancel": {"post": {"operationId": "cancelOrder", "summary": "Cancel an order", "parameters": order, "responses": responses}},
    }
    return json.dumps({"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": api.url}], "paths": paths})


def test_from_a_file_to_what_the_model_saw(owner: Page, visit: Open, product: Product, twins: Twins, tmp_path: Path) -> None:
    file = tmp_path / "shop.json"
    file.write_text(described(twins.api), encoding="utf-8")
    imported(owner, product, file, tmp_path)
    confirmed_from_now_on(owner, tmp_path)

    page = visit()
    say(page, "Please cancel my tent")
    card = chat(page).get_by_role("region", name="Cancel an order")
    expect(card).to_be_visible(timeout=60_000)
    expect(card.locator("dd")).to_have_text("W-1")
    assert twins.api.seen == [], "nothing is called before the customer has said yes"
    page.screenshot(path=tmp_path / "card.png")
    card.get_by_role("button", name="Yes, do it").click()
    answered(page, "Your case is K-7.")
    assert [(one.method, one.target) for one in twins.api.seen] == [("POST", "/orders/W-1/cancel")]

    owner.goto(f"{product.url}/inbox?view=autopilot")
    owner.get_by_role("link", name=re.compile("Please cancel my tent|It is done")).first.click()
    owner.locator("a.inspect").last.click()
    expect(owner.get_by_role("heading", level=1)).to_be_visible()
    call = owner.get_by_role("region", name="cancelOrder")
    expect(call).to_contain_text("HTTP 200")
    expect(call).to_contain_text(f"POST {twins.api.url}/orders/{{id}}/cancel")
    expect(call).to_contain_text('{"id": "W-1"}')
    looked_at(owner, tmp_path, "inspect")
    asked = twins.model.bodies[-1]
    sent = [PLACEHOLDER.sub(lambda masked: masked[0].strip("[]").replace("_", " "), str(one["content"])) for one in asked["messages"]]
    assert any("K-7" in text for text in sent), "the model was told what came of the call"
    assert owner.locator("#prompt details.prompt pre").all_text_contents()[: len(sent)] == sent, "inspect shows what the model saw, word for word"
    copied = owner.get_by_role("button", name="Copy request").get_attribute("data-copy")
    assert copied
    assert json.loads(copied)["messages"] == asked["messages"], "and hands it out letter by letter"


def imported(owner: Page, product: Product, file: Path, pictures: Path) -> None:
    """From the first look at actions to the review of what the file would bring, and what it brought."""
    owner.goto(f"{product.url}/actions")
    owner.get_by_role("link", name="Import from OpenAPI").click()
    owner.locator("#file").set_input_files(file)
    owner.get_by_role("button", name="Read it").click()
    for name in ("findOrder", "cancelOrder"):
        expect(owner.get_by_role("checkbox", name=name)).to_be_checked()
    looked_at(owner, pictures, "review")
    owner.get_by_role("button", name="Import", exact=True).click()
    expect(owner.get_by_text("Imported: 2 added.")).to_be_visible()


def confirmed_from_now_on(owner: Page, pictures: Path) -> None:
    """What changes something waits for a yes from the first. Here that is taken away, and set by hand."""
    owner.goto(f"{owner.url.partition('/actions')[0]}/actions")
    owner.get_by_role("link", name="Cancel an order").click()
    wanted = owner.get_by_label("The customer has to say yes")
    expect(wanted).to_be_checked()
    for on in (False, True):
        wanted.set_checked(on)
        owner.get_by_role("button", name="Save").first.click()
        expect(owner.get_by_text("Cancel an order is saved as version")).to_be_visible()
        expect(wanted).to_be_checked(checked=on)
    looked_at(owner, pictures, "action")


def looked_at(page: Page, pictures: Path, name: str) -> None:
    """Pictures on a desk and on a telephone, in the light and in the dark; nothing sticks out, and axe finds no fault."""
    for width, scheme in ((1280, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.screenshot(path=pictures / f"{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        page.add_script_tag(path=AXE)
        assert page.evaluate("axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))") == [], name
    page.set_viewport_size({"width": 1440, "height": 900})
