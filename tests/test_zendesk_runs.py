"""Runs over a help centre of Zendesk that go wrong, break off, or meet changes in any order: nothing is lost, and nothing internal becomes public."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from glassine.connect import source
from glassine.words.sources import Item, Trouble
from tests.mirrored import Mirror
from tests.vendors import Request, Response, Vendor, Waits, link, vendor
from tests.zendesk_twin import EMAIL, SETTINGS, TOKEN, HelpCentre

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def centre() -> HelpCentre:
    return HelpCentre()


@pytest_asyncio.fixture
async def server(centre: HelpCentre) -> AsyncIterator[Vendor]:
    async with vendor(centre) as made:
        yield made


@pytest.fixture
def mirror() -> Mirror:
    return Mirror(source("zendesk"), SETTINGS)


# -- what goes wrong ---------------------------------------------------------------------------------------------------------


async def test_a_run_that_breaks_off_goes_on_from_its_checkpoint(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    centre.page_size = 2
    for number in range(7):
        centre.write(f"Number {number}")
    assert not await mirror.run(server, break_after=9)
    assert mirror.cursor
    server.seen.clear()
    await mirror.run(server)
    assert mirror.public == {path for path, shown in centre.texts().items() if shown}
    pages = [one.target for one in server.seen if one.target.startswith("/api/v2/help_center/articles?") and "size" in one.target]
    assert len(pages) == 2, "the first two pages were not asked for again"


@pytest.mark.parametrize("status", [429, 503])
async def test_a_pause_that_zendesk_asks_for_is_kept(centre: HelpCentre, server: Vendor, status: int) -> None:
    centre.write()
    left = [Response(status=status, headers={"Retry-After": "13"})]
    centre.faults = lambda request: left.pop() if left and "/articles" in request.target else None
    waits = Waits()
    async with link(server.url, SETTINGS, hosts=("acme.zendesk.com",), wait=waits) as way:
        await source("zendesk").check(way)
    assert 13 <= sum(waits) < 17


async def test_a_token_that_is_revoked_in_mid_run_leaves_what_was_read(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    centre.page_size = 2
    for number in range(6):
        centre.write(f"Number {number}")
    await mirror.run(server)

    def revoked(request: Request) -> Response | None:
        if "after" in request.target:
            centre.tokens.clear()
        return None

    centre.faults = revoked
    failed = await mirror.run_failing(server)
    assert failed.trouble is Trouble.CREDENTIALS
    assert "acme.zendesk.com refuses this login" in failed.message
    assert TOKEN not in failed.message
    assert EMAIL not in failed.message
    assert len(mirror.items) == 6


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"articles": 7}', b'{"articles": [7]}', b'{"articles": [{"id": "x"}], "meta": {}}', b'{"articles": []}', b"[" * 100_000], ids=range(8))
async def test_answers_that_are_not_as_documented_end_the_run_and_nothing_is_lost(centre: HelpCentre, server: Vendor, mirror: Mirror, body: bytes) -> None:
    centre.write()
    await mirror.run(server)
    centre.faults = lambda request: Response(body=body) if "sort_by" in request.target else None
    failed = await mirror.run_failing(server)
    assert failed.trouble is Trouble.MALFORMED
    assert len(mirror.items) == 1


async def test_connections_that_break_are_tried_again_and_then_end_the_run(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    centre.write()
    left = [2]

    def reset(_: Request) -> Response | None:
        left[0] -= 1
        if left[0] >= 0:
            raise ConnectionResetError
        return None

    centre.faults = reset
    await mirror.run(server)
    assert len(mirror.items) == 1
    left[0] = 1_000
    failed = await mirror.run_failing(server)
    assert failed.trouble is Trouble.UNREACHABLE
    assert len(mirror.items) == 1


async def test_an_answer_that_never_comes_ends_the_run(mirror: Mirror) -> None:
    async def never(_: Request) -> Response:
        await asyncio.sleep(3_600)
        return Response()

    mirror.seconds = 0.05
    async with vendor(never) as slow:
        assert (await mirror.run_failing(slow)).trouble is Trouble.UNREACHABLE


async def test_pages_that_are_too_large_are_asked_for_in_smaller_ones(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    for number in range(15):
        centre.write(f"Number {number}", f"<p>{'long ' * 60_000}</p>")
    await mirror.run(server)
    assert len(mirror.items) == 15
    assert any("size%5D=10" in one.target for one in server.seen)


async def test_a_page_that_slipped_by_is_asked_for_before_it_counts_as_gone(centre: HelpCentre, server: Vendor, mirror: Mirror) -> None:
    first, second = centre.write(), centre.write("Other")
    await mirror.run(server)
    centre.slips = {first.id}
    await mirror.run(server)
    assert {f"articles/{first.id}/en-us", f"articles/{second.id}/en-us"} == set(mirror.items)


# -- whatever happens in whatever order --------------------------------------------------------------------------------------

STEPS = st.lists(st.tuples(
    st.sampled_from(["write", "translate", "edit", "draft", "publish", "restrict", "open", "archive", "attach", "detach", "shut", "unshut", "quiet", "crash", "run", "later"]),
    st.integers(0, 3), st.sampled_from(["en-us", "de", "fr"]),
), min_size=1, max_size=25)


def change(centre: HelpCentre, step: str, which: int, locale: str) -> None:
    there = list(centre.articles.values())
    article = there[which % len(there)] if there else None
    match step:
        case "write":
            centre.write(f"Article {which}", locale=locale)
        case "shut" | "unshut":
            centre.open = step == "unshut"
        case "quiet":
            centre.quiet_translations = not centre.quiet_translations
        case _ if article is None:
            return
        case "translate":
            centre.translate(article, locale, f"In {locale}", f"<p>{which}</p>", draft=which == 1)
        case "edit" | "draft" | "publish":
            first = locale if locale in article.translations else next(iter(article.translations))
            centre.edit(article, first, **({"body": f"<p>{centre.clock}</p>"} if step == "edit" else {"draft": step == "draft"}))
        case "restrict" | "open":
            centre.restrict(article, 12 if step == "restrict" else None)
        case "archive":
            centre.archive(article)
        case "attach":
            centre.attach(article, f"{which}.pdf", f"{centre.clock}".encode(), locale=None if which else locale)
        case "detach" if article.attachments:
            article.attachments.popitem()


async def play(steps: list[tuple[str, int, str]]) -> None:
    centre, mirror = HelpCentre(page_size=2), Mirror(source("zendesk"), SETTINGS)
    for number in range(5):
        centre.write(f"Number {number}")
    async with vendor(centre) as server:
        for step, which, locale in steps:
            if step == "run":
                await mirror.run(server)
            elif step == "crash":
                await mirror.run(server, break_after=which * 2 + 1)
            elif step == "later":
                mirror.later(hours=which * 20)
            else:
                change(centre, step, which, locale)
        if mirror.cursor is not None:
            await mirror.run(server)  # the run that had broken off
        mirror.later(hours=25)
        await mirror.run(server)
        assert set(mirror.items) == centre.texts().keys()
        assert mirror.public == {path for path, shown in centre.texts().items() if shown}
        for path, item in mirror.items.items():
            _, id, *rest = path.split("/")
            there = centre.articles[int(id)]
            assert item.content == (there.attachments[int(rest[1])].content if rest[0] == "attachments" else there.translations[rest[0]].body.encode())


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_whatever_happens_between_runs_a_complete_run_knows_what_the_help_centre_holds(steps: list[tuple[str, int, str]]) -> None:
    asyncio.run(play(steps))


def test_the_mirror_can_tell_a_wrong_run() -> None:
    mirror = Mirror(source("zendesk"), SETTINGS)
    with pytest.raises(AssertionError):
        mirror._take(Item(path="a", title="A", content=b"", media_type="text/html"), only=False)
