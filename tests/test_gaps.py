"""Gaps: questions without an answer are gathered by what they mean, in the order they came; people act on them, later answers close them, and erasure empties them."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import httpx2
import numpy as np
import pytest

from glassine.rules import gaps as deciding
from glassine.store import gaps as stored
from glassine.store import rows
from glassine.story import access, contacts, conversations, desk, visitor, worker
from glassine.story.contacts import Identity
from glassine.story.exchange import exchange
from glassine.story.inbound import open_session
from glassine.story.knowledge import gaps, learning
from glassine.story.privacy import erasing, redacting
from glassine.story.world import World
from glassine.words.channels import Inbound
from glassine.words.errors import NotFound, Refused
from glassine.words.gaps import Gap, GapStatus, Why
from glassine.words.ids import ContactId, EventId, SessionId
from glassine.words.knowledge import ArticleStatus
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.sessions import ChannelKind
from tests.office import signed_in
from tests.shop import Shop, founded_shop

Client = httpx2.AsyncClient
SUBMARINES = ("Which submarine is the fastest one?", "What is the fastest submarine?", "Which is the fastest submarine of all?")
VIOLINS = ("Who tunes a violin?", "Who can tune my violin?")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns are looked at as soon as they are written: here no other transaction is on its way."""
    monkeypatch.setattr(gaps, "_SETTLED", timedelta(seconds=-5))


@pytest.fixture
async def desk_shop(world: World) -> Shop:
    made = await founded_shop(world, "Open questions", f"{uuid4().hex}@open.example")
    await published(world, made, "Warranty", "The warranty on every kettle is three years. Keep the receipt.")
    return made


async def published(world: World, shop: Shop, title: str, body: str) -> None:
    await learning.publish(world, shop.org, (await learning.save(world, shop.org, title=title, body=body, language="en")).id)


async def asked(world: World, shop: Shop, *texts: str) -> list[tuple[ContactId, SessionId]]:
    """Each by a customer of their own."""
    found = []
    for text in texts:
        who = await contacts.create(world, shop.org, Identity(email=f"{uuid4().hex}@example.org"), verified=True)
        session = await open_session(world, shop.org, who.id, ChannelKind.API, verified=True)
        await exchange(world, shop.org, session.id, Inbound(external_id=uuid4(), text=text))
        found.append((who.id, session.id))
    return found


async def listed(world: World, shop: Shop, status: GapStatus | None = GapStatus.OPEN) -> list[Gap]:
    await gaps.find(world, shop.org)
    return (await gaps.every(world, shop.owner, status=status))[0]


async def test_questions_that_mean_the_same_are_one_gap_and_answered_ones_make_none(world: World, desk_shop: Shop) -> None:
    await asked(world, desk_shop, SUBMARINES[0], VIOLINS[0], "How long is the warranty on a kettle?", *SUBMARINES[1:], VIOLINS[1], "I want to talk to a human being, please.")
    found = await listed(world, desk_shop)
    assert [(one.asked, one.sessions, one.answered, one.this_week, one.last_week) for one in found] == [(3, 3, 0, 3, 0), (2, 2, 0, 2, 0)]
    assert found[0].name in SUBMARINES
    assert {one.why for one in await gaps.questions(world, desk_shop.owner, found[0].id)} <= {Why.NOTHING_FOUND, Why.NOT_SURE, Why.DID_YOU_MEAN}
    assert await listed(world, desk_shop) == found, "nothing is placed twice"


async def test_the_same_log_makes_the_same_gaps(world: World, desk_shop: Shop) -> None:
    await asked(world, desk_shop, *SUBMARINES, *VIOLINS)
    first = [(one.name, one.asked, one.recent) for one in await listed(world, desk_shop)]
    async with world.store.tx(desk_shop.org) as tx:
        for table in ("gap_questions", "gaps", "gap_marks"):
            await tx.execute(f"delete from {table} where org_id = %(org)s", {"org": desk_shop.org})
    assert [(one.name, one.asked, one.recent) for one in await listed(world, desk_shop)] == first


