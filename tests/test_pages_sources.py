"""Knowledge › Sources as plain pages: connect with a form, watch, decide, leave out, upload, delete; what is wrong is said beside its field."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest_asyncio

from glassine.story import worker
from glassine.story.search import finding
from glassine.story.sources import tending
from glassine.story.world import World
from glassine.words.ids import new_id
from glassine.words.knowledge import EVERYBODY
from glassine.words.people import Role
from tests.office import Browser, colleague, signed_in
from tests.shop import Shop, founded_shop


@pytest_asyncio.fixture(loop_scope="session")
async def zoo(world: World) -> Shop:
    return await founded_shop(world, "Zoo", f"owner@{new_id()}.example")


@pytest_asyncio.fixture(loop_scope="session")
async def admin(world: World, zoo: Shop) -> AsyncIterator[Browser]:
    async with signed_in(world, zoo.owner) as at:
        yield at


@pytest_asyncio.fixture(loop_scope="session")
async def folder(world: World, tmp_path: Path) -> AsyncIterator[Path]:
    """One that the operator opened, with twelve pages."""
    for number in range(12):
        (tmp_path / f"zebra{number}.md").write_text(f"# Zebra {number}\n\nZebra {number} lives in house number {number}.")
    before = world.settings
    world.settings = replace(before, content_roots=(str(tmp_path),))
    yield tmp_path
    world.settings = before


async def settled(world: World) -> None:
    while found := await worker._claim(world, 8):
        world.running.update(job.id for job in found)
        for job in found:
            await worker._run_one(world, job)


async def count(world: World, zoo: Shop) -> int:
    return len(await finding.find(world, zoo.org, "which house", viewer=EVERYBODY, limit=50))


FORM = {"kind": "folder", "name": "Handbook", "audience": "public", "cadence": "day", "readers": "source", "share": "30", "max_age_hours": "", "canary": "", "base_url": "", "exclude": ""}


async def connected(admin: Browser, folder: Path) -> str:
    answer = await admin.post("/knowledge/sources", **FORM, path=str(folder))
    assert answer.status_code == 303, re.sub(r"<[^>]+>", " ", answer.text)
    return str(answer.headers["location"])


async def test_a_folder_is_connected_read_and_followed(world: World, zoo: Shop, admin: Browser, folder: Path) -> None:
    assert "Where is your knowledge kept?" in (await admin.get("/knowledge/sources")).text
    kinds = (await admin.get("/knowledge/sources/new")).text
    assert 'href="/knowledge/sources/new?kind=folder"' in kinds
    assert 'name="path"' in (await admin.get("/knowledge/sources/new?kind=folder")).text
    at = await connected(admin, folder)
    page = (await admin.get(at)).text
    assert "holds 12 files that can be read" in page, "what the test of the settings found"
    assert "No page has been read yet." in page
    assert f'hx-get="{at}/progress"' in page
    await settled(world)
    assert (await admin.get(f"{at}/progress")).headers["HX-Trigger"] == "reload"
    page = (await admin.get(at)).text
    assert "Up to date" in page
    assert "12 added" in page
    assert "zebra7.md" in page
    assert "Handbook" in (await admin.get("/knowledge/sources")).text
    (folder / "zebra3.md").unlink()
    await admin.act(f"{at}/sync")
    await settled(world)
    assert await count(world, zoo) == 11
    filtered = (await admin.get(f"{at}?q=zebra3&state=synced")).text
    assert "No page fits." in filtered
    assert '<option value="synced" selected>' in filtered


async def test_what_is_wrong_is_said_and_what_was_typed_stays(admin: Browser, folder: Path) -> None:
    for change, words in (
        ({"path": ""}, "Folder is missing."), ({"path": "/etc"}, "has not opened this folder"), ({"path": str(folder), "name": ""}, "A source needs a name"),
        ({"path": str(folder), "base_url": "nowhere"}, "must begin with https://"), ({"path": str(folder), "share": "a lot"}, "from 1 to 100 per cent"),
        ({"path": str(folder), "cadence": "never"}, "Choose from what the form offers."), ({"path": str(folder), "readers": "segment"}, "Choose at least one segment."),
    ):
        answer = await admin.post("/knowledge/sources", **{**FORM, "exclude": "drafts/", **change})
        assert answer.status_code == 400
        assert words in unescape(answer.text)
        assert "drafts/</textarea>" in answer.text
    assert "Where is your knowledge kept?" in (await admin.get("/knowledge/sources")).text, "nothing was saved"


async def test_a_newcomer_is_asked_for_one_thing_and_the_rest_is_folded(world: World, zoo: Shop, admin: Browser, folder: Path) -> None:
    def parts(form: str) -> tuple[set[str], str, set[str]]:
        """The names asked for at once, how the fold begins, and the names in it."""
        before, after = re.split(r"<details[^>]*><summary>More settings", form, maxsplit=1)
        fold = after.split("</details>")[0]
        named = [set(re.findall(r'<(?:input|textarea|select)[^>]* name="(?!csrf|kind)(\w+)"', part)) for part in (before.split("data-guard")[1], fold)]
        return named[0], re.findall(r"(<details[^>]*>)<summary>More settings", form)[0], named[1]

    at_once, mark, folded = parts((await admin.get("/knowledge/sources/new?kind=website")).text)
    assert (at_once, mark) == ({"start"}, "<details>")
    assert folded == {"scope", "include", "exclude", "limit", "depth", "hosts", "files", "name", "cadence"}
    assert parts((await admin.get("/knowledge/sources/new?kind=zendesk")).text)[0] == {"subdomain", "email", "token"}
    at_once, _, _ = parts((await admin.get("/knowledge/sources/new?kind=folder")).text)
    assert at_once == {"path", "audience"}, "who sees it is asked at once"
    for change in ({"base_url": "nowhere"}, {"exclude": "drafts/"}, {"name": ""}):
        answer = await admin.post("/knowledge/sources", **{**FORM, "path": "/etc", **change})
        assert parts(answer.text)[1] == "<details open>", "what is wrong or was filled in is not hidden"
    at = await connected(admin, folder)
    await settled(world)
    assert parts((await admin.get(f"{at}/edit")).text)[1] == "<details open>"
    await admin.act(f"{at}/edit", **{**FORM, "path": str(folder), "name": "Folder or git checkout"})
    assert 'name="name" value="Folder or git checkout 2"' in (await admin.get("/knowledge/sources/new?kind=folder")).text, "the second one needs another name"


async def test_what_is_gone_waits_for_a_decision(world: World, zoo: Shop, admin: Browser, folder: Path) -> None:
    at = await connected(admin, folder)
    await settled(world)
    for number in range(8):
        (folder / f"zebra{number}.md").unlink()
    await admin.act(f"{at}/sync")
    await settled(world)
    page = (await admin.get(at)).text
    assert "8 pages are no longer there" in page
    assert "zebra5.md" in page
    assert await count(world, zoo) == 12
    assert "8 pages stay" in await admin.act(f"{at}/decide", do="keep")
    await admin.act(f"{at}/sync")
    await settled(world)
    assert "no longer there" not in (await admin.get(at)).text.replace("No longer there", "")
    (folder / "zebra8.md").unlink()
    await admin.act(f"{at}/sync")
    await settled(world)
    assert await count(world, zoo) == 11, "one is no reason to ask"


async def test_a_page_is_left_out_and_that_is_undone(world: World, zoo: Shop, admin: Browser, folder: Path) -> None:
    at = await connected(admin, folder)
    await settled(world)
    said = await admin.act(f"{at}/pages", do="exclude", path="zebra1.md")
    assert "Left out, and out of every answer." in said
    assert f'action="{at}/pages"' in said.split("data-toast")[1]
    assert await count(world, zoo) == 11
    await admin.act(f"{at}/pages", do="include", path="zebra1.md")
    await settled(world)
    assert await count(world, zoo) == 12


async def test_settings_are_changed_and_the_source_deleted_by_its_name(world: World, zoo: Shop, admin: Browser, folder: Path) -> None:
    at = await connected(admin, folder)
    await settled(world)
    assert str(folder) in (await admin.get(f"{at}/edit")).text
    assert "Saved." in await admin.act(f"{at}/edit", **{**FORM, "path": str(folder), "name": "Guide", "cadence": "hour", "max_age_hours": "48"})
    page = (await admin.get(at)).text
    assert "Every hour" in page
    assert "48 hours" in page
    wrong = await admin.post(f"{at}/delete", name="Handbook")
    assert wrong.status_code == 400
    assert "Nothing was deleted" in wrong.text
    assert "is deleted" in await admin.act(f"{at}/delete", name="Guide")
    assert await count(world, zoo) == 0


async def test_files_are_uploaded_many_at_once(world: World, zoo: Shop, admin: Browser) -> None:
    made = await admin.post("/knowledge/sources", **{**FORM, "kind": "files", "name": "Papers"})
    at = str(made.headers["location"])
    await settled(world)
    sent = [("files", ("a.md", b"# Ants\n\nAnts live in house number 1.")), ("files", ("b.txt", b"Bees live in house number 2.")), ("files", ("c.exe", b"MZ"))]
    answer = await admin.client.post(f"{at}/files", files=sent, headers={"X-Csrf": admin.csrf})
    assert answer.status_code == 303
    page = (await admin.get(at)).text
    assert "2 files are uploaded and being read. c.exe: this kind of file is not read." in page
    await settled(world)
    assert await count(world, zoo) == 2
    assert (await admin.get(f"{at}/files/a.md")).content.startswith(b"# Ants")
    assert "is deleted" in await admin.act(f"{at}/files/delete", name="a.md")
    assert await count(world, zoo) == 1


async def test_who_may_not_write_sees_and_changes_nothing(world: World, zoo: Shop, admin: Browser, folder: Path) -> None:
    at = await connected(admin, folder)
    await settled(world)
    agent = await colleague(world, zoo.owner, Role.AGENT, f"Rita{new_id()} Reader")
    async with signed_in(world, agent) as reader:
        page = (await reader.get(at)).text
        assert "zebra1.md" in page
        assert "Sync now" not in page
        assert (await reader.post(f"{at}/sync")).status_code == 403
        assert (await reader.get("/knowledge/sources/new")).status_code == 403
    assert [run.by for run in await tending.history(world, zoo.owner, (await tending.listing(world, zoo.owner))[0].source.id)] == ["Olivia Owner"]
