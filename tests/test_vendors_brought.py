"""Zendesk and Confluence through whole runs: what their twins hold is answered from, by customers only what everybody sees there, whatever happens between runs."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio

from glassine.story import worker
from glassine.story.filling import WrongFields
from glassine.story.knowledge import learning
from glassine.story.search import finding
from glassine.story.sources import connecting, tending
from glassine.story.sources.connecting import Options
from glassine.story.world import World
from glassine.words.ids import new_id
from glassine.words.knowledge import EVERYBODY, TEAM, ArticleStatus, Audience
from glassine.words.sources import RunOutcome
from glassine.words.syncing import Connected, Run
from tests import confluence_twin, test_confluence_runs, test_zendesk_runs, zendesk_twin
from tests.shop import Shop, founded_shop
from tests.vendors import Request, Response, vendor

pytestmark = pytest.mark.enable_socket
CONFLUENCE = {**confluence_twin.CLOUD, "public_spaces": "DOCS"}


@pytest_asyncio.fixture(loop_scope="session")
async def company(world: World) -> Shop:
    return await founded_shop(world, "Company", f"owner@{new_id()}.example")


@asynccontextmanager
async def at(world: World, kind: str, answer: Callable[[Request], Response]) -> AsyncIterator[None]:
    """The vendor on this machine, at an address that the operator set."""
    async with vendor(answer) as server:
        before, book = world.settings, world.gate._book._allowed
        world.settings = replace(before, vendor_urls=(f"{kind}={server.url}",))
        world.gate._book._allowed = book | {("127.0.0.1", int(server.url.rpartition(":")[2]))}
        try:
            yield
        finally:
            world.settings, world.gate._book._allowed = before, book


async def settled(world: World) -> None:
    """Runs every job that waits, as a worker would."""
    while found := await worker._claim(world, 8):
        world.running.update(job.id for job in found)
        for job in found:
            await worker._run_one(world, job)


async def connected(world: World, company: Shop, kind: str, given: dict[str, str]) -> Connected:
    made, _ = await connecting.create(world, company.owner, kind, given, Options(name=kind))
    await settled(world)
    return made


async def again(world: World, company: Shop, source: Connected) -> Run:
    await tending.sync_now(world, company.owner, source.id)
    await settled(world)
    return (await tending.history(world, company.owner, source.id))[0]


async def known(world: World, company: Shop, source: Connected) -> dict[str, bool]:
    """Every article that answers are made of, and whether customers' are."""
    found = (await learning.listing(world, company.org, source=source.key, status=ArticleStatus.PUBLISHED, limit=500)).articles
    return {article.path: article.audience is Audience.PUBLIC for article in found}


async def told(world: World, company: Shop, question: str, *, team: bool = False) -> set[str]:
    hits = await finding.find(world, company.org, question, viewer=TEAM if team else EVERYBODY, limit=50)
    return {f"{hit.heading}: {hit.text}" for hit in hits}


async def test_customers_are_told_what_zendesk_shows_to_everybody(world: World, company: Shop) -> None:
    centre = zendesk_twin.HelpCentre()
    shown = centre.write("Returns", "<p>You can return a lamp within 14 days.</p>")
    centre.write("Goodwill", "<p>Staff may return a lamp after 90 days.</p>", segment=12)
    centre.attach(shown, "lamp.txt", b"The lamp Aurora takes bulbs of 7 watts.", content_type="text/plain")
    async with at(world, "zendesk", centre):
        source = await connected(world, company, "zendesk", zendesk_twin.SETTINGS)
        assert await known(world, company, source) == centre.texts()
        answers = await told(world, company, "How long can I return a lamp?")
        assert any("Billing › Refunds › Returns" in one and "14 days" in one for one in answers), answers
        assert not any("90 days" in one for one in answers)
        assert any("90 days" in one for one in await told(world, company, "How long can I return a lamp?", team=True))
        assert any("7 watts" in one for one in await told(world, company, "Which bulbs does the lamp Aurora take?"))
        centre.edit(shown, "en-us", draft=True)
        await again(world, company, source)
        assert not await told(world, company, "How long can I return a lamp?")
        centre.archive(shown)
        await again(world, company, source)
        assert await known(world, company, source) == centre.texts()


