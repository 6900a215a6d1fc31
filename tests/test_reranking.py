"""A reranker outside, as a real server on this machine: it decides the order and nothing else, it is sent what may be seen, and its failures cost the answer nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from glassine.edge.addresses import places
from glassine.edge.gate import Gate
from glassine.rules.reordering import PAUSED, by_popularity, pause, reordered
from glassine.store import ledger
from glassine.store.ledger import Filter
from glassine.story import conversations, visitor
from glassine.story.behaviour import autopilot
from glassine.story.boundary import boundaries
from glassine.story.boundary.rescan import Rescan
from glassine.story.inspection import replaying, what_if
from glassine.story.knowledge import learning
from glassine.story.search import finding, reranking
from glassine.story.world import World, _recorder
from glassine.words.errors import Refused
from glassine.words.ids import ArticleId, EventId, PassageId, SessionId, TurnId, new_id
from glassine.words.knowledge import EVERYBODY, TEAM, Audience, Hit
from glassine.words.people import Role
from glassine.words.replays import Verdict
from glassine.words.sessions import Autopilot, ChannelKind
from glassine.words.what_if import Change
from tests.office import colleague, signed_in
from tests.shop import Shop, founded_shop
from tests.vendors import Request, Response, Vendor, vendor

QUESTION = "How long do I have to return a lamp?"


def by(score: Callable[[int, str], float]) -> Callable[[Request], Response]:
    """A server that judges each document by its place and its text."""

    def answer(request: Request) -> Response:
        asked = json.loads(request.body)
        return said({"results": [{"index": place, "relevance_score": score(place, text)} for place, text in enumerate(asked["documents"])]})

    return answer


def said(answer: Any, status: int = 200) -> Response:
    return Response(status=status, body=answer if isinstance(answer, bytes) else json.dumps(answer).encode())


UPSIDE_DOWN = by(lambda place, _: float(place))


@pytest_asyncio.fixture
async def outside(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Vendor]:
    async with vendor(UPSIDE_DOWN) as running:
        gate = Gate(allowed_private=places([running.url]), closed=world.switches.closed, scan=Rescan(world), record=_recorder(world.store))
        monkeypatch.setattr(world, "gate", gate)
        yield running
        await gate.aclose()


@pytest_asyncio.fixture
async def store(world: World, outside: Vendor) -> Shop:
    """A shop of its own, with public and internal articles and the reranker."""
    made = await founded_shop(world, "Paper & Glass", f"owner{new_id().hex[:8]}@paper.example")
    for title, body, audience in (
        ("Returns", "You can return an unused lamp within 30 days of delivery.", Audience.PUBLIC), ("Refunds", "After the return of a lamp the refund takes five working days.", Audience.PUBLIC),
        ("Shipping", "A parcel with a lamp takes three days.", Audience.PUBLIC), ("Goodwill", "Agents may take a lamp back after 90 days.", Audience.INTERNAL),
    ):
        await learning.publish(world, made.org, (await learning.save(world, made.org, title=title, body=body, audience=audience, language="en")).id)
    await reranking.set_up(world, made.owner, f"{outside.url}/v1/rerank", "judge-1", "rk-very-secret")
    return made


async def titles(world: World, shop: Shop, *, viewer: Any = EVERYBODY) -> list[str]:
    return [hit.title for hit in (await reranking.seek(world, shop.org, QUESTION, viewer=viewer)).hits]


async def asked(client: httpx2.AsyncClient, shop: Shop, text: str) -> tuple[SessionId, TurnId, dict[str, Any]]:
    made = await client.post("/api/chat/sessions", headers=shop.bearer, json={"contact": {"email": "ada@example.com"}})
    session = made.json()["id"]
    sent = await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"type": "text", "text": text}})
    assert sent.status_code == 200, sent.text
    [turn] = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)).json()["turns"]
    return SessionId(UUID(session)), TurnId(UUID(turn["id"])), turn


async def test_it_decides_the_order_and_its_figure_is_one_of_the_scores(world: World, store: Shop, outside: Vendor) -> None:
    ours = [hit.title for hit in (await finding.seek(world, store.org, QUESTION, viewer=EVERYBODY)).hits]
    sought = await reranking.seek(world, store.org, QUESTION, viewer=EVERYBODY)
    assert [hit.title for hit in sought.hits] == ours[::-1]
    assert [hit.scores["reranker"] for hit in sought.hits] == [2.0, 1.0, 0.0]
    [request] = outside.seen
    body = json.loads(request.body)
    assert (request.method, request.target, request.headers["authorization"]) == ("POST", "/v1/rerank", "Bearer rk-very-secret")
    assert (set(body), body["model"], body["query"], body["top_n"]) == ({"model", "query", "documents", "top_n"}, "judge-1", QUESTION, 3)


async def test_it_is_sent_what_the_reader_may_see(world: World, store: Shop, outside: Vendor) -> None:
    await titles(world, store)
    assert b"Agents may" not in outside.seen[-1].body
    await titles(world, store, viewer=TEAM)
    assert b"Agents may" in outside.seen[-1].body


async def test_what_people_type_is_masked_before_it_leaves(world: World, store: Shop, outside: Vendor) -> None:
    await reranking.seek(world, store.org, "I am Ada Lovelace, ada@example.com, how do I return a lamp?", viewer=EVERYBODY)
    body = json.loads(outside.seen[-1].body)
    assert "ada" not in body["query"].lower()
    assert "return a lamp" in body["query"]


@pytest.mark.parametrize(("answer", "kind"), [
    (said({"error": "no"}, 401), "refused"), (said({}, 429), "rate_limited"), (said({}, 503), "unreachable"), (said(b"<html>"), "malformed"), (said({"results": []}), "malformed"),
    (said({"results": [{"index": 0, "relevance_score": 1}, {"index": 0, "relevance_score": 1}, {"index": 1, "relevance_score": 1}]}), "malformed"),
    (said({"results": [{"index": place, "relevance_score": 1} for place in (0, 1, 7)]}), "malformed"), (said({"results": [{"index": place, "relevance_score": 1} for place in (-1, 0, 1)]}), "malformed"),
    (said(b'{"results": [{"index": 0, "relevance_score": NaN}, {"index": 1, "relevance_score": 1}, {"index": 2, "relevance_score": 1}]}'), "malformed"),
    (said(b'{"results": [{"index": 0, "relevance_score": 1e999}, {"index": 1, "relevance_score": 1}, {"index": 2, "relevance_score": 1}]}'), "malformed"),
    (said({"results": [{"index": place, "relevance_score": "1"} for place in range(3)]}), "malformed"), (said(b"x" * 1_000_001), "unreachable"),
    (Response(status=302, headers={"Location": "http://127.0.0.1:1/"}), "unreachable"),
])  # fmt: skip
async def test_no_usable_answer_leaves_our_own_order_and_is_counted(world: World, store: Shop, outside: Vendor, answer: Response, kind: str) -> None:
    outside.answer = lambda _: answer
    ours = await finding.seek(world, store.org, QUESTION, viewer=EVERYBODY)
    sought = await reranking.seek(world, store.org, QUESTION, viewer=EVERYBODY)
    assert sought.hits == ours.hits
    assert sought.judged.failed
    [failure] = (await reranking.current(world, store.owner)).failures
    assert (failure["kind"], failure["times"], failure["says"]) == (kind, 1, sought.judged.failed)


async def test_it_is_not_waited_for_longer_than_the_limit(world: World, store: Shop, outside: Vendor) -> None:
    never = asyncio.Event()

    async def late(_: Request) -> Response:
        await never.wait()
        return said({})

    outside.answer = late
    sought = await reranking.seek(world, store.org, QUESTION, viewer=EVERYBODY)
    assert sought.judged.failed == "The reranker did not answer within 1.5 seconds."
    assert sought.hits[0].title == "Returns"


async def test_one_that_fails_again_and_again_is_left_alone_for_a_while(world: World, store: Shop, outside: Vendor) -> None:
    ours = [hit.title for hit in (await finding.seek(world, store.org, QUESTION, viewer=EVERYBODY)).hits]
    place = (store.org, f"{outside.url}/v1/rerank")
    outside.answer = lambda _: said({}, 503)
    for _ in range(3):
        assert "503" in (await reranking.seek(world, store.org, QUESTION, viewer=EVERYBODY)).judged.failed
    paused = await reranking.seek(world, store.org, QUESTION, viewer=EVERYBODY)
    assert (paused.judged.failed, [hit.title for hit in paused.hits], len(outside.seen)) == (PAUSED, ours, 3)
    assert (await reranking.current(world, store.owner)).failures[0]["times"] == 3, "what nobody asked has not failed"
    paused_until = world.rerank_failures[place][1]
    world.rerank_failures[place] = 3, paused_until - 300  # the pause is over
    both = await asyncio.gather(*(titles(world, store) for _ in range(2)))
    assert (both, len(outside.seen)) == ([ours, ours], 4), "one of them found out that it still fails"
    outside.answer, world.rerank_failures[place] = UPSIDE_DOWN, (4, paused_until - 300)
    assert await titles(world, store) == ours[::-1]
    assert place not in world.rerank_failures


def test_pauses_grow_to_five_minutes() -> None:
    assert [pause(failures) for failures in (0, 2, 3, 4, 5, 8, 9, 10_000)] == [0, 0, 10, 20, 40, 300, 300, 300]


async def test_a_turn_keeps_what_it_said_and_replay_asks_nobody(
    world: World, store: Shop, client: httpx2.AsyncClient, outside: Vendor, monkeypatch: pytest.MonkeyPatch,
) -> None:
    outside.answer = by(lambda _, text: float("refund takes" in text))
    session, turn, seen = await asked(client, store, f"My mail is ada@example.com. {QUESTION}")
    body = json.loads(outside.seen[-1].body)
    assert "ada@example.com" not in body["query"]
    assert not any("Agents may" in text for text in body["documents"])
    assert len(outside.seen) == 1
    outside.answer = UPSIDE_DOWN
    for _ in range(2):
        found = await replaying.replay(world, store.owner, session, turn)
        assert Verdict.DIFFERS not in [step.verdict for step in found.steps], found
        await learning.publish(world, store.org, (await learning.save(world, store.org, title=f"Lamps {new_id()}", body="Returning a lamp is easy.", language="en")).id)
    await what_if.ask(world, store.owner, session, turn, Change(article=ArticleId(UUID(seen["hits"][0]["article"]))))
    assert len(outside.seen) == 1
    assert seen["hits"][0]["title"] == "Refunds"
    monkeypatch.setattr(replaying, "reordered", lambda hits, _: hits)  # without what it said then, the search would find another order
    assert Verdict.DIFFERS in [step.verdict for step in (await replaying.replay(world, store.owner, session, turn)).steps]


async def test_a_draft_for_the_team_may_hold_internal_passages(world: World, store: Shop, client: httpx2.AsyncClient, outside: Vendor) -> None:
    await autopilot.set_mode(world, store.owner, ChannelKind.API, Autopilot.ASSIST)
    await asked(client, store, QUESTION)
    assert b"Agents may" in outside.seen[-1].body


@pytest.mark.parametrize("name", ["rerank", "ai"])
async def test_switched_off_it_is_not_asked(world: World, store: Shop, outside: Vendor, name: str) -> None:
    await (boundaries.switch_ai(world, store.owner, on=False) if name == "ai" else boundaries.switch(world, store.owner, name, on=False))
    assert await titles(world, store)
    assert outside.seen == []
    assert (await reranking.current(world, store.owner)).closed
    with pytest.raises(Refused):
        await reranking.try_out(world, store.owner)


async def test_each_request_is_a_crossing_and_a_private_address_must_be_listed(world: World, store: Shop, outside: Vendor) -> None:
    await titles(world, store)
    async with world.store.tx(store.org) as tx:
        [crossed] = await ledger.page(tx, store.org, Filter(), before=None, limit=10)
    assert (crossed.row.purpose, crossed.row.allowed) == ("rerank", True)
    async with vendor(UPSIDE_DOWN) as unlisted:
        await reranking.set_up(world, store.owner, f"{unlisted.url}/rerank", "judge-1", None)
        assert "gate did not let" in (await reranking.seek(world, store.org, QUESTION, viewer=EVERYBODY)).judged.failed
        assert unlisted.seen == []


async def test_what_a_person_pins_stays_first(world: World, store: Shop, outside: Vendor, client: httpx2.AsyncClient) -> None:
    found = (await client.get(f"/api/knowledge/search?q={QUESTION}", headers=store.bearer)).json()["items"]
    first = next(one for one in found if one["title"] == "Returns")
    assert found[0]["title"] != "Returns"
    await client.post("/api/knowledge/search/pins", headers=store.bearer, json={"article_id": first["article_id"], "question": QUESTION})
    assert (await titles(world, store))[0] == "Returns"


def test_a_passage_without_a_figure_among_the_others_leaves_all_as_they_were() -> None:
    one, two, three = (_hit(place) for place in range(3))
    figures = {str(one.passage): 0.1, str(two.passage): 0.9}
    assert [hit.passage for hit in reordered([one, two, three], figures)] == [two.passage, one.passage, three.passage]
    assert reordered([one, three, two], figures) == [one, three, two]


def test_votes_break_ties_and_nothing_else() -> None:
    one, two, three, four = (_hit(place) for place in (-2, -1, -1, 0))
    votes = {str(three.article): 1, str(four.article): 9}
    assert by_popularity([one, two, three, four], votes) == [one, three, two, four]
    assert by_popularity([one, two, three, four], {str(two.article): -1}) == [one, three, two, four]
    pinned = replace(two, scores={"pinned": 1.0})
    assert by_popularity([one, pinned, three, four], votes) == [one, pinned, three, four]
    assert by_popularity([_hit(0)] * 8 + [two, three], votes)[8:] == [two, three]


async def test_customers_votes_on_replies_count_for_the_articles_they_cite(world: World, store: Shop, client: httpx2.AsyncClient) -> None:
    await reranking.set_up(world, store.owner, "", "", "")
    session, _, seen = await asked(client, store, QUESTION)
    cited = seen["hits"][0]["article"]
    [reply] = [event for event in await conversations.timeline(world, store.org, session) if event.payload.get("sources")]
    await visitor.vote(world, store.org, session, EventId(reply.id), "upvote")
    hits = [replace(_hit(0), article=ArticleId(UUID(cited))), _hit(0)]
    async with world.store.tx(store.org) as tx:
        assert await finding._votes(world, tx, store.org, hits) == {cited: 1}
        assert await finding._votes(world, tx, store.org, [hits[0], _hit(1)]) == {}


def _hit(place: int) -> Hit:
    return Hit(
        passage=PassageId(new_id()), article=ArticleId(new_id()), title=f"{place}", heading="", text="", url=None, audience=Audience.PUBLIC, score=-place, similarity=0.0, best_sentence="",
    )


async def test_the_page_sets_tries_and_shows_it(world: World, store: Shop, outside: Vendor) -> None:
    at = "/knowledge/search"
    async with signed_in(world, store.owner) as admin:
        page = (await admin.get(at)).text
        assert "judge-1" in page
        assert "rk-very-secret" not in page
        assert "127.0.0.1 answered in" in (await admin.swap(f"{at}/reranker/test")).text
        outside.answer = by(lambda place, _: -float(place))
        assert "Look whether the model is a reranker" in (await admin.swap(f"{at}/reranker/test")).text
        outside.answer = lambda _: said({}, 500)
        assert "server answered 500" in (await admin.swap(f"{at}/reranker/test")).text
        found = (await admin.swap(at, question=QUESTION)).text
        assert "server answered 500" in found
        assert "last 7 days" in (await admin.get(at)).text
        assert (await admin.post(f"{at}/reranker", url="ftp://x", model="m")).status_code == 400
        assert "No reranker is asked" in await admin.act(f"{at}/reranker", url="", model="")
        assert "changed the reranker" in (await admin.get("/settings/audit")).text
    async with signed_in(world, await colleague(world, store.owner, Role.AGENT, "Abel Agent")) as agent:
        assert (await agent.post(f"{at}/reranker", url="https://x.example/rerank", model="m")).status_code == 403


async def test_the_api_has_the_same_and_a_key_goes_to_nobody_else(world: World, store: Shop, client: httpx2.AsyncClient, outside: Vendor) -> None:
    at = "/api/knowledge/search/reranker"
    assert (await client.post(f"{at}/test", headers=store.bearer)).json()["sensible"] is True
    read = (await client.get(at, headers=store.bearer)).json()
    assert (read["model"], read["has_key"], "key" in read) == ("judge-1", True, False)
    kept = await client.put(at, headers=store.bearer, json={"url": f"{outside.url}/v2/rerank", "model": "judge-2"})
    assert (kept.status_code, (await client.get(at, headers=store.bearer)).json()["has_key"]) == (204, True)
    await client.put(at, headers=store.bearer, json={"url": "https://elsewhere.example/rerank", "model": "judge-2"})
    assert (await client.get(at, headers=store.bearer)).json()["has_key"] is False
    assert (await client.delete(at, headers=store.bearer)).status_code == 204
    assert (await client.get(at, headers=store.bearer)).json()["url"] == ""
    assert (await client.post(f"{at}/test", headers=store.bearer)).status_code == 400
