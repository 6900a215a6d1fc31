"""The pages of topics, rollout, office hours, scenarios and trying it in a real browser: for everybody, on a phone, in the dark, by keyboard; and a list tried out without a reload."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.running import Product, product
from tests.visitors import AXE, browser, owner

__all__ = ["browser", "owner", "product"]  # the fixtures
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]

PAGES = ["settings/topics", "settings/rollout", "settings/hours", "settings/try-it", "settings/autopilot", "knowledge/scenarios", "knowledge/scenarios/new"]
BY_TAB = """() => [...document.querySelectorAll('main :is(a[href], button, input, select, textarea, summary)')]
    .filter(one => one.checkVisibility() && !one.matches(':disabled, [type=radio], [type=hidden], [tabindex="-1"]')).map((one, place) => (one.dataset.place = place))"""
IN_FOCUS = """() => { const one = document.activeElement, look = getComputedStyle(one); return [one.dataset.place ?? null, look.outlineStyle != 'none' || look.boxShadow != 'none'] }"""


def test_a_list_is_tried_and_saved(owner: Page, product: Product) -> None:
    owner.goto(f"{product.url}/settings/topics")
    owner.get_by_label("Left to people").fill("legal threats and lawyers\nclosing an account")
    owner.get_by_label("Message", exact=True).fill("My lawyer will write to you")
    owner.get_by_role("button", name="Try", exact=True).click()
    expect(owner.locator("#tried")).to_contain_text("It would be left to people.")
    owner.get_by_role("button", name="Try on past conversations").click()
    expect(owner.locator("#past")).to_contain_text("past conversations")
    owner.get_by_role("button", name="Save", exact=True).click()
    expect(owner.locator("details", has_text="legal threats and lawyers")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("page", PAGES)
def test_the_pages_have_no_fault_that_axe_can_find_and_fit(owner: Page, product: Product, scheme: str, width: int, page: str) -> None:
    owner.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    owner.set_viewport_size({"width": width, "height": 900})
    owner.goto(f"{product.url}/{page}")
    owner.add_script_tag(path=AXE)
    assert owner.evaluate("axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))") == []
    assert owner.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("page", [*PAGES, "settings/handoff", "settings/guard", "actions", "actions/new", "actions/import", "actions/variables"])
def test_a_keyboard_reaches_everything_and_shows_where_it_is(owner: Page, product: Product, page: str) -> None:
    owner.goto(f"{product.url}/{page}")
    wanted = {str(place) for place in owner.evaluate(BY_TAB)}
    assert wanted
    for _ in range(len(wanted) + 80):  # the way through the pages' list, radio buttons and panes that scroll
        owner.keyboard.press("Tab")
        place, shown = owner.evaluate(IN_FOCUS)
        if place is not None:
            assert shown, owner.evaluate("document.activeElement.outerHTML")
            wanted.discard(place)
        if not wanted:
            break
    assert not wanted, [owner.locator(f'[data-place="{place}"]').evaluate("one => one.outerHTML") for place in sorted(wanted)]
