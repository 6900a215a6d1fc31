"""The newcomer's way at a real browser: a website and a folder of Markdown are connected, read before one's eyes, asked and cited in the widget, and what is deleted is answered no more.

Every page on this way, and of every other kind of source, is looked through by axe, in light and dark, on a screen and on a phone.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from glassine.config import Settings
from glassine.story.sources import connecting
from glassine.web.staff import COOKIE
from tests.running import Product, product
from tests.visitors import answered, chat, launcher, say

__all__ = ["product"]  # the fixture
pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.long]
AXE = Path(__file__).with_name("vendor") / "axe.min.js"
PICTURES = os.environ.get("TEST_PICTURES")  # a folder for pictures of the way, for people
WARRANTY = "The warranty of a kettle lasts four years. Keep the receipt, for without it nothing is repaired free of charge."
PAGES = {
    "/": "<main><h1>Kettle help</h1><p>Welcome to the help pages of the kettle works. What people ask most stands here, in short words and in one place.</p>"
    '<a href="/warranty">Warranty</a> <a href="/cleaning">Cleaning</a> <a href="/app">App</a></main>',
    "/warranty": f"<nav>Home</nav><main><h1>Warranty</h1><h2>How long does the warranty of a kettle last?</h2><p>{WARRANTY}</p></main><footer>Imprint</footer>",
    "/cleaning": "<main><h1>Cleaning</h1><p>Boil vinegar and water in the kettle once a month, wait an hour, and rinse it three times.</p></main>",
    "/app": '<div id="app"></div><script src="/app.js"></script>',
}
TEAS = {
    "/teas": '<main><h1>Teas</h1><p>Which water a tea wants, and for how long it is to stand, is told for each of them.</p><a href="/teas/slow">Green</a></main>',
    "/teas/slow": "<main><h1>Green tea</h1><p>Green tea wants water of seventy degrees, and stands for two minutes and no longer.</p></main>",
}
Open = Callable[..., Page]


class Works:
    """The website of the kettle works. `pages` may change at any time. What is slow is sent when `go_on` is set; `broken`: it answers with errors."""

    def __init__(self) -> None:
        self.pages = {**PAGES, **TEAS}
        self.go_on = threading.Event()
        self.broken = False
        works = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.endswith("/slow"):
                    works.go_on.wait(60)
                body = works.pages.get(self.path, "").encode()
                self.send_response(500 if works.broken else 200 if body else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Tests print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture(scope="module")
def works() -> Iterator[Works]:
    made = Works()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notes")
    (folder / "descaling.md").write_text("# Descaling\n\n## How often must a kettle be descaled?\n\nA kettle must be descaled every six weeks where the water is hard.\n")
    (folder / "lids.md").write_text("# Lids\n\nA spare lid costs seven euros and fits every kettle made since 2019.\n")
    return folder


@pytest.fixture(scope="module")
def settings(database_url: str, home: Path, works: Works, notes: Path) -> Settings:
    return Settings(home=home, database_url=database_url, allow_private=(works.host,), content_roots=(str(notes.parent),))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser, product: Product) -> Iterator[Open]:
    """The owner at a page. What the browser complains about fails the test."""
    complaints: list[str] = []
    contexts = []

    def go(path: str, **options: Any) -> Page:
        context = browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **options})
        context.add_cookies([{"name": COOKIE, "value": product.owner.cookies[COOKIE], "url": product.url}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
        page.goto(product.url + path)
        return page

    yield go
    for context in contexts:
        context.close()
    assert not complaints


def asked(visit: Open, product: Product, question: str) -> Page:
    """A new customer who has asked in the widget, and has been answered by the AI."""
    page = visit(f"/demo?token={product.widget_token}")
    launcher(page).click()
    say(page, question)
    answered(page, re.compile("."))
    return page


def picture(page: Page, name: str) -> None:
    if PICTURES:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.screenshot(path=f"{PICTURES}/{name}-{scheme}.png", full_page=True)
        page.emulate_media(color_scheme="light")


def begin(page: Page, kind: str, name: str, **fields: str) -> None:
    page.get_by_role("link", name="Sources", exact=True).first.click()
    page.get_by_role("link", name="Add a source").first.click()
    picture(page, "kinds")
    page.locator(".kind-card", has_text=kind).click()
    for label, value in fields.items():
        page.get_by_label(label).first.fill(value)
    picture(page, "form")
    expect(page.get_by_label("Name", exact=True)).to_be_hidden()
    page.get_by_text("More settings", exact=True).press("Enter")
    page.get_by_label("Name", exact=True).fill(name)
    picture(page, "form-open")


def test_a_newcomer_connects_a_website_asks_and_deletes_a_page(visit: Open, product: Product, works: Works) -> None:
    page = visit("/knowledge")
    begin(page, "Website", "Kettle works", **{"Start addresses": "http://169.254.169.254/"})
    page.get_by_role("button", name="Test and save").click()
    expect(page.get_by_role("alert").first).to_contain_text("is not a public address")
    picture(page, "refused")
    page.get_by_label("Start addresses").fill(f"http://{works.host}")
    page.get_by_role("button", name="Test and save").click()
    expect(page.locator("body")).to_contain_text("Reached Kettle help: it has no sitemap; pages are found by their links, and the first leads to 3")
    picture(page, "connected")
    expect(page.locator("#pages")).to_contain_text("has no text without JavaScript", timeout=30_000)
    page.reload()
    picture(page, "read")
    expect(page.locator("#pages")).to_contain_text("Warranty")
    customer = asked(visit, product, "How long does the warranty of a kettle last?")
    expect(chat(customer).locator(".from-ai").last).to_contain_text("four years")
    expect(chat(customer).locator(".sources").get_by_role("link", name="Warranty")).to_have_attribute(
        "href", f"http://{works.host}/warranty#how-long-does-the-warranty-of-a-kettle-last",
    )
    picture(customer, "asked")
    del works.pages["/warranty"]
    page.get_by_role("button", name="Sync now").click()
    expect(page.locator("body")).to_contain_text("1 removed", timeout=30_000)
    picture(page, "deleted")
    customer = asked(visit, product, "How long does the warranty of a kettle last?")
    expect(chat(customer).locator("body")).not_to_contain_text("four years")


def test_a_newcomer_connects_a_folder_of_markdown(visit: Open, product: Product, notes: Path) -> None:
    page = visit("/knowledge")
    begin(page, "folder", "Notes", **{"Folder": str(notes)})
    page.get_by_role("button", name="Test and save").click()
    expect(page.locator("#pages")).to_contain_text("Descaling", timeout=30_000)
    expect(chat(asked(visit, product, "How often must a kettle be descaled?")).locator(".from-ai").last).to_contain_text("six weeks")
    (notes / "descaling.md").unlink()
    page.get_by_role("button", name="Sync now").click()
    expect(page.locator("body")).to_contain_text("1 removed", timeout=30_000)
    expect(chat(asked(visit, product, "How often must a kettle be descaled?")).locator("body")).not_to_contain_text("six weeks")


def faults(page: Page) -> list[str]:
    """What axe finds, in light and dark, on a screen and on a phone; and whether a phone would have to be pushed sideways."""
    page.evaluate(AXE.read_text())
    found: list[str] = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("Promise.allSettled(document.getAnimations().map(one => one.finished))")  # colours on their way to the other scheme
            looked = page.evaluate("axe.run().then(found => found.violations.map(one => one.id + ': ' + one.nodes[0].html))")
            found += [f"{scheme}, {width}: {one}" for one in looked]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{scheme}, {width}: wider than the window")
    return found


def connected(product: Product, **form: str) -> str:
    """The address of a new source's page."""
    answer = product.owner.post("/knowledge/sources", data={"cadence": "manual", "readers": "source", "share": "30", **form})
    assert re.search(r"/knowledge/sources/[0-9a-f-]{36}$", answer.url.path), re.sub(r"<[^>]+>", " ", answer.text)
    return str(answer.url.path)


