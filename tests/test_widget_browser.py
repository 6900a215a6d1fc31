"""The widget as customers meet it: asking, being answered, failures on the way, people, closing and rating."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Request, Route, expect

from tests.running import Product, product
from tests.visitors import FOR_A_PERSON, QUESTION, Open, answered, browser, chat, inside, launcher, say, session_of, violations, visit

__all__ = ["browser", "product", "visit"]  # the fixtures
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]
STREAM = re.compile(r"/widget/v2/stream/")
POLL = re.compile(r"/widget/v2/poll/")
SEND = re.compile(r"/widget/v2/chat/send$")


# -- asking and being answered -------------------------------------------------------------------------------------------------------


def test_a_question_is_answered_with_its_source(visit: Open) -> None:
    page = visit()
    expect(chat(page).get_by_text("How can we help?")).to_be_visible()
    inside(page).evaluate(
        "() => { const line = document.querySelector('.activity'); window.told = [];"
        "new MutationObserver(() => window.told.push(line.textContent)).observe(line, {childList: true, subtree: true}); }"
    )
    say(page, QUESTION)
    answered(page)
    source = chat(page).locator(".sources").get_by_role("link", name="Returns and refunds")
    expect(source).to_have_attribute("href", "https://shop.example/help/returns")
    expect(source).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(source).to_have_attribute("target", "_blank")
    told = inside(page).evaluate("window.told")
    assert any(line.startswith(("Reading", "Searching", "Writing")) for line in told)
    expect(chat(page).locator(".activity")).to_have_text("")
    expect(chat(page).locator(".from-ai .by").first).to_contain_text("AI")
    expect(chat(page).locator(".from-you .by").first).to_contain_text("You")
    expect(chat(page).get_by_text("Today")).to_be_visible()


def test_nothing_is_asked_of_the_server_before_the_chat_is_opened_and_nothing_of_others_ever(visit: Open, product: Product) -> None:
    asked: list[Request] = []
    page = visit(open=False, before=lambda page: page.on("request", lambda request: asked.append(request)))
    page.wait_for_load_state("networkidle")
    assert not [request.url for request in asked if "/api/" in request.url]
    launcher(page).click()
    say(page, QUESTION)
    answered(page)
    assert {urlsplit(request.url).netloc for request in asked} == {urlsplit(product.url).netloc}
    secret = next(request.headers["authorization"] for request in asked if "authorization" in request.headers).removeprefix("Bearer ")
    assert not [request.url for request in asked if secret in request.url or product.widget_token in request.url.partition("/api/")[2]]
    assert any("/stream/" in request.url for request in asked)


def test_without_a_stream_polling_brings_the_answer(visit: Open) -> None:
    page = visit(before=lambda page: page.route(STREAM, lambda route: route.fulfill(status=503, body="{}")))
    page.route(SEND, _hang_up_after_delivery)
    say(page, QUESTION)
    answered(page)


def _hang_up_after_delivery(route: Route) -> None:
    """The server has the message, but its answer is lost on the way."""
    route.fetch()
    route.abort()


@pytest.mark.parametrize("down", [None, 503], ids=["nobody answers", "the server says to come back"])
def test_what_reaches_nobody_goes_again_by_itself_under_its_own_id(visit: Open, down: int | None) -> None:
    page = visit()
    sent: list[str] = []

    def fail_twice(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "{}")["uuid"])
        if len(sent) > 2:
            route.continue_()
        elif down:
            route.fulfill(status=down, json={"statusCode": down, "message": "Glassine cannot reach its database."})
        else:
            route.abort()

    page.route(SEND, fail_twice)
    say(page, QUESTION)
    expect(chat(page).locator(".fate")).to_have_text("The chat cannot be reached right now. Trying again.")
    answered(page)
    assert len(sent) == 3
    assert len(set(sent)) == 1
    expect(chat(page).locator(".from-you")).to_have_count(1)
    expect(chat(page).locator(".fate")).to_have_count(0)


def test_after_a_while_the_customer_decides_when_it_goes_again(visit: Open) -> None:
    page = visit()
    sent: list[str] = []

    def fail_four_times(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "{}")["uuid"])
        if len(sent) > 4:
            route.continue_()
        else:
            route.fulfill(status=503, json={"statusCode": 503, "message": "Glassine cannot reach its database."})

    page.route(SEND, fail_four_times)
    say(page, QUESTION)
    expect(chat(page).locator(".fate.failed")).to_contain_text("Not sent. The chat did not answer. Your message is kept here.", timeout=30_000)
    expect(chat(page).get_by_text("database")).to_have_count(0)
    chat(page).get_by_role("button", name="Send again").click()
    answered(page)
    assert len(sent) == 5
    assert len(set(sent)) == 1
    expect(chat(page).locator(".from-you")).to_have_count(1)
    expect(chat(page).get_by_text("Not sent.")).to_have_count(0)


def test_offline_is_said_and_what_was_written_goes_out_afterwards(visit: Open) -> None:
    page = visit()
    say(page, QUESTION)
    answered(page)
    page.context.set_offline(True)
    expect(chat(page).get_by_text("You are offline.")).to_be_visible()
    say(page, "And how long does a refund for a tent take?")
    expect(chat(page).get_by_text("Not sent.")).to_be_visible()
    page.context.set_offline(False)
    answered(page, "five working days")
    expect(chat(page).get_by_text("You are offline.")).to_have_count(0)


def test_messages_in_a_row_keep_their_order(visit: Open) -> None:
    page = visit()
    lines = [f"Line {n} of a long story about a tent" for n in range(1, 5)]
    for line in lines:
        say(page, line)
    expect(chat(page).locator(".fate")).to_have_count(0, timeout=60_000)
    assert chat(page).locator(".from-you .body").all_inner_texts() == lines


def test_topics_to_choose_from_are_buttons(visit: Open) -> None:
    page = visit()
    page.route(POLL, lambda route: _offering(route, ["Repairs", "Returns and refunds"]))
    page.route(STREAM, lambda route: route.fulfill(status=503, body="{}"))
    say(page, QUESTION)
    choices = chat(page).get_by_role("group", name="Topics to choose from").get_by_role("button")
    expect(choices).to_have_text(["1Repairs", "2Returns and refunds"], timeout=30_000)
    expect(chat(page).locator(".from-ai .body")).to_have_text(["Which do you mean?", "Reply with a number."])
    expect(chat(page).locator(".sources")).to_have_count(0)
    assert violations(inside(page)) == []
    page.unroute(POLL)
    choices.nth(1).click()
    expect(chat(page).locator(".from-you .body").last).to_have_text("Returns and refunds")
    expect(choices).to_have_count(0)
    expect(chat(page).get_by_role("textbox", name="Write a message")).to_be_focused()


def _offering(route: Route, titles: list[str]) -> None:
    """The server's answer, as it is when the AI asks back."""
    polled = route.fetch().json()
    for item in polled["history"]:
        if item["sender"]["kind"] == "ai":
            listed = "\n".join(f"{number}. {title}" for number, title in enumerate(titles, 1))
            item |= {"content": {"text": f"Which do you mean?\n\n{listed}\n\nReply with a number."}, "choices": titles, "mightSolveUserIssue": False}
    route.fulfill(json=polled)


