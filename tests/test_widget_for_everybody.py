"""The widget is safe and for everybody: whose values are shown to whom, hostile text, strangers, keyboard, screen readers, axe, sizes."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from playwright.sync_api import expect

from glassine.config import resource
from glassine.web.widget_files import told
from tests.running import Product, product
from tests.visitors import FOR_A_PERSON, QUESTION, Open, answered, attach, browser, chat, inside, launcher, say, session_of, violations, visit

__all__ = ["browser", "product", "visit"]  # the fixtures
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]


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
    assert sum(len(gzip.compress(told(path), 9)) for path in frame) <= 40 * 1024
    assert all("/*" not in told(path).decode() or path.suffix == ".html" for path in frame), "no comment that begins a line is left"
    listed = re.findall(r'modulepreload" href="(\w+\.js)"', (folder / "frame.html").read_text(encoding="utf-8"))
    assert {*listed, "frame.js"} == {path.name for path in frame if path.suffix == ".js"}
