"""Cards in the widget: what an action would do, with yes and no, a form and its faults, and what became of it; keyboard, axe, dark, narrow and right to left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bench.stub_model import asks, told
from bench.stub_wires import Says
from glassine.config import Settings
from tests.company_apart import Twins, company_apart
from tests.running import Product, product
from tests.visitors import Open, answered, browser, chat, inside, say, violations, visit

__all__ = ["browser", "product", "visit"]  # the fixtures
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]


@pytest.fixture(scope="module")
def twins() -> Iterator[Twins]:
    with company_apart({"case": "K-7"}, [
        (lambda body: 'new="yes"' in str(body["messages"][1]["content"]), "Your case is K-7."),
        (asks("cancel my tent"), Says(calls=(("cancel_order", {"order": "W-1 [x](https://evil.example)"}),))),
        (asks("pole is broken"), Says(calls=(("open_case", {"order": "W-1"}),))),
        (told(""), "Which order do you mean?"),
    ]) as running:
        yield running


@pytest.fixture(scope="module")
def settings(database_url: str, home: Path, twins: Twins) -> Settings:
    return Settings(home=home, database_url=database_url, llm_model="stub", llm_url=twins.model.url, allow_private=(twins.api.url,))


@pytest.fixture(scope="module", autouse=True)
def made(product: Product, twins: Twins) -> None:
    order = {"name": "order", "in": "query", "required": True, "schema": {"type": "string"}}
    fields = [
        {"name": "what", "in": "query", "required": True, "filled_by": "form", "schema": {"type": "string", "minLength": 5}, "description": "What is broken?"},
        {"name": "part", "in": "query", "required": True, "filled_by": "form", "schema": {"type": "string", "enum": ["pole", "zip"]}},
        {"name": "count", "in": "query", "filled_by": "form", "schema": {"type": "integer", "minimum": 1}},
        {"name": "urgent", "in": "query", "filled_by": "form", "schema": {"type": "boolean"}},
        {"name": "length", "in": "query", "filled_by": "form", "schema": {"type": "integer", "enum": [40, 60]}},
        {"name": "colour", "in": "query", "filled_by": "form", "schema": {"oneOf": [{"const": "r", "title": "Red"}, {"const": "g", "title": "Green"}]}},
        {"name": "spares", "in": "query", "filled_by": "form", "schema": {"type": "array", "items": {"type": "string", "enum": ["peg", "rope", "bag"]}}},
    ]
    for body in (
        {"name": "cancel_order", "title": "Cancel an order", "description": "Cancels an order that was not sent yet.", "api_endpoint": f"{twins.api.url}/cancel", "request_type": "POST", "parameters": [order], "policy": {"confirm": True}},
        {"name": "open_case", "title": "Open a case", "description": "Opens a case for something broken.", "api_endpoint": f"{twins.api.url}/cases", "request_type": "POST", "parameters": [order, *fields]},
    ):  # fmt: skip
        answer = product.ask("POST", "/actions", body)
        assert answer.is_success, answer.text


@pytest.fixture(autouse=True)
def unseen(twins: Twins) -> None:
    twins.api.seen.clear()


def test_a_yes_by_keyboard_runs_what_was_shown_and_the_card_tells(visit: Open, twins: Twins) -> None:
    page = visit()
    say(page, "Please cancel my tent")
    card = chat(page).get_by_role("region", name="Cancel an order")
    expect(card).to_be_visible(timeout=30_000)
    expect(card.locator("dd")).to_have_text("W-1 [x](https://evil.example)")
    expect(card.get_by_role("link")).to_have_count(0)
    assert violations(inside(page)) == []
    card.get_by_role("button", name="Yes, do it").focus()
    page.keyboard.press("Enter")
    answered(page, "Your case is K-7.")
    expect(card.locator(".card-state")).to_have_text("Done")
    expect(card.get_by_role("button")).to_have_count(0)
    assert len(twins.api.seen) == 1
    page.reload()
    page.get_by_role("button", name=re.compile("chat", re.IGNORECASE)).click()
    expect(card.locator(".card-state")).to_have_text("Done")


def test_a_no_leaves_it(visit: Open, twins: Twins) -> None:
    page = visit(color_scheme="dark")
    say(page, "Please cancel my tent")
    card = chat(page).get_by_role("region", name="Cancel an order")
    card.get_by_role("button", name="No, leave it").click(timeout=30_000)
    answered(page, "nothing was done")
    expect(card.locator(".card-state")).to_have_text("Not done")
    assert twins.api.seen == []
    assert violations(inside(page)) == []


def test_a_form_says_what_is_wrong_beside_its_field_and_keeps_what_was_typed(visit: Open, twins: Twins) -> None:
    page = visit(viewport={"width": 340, "height": 700})
    say(page, "My pole is broken")
    card = chat(page).get_by_role("region", name="Open a case")
    what = card.get_by_label("What is broken?")
    expect(what).to_be_visible(timeout=30_000)
    expect(card.get_by_label("Count (optional)")).to_have_attribute("type", "number")
    card.get_by_role("button", name="Send").click()
    expect(what).to_be_focused()
    expect(what).to_have_attribute("aria-invalid", "true")
    what.press_sequentially("pole")
    card.get_by_label("Count (optional)").fill("0")
    card.get_by_role("button", name="Send").click()
    card.get_by_label("Part").select_option("zip")
    card.get_by_role("button", name="Send").click()
    expect(card.locator(".field").nth(2).locator(".trouble")).not_to_have_text("")
    assert violations(inside(page)) == []
    assert inside(page).evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert twins.api.seen == []
    what.fill("The long pole")
    card.get_by_label("Part").select_option("")
    card.get_by_role("button", name="Send").click()
    expect(card.get_by_label("Part")).to_be_focused()
    card.get_by_label("Part").select_option("pole")
    card.get_by_label("Count (optional)").fill("2")
    card.get_by_label("Urgent").check()
    card.get_by_label("Length (optional)").select_option("60")
    card.get_by_label("Colour (optional)").select_option("Green")
    card.get_by_label("Spares (optional)").select_option(["peg", "bag"])
    card.get_by_role("button", name="Send").press("Enter")
    answered(page, "Your case is K-7.")
    expect(card.locator(".card-state")).to_have_text("Done")
    assert [request.target for request in twins.api.seen] == ["/cases?order=W-1&what=The+long+pole&part=pole&count=2&urgent=true&length=60&colour=g&spares=peg&spares=bag"]


def test_a_form_can_be_left_and_a_failed_sending_keeps_it(visit: Open, twins: Twins) -> None:
    page = visit()
    say(page, "My pole is broken")
    card = chat(page).get_by_role("region", name="Open a case")
    card.get_by_label("What is broken?").fill("The long pole", timeout=30_000)
    card.get_by_label("Part").select_option("zip")
    page.route(re.compile("/action/execute$"), lambda route: route.abort())
    card.get_by_role("button", name="Send").click()
    expect(card.locator("form > .trouble")).not_to_have_text("")
    expect(card.get_by_label("What is broken?")).to_have_value("The long pole")
    page.unroute(re.compile("/action/execute$"))
    card.get_by_role("button", name="Not now").click()
    answered(page, "nothing was done")
    assert twins.api.seen == []


def test_it_stands_right_from_right_to_left(visit: Open) -> None:
    page = visit()
    say(page, "My pole is broken")
    card = chat(page).get_by_role("region", name="Open a case")
    expect(card).to_be_visible(timeout=30_000)
    inside(page).evaluate("document.documentElement.dir = 'rtl'")
    assert inside(page).evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(inside(page)) == []
