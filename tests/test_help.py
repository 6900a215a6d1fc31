"""The help pages as readers meet them: links between articles, places to jump to, what is absent, and how it all looks."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from glassine.rules.markdown import slug
from glassine.web.render import article
from tests.running import Product, product
from tests.visitors import browser, violations

__all__ = ["browser", "product"]  # the fixtures
OTHER = "/help/b4118489-d114-4fc8-8757-377e161ecc80/d2533947-b39f-463f-b8bc-12836828a9d2"
BODY = """Lines of a file
are wrapped anywhere.

## First `step`

See [the other](other.md#its-place) or [this one](#first-step).

```sh
glassine up --a-very-long-option-that-does-not-fit-on-a-phone=a-very-long-value-that-does-not-fit-on-a-phone-either
```

| Name | What it does when somebody sets it |
|---|---|
| `a_setting_with_a_long_name` | Something that takes a sentence to say, and then another one |

> A quotation, and a masked [EMAIL_1].

## First step
"""


def linked(target: str) -> str | None:
    return OTHER if target == "other.md" else None


def test_headings_can_be_linked_to() -> None:
    assert [slug(text) for text in ("How do I start?", " Wo  steht’s – ein Überblick", "a_b-c.d")] == ["how-do-i-start", "wo--stehts--ein-überblick", "a_b-cd"]
    assert re.findall(r'<h2 id="([^"]+)"', article(BODY, linked)) == ["first-step", "first-step-1"]


def test_wrapped_lines_are_one_paragraph() -> None:
    assert "<p>Lines of a file\nare wrapped anywhere.</p>" in article(BODY, linked)


@pytest.mark.parametrize(
    ("link", "href"),
    [
        ("[x](other.md)", OTHER), ("[x](other.md#a-b)", f"{OTHER}#a-b"), ("[x](#here)", "#here"), ("[x][r]\n\n[r]: other.md", OTHER), ("[x](https://shop.example/a)", "https://shop.example/a"),
        ("[x](gone.md)", None), ("[x](/inbox)", None), ("[x](//evil.example)", None), ("[x](/help/../settings)", None), ("[x](#)", None), ("[x](/\\evil.example)", None),
    ],
)
def test_links_lead_to_articles_and_to_the_web_and_nowhere_else(link: str, href: str | None) -> None:
    html = article(link, linked)
    assert re.findall(r'href="([^"]*)"', html) == ([href] if href else [])
    assert ">x</a>" in html


@pytest.mark.parametrize("link", ["[x](javascript:alert(1))", "[x](data:text/html,x)", "<a href='/inbox'>x</a>", "<h2 id=toasts>x</h2>", "[x](JAVASCRIPT&colon;alert(1))"])
def test_hostile_articles_stay_text(link: str) -> None:
    html = article(link, linked)
    assert not re.search(r"<(?!/?(?:p|a rel=\"noopener nofollow\"|a)>)", html)


@pytest.mark.enable_socket
@pytest.mark.long
def test_what_is_not_there_sends_no_customer_to_the_inbox(product: Product) -> None:
    for path in ("", "/", "/x", f"/{uuid4()}/{uuid4()}", f"/{product.organization_id}/{uuid4()}", f"/{product.organization_id}/{uuid4()}/more"):
        answer = httpx2.get(f"{product.url}/help{path}", follow_redirects=True)
        assert answer.status_code == 404
        assert "There is no help page here" in answer.text
        assert "inbox" not in answer.text.lower()
        assert "script-src" in answer.headers["content-security-policy"]
    icon = httpx2.get(f"{product.url}/favicon.ico")
    assert icon.status_code == 200
    assert icon.headers["content-type"] == "image/svg+xml"


@pytest.mark.browser
@pytest.mark.enable_socket
@pytest.mark.long
@pytest.mark.parametrize(("scheme", "width"), [("light", 1000), ("dark", 1000), ("light", 320)], ids=["light", "dark", "320 pixels wide"])
def test_an_article_can_be_read_by_everybody(product: Product, browser: Browser, scheme: str, width: int) -> None:
    made = product.ask("POST", "/knowledge/articles", {"title": f"Settings {scheme} {width}", "body": BODY})
    assert made.is_success, made.text
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 700})  # type: ignore[arg-type]  # a literal that parametrize widens
    page = context.new_page()
    page.goto(f"{product.url}/help/{product.organization_id}/{made.json()['id']}#first-step")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Settings {scheme} {width}")
    assert page.evaluate("getComputedStyle(document.querySelector('p')).fontSize") == "16px"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.querySelector(':target')?.textContent") == "First step"
    assert violations(page.main_frame) == []
    page.goto(f"{product.url}/help/{product.organization_id}/en")
    assert violations(page.main_frame) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("searchbox").press_sequentially(f"settings {scheme} {width}")
    expect(page.locator("#found").get_by_role("link").first).to_be_visible()
    assert violations(page.main_frame) == []
    page.get_by_role("searchbox").press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('#found') !== null"), "the arrow keys lead into what was found"
    page.goto(f"{product.url}/help/{product.organization_id}/{made.json()['id']}")
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_role("textbox", name="What was missing?").fill("More pictures")
    assert violations(page.main_frame) == []
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
    page.goto(f"{product.url}/help/nowhere")
    assert violations(page.main_frame) == []
    context.close()
