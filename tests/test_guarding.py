"""What an organisation sets for the checks of its answers holds for its next turn, is a version, and can be undone."""

from __future__ import annotations

import httpx2
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as some

from bench.stub_model import StubModel
from glassine.rules import claims, guarding
from glassine.rules.grounding import ground
from glassine.story.behaviour import autopilot
from glassine.story.knowledge import learning
from glassine.story.world import World
from glassine.words.errors import Refused
from tests.shop import Shop
from tests.stories import hit
from tests.test_model_turns import asked

SETTINGS = {"llm_model": "stub", "llm_timeout": 20.0}

Client = httpx2.AsyncClient


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def article(world: World, shop: Shop) -> None:
    body = "You can return an unused lamp within 30 days of delivery. The refund reaches your bank account within five working days."
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Returns", body=body, language="en")).id)


async def test_words_of_the_organisation_s_own_are_promises(client: Client, shop: Shop, world: World, model: StubModel) -> None:
    model.mode, model.latency, model.answer = "ok", 0.0, lambda _: "We hug you within 30 days [1]."
    data, _ = await asked(client, shop)
    assert not data["sessionIsHandedOff"]
    changed = await client.patch("/api/autopilot-guard", headers=shop.bearer, json={"promises": ["hug*, umarm*"]})
    assert changed.json()["promises"] == ["hug*, umarm*"]
    data, turn = await asked(client, shop)
    assert data["sessionIsHandedOff"]
    assert "It promises “hug”, which no cited passage and no action backs." in turn["notes"]
    [edition, *_] = await autopilot.history(world, shop.owner, part="guard")
    await autopilot.undo(world, shop.owner, edition.number)
    assert "refund*" in str((await client.get("/api/autopilot-guard", headers=shop.bearer)).json()["promises"])
    data, _ = await asked(client, shop)
    assert not data["sessionIsHandedOff"]


async def test_a_sentence_that_shares_no_words_with_what_it_cites_is_not_sent(client: Client, shop: Shop, model: StubModel) -> None:
    model.answer = lambda _: "You can return a lamp within 30 days [1]. Tomorrow morning a courier brings another brand new model to your neighbour [1]."
    data, turn = await asked(client, shop)
    assert data["sessionIsHandedOff"]
    assert turn["notes"][-1].startswith("No cited passage says this: “Tomorrow morning a courier brings")
    await client.patch("/api/autopilot-guard", headers=shop.bearer, json={"claims": 0})
    data, _ = await asked(client, shop)
    await client.patch("/api/autopilot-guard", headers=shop.bearer, json={"claims": claims.LEAST})
    assert not data["sessionIsHandedOff"]


def test_claims_are_scored_by_sentence_and_only_in_the_language_of_their_passage() -> None:
    sources = [("Refunds reach your bank account within five working days.", "en")]
    scored = claims.claims("The refund reaches your account within five working days. Yes. Is your bank closed on five working days? Couriers bring lanterns tomorrow morning.", sources, "en")
    assert [(one.text.split()[0], round(one.backed, 2)) for one in scored] == [("The", 1.0), ("Couriers", 0.0)]
    assert claims.claims("Kuriere bringen morgen neue Laternen vorbei.", sources, "de") == []
    spanish = hit("Refunds take long.")
    assert ground("Mañana un mensajero trae otra lámpara nueva [1].", [spanish], message="?", language="es").reply, "across languages words say nothing"
    assert ground("Tomorrow some courier brings another lantern [1].", [spanish], message="?", language="en").reply is None


@pytest.mark.parametrize(("given", "words"), [
    ({"answer": 1.5}, "numbers from 0 to 1"), ({"suggest": 0.9}, "at most the one for an answer"), ({"promises": ["*,"]}, "holds no word"), ({"promises": ["x"] * 101}, "at most 100 lines"),
])  # fmt: skip
async def test_what_makes_no_sense_is_refused(client: Client, shop: Shop, given: dict[str, object], words: str) -> None:
    refused = await client.patch("/api/autopilot-guard", headers=shop.bearer, json=given)
    assert refused.status_code == 400
    assert words in refused.json()["message"]


async def test_the_threshold_of_quotes_is_the_organisation_s(client: Client, shop: Shop, world: World, model: StubModel) -> None:
    await client.patch("/api/autopilot-guard", headers=shop.bearer, json={"answer": 1, "suggest": 1})
    guard = guarding.read((await autopilot.in_force(world, shop.org)).part("guard"))
    assert (guard.thresholds.answer, guard.thresholds.suggest) == (1.0, 1.0)
    await client.patch("/api/autopilot-guard", headers=shop.bearer, json={"answer": 0.5, "suggest": 0.4})
    with pytest.raises(Refused):
        guarding.checked(promised=(), backed=float("nan"), answer=0.5, suggest=0.4)


_SAID = ["Refunds", "refund", "take", "five", "working", "days", "order", "lamp", "4711", "café", "ships.", "Ships?", "the", "of", "we.", "ABC-12"]


@given(some.lists(some.sampled_from(_SAID), max_size=40), some.sampled_from((0.1, 0.25, 0.5, 0.9)))
def test_the_quick_look_for_claims_finds_those_whose_score_is_too_low(words: list[str], least: float) -> None:
    sources = [("A refund takes five days. Café lamps ship with order 4711.", "en"), ("ABC-12 works.", "en")]
    text = " ".join(words)
    assert list(claims.unbacked(text, sources, "en", least)) == [one for one in claims.claims(text, sources, "en") if one.backed < least]
