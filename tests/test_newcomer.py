"""What a newcomer asks the demo about the product: its help centre is docs/, and each question gets the page that answers it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from glassine.config import resource
from glassine.rules import extract
from glassine.rules.grounding import Grounded
from glassine.story import finding, importing
from glassine.story.world import World
from glassine.words.ids import OrgId
from glassine.words.knowledge import EVERYBODY, ImportLine
from glassine.words.turns import Reason
from tests.shop import Shop

pytestmark = pytest.mark.long


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def taught(world: World, shop: Shop) -> AsyncIterator[OrgId]:
    lines: list[ImportLine] = []
    await importing.import_folder(world, shop.org, resource("docs"), source="docs", report=lines.append, leave_out=("decisions/", "images/"))
    assert not [line for line in lines if line.outcome == "failed"]
    yield shop.org


async def asked(world: World, org: OrgId, question: str) -> Grounded:
    hits = await finding.find(world, org, question, viewer=EVERYBODY, language="en")
    return extract.answer(question, hits, language="en")


@pytest.mark.parametrize(("question", "phrase"), [
    ("How do I install Glassine?", "```\n./dev up\n./dev test\n```"),
    ("What is Glassine?", "self-hosted customer support"),
    ("How much memory does it need?", "450 MB"),
    ("How do I update Glassine", "install the new wheel"),
    ("how do i upgrade to a new version", "install the new wheel"),
    ("How do I back up the data?", "`glassine backup FILE`"),
    ("how do I make a backup", "`glassine backup FILE`"),
    ("who can see masked data", "Viewers cannot"),
    ("Who can see masked values?", "Viewers cannot"),
    ("Which languages are supported?", "Spanish, Dutch"),
    ("What languages does it support?", "Spanish, Dutch"),
    ("How do I connect a language model?", "Settings › Language model"),
    ("Can I use ChatGPT?", "a key of OpenAI or Azure"),
    ("Does it work with Ollama?", "Ollama"),
    ("How do I add the widget to my website?", "paste one script tag"),
    ("How do I invite a colleague?", "Settings › People"),
    ("What roles are there?", "viewer, agent, admin and owner"),
    ("How do I switch the AI off?", "Settings › Autopilot"),
    ("How do I get an API key?", "Settings › API keys"),
    ("How can I see why the AI answered this?", "choose Inspect"),
    ("How do I put it behind nginx with TLS?", "end TLS"),
    ("Does it send data to third parties?", "no telemetry"),
    ("How do I delete a customer's data?", "`DELETE /contacts/{id}`"),
    ("Is it free?", "Apache License"),
])  # fmt: skip
async def test_a_newcomer_is_answered_from_the_right_page(world: World, taught: OrgId, question: str, phrase: str) -> None:
    answered = await asked(world, taught, question)
    assert answered.reply, answered.notes
    assert phrase in answered.reply.text
    assert answered.reasons == (Reason.ANSWERED_FROM_KNOWLEDGE,)
    assert [bool(source.section) for source in answered.reply.sources] == [True] or question == "What is Glassine?"


@pytest.mark.parametrize("question", ["How do I bake a cake?", "When does the next train to Lisbon leave?", "What is the capital of Peru?"])
async def test_what_no_page_answers_is_not_answered(world: World, taught: OrgId, question: str) -> None:
    assert (await asked(world, taught, question)).reply is None
