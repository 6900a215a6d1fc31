"""Confluence as a source, over HTTP against a twin of both editions: what is read, who may see it, what changes, what goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from glassine.connect import source
from glassine.words.errors import Refused
from glassine.words.sources import SourceFailed, Trouble
from tests.confluence_twin import CLOUD, SERVER, Confluence
from tests.mirrored import Mirror
from tests.vendors import Response, Vendor, link, vendor

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


async def checked(server: Vendor, given: dict[str, str]) -> str:
    async with link(server.url, given, hosts=source("confluence").hosts(given)) as way:
        return await source("confluence").check(way)


# -- what is read -------------------------------------------------------------------------------------------------------------


async def test_a_page_is_read_with_its_space_and_the_pages_above_it(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    parent = wiki.write("Orders")
    page = wiki.write("Refunds", "<h2>When?</h2><p>Within <strong>14</strong> days.</p>", parent=parent)
    await mirror.run(server)
    read = mirror.items[f"pages/{page.id}"]
    assert (read.title, read.content, read.media_type) == ("Refunds", b"## When?\n\nWithin **14** days.", "text/markdown")
    assert read.trail == ("Product docs", "Orders")
    assert read.url == (f"https://acme.atlassian.net/wiki/spaces/DOCS/pages/{page.id}" if wiki.cloud else f"https://wiki.acme.example/display/DOCS/{page.id}")
    assert mirror.public == set(mirror.items)


async def test_only_pages_of_spaces_that_the_admin_opened_are_public(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    opened, other = wiki.write(), wiki.write(space="TEAM")
    await mirror.run(server)
    assert mirror.public == {f"pages/{opened.id}"}
    assert set(mirror.items) == {f"pages/{opened.id}", f"pages/{other.id}"}
    mirror.settings = {**mirror.settings, "public_spaces": ""}
    await mirror.run(server)
    assert not mirror.public


@pytest.mark.parametrize("who", ["readers", "groups"])
async def test_a_restriction_closes_a_page_and_all_below_it_though_no_version_changes(wiki: Confluence, server: Vendor, mirror: Mirror, who: str) -> None:
    top = wiki.write("Top")
    middle = wiki.write("Middle", parent=top)
    low, beside = wiki.write("Low", parent=middle), wiki.write("Beside", parent=top)
    await mirror.run(server)
    assert len(mirror.public) == 4
    setattr(middle, who, ["eve"])
    await mirror.run(server)
    assert mirror.public == {f"pages/{top.id}", f"pages/{beside.id}"}
    assert f"pages/{low.id}" in mirror.items
    setattr(middle, who, [])
    await mirror.run(server)
    assert len(mirror.public) == 4


async def test_what_is_not_said_to_be_open_is_not(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    page, restricted = wiki.write(), wiki.write("Other", readers=["eve"])
    wiki.says_restrictions = False  # the search does not tell: each page is asked for
    await mirror.run(server)
    assert mirror.public == {f"pages/{page.id}"}
    wiki.faults = lambda request: Response(status=403) if "/restriction/" in request.target else None
    await mirror.run(server)
    assert not mirror.public
    assert f"pages/{restricted.id}" in mirror.items


async def test_a_page_that_the_search_does_not_know_yet_is_asked_for_alone(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    page, closed = wiki.write(), wiki.write("Closed", groups=["staff"])
    wiki.unindexed = {page.id, closed.id}
    await mirror.run(server)
    assert mirror.public == {f"pages/{page.id}"}


async def test_pages_below_a_folder_are_as_open_as_the_folder() -> None:
    wiki = Confluence()
    folder = wiki.write("Guides", "", folder=True)
    page = wiki.write(parent=folder)
    mirror = Mirror(source("confluence"), CLOUD | {"public_spaces": "DOCS"})
    async with vendor(wiki) as server:
        await mirror.run(server)
        assert mirror.public == {f"pages/{page.id}"}
        assert mirror.items[f"pages/{page.id}"].trail == ("Product docs", "Guides")
        folder.groups = ["staff"]
        await mirror.run(server)
        assert not mirror.public
        folder.groups, folder.hidden = [], True
        await mirror.run(server)
        assert not mirror.public


async def test_files_of_pages_are_seen_as_their_page_is(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    page = wiki.write("Manuals")
    manual = wiki.attach(page, "manual.pdf", b"%PDF-1.7 manual")
    wiki.attach(page, "photo.png", b"png")
    await mirror.run(server)
    path = f"pages/{page.id}/attachments/att{manual.id}"
    read = mirror.items[path]
    assert (read.title, read.content, read.media_type, read.url) == ("Manuals: manual.pdf", b"%PDF-1.7 manual", "application/pdf", mirror.items[f"pages/{page.id}"].url)
    assert path in mirror.public
    page.readers = ["eve"]
    await mirror.run(server)
    assert not mirror.public
    del wiki.files[manual.id]
    await mirror.run(server)
    assert set(mirror.items) == {f"pages/{page.id}"}


async def test_spaces_and_labels_choose_what_is_read(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    kept, _, draft = wiki.write(labels=["faq"]), wiki.write("No label"), wiki.write("Draft", labels=["faq", "draft"])
    wiki.write("Team", space="TEAM", labels=["faq"])
    mirror.settings = {**mirror.settings, "spaces": "DOCS", "labels": "faq", "unwanted_labels": "draft"}
    await mirror.run(server)
    assert set(mirror.items) == {f"pages/{kept.id}"}
    assert "labels" in mirror.skipped[f"pages/{draft.id}"]


async def test_pages_without_text_of_their_own_are_left_out_and_not_fetched_again(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    page = wiki.write("Overview", '<ac:structured-macro ac:name="children"/>')
    await mirror.run(server)
    assert mirror.skipped[f"pages/{page.id}"] == "has no text of its own"
    server.seen.clear()
    await mirror.run(server)
    assert not any("body" in one.target for one in server.seen)
    wiki.edit(page, body="<p>Now.</p>")
    await mirror.run(server)
    assert mirror.items[f"pages/{page.id}"].content == b"Now."


# -- what changes ------------------------------------------------------------------------------------------------------------


async def test_a_second_run_fetches_only_what_changed(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    first, second = wiki.write(), wiki.write("Other")
    wiki.attach(first, "manual.pdf", b"%PDF-1.7")
    await mirror.run(server)
    server.seen.clear()
    await mirror.run(server)
    assert mirror.fetched == []
    assert not any("body" in one.target or "download" in one.target for one in server.seen)
    wiki.edit(second, body="<p>New.</p>")
    await mirror.run(server)
    assert mirror.fetched == [f"pages/{second.id}"]


async def test_deleted_archived_and_hidden_pages_go(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    pages = [wiki.write(f"Number {number}") for number in range(4)]
    await mirror.run(server)
    wiki.delete(pages[0])
    pages[1].status = "archived"
    pages[2].hidden = True
    await mirror.run(server)
    assert set(mirror.items) == {f"pages/{pages[3].id}"}


async def test_a_space_that_went_is_named_and_its_pages_go(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    kept, _ = wiki.write(), wiki.write(space="TEAM")
    mirror.settings = {**mirror.settings, "spaces": "DOCS\nTEAM"}
    await mirror.run(server)
    del wiki.spaces["TEAM"]
    await mirror.run(server)
    assert set(mirror.items) == {f"pages/{kept.id}"}
    assert "not for this login" in mirror.skipped["spaces/TEAM"]
    del wiki.spaces["DOCS"]
    assert (await mirror.run_failing(server)).trouble is Trouble.FORBIDDEN
    assert set(mirror.items) == {f"pages/{kept.id}"}


async def test_a_page_that_slipped_by_is_asked_for_before_it_counts_as_gone(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    first, second = wiki.write(), wiki.write("Other")
    await mirror.run(server)
    wiki.slips = {first.id}
    await mirror.run(server)
    assert mirror.public == {f"pages/{first.id}", f"pages/{second.id}"}


async def test_one_page_is_read_again_when_asked_for(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    first, second = wiki.write(), wiki.write("Other")
    await mirror.run(server)
    await mirror.run(server, only=(f"pages/{first.id}",))
    assert mirror.fetched == [f"pages/{first.id}"]
    wiki.delete(second)
    await mirror.run(server, only=(f"pages/{second.id}",))
    assert set(mirror.items) == {f"pages/{first.id}"}


# -- settings ----------------------------------------------------------------------------------------------------------------


async def test_the_check_says_whom_it_reached_and_what_there_is(wiki: Confluence, server: Vendor, mirror: Mirror) -> None:
    wiki.write()
    host = "acme.atlassian.net" if wiki.cloud else "wiki.acme.example"
    assert await checked(server, dict(mirror.settings)) == f"{host} lets Ada see 2 spaces (DOCS, TEAM) with 1 pages. Customers may be answered from DOCS."
    with pytest.raises(Refused, match="no space NOPE"):
        await checked(server, {**mirror.settings, "spaces": "DOCS\nNOPE"})
    with pytest.raises(SourceFailed, match="refuses this"):
        await checked(server, {**mirror.settings, "token": "wrong"})
    with pytest.raises(Refused, match="needs a token"):
        await checked(server, {**mirror.settings, "token": ""})
    wiki.faults = lambda _: Response(status=404)
    with pytest.raises(Refused, match="There is no Confluence"):
        await checked(server, dict(mirror.settings))


@pytest.mark.parametrize(("given", "host"), [
    ({"address": "acme.atlassian.net"}, "acme.atlassian.net"), ({"address": "https://acme.atlassian.net/wiki/spaces/DOCS"}, "acme.atlassian.net"),
    ({"address": "https://api.atlassian.com/ex/confluence/1-2"}, "api.atlassian.com"), ({"address": "http://wiki.local:8090/confluence/display/X", "edition": "server"}, "wiki.local:8090"),
])
def test_addresses_may_be_written_as_people_write_them(given: dict[str, str], host: str) -> None:
    assert source("confluence").hosts(given)[0] == host


@pytest.mark.parametrize("given", [{"address": ""}, {"address": "https://wiki.acme.com"}, {"address": "ftp://a.atlassian.net"}, {"address": "https://u:p@acme.atlassian.net"}, {"address": "https://evil-atlassian.net"}])
def test_addresses_that_cannot_be_right_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(Refused):
        source("confluence").hosts(given)