async def test_values_stay_masked_and_words_are_kept_nowhere(world: World, desk_shop: Shop) -> None:
    await asked(world, desk_shop, "Which submarine is the fastest one? Write to secret@example.com")
    (gap,) = await listed(world, desk_shop)
    assert "secret@example.com" not in gap.name
    assert "[EMAIL_1]" in gap.name
    async with world.store.tx(desk_shop.org) as tx:
        kept = [await rows(tx, f"select * from {table}", {}) for table in ("gaps", "gap_questions")]
    assert "submarine" not in str(kept)


async def test_later_answers_close_a_gap_and_open_questions_open_it_again(world: World, desk_shop: Shop) -> None:
    await asked(world, desk_shop, *SUBMARINES)
    (gap,) = await listed(world, desk_shop)
    await published(world, desk_shop, "Submarines", "## Which submarine is the fastest?\n\nThe fastest submarine is the Petrel. It goes 41 knots.")
    await asked(world, desk_shop, *SUBMARINES)
    (solved,) = await listed(world, desk_shop, GapStatus.RESOLVED)
    assert (solved.id, solved.answered, solved.by_itself, solved.recent) == (gap.id, 3, True, (False, False, False, True, True, True))
    for one in (await learning.listing(world, desk_shop.org, contains="Submarines")).articles:
        await learning.delete(world, desk_shop.org, one.id)
    await asked(world, desk_shop, SUBMARINES[0])
    assert [one.id for one in await listed(world, desk_shop, GapStatus.RESOLVED)] == [gap.id], "one open question does not say much"
    await asked(world, desk_shop, SUBMARINES[1])
    (again,) = await listed(world, desk_shop)
    assert (again.id, again.by_itself) == (gap.id, True)


@pytest.mark.parametrize(("status", "since", "after"), [
    (GapStatus.OPEN, [True, True], GapStatus.OPEN), (GapStatus.OPEN, [False, True, True, True], GapStatus.RESOLVED), (GapStatus.OPEN, [True, True, False], GapStatus.OPEN),
    (GapStatus.RESOLVED, [False], GapStatus.RESOLVED), (GapStatus.RESOLVED, [True, False, False], GapStatus.OPEN), (GapStatus.RESOLVED, [False, False, True, True], GapStatus.RESOLVED),
    (GapStatus.ARCHIVED, [False] * 9, GapStatus.ARCHIVED), (GapStatus.ARCHIVED, [True] * 9, GapStatus.ARCHIVED),
])
def test_when_a_gap_is_closed(status: GapStatus, since: list[bool], after: GapStatus) -> None:
    assert deciding.judged(status, since) is after


async def test_an_answer_found_unhelpful_is_a_gap_until_the_vote_is_taken_back(world: World, desk_shop: Shop) -> None:
    ((_, session),) = await asked(world, desk_shop, "How long is the warranty on a kettle?")
    assert await listed(world, desk_shop) == []
    reply = (await conversations.timeline(world, desk_shop.org, session))[-1]
    await visitor.vote(world, desk_shop.org, session, EventId(reply.id), "downvote")
    async with world.store.tx(desk_shop.org) as tx:
        assert await stored.due(tx, desk_shop.org, deciding.TELLING, world.clock())
    (gap,) = await listed(world, desk_shop)
    assert [one.why for one in await gaps.questions(world, desk_shop.owner, gap.id)] == [Why.DOWNVOTED]
    await visitor.vote(world, desk_shop.org, session, EventId(reply.id), "upvote")
    assert await listed(world, desk_shop) == []
    await visitor.vote(world, desk_shop.org, session, EventId(reply.id), "downvote")
    assert len(await listed(world, desk_shop)) == 1
    message = next(event for event in await conversations.timeline(world, desk_shop.org, session) if event.actor is ActorKind.USER)
    await redacting.redact_message(world, desk_shop.owner, EventId(message.id))
    assert await listed(world, desk_shop) == []
    async with world.store.tx(desk_shop.org) as tx:
        assert not await stored.due(tx, desk_shop.org, deciding.TELLING, world.clock()), "what is gone is not looked for again and again"


