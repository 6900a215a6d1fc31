"""The inbox as the team meets it: a real browser, live without reload, by keyboard, in two tabs, on a phone and without JavaScript."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect, sync_playwright

from glassine.web.staff import COOKIE
from tests.running import Product, product

__all__ = ["product"]  # the fixture
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]
AXE = Path(__file__).with_name("vendor") / "axe.min.js"
PICTURE = Path(__file__).parent.parent / "docs" / "images" / "inbox.png"
QUESTION = "Within how many days can I return an unused tent?"
FOR_A_PERSON = "I want to talk to a human being, please."
_SETTINGS = ("data-map", "ledger", "autopilot", "handoff", "model", "people", "segments", "keys", "widget", "privacy", "patterns", "retention", "erasures", "audit", "account")
Open = Callable[..., Page]
Start = Callable[..., str]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def owner(product: Product) -> Any:
    """The browser state of the owner, who came in by the link that `up` prints."""
    cookie = {"name": COOKIE, "value": product.owner.cookies[COOKIE], "url": product.url}
    return [cookie]


@pytest.fixture
def visit(browser: Browser, product: Product, owner: Any) -> Iterator[Open]:
    """The owner at a page. What the browser complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def go(path: str, context: BrowserContext | None = None, **options: Any) -> Page:
        if context is None:
            context = browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1440, "height": 900}, **options})
            context.add_cookies(owner)
            contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.goto(product.url + path)
        return page

    yield go
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def start(product: Product) -> Callable[..., str]:
    """A customer's session by the API: each text gets its outcome before the next."""

    def begin(*texts: str, **contact: str) -> str:
        session = str(product.ask("POST", "/chat/sessions", {"channel": {"type": "web"}, **({"contact": contact} if contact else {})}).json()["id"])
        for text in texts:
            write(product, session, text)
        return session

    return begin


def write(product: Product, session: str, text: str) -> None:
    answer = product.ask("POST", f"/chat/sessions/{session}/send", {"sender": {"type": "contact"}, "message": {"type": "text", "text": text}})
    assert answer.is_success, answer.text


def line(page: Page, session: str) -> Any:
    return page.locator(f"#line-{session}")


def live(page: Page) -> None:
    """Until the stream is open: what comes from now on arrives by itself."""
    expect(page.locator('main[data-live="live"]')).to_be_visible()


def test_a_handoff_appears_by_itself_and_disturbs_nobody(visit: Open, start: Callable[..., str], product: Product) -> None:
    first = start(QUESTION)
    page = visit(f"/inbox/sessions/{first}?view=unassigned")
    live(page)
    box = page.get_by_role("textbox", name="Your words")
    box.fill("half a sent")
    before = page.evaluate("performance.timeOrigin")
    second = start(QUESTION, FOR_A_PERSON)
    expect(line(page, second)).to_be_visible()
    expect(page.locator("#view-unassigned .count")).to_have_text(re.compile(r"[1-9]"))
    expect(page).to_have_title(re.compile(r"^\([1-9]\d*\) "))
    write(product, first, "When does the refund for a returned tent arrive?")
    expect(page.locator("#log")).to_contain_text("five working days")
    expect(box).to_be_focused()
    expect(box).to_have_value("half a sent")
    assert page.evaluate("performance.timeOrigin") == before, "the page was loaded again"
    sequence = page.locator("#log > li").evaluate_all("lines => lines.map(line => Number(line.dataset.seq))")
    assert sequence == sorted(set(sequence))


def test_the_list_does_not_move_under_the_pointer(visit: Open, start: Callable[..., str]) -> None:
    start(QUESTION, FOR_A_PERSON)
    page = visit("/inbox?view=unassigned")
    live(page)
    page.locator(".line").first.hover()
    shown = page.locator(".line").evaluate_all("lines => lines.map(line => line.id)")
    newcomer = start(QUESTION, FOR_A_PERSON)
    expect(page.get_by_role("button", name="Show what changed")).to_be_visible()
    assert page.locator(".line").evaluate_all("lines => lines.map(line => line.id)") == shown
    page.mouse.move(900, 500)
    expect(line(page, newcomer)).to_be_visible()
    expect(page.get_by_role("button", name="Show what changed")).to_be_hidden()


