"""The data map and its switches in a real browser: for everybody, live in another tab, on a phone and on paper; and what a customer sees of a switch."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.running import Product, product
from tests.visitors import AXE, QUESTION, Open, answered, browser, chat, owner, say, visit

__all__ = ["browser", "owner", "product", "visit"]  # the fixtures
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]


def switched(product: Product, path: str, *, on: bool) -> None:
    assert product.ask("PUT", path, {"enabled": on}).is_success


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_the_map_has_no_fault_that_axe_can_find_and_fits(owner: Page, product: Product, scheme: str, width: int) -> None:
    owner.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    owner.set_viewport_size({"width": width, "height": 900})
    switched(product, "/boundaries/mail", on=False)
    try:
        owner.goto(f"{product.url}/settings/data-map")
        owner.add_script_tag(path=AXE)
        assert owner.evaluate("axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))") == []
        assert owner.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert owner.evaluate("(pane => pane.scrollWidth <= pane.clientWidth)(document.querySelector('main.page'))")
        cut = "[...document.querySelectorAll('.post > a, .stage > div')].filter(post => post.scrollWidth > post.clientWidth + 1).map(post => post.textContent)"
        assert owner.evaluate(cut) == []
    finally:
        switched(product, "/boundaries/mail", on=True)


def test_a_post_leads_to_its_line_and_a_switch_is_undone_where_it_was_made(owner: Page, product: Product) -> None:
    owner.goto(f"{product.url}/inbox")
    owner.get_by_role("link", name="Data map", exact=True).click()
    owner.locator(".post", has_text="Help pages").get_by_role("link").click()
    row = owner.locator("tr#help")
    expect(row).to_be_in_viewport()
    row.get_by_role("button", name="Off").click()
    expect(owner.locator("tr#help")).to_contain_text("Switched off by Demo owner")
    expect(owner.locator(".post.off")).to_contain_text("Help pages")
    expect(owner.locator("#shut")).to_contain_text("Switched off: Help pages.")
    owner.get_by_role("button", name="Undo").click()
    expect(owner.locator("tr#help").get_by_role("button", name="On")).to_have_attribute("aria-pressed", "true")
    expect(owner.locator(".post.off")).to_have_count(0)


def test_the_kill_switch_shows_in_an_open_inbox_without_a_reload_and_is_turned_back_there(owner: Page, product: Product) -> None:
    owner.goto(f"{product.url}/inbox")
    expect(owner.locator("[data-live-state]")).to_have_text(re.compile("live|^$", re.IGNORECASE))
    owner.evaluate("window.still = true")
    switched(product, "/ai", on=False)
    expect(owner.locator("#shut")).to_contain_text("All AI is off.")
    assert owner.evaluate("window.still") is True
    owner.get_by_role("button", name="Turn on").click()
    expect(owner.locator("#shut")).not_to_contain_text("All AI is off.")
    assert product.ask("GET", "/ai").json()["enabled"] is True


def test_a_customer_reads_that_the_chat_is_off_and_loses_nothing(visit: Open, product: Product) -> None:
    page = visit()
    say(page, QUESTION)
    answered(page)
    switched(product, "/boundaries/web", on=False)
    try:
        say(page, "And how do I print the label?")
        expect(chat(page).get_by_text("This chat is switched off at the moment.").first).to_be_visible()
    finally:
        switched(product, "/boundaries/web", on=True)
    expect(chat(page).get_by_text("And how do I print the label?")).to_be_visible()
    chat(page).get_by_role("button", name=re.compile("again", re.IGNORECASE)).first.click()
    expect(chat(page).locator(".from-ai")).to_have_count(2)
    expect(chat(page).get_by_text("This chat is switched off at the moment.")).to_have_count(0)


def test_the_pack_is_downloaded_and_opens_without_a_network(owner: Page, product: Product, browser: Browser) -> None:
    owner.goto(f"{product.url}/settings/data-map")
    with owner.expect_download() as waiting:
        owner.get_by_role("button", name="Download reviewer's pack").click()
    assert re.fullmatch(r"glassine-reviewers-pack-[\d-]+\.zip", waiting.value.suggested_filename)
