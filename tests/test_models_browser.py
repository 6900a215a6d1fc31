"""Settings › Language model in a real browser: a model is added, tested, ordered and removed with undo; it fits every width and axe finds no fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.stub_model import StubModel
from tests.running import Product, product
from tests.test_inspect_browser import model
from tests.visitors import AXE, browser, owner

__all__ = ["browser", "model", "owner", "product"]  # the fixtures
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]
SETTINGS = {"llm_model": "stub"}


def test_models_are_added_tested_ordered_and_removed_with_undo(owner: Page, product: Product, model: StubModel) -> None:
    model.answer = "Here I am."
    for name in ("quick", "careful"):
        owner.goto(f"{product.url}/settings/model")
        owner.get_by_label("Address").fill(model.url)
        owner.get_by_label("Model", exact=True).fill(name)
        owner.get_by_role("button", name="Add and test").click()
        expect(owner.locator("[data-toast]")).to_contain_text(f"Saved. {name} answers.")
    owner.get_by_role("button", name="Test careful").click()
    expect(owner.locator("#trial")).to_contain_text("careful answered: Here I am.")
    owner.get_by_role("button", name="careful, up").click()
    expect(owner.locator("tbody tr").first).to_contain_text("careful")
    owner.get_by_role("button", name="Remove quick").click()
    expect(owner.locator("[data-toast]")).to_contain_text("Removed quick.")
    expect(owner.get_by_role("button", name="Test quick")).to_have_count(0)
    owner.locator("[data-toast]").get_by_role("button", name="Undo").click()
    expect(owner.get_by_role("button", name="Test quick")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_the_page_has_no_fault_that_axe_can_find_and_fits(owner: Page, product: Product, model: StubModel, scheme: str, width: int, tmp_path: Path) -> None:
    owner.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    owner.set_viewport_size({"width": width, "height": 900})
    if not any(one["model"] == "ill" for one in product.ask("GET", "/models").json()["items"]):
        made = product.ask("POST", "/models", {"url": model.url, "model": "ill", "name": "Something that fails", "wire": "anthropic", "key": "sk-x", "price_in": 2, "price_out": 8}).json()
        product.ask("PUT", "/models/budget", {"tokens": 100, "money": 5})
        model.mode = "429"
        product.ask("POST", f"/models/{made['id']}/test")
        model.mode = "ok"
        for _ in range(8):
            product.ask("POST", "/models/operator/test")
    owner.goto(f"{product.url}/settings/model?edit={product.ask('GET', '/models').json()['items'][-2]['id']}")
    owner.add_script_tag(path=AXE)
    owner.screenshot(path=tmp_path / "models.png", full_page=True)
    assert owner.evaluate("axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))") == []
    assert owner.evaluate("document.documentElement.scrollWidth <= innerWidth")
