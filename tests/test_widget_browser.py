"""The widget as customers meet it: in a real browser, on the demo page, against the running product."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, FrameLocator, Page, Request, Route, expect, sync_playwright

from glassine.config import resource
from tests.running import Product, product

__all__ = ["product"]  # the fixture
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]
QUESTION = "Within how many days can I return an unused tent?"
FOR_A_PERSON = "I want to talk to a human being, please."
AXE = Path(__file__).with_name("vendor") / "axe.min.js"
STREAM = re.compile(r"/widget/v2/stream/")
SEND = re.compile(r"/widget/v2/chat/send$")
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


def test_a_failed_message_is_sent_again_under_its_own_id(visit: Open) -> None:
    page = visit()
    sent: list[str] = []

    def fail_once(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "{}")["uuid"])
        if len(sent) == 1:
            route.abort()
        else:
            route.continue_()

    page.route(SEND, fail_once)
    say(page, QUESTION)
    expect(chat(page).get_by_text("Not sent.")).to_be_visible()
    chat(page).get_by_role("button", name="Send again").click()
    answered(page)
    assert len(sent) == 2
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


# -- people, closing, rating ---------------------------------------------------------------------------------------------------------


def test_a_person_takes_over_and_the_customer_knows_who_answers(visit: Open, product: Product) -> None:
    page = visit()
    session = session_of(page)
    say(page, FOR_A_PERSON)
    expect(chat(page).get_by_text("The team has the whole conversation.")).to_be_visible(timeout=30_000)
    expect(chat(page).get_by_text("Waiting for a person")).to_be_visible()
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
    expect(chat(page).get_by_role("navigation", name="Conversations").get_by_role("button")).to_have_count(2)
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


# -- privacy and safety --------------------------------------------------------------------------------------------------------------


def test_own_values_are_shown_to_their_owner_and_the_note_explains_masking(visit: Open) -> None:
    page = visit()
    say(page, "I am ann.miller@example.com, how many days do I have to return a tent?")
    answered(page, re.compile("."))
    expect(chat(page).locator(".from-you .body")).to_contain_text("ann.miller@example.com")
    chat(page).get_by_text("Personal data is masked before it is stored").click()
    expect(chat(page).locator(".privacy .mask")).to_be_visible()
    expect(chat(page).locator(".privacy .mask")).to_contain_text("EMAIL 1")


def test_another_customer_on_the_same_computer_sees_nothing(visit: Open, product: Product) -> None:
    page = visit()
    say(page, QUESTION)
    answered(page)
    page.add_init_script("window.Glassine = {user: {email: 'ben@example.com', name: 'Ben'}}")
    page.reload()
    launcher(page).click()
    expect(chat(page).get_by_text("How can we help?")).to_be_visible()
    expect(chat(page).get_by_text("30 days")).to_have_count(0)
    kept = inside(page).evaluate("JSON.stringify(localStorage)")
    assert "ben@example.com" not in kept
    assert "30 days" not in kept


HOSTILE = r"""
**bold** *em* `<b>code</b>` <img src=x onerror=alert(1)> <script>alert(1)</script> ![picture](https://evil.example/x.png)
[js](javascript:alert(1)) [data](data:text/html,x) [vb](VBSCRIPT:x) [tab](java	script:x) [ok](https://shop.example/a_(b)) <mailto:help@shop.example>
[x](https://shop.example/" onmouseover="alert(1)) \*kept\* https://shop.example/bare. [EMAIL_1] [NATIONAL_ID_12] [STEP_1]

1. one
2. two
   - deep
     - deeper
- other list

> quoted **text**

```html
<script>alert(2)</script> [EMAIL_1]
```
# Heading
last line
"""


def test_markdown_becomes_elements_that_cannot_harm(visit: Open) -> None:
    page = visit()
    drawn = inside(page).evaluate(
        """async (text) => {
            const { markdown } = await import("./markdown.js");
            const box = document.createElement("div");
            box.append(...markdown(text, (name) => name));
            const all = [...box.querySelectorAll("*")];
            return {
                tags: [...new Set(all.map((one) => one.tagName))], attributes: [...new Set(all.flatMap((one) => one.getAttributeNames()))],
                links: [...box.querySelectorAll("a")].map((one) => [one.textContent, one.href]), masks: [...box.querySelectorAll(".mask")].map((one) => one.lastChild.textContent),
                code: [...box.querySelectorAll("code")].map((one) => one.textContent), text: box.textContent, lists: box.querySelectorAll("ol > li").length,
            };
        }""",
        HOSTILE,
    )
    assert set(drawn["tags"]) <= {"P", "STRONG", "EM", "CODE", "PRE", "A", "UL", "OL", "LI", "BLOCKQUOTE", "BR", "SPAN", "HR"}
    assert set(drawn["attributes"]) <= {"href", "target", "rel", "class", "title", "tabindex", "dir"}
    assert [href for _, href in drawn["links"]] == [
        "https://evil.example/x.png", "https://shop.example/a_(b)", "mailto:help@shop.example", "https://shop.example/", "https://shop.example/bare",
    ]
    assert drawn["masks"] == ["EMAIL 1", "NATIONAL ID 12"]
    assert drawn["code"] == ["<b>code</b>", "<script>alert(2)</script> [EMAIL_1]"]
    assert drawn["lists"] == 2
    assert all(words in drawn["text"] for words in ("<img src=x onerror=alert(1)>", "*kept*", "[STEP_1]", "Heading", "deeper"))


@pytest.mark.parametrize("text", ["*_" * 5_000, "x" + "`" * 20_000, "[" * 20_000, "**a " * 5_000, "> " * 5_000, "- " * 5_000 + "x", "https://" * 3_000, "\\" * 20_000])
def test_markdown_takes_any_text(visit: Open, text: str) -> None:
    page = visit()
    made = inside(page).evaluate(
        "async (text) => { const { markdown } = await import('./markdown.js'); const box = document.createElement('div');"
        "box.append(...markdown(text, (name) => name)); return box.textContent.length }",
        text,
    )
    assert made > 0


def test_strangers_cannot_steer_the_chat(visit: Open, product: Product) -> None:
    page = visit()
    expect(chat(page).get_by_role("textbox", name="Write a message")).to_be_focused()
    page.evaluate(
        """() => {
            window.target = [...document.body.children].map((one) => one.shadowRoot?.querySelector("iframe")).find(Boolean).contentWindow;
            document.body.append(document.createElement("iframe"));
            window.postMessage({glassine: "close"}, "*");
            window.target.postMessage({glassine: "start", options: '{"token": "other"}'}, "*");
        }"""
    )
    stranger = next(frame for frame in page.frames if frame.url == "about:blank")
    stranger.evaluate("() => { for (const to of [parent, parent.target]) to.postMessage({glassine: 'close'}, '*'); }")
    say(page, QUESTION)
    answered(page)
    expect(page.locator("iframe[title=Chat]")).to_be_visible()


def test_the_page_hears_what_happens_but_not_what_is_said(visit: Open) -> None:
    page = visit(open=False)
    launcher(page).wait_for()
    page.evaluate("() => { window.heard = []; for (const name of ['open', 'close', 'session', 'handoff', 'unread']) Glassine.on(name, (detail) => heard.push([name, detail])); }")
    page.evaluate("Glassine.open()")
    say(page, FOR_A_PERSON)
    expect(chat(page).get_by_text("Waiting for a person")).to_be_visible(timeout=30_000)
    page.evaluate("Glassine.close()")
    heard = page.evaluate("heard")
    assert [name for name, _ in heard] == ["open", "session", "handoff", "close"]
    assert set(heard[1][1]) == {"id", "ticketNumber"}
    assert "human" not in json.dumps(heard)


# -- for everybody ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", (1000, 800)), ("dark", (1000, 800)), ("light", (320, 568))], ids=["light", "dark", "320 pixels wide"]
)
def test_axe_finds_nothing(visit: Open, product: Product, scheme: str, size: tuple[int, int]) -> None:
    page = visit(color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
    expect(chat(page).get_by_text("How can we help?")).to_be_visible()
    assert not violations(inside(page))
    session = session_of(page)
    answered(page)
    assert not violations(inside(page))
    product.reply(session, "See https://shop.example/label")
    expect(chat(page).locator(".from-person")).to_be_visible(timeout=30_000)
    attach(page, {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}, {"name": "tool.exe", "mimeType": "", "buffer": b"x"})
    expect(chat(page).get_by_text("tool.exe cannot be attached.")).to_be_visible()
    assert not violations(inside(page))
    chat(page).get_by_role("button", name="Mark as solved").click()
    expect(chat(page).get_by_text("How was this conversation?")).to_be_visible()
    chat(page).get_by_text("Personal data is masked").click()
    assert not violations(inside(page))
    assert not violations(page.main_frame)
    assert inside(page).evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"


def violations(frame: Frame) -> list[str]:
    """What axe-core finds in a frame, with the elements."""
    frame.evaluate(AXE.read_text(encoding="utf-8"))
    found = frame.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false})")
    return [f"{each['id']}: {[node['html'] for node in each['nodes']]}" for each in found["violations"]]


def attach(page: Page, *files: Any) -> None:
    chat(page).locator("input[type=file]").set_input_files(list(files))


def test_any_accent_can_be_read(visit: Open) -> None:
    page = visit()
    worst = inside(page).evaluate(
        """async (accents) => {
            const { tint, contrast } = await import("./accent.js");
            const numbers = (text) => text.match(/\\d+/g).map(Number);
            const grounds = [[[253, 252, 250], [243, 241, 235]], [[26, 30, 34], [19, 22, 25]]];
            const found = accents.flatMap((accent) => {
                const set = {};
                tint({ setProperty: (name, value) => (set[name] = value.match(/rgb\\([^)]+\\)/g).map(numbers)) }, accent);
                return [0, 1].flatMap((at) => [...grounds[at].map((ground) => contrast(set["--accent"][at], ground)), contrast(set["--accent"][at], set["--on-accent"][at])]);
            });
            return Math.min(...found);
        }""",
        ["#ffff00", "#000000", "#ffffff", "#ff0066", "#777777", "#00ff88", "#14549b"],
    )
    assert worst >= 4.5


def test_it_works_by_keyboard_alone(visit: Open) -> None:
    page = visit(open=False)
    launcher(page).focus()
    page.keyboard.press("Enter")
    box = chat(page).get_by_role("textbox", name="Write a message")
    expect(box).to_be_focused()
    page.keyboard.type("Within how many days")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("can I return an unused tent?")
    expect(box).to_have_value("Within how many days\ncan I return an unused tent?")
    page.keyboard.press("Enter")
    answered(page)
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("iframe")).to_be_hidden()
    expect(launcher(page)).to_be_focused()
    page.evaluate("Glassine.open()")
    expect(box).to_be_focused()


def test_a_screen_reader_hears_new_messages(visit: Open) -> None:
    page = visit()
    log = chat(page).get_by_role("log", name="Messages")
    expect(log).to_have_attribute("aria-live", "polite")
    say(page, QUESTION)
    answered(page)
    expect(log).to_have_attribute("aria-busy", "false")
    kept = inside(page).evaluate("() => { const first = document.querySelector('.message'); first.dataset.kept = 'yes'; return true; }")
    say(page, "hello")
    answered(page, re.compile("."))
    assert kept
    expect(chat(page).locator(".message").first).to_have_attribute("data-kept", "yes")


def test_files_go_up_with_their_message(visit: Open) -> None:
    page = visit()
    session_of(page)
    answered(page)
    attach(page, {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}, {"name": "huge.png", "mimeType": "image/png", "buffer": b"x" * 5_300_000})
    expect(chat(page).get_by_text("huge.png is larger than 5 MB.")).to_be_visible()
    attach(page, {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(chat(page).get_by_text("notes.txt cannot be attached.")).to_be_visible()
    chat(page).get_by_role("button", name="Send", exact=True).click()
    link = chat(page).locator(".from-you .files").get_by_role("link", name=re.compile(r"receipt\.pdf"))
    expect(link).to_be_visible(timeout=30_000)
    assert page.request.get(str(link.get_attribute("href"))).body() == b"%PDF-1.4"


def test_every_language_has_every_sentence(visit: Open) -> None:
    page = visit(locale="de-DE")
    expect(chat(page).get_by_text("Wie können wir helfen?")).to_be_visible()
    expect(page.get_by_role("button", name="Chat öffnen")).to_be_visible()
    source = (resource("widget") / "words.js").read_text(encoding="utf-8")
    tables = {name: dict(re.findall(r'(\w+): "([^"]*)"', body)) for name, body in re.findall(r"^const (\w\w) = \{(.*?)^\};", source, re.DOTALL | re.MULTILINE)}
    assert set(tables) == {"en", "de", "fr", "es", "nl", "pt", "it"}
    for name, table in tables.items():
        assert set(table) == set(tables["en"]), name
        for key, sentence in table.items():
            assert sorted(re.findall(r"\{\w+\}", sentence)) == sorted(re.findall(r"\{\w+\}", tables["en"][key])), f"{name}.{key}"
        assert table["rates"].count("|") == 4


def test_it_is_as_small_as_promised() -> None:
    folder = resource("widget")
    loader = (folder / "loader.js").read_bytes()
    assert len(loader) <= 4096
    frame = [path for path in folder.iterdir() if path.suffix in {".js", ".css", ".html"} and path.name != "loader.js"]
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in frame) <= 40 * 1024
    listed = re.findall(r'modulepreload" href="(\w+\.js)"', (folder / "frame.html").read_text(encoding="utf-8"))
    assert {*listed, "frame.js"} == {path.name for path in frame if path.suffix == ".js"}
