"""The page of a turn: while it runs, in debug mode, replayed and asked what if; who may do what of it, and what of it stands in the audit log."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from bench import stub_model
from bench.stub_model import StubModel, quote_first_passage
from glassine.rules import grounding
from glassine.store import sessions
from glassine.story import inbound, worker, writing
from glassine.story.inspection import debugging
from glassine.story.knowledge import learning
from glassine.story.privacy import previewing
from glassine.story.turn import Settled
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.ids import SessionId, new_id
from glassine.words.knowledge import Article
from glassine.words.people import Role
from tests.office import Browser, colleague, signed_in
from tests.shop import Shop, founded_shop

SETTINGS = {"llm_model": "stub", "llm_timeout": 20.0}

Client = httpx2.AsyncClient
QUESTION = "My mail is ada@example.com. How long do I have to return an unused lamp?"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def article(world: World, shop: Shop) -> Article:
    body = "You can return an unused lamp within 30 days of delivery. The refund reaches your bank account within five working days."
    for number in range(12):
        await learning.publish(world, shop.org, (await learning.save(world, shop.org, title=f"Lamp {number}", body=f"Lamp {number} has {number} arms and no return label.", language="en")).id)
    return await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns", body=body, language="en")).id)


@pytest.fixture(autouse=True)
def well(model: StubModel, article: Article) -> None:
    model.mode, model.answer, model.latency = "ok", quote_first_passage, 0.0


@pytest_asyncio.fixture
async def desk(world: World, shop: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, shop.owner) as made:
        yield made


async def begun(client: Client, shop: Shop) -> SessionId:
    return SessionId(UUID((await client.post("/api/chat/sessions", headers=shop.bearer, json={})).json()["id"]))


async def turned(client: Client, shop: Shop, session: SessionId, text: str = QUESTION) -> str:
    """The address of the turn's page."""
    sent = await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"type": "text", "text": text}})
    assert sent.status_code == 200, sent.text
    turns = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)).json()["turns"]
    return f"/inbox/sessions/{session}/turns/{turns[-1]['id']}"


async def running(world: World, shop: Shop, session: SessionId) -> asyncio.Task[Settled]:
    """A turn that waits for its model."""
    async with world.live.listen(shop.org, session) as notices:
        heard = await inbound.receive(world, shop.org, session, Inbound(external_id=new_id(), text=QUESTION))
        assert heard.job
        task = worker.begin_turn(world, shop.org, session, heard.job)
        while (await asyncio.wait_for(notices.get(), 20)).kind != "step:model":
            pass
    return task


async def test_a_turn_is_watched_while_it_runs(client: Client, world: World, shop: Shop, desk: Browser, model: StubModel) -> None:
    model.latency = 1.5
    session = await begun(client, shop)
    async with world.live.listen(shop.org, session) as notices:
        task = await running(world, shop, session)
        to = (await desk.get(f"/inbox/sessions/{session}/turns/now")).headers["location"]
        shown = (await desk.get(to)).text
        await task
        steps = [notices.get_nowait().kind for _ in range(notices.qsize())]
    assert "The AI is at work" in shown
    assert "this page follows it" in shown
    assert "Waiting for its answer" in shown
    assert "within 30 days" in shown, "the passages that were found are there already"
    assert len(re.findall("Not reached yet", shown)) == 2  # guard, and what goes out
    assert "data-act=\"replay\"" not in shown
    assert "ada@example.com" not in shown
    assert "step:guard" in steps
    settled = (await desk.get(to)).text
    assert "The AI is at work" not in settled
    assert "Replied to the customer" in settled
    assert (await desk.get(to, htmx=True)).text.lstrip().startswith('<div id="turn-state" data-running="">')
    assert world.turning == {}


async def test_a_turn_that_was_dropped_says_so_to_who_watched(client: Client, world: World, shop: Shop, desk: Browser, model: StubModel) -> None:
    model.latency = 0.6
    session = await begun(client, shop)
    task = await running(world, shop, session)
    to = (await desk.get(f"/inbox/sessions/{session}/turns/now")).headers["location"]
    await writing.begin(world, shop.owner, session)
    await task
    gone = await desk.get(to, htmx=True)
    assert gone.status_code == 200
    assert "This turn said nothing" in gone.text
    assert (await desk.get(to)).status_code == 404


async def test_another_organisation_cannot_watch(client: Client, world: World, shop: Shop, model: StubModel) -> None:
    other = await founded_shop(world, "Other", f"o{new_id().hex[:6]}@other.example")
    model.latency = 0.6
    session = await begun(client, shop)
    task = await running(world, shop, session)
    [turn] = world.turning
    async with signed_in(world, other.owner) as stranger:
        assert (await stranger.get(f"/inbox/sessions/{session}/turns/{turn}")).status_code == 404
        assert (await stranger.get(f"/inbox/sessions/{session}/turns/now")).status_code == 404
    await task


async def test_each_look_is_one_line_an_hour(client: Client, world: World, shop: Shop, desk: Browser) -> None:
    at = await turned(client, shop, await begun(client, shop))
    for _ in range(3):
        await desk.get(at)
    lines = [line for line in await previewing.audit_log(world, shop.owner, only="inspections") if str(line["thing_id"]) == at.rpartition("/")[2]]
    assert [line["verb"] for line in lines] == ["inspect.open"]
    page = (await desk.get("/settings/audit?only=inspections")).text
    assert "inspected a turn" in page