# -- people, closing, rating ---------------------------------------------------------------------------------------------------------


def test_a_person_takes_over_and_the_customer_knows_who_answers(visit: Open, product: Product) -> None:
    page = visit()
    session = session_of(page)
    say(page, FOR_A_PERSON)
    expect(chat(page).get_by_text("The team has the whole conversation.")).to_be_visible(timeout=30_000)
    expect(chat(page).get_by_text("Waiting for a person")).to_be_visible()
    expect(chat(page).locator(".handoff")).to_contain_text("Notice: I am passing this on to our team.")
    text = "Good day <b>and</b> **welcome**\nhttps://shop.example/label"
    product.reply(session, text)
    message = chat(page).locator(".from-person")
    expect(message.locator(".body")).to_have_text(text, use_inner_text=True, timeout=30_000)
    expect(message.get_by_role("link")).to_have_attribute("href", "https://shop.example/label")
    expect(message.locator(".icon-person").first).to_be_attached()
    expect(chat(page).locator(".answering")).to_contain_text("answers here")


def test_i_need_more_help_asks_for_a_person(visit: Open) -> None:
    page = visit()
    say(page, QUESTION)
    chat(page).get_by_role("button", name="I need more help").click(timeout=30_000)
    expect(chat(page).get_by_text("Waiting for a person")).to_be_visible(timeout=30_000)
    expect(chat(page).get_by_role("textbox", name="Write a message")).to_be_focused()


def test_it_helped_closes_the_conversation_and_asks_how_it_was(visit: Open) -> None:
    page = visit()
    say(page, QUESTION)
    chat(page).get_by_role("button", name="This was helpful").click(timeout=30_000)
    expect(chat(page).get_by_text("This conversation is closed.")).to_be_visible()
    chat(page).get_by_role("radio", name="4: Good").check(force=True)
    chat(page).get_by_role("textbox", name="Anything to add?").fill("quick")
    chat(page).get_by_role("button", name="Send rating").click()
    expect(chat(page).get_by_text("You rated this conversation 4 of 5.")).to_be_visible()
    expect(chat(page).get_by_role("button", name="Send rating")).to_have_count(0)
    chat(page).get_by_role("button", name="Start a new one").click()
    expect(chat(page).get_by_role("textbox", name="Write a message")).to_be_focused()
    say(page, "hello")
    answered(page, re.compile("."))
    chat(page).get_by_role("button", name="Conversations").click()
    rows = chat(page).get_by_role("navigation", name="Conversations").get_by_role("button")
    expect(rows).to_have_count(2)
    expect(rows.nth(0).locator(".row-title")).to_have_text("hello")
    expect(rows.nth(1).locator(".row-title")).to_have_text(QUESTION)
    expect(rows.nth(1).locator(".row-last")).to_contain_text("30 days")
    chat(page).get_by_role("navigation").get_by_role("button").filter(has_text="Closed").click()
    expect(chat(page).get_by_text("You rated this conversation 4 of 5.")).to_be_visible()


def test_a_reply_that_comes_while_the_chat_is_closed_shows_on_the_launcher(visit: Open, product: Product) -> None:
    page = visit()
    session = session_of(page)
    answered(page)
    chat(page).get_by_role("button", name="Close chat").click()
    expect(launcher(page)).to_be_focused()
    product.reply(session, "One more thing.")
    page.reload()
    expect(page.get_by_role("button", name="Open chat, 1 unread")).to_be_visible(timeout=30_000)
    launcher(page).click()
    expect(chat(page).get_by_text("One more thing.")).to_be_visible()
    expect(page.get_by_role("button", name="Open chat", exact=True)).to_be_visible()
