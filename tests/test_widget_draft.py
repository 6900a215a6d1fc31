"""The widget while an answer is written: each part that has passed is read at once, has no fault that axe can find, is not read out before it is whole, and becomes the answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from glassine.config import Settings
from tests.running import Product, product
from tests.test_saying import Dripping
from tests.visitors import Open, answered, browser, chat, inside, say, violations, visit

__all__ = ["browser", "product", "visit"]  # the fixtures
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]
FIRST, SECOND = "Within 30 days you can return an unused tent.", "The refund reaches your bank account within five working days."


@pytest.fixture(scope="module")
def dripping() -> Iterator[Dripping]:
    """A model that pauses in the middle until it is told to go on, in a thread of its own: the tests of browsers wait without a loop."""
    ready, held = threading.Event(), list[tuple[Dripping, asyncio.AbstractEventLoop, asyncio.Event]]()

    async def serve() -> None:
        async with Dripping() as model:
            stop = asyncio.Event()
            held.append((model, asyncio.get_running_loop(), stop))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    model, loop, stop = held[0]
    model.answer = f"{FIRST} [1] §{SECOND} [1]"
    release = model.go.release
    model.go.release = lambda: loop.call_soon_threadsafe(release)  # type: ignore[method-assign,assignment]  # it is told from this thread
    yield model
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)


@pytest.fixture(scope="module")
def settings(database_url: str, home: Path, dripping: Dripping) -> Settings:
    return Settings(home=home, database_url=database_url, llm_model="stub", llm_url=dripping.url)


@pytest.fixture(scope="module", autouse=True)
def article(product: Product) -> None:
    made = product.ask("POST", "/knowledge/articles", {"title": "Returning tents", "body": f"{FIRST} {SECOND}", "language": "en"})
    assert made.is_success, made.text
    assert product.ask("PUT", "/autopilot/live", {"on": True}).is_success


@pytest.mark.parametrize(("scheme", "width"), [("light", 1000), ("dark", 390)])
def test_what_has_passed_is_read_while_the_rest_is_written(visit: Open, dripping: Dripping, scheme: str, width: int) -> None:
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    say(page, "How long can I return an unused tent?")
    draft = chat(page).locator(".from-ai").filter(has_text=FIRST)
    expect(draft).to_be_visible(timeout=60_000)
    expect(draft).not_to_contain_text(SECOND)
    assert draft.evaluate("one => one.ariaLive") == "off"
    assert violations(inside(page)) == []
    assert inside(page).evaluate("document.documentElement.scrollWidth <= innerWidth")
    dripping.go.release()
    answered(page, SECOND)
    expect(chat(page).locator(".from-ai").filter(has_text=FIRST)).to_have_count(1)
    assert violations(inside(page)) == []