async def test_what_is_erased_or_redacted_leaves_its_gap(world: World, desk_shop: Shop) -> None:
    (first, session), (second, _), _ = await asked(world, desk_shop, *SUBMARINES)
    (gap,) = await listed(world, desk_shop)
    message = next(event for event in await conversations.timeline(world, desk_shop.org, session) if event.actor is ActorKind.USER)
    await redacting.redact_message(world, desk_shop.owner, EventId(message.id))
    assert (await gaps.one(world, desk_shop.owner, gap.id)).asked == 2, "at once, before anything is placed again"
    await erasing.erase(world, desk_shop.owner, second)
    assert (await gaps.one(world, desk_shop.owner, gap.id)).name == SUBMARINES[2]
    (smaller,) = await listed(world, desk_shop)
    assert smaller.asked == 1
    async with world.store.tx(desk_shop.org) as tx:
        assert [one.weight for one in await stored.centres(tx, desk_shop.org)] == [1], "the centre forgets them too"
    await asked(world, desk_shop)
    for who in (first, (await asked(world, desk_shop, "Hello!"))[0][0]):
        await erasing.erase(world, desk_shop.owner, who)


async def test_people_resolve_archive_rename_and_merge_and_take_it_back(world: World, desk_shop: Shop) -> None:
    await asked(world, desk_shop, *SUBMARINES, *VIOLINS)
    fast, tuned = await listed(world, desk_shop)
    assert await gaps.set_status(world, desk_shop.owner, tuned.id, GapStatus.ARCHIVED) is GapStatus.OPEN
    await asked(world, desk_shop, VIOLINS[0])
    assert [one.asked for one in await listed(world, desk_shop, GapStatus.ARCHIVED)] == [3]
    await gaps.set_status(world, desk_shop.owner, tuned.id, GapStatus.OPEN)
    assert await gaps.rename(world, desk_shop.owner, fast.id, "Speed of submarines") == ""
    await gaps.merge(world, desk_shop.owner, tuned.id, fast.id)
    (both,) = await listed(world, desk_shop)
    assert (both.name, both.named, both.asked) == ("Speed of submarines", True, 6)
    await asked(world, desk_shop, VIOLINS[1])
    assert [one.asked for one in await listed(world, desk_shop)] == [7], "what comes near a merged one counts for both"
    assert [part for part, _ in await gaps.parts(world, desk_shop.owner, fast.id)] == [tuned.id]
    await gaps.part(world, desk_shop.owner, tuned.id)
    assert sorted(one.asked for one in await listed(world, desk_shop)) == [3, 4]
    with pytest.raises(Refused):
        await gaps.merge(world, desk_shop.owner, fast.id, fast.id)


async def test_a_draft_has_what_was_asked_and_what_people_answered_without_values(world: World, desk_shop: Shop) -> None:
    (_, session), *_ = await asked(world, desk_shop, "Which submarine is the fastest one? Write to secret@example.com", SUBMARINES[1])
    await desk.reply(world, desk_shop.owner, session, "The Petrel is the fastest. I have written to secret@example.com about it.")
    (gap,) = await listed(world, desk_shop)
    article = await gaps.draft(world, desk_shop.owner, gap.id)
    assert article.status is ArticleStatus.DRAFT
    assert "The Petrel is the fastest." in article.body
    assert f"- {SUBMARINES[1]}" in article.body
    assert "secret@example.com" not in article.body + article.title
    assert "EMAIL" not in article.body + article.title
    assert (await gaps.one(world, desk_shop.owner, gap.id)).article == article.id
    with pytest.raises(Refused, match="already"):
        await gaps.draft(world, desk_shop.owner, gap.id)


async def test_who_may_not_write_knowledge_only_reads(world: World, desk_shop: Shop) -> None:
    await asked(world, desk_shop, *SUBMARINES)
    (gap,) = await listed(world, desk_shop)
    viewer = Actor(org=desk_shop.org, kind=ActorKind.AGENT, id=desk_shop.owner.id, name="Vera", role=Role.VIEWER)
    assert len(await gaps.questions(world, viewer, gap.id)) == 3
    for act in (gaps.draft(world, viewer, gap.id), gaps.rename(world, viewer, gap.id, "x"), gaps.set_status(world, viewer, gap.id, GapStatus.ARCHIVED)):
        with pytest.raises(Refused):
            await act
    other = await founded_shop(world, "Somebody else", f"{uuid4().hex}@else.example")
    with pytest.raises(NotFound):
        await gaps.one(world, other.owner, gap.id)


