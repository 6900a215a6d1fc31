"""Typing in a real browser: the AI waits while somebody writes a reply, and answers when they leave the text, the conversation or the page."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.running import Product, product
from tests.test_inbox_browser import QUESTION, Open, browser, live, owner, pytestmark, start, visit, write

__all__ = ["browser", "owner", "product", "pytestmark", "start", "visit"]  # the fixtures, and the mark
REFUND = "When does the refund for a returned tent arrive?"


def begun(page: Page, words: str = "Let me look that up") -> None:
    """The person types, and the page says that the AI waits."""
    live(page)
    expect(page.locator("#thread-head")).to_contain_text("The AI answers")
    page.get_by_role("textbox", name="Your words").press_sequentially(words)
    expect(page.locator("#thread-head")).to_contain_text("You are typing; the AI waits")
    expect(page.locator("#composer-state")).to_contain_text("The AI waits while you write")


def test_the_ai_waits_while_somebody_writes_and_answers_when_the_text_is_cleared(visit: Open, start: object, product: Product) -> None:
    session = start(QUESTION)  # type: ignore[operator]  # a fixture that is a function
    page = visit(f"/inbox/sessions/{session}?view=autopilot")
    begun(page)
    write(product, session, REFUND)
    expect(page.locator("#log")).to_contain_text(REFUND)
    page.wait_for_timeout(1_500)
    expect(page.locator(".event.ai")).to_have_count(1)
    page.get_by_role("textbox", name="Your words").fill("")
    expect(page.locator(".event.ai")).to_have_count(2, timeout=30_000)
    expect(page.locator("#thread-head")).to_contain_text("The AI answers", timeout=20_000)


def test_whoever_goes_to_another_conversation_lets_the_ai_answer_at_once(visit: Open, start: object, product: Product) -> None:
    first, second = start(QUESTION), start(QUESTION)  # type: ignore[operator]  # as above
    page = visit(f"/inbox/sessions/{first}?view=autopilot")
    begun(page)
    write(product, first, REFUND)
    page.locator(f"#line-{second}").click()
    expect(page.locator(f'#log[data-session="{second}"]')).to_be_visible()
    page.locator(f"#line-{first}").click()
    expect(page.locator(".event.ai")).to_have_count(2, timeout=10_000)
    expect(page.get_by_role("textbox", name="Your words")).to_have_value("Let me look that up")


def test_sending_takes_over(visit: Open, start: object, product: Product) -> None:
    session = start(QUESTION)  # type: ignore[operator]  # as above
    page = visit(f"/inbox/sessions/{session}?view=autopilot")
    begun(page, "It takes a week.")
    write(product, session, REFUND)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#thread-head")).to_contain_text("You own it")
    expect(page.locator("#log")).to_contain_text("It takes a week.")
    page.wait_for_timeout(3_000)
    expect(page.locator(".event.ai")).to_have_count(1)


def test_a_note_makes_nobody_wait(visit: Open, start: object, product: Product) -> None:
    session = start(QUESTION)  # type: ignore[operator]  # as above
    page = visit(f"/inbox/sessions/{session}?view=autopilot")
    live(page)
    page.get_by_role("radio", name="Note").check()
    page.get_by_role("textbox", name="Your words").press_sequentially("Only for us")
    write(product, session, REFUND)
    expect(page.locator(".event.ai")).to_have_count(2)
