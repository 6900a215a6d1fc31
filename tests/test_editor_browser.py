"""The editor in a real browser: marks and shortcuts, pasted text and pictures, saving by itself, and pages that axe finds no fault in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.running import product
from tests.test_authoring import png
from tests.test_inbox_browser import AXE, Open, browser, owner, visit

__all__ = ["browser", "owner", "product", "visit"]  # fixtures
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]
_PASTED = """html => {
  const data = new DataTransfer(), area = document.querySelector("#body");
  data.setData("text/html", html);
  data.setData("text/plain", "plain");
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def test_writing_with_marks_pasting_and_pictures_saves_itself(visit: Open, tmp_path: Path) -> None:
    page = visit("/knowledge/new")
    area, saved = page.locator("#body"), page.locator("#saved")
    page.locator("#title").fill("How to return a lamp")
    area.click()
    page.keyboard.type("It takes ")
    page.keyboard.press("Control+b")
    page.keyboard.type("three")
    page.keyboard.press("End")
    page.keyboard.type(" days.\n\n")
    expect(area).to_have_value("It takes **three** days.\n\n")
    page.evaluate(_PASTED, "<h2>Steps</h2><ul><li>Pack <b>it</b></li></ul><script>alert(1)</script>")
    expect(area).to_have_value("It takes **three** days.\n\n## Steps\n\n- Pack **it**\n")
    picture = tmp_path / "lamp.png"
    picture.write_bytes(png(40, 20))
    page.locator("[data-picture]").set_input_files(picture)
    expect(page.locator("#preview img")).to_be_visible()
    expect(page.locator("#preview strong").first).to_have_text("three")
    expect(saved).to_contain_text("Saved just now", timeout=10_000)
    expect(page).to_have_url(re.compile(r"/knowledge/[0-9a-f-]{36}$"))
    page.get_by_role("button", name="Callout").click()
    expect(area).to_have_value(re.compile(r"\[!NOTE\]"))
    expect(page.locator("#preview .callout-name")).to_have_text("Note")
    expect(saved).to_contain_text("Saved just now")
    page.reload()
    expect(area).to_have_value(re.compile(r"Pack \*\*it\*\*"))
    page.keyboard.press("Control+s") if page.evaluate("document.activeElement.id") == "body" else page.get_by_role("button", name="Save as draft").click()
    expect(page.locator("[data-toast]")).to_contain_text("Saved as a draft")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_the_help_centre_have_no_fault_that_axe_can_find(visit: Open, scheme: str) -> None:
    page = visit("/knowledge/topics", color_scheme=scheme, bypass_csp=True)
    base = page.url.removesuffix("/knowledge/topics")
    if scheme == "light":
        page.locator("#name").fill("Returns")
        page.locator("#write button.main").click()
        page.goto(base + "/knowledge/rules")
        page.locator("#name").fill("No shouting")
        page.locator("#value").fill("AT ONCE")
        page.locator("#write button.main").click()
        page.goto(base + "/knowledge/new")
        page.locator("#title").fill("Seen by axe")
        page.locator("#body").fill("Words.")
        page.get_by_role("button", name="Save and publish").click()
    page.goto(base + "/knowledge?q=Seen")
    article = page.locator("a.article-title").first.get_attribute("href")
    for path in ("/knowledge", "/knowledge/topics", "/knowledge/rules", "/knowledge/links", "/knowledge/images", "/knowledge/translations", article, f"{article}/history?one=1", f"{article}/translations"):
        page.goto(f"{base}{path}")
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))")
        assert found == [], path
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), f"{path}: panes scroll, the window does not"