async def test_the_queue_finds_gaps_by_itself(world: World, desk_shop: Shop) -> None:
    await asked(world, desk_shop, VIOLINS[0])
    await gaps.plan(world)
    for _ in range(4):
        for job in await worker._claim(world, 50):
            world.running.add(job.id)
            await worker._run_one(world, job)
    assert [one.asked for one in (await gaps.every(world, desk_shop.owner))[0]] == [1]


async def test_gaps_over_the_api(world: World, client: Client, desk_shop: Shop) -> None:
    await asked(world, desk_shop, *SUBMARINES, *VIOLINS)
    await gaps.find(world, desk_shop.org)
    items = (await client.get("/api/knowledge/gaps", headers=desk_shop.bearer, params={"sort": "rising"})).json()
    assert [one["asked"] for one in items["items"]] == [3, 2]
    first, second = (one["id"] for one in items["items"])
    detail = (await client.get(f"/api/knowledge/gaps/{first}", headers=desk_shop.bearer)).json()
    assert {one["text"] for one in detail["questions"]} == set(SUBMARINES)
    changed = await client.patch(f"/api/knowledge/gaps/{first}", headers=desk_shop.bearer, json={"name": "Speed", "status": "archived"})
    assert (changed.json()["name"], changed.json()["status"]) == ("Speed", "archived")
    assert (await client.post(f"/api/knowledge/gaps/{second}/merge", headers=desk_shop.bearer, json={"into": first})).json()["asked"] == 5
    assert (await client.get(f"/api/knowledge/gaps/{second}", headers=desk_shop.bearer)).status_code == 404
    assert (await client.delete(f"/api/knowledge/gaps/{second}/merge", headers=desk_shop.bearer)).json()["asked"] == 2
    drafted = await client.post(f"/api/knowledge/gaps/{first}/article", headers=desk_shop.bearer)
    assert drafted.status_code == 201
    assert drafted.json()["title"] == "Speed"
    narrow = await access.create_key(world, desk_shop.owner, "Articles only", ["help-center:write"])
    assert (await client.get("/api/knowledge/gaps", headers={"Authorization": f"Bearer {narrow}"})).status_code == 403, "names are customers' words"


async def test_the_pages_show_act_and_undo(world: World, desk_shop: Shop) -> None:
    await asked(world, desk_shop, *SUBMARINES, *VIOLINS)
    fast, tuned = await listed(world, desk_shop)
    async with signed_in(world, desk_shop.owner) as admin:
        page = (await admin.get("/knowledge/gaps")).text
        assert fast.name in page
        assert "0 of 3" in page
        assert (await admin.get("/knowledge/gaps?sort=newest", htmx=True)).status_code == 200
        one = (await admin.get(f"/knowledge/gaps/{fast.id}")).text
        assert all(text in one for text in SUBMARINES)
        said = await admin.act(f"/knowledge/gaps/{fast.id}/status", status="archived")
        assert "is archived" in said
        assert "Undo" in said
        assert fast.name in (await admin.get("/knowledge/gaps?status=archived")).text
        await admin.act(f"/knowledge/gaps/{fast.id}/status", status="open")
        assert "Renamed" in await admin.act(f"/knowledge/gaps/{fast.id}/rename", name="How fast submarines are")
        merged = await admin.act(f"/knowledge/gaps/{tuned.id}/merge", into=str(fast.id))
        assert "Merged into this one" in merged
        assert "a gap of its own again" in await admin.act(f"/knowledge/gaps/{tuned.id}/part")
        drafted = await admin.act(f"/knowledge/gaps/{fast.id}/article")
        assert "Take this out" in drafted
        assert (await admin.get("/knowledge/gaps?status=nonsense")).status_code == 404


def test_placing_needs_no_more_than_what_came_before() -> None:
    """One question far from all makes no difference to where others go."""
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(5, 384)).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    for at, centre in enumerate(centres):
        found = deciding.nearest(centre, centres)
        assert found is not None
        assert found[0] == at
        assert found[1] == pytest.approx(1, abs=1e-5)
    assert deciding.nearest(centres[0], centres[:0]) is None
    assert deciding.middle(centres, centres[3]) == 3
    assert float(np.linalg.norm(deciding.moved(centres[0], 3, centres[1]))) == pytest.approx(1, abs=1e-5)