async def test_replay_shows_every_step_with_its_verdict(client: Client, shop: Shop, desk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    at = await turned(client, shop, await begun(client, shop))
    found = (await desk.swap(f"{at}/replay")).text
    assert "Nothing differs from what was recorded." in found
    assert re.findall(r'class="verdict (\w+)"', found) == ["good", "good", "good", "good", "quiet", "good", "good"]
    monkeypatch.setattr(grounding, "unfounded", lambda *_, **__: [grounding.Finding(kind="number", text="30")])
    found = (await desk.swap(f"{at}/replay")).text
    assert "Something differs from what was recorded." in found
    assert "<ins>" in found
    whole = (await desk.post(f"{at}/replay")).text
    assert "Something differs from what was recorded." in whole, "without JavaScript the page holds it"
    assert "<h1>Replied to the customer</h1>" in whole


async def test_what_if_stands_side_by_side(client: Client, shop: Shop, desk: Browser, article: Article) -> None:
    at = await turned(client, shop, await begun(client, shop))
    assert "within 30 days" in (await desk.get(f"{at}/article?article={article.id}", htmx=True)).text
    found = (await desk.swap(f"{at}/what-if", article=str(article.id), text="You can return an unused lamp within 60 days of delivery.")).text
    assert "Something else would come out." in found
    assert "<del>30</del>" in found
    assert "<ins>60</ins>" in found
    assert "Change something first" in (await desk.swap(f"{at}/what-if")).text
    assert "A confidence is a number" in (await desk.swap(f"{at}/what-if", answer_from="much")).text
    whole = (await desk.post(f"{at}/what-if", model="none")).text
    assert "As it was" in whole
    assert 'value="none"' in whole, "the form keeps what was asked"


async def test_debug_mode_records_more_and_ends_by_itself(client: Client, world: World, shop: Shop, desk: Browser, model: StubModel) -> None:
    session = await begun(client, shop)
    plain = await turned(client, shop, session)
    assert "debug mode)" not in (await desk.get(plain)).text
    page = await desk.act(f"/inbox/sessions/{session}/debug", on="1", back=plain)
    assert "Debug mode is on for this conversation until" in page
    assert "Undo" in page
    model.answer = lambda body: f"It says {body['messages'][-1]['content'][-40:]}"
    turn = await turned(client, shop, session, "And how long for a lamp that was used, +1 202 555 0142?")
    shown = (await desk.get(turn)).text
    assert "Every candidate, with the confidence it reached (13, debug mode)" in shown
    assert "Below the first eight" in shown
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update sessions set debug_until = now() - interval '1 second' where id = %s", (session,))
        assert await sessions.debug_until(tx, shop.org, session) is None
    later = await turned(client, shop, session, "And a lamp without its box?") if (await client.get(f"/api/chat/sessions/{session}", headers=shop.bearer)).json()["assignee"]["kind"] == "ai" else plain
    assert "debug mode)" not in (await desk.get(later)).text
    verbs = [line["verb"] for line in await previewing.audit_log(world, shop.owner, only="inspections") if line["thing_id"] == session]
    assert "inspect.debug" in verbs


async def test_a_providers_own_words_are_masked_before_they_are_kept(client: Client, world: World, shop: Shop, desk: Browser, model: StubModel, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await begun(client, shop)
    await turned(client, shop, session, "I am at ada@example.com. How long may I keep a lamp?")
    await debugging.start(world, shop.owner, session)
    monkeypatch.setattr(stub_model, "_error", lambda type, message: {"error": {"message": f"{message}: you sent ada@example.com and eve@example.org", "type": type, "param": None, "code": type}})
    model.mode = "500"
    turn = await turned(client, shop, session, "And a used lamp?")
    shown = (await desk.get(turn)).text
    assert "What the provider said, masked (debug mode)" in shown
    assert "the model is not well" in shown
    assert "EMAIL 1" in shown
    for raw in ("ada@example.com", "eve@example.org"):
        assert raw not in shown
    async with world.store.tx(shop.org) as tx:
        row = await (await tx.execute("select trace::text as t from turns where session_id = %s order by created_at desc limit 1", (session,))).fetchone()
    assert row
    assert "you sent [EMAIL_1] and [EMAIL]" in row["t"]
    assert "eve@example.org" not in row["t"]


async def test_viewers_look_and_change_nothing(client: Client, world: World, shop: Shop) -> None:
    viewer = await colleague(world, shop.owner, Role.VIEWER, "Vera View")
    session = await begun(client, shop)
    at = await turned(client, shop, session)
    async with signed_in(world, viewer) as theirs:
        page = (await theirs.get(at)).text
        assert "What if" not in page
        assert "Debug mode" not in page
        assert "Nothing differs" in (await theirs.swap(f"{at}/replay")).text
        assert (await theirs.swap(f"{at}/what-if", model="none")).status_code == 403
        assert (await theirs.swap(f"/inbox/sessions/{session}/debug", on="1")).status_code == 403
    with pytest.raises(Refused):
        await debugging.start(world, viewer, session)


async def test_a_turn_that_cannot_be_replayed_says_why(client: Client, world: World, shop: Shop, desk: Browser) -> None:
    session = await begun(client, shop)
    at = await turned(client, shop, session)
    async with world.store.tx(shop.org) as tx:
        await tx.execute("update turns set conditions = null where session_id = %s", (session,))
    assert "before Glassine kept what a replay needs" in (await desk.get(at)).text
    assert "before Glassine kept what a replay needs" in (await desk.swap(f"{at}/replay")).text
