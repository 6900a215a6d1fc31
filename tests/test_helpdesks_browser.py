"""A newcomer connects a helpdesk in the browser, hands a customer off, answers over there, and stops it: the customer is answered every time, and there is one ticket."""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from glassine.config import Settings
from glassine.web.staff import COOKIE
from tests.generic_webhook_twin import SECRET, GenericTwin
from tests.helpdesk_twins import SentHook
from tests.running import Product, product
from tests.visitors import FOR_A_PERSON, chat, launcher, say, violations

__all__ = ["product"]
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]
PICTURES = os.environ.get("PICTURES_OF_PAGES", "")
T = TypeVar("T")


@dataclass
class Over:
    """The twin in a loop of its own, beside the browser."""

    twin: GenericTwin
    loop: asyncio.AbstractEventLoop

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def tickets(self, count: int) -> list[Any]:
        """Waits until there are so many."""
        end = time.monotonic() + 60
        while len(self.twin.tickets()) < count and time.monotonic() < end:
            time.sleep(0.1)
        return self.twin.tickets()


@pytest.fixture(scope="module")
def over() -> Iterator[Over]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    made = Over(GenericTwin(), loop)
    made.do(made.twin.start())
    yield made
    made.do(made.twin.stop())
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def settings(database_url: str, home: Path, over: Over) -> Settings:
    return Settings(home=home, database_url=database_url, allow_private=(over.twin.url.removeprefix("http://"),))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def owner(browser: Browser, product: Product) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900}, bypass_csp=True)
    context.add_cookies([{"name": COOKIE, "value": product.owner.cookies[COOKIE], "url": product.url}])
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture
def visit(browser: Browser, product: Product) -> Iterator[Callable[[], Page]]:
    contexts = []

    def go() -> Page:
        contexts.append(browser.new_context(locale="en-GB", viewport={"width": 1000, "height": 800}))
        page = contexts[-1].new_page()
        page.goto(f"{product.url}/demo?token={product.widget_token}")
        launcher(page).click()
        return page

    yield go
    for context in contexts:
        context.close()


def seen(page: Page, name: str) -> None:
    """A picture of the page, light and dark, wide and narrow, for whoever asks for some; and no fault of accessibility."""
    assert violations(page.main_frame) == []
    if not PICTURES:
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=f"{PICTURES}/{name}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=f"{PICTURES}/{name}-narrow.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_newcomer_connects_one_hands_off_and_answers_over_there(owner: Page, visit: Callable[[], Page], product: Product, over: Over) -> None:
    owner.goto(f"{product.url}/settings/helpdesks")
    seen(owner, "none")
    owner.get_by_role("link", name="Connect a helpdesk").click()
    seen(owner, "kinds")
    owner.get_by_role("link", name=re.compile("Any system by HTTP")).click()
    owner.get_by_label("Address", exact=True).fill(f"{over.twin.url}/desk")
    owner.get_by_label("Shared secret").fill("too short")
    owner.get_by_role("button", name="Test and save").click()
    expect(owner.get_by_role("alert").first).to_contain_text("24 characters")
    owner.get_by_label("Shared secret").fill(SECRET)
    owner.get_by_label("E-mail address").select_option("raw")
    expect(owner.locator("#example")).to_contain_text("ada@example.com")
    seen(owner, "form")
    owner.get_by_role("button", name="Test and save").click()
    expect(owner.get_by_role("status").first).to_contain_text("Desk of Paper & Glass answered")
    hook = owner.locator(".once code").inner_text()
    _told_at(over, hook)
    owner.get_by_role("button", name="Test handoff").click()
    expect(owner.get_by_text("A test ticket was opened and solved again")).to_be_visible()
    seen(owner, "connected")
    owner.goto(f"{product.url}/settings/routing")
    owner.locator('input[name="way:web"][value="helpdesk"]').check()
    owner.get_by_role("button", name="Save").click()

    customer = visit()
    say(customer, "Within how many days can I return an unused tent?")
    expect(chat(customer).locator(".from-ai").filter(has_text="30 days").last).to_be_visible(timeout=30_000)
    say(customer, FOR_A_PERSON)
    there = over.tickets(2)[-1]
    assert {"opencx_channel_web", "opencx_handedoff"} <= set(there.tags)
    assert FOR_A_PERSON in "\n".join(one.text for one in there.comments)
    assert there.fields["link"].startswith(product.url)
    over.do(over.twin.answer(there.id, "Grace here, with a new tent for you."))
    expect(chat(customer).get_by_text("Grace here, with a new tent for you.")).to_be_visible(timeout=30_000)
    over.do(over.twin.answer(there.id, "Not for the customer.", public=False))
    say(customer, "Thank you so much!")
    _within(lambda: any(one.text == "Thank you so much!" for one in there.comments))
    assert chat(customer).get_by_text("Not for the customer.").count() == 0


def test_when_it_is_down_the_inbox_has_it_and_there_is_one_ticket_in_the_end(owner: Page, visit: Callable[[], Page], product: Product, over: Over) -> None:
    over.do(over.twin.stop())
    before = len(over.twin.tickets())
    customer = visit()
    say(customer, FOR_A_PERSON)
    _within(lambda: any(one["owner"] for one in _waiting(product)))
    owner.goto(f"{product.url}/inbox?view=unassigned")
    expect(owner.locator("main")).to_contain_text(FOR_A_PERSON[:20], timeout=30_000)
    over.do(over.twin.start())
    over.tickets(before + 1)
    say(customer, "Are you there?")
    time.sleep(2)
    assert len(over.twin.tickets()) == before + 1
    there = over.twin.tickets()[-1]
    _within(lambda: any(one.text == "Are you there?" for one in there.comments))
    assert sum(one.text == FOR_A_PERSON for one in there.comments) == 1


def _told_at(over: Over, hook: str) -> None:
    """From now on the twin sends what happens to this address."""
    over.twin.hook_url = hook

    async def post(sent: SentHook) -> int:
        async with httpx2.AsyncClient(timeout=30) as client:
            return (await client.post(sent.url, content=sent.body, headers=dict(sent.headers))).status_code

    over.twin.post = post


def _waiting(product: Product) -> list[dict[str, Any]]:
    found = product.ask("GET", "/chat/sessions?handed_off=true").json()["items"]
    return [{"owner": one["assignee"]["kind"] == "none"} for one in found]


def _within(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)
