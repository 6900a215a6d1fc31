"""The page of a turn in a real browser: it follows a running turn, replays by a key, and asks what if; light, dark and on a phone."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stub_model import StubModel
from tests.running import Product, product
from tests.test_inbox_browser import AXE, QUESTION, Open, browser, live, owner, pytestmark, start, visit, write

SETTINGS = {"llm_model": "stub"}

__all__ = ["browser", "owner", "product", "pytestmark", "start", "visit"]  # the fixtures, and the mark


@pytest.fixture(scope="module")
def model() -> Iterator[StubModel]:
    """A language model in a thread of its own, because the browser's tests hold the loop."""
    stub, ready, ended = StubModel(), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with stub:
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(30)
    yield stub
    loop.call_soon_threadsafe(ended.set)
    thread.join(30)
    loop.close()


@pytest.fixture(autouse=True)
def quick(model: StubModel) -> None:
    model.latency = 0.0


def test_a_running_turn_is_followed_from_the_inbox_to_its_end(visit: Open, start: Any, product: Product, model: StubModel) -> None:
    session = start(QUESTION)
    page = visit(f"/inbox/sessions/{session}?view=autopilot")
    live(page)
    model.latency = 6.0
    with ThreadPoolExecutor(1) as beside:
        sent = beside.submit(write, product, session, "When does the refund for a returned tent arrive?")
        page.locator("#working a", has_text="Watch").click()
        expect(page.get_by_role("heading", name="The AI is at work")).to_be_visible()
        expect(page.locator("#model.step.now")).to_contain_text("Waiting for its answer")
        before = page.evaluate("performance.timeOrigin")
        expect(page.get_by_role("heading", name="Replied to the customer")).to_be_visible(timeout=20_000)
        expect(page.locator("#went-out")).to_contain_text("within 30 days")
        expect(page.get_by_role("button", name="Replay")).to_be_visible()
        assert page.evaluate("performance.timeOrigin") == before, "the page was loaded again"
        sent.result()


def test_a_key_replays_and_what_if_stands_beside_it(visit: Open, start: Any) -> None:
    session = start(QUESTION)
    page = visit(f"/inbox/sessions/{session}/turns/now")
    page.keyboard.press("p")
    expect(page.locator("#replay")).to_contain_text("Nothing differs from what was recorded.")
    page.get_by_label("Article", exact=True).select_option(label="Returns and refunds")
    text = page.get_by_label("Its text instead")
    expect(text).to_have_value(holding("within 30 days"))
    text.fill("You can return an unused tent within 90 days of delivery.")
    page.get_by_role("button", name="Show what would come out").click()
    expect(page.locator("#what-if ins").first).to_contain_text("90")
    expect(page.locator("#what-if del").first).to_contain_text("30")


def holding(words: str) -> re.Pattern[str]:
    return re.compile(re.escape(words))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_results_have_no_fault_that_axe_can_find(visit: Open, start: Any, scheme: str, tmp_path: Path) -> None:
    session = start(QUESTION)
    page = visit(f"/inbox/sessions/{session}/turns/now", color_scheme=scheme, bypass_csp=True)
    page.get_by_role("button", name="Debug mode").click()
    page.get_by_role("button", name="Replay").click()
    expect(page.locator("#replay")).to_contain_text("Nothing differs")
    page.get_by_label("Added to the model's rules").fill("Answer in one sentence.")
    page.get_by_label("Article", exact=True).select_option(label="Returns and refunds")
    page.get_by_label("Its text instead").fill("You can return an unused tent within 90 days of delivery.")
    page.get_by_role("button", name="Show what would come out").click()
    expect(page.locator("#what-if")).to_contain_text("As it was")
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run().then(result => result.violations.map(v => `${v.id}: ${v.nodes[0].html}`))")
    assert found == []
    page.screenshot(path=tmp_path / "inspect.png", full_page=True)


def test_a_phone_shows_all_of_it(visit: Open, start: Any) -> None:
    session = start(QUESTION)
    page = visit(f"/inbox/sessions/{session}/turns/now", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Replay").tap()
    expect(page.locator("#replay")).to_contain_text("Nothing differs")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