async def test_customers_are_told_what_nobody_restricted_in_confluence(world: World, company: Shop) -> None:
    wiki = confluence_twin.Confluence()
    top = wiki.write("Orders", "<p>Orders above 50 euros are sent free of charge.</p>")
    below = wiki.write("Lamps", '<p>Cut the power first.</p><ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[lampctl --reset AURORA-7]]></ac:plain-text-body></ac:structured-macro>', parent=top)
    async with at(world, "confluence", wiki):
        source = await connected(world, company, "confluence", CONFLUENCE)
        assert await known(world, company, source) == wiki.documents()
        answers = await told(world, company, "How do I reset AURORA-7?")
        assert any("Product docs › Orders › Lamps" in one and "lampctl --reset AURORA-7" in one for one in answers), answers
        top.groups = ["staff"]
        await again(world, company, source)
        assert not await told(world, company, "How do I reset AURORA-7?")
        assert await told(world, company, "How do I reset AURORA-7?", team=True)
        wiki.delete(below)
        await again(world, company, source)
        assert await known(world, company, source) == wiki.documents()


@pytest.mark.parametrize("kind", ["zendesk", "confluence"])
async def test_everything_deleted_by_mistake_waits_for_a_person(world: World, company: Shop, kind: str) -> None:
    centre, wiki = zendesk_twin.HelpCentre(), confluence_twin.Confluence()
    for number in range(4):
        centre.write(f"Number {number}", f"<p>Answer {number}.</p>")
        wiki.write(f"Number {number}", f"<p>Answer {number}.</p>")
    async with at(world, kind, centre if kind == "zendesk" else wiki):
        source = await connected(world, company, kind, zendesk_twin.SETTINGS if kind == "zendesk" else CONFLUENCE)
        centre.articles.clear()
        wiki.pages.clear()
        run = await again(world, company, source)
        assert run.outcome is RunOutcome.WAITING, run.reason
        assert len(await known(world, company, source)) == 4
        assert len(await told(world, company, "Answer")) == 4


@pytest.mark.parametrize("kind", ["zendesk", "confluence"])
async def test_a_token_that_is_revoked_in_mid_run_is_a_reason_and_loses_nothing(world: World, company: Shop, kind: str) -> None:
    centre, wiki = zendesk_twin.HelpCentre(page_size=2), confluence_twin.Confluence()
    for number in range(4):
        centre.write(f"Number {number}", f"<p>Answer {number}.</p>")
        wiki.write(f"Number {number}", f"<p>Answer {number}.</p>")
    twin = centre if kind == "zendesk" else wiki
    async with at(world, kind, twin):
        source = await connected(world, company, kind, zendesk_twin.SETTINGS if kind == "zendesk" else CONFLUENCE)
        left = iter(range(3))
        twin.faults = lambda _: Response(status=401) if next(left, None) is None else None
        run = await again(world, company, source)
        assert (run.outcome, run.trouble) == (RunOutcome.FAILED, "credentials")
        assert "refuses this login" in run.reason
        assert not any(secret in run.reason for secret in (zendesk_twin.TOKEN, confluence_twin.TOKEN, "ada@"))
        assert len(await told(world, company, "Answer")) == 4
        twin.faults = lambda _: None
        assert (await again(world, company, source)).outcome is RunOutcome.DONE
        with pytest.raises(WrongFields, match="refuses this login"):
            await connecting.change(world, company.owner, source.id, {**source.settings, "token": "another"}, Options(name=kind))


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_between_runs_zendesk_is_known_as_it_is(world: World, company: Shop, seed: int) -> None:
    chance, centre = random.Random(seed), zendesk_twin.HelpCentre(page_size=2)
    steps = ["write", "write", "translate", "edit", "draft", "publish", "restrict", "open", "archive", "shut", "unshut", "quiet"]
    async with at(world, "zendesk", centre):
        for number in range(6):
            centre.write(f"Number {number}")
        source = await connected(world, company, "zendesk", zendesk_twin.SETTINGS)
        for _ in range(4):
            for _ in range(chance.randrange(1, 5)):
                test_zendesk_runs.change(centre, chance.choice(steps), chance.randrange(4), chance.choice(["en-us", "de", "fr"]))
            run = await again(world, company, source)
            assert run.outcome is RunOutcome.DONE, run.reason
            assert await known(world, company, source) == centre.texts()


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_between_runs_confluence_is_known_as_it_is(world: World, company: Shop, seed: int) -> None:
    chance, wiki = random.Random(seed), confluence_twin.Confluence(page_size=2)
    steps = ["write", "write", "below", "edit", "restrict", "open", "delete", "archive", "hide", "show", "move", "empty", "index"]
    async with at(world, "confluence", wiki):
        below = None
        for number in range(6):
            below = wiki.write(f"Number {number}", parent=below if number != 3 else None)
        source = await connected(world, company, "confluence", CONFLUENCE)
        for _ in range(4):
            for _ in range(chance.randrange(1, 5)):
                test_confluence_runs.change(wiki, chance.choice(steps), chance.randrange(5))
            run = await again(world, company, source)
            assert run.outcome is RunOutcome.DONE, run.reason
            assert await known(world, company, source) == wiki.documents()
