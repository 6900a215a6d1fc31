"""A website from its address to a cited answer and out of it again, through the whole product: connected, read, asked, changed, deleted, shut and broken off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest
import pytest_asyncio

from glassine.story import worker
from glassine.story.filling import WrongFields
from glassine.story.sources import connecting, syncing, tending
from glassine.story.sources.connecting import Options
from glassine.story.world import World
from glassine.words.ids import new_id
from glassine.words.sources import RunOutcome
from glassine.words.syncing import Connected, PageState, Run
from tests import files
from tests.shop import Shop, founded_shop
from tests.sites import WebSite, article, html, site, to
from tests.vendors import Response

pytestmark = pytest.mark.enable_socket
QUESTION = "Within how many days can I return a lamp?"
RETURNS = "You can return a lamp within 30 days of the day it was delivered. Send it back unused and in its box. We refund the price to the card you paid with."


@dataclass(slots=True)
class Acme:
    """A company with a website that is a source of its answers."""

    world: World
    client: httpx2.AsyncClient
    shop: Shop
    site: WebSite

    async def connect(self, **settings: str) -> Connected:
        made, self.reached = await connecting.create(self.world, self.shop.owner, "website", {"start": self.site.url} | settings, Options(name="Help pages"))
        await self.settle()
        return made

    reached: str = ""

    async def settle(self) -> None:
        """Runs every job that waits, as a worker would."""
        while found := await worker._claim(self.world, 8):
            self.world.running.update(job.id for job in found)
            for job in found:
                await worker._run_one(self.world, job)

    async def last(self, source: Connected) -> Run:
        return (await tending.history(self.world, self.shop.owner, source.id))[0]

    async def again(self, source: Connected) -> Run:
        await tending.sync_now(self.world, self.shop.owner, source.id)
        await self.settle()
        return await self.last(source)

    async def pages(self, source: Connected) -> dict[str, tuple[PageState, str]]:
        found = await tending.pages(self.world, self.shop.owner, source.id, limit=200)
        return {page.path.removeprefix(self.site.host): (page.state, page.reason) for page in found.pages}

    async def ask(self, question: str = QUESTION) -> str:
        """What a new customer is answered, with its evidence."""
        bearer = self.shop.bearer
        session = (await self.client.post("/api/chat/sessions", headers=bearer, json={"contact": {"email": f"{new_id()}@customer.example"}})).json()["id"]
        body = {"sender": {"type": "contact"}, "message": {"type": "text", "text": question}}
        answer = await self.client.post(f"/api/chat/sessions/{session}/send", headers=bearer, json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["autopilotResponse"])



@pytest_asyncio.fixture(loop_scope="session")
async def acme(world: World, client: httpx2.AsyncClient) -> AsyncIterator[Acme]:
    pages = {
        "/": article("Help", links='<a href="/returns">Returns</a> <a href="/shipping">Shipping</a>'), "/returns": article("Returns", text=RETURNS),
        "/shipping": article("Shipping", text="We ship to all countries of the European Union. A parcel takes three to five days. You get a number to follow it by mail."),
    }
    pages |= {f"/topic{n}": article(f"Topic {n}", text=f"Topic {n} is about the color of lamp shades in catalogue number {n}. " * 4) for n in range(6)}
    pages["/"] = article("Help", links="".join(f'<a href="{path}">x</a>' for path in pages))
    async with site(pages) as made:
        book = world.gate._book._allowed
        world.gate._book._allowed = book | {("127.0.0.1", int(made.url.rpartition(":")[2]))}
        try:
            yield Acme(world, client, await founded_shop(world, "Acme", f"owner@{new_id()}.example"), made)
        finally:
            world.gate._book._allowed = book


async def test_a_website_is_connected_asked_and_cited_and_a_deleted_page_is_answered_no_more(acme: Acme) -> None:
    source = await acme.connect()
    assert acme.reached == "Reached Help: it has no sitemap; pages are found by their links, and the first leads to 8, such as /returns, /shipping and /topic0."
    run = await acme.last(source)
    assert (run.outcome, dict(run.counts)) == (RunOutcome.DONE, {"added": 9})
    answer = await acme.ask()
    assert "30 days" in answer
    assert f"{acme.site.url}/returns" in answer, "the page itself is what the customer is shown"
    acme.site.pages["/returns"] = article("Returns", text=RETURNS.replace("30", "14"))
    assert dict((await acme.again(source)).counts) == {"changed": 1, "unchanged": 8}
    assert "14 days" in await acme.ask()
    del acme.site.pages["/returns"]
    run = await acme.again(source)
    assert (run.outcome, run.counts["removed"]) == (RunOutcome.DONE, 1)
    after = await acme.ask()
    assert "14 days" not in after
    assert "/returns" not in after


async def test_a_site_that_is_down_loses_nothing_and_says_why(acme: Acme) -> None:
    source = await acme.connect()
    kept = dict(acme.site.pages)
    for path in kept:
        acme.site.pages[path] = Response(status=403)
    run = await acme.again(source)
    assert run.outcome is RunOutcome.FAILED
    assert "is not shown to everybody. Only pages that everybody can see are read." in run.reason
    assert "30 days" in await acme.ask()
    acme.site.pages |= kept
    assert (await acme.again(source)).outcome is RunOutcome.DONE


async def test_a_site_that_answers_everything_with_one_page_waits_for_a_person(acme: Acme) -> None:
    source = await acme.connect()
    for path in list(acme.site.pages):
        acme.site.pages[path] = to("/") if path != "/" else article("Under construction")
    run = await acme.again(source)
    assert run.outcome is RunOutcome.WAITING
    assert "8 of 9 pages are no longer there" in run.reason
    assert "30 days" in await acme.ask()


async def test_each_page_says_what_became_of_it(acme: Acme) -> None:
    acme.site.pages |= {
        "/private": article("Private"), "/robots.txt": Response(body=b"User-agent: *\nDisallow: /private\n"), "/app": html('<div id="app"></div><script src="x.js"></script>'),
        "/copy": article("Returns", text=RETURNS), "/manual.pdf": Response(body=files.pdf(["The lamp takes a bulb of 40 watts."]), headers={"Content-Type": "application/pdf"}),
        "/locked.pdf": Response(body=b"%PDF-1.7 broken", headers={"Content-Type": "application/pdf"}),
        "/": article("Help", links="".join(f'<a href="{path}">x</a>' for path in ("/returns", "/private", "/app", "/copy", "/manual.pdf", "/locked.pdf"))),
    }
    source = await acme.connect(files="true")
    pages = await acme.pages(source)
    assert pages["/private"] == (PageState.EXCLUDED, "robots.txt asks robots to leave it alone")
    assert pages["/app"] == (PageState.ERROR, "has no text without JavaScript, and scripts are not run")
    assert pages["/copy"] == (PageState.EXCLUDED, f"says the same as {acme.site.host}/returns")
    assert pages["/manual.pdf"][0] is PageState.SYNCED
    assert pages["/locked.pdf"][0] is PageState.ERROR
    assert pages["/returns"][0] is PageState.SYNCED
    assert "40 watts" in await acme.ask("Which bulb does the lamp take?")


async def test_a_page_is_excluded_included_and_read_again_by_itself(acme: Acme) -> None:
    source = await acme.connect()
    page = next(one for one in (await tending.pages(acme.world, acme.shop.owner, source.id)).pages if one.path.endswith("/returns"))
    await tending.exclude(acme.world, acme.shop.owner, source.id, [page.path])
    assert "30 days" not in await acme.ask()
    await acme.again(source)
    assert "30 days" not in await acme.ask(), "a run does not bring back what a person took out"
    await tending.include(acme.world, acme.shop.owner, source.id, [page.path])
    await acme.settle()
    assert "30 days" in await acme.ask()
    acme.site.pages["/returns"] = article("Returns", text=RETURNS.replace("30", "21"))
    acme.site.server.seen.clear()
    await tending.sync_now(acme.world, acme.shop.owner, source.id, [page.path])
    await acme.settle()
    assert "21 days" in await acme.ask()
    assert acme.site.asked_for() == ["/returns"]


async def test_a_crawl_that_was_killed_goes_on(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    acme.site.pages |= {f"/p{n}": article(f"Page {'x' * n}", text=f"Lamp number {n} has a shade of {n} centimetres.") for n in range(70)}
    acme.site.pages["/"] = article("Help", links="".join(f'<a href="{path}">x</a>' for path in acme.site.pages))
    made, _ = await connecting.create(acme.world, acme.shop.owner, "website", {"start": acme.site.url}, Options(name="Killed"))
    [job] = await worker._claim(acme.world, 8)
    hear, heard = syncing.Course._hear, 0

    async def until_killed(self: syncing.Course, told: object) -> None:
        nonlocal heard
        await hear(self, told)  # type: ignore[arg-type]  # whatever the source tells
        heard += 1
        if heard == 90:
            raise KeyboardInterrupt

    monkeypatch.setattr(syncing.Course, "_hear", until_killed)
    with pytest.raises(KeyboardInterrupt):
        await syncing.run(acme.world, acme.shop.org, (await acme.last(made)).id)
    monkeypatch.undo()
    broken = await acme.last(made)
    assert broken.ended_at is None
    assert broken.cursor
    acme.site.server.seen.clear()
    acme.world.running.add(job.id)
    await worker._run_one(acme.world, job)
    run = await acme.last(made)
    assert run.outcome is RunOutcome.DONE
    assert len([state for state, _ in (await acme.pages(made)).values() if state is PageState.SYNCED]) == len(acme.site.pages)
    assert len(set(acme.site.asked_for())) < 40, "what was read before is not read again"


async def test_what_cannot_be_read_is_not_saved(acme: Acme) -> None:
    for settings, says in (
        ({"start": "http://169.254.169.254/"}, "not a public address"), ({"start": f"{acme.site.url}/nothing"}, "There is no page at"), ({"include": "blog"}, "must begin with / or"),
    ):
        with pytest.raises(WrongFields, match=says):
            await connecting.create(acme.world, acme.shop.owner, "website", {"start": acme.site.url} | settings, Options(name="Never"))
    assert await tending.listing(acme.world, acme.shop.owner) == []
