"""Knowledge › Search and its API: what a question finds and why, what should have been found, pins and synonyms, and who may change them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from glassine.story.knowledge import learning, segments
from glassine.story.world import World
from glassine.words.knowledge import Audience
from glassine.words.people import Role
from tests.office import Browser, colleague, signed_in
from tests.shop import Shop

QUESTION = "My light is dark, what now?"
AT = "/knowledge/search"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ids(world: World, shop: Shop) -> dict[str, str]:
    made = {}
    for title, body, audience, live in (
        ("Guarantee", "Every lamp is guaranteed for ten years. Broken parts are replaced.", Audience.PUBLIC, True),
        ("Refunds", "You get your money back within five days.", Audience.PUBLIC, True),
        ("Refund limits", "Agents may refund 200 euros.", Audience.INTERNAL, True),
        ("Refund draft", "Nobody sees this refund.", Audience.PUBLIC, False),
    ):
        saved = await learning.save(world, shop.org, title=title, body=body, audience=audience)
        made[title] = str((await learning.publish(world, shop.org, saved.id)).id if live else saved.id)
    return made


@pytest.fixture
async def admin(world: World, shop: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, shop.owner) as at:
        yield at


def places(page: str) -> dict[str, str]:
    """By title: where the articles that should have been found stand, and why."""
    told = re.findall(r'class="strong" href="/knowledge/[^"]+">([^<]+)</a><span class="tag[^"]*">([^<]+)</span><span class="grow quiet">([^<]+)<', page)
    return {title: f"{place}: {why}" for title, place, why in told}


async def test_what_should_have_been_found_is_placed_and_explained(admin: Browser, ids: dict[str, str]) -> None:
    page = (await admin.swap(AT, question="How do I get my money back?", wanted="refund")).text
    told = places(page)
    assert told["Refunds"] == "Place 1: It comes first."
    assert told["Refund draft"].startswith("Not found: It is a draft.")
    assert "your team only" in told["Refund limits"]
    assert "Place" in places((await admin.swap(AT, question="How do I get my money back?", sees="internal", wanted="limits")).text)["Refund limits"]
    assert "No article" in (await admin.swap(AT, question="refund", wanted="no such title")).text
    assert "Refund limits" not in re.sub(r"(?s)<section.*?</section>", "", page)  # among what a customer finds


async def test_courtesies_are_left_out_and_it_is_said(admin: Browser, ids: dict[str, str]) -> None:
    page = (await admin.swap(AT, question="Hello! My name is [NAME_1]. How do I get my money back?", wanted="refund")).text
    assert "Searched for “How do I get my money back?”." in page
    assert 'name="question" value="How do I get my money back?"' in page, "a pin is for the question"
    assert "Searched for “" not in (await admin.swap(AT, question="How do I get my money back?")).text


async def test_a_pin_is_set_shown_taken_off_and_put_back(admin: Browser, ids: dict[str, str]) -> None:
    page = await admin.act(f"{AT}/pins", article=ids["Guarantee"], question=QUESTION, language="en")
    assert QUESTION in page.replace("&#39;", "'")
    found = (await admin.swap(AT, question=QUESTION.upper())).text
    assert found.index("Guarantee") < found.index("Pinned</span>")
    assert "is pinned to" in found
    [taken_off] = set(re.findall(rf'action="({AT}/pins/[^"]+/remove)"', page))
    assert "The pin is off." in await admin.act(taken_off)
    assert "Pinned</span>" not in (await admin.swap(AT, question=QUESTION)).text
    assert "pinned the article" in (await admin.get("/settings/audit")).text


async def test_synonyms_are_added_used_and_removed(admin: Browser, ids: dict[str, str]) -> None:
    page = await admin.act(f"{AT}/synonyms", phrases="guarantee, Gewährleistung, warranty")
    assert "was also searched for as" in (await admin.swap(AT, question="warranty?")).text
    [gone] = set(re.findall(rf'action="({AT}/synonyms/[^"]+/remove)"', page))
    assert "The synonyms are removed." in await admin.act(gone)
    assert (await admin.post(f"{AT}/synonyms", phrases="alone")).status_code == 400


async def test_a_misspelt_word_is_explained(admin: Browser, ids: dict[str, str]) -> None:
    assert "stands in no passage" in (await admin.swap(AT, question="garantee")).text


async def test_whoever_may_only_read_changes_nothing(world: World, shop: Shop, ids: dict[str, str]) -> None:
    async with signed_in(world, await colleague(world, shop.owner, Role.VIEWER, "Vera Viewer")) as viewer:
        page = (await viewer.get(AT)).text
        assert "<h2>Synonyms</h2>" in page
        assert 'action="/knowledge/search/synonyms"' not in page
        assert (await viewer.post(f"{AT}/pins", article=ids["Refunds"], question="x")).status_code == 403
        assert (await viewer.post(f"{AT}/synonyms", phrases="a lamp, b lamp")).status_code == 403


async def test_a_search_as_somebody_in_chosen_segments(world: World, shop: Shop, admin: Browser, client: httpx2.AsyncClient, ids: dict[str, str]) -> None:
    gold, silver = [await segments.create(world, shop.owner, name) for name in ("Gold search", "Silver search")]
    saved = await learning.save(world, shop.org, title="Golden refunds", body="Golden customers get their money back on the same day.", audience=Audience.SEGMENT, segments=(gold.id,))
    await learning.publish(world, shop.org, saved.id)
    question = "How do I get my money back?"
    assert "Gold search" in (await admin.get(AT)).text
    found = {name: (await admin.swap(AT, question=question, wanted="golden", **chosen)).text for name, chosen in (
        ("nobody", {}), ("gold", {"segment": str(gold.id)}), ("silver", {"segment": str(silver.id)}), ("both", {"segment": [str(gold.id), str(silver.id)]}),
    )}
    assert {name: "same day" in page for name, page in found.items()} == {"nobody": False, "gold": True, "silver": False, "both": True}
    assert "Agents may refund" not in "".join(found.values())
    assert [places(found[name])["Golden refunds"].endswith("whoever asks is not in it.") for name in ("nobody", "silver")] == [True, True]
    assert (await admin.swap(AT, question=question, segment="x")).status_code == 400
    at = f"/api/knowledge/search?q={question}&segment="
    assert ["Golden refunds" in (await client.get(at + str(one.id), headers=shop.bearer)).text for one in (gold, silver)] == [True, False]
    assert (await client.get(f"{at}{gold.id}&contact={gold.id}", headers=shop.bearer)).status_code == 400


async def test_the_api_has_the_same(client: httpx2.AsyncClient, shop: Shop, ids: dict[str, str]) -> None:
    made = await client.post("/api/knowledge/search/pins", headers=shop.bearer, json={"article_id": ids["Guarantee"], "question": "Does it glow?"})
    assert made.status_code == 201
    listed = (await client.get("/api/knowledge/search/pins", headers=shop.bearer)).json()["items"]
    assert [(one["title"], one["question"]) for one in listed] == [("Guarantee", "Does it glow?")]
    found = (await client.get("/api/knowledge/search?q=does it glow", headers=shop.bearer)).json()["items"]
    assert (found[0]["title"], found[0]["scores"]["pinned"], found[0]["also"]) == ("Guarantee", 1.0, [])
    assert (await client.delete(f"/api/knowledge/search/pins/{made.json()['id']}", headers=shop.bearer)).status_code == 204
    words = await client.post("/api/knowledge/search/synonyms", headers=shop.bearer, json={"phrases": ["lamp", "luminaire"]})
    assert [one["phrases"] for one in (await client.get("/api/knowledge/search/synonyms", headers=shop.bearer)).json()["items"]] == [["lamp", "luminaire"]]
    assert (await client.delete(f"/api/knowledge/search/synonyms/{words.json()['id']}", headers=shop.bearer)).status_code == 204
    assert (await client.post("/api/knowledge/search/synonyms", headers=shop.bearer, json={"phrases": ["lamp"]})).status_code == 400
