"""The pages of actions in a real browser: list, form, console, variables, import, review and approvals fit and have no fault; Undo is said after the page has come again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.running import Product, product
from tests.visitors import AXE, browser, owner

__all__ = ["browser", "owner", "product"]  # the fixtures
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]
ORDER = {
    "name": "order_status", "title": "Order status", "description": "Looks up where an order is.", "request_type": "GET", "api_endpoint": "https://api.example.com/orders/{order}",
    "parameters": [{"name": "order", "in": "path", "required": True, "schema": {"type": "string"}, "description": "The order's number"}],
}
DESCRIPTION = """openapi: 3.1.0
info: {title: Shop, version: 2.0.0}
servers: [{url: https://shop.example/v2}]
paths:
  /orders/{id}:
    get: {operationId: findOrder, summary: Find an order, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {"200": {description: ok}}}
  /orders/{id}/cancel:
    post: {operationId: cancelOrder, summary: Cancel an order, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {"200": {description: ok}}}
"""


@pytest.fixture(scope="module")
def action(product: Product) -> str:
    """The address of an action's page."""
    made = product.ask("POST", "/actions", ORDER)
    assert made.is_success, made.text
    key = product.ask("POST", "/actions/variables", {"name": "Shop API", "kind": "header", "field": "Authorization", "value": "Bearer sk-x", "hosts": ["api.example.com"]})
    assert key.is_success, key.text
    return f"/actions/{made.json()['id']}"


def test_what_was_switched_is_said_and_taken_back(owner: Page, product: Product, action: str) -> None:
    owner.goto(f"{product.url}/actions")
    owner.get_by_role("button", name="Order status is on").click()
    toast = owner.locator("[data-toast]")
    expect(toast).to_contain_text("Order status is off.")
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("Order status is on.")
    expect(owner.get_by_role("button", name="Order status is on")).to_be_visible()
    toast.get_by_role("button", name="Undo").click()
    expect(owner.get_by_role("button", name="Order status is off")).to_be_visible()
    owner.get_by_role("button", name="Order status is off").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_have_no_fault_that_axe_can_find_and_fit(owner: Page, product: Product, action: str, scheme: str, width: int, tmp_path: Path) -> None:
    owner.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    owner.set_viewport_size({"width": width, "height": 900})
    for path in ("/actions", "/actions/new", action, "/actions/variables", "/actions/built-in", "/actions/import", "/actions/approvals", "/settings/handoff", "/settings/guard"):
        owner.goto(product.url + path)
        faultless(owner, tmp_path / f"{path.strip('/').replace('/', '-')}.png")
    owner.goto(f"{product.url}/actions/built-in")
    assert owner.locator("section.scroll-x").evaluate("one => one.scrollWidth <= one.clientWidth"), "no rule is cut"
    owner.goto(product.url + action)
    owner.locator("#a-0").fill("4711")
    owner.get_by_role("button", name="Show the request").click()
    expect(owner.locator("#trial")).to_contain_text("GET https://api.example.com/orders/4711")
    faultless(owner, tmp_path / "console.png")
    owner.goto(f"{product.url}/actions/import")
    owner.get_by_text("Or paste it").click()
    owner.get_by_label("The file's text").fill(DESCRIPTION)
    owner.get_by_role("button", name="Read it").click()
    expect(owner.get_by_role("heading", level=1)).to_contain_text("Import of")
    faultless(owner, tmp_path / "review.png")


def faultless(page: Page, picture: Path) -> None:
    page.add_script_tag(path=AXE)
    page.screenshot(path=picture, full_page=True)
    assert page.evaluate("axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))") == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
