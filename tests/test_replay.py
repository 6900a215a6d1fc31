"""Replay: what was recorded is computed once more. Nothing differs while nothing changed, every changed rule shows in its step, and what was erased refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from bench.stub_model import StubModel, quote_first_passage
from glassine import __main__ as command_line
from glassine.commands import replaying as command
from glassine.config import Settings
from glassine.proof import replay as proof
from glassine.rules import asks, autopilot, grounding, prompt, redaction
from glassine.rules.grounding import Grounded
from glassine.store import ranking, search, versions, visibility
from glassine.story import house
from glassine.story.behaviour import autopilot as changing
from glassine.story.boundary import boundaries
from glassine.story.inspection import replaying
from glassine.story.knowledge import learning
from glassine.story.privacy import policies, previewing, redacting
from glassine.story.search import finding
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import EventId, SessionId, TurnId, new_id
from glassine.words.privacy import CustomPattern, PiiType, Treatment
from glassine.words.replays import Replay, Verdict
from glassine.words.sessions import Autopilot, ChannelKind
from glassine.words.turns import Reason
from tests.shop import Shop, founded_shop

SETTINGS = {"llm_model": "stub", "llm_timeout": 5.0}

Client = httpx2.AsyncClient
QUESTION = "My mail is ada@example.com. How long do I have to return an unused lamp?"
BODY = "You can return an unused lamp within 30 days of delivery. The refund reaches your bank account within five working days."


@pytest.fixture(autouse=True)
def well(model: StubModel) -> Iterator[None]:
    model.mode, model.answer = "ok", quote_first_passage
    yield


@pytest_asyncio.fixture
async def store(world: World, request: pytest.FixtureRequest) -> Shop:
    """A shop of its own for each test, with four articles."""
    made = await founded_shop(world, "Paper & Glass", f"owner{new_id().hex[:8]}@paper.example")
    await put(world, made, "Returns and refunds", BODY)
    await put(world, made, "Shipping", "A parcel takes three days. We ship to Portugal and Spain.")
    await put(world, made, "Lamps", "A lamp needs a bulb of 7 watts. Dim it with the wheel at its foot.")
    return made


async def put(world: World, shop: Shop, title: str, body: str) -> Any:
    return await learning.publish(world, shop.org, (await learning.save(world, shop.org, title=title, body=body, language="en")).id)


async def asked(client: Client, shop: Shop, *texts: str, **contact: str) -> tuple[SessionId, list[TurnId]]:
    """A session in which a customer said this, and its turns."""
    made = await client.post("/api/chat/sessions", headers=shop.bearer, json={"contact": contact} if contact else {})
    session = made.json()["id"]
    for text in texts or (QUESTION,):
        sent = await client.post(f"/api/chat/sessions/{session}/send", headers=shop.bearer, json={"message": {"type": "text", "text": text}})
        assert sent.status_code == 200, sent.text
    turns = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=shop.bearer)).json()["turns"]
    return SessionId(UUID(session)), [TurnId(UUID(turn["id"])) for turn in turns]


async def replayed(world: World, shop: Shop, session: SessionId, turn: TurnId) -> Replay:
    return await replaying.replay(world, shop.owner, session, turn)


def verdicts(found: Replay) -> dict[str, str]:
    return {str(step.name): str(step.verdict) for step in found.steps}


def differing(found: Replay) -> list[str]:
    return [name for name, verdict in verdicts(found).items() if verdict == Verdict.DIFFERS]


def difference(found: Replay, name: str) -> str:
    return "".join(f"<{piece.kind}:{piece.text}>" for step in found.steps if step.name == name for piece in step.pieces)


SAME = {"masked": "same", "decided": "same", "searched": "same", "prompt": "same", "model": "given", "guard": "same", "outcome": "same"}
CONVERSATIONS = [
    (QUESTION,), ("Hello!",), ("I want to talk to a human being, please.",), ("What does a zeppelin weigh?",),
    ("Hello!", "My mail is ada@example.com, my phone +1 202 555 0142.", "Do you ship to Spain? Mail ada@example.com please."),
    ("A link like [EMAIL_7] is nothing. How long may I keep a lamp?", "Thanks!"),
]


@pytest.mark.parametrize("texts", CONVERSATIONS, ids=lambda texts: texts[-1][:20])
async def test_nothing_differs_while_nothing_has_changed(client: Client, world: World, store: Shop, texts: tuple[str, ...]) -> None:
    session, turns = await asked(client, store, *texts, email="ada@example.com", name="Ada Lovelace")
    assert len(turns) == len(texts)
    for turn in turns:
        assert verdicts(await replayed(world, store, session, turn)) == SAME


@pytest.mark.parametrize("mode", ["500", "garbage"])
async def test_a_model_that_failed_is_not_asked_again(client: Client, world: World, store: Shop, model: StubModel, mode: str) -> None:
    model.mode = mode
    session, [turn] = await asked(client, store)
    before = model.calls
    assert verdicts(await replayed(world, store, session, turn)) == SAME
    assert model.calls == before


@pytest.mark.parametrize("mode", [Autopilot.ASSIST, Autopilot.OFF])
async def test_drafts_and_handoffs_are_the_same_too(client: Client, world: World, store: Shop, mode: Autopilot) -> None:
    await changing.set_mode(world, store.owner, ChannelKind.API, mode)
    session, turns = await asked(client, store, QUESTION, "And how long does a parcel take?")
    for turn in turns:
        assert verdicts(await replayed(world, store, session, turn)) == SAME


async def test_without_a_model_quotes_are_the_same(client: Client, world: World, store: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await switched_off(world, store)
    session, turns = await asked(client, store, QUESTION, "lamp", "Returns and refunds")
    for turn in turns:
        assert verdicts(await replayed(world, store, session, turn)) == SAME


async def test_a_search_goes_without_an_introduction_and_the_prompt_with_it(client: Client, world: World, store: Shop, model: StubModel) -> None:
    session, turns = await asked(client, store, "Hi, my name is Ada Lovelace. How long do I have to return an unused lamp? Thank you!")
    seen = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=store.bearer)).json()["turns"][0]
    assert seen["query"] == "How long do I have to return an unused lamp?"
    assert not [key for key in world.ahead if key[0] == store.org], "the search that was begun ahead is the one that was asked for"
    assert "Hi, my name is [NAME_1]. How long do I have to return an unused lamp? Thank you!" in str(model.bodies[-1])
    assert verdicts(await replayed(world, store, session, turns[0])) == SAME


async def test_what_was_masked_for_good_is_the_same_too(client: Client, world: World, store: Shop) -> None:
    everywhere = dict.fromkeys((PiiType.EMAIL, PiiType.NAME), Treatment.MASK)
    member = CustomPattern(id=str(new_id()), name="Member", pattern=r"MEM-\d{4}", treatment=Treatment.MASK)
    await policies.replace_all(world, store.owner, {"": everywhere, "web": {PiiType.EMAIL: Treatment.KEEP}}, [member])
    session, [turn] = await asked(client, store, QUESTION + " I am Ada, MEM-1234, +1 202 555 0142, and typed [EMAIL].", email="ada@example.com", name="Ada Lovelace")
    assert verdicts(await replayed(world, store, session, turn)) == SAME


async def switched_off(world: World, shop: Shop) -> None:
    await boundaries.switch(world, shop.owner, "model", on=False)


async def test_a_changed_rule_of_the_guard_shows_in_the_guard(client: Client, world: World, store: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    session, [turn] = await asked(client, store)
    monkeypatch.setattr(grounding, "unfounded", lambda *_, **__: [grounding.Finding(kind="number", text="30")])
    found = await replayed(world, store, session, turn)
    assert differing(found) == ["guard", "outcome"]
    assert "No cited passage gives the number 30." in difference(found, "guard")
    assert "<new:Hand off to the team: not_grounded" in difference(found, "outcome")
    assert not found.same


async def test_a_masking_pattern_that_is_gone_shows_and_the_value_does_not(client: Client, world: World, store: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    session, [turn] = await asked(client, store, "My mail is Ada.Lovelace@example.com, call +1 202 555 0142. How long may I keep a lamp?")
    monkeypatch.setattr(redaction, "emails", lambda *_: iter(()))
    found = await replayed(world, store, session, turn)
    assert differing(found) == ["masked"]
    shown = difference(found, "masked")
    assert "EMAIL_1" in shown
    assert "left in the clear" in shown
    assert "lovelace" not in shown.lower()
    assert "lovelace" not in json.dumps(found.plain()).lower()


async def test_a_value_that_todays_rules_mask_shows_as_new(client: Client, world: World, store: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as then:
        then.setattr(redaction, "emails", lambda *_: iter(()))
        session, [turn] = await asked(client, store, "Please write to sales@example.com. How long may I keep a lamp?")
    shown = difference(await replayed(world, store, session, turn), "masked")
    assert "<new:[EMAIL_1]>" in shown or "EMAIL_1" in shown


async def test_what_was_known_of_the_contact_then_is_what_counts(client: Client, world: World, store: Shop) -> None:
    session, [turn] = await asked(client, store, "It is Zyx Qwv here. How long may I keep a lamp?", name="Zyx Qwv", email="zyx@example.com")
    contact = (await client.get(f"/api/chat/sessions/{session}", headers=store.bearer)).json()["contact"]["id"]
    changed = await client.patch(f"/api/contacts/{contact}", headers=store.bearer, json={"name": "Somebody Else"})
    assert changed.status_code == 200, changed.text
    assert verdicts(await replayed(world, store, session, turn)) == SAME


async def test_a_changed_decision_shows(client: Client, world: World, store: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    session, [turn] = await asked(client, store)
    monkeypatch.setattr(asks, "wants_person", lambda _: True)
    found = await replayed(world, store, session, turn)
    assert differing(found) == ["decided"]
    assert difference(found, "decided") == f"<gone:{autopilot.Kind.ANSWER}><new:hand off: {Reason.USER_REQUESTED_HUMAN}>"


async def test_a_changed_prompt_shows(client: Client, world: World, store: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    session, [turn] = await asked(client, store)
    monkeypatch.setattr(prompt, "_RULES", prompt._RULES.replace("at most 120 words", "at most 60 words"))
    found = await replayed(world, store, session, turn)
    assert differing(found) == ["prompt"]
    assert "<gone:120><new:60>" in difference(found, "prompt")


async def test_a_changed_ranking_shows(client: Client, world: World, store: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    session, [turn] = await asked(client, store)
    ranked = ranking.rerank
    monkeypatch.setattr(ranking, "rerank", lambda candidates, query: ranked(candidates, query)[::-1])
    assert differing(await replayed(world, store, session, turn)) == ["searched"]


async def test_settings_of_then_are_used_after_they_have_changed(client: Client, world: World, store: Shop) -> None:
    session, [turn] = await asked(client, store)
    await changing.set_mode(world, store.owner, ChannelKind.API, Autopilot.OFF)
    await house.change(world, store.owner, name="Another name", patience=45, vocabulary=("Ada",))
    assert verdicts(await replayed(world, store, session, turn)) == SAME


async def test_the_knowledge_of_then_is_searched_after_it_has_changed(client: Client, world: World, store: Shop) -> None:
    session, [turn] = await asked(client, store)
    articles = (await learning.listing(world, store.org)).articles
    for article in articles:
        if article.title == "Returns and refunds":
            await learning.save(world, store.org, id=article.id, title="Returns", body="You can return a lamp within 60 days.", language="en")
        else:
            await learning.delete(world, store.org, article.id)
    await put(world, store, "Lamps again", "An unused lamp can be returned for ever, says nobody.")
    found = await replayed(world, store, session, turn)
    assert verdicts(found) == SAME
    assert "as it was then: it has changed 4 times since" in found.steps[2].says


async def test_an_earlier_version_is_searched_as_it_was_searched_then(world: World, store: Shop) -> None:
    """The two statements for candidates find the same, passage by passage, with the same scores."""
    questions = ["How long may I keep an unused lamp?", "parcel to Spain", "bulb", "refund bank account days", "zeppelin"]
    found = {}
    async with world.store.tx(store.org) as tx:
        version = await versions.current(tx, store.org)
        for question in questions:
            query = replace(await finding.prepared(world, question, "en"), size=await search.size(tx, visibility.EVERYBODY))
            found[question] = query, await search.search(tx, query=query, scopes=visibility.EVERYBODY)
    for article in (await learning.listing(world, store.org)).articles:
        await learning.unpublish(world, store.org, article.id)
    async with world.store.tx(store.org) as tx:
        for query, hits in found.values():
            asked_for = {**search.values(query, visibility.EVERYBODY, 8), "without": []}
            again = search.ranked(await versions.candidates(tx, store.org, version, asked_for), query, 8)
            assert [hit.passage for hit in again] == [hit.passage for hit in hits]
            assert [hit.scores for hit in again] == [hit.scores for hit in hits]
            assert [(hit.title, hit.url, hit.text, hit.best_sentence) for hit in again] == [(hit.title, hit.url, hit.text, hit.best_sentence) for hit in hits]
            assert await search.search(tx, query=query, scopes=visibility.EVERYBODY) == []


async def test_former_passages_are_forgotten_when_no_turn_can_have_read_them(client: Client, world: World, store: Shop) -> None:
    async def left() -> int:
        async with world.store.tx(store.org) as tx:
            await tx.execute("update former_passages set removed_at = now() - interval '2 hours'")
            await versions.forget(tx, store.org)
            row = await (await tx.execute("select count(*)::int as n from former_passages")).fetchone()
        assert row
        return int(row["n"])

    [lamps] = [article for article in (await learning.listing(world, store.org)).articles if article.title == "Lamps"]
    await learning.save(world, store.org, id=lamps.id, title="Lamps", body="A lamp needs a bulb of 5 watts.", language="en")
    assert await left() == 0, "no turn was taken before"
    await asked(client, store)
    await learning.unpublish(world, store.org, lamps.id)
    assert await left() == 1
    async with world.store.tx(store.org) as tx:
        await tx.execute("delete from turns")
    assert await left() == 0


async def test_what_was_erased_refuses(client: Client, world: World, store: Shop) -> None:
    session, [first, second] = await asked(client, store, QUESTION, "And a parcel?")
    log = (await client.get(f"/api/chat/sessions/{session}/history", headers=store.bearer)).json()["items"]
    message = next(item["id"] for item in log if item["event"]["type"] == "message")
    await redacting.redact_message(world, store.owner, EventId(UUID(message)))
    for turn in (first, second):
        with pytest.raises(Refused, match="erased for good, so it cannot be replayed") as refusal:
            await replayed(world, store, session, turn)
        assert refusal.value.status == 409


async def test_a_contact_without_a_key_refuses(client: Client, world: World, store: Shop) -> None:
    session, [turn] = await asked(client, store)
    async with world.store.tx(store.org) as tx:
        await tx.execute("update contacts set key = '\\x00'")
    with pytest.raises(Refused, match="erased for good"):
        await replayed(world, store, session, turn)


async def test_a_turn_from_before_says_so(client: Client, world: World, store: Shop) -> None:
    session, [turn] = await asked(client, store)
    async with world.store.tx(store.org) as tx:
        await tx.execute("update turns set conditions = null")
    answer = await client.post(f"/api/chat/sessions/{session}/turns/{turn}/replay", headers=store.bearer)
    assert answer.status_code == 409
    assert "before Glassine kept what a replay needs" in answer.json()["message"]


async def test_settings_that_changed_between_message_and_turn_are_said(client: Client, world: World, store: Shop) -> None:
    session, [turn] = await asked(client, store)
    async with world.store.tx(store.org) as tx:
        await tx.execute("""update conditions set content = content || '{"since": "2999-01-01T00:00:00+00:00"}'""")
    found = await replayed(world, store, session, turn)
    assert verdicts(found) == {**SAME, "masked": "cannot_be_recomputed"}
    assert "Settings were changed between the message and its turn" in found.steps[0].says


async def test_a_replay_over_the_api_is_one_line_of_the_audit_log_an_hour(client: Client, world: World, store: Shop) -> None:
    session, [turn] = await asked(client, store)
    for _ in range(3):
        answer = await client.post(f"/api/chat/sessions/{session}/turns/{turn}/replay", headers=store.bearer)
        assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["same"] is True
    assert [step["name"] for step in body["steps"]] == [*SAME]
    lines = await previewing.audit_log(world, store.owner, only="inspections")
    assert [(line["verb"], line["thing"]) for line in lines] == [("inspect.replay", "turn"), ("inspect.open", "session")]
    assert (await client.post(f"/api/chat/sessions/{session}/turns/{new_id()}/replay", headers=store.bearer)).status_code == 404


async def test_the_request_is_kept_once_and_read_whole(client: Client, world: World, store: Shop, model: StubModel) -> None:
    session, [turn] = await asked(client, store)
    async with world.store.tx(store.org) as tx:
        row = await (await tx.execute("select trace from turns where id = %s", (turn,))).fetchone()
    assert row
    assert [message["content"] for message in row["trace"]["asked"][0]["request"]["messages"]] == [{"§text": 0}, {"§text": 1}]
    read = (await client.get(f"/api/chat/sessions/{session}/inspect", headers=store.bearer)).json()["turns"][0]
    assert read["request"] == model.bodies[-1]


async def test_the_command_line_tells_it_to_people_and_to_programs(client: Client, world: World, store: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    session, [turn] = await asked(client, store)
    found = await proof.replays(world, session)
    lines = [line for one in found for line in proof.told(one)]
    assert lines[0].startswith(f"Turn {turn} of ")
    assert [line.split()[:2] for line in lines[1:]] == [["·" if name == "model" else "✓", name] for name in SAME]
    assert json.loads(proof.as_json(await proof.replays(world, turn)))[0]["same"] is True
    monkeypatch.setattr(grounding, "ground", lambda *_, **__: Grounded(reply=None, reasons=(Reason.NOT_GROUNDED,)))
    [differs] = await proof.replays(world, turn)
    assert any(line.startswith("  ≠ outcome") for line in proof.told(differs))
    assert any("[-" in line for line in proof.told(differs))
    with pytest.raises(Refused, match="no turn and no session"):
        await proof.replays(world, new_id())


def test_the_command_wants_an_id(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line._parser().parse_args(["replay", "x", "--json"]).id == "x"
    with pytest.raises(Exception, match="by its id"):
        command.run(settings, "nonsense")