def test_the_form_of_every_kind_of_source_has_no_fault_that_axe_can_find(visit: Open) -> None:
    kinds = [kind.name for kind in connecting.kinds()]
    assert len(kinds) >= 7
    page = visit("/knowledge/sources")
    assert faults(page) == []
    for kind in ("", *kinds):
        page.goto(re.sub(r"(?<!/)/(?!/).*$", "", page.url) + f"/knowledge/sources/new?kind={kind}")
        expect(page.locator(".kind-card" if not kind else "form input[name=kind]").first).to_be_attached()
        assert faults(page) == [], kind
        picture(page, f"form-{kind}")


def test_a_source_under_way_failed_and_held_has_no_fault_that_axe_can_find(visit: Open, product: Product, works: Works, notes: Path) -> None:
    teas = connected(product, kind="website", name="Teas", start=f"http://{works.host}/teas")
    page = visit(teas)
    expect(page.locator("#progress")).to_contain_text("Stop", timeout=30_000)
    assert faults(page) == []
    picture(page, "under-way")
    works.go_on.set()
    expect(page.locator("#pages")).to_contain_text("Green tea", timeout=30_000)
    works.broken = True
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("alert")).to_contain_text("The last run failed.", timeout=30_000)
    works.broken = False
    assert faults(page) == []
    picture(page, "failed")
    folder = notes.parent / "many"
    folder.mkdir()
    for number in range(12):
        (folder / f"lamp-{number}.md").write_text(f"# Lamp {number}\n\nLamp {number} takes a bulb of {number + 3} watts.\n")
    page.goto(page.url.replace(teas, connected(product, kind="folder", name="Lamps", path=str(folder), audience="public")))
    expect(page.locator("#pages")).to_contain_text("Lamp 11", timeout=30_000)
    for number in range(8):
        (folder / f"lamp-{number}.md").unlink()
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("button", name="Keep them")).to_be_visible(timeout=30_000)
    assert faults(page) == []
    picture(page, "held")