def test_tabs_share_one_stream_and_both_are_live(visit: Open, start: Callable[..., str]) -> None:
    one = visit("/inbox?view=unassigned")
    live(one)
    streams: list[str] = []
    one.context.on("request", lambda request: streams.append(request.url) if request.url.endswith("/inbox/stream") else None)
    two = visit("/inbox?view=unassigned", one.context)
    live(two)
    assert streams == [], "the second tab opened a stream of its own"
    newcomer = start(QUESTION, FOR_A_PERSON)
    for page in (two, one):
        expect(line(page, newcomer)).to_be_visible()
    one.close()
    live(two)
    heir = start(QUESTION, FOR_A_PERSON)
    expect(line(two, heir)).to_be_visible()
    assert len(streams) == 1, "the second tab takes the stream over"


def test_the_keyboard_does_every_act(visit: Open, start: Callable[..., str]) -> None:
    for _ in range(2):
        start(QUESTION, FOR_A_PERSON)
    page = visit("/inbox?view=unassigned")
    live(page)
    page.keyboard.press("j")
    expect(page.locator("#log")).to_be_visible()
    opened = page.locator("#log").get_attribute("data-session")
    page.keyboard.press("j")
    expect(page.locator(f'#log:not([data-session="{opened}"])')).to_be_visible()
    page.keyboard.press("k")
    expect(page.locator(f'#log[data-session="{opened}"]')).to_be_visible()
    assert str(opened) in page.url
    page.keyboard.press("n")
    page.keyboard.type("Only for us")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".event.note")).to_contain_text("Only for us")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.type("I am looking into it.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".event.person")).to_contain_text("I am looking into it.")
    expect(page.get_by_role("textbox", name="Your words")).to_have_value("")
    expect(page.locator("#thread-head")).to_contain_text("You own it")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.locator("#thread-head")).to_contain_text("Closed, resolved")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("#thread-head")).to_contain_text("You own it")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("checkbox", name="Use these single keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.wait_for_timeout(300)
    expect(page.locator("#thread-head")).to_contain_text("You own it")


def test_a_closed_conversation_takes_notes_only_and_leads_on_to_the_next(visit: Open, start: Callable[..., str]) -> None:
    first, second = start(QUESTION, FOR_A_PERSON), start(QUESTION, FOR_A_PERSON)
    page = visit(f"/inbox/sessions/{first}?view=unassigned")
    live(page)
    page.locator("#words").evaluate("field => { field.style.color = 'inherit'; }")  # as extensions do; the next swap must not trip over it
    page.keyboard.press("t")
    expect(page.locator("#thread-head")).to_contain_text("You own it")
    page.keyboard.press("e")
    expect(page.locator("#closed")).to_contain_text("Closed, resolved")
    expect(page.get_by_role("textbox", name="Your words")).to_be_hidden()
    expect(page.locator("[data-toast]")).to_have_count(1)
    page.get_by_role("radio", name="Note").check()
    expect(page.get_by_role("textbox", name="Your words")).to_be_visible()
    expect(line(page, first)).to_have_count(0)
    page.get_by_role("button", name="Next conversation").click()
    expect(page.locator(f'#log[data-session="{second}"]')).to_be_visible()
    expect(page.get_by_role("textbox", name="Your words")).to_be_visible()


def test_a_masked_value_is_shown_in_place_and_covered_again(visit: Open, start: Callable[..., str]) -> None:
    session = start("Please mail me at ada.lovelace@example.com", name="Ada Lovelace", email="ada@example.com")
    page = visit(f"/inbox/sessions/{session}")
    chip = page.locator("#log button.mask").first
    chip.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("masked before it was stored")
    chip.click()
    page.keyboard.press("Escape")
    expect(chip).to_have_text("EMAIL 1")
    chip.click()
    why = page.get_by_label("Another reason")
    why.fill("")
    why.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()  # a reason is needed
    why.fill("the parcel came back")
    why.press("Enter")
    expect(chip).to_have_text("ada.lovelace@example.com")
    chip.click()
    expect(chip).to_have_text("EMAIL 1")
    contact = page.locator('#context button.mask[value="contact.name"]')
    contact.focus()
    page.keyboard.press("Enter")
    expect(contact).to_have_text("Ada Lovelace")  # the tab remembers why
    page.goto(page.url.partition("/inbox")[0] + "/settings/audit?only=reveals")
    expect(page.locator("tbody tr").first).to_contain_text("looked behind name of a contact (the parcel came back)")


def test_a_message_is_redacted_by_the_tickets_number_and_every_open_page_covers_it(visit: Open, start: Callable[..., str]) -> None:
    session = start("The Zwiebelturm is mine.", FOR_A_PERSON)
    page, other = visit(f"/inbox/sessions/{session}"), visit(f"/inbox/sessions/{session}")
    expect(other.locator("#event-1")).to_contain_text("Zwiebelturm")
    first = page.locator("#event-1")
    first.hover()
    first.get_by_text("Redact message…").click()
    ticket = re.search(r"Type (\d+)", first.locator("form").inner_text())
    assert ticket
    first.get_by_label("to confirm").fill(ticket[1])
    first.get_by_role("button", name="Redact message").click()
    for seen in (page, other):
        expect(seen.locator("#event-1 .removed")).to_have_text("REDACTED")
        expect(seen.locator("#log")).to_contain_text("removed the words of an entry for good")
        expect(seen.locator("#log")).not_to_contain_text("Zwiebelturm")


def test_custom_data_opens_as_a_table_stays_while_messages_come_and_is_covered_again(visit: Open, start: Callable[..., str], product: Product) -> None:
    session = start(QUESTION, name="Ada Lovelace", custom_data={"plan": "gold", "note": "<b>early</b>"})
    page = visit(f"/inbox/sessions/{session}")
    chip, table = page.locator('#context button.mask[value="contact.custom_data"]'), page.locator("#context table.data")
    chip.click()
    page.get_by_role("button", name="To answer the customer").click()
    expect(table.get_by_role("row")).to_have_text(["plangold", "note<b>early</b>"])
    expect(chip).to_have_attribute("aria-label", "DATA. Cover again")
    page.get_by_role("textbox", name="Your words").fill("I look into it.")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("#log")).to_contain_text("I look into it.")
    expect(table).to_be_visible()
    chip.click()
    expect(table).to_have_count(0)
    expect(chip).to_have_text("DATA")


