"""How the team is told of a handoff in the browser, and what stays as it was meanwhile: drafts, focus and the place where somebody reads."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.running import Product, product
from tests.test_inbox_browser import FOR_A_PERSON, QUESTION, Open, Start, browser, line, live, owner, start, visit, write

__all__ = ["browser", "owner", "product", "start", "visit"]  # the fixtures
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]

_NOTICES = """() => {
  window.notices = []; window.asked = 0; window.rung = 0;
  class Notice { constructor(title, options) { this.title = title; this.options = options; window.notices.push(this); } }
  Notice.permission = sessionStorage.allowed ?? "default";
  Notice.requestPermission = async () => { window.asked += 1; sessionStorage.allowed = Notice.permission = "granted"; return "granted"; };
  window.Notification = Notice;
  const audio = window.AudioContext;
  window.AudioContext = class extends audio { constructor() { super(); window.rung += 1; } };
  Object.defineProperty(document, "hidden", { configurable: true, get: () => Boolean(window.away) });
}"""


def test_a_handoff_is_told_once_in_the_browser_to_whoever_looks_elsewhere(browser: Browser, visit: Open, owner: Any, product: Product, start: Start) -> None:
    context = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900}, bypass_csp=True)
    context.add_cookies(owner)
    context.add_init_script(f"({_NOTICES})()")
    first = start(QUESTION, FOR_A_PERSON)
    page = visit(f"/inbox/sessions/{first}?view=unassigned", context)
    live(page)
    assert page.evaluate("asked") == 0, "nobody is asked before they choose to be told"
    page.get_by_role("button", name="Tell me on this computer").click()
    expect(page.get_by_text("You will be told when a conversation waits")).to_be_visible()
    assert page.evaluate("[asked, notices.length]") == [1, 0]
    page.get_by_role("button", name="Sound for handoffs: off").click()
    assert page.evaluate("rung") == 1, "it can be heard at once"

    second = start(QUESTION, FOR_A_PERSON)
    expect(line(page, second)).to_be_visible()
    page.wait_for_function("rung === 2")
    assert page.evaluate("notices.length") == 0, "who looks at the inbox sees it there"
    page.evaluate("away = true")
    third = start(QUESTION, FOR_A_PERSON)
    page.wait_for_function("notices.length === 1")
    number = product.ask("GET", f"/chat/sessions/{third}").json()["ticket_number"]
    title, body = page.evaluate("[notices[0].title, notices[0].options.body]")
    assert title == f"#{number} waits for a person"
    assert QUESTION not in body
    assert FOR_A_PERSON not in body
    write(product, third, "Are you there?")
    product.reply(third, "I am here.")
    expect(line(page, third)).to_have_count(0)
    page.wait_for_timeout(500)
    assert page.evaluate("[notices.length, rung]") == [1, 3], "neither what is said next nor an older one that comes up again is told anew"
    page.reload()
    live(page)
    assert page.evaluate("[notices.length, asked]") == [0, 0], "what waited before is not told when the page opens"
    context.close()


def test_what_is_looked_at_rings_no_bell(browser: Browser, visit: Open, owner: Any, product: Product, start: Start) -> None:
    context = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900}, bypass_csp=True)
    context.add_cookies(owner)
    context.add_init_script(f"({_NOTICES})()")
    session = start(QUESTION)
    page = visit(f"/inbox/sessions/{session}?view=autopilot", context)
    live(page)
    page.get_by_role("button", name="Sound for handoffs: off").click()
    write(product, session, FOR_A_PERSON)
    expect(page.locator("#brief")).to_contain_text("Handed off")
    page.wait_for_timeout(300)
    assert page.evaluate("[rung, notices.length]") == [1, 0]
    context.close()


def test_a_draft_outlives_what_comes_in_and_a_reload_and_goes_with_the_reply(visit: Open, start: Start, product: Product) -> None:
    session = start(QUESTION, FOR_A_PERSON)
    page = visit(f"/inbox/sessions/{session}?view=unassigned")
    live(page)
    box = page.get_by_role("textbox", name="Your words")
    box.fill("I look it up, one mom")
    for word in ("Hello?", "Is there somebody?"):
        write(product, session, word)
        expect(page.locator("#log")).to_contain_text(word)
    expect(box).to_be_focused()
    expect(box).to_have_value("I look it up, one mom")
    page.reload()
    expect(box).to_have_value("I look it up, one mom")
    box.press("Control+Enter")
    expect(page.locator("#log")).to_contain_text("I look it up, one mom")
    expect(box).to_have_value("")
    page.reload()
    expect(box).to_have_value("")


def test_who_reads_further_up_stays_there(visit: Open, start: Start, product: Product) -> None:
    session = start(QUESTION, "When does the refund for a returned tent arrive?", "Do you repair zips?", FOR_A_PERSON)
    page = visit(f"/inbox/sessions/{session}?view=unassigned", viewport={"width": 1280, "height": 560})
    live(page)
    pane = page.locator("[data-scroll]")
    pane.evaluate("pane => { pane.scrollTop = 20; }")
    before = pane.evaluate("pane => pane.scrollTop")
    write(product, session, "One more thing, please.")
    expect(page.locator("[data-newer]")).to_be_visible()
    assert pane.evaluate("pane => pane.scrollTop") == before
    page.locator("[data-newer]").click()
    expect(page.locator("#log > li").last).to_be_in_viewport()
