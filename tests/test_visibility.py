"""Who sees what, held by properties: whatever is asked by whomever, over whichever surface, nobody is shown a passage or a title that is not theirs. And the check can fail."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import NamedTuple
from uuid import uuid4

import httpx2
import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from glassine.config import Settings
from glassine.rules import passages
from glassine.store import migrate, search, visibility
from glassine.story import contacts, conversations
from glassine.story.behaviour import autopilot
from glassine.story.contacts import Identity
from glassine.story.exchange import exchange
from glassine.story.inbound import open_session
from glassine.story.inspection import inspecting, replaying, what_if
from glassine.story.knowledge import learning, segments
from glassine.story.privacy import exporting
from glassine.story.search import finding
from glassine.story.world import World, live
from glassine.words.channels import Inbound
from glassine.words.errors import Refused
from glassine.words.ids import ContactId, OrgId, SegmentId, SessionId
from glassine.words.knowledge import EVERYBODY, TEAM, Article, Audience, Hit, Viewer
from glassine.words.segments import Operator, Rule
from glassine.words.sessions import Autopilot, ChannelKind, EventType
from glassine.words.what_if import Change
from tests.office import signed_in
from tests.shop import Shop

Client = httpx2.AsyncClient

# Each article has a word of its own in its title and another in its text, and all of them speak of the same thing, so that they compete in every search.
PUBLIC, GOLD, SILVER, BOTH, INTERNAL, DRAFT = ("Opal", "opalescent"), ("Saffron", "saffronish"), ("Heron", "heronlike"), ("Quartz", "quartzite"), ("Walrus", "walruslike"), ("Thistle", "thistledown")
SECRETS = {"public": PUBLIC, "gold": GOLD, "silver": SILVER, "both": BOTH, "internal": INTERNAL, "draft": DRAFT}
QUESTION = "How is the discount on lamps worked out?"


class Shelf(NamedTuple):
    org: OrgId
    gold: SegmentId
    silver: SegmentId
    articles: dict[str, Article]
    golden: ContactId
    silvery: ContactId
    nobody: ContactId

    @property
    def viewers(self) -> dict[Viewer, set[str]]:
        """Who may see what."""
        return {
            EVERYBODY: {"public"}, Viewer(contact=self.nobody): {"public"}, Viewer(contact=self.golden): {"public", "gold", "both"},
            Viewer(contact=self.silvery): {"public", "silver", "both"}, TEAM: {"public", "gold", "silver", "both", "internal"},
        }


def body(name: str) -> str:
    title, word = SECRETS[name]
    return f"## How is the {title} discount on lamps worked out?\n\nThe {word} discount on lamps is worked out as {word} percent of the price.\n"


@pytest.fixture(scope="module")
async def shelf(world: World, shop: Shop) -> Shelf:
    gold = await segments.create(world, shop.owner, "Gold plan", rule=Rule(field="plan", operator=Operator.IS, value="gold"))
    silver = await segments.create(world, shop.owner, "Silver plan")
    golden = await contacts.create(world, shop.org, Identity(email="gold@example.com", custom_data={"plan": "Gold"}), verified=True)
    silvery = await contacts.create(world, shop.org, Identity(email="silver@example.com", custom_data={"plan": "none"}), verified=True)
    nobody = await contacts.create(world, shop.org, Identity(email="nobody@example.com"), verified=True)
    await segments.set_by_hand(world, shop.owner, silvery.id, [silver.id])
    sees = {"public": (), "gold": (gold.id,), "silver": (silver.id,), "both": (silver.id, gold.id), "internal": (), "draft": ()}
    articles = {}
    for name, (title, _) in SECRETS.items():
        audience = Audience.SEGMENT if sees[name] else Audience.INTERNAL if name == "internal" else Audience.PUBLIC
        saved = await learning.save(world, shop.org, title=f"{title} discount", body=body(name), audience=audience, segments=sees[name], language="en")
        articles[name] = saved if name == "draft" else await learning.publish(world, shop.org, saved.id)
    return Shelf(shop.org, gold.id, silver.id, articles, golden.id, silvery.id, nobody.id)


def leaked(text: object, may: set[str]) -> list[str]:
    """The articles of which a text shows a title or a word, although it must not."""
    shown = str(text).casefold()
    return [name for name, words in SECRETS.items() if name not in may and any(word.casefold() in shown for word in words)]


def wrong(shelf: Shelf, hits: Sequence[Hit], may: set[str]) -> list[str]:
    return [hit.title for hit in hits if hit.article not in {shelf.articles[name].id for name in may}] + leaked(hits, may)


WORDS = [word.casefold() for pair in SECRETS.values() for word in pair] + ["discount", "lamp", "work", "price", "percent", "rabatt", "prozent", "quartzit", "walrsu"]
ASKED = st.tuples(st.lists(st.sampled_from(WORDS), max_size=6), st.integers(0, 383), st.sampled_from([1, -1, 0]), st.integers(1, 50), st.sampled_from(["en", "de", None]))
OFTEN = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def _mistakes(world: World, shelf: Shelf, viewer: Viewer, may: set[str], asked: tuple[list[str], int, int, int, str | None]) -> list[str]:
    """What a search by words alone, by a vector alone and by both shows that it must not, and what the story makes of the words."""
    words, axis, sign, limit, language = asked
    vector = np.zeros(384, np.float32)
    vector[axis] = sign
    terms, found = [term for word in words for term in passages.terms(word, language or "en")], list[str]()
    async with world.store.tx(shelf.org) as tx:
        scopes = await visibility.seen_by(tx, shelf.org, viewer)
        for pointed in (vector if sign else None, None):
            for given_terms in (terms, []):
                query = search.Query(terms=given_terms, vector=pointed, model=world.embed.model("en"))
                found += wrong(shelf, await search.search(tx, query=query, scopes=scopes, limit=limit), may)
    return found + wrong(shelf, await finding.find(world, shelf.org, " ".join(words), viewer=viewer, language=language, limit=limit), may)


@OFTEN
@given(asked=ASKED)
async def test_no_search_shows_what_its_viewer_may_not_see(world: World, shelf: Shelf, asked: tuple[list[str], int, int, int, str | None]) -> None:
    for viewer, may in shelf.viewers.items():
        assert await _mistakes(world, shelf, viewer, may, asked) == []


async def test_everybody_finds_what_is_theirs(world: World, shelf: Shelf) -> None:
    """The property above is not kept by finding nothing."""
    for viewer, may in shelf.viewers.items():
        hits = await finding.find(world, shelf.org, QUESTION, viewer=viewer, limit=50)
        assert {(hit.article, hit.audience) for hit in hits} == {(shelf.articles[name].id, shelf.articles[name].audience) for name in may}


@pytest.mark.parametrize(("leg", "last", "seen"), [("candidates", True, True), ("words", True, True), ("words", False, False)])
async def test_without_its_conditions_the_check_fails(world: World, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, leg: str, last: bool, seen: bool) -> None:
    """A mutation of each leg: the very check above must see it, where what stands after both legs, and looks once more, is mutated too."""
    everything = "(scope >= 0 or scope = any (%(scopes)s))"
    for name in dict.fromkeys([leg, *(["candidates"] if last else [])]):
        broken = getattr(search._SQL, name).replace("scope = any (%(scopes)s)", everything)
        assert broken != getattr(search._SQL, name), "the statement has changed: break it here as it is now"
        monkeypatch.setitem(search._SQL._by_name, name, broken)
    viewer, may = next(iter(shelf.viewers.items()))
    assert bool(await _mistakes(world, shelf, viewer, may, (["walrus", "walruslike", "discount"], 0, 1 if leg == "candidates" else 0, 50, "en"))) is seen


async def test_what_is_out_of_sight_does_not_change_what_is_seen(world: World, shelf: Shelf) -> None:
    before = await finding.find(world, shelf.org, QUESTION, viewer=EVERYBODY)
    extra = await learning.save(world, shelf.org, title="Walrus lamps", body=body("internal") * 5, audience=Audience.INTERNAL, language="en")
    await learning.publish(world, shelf.org, extra.id)
    assert await finding.find(world, shelf.org, QUESTION, viewer=EVERYBODY) == before
    await learning.delete(world, shelf.org, extra.id)


# -- changes take effect in the next search ------------------------------------------------------------------------------------------


async def sees(world: World, org: OrgId, viewer: Viewer, title: str) -> bool:
    return any(hit.title == title for hit in await finding.find(world, org, f"{title} discount on lamps", viewer=viewer, limit=50))


async def test_an_audience_that_narrows_is_in_the_next_search_of_every_process(world: World, shelf: Shelf, settings: Settings) -> None:
    async with live(settings) as other:
        article = await learning.save(world, shelf.org, title="Moving discount", body="The moving discount on lamps.", audience=Audience.PUBLIC, language="en")
        await learning.publish(world, shelf.org, article.id)
        assert await sees(other, shelf.org, EVERYBODY, "Moving discount")
        for audience, ids, who in ((Audience.SEGMENT, (shelf.gold,), Viewer(contact=shelf.golden)), (Audience.INTERNAL, (), TEAM)):
            await learning.save(world, shelf.org, id=article.id, title="Moving discount", body="The moving discount on lamps.", audience=audience, segments=ids)
            for each in (world, other):
                assert [await sees(each, shelf.org, viewer, "Moving discount") for viewer in (EVERYBODY, Viewer(contact=shelf.silvery), who)] == [False, False, True]
        await learning.delete(world, shelf.org, article.id)


async def test_who_leaves_a_segment_sees_it_no_more_and_a_search_begun_ahead_is_another_viewers(world: World, shop: Shop, shelf: Shelf) -> None:
    who = Viewer(contact=shelf.silvery)
    assert await sees(world, shelf.org, who, "Heron discount")
    await segments.set_by_hand(world, shop.owner, shelf.silvery, [])
    assert not await sees(world, shelf.org, who, "Heron discount")
    await segments.set_by_hand(world, shop.owner, shelf.silvery, [shelf.silver])
    finding.look_ahead(world, shelf.org, QUESTION, viewer=TEAM, language="en")
    finding.look_ahead(world, shelf.org, QUESTION, viewer=who, language="en")
    for viewer in (EVERYBODY, Viewer(contact=shelf.golden), who):
        assert wrong(shelf, await finding.find(world, shelf.org, QUESTION, viewer=viewer, language="en"), shelf.viewers[viewer]) == []


async def test_a_search_begun_ahead_is_made_again_when_something_changed_in_between(world: World, shop: Shop, shelf: Shelf) -> None:
    article = await learning.save(world, shelf.org, title="Ahead of time", body="The discount on lamps ahead of time.", audience=Audience.PUBLIC, language="en")
    await learning.publish(world, shelf.org, article.id)
    words, who = "discount on lamps ahead of time", Viewer(contact=shelf.silvery)

    async def begun(viewer: Viewer) -> None:
        finding.look_ahead(world, shelf.org, words, viewer=viewer, language="en")
        ((_, search),) = [each for key, each in world.ahead.items() if words in key]
        assert {hit.title for hit in (await search).hits} >= {"Ahead of time"}

    async def shown(viewer: Viewer, reads: finding.Shelf | None = None) -> set[str]:
        return {hit.title for hit in (await finding.seek(world, shelf.org, words, viewer=viewer, language="en", shelf=reads)).hits}

    await begun(EVERYBODY)
    await learning.save(world, shelf.org, id=article.id, title="Ahead of time", body="The discount on lamps ahead of time.", audience=Audience.SEGMENT, segments=[shelf.silver])
    assert "Ahead of time" not in await shown(EVERYBODY)
    await begun(who)
    await segments.set_by_hand(world, shop.owner, shelf.silvery, [])
    assert "Ahead of time" not in await shown(who, await finding.shelf_of(world, shelf.org, who))
    await segments.set_by_hand(world, shop.owner, shelf.silvery, [shelf.silver])
    await begun(who)
    await learning.delete(world, shelf.org, article.id)
    assert "Ahead of time" not in await shown(who, await finding.shelf_of(world, shelf.org, who))


async def test_a_rule_follows_verified_data_and_nothing_else(world: World, shelf: Shelf) -> None:
    claims = await contacts.create(world, shelf.org, Identity(non_verified_custom_data={"plan": "gold"}), verified=False)
    assert await segments.memberships(world, shelf.org, claims.id) == []
    await contacts.update(world, shelf.org, claims.id, Identity(custom_data={"plan": "GOLD"}))
    assert [(one.name, one.by_rule, one.by_hand) for one in await segments.memberships(world, shelf.org, claims.id)] == [("Gold plan", True, False)]
    await contacts.update(world, shelf.org, claims.id, Identity(custom_data={"plan": "copper"}))
    assert await segments.memberships(world, shelf.org, claims.id) == []


async def test_a_rule_that_changes_lets_go_at_once_and_then_asks_everybody(world: World, shop: Shop, shelf: Shelf) -> None:
    rule = Rule(field="country", operator=Operator.ANY_OF, value="pt, ES")
    where = await segments.create(world, shop.owner, "Iberia", rule=rule)
    there = [await contacts.create(world, shelf.org, Identity(email=f"{country}@example.com", custom_data={"country": country}), verified=True) for country in ("PT", "es", "FR")]
    assert [len(await segments.memberships(world, shelf.org, one.id)) for one in there] == [1, 1, 0]
    changed = await segments.change(world, shop.owner, where.id, "France", "", Rule(field="country", operator=Operator.CONTAINS, value="fr"))
    assert changed.placing
    assert changed.members == 0
    await segments.ask_everybody(world, shelf.org, where.id)
    assert [len(await segments.memberships(world, shelf.org, one.id)) for one in there] == [0, 0, 1]
    await segments.delete(world, shop.owner, where.id)


async def test_deleting_a_segment_makes_nothing_public(world: World, shop: Shop, shelf: Shelf) -> None:
    lone, other = await segments.create(world, shop.owner, "Lone"), await segments.create(world, shop.owner, "Other")
    await segments.set_by_hand(world, shop.owner, shelf.nobody, [lone.id, other.id])
    only = await learning.save(world, shelf.org, title="Only theirs", body="The only discount on lamps.", audience=Audience.SEGMENT, segments=[lone.id], language="en")
    both = await learning.save(world, shelf.org, title="Shared", body="The shared discount on lamps.", audience=Audience.SEGMENT, segments=[other.id, lone.id], language="en")
    for article in (only, both):
        await learning.publish(world, shelf.org, article.id)
    who = Viewer(contact=shelf.nobody)
    assert await sees(world, shelf.org, who, "Only theirs")
    lost = await segments.loss(world, shop.owner, lone.id)
    assert (lost.hidden, lost.kept) == (("Only theirs",), 1)
    await segments.delete(world, shop.owner, lone.id)
    assert [await sees(world, shelf.org, viewer, "Only theirs") for viewer in (EVERYBODY, who, TEAM)] == [False, False, True]
    assert [await sees(world, shelf.org, viewer, "Shared") for viewer in (EVERYBODY, who, TEAM)] == [False, True, True]
    hidden = await learning.article(world, shelf.org, only.id)
    assert (hidden.audience, hidden.segments) == (Audience.INTERNAL, ())
    await learning.publish(world, shelf.org, only.id)  # nor does publishing it again
    assert not await sees(world, shelf.org, who, "Only theirs")
    await segments.delete(world, shop.owner, other.id)
    for article in (only, both):
        await learning.delete(world, shelf.org, article.id)


async def test_an_article_for_no_segment_or_one_that_is_gone_is_refused(world: World, shelf: Shelf) -> None:
    for ids in ([], [SegmentId(uuid4())]):
        with pytest.raises(Refused):
            await learning.save(world, shelf.org, title="For whom", body="Nobody.", audience=Audience.SEGMENT, segments=ids)


# -- surfaces ------------------------------------------------------------------------------------------------------------------------


async def session_of(world: World, shelf: Shelf, contact: ContactId, *, verified: bool) -> SessionId:
    return (await open_session(world, shelf.org, contact, ChannelKind.API, verified=verified)).id


def says(text: str) -> Inbound:
    return Inbound(external_id=uuid4(), text=text)


@pytest.mark.parametrize("words", [f"How is the {title} discount on lamps worked out?" for title, _ in SECRETS.values()])
async def test_no_answer_history_inspection_log_or_error_shows_it(
    world: World, client: Client, shop: Shop, shelf: Shelf, words: str, caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = [word for word in SECRETS.values() if word[0] in words]
    for contact, verified in ((shelf.golden, True), (shelf.golden, False), (shelf.nobody, True)):
        may = shelf.viewers[Viewer(contact=contact)] if verified else {"public"}
        may = may | {name for name, pair in SECRETS.items() if pair in asked and name not in may}  # its name is in the question
        id = await session_of(world, shelf, contact, verified=verified)
        sent = await client.post(f"/api/chat/sessions/{id}/send", headers=shop.bearer, json={"sender": "contact", "message": {"type": "text", "text": words}})
        seen = (await client.get(f"/api/chat/sessions/{id}/history", headers=shop.bearer)).text + (await client.get(f"/api/chat/sessions/{id}/inspect", headers=shop.bearer)).text
        assert leaked(sent.text + seen, may) == []
        hidden = {word for name, (_, word) in SECRETS.items() if name not in (shelf.viewers[Viewer(contact=contact)] if verified else {"public"})}
        assert not [word for word in hidden if word in (sent.text + seen).casefold()], "not even the text of what was named"
    assert leaked(caplog.text, set()) == []


async def test_the_segments_of_a_contact_count_in_verified_sessions_only(world: World, shelf: Shelf) -> None:
    words = "How is the Saffron discount on lamps worked out?"
    verified = await exchange(world, shelf.org, await session_of(world, shelf, shelf.golden, verified=True), says(words))
    assert "saffronish" in verified.text
    claimed = await exchange(world, shelf.org, await session_of(world, shelf, shelf.golden, verified=False), says(words))
    assert "saffronish" not in claimed.text


async def test_a_draft_for_the_team_uses_internal_sources_and_says_so(world: World, shop: Shop, shelf: Shelf) -> None:
    await autopilot.set_mode(world, shop.owner, ChannelKind.API, Autopilot.ASSIST)
    try:
        id = await session_of(world, shelf, shelf.nobody, verified=True)
        await exchange(world, shelf.org, id, says("How is the Walrus discount on lamps worked out?"))
        log = await conversations.timeline(world, shelf.org, id)
        note = next(event for event in log if event.type is EventType.AGENT_COMMENT)
        assert "walruslike" in note.text
        assert [source["audience"] for source in note.payload["sources"]] == ["internal"]
        assert leaked([event.text for event in log if event.type is EventType.MESSAGE and event is not log[0]], {"public"}) == []
        exported = await exporting.export(world, shop.owner, shelf.nobody)
        assert "walruslike" not in str(exported)
        assert "a draft made from articles that are not public" in str(exported)
        async with signed_in(world, shop.owner) as admin:
            page = (await admin.get(f"/inbox/sessions/{id}")).text
            assert "Uses internal sources" in page
            turn = re.search(rf"/inbox/sessions/{id}/turns/([0-9a-f-]+)", page)
            assert turn
            assert "It saw what your team sees" in (await admin.get(turn[0])).text
        kept = await inspecting.newest(world, shop.owner, id)
        as_answer = await what_if.ask(world, shop.owner, id, kept, Change(autopilot=Autopilot.ON))
        assert leaked(as_answer.after, {"public", "internal"}) == []
        assert "walruslike" not in as_answer.after.said
        assert [step.verdict for step in (await replaying.replay(world, shop.owner, id, kept)).steps if step.name == "searched"] == ["same"]
    finally:
        await autopilot.set_mode(world, shop.owner, ChannelKind.API, Autopilot.ON)


def misspelt(word: str) -> str:
    """With two letters changed round: what is guessed from it must come of what the viewer may see."""
    return word[:2] + word[3] + word[2] + word[4:]


async def test_no_page_link_list_count_or_map_of_the_help_centre_knows_more_than_is_public(world: World, client: Client, shelf: Shelf) -> None:
    base = f"/help/{shelf.org}"
    for name, article in shelf.articles.items():
        for path in (f"{base}/{article.id}", f"{base}/en/{article.slug}", f"{base}/en/{article.slug}.md"):
            page = await client.get(path, follow_redirects=True)
            assert page.status_code == (200 if name == "public" else 404), path
            assert leaked(page.text, {"public"}) == []
    words = [word for pair in SECRETS.values() for word in pair]
    for path in ("", "/en", "/sitemap.xml", "/robots.txt", "/llms.txt", "/en/feed.xml", *(f"/en?q={word}" for word in (*words, *(word[:4] for word in words), *map(misspelt, words)))):
        for headers in ({}, {"HX-Request": "true"}):
            page = await client.get(base + path, headers=headers, follow_redirects=True)
            shown = page.text.replace(path.partition("=")[2], "") if "=" in path else page.text
            assert leaked(shown, {"public"}) == [], path
    linked = await learning.addresses(world, shelf.org, "editor")
    assert set(linked.values()) & {article.id for article in shelf.articles.values()} == {shelf.articles["public"].id}


@pytest.mark.parametrize("query", [{}, {"audience": "internal"}, {"audience": "segment"}, {"contact": "golden"}, {"contact": "nobody"}, {"audience": "segment", "contact": "silvery"}])
async def test_the_api_searches_as_whom_it_is_told(client: Client, shop: Shop, shelf: Shelf, query: dict[str, str]) -> None:
    contact = {"contact": str(getattr(shelf, query["contact"]))} if "contact" in query else {}
    found = await client.get("/api/knowledge/search", headers=shop.bearer, params={"q": QUESTION, "limit": 50, **query, **contact})
    if query == {"audience": "segment"}:
        assert found.status_code == 400
        return
    viewer = TEAM if query.get("audience") == "internal" else Viewer(contact=getattr(shelf, query["contact"])) if contact else EVERYBODY
    assert {item["article_id"] for item in found.json()["items"]} == {str(shelf.articles[name].id) for name in shelf.viewers[viewer]}
    assert leaked(found.text, shelf.viewers[viewer]) == []
    for word in [word for name, pair in SECRETS.items() if name not in shelf.viewers[viewer] for word in pair]:
        guessed = await client.get("/api/knowledge/search", headers=shop.bearer, params={"q": misspelt(word), "limit": 50, **query, **contact})
        assert leaked(guessed.text.replace(misspelt(word), ""), shelf.viewers[viewer]) == []


async def test_an_answer_is_kept_by_no_cache(client: Client, shop: Shop, shelf: Shelf) -> None:
    """What one customer may see must not be served to the next from a place between."""
    for path in ("/api/knowledge/search?q=discount", "/api/segments", f"/api/contacts/{shelf.golden}/segments"):
        answer = await client.get(path, headers=shop.bearer)
        assert "public" not in answer.headers.get("cache-control", "") and "max-age" not in answer.headers.get("cache-control", "")


def test_what_was_internal_before_scopes_is_internal_after(empty_database_url: str) -> None:
    """A database as it was before this, brought to now."""
    org = uuid4()
    with psycopg.connect(empty_database_url) as owner:
        owner.execute("create table if not exists migrations (name text primary key, digest text not null, applied_at timestamptz not null default now())")
        for path in migrate._files():
            if path.name < "0011":
                owner.execute(path.read_bytes())
                owner.execute("insert into migrations (name, digest) values (%s, %s)", (path.name, migrate._digest(path)))
        owner.execute("insert into organizations (id, name, widget_token, settings) values (%s, 'Old', 'gw_old', '{}')", (org,))
        for audience, internal in (("public", False), ("internal", True)):
            article, vector = uuid4(), "[" + ",".join(["0.05"] * 384) + "]"
            columns = "org_id, id, source, path, title, body, status, audience, language"
            owner.execute(f"insert into articles ({columns}) values (%s, %s, 'editor', %s, 'x', '', 'published', %s, 'en')", (org, article, audience, audience))
            owner.execute(
                "with p as (insert into passages (org_id, id, article_id, internal, position, heading, text, sentences) values (%s, %s, %s, %s, 0, '', '', '{}') returning number), "
                "v as (insert into passage_vectors (org_id, model, internal, passage, vector) select %s, 'm', %s, number, %s::halfvec from p) "
                "insert into postings (org_id, internal, term, passage, weight) select %s, %s, 'lamp', number, 1 from p",
                (org, uuid4(), article, internal, org, internal, vector, org, internal),
            )
    migrate.migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as owner:
        for table in ("articles", "passages", "passage_vectors", "postings"):
            owner.execute(sql.SQL("alter table {} no force row level security").format(sql.Identifier(table)))
        assert owner.execute("select audience, scope from articles order by scope").fetchall() == [("public", 0), ("internal", 1)]
        for table in ("passages", "passage_vectors", "postings"):
            assert owner.execute(sql.SQL("select scope from {} order by scope").format(sql.Identifier(table))).fetchall() == [(0,), (1,)]
        with pytest.raises(psycopg.errors.CheckViolation):  # no other word makes something public
            owner.execute("update articles set scope = 0 where audience = 'internal'")
