"""`glassine content` against a running server: what goes where, what is never overwritten, and files whose bytes hold through every round trip."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from glassine.commands import content
from glassine.commands.content import folder as folders
from glassine.rules import content as rules
from glassine.rules.content import Unreadable
from glassine.story.knowledge import authoring, learning
from glassine.story.world import World
from glassine.web.app import create_app
from glassine.words.articles import Fields
from glassine.words.content import Locked, Page, Remote
from glassine.words.errors import Misconfigured, Refused
from tests.shop import Shop, founded_shop

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.enable_socket]
Run = Callable[..., Awaitable[int]]

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
lines = texts.map(lambda text: " ".join(text.split()))
pages = st.builds(
    Page, title=lines.filter(bool), body=texts, description=lines, meta_title=lines, meta_description=lines, slug=st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True),
    locale=st.sampled_from(["", "en", "de"]), audience=st.sampled_from(["public", "internal"]), position=st.integers(0, 99), topic=st.just("a/b"),
    url=st.sampled_from(["", "https://x.example/a?b=c#d"]), translation_of=st.sampled_from(["", "en/one"]),
)


@given(pages)
async def test_a_page_that_is_read_and_written_again_has_the_same_bytes(page: Page) -> None:
    text = rules.write(page)
    again = rules.read(text, "a/b")
    assert rules.write(again) == text
    assert replace(again, body="") == replace(page, body="")


@pytest.mark.parametrize("title", ["yes", "null", "12", "1.5", "a: b", "# x", "- x", "“x”", "it's", '"', "2024-01-01", "~", "{a}", "a #b", "[x]", "on", "? x", "%x", "0x1f"])
async def test_titles_that_yaml_would_read_otherwise_stay_titles(title: str) -> None:
    assert rules.read(rules.write(Page(title=title)), "").title == title


@pytest.mark.parametrize("text", ["", "no front matter", "---\ntitle: x\n", "---\n[\n---\n", "---\nbody: x\n---\n", "---\ntitle: x\nsecret: y\n---\n", "---\ntitle: x\nposition: many\n---\n", "---\ntitle: x\naudience: everybody\n---\n"])
async def test_files_that_are_no_pages_say_why(text: str) -> None:
    with pytest.raises(Unreadable):
        rules.read(text, "")


async def test_what_is_to_be_done_follows_from_three_texts() -> None:
    page = Page(title="One", body="a", slug="one", locale="en")
    base = rules.write(page)
    changed = rules.write(replace(page, body="b"))
    lock = {"one.md": Locked(id="1", hash=rules.mark("one.md", base))}

    def act(mine: str | None, theirs: Page | None, known: dict[str, Locked]) -> str:
        remotes = [Remote(id="1", token="t", page=theirs)] if theirs else []
        return rules.plan({"one.md": mine} if mine else {}, remotes, known, "en")[0].act

    assert act(base, page, lock) == act(base, page, {}) == "same"
    assert act(base, replace(page, body="c"), lock) == act(None, page, {}) == "pull"
    assert act(changed, page, lock) == act(changed, None, {}) == "push"
    assert act(None, page, lock) == "drop there"
    assert act(base, None, lock) == "drop here"
    assert act(changed, replace(page, body="c"), lock) == act(changed, page, {}) == act(changed, None, lock) == act(None, replace(page, body="c"), lock) == "conflict"


@pytest.mark.parametrize("path", ["../x.md", "/x.md", "a/../../x.md", "a//x.md", ".git/x.md", "a/./x.md", "a\\b.md"])
async def test_no_server_can_name_a_file_outside(tmp_path: Path, path: str) -> None:
    folders.begin(tmp_path, "https://x.example")
    with pytest.raises(Misconfigured):
        folders.load(tmp_path).put(path, "x")


async def test_no_link_leads_outside(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    folders.begin(tmp_path / "in", "https://x.example")
    (tmp_path / "in" / "a").symlink_to(tmp_path / "out")
    with pytest.raises(Misconfigured):
        folders.load(tmp_path / "in").put("a/x.md", "x")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(world: World) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(create_app(world), host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - the server has no event to wait for
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


@pytest_asyncio.fixture(loop_scope="session")
async def own(world: World, request: pytest.FixtureRequest) -> Shop:
    """An organisation for one test."""
    return await founded_shop(world, "Files", f"{abs(hash(request.node.name))}@paper.example")


@pytest.fixture
def run(world: World, address: str, own: Shop, tmp_path: Path) -> Run:
    async def command(act: str, folder: Path = tmp_path / "content", **options: object) -> int:
        given = content.Options(act=act, folder=folder, url=address, key=own.api_key, **options)  # type: ignore[arg-type]  # fields of Options
        return await asyncio.to_thread(content.run, world.settings, given)

    return command


async def written(world: World, shop: Shop, title: str, body: str = "Text.", *, live: bool = True, **fields: object) -> str:
    made = await authoring.create(world, shop.org, Fields(title=title, body=body, **fields))  # type: ignore[arg-type]  # fields of Fields
    if live:
        await learning.publish(world, shop.org, made.id)
    return str(made.id)


def held(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.md")) if ".glassine" not in path.parts}


async def test_what_is_pulled_and_pushed_changes_nothing(world: World, own: Shop, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "content"
    await written(world, own, "How do I start?", "First.\n\n## Then\n\nSecond.", description="To begin: start")
    await written(world, own, "yes", "```\n---\nno: front\n---\n```\r\nCR", live=False)
    assert await run("init") == 0
    assert await run("pull") == 0
    before, lock = held(folder), (folder / folders.LOCK).read_text()
    assert set(before) == {"how-do-i-start.md", "yes.md"}
    assert before["how-do-i-start.md"] == '---\ntitle: How do I start?\ndescription: "To begin: start"\nslug: how-do-i-start\nlocale: en\n---\n\nFirst.\n\n## Then\n\nSecond.\n'
    for act in ("push", "pull", "status", "diff"):
        assert await run(act) == 0, act
    assert (held(folder), (folder / folders.LOCK).read_text()) == (before, lock)
    other = tmp_path / "other"
    await run("init", other)
    await run("pull", other)
    assert held(other) == before


async def test_a_change_here_goes_there_and_is_published_only_when_asked(world: World, own: Shop, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "content"
    id = await written(world, own, "Returns", "Old text.")
    await run("init")
    await run("pull")
    file = folder / "returns.md"
    file.write_text(file.read_text().replace("Old text.", "New text."))
    assert await run("status") == 1
    assert await run("push", dry=True) == 0
    assert (await authoring.working(world, own.org, id)).fields.body == "Old text."  # type: ignore[arg-type]  # an id in text
    assert await run("push") == 0
    working = await authoring.working(world, own.org, id)  # type: ignore[arg-type]  # as above
    assert (working.fields.body, working.article.body) == ("New text.", "Old text.")
    assert await run("push", publish=True) == 0
    assert (await learning.article(world, own.org, id)).body == "New text."  # type: ignore[arg-type]  # as above
    assert await run("status") == 0


async def test_what_changed_on_both_sides_is_shown_and_left_alone(world: World, own: Shop, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "content"
    id = await written(world, own, "Returns", "Base text.")
    await run("init")
    await run("pull")
    file = folder / "returns.md"
    mine = file.read_text().replace("Base text.", "My text.")
    file.write_text(mine)
    now = await authoring.working(world, own.org, id)  # type: ignore[arg-type]  # an id in text
    await authoring.edit(world, own.org, now.article.id, replace(now.fields, body="Their text."), token=now.token)
    for act in ("pull", "push"):
        capsys.readouterr()
        assert await run(act) == 1, act
        shown = capsys.readouterr().out
        assert "-Base text." in shown
        assert "+My text." in shown
        assert "+Their text." in shown
        assert file.read_text() == mine
        assert (await authoring.working(world, own.org, now.article.id)).fields.body == "Their text."
    assert await run("push", take="mine") == 0
    assert (await authoring.working(world, own.org, now.article.id)).fields.body == "My text."
    assert await run("status") == 0


async def test_theirs_can_be_taken_too(world: World, own: Shop, run: Run, tmp_path: Path) -> None:
    id = await written(world, own, "Returns", "Base text.")
    await run("init")
    await run("pull")
    file = tmp_path / "content" / "returns.md"
    file.write_text(file.read_text().replace("Base text.", "My text."))
    now = await authoring.working(world, own.org, id)  # type: ignore[arg-type]  # an id in text
    await authoring.edit(world, own.org, now.article.id, replace(now.fields, body="Their text."), token=now.token)
    assert await run("pull", take="theirs") == 0
    assert "Their text." in file.read_text()


async def test_deletes_need_a_word(world: World, own: Shop, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "content"
    await written(world, own, "Goes here")
    there = await written(world, own, "Goes there")
    await run("init")
    await run("pull")
    (folder / "goes-here.md").unlink()
    await learning.delete(world, own.org, there)  # type: ignore[arg-type]  # an id in text
    assert await run("push") == 1
    assert await run("pull") == 1
    assert (folder / "goes-there.md").exists()
    assert await run("push", delete=True) == 0
    assert await run("pull", delete=True) == 0
    assert held(folder) == {}
    assert await run("status") == 0
    assert (await learning.listing(world, own.org)).total == 0


async def test_topics_are_folders_and_move_with_their_articles(world: World, own: Shop, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "content"
    await run("init")
    (folder / "returns" / "abroad").mkdir(parents=True)
    (folder / "returns" / "topic.toml").write_text('name = "Returns"\nposition = 2\n\n[names]\n"de" = "Rücksendungen"\n')
    (folder / "returns" / "abroad" / "topic.toml").write_text('name = "Abroad"\n')
    (folder / "returns" / "abroad" / "customs.md").write_text("---\ntitle: Customs\n---\n\nFill in the form.\n")
    assert await run("push", publish=True) == 0
    assert held(folder)["returns/abroad/customs.md"] == "---\ntitle: Customs\nslug: customs\nlocale: en\n---\n\nFill in the form.\n"
    assert await run("status") == 0
    other = tmp_path / "other"
    await run("init", other)
    assert await run("pull", other) == 0
    assert (other / "returns" / "topic.toml").read_text() == (folder / "returns" / "topic.toml").read_text()
    (folder / "returns" / "abroad" / "customs.md").rename(folder / "returns" / "customs.md")
    assert await run("push") == 0
    assert await run("pull", other) == 0
    assert set(held(other)) == {"returns/customs.md"}
    assert (await learning.listing(world, own.org)).total == 1, "it moved and is not there twice"
    async with world.store.tx(own.org) as tx:
        made = await (await tx.execute("select detail ->> 'title' as title from audit where verb = 'knowledge.topic_create' order by 1")).fetchall()
    assert [row["title"] for row in made] == ["Abroad", "Returns"], "whoever makes topics stands in the log"


async def test_one_bad_file_stops_no_other_and_is_said(world: World, own: Shop, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "content"
    await run("init")
    (folder / "bad.md").write_text("no front matter")
    (folder / "lost").mkdir()
    (folder / "lost" / "page.md").write_text("---\ntitle: In no topic\n---\n")
    (folder / "good.md").write_text("---\ntitle: Good\n---\n\nText.\n")
    assert await run("push") == 1
    said = capsys.readouterr().err
    assert "bad.md: It does not begin with front matter" in said
    assert "lost/page.md: There is no topic lost" in said
    assert (await learning.listing(world, own.org)).total == 1


async def test_translations_stand_beside_and_name_their_original(world: World, own: Shop, run: Run, tmp_path: Path) -> None:
    async with world.store.tx(own.org) as tx:
        await tx.execute("update organizations set settings = settings || '{\"languages\": [\"en\", \"de\"]}' where id = %s", (own.org,))
    folder = tmp_path / "content"
    await run("init")
    (folder / "a-rueckgabe.de.md").write_text("---\ntitle: Rückgabe\nlocale: de\ntranslation_of: en/returns\n---\n\nText.\n")
    (folder / "returns.md").write_text("---\ntitle: Returns\nlocale: en\n---\n\nText.\n")
    assert await run("push") == 0
    other = tmp_path / "other"
    await run("init", other)
    await run("pull", other)
    assert set(held(other)) == {"returns.md", "rückgabe.de.md"}
    assert "translation_of: en/returns" in held(other)["rückgabe.de.md"]


async def test_keys_and_addresses_that_do_not_work_say_so(world: World, own: Shop, address: str, run: Run, tmp_path: Path) -> None:
    await run("init")
    for url, key, error in ((address, "ocx_live_wrong", Refused), (address, "", Misconfigured), ("http://127.0.0.1:9", own.api_key, Misconfigured), ("ftp://x", own.api_key, Misconfigured)):
        with pytest.raises(error):
            await asyncio.to_thread(content.run, world.settings, content.Options(act="pull", folder=tmp_path / "content", url=url, key=key))
    with pytest.raises(Misconfigured, match="init"):
        await run("pull", tmp_path / "nowhere")


async def test_a_lock_that_is_lost_is_made_anew(world: World, own: Shop, run: Run, tmp_path: Path) -> None:
    await written(world, own, "Stays")
    await run("init")
    await run("pull")
    lock = tmp_path / "content" / folders.LOCK
    lock.unlink()
    assert await run("pull") == 0
    assert list(json.loads(lock.read_text())["articles"]) == ["stays.md"]
    lock.write_text("{")
    with pytest.raises(Misconfigured, match="git"):
        await run("pull")


async def test_pictures_go_along_and_nothing_else_does(world: World, own: Shop, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "content"
    await run("init")
    (folder / "images").mkdir()
    png = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
    (folder / "images" / "a lamp.png").write_bytes(png)
    (tmp_path / "secret.png").write_bytes(png)
    (folder / "lamps.md").write_text("---\ntitle: Lamps\n---\n\n![A lamp](images/a%20lamp.png \"Lit\") ![Gone](images/gone.png) ![Out](../secret.png) ![Web](https://x.example/a.png)\n")
    assert await run("push", publish=True) == 0
    text = held(folder)["lamps.md"]
    assert re.search(rf'!\[A lamp\]\(/images/{own.org}/[0-9a-f-]{{36}}\.png "Lit"\)', text)
    assert "![Gone](images/gone.png) ![Out](../secret.png) ![Web](https://x.example/a.png)" in text
    assert await run("status") == 0
