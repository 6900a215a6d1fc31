"""Who sits at a real browser: a visitor on the demo page of a running product, with the chat open, and the owner at their desk. They look and click; they reach into nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, FrameLocator, Page, expect, sync_playwright

from glassine.web.staff import COOKIE
from tests.running import Product

QUESTION = "Within how many days can I return an unused tent?"
FOR_A_PERSON = "I want to talk to a human being, please."
AXE = Path(__file__).with_name("vendor") / "axe.min.js"
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser, product: Product) -> Iterator[Open]:
    """A new visitor on the demo page, with the chat open. What the browser complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def go(*, open: bool = True, before: Callable[[Page], object] = lambda _: None, **context: Any) -> Page:
        contexts.append(browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1000, "height": 800}, **context}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
        before(page)
        page.goto(f"{product.url}/demo?token={product.widget_token}")
        if open:
            launcher(page).click()
        return page

    yield go
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def owner(browser: Browser, product: Product) -> Iterator[Page]:
    """The owner, at a desk. What the browser complains about fails the test."""
    complaints: list[str] = []
    context = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900}, bypass_csp=True)
    context.add_cookies([{"name": COOKIE, "value": product.owner.cookies[COOKIE], "url": product.url}])
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    yield page
    context.close()
    assert not complaints


def launcher(page: Page) -> Any:
    return page.get_by_role("button", name=re.compile("chat", re.IGNORECASE))


def chat(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title=Chat]")


def inside(page: Page) -> Frame:
    """The frame itself, to evaluate something in."""
    return next(frame for frame in page.frames if urlsplit(frame.url).path == "/widget/frame.html")


def say(page: Page, text: str) -> None:
    box = chat(page).get_by_role("textbox", name="Write a message")
    box.fill(text)
    box.press("Enter")


def answered(page: Page, text: str | re.Pattern[str] = "30 days") -> None:
    expect(chat(page).locator(".from-ai").filter(has_text=text).last).to_be_visible(timeout=30_000)


def session_of(page: Page) -> str:
    """The session that the frame has just polled."""
    with page.expect_response(re.compile(r"/poll/"), timeout=30_000) as polled:
        say(page, QUESTION)
    return str(polled.value.url.rsplit("/", 1)[-1])


def violations(frame: Frame) -> list[str]:
    """What axe-core finds in a frame, with the elements."""
    frame.evaluate(AXE.read_text(encoding="utf-8"))
    found = frame.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false})")
    return [f"{each['id']}: {[node['html'] for node in each['nodes']]}" for each in found["violations"]]


def attach(page: Page, *files: Any) -> None:
    chat(page).locator("input[type=file]").set_input_files(list(files))
