"""Runs over a Confluence that go wrong, break off, or meet changes in any order: nothing is lost, and nothing internal becomes public."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from glassine.connect import source
from glassine.connect.confluence.storage import markdown
from glassine.words.sources import Trouble
from tests.confluence_twin import CLOUD, SERVER, TOKEN, Confluence
from tests.mirrored import Mirror
from tests.vendors import Request, Response, Vendor, vendor

pytestmark = pytest.mark.enable_socket


@pytest.fixture(params=[True, False], ids=["cloud", "server"])
def wiki(request: pytest.FixtureRequest) -> Confluence:
    return Confluence(cloud=request.param)


@pytest_asyncio.fixture
async def server(wiki: Confluence) -> AsyncIterator[Vendor]:
    async with vendor(wiki) as made:
        yield made


@pytest.fixture
def mirror(wiki: Confluence) -> Mirror:
    return Mirror(source("confluence"), (CLOUD if wiki.cloud else SERVER) | {"public_spaces": "docs"})


# -- what goes wrong ---------------------------------------------------------------------------------------------------------


async def test_a_run_that_breaks_off_goes_on_from_its_checkpoint(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    for number in range(60):
        wiki.write(f"Number {number}", space="DOCS" if number % 2 else "TEAM")
    assert not await mirror.run(server, break_after=50)
    assert mirror.cursor
    before = set(mirror.items)
    await mirror.run(server)
    assert len(mirror.items) == 60
    assert not before & set(mirror.fetched) or len(before & set(mirror.fetched)) < 25


async def test_a_search_that_knows_nothing_costs_no_request_for_each_page(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    for number in range(505):
        wiki.write(f"Number {number}")
    wiki.unindexed = set(wiki.pages)
    await mirror.run(server)
    assert len([one for one in server.seen if "/restriction/" in one.target]) == 500
    assert (len(mirror.items), len(mirror.public)) == (505, 500)


async def test_texts_that_do_not_come_with_the_others_are_asked_for_alone(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    pages = [wiki.write(f"Number {number}", f"<p>{'long ' * 400_000}</p>" if number == 2 else "<p>short</p>") for number in range(7)]
    wiki.page_size = 3
    await mirror.run(server)
    assert set(mirror.items) == {f"pages/{page.id}" for page in pages}
    assert len([one for one in server.seen if "storage" in one.target]) == (3 if wiki.cloud else 7), "pages of a listing go on with what was asked for"
    wiki.page_size = 250
    wiki.edit(pages[2], body=f"<p>{'longer ' * 1_300_000}</p>")
    wiki.edit(pages[3], body="<p>new</p>")
    await mirror.run(server)
    assert sorted(mirror.fetched) == [f"pages/{pages[2].id}", f"pages/{pages[3].id}"]
    wiki.edit(pages[2], body=f"<p>{'longest ' * 2_600_000}</p>")
    await mirror.run(server)
    assert mirror.failed == {f"pages/{pages[2].id}": "is larger than 20 MB"}
    assert len(mirror.items) == 7


async def test_a_token_that_is_revoked_in_mid_run_leaves_what_was_read(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    page = wiki.write()
    await mirror.run(server)
    wiki.edit(page, body="<p>New.</p>")

    def revoked(request: Request) -> Response | None:
        if "body" in request.target:
            wiki.tokens.clear()
        return None

    wiki.faults = revoked
    failed = await mirror.run_failing(server)
    assert failed.trouble is Trouble.CREDENTIALS
    assert TOKEN not in failed.message
    assert len(mirror.items) == 1


@pytest.mark.parametrize("body", [b"", b"<html>login</html>", b"[]", b'{"results": 7}', b'{"results": [7]}', b'{"results": [{"id": "../x"}]}', b"{}"], ids=range(7))
async def test_answers_that_are_not_as_documented_end_the_run_and_nothing_is_lost(wiki: Confluence, server: Vendor, mirror: Mirror, body: bytes) -> None:
    wiki.write()
    await mirror.run(server)
    wiki.faults = lambda request: Response(body=body) if "/pages?" in request.target or "type=page&status" in request.target else None
    failed = await mirror.run_failing(server)
    assert failed.trouble is Trouble.MALFORMED
    assert len(mirror.items) == 1


async def test_a_listing_that_leads_to_itself_ends_the_run(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    for number in range(3):
        wiki.write(f"Number {number}")
    wiki.page_size = 1
    start = "cursor=1" if wiki.cloud else "start=1"
    whole = json.dumps({"results": [], "_links": {"next": f"/x?{start}"}}).encode()
    wiki.faults = lambda request: Response(body=whole) if start in request.target else None
    assert (await mirror.run_failing(server)).trouble is Trouble.MALFORMED


async def test_connections_that_break_end_the_run_and_nothing_is_lost(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    wiki.write()
    await mirror.run(server)

    def reset(_: Request) -> Response | None:
        raise ConnectionResetError

    wiki.faults = reset
    assert (await mirror.run_failing(server)).trouble is Trouble.UNREACHABLE
    assert len(mirror.items) == 1


async def test_a_file_that_cannot_be_had_is_a_failure_of_its_own(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    page = wiki.write()
    one = wiki.attach(page, "manual.pdf", b"%PDF-1.7")
    wiki.faults = lambda request: Response(status=403) if "/download" in request.target else None
    await mirror.run(server)
    assert set(mirror.items) == {f"pages/{page.id}"}
    assert set(mirror.failed) == {f"pages/{page.id}/attachments/att{one.id}"}
    wiki.faults = lambda _: None
    await mirror.run(server)
    assert len(mirror.items) == 2


async def test_the_login_is_told_to_confluence_only(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    async with vendor(lambda _: Response(body=b"%PDF-1.7")) as store:
        wiki.attach(wiki.write(), "manual.pdf", b"%PDF-1.7")
        wiki.faults = lambda request: Response(status=302, headers={"Location": f"{store.url}/signed"}) if "/download" in request.target else None
        await mirror.run(server)
        assert not store.seen
    assert "egress gate" in next(iter(mirror.failed.values()))


# -- whatever happens in whatever order --------------------------------------------------------------------------------------

STEPS = st.lists(st.tuples(
    st.sampled_from(["write", "below", "edit", "restrict", "open", "delete", "archive", "hide", "show", "move", "attach", "detach", "empty", "run", "crash", "index"]), st.integers(0, 4),
), min_size=1, max_size=25)


def change(wiki: Confluence, step: str, which: int) -> None:
    there = [one for one in wiki.pages.values() if one.status == "current"]
    page = there[which % len(there)] if there else None
    match step:
        case "write":
            wiki.write(f"Page {which}", space="TEAM" if which == 4 else "DOCS")
        case _ if page is None:
            return
        case "below":
            wiki.write(f"Below {page.title}"[:200], parent=page, space=page.space)
        case "edit" | "empty":
            wiki.edit(page, body=f"<p>{wiki.clock}</p>" if step == "edit" else "")
        case "restrict" | "open":
            page.groups = ["staff"] if step == "restrict" else []
        case "delete":
            wiki.delete(page)
        case "archive" if not any(one.parent == page.id for one in there):
            page.status = "archived"
        case "hide" | "show":
            page.hidden = step == "hide"
        case "move" if not any(one.parent == page.id for one in there):
            page.parent = next((one.id for one in there if one.space == page.space and one.id != page.id), None)
        case "attach":
            wiki.attach(page, f"{which}.pdf", str(wiki.clock).encode())
        case "detach" if wiki.files:
            wiki.files.popitem()
        case "index":
            wiki.unindexed = set() if which else set(wiki.pages)


async def play(steps: list[tuple[str, int]], *, cloud: bool) -> None:
    wiki = Confluence(cloud=cloud, page_size=2)
    mirror = Mirror(source("confluence"), (CLOUD if cloud else SERVER) | {"public_spaces": "DOCS"})
    below = None
    for number in range(5):
        below = wiki.write(f"Number {number}", parent=below if number != 3 else None)
    async with vendor(wiki) as server:
        for step, which in steps:
            if step in ("run", "crash"):
                await mirror.run(server, break_after=which * 2 + 1 if step == "crash" else None)
            else:
                change(wiki, step, which)
        if mirror.cursor is not None:
            await mirror.run(server)  # the run that had broken off
        await mirror.run(server)
        truth = wiki.documents()
        assert set(mirror.items) == truth.keys()
        assert mirror.public == {path for path, shown in truth.items() if shown}
        for path, item in mirror.items.items():
            _, id, *rest = path.split("/")
            assert item.content.decode() == (wiki.files[int(rest[1].removeprefix("att"))].content.decode() if rest else markdown(wiki.pages[int(id)].body))


@settings(max_examples=25, deadline=None)
@given(STEPS, st.booleans())
def test_whatever_happens_between_runs_a_complete_run_knows_what_confluence_holds(steps: list[tuple[str, int]], cloud: bool) -> None:
    asyncio.run(play(steps, cloud=cloud))


def test_the_twin_can_tell_open_from_closed() -> None:
    wiki = Confluence()
    below = wiki.write(parent=wiki.write(groups=["staff"]))
    changes: Callable[[], dict[str, bool]] = wiki.documents
    assert changes()[f"pages/{below.id}"] is False
