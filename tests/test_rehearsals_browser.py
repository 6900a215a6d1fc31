"""A change is tried in a real browser: from the form to both sides beside each other and the undo, without a fault that axe can find, and on a phone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.running import product
from tests.test_inbox_browser import AXE, QUESTION, Open, browser, owner, pytestmark, start, visit

__all__ = ["browser", "owner", "product", "pytestmark", "start", "visit"]  # the fixtures, and the mark


def tried(page: Page) -> None:
    """The form's button; the page asks again by itself until the job is done."""
    page.get_by_label("Left to people").fill("Returning a tent\nLegal threats")
    page.get_by_role("button", name="Try before it counts").click()
    expect(page.get_by_text("Ready", exact=True)).to_be_visible(timeout=30_000)


def test_topics_are_tried_published_and_undone(visit: Open, start: Any) -> None:
    start(QUESTION)
    page = visit("/settings/topics")
    tried(page)
    expect(page.locator("#rehearsal")).to_contain_text("become")
    page.locator("#rehearsal details summary").first.click()
    expect(page.get_by_role("heading", name="With the change").first).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published. It holds for messages from now on.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("is taken back")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_fault_that_axe_can_find(visit: Open, start: Any, product: Any, scheme: str, tmp_path: Path) -> None:
    start(QUESTION)
    page = visit("/settings/topics", color_scheme=scheme, bypass_csp=True)
    tried(page)
    page.locator("#rehearsal details summary").first.click()
    shots = Path(os.environ.get("SHOTS", tmp_path))
    for name, path in (("rehearsal", ""), ("rehearsals", "/settings/rehearsals"), ("calibration", "/settings/calibration"), ("guard", "/settings/guard")):
        if path:
            page.goto(f"{product.url}{path}")
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))")
        assert found == [], name
        page.screenshot(path=shots / f"{name}-{scheme}.png", full_page=True)


def test_a_phone_shows_all_of_it(visit: Open, start: Any, product: Any, tmp_path: Path) -> None:
    start(QUESTION)
    page = visit("/settings/topics", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    tried(page)
    page.locator("#rehearsal details summary").first.tap()
    page.screenshot(path=Path(os.environ.get("SHOTS", tmp_path)) / "rehearsal-phone.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for path in ("/settings/rehearsals", "/settings/calibration"):
        page.goto(f"{product.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
