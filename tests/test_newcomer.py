"""What a newcomer asks the demo about the product: its help centre is docs/, and each question gets the page that answers it."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from glassine.config import Settings, resource
from glassine.rules import extract
from glassine.rules.grounding import Grounded
from glassine.store import runs, sources
from glassine.story.search import finding
from glassine.story.world import World
from glassine.words.ids import OrgId
from glassine.words.knowledge import EVERYBODY
from glassine.words.sources import RunOutcome
from glassine.words.syncing import PageState
from glassine.words.turns import Reason

pytestmark = pytest.mark.long


BEGINS_WITH_DEMO = True


@pytest.fixture(scope="module")
def taught(settings: Settings) -> OrgId:
    return OrgId(UUID(json.loads((settings.home / "demo.json").read_text())["organization_id"]))


async def asked(world: World, org: OrgId, question: str) -> Grounded:
    hits = await finding.find(world, org, question, viewer=EVERYBODY, language="en")
    return extract.answer(question, hits, language="en")


async def test_every_page_of_the_docs_was_taken(world: World, taught: OrgId) -> None:
    pages = {str(page.relative_to(resource("docs"))) for page in resource("docs").rglob("*.md")}
    meant = {page for page in pages if not page.startswith(("decisions/", "images/"))}
    async with world.store.tx(taught) as tx:
        [source] = await sources.all_of(tx, taught)
        known = await runs.known(tx, taught, source.id, source.key)
        outcomes = {run.outcome for run in await runs.of_source(tx, taught, source.id)}
    assert {page.path for page in known.values() if page.published and page.state is PageState.SYNCED} == meant
    assert not [page for page in known.values() if page.state in (PageState.ERROR, PageState.PENDING)]
    assert outcomes == {RunOutcome.DONE}


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