def test_a_draft_waits_in_its_conversation(visit: Open, start: Callable[..., str]) -> None:
    first, second = start(QUESTION, FOR_A_PERSON), start(QUESTION, FOR_A_PERSON)
    page = visit(f"/inbox/sessions/{first}?view=unassigned")
    box = page.get_by_role("textbox", name="Your words")
    page.get_by_role("radio", name="Note").check()
    box.fill("unfinished")
    line(page, second).click()
    expect(page.locator(f'#log[data-session="{second}"]')).to_be_visible()
    expect(box).to_have_value("")
    line(page, first).click()
    expect(box).to_have_value("unfinished")
    expect(page.get_by_role("radio", name="Note")).to_be_checked()
    page.go_back()
    page.wait_for_url(f"**/{second}*")


def test_unsaved_words_are_guarded(visit: Open) -> None:
    page = visit("/knowledge/new")
    page.get_by_label("Text, in Markdown").press_sequentially("Not saved **yet**")
    expect(page.locator("#preview strong")).to_have_text("yet")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.once("dialog", leave)
    page.close(run_before_unload=True)
    page.context.new_page().wait_for_timeout(500)
    assert asked == ["beforeunload"]


def test_a_phone_shows_one_pane_at_a_time(visit: Open, start: Callable[..., str]) -> None:
    session = start(QUESTION, FOR_A_PERSON)
    page = visit("/inbox?view=unassigned", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    expect(page.locator("#thread")).to_be_hidden()
    line(page, session).tap()
    expect(page.locator("#log")).to_be_visible()
    expect(page.locator("#lines")).to_be_hidden()
    page.get_by_role("link", name="About this conversation").tap()
    expect(page.locator("#context")).to_be_visible()
    expect(page.locator("#log")).to_be_hidden()
    page.get_by_role("link", name="Back to the conversation").tap()
    page.get_by_role("link", name="Back to the list").tap()
    expect(page.locator("#lines")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_everything_works_without_javascript(visit: Open, start: Callable[..., str]) -> None:
    session = start("Mail me at ada.lovelace@example.com", FOR_A_PERSON)
    page = visit("/inbox?view=unassigned", java_script_enabled=False)
    line(page, session).click()
    page.get_by_role("button", name="Take over").click()
    expect(page.locator("[data-toast]")).to_contain_text("It is yours")
    page.get_by_role("textbox", name="Your words").fill("Hello from a plain page.")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("#log")).to_contain_text("Hello from a plain page.")
    page.locator("#log button.mask").first.click()
    expect(page.locator("main")).to_contain_text("ada.lovelace@example.com")
    page.get_by_role("link", name="Back to the conversation").click()
    page.get_by_role("button", name="Resolve", exact=True).click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Resolve", exact=True)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_fault_that_axe_can_find(visit: Open, start: Callable[..., str], scheme: str) -> None:
    session = start(QUESTION, f"{FOR_A_PERSON} I am at ada@example.com.")
    page = visit(f"/inbox/sessions/{session}?view=unassigned", color_scheme=scheme, bypass_csp=True)
    turn = page.locator("a.inspect").first.get_attribute("href")
    paths = [page.url, turn, "/inbox?view=mine", "/knowledge", "/knowledge/new", *(f"/settings/{name}" for name in _SETTINGS)]
    for path in filter(None, paths):
        page.goto(path if path.startswith("http") else re.sub(r"(?<!/)/(?!/).*$", "", page.url) + path)
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))")
        assert found == [], path
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), f"{path}: panes scroll, the window does not"


