"""Articles are findable exactly while they are published, and an import never leaves less than there was."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path

import pytest
import pytest_asyncio

from glassine.store import articles, count
from glassine.story.knowledge import learning
from glassine.story.knowledge.indexing import prepared
from glassine.story.privacy import previewing
from glassine.story.search import finding
from glassine.story.world import World
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ArticleId, OrgId, new_id
from glassine.words.knowledge import EVERYBODY, TEAM, ArticleStatus, Audience
from glassine.words.people import Actor, ActorKind, Role
from tests.shop import Shop, founded_shop


@pytest_asyncio.fixture(loop_scope="session")
async def org(world: World) -> OrgId:
    """A new organisation for each test."""
    return (await founded_shop(world, "Library", f"owner@{new_id()}.example")).org


async def titles(world: World, org: OrgId, question: str = "penguins") -> list[str]:
    return [hit.title for hit in await finding.find(world, org, question, viewer=EVERYBODY)]


async def test_the_life_of_an_article(world: World, org: OrgId) -> None:
    draft = await learning.save(world, org, title=" Penguins\n", body="Penguins swim.")
    assert (draft.status, draft.title, draft.source) == (ArticleStatus.DRAFT, "Penguins", "editor")
    assert await titles(world, org) == []
    with pytest.raises(NotFound):
        await learning.public_article(world, org, draft.id)
    published = await learning.publish(world, org, draft.id)
    assert published.status is ArticleStatus.PUBLISHED
    assert await titles(world, org) == ["Penguins"]
    assert (await learning.public_article(world, org, draft.id)).body == "Penguins swim."
    changed = await learning.save(world, org, id=draft.id, title="Birds", body="Penguins do not fly.\n\nGulls do.")
    assert changed.status is ArticleStatus.PUBLISHED
    hits = await finding.find(world, org, "can penguins fly?", viewer=EVERYBODY)
    assert [(hit.title, hit.best_sentence) for hit in hits] == [("Birds", "Penguins do not fly.")]
    assert (await learning.unpublish(world, org, draft.id)).status is ArticleStatus.DRAFT
    assert await titles(world, org) == []
    await learning.publish(world, org, draft.id)
    await learning.delete(world, org, draft.id)
    assert await titles(world, org) == []
    for deed in (learning.article, learning.publish, learning.unpublish, learning.delete):
        with pytest.raises(NotFound):
            await deed(world, org, draft.id)


async def test_an_article_made_internal_leaves_the_public(world: World, org: OrgId) -> None:
    article = await learning.publish(world, org, (await learning.save(world, org, title="Penguins", body="Penguins swim.")).id)
    await learning.save(world, org, id=article.id, title="Penguins", body="Penguins swim.", audience=Audience.INTERNAL)
    assert await titles(world, org) == []
    assert len(await finding.find(world, org, "penguins", viewer=TEAM)) == 1
    with pytest.raises(NotFound):
        await learning.public_article(world, org, article.id)


async def test_pasted_markup_is_not_found_as_text(world: World, org: OrgId) -> None:
    pasted = await learning.save(world, org, title="Penguins", body='<p class="x">Penguins <b>swim</b>.</p><script>var y</script>\n\nUse `<head>`.')
    await learning.publish(world, org, pasted.id)
    assert [hit.text for hit in await finding.find(world, org, "penguins", viewer=EVERYBODY)] == ["Penguins swim.\n\nUse `<head>`."]


async def test_articles_that_cannot_be(world: World, org: OrgId) -> None:
    with pytest.raises(Refused, match="title"):
        await learning.save(world, org, title=" \0", body="text")
    with pytest.raises(NotFound):
        await learning.save(world, org, id=ArticleId(new_id()), title="x", body="text")
    long = await learning.save(world, org, title="Long", body="\n\n".join(f"# {number}\n\ntext" for number in range(600)))
    with pytest.raises(Refused, match="several articles"):
        await learning.publish(world, org, long.id)
    empty = await learning.save(world, org, title="Empty", body="\0\ud800")
    assert (await learning.publish(world, org, empty.id)).status is ArticleStatus.PUBLISHED


async def test_two_people_at_once_do_not_mix_their_texts(world: World, org: OrgId) -> None:
    article = await learning.publish(world, org, (await learning.save(world, org, title="Penguins", body="Penguins swim.")).id)
    texts = [f"Penguins of colony {number}. " * 5 for number in range(6)]
    results = await asyncio.gather(*(learning.save(world, org, id=article.id, title="Penguins", body=text) for text in texts), return_exceptions=True)
    assert any(not isinstance(one, BaseException) for one in results)
    assert all(isinstance(one, Refused) and one.status == 409 for one in results if isinstance(one, BaseException))
    stored = (await learning.article(world, org, article.id)).body
    hits = await finding.find(world, org, "penguins", viewer=EVERYBODY)
    assert [hit.text for hit in hits] == [stored.strip()]


async def test_whoever_publishes_and_whoever_deletes_do_not_wait_for_each_other(world: World, org: OrgId) -> None:
    saved = await learning.publish(world, org, (await learning.save(world, org, title="Contested", body="Two people want it.")).id)
    ready = await prepared(world, "Contested", "Two people want it still.", "en", ["en"])
    async with world.store.tx(org) as tx:
        await articles.lock(tx, org, [saved.id])
        read = await articles.load(tx, org, saved.id)
        deleting = asyncio.create_task(learning.delete(world, org, saved.id))
        async with world.store.tx(org) as other:
            while not await count(other, "select count(*) as n from pg_locks where not granted", {}):  # noqa: ASYNC110 - the database tells nobody who waits
                await asyncio.sleep(0.01)
        await articles.publish(tx, org, read, ready)
    await deleting
    assert not [hit for hit in await finding.find(world, org, "Who wants it?", viewer=TEAM) if hit.title == "Contested"]


async def test_readers_never_see_an_article_half_swapped(world: World, org: OrgId) -> None:
    body = "\n\n".join(f"## Part {number}\n\nPenguins number {number}." for number in range(8))
    article = await learning.publish(world, org, (await learning.save(world, org, title="Penguins", body=body)).id)
    done = asyncio.Event()

    async def watch() -> set[int]:
        seen = set()
        while not done.is_set():
            seen.add(len(await titles(world, org)))
        return seen

    watching = asyncio.create_task(watch())
    for _ in range(4):
        await learning.publish(world, org, article.id)
    done.set()
    assert await watching == {8}


async def test_listing(world: World, org: OrgId) -> None:
    for title in ("Penguins", "Polar bears", "Seals"):
        await learning.save(world, org, title=title, body="text")
    page = await learning.listing(world, org, contains="p", limit=1)
    assert (page.total, len(page.articles), page.articles[0].title) == (2, 1, "Polar bears")
    assert (await learning.listing(world, org, status=ArticleStatus.PUBLISHED)).total == 0


async def test_the_shop_is_not_the_library(world: World, org: OrgId, shop: Shop) -> None:
    article = await learning.save(world, org, title="Penguins", body="Penguins swim.")
    for deed in (learning.article, learning.publish, learning.unpublish, learning.delete):
        with pytest.raises(NotFound):
            await deed(world, shop.org, article.id)


async def test_who_changes_an_article_stands_in_the_audit_log(world: World) -> None:
    shop = await founded_shop(world, "Archive", "owner@archive.example")
    written = (await learning.save(world, shop.org, title="Penguins", body="Penguins swim.", by=shop.owner)).id
    await learning.publish(world, shop.org, written, by=shop.owner)
    await learning.save(world, shop.org, id=written, title="Birds", body="Penguins swim.", by=shop.owner)
    await learning.unpublish(world, shop.org, written, by=shop.owner)
    await learning.delete(world, shop.org, written, by=shop.owner)
    await learning.save(world, shop.org, title="Seals", body="Seals swim.")  # an import
    log = await previewing.audit_log(world, shop.owner, only="knowledge")
    assert [(row["verb"], row["detail"]["title"]) for row in reversed(log)] == [  # type: ignore[index]  # the row's detail is a mapping
        ("knowledge.create", "Penguins"), ("knowledge.publish", "Penguins"), ("knowledge.change", "Birds"), ("knowledge.publish", "Birds"), ("knowledge.unpublish", "Birds"), ("knowledge.delete", "Birds"),
    ]
    assert {(row["thing"], row["thing_id"], row["actor_name"]) for row in log} == {("article", written, "Olivia Owner")}
    assert "knowledge" not in str(await previewing.audit_log(world, shop.owner, only="changes"))
    assert await previewing.audit_log(world, shop.owner, only="reveals") == []


@pytest.mark.parametrize("scopes", [None, frozenset({"help-center:read"})], ids=["an agent", "a key that only reads"])
async def test_who_may_not_write_changes_nothing(world: World, scopes: frozenset[str] | None) -> None:
    shop = await founded_shop(world, "Reading room", f"owner@{new_id()}.example")
    article = await learning.publish(world, shop.org, (await learning.save(world, shop.org, title="Penguins", body="Penguins swim.")).id)
    kind, role = (ActorKind.AGENT, Role.AGENT) if scopes is None else (ActorKind.API, Role.ADMIN)
    reader = Actor(org=shop.org, kind=kind, id=new_id(), name="Rita", role=role, scopes=scopes)
    for deed in (learning.publish, learning.unpublish, learning.delete):
        with pytest.raises(Refused, match=r"knowledge\.write"):
            await deed(world, shop.org, article.id, by=reader)
    for id in (None, article.id):
        with pytest.raises(Refused, match=r"knowledge\.write"):
            await learning.save(world, shop.org, id=id, title="Mine", body="text", by=reader)
    assert (await learning.listing(world, shop.org)).articles == [article]
    assert await previewing.audit_log(world, shop.owner, only="knowledge") == []


DEEDS = {"learning.publish", "learning.unpublish", "learning.delete", "learning.bring_back", "authoring.create", "authoring.edit", "authoring.discard", "authoring.duplicate",
         "authoring.set_aside", "history.restore"}


def test_every_face_says_who_changes_an_article() -> None:
    """Without `by` a story asks nobody's permission, which is for imports: no page and no address of the API may leave it out."""
    seen = set()
    for path in (Path(__file__).parent.parent / "glassine/web").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in DEEDS:
                assert "by" in {keyword.arg for keyword in node.keywords}, f"{path.name}, line {node.lineno}"
                seen.add((path, ast.unparse(node.func)))
    assert {deed for _, deed in seen} == DEEDS, "each is asked for somewhere"
