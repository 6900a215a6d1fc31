"""Notion read over real HTTP from a twin written from its documentation: what is told of pages, rows, files, roots, changes and faults."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from glassine.connect.notion import connector
from glassine.edge.links import GateLink
from glassine.words.errors import Refused
from glassine.words.knowledge import Audience
from glassine.words.sources import Complete, Failed, Gone, Item, Skipped, SourceFailed, Trouble, Unchanged
from tests.known import Known
from tests.notion_twin import TOKEN, Workspace, block, error, paragraph, say, text
from tests.vendors import Request, Response, Vendor, Waits, link, vendor

pytestmark = pytest.mark.enable_socket

SOURCE = connector.source
assert SOURCE is not None


@dataclass
class Stage:
    """A workspace, a way to it, and what is known of it."""

    notion: Workspace
    server: Vendor
    known: Known = field(default_factory=Known)
    waits: Waits = field(default_factory=Waits)

    @asynccontextmanager
    async def way(self, settings: Mapping[str, str]) -> AsyncIterator[GateLink]:
        async with link(self.server.url, {"token": TOKEN, **settings}, now=self.notion.now, wait=self.waits) as way:
            yield way

    async def run(self, only: tuple[str, ...] = (), **settings: str) -> Known:
        assert SOURCE is not None
        self.server.seen.clear()
        async with self.way(settings) as way:
            await self.known.run(SOURCE, way, only=only)
        return self.known

    async def check(self, **settings: str) -> str:
        assert SOURCE is not None
        async with self.way(settings) as way:
            return await SOURCE.check(way)

    def asked(self, part: str) -> int:
        return sum(part in request.target for request in self.server.seen)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    notion = Workspace()
    async with vendor(notion.answer) as server:
        yield Stage(notion, server)


async def test_everything_is_read_with_its_place_and_internal_unless_allowed(stage: Stage) -> None:
    top = stage.notion.page("Help", paragraph("Welcome."), public=True)
    stage.notion.page("Shipping", say("heading_1", "Cost"), paragraph("Four euros."), under=top, public=True)
    stage.notion.page("Margins", paragraph("Secret."), under=top)
    known = await stage.run()
    assert {item.title: (item.trail, item.audience) for item in known.items.values()} == {
        "Help": ((), Audience.INTERNAL), "Shipping": (("Help",), Audience.INTERNAL), "Margins": (("Help",), Audience.INTERNAL),
    }
    assert known.texts()["Shipping"] == "## Cost\n\nFour euros."
    assert known.texts()["Help"].startswith("Welcome.\n\n[Shipping](https://www.notion.so/")
    known = await stage.run(published="on")
    assert {item.title: item.audience for item in known.items.values()} == {"Help": Audience.PUBLIC, "Shipping": Audience.PUBLIC, "Margins": Audience.INTERNAL}
    assert "Margins" not in known.texts()["Help"], "that there is such a page is nothing for everybody"
    assert all(str(item.url).startswith("https://acme.notion.site/") for item in known.items.values() if item.audience is Audience.PUBLIC)


async def test_what_did_not_change_is_not_read_again(stage: Stage) -> None:
    for number in range(5):
        stage.notion.page(f"Page {number}", paragraph(f"Text {number}."))
    stage.notion.later(hours=2)
    await stage.run()
    first = len(stage.server.seen)
    await stage.run()
    assert len(stage.known.of(Unchanged)) == 5
    assert (first, len(stage.server.seen)) == (7, 2)
    changed = next(iter(stage.notion.things.values()))
    changed.blocks = [paragraph("Other words.")]
    stage.notion.touch(changed)
    await stage.run()
    assert [item.title for item in stage.known.of(Item)] == ["Page 0"]


async def test_a_page_that_changes_twice_in_one_minute_is_read_again(stage: Stage) -> None:
    page = stage.notion.page("Prices", paragraph("Ten."))
    await stage.run()
    page.blocks = [paragraph("Twelve.")]  # in the same minute, so Notion's time of the last change stays
    await stage.run()
    assert stage.known.texts()["Prices"] == "Twelve."
    stage.notion.later(hours=2)
    await stage.run()
    await stage.run()
    assert stage.known.of(Unchanged)


async def test_gone_from_notion_is_gone_and_back_is_back(stage: Stage) -> None:
    top = stage.notion.page("Top", paragraph("a"))
    below, other = stage.notion.page("Below", paragraph("b"), under=top), stage.notion.page("Other", paragraph("c"))
    stage.notion.later(hours=2)
    await stage.run()
    top.trashed = True
    await stage.run()
    assert {told.path for told in stage.known.of(Gone)} == {f"pages/{top.id}", f"pages/{below.id}"}
    assert set(stage.known.texts()) == {"Other"}
    top.trashed, other.shared = False, False
    await stage.run()
    assert set(stage.known.texts()) == {"Top", "Below"}


async def test_what_search_does_not_name_is_found_nevertheless(stage: Stage) -> None:
    top = stage.notion.page("Top", paragraph("a"))
    stage.notion.page("Below", paragraph("b"), under=top, indexed=False)
    base = stage.notion.database("Base", under=top, indexed=False)
    stage.notion.page("Row", under=base, properties={"Answer": {"type": "rich_text", "rich_text": text("Yes")}}, indexed=False)
    await stage.run()
    assert set(stage.known.texts()) == {"Top", "Below", "Row"}
    top.indexed = False
    stage.notion.later(days=1)
    await stage.run()
    assert set(stage.known.texts()) == {"Top", "Below", "Row"}
    assert not stage.known.of(Gone)


async def test_rows_with_their_properties_and_a_filter(stage: Stage) -> None:
    base = stage.notion.database("Questions")

    def row(title: str, status: str) -> None:
        stage.notion.page(title, paragraph("Body."), under=base, public=True, properties={"Status": {"type": "select", "select": {"name": status}}, "Note": {"type": "rich_text", "rich_text": text("Inside")}})

    row("Return?", "Published")
    row("Refund?", "Draft")
    stage.notion.page("Plain", paragraph("Not a row."))
    await stage.run(filter="Status = Published")
    assert stage.known.texts() == {"Return?": "- Status: Published\n- Note: Inside\n\nBody.", "Plain": "Not a row."}
    assert [told.reason for told in stage.known.of(Skipped)] == ["Status is not Published"]
    await stage.run(filter="Status = Published", published="on")
    assert stage.known.texts()["Return?"] == "Body."
    await stage.run(filter="Status = Published", published="on", properties="status")
    assert stage.known.texts()["Return?"] == "- Status: Published\n\nBody."


async def test_roots_bring_what_is_below_them_and_nothing_else(stage: Stage) -> None:
    top, other = stage.notion.page("Top", paragraph("a")), stage.notion.page("Other", paragraph("x"))
    inner = stage.notion.page("Inner", paragraph("b"), under=top)
    toggle = say("toggle", "More", paragraph("c"))
    inner.blocks.append(toggle)
    deep = stage.notion.page("Deep", paragraph("d"))
    deep.parent = ("block_id", toggle["id"])
    base = stage.notion.database("Base", under=inner)
    stage.notion.page("Row", paragraph("e"), under=base)
    stage.notion.page("Below other", paragraph("y"), under=other)
    deep_base = stage.notion.database("Second base")
    stage.notion.page("Second row", paragraph("z"), under=deep_base)
    await stage.run(roots=f"https://www.notion.so/Top-{top.id.replace('-', '')}")
    assert set(stage.known.texts()) == {"Top", "Inner", "Row"}, "a page in a block that Notion lists apart"
    await stage.run(roots=f"{top.id}\n{deep_base.id}")
    assert set(stage.known.texts()) == {"Top", "Inner", "Row", "Second row"}
    await stage.run(roots=deep_base.source)
    assert set(stage.known.texts()) == {"Second row"}
    top.shared = deep_base.shared = False
    with pytest.raises(SourceFailed, match="None of the chosen pages") as failed:
        await stage.run(roots=f"{top.id}\n{deep_base.id}")
    assert failed.value.trouble is Trouble.MISSING
    assert set(stage.known.texts()) == {"Second row"}


async def test_a_public_page_does_not_show_what_it_borrows_from_an_internal_one(stage: Stage) -> None:
    original = block("synced_block", {"synced_from": None}, paragraph("Purchase price: 3 euros."))
    secret = stage.notion.page("Internal", original)
    copy = block("synced_block", {"synced_from": {"type": "block_id", "block_id": original["id"]}}, has_children=True)
    stage.notion.page("Shown", paragraph("Price: 9 euros."), copy, public=True)
    await stage.run(published="on")
    assert stage.known.texts()["Shown"] == "Price: 9 euros."
    await stage.run()
    assert stage.known.texts()["Shown"] == "Price: 9 euros.\n\nPurchase price: 3 euros."
    stage.notion.later(days=1)
    secret.public = True
    await stage.run(published="on")
    assert "Purchase price" in stage.known.texts()["Shown"]
    original["children"][0] = paragraph("Purchase price: 4 euros.")
    stage.notion.touch(secret)
    stage.notion.later(days=1)
    await stage.run(published="on")
    assert "4 euros" in stage.known.texts()["Shown"], "what is borrowed is looked at again each day"


async def test_what_stands_in_itself_is_gone_into_once(stage: Stage) -> None:
    original = block("synced_block", {"synced_from": None}, paragraph("Round"))
    for _ in range(3):
        original["children"].append(block("synced_block", {"synced_from": {"type": "block_id", "block_id": original["id"]}}, has_children=True))
    stage.notion.page("Circle", original)
    await stage.run()
    assert stage.known.texts() == {"Circle": "Round"}
    assert stage.asked("children") < 6


async def test_files_are_articles_for_those_who_may_read_their_page(stage: Stage) -> None:
    stage.notion.files = {"/kept/1/terms.pdf": b"%PDF-1", "/kept/2/prices.csv": b"a,b"}
    here, away = block("pdf", {"type": "file", "file": {"url": f"{stage.server.url}/kept/1/terms.pdf?sig=1"}, "caption": []}), "https://elsewhere.example/list.docx"
    page = stage.notion.page("Terms", paragraph("See below."), here, block("file", {"type": "file", "name": "list.docx", "file": {"url": away}}), block("file", {"type": "file", "name": "x.exe", "file": {"url": away}}), public=True)
    stage.notion.later(hours=2)
    await stage.run(files="on", published="on")
    item = stage.known.items[f"pages/{page.id}/files/{here['id']}"]
    assert (item.title, item.media_type, item.content, item.audience) == ("terms.pdf", "application/pdf", b"%PDF-1", Audience.PUBLIC)
    assert [told.reason for told in stage.known.of(Skipped)] == ["list.docx is not kept where Notion keeps files, so it was not fetched."]
    await stage.run(files="on", published="on")
    assert len(stage.known.items) == 2
    assert stage.asked("/kept/") == 0
    page.public = False
    await stage.run(files="on", published="on")
    assert {item.audience for item in stage.known.items.values()} == {Audience.INTERNAL}
    here["pdf"]["file"]["url"] = f"{stage.server.url}/kept/3/terms.pdf"
    page.blocks = [here]
    stage.notion.touch(page)
    await stage.run(files="on")
    assert [told.reason for told in stage.known.of(Failed)] == ["terms.pdf could not be fetched. " + reason for reason in [f"{stage.server.url[7:]} refused the key or password (401). It may be wrong, revoked or expired: enter a new one."]]


@pytest.mark.parametrize("told", range(1, 7))
async def test_a_run_that_dies_between_a_page_and_its_file_leaves_none_out(stage: Stage, told: int) -> None:
    stage.notion.files = {"/kept/a.txt": b"text"}
    for title in ("One", "Two"):
        stage.notion.page(title, block("file", {"type": "file", "name": "a.txt", "file": {"url": f"{stage.server.url}/kept/a.txt"}}))
    stage.notion.later(hours=2)
    assert SOURCE is not None
    async with stage.way({"files": "on"}) as way:
        await stage.known.run(SOURCE, way, stop_after=told)
        await stage.known.run(SOURCE, way)
    assert len(stage.known.items) == 4


async def test_a_file_that_could_not_be_fetched_is_tried_again(stage: Stage) -> None:
    stage.notion.page("One", block("file", {"type": "file", "name": "a.txt", "file": {"url": f"{stage.server.url}/kept/a.txt"}}))
    stage.notion.later(hours=2)
    stage.notion.faults.append(lambda request: Response(status=404) if "kept" in request.target else None)
    await stage.run(files="on")
    assert [told.reason for told in stage.known.of(Failed)] == ["a.txt could not be fetched: its place answered 404."]
    stage.notion.faults.clear()
    stage.notion.files = {"/kept/a.txt": b"text"}
    await stage.run(files="on")
    assert stage.known.texts() == {"One": "a.txt", "a.txt": "text"}


async def test_only_what_is_asked_for(stage: Stage) -> None:
    page, other = stage.notion.page("One", paragraph("a")), stage.notion.page("Two", paragraph("b"))
    below = stage.notion.page("Below", paragraph("d"), under=page)
    await stage.run()
    page.blocks[0], below.blocks[0] = paragraph("c"), paragraph("e")
    other.trashed = True
    await stage.run(only=(f"pages/{page.id}", f"pages/{other.id}", "the database Base"))
    assert {title: words[:1] for title, words in stage.known.texts().items()} == {"One": "c", "Below": "d"}
    assert stage.known.told[-1] == Complete(marker={"at": stage.notion.now.isoformat()}, everything=False)
    assert stage.asked(f"/v1/blocks/{below.id}") == 0


async def test_lists_are_followed_to_their_end_and_begun_again_when_they_change_meanwhile(stage: Stage) -> None:
    stage.notion.most = 2
    pages = [stage.notion.page(f"Page {number}", *(paragraph(f"{number}.{line}") for line in range(5))) for number in range(7)]
    fired: list[Request] = []

    def deleted_meanwhile(request: Request) -> None:
        if b"start_cursor" in request.body and not fired:
            fired.append(request)
            next(page for page in pages if page.id.encode() in request.body).trashed = True

    stage.notion.faults.append(deleted_meanwhile)
    await stage.run()
    assert fired
    assert len(stage.known.items) == 6
    assert stage.known.texts()["Page 6"] == "\n\n".join(f"6.{line}" for line in range(5))


async def test_a_wait_is_kept_and_trouble_passes(stage: Stage) -> None:
    stage.notion.page("One", paragraph("a"))
    troubles = [error(429, "rate_limited", "Slow down."), error(529, "service_overload", "Later."), Response(status=502, body=b"<html>")]
    troubles[0] = Response(status=429, body=troubles[0].body, headers={"Retry-After": "3"})
    stage.notion.faults.append(lambda request: troubles.pop(0) if troubles and "children" in request.target else None)
    await stage.run()
    assert stage.known.texts() == {"One": "a"}
    assert sum(stage.waits) >= 3 + 1 + 2


@pytest.mark.parametrize(("status", "trouble", "words"), [(401, Trouble.CREDENTIALS, "refused the token"), (403, Trouble.FORBIDDEN, "Read content")])
async def test_a_token_revoked_in_mid_sync_keeps_what_is_known(stage: Stage, status: int, trouble: Trouble, words: str) -> None:
    for number in range(4):
        stage.notion.page(f"Page {number}", paragraph("a"))
    await stage.run()
    stage.notion.later(hours=3)
    for page in stage.notion.things.values():
        page.blocks = [paragraph("b")]
        stage.notion.touch(page)
    left = [2]

    def revoked(request: Request) -> Response | None:
        if "children" in request.target:
            left[0] -= 1
        return error(status, "unauthorized", f"API token {TOKEN} is invalid.") if left[0] < 0 else None

    stage.notion.faults.append(revoked)
    with pytest.raises(SourceFailed, match=words) as failed:
        await stage.run()
    assert failed.value.trouble is trouble
    assert TOKEN not in failed.value.message
    assert sorted(stage.known.texts().values()) == ["a", "a", "b", "b"]


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b'{"results": 1}', b'{"results": [1]}', b"\xff\xfe", b"[" * 100_000])
async def test_answers_that_are_none(stage: Stage, body: bytes) -> None:
    stage.notion.page("One", paragraph("a"))
    stage.notion.faults.append(lambda request: Response(body=body) if "children" in request.target else None)
    await stage.run()
    assert [told.path.split("/")[0] for told in stage.known.of(Failed)] == ["pages"]
    stage.notion.faults[0] = lambda _: Response(body=body)
    with pytest.raises(SourceFailed) as failed:
        await stage.run()
    assert failed.value.trouble is Trouble.MALFORMED


async def test_one_page_that_cannot_be_read_is_its_own_trouble(stage: Stage) -> None:
    stage.notion.page("Good", paragraph("a"))
    deep = paragraph("end")
    for _ in range(25):
        deep = say("bulleted_list_item", "in", deep)
    stage.notion.page("Deep", deep)
    stage.notion.page("Odd", block("table", {}, block("table_row", {"cells": 7})))
    stage.notion.page("Empty")
    await stage.run()
    assert set(stage.known.texts()) == {"Good"}
    assert sorted(told.reason for told in stage.known.of(Failed)) == ["Notion described this page in a form that its documentation does not know.", "This page was not read: it nests deeper than 20 levels."]
    assert [told.reason for told in stage.known.of(Skipped)] == ["has no text"]


async def test_a_list_that_never_ends_ends(stage: Stage) -> None:
    page = stage.notion.page("One", paragraph("a"))
    stage.notion.faults.append(lambda request: Response(body=b'{"results": [], "has_more": true, "next_cursor": "x"}') if "children" in request.target else None)
    await stage.run()
    assert [told.path for told in stage.known.of(Failed)] == [f"pages/{page.id}"]


async def test_a_list_that_notion_cuts_short_is_told(stage: Stage) -> None:
    stage.notion.page("One", paragraph("a"))
    base = stage.notion.database("Base")
    body = b'{"results": [], "has_more": false, "next_cursor": null, "request_status": {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}}'
    stage.notion.faults.append(lambda request: Response(body=body) if "query" in request.target else None)
    await stage.run()
    assert [(told.path, told.reason[:32]) for told in stage.known.of(Failed)] == [(f"the database {base.title}", "Notion gives only the first part")]


async def test_the_check_says_what_it_reached_or_what_to_do(stage: Stage) -> None:
    with pytest.raises(SourceFailed, match="no page is shared"):
        await stage.check()
    page = stage.notion.page("One", paragraph("a"))
    assert await stage.check() == "Connected as “Glassine” in the workspace “Acme”, which sees 1 page or database."
    assert await stage.check(roots=page.id) == "Connected as “Glassine” in the workspace “Acme”, which sees 1 page or database."
    with pytest.raises(SourceFailed, match="sees no page or database b0"):
        await stage.check(roots="b0000000000000000000000000000001")
    with pytest.raises(SourceFailed, match="refused the token"):
        await stage.check(token="ntn_wrong")
    for name, value, words in (("roots", "https://example.com", "no link"), ("token", "two words", "a line of letters"), ("filter", "Status", "no condition"), ("token", "", "a line of letters")):
        with pytest.raises(Refused, match=words):
            await stage.check(**{name: value})


async def test_nothing_but_notion_is_reached_and_the_token_goes_nowhere_else(stage: Stage) -> None:
    assert SOURCE is not None
    assert SOURCE.hosts({}) == ("api.notion.com",)
    assert SOURCE.hosts({"files": "on"}) == connector.hosts
    stage.notion.files = {"/kept/a.txt": b"text"}
    stage.notion.page("One", block("file", {"type": "file", "name": "a.txt", "file": {"url": f"{stage.server.url}/kept/a.txt"}}))
    await stage.run(files="on")
    assert stage.known.texts() == {"One": "a.txt", "a.txt": "text"}
    assert all(("authorization" in request.headers) == request.target.startswith("/v1/") for request in stage.server.seen)