def test_the_picture_of_the_readme_is_taken_here(visit: Open, start: Callable[..., str], product: Product) -> None:
    """Taken anew when there is none, or, with `-k picture`, when the environment says NEW_PICTURE=1: it must not change with every run of the tests."""
    for text in ("Do you repair broken poles?", "When does the refund for a returned tent arrive?", "How do I send a tent in for repair?"):
        start(text)
    for text in ("My new tent leaks at the door. Please call me at +1 202 555 0142.", "Is the groundsheet safe for dogs?", "Do you sell to schools on invoice?"):
        start(text, "Can I speak to a person?")
    session = start(
        "Hello, I am Mara Keller. Within how many days can I return an unused tent?",
        "I sent it back two weeks ago and paid with 4111 1111 1111 1111. I want to talk to a human being, please.", name="Mara Keller", email=f"mara.{uuid4().hex[:6]}@example.com",
    )
    page = visit(f"/inbox/sessions/{session}?view=unassigned", viewport={"width": 1360, "height": 850}, device_scale_factor=2)
    page.get_by_role("radio", name="Note").check()
    page.get_by_role("textbox", name="Your words").fill("The parcel arrived on Monday, refund goes out today.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".event.note")).to_be_visible()
    page.get_by_role("radio", name="Reply").check()
    page.evaluate("document.activeElement.blur()")
    if not PICTURE.exists() or os.environ.get("NEW_PICTURE") == "1":
        PICTURE.parent.mkdir(exist_ok=True, parents=True)
        page.screenshot(path=PICTURE)
    assert PICTURE.stat().st_size > 10_000
