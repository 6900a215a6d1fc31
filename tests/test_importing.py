"""A folder is imported the same way from the command line as in the browser: each file is brought in or has its reason, and never less stays than there was."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
import pytest_asyncio

from glassine.connect.folder import entries
from glassine.edge.embed import Embedder
from glassine.story.knowledge import learning
from glassine.story.search import finding
from glassine.story.sources import importing
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import OrgId, new_id
from glassine.words.knowledge import EVERYBODY, ArticleStatus, Audience, ImportLine
from tests.shop import founded_shop


@pytest_asyncio.fixture(loop_scope="session")
async def org(world: World) -> OrgId:
    """A new organisation for each test."""
    return (await founded_shop(world, "Library", f"owner@{new_id()}.example")).org


async def titles(world: World, org: OrgId, question: str = "penguins") -> list[str]:
    return [hit.title for hit in await finding.find(world, org, question, viewer=EVERYBODY)]


async def brought(world: World, org: OrgId, place: Path, **how: str) -> dict[str, tuple[str, str]]:
    """Imports, and returns what became of each file."""
    lines: list[ImportLine] = []
    counts = await importing.import_folder(world, org, place, source="books", report=lines.append, base_url=how.get("base_url"))
    assert sum(counts.values()) == len(lines)
    return {line.path: (line.outcome, line.reason) for line in lines}


def write(root: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())


FILES: dict[str, str | bytes] = {
    "penguins.md": "# All about penguins\n\nPenguins swim.",
    "guide/index.md": "Penguins walk.",
    "guide/how_to_feed.mdx": "---\ntitle: Feeding\n---\nimport X from 'x'\n\nPenguins eat fish.",
    "team.md": "---\naudience: internal\n---\nPenguins are loud.",
    "draft.md": "---\ndraft: true\n---\nPenguins fly.",
    "empty.md": "---\ntitle: Nothing\n---\n",
    "_shared.html.erb": "Penguins waddle.",
    "latin.md": "Pingüinos".encode("latin-1"),
    "broken.md": "---\ntitle: [Fins\n---\nPenguins dive.",
    "utf16.md": "Penguins sleep.".encode("utf-16"),
    "picture.png": b"\x89PNG",
    ".git/config.md": "hidden",
}


async def test_an_import_says_what_became_of_each_file(world: World, org: OrgId, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    first = await brought(world, org, tmp_path, base_url="https://zoo.example/help/")
    assert {path: outcome for path, (outcome, _) in first.items()} == {
        "penguins.md": "added", "guide/index.md": "added", "guide/how_to_feed.mdx": "added", "team.md": "added", "utf16.md": "added",
        "draft.md": "skipped", "empty.md": "skipped", "_shared.html.erb": "skipped", "picture.png": "skipped", "latin.md": "failed",
        "broken.md": "failed",
    }
    assert "front matter is not valid YAML" in first["broken.md"][1]
    assert all(reason for outcome, reason in first.values() if outcome in {"skipped", "failed"})
    found = {article.title: article for article in (await learning.listing(world, org, limit=50)).articles}
    assert set(found) == {"All about penguins", "Guide", "Feeding", "Team", "Utf16"}
    assert found["Guide"].url == "https://zoo.example/help/guide"
    assert found["Team"].audience is Audience.INTERNAL
    assert {outcome for outcome, _ in (await brought(world, org, tmp_path, base_url="https://zoo.example/help/")).values()} == {"unchanged", "skipped", "failed"}


async def test_an_import_follows_changes_and_what_people_decided(world: World, org: OrgId, tmp_path: Path) -> None:
    write(tmp_path, {f"{name}.md": f"Penguins of {name}." for name in ("north", "south", "east", "west")})
    await brought(world, org, tmp_path)
    withdrawn = next(article for article in (await learning.listing(world, org)).articles if article.path == "west.md")
    await learning.unpublish(world, org, withdrawn.id)
    write(tmp_path, {"north.md": "Penguins of the far north.", "west.md": "Penguins of the far west."})
    (tmp_path / "south.md").unlink()
    second = await brought(world, org, tmp_path)
    assert {path: outcome for path, (outcome, _) in second.items()} == {"north.md": "changed", "west.md": "changed", "east.md": "unchanged", "south.md": "removed"}
    texts = {hit.text for hit in await finding.find(world, org, "penguins", viewer=EVERYBODY)}
    assert texts == {"Penguins of the far north.", "Penguins of east."}


async def test_an_import_that_would_remove_much_waits_for_a_person(world: World, org: OrgId, tmp_path: Path) -> None:
    write(tmp_path, {f"{number}.md": f"Penguins of colony {number}." for number in range(12)})
    await brought(world, org, tmp_path)
    for number in range(6):
        (tmp_path / f"{number}.md").unlink()
    second = await brought(world, org, tmp_path)
    assert second["books"][0] == "skipped"
    assert "6 of 12 pages are no longer there, so none was deleted" in second["books"][1]
    assert (await learning.listing(world, org, status=ArticleStatus.PUBLISHED)).total == 12


async def test_an_import_that_fails_leaves_what_was_there(world: World, org: OrgId, tmp_path: Path) -> None:
    write(tmp_path, {f"{name}.md": f"Penguins of {name}." for name in ("north", "south", "east")})
    await brought(world, org, tmp_path)
    write(tmp_path, {"north.md": b"\xff broken", "south.md": "\n\n".join(f"# {number}\n\nPenguins" for number in range(600))})
    (tmp_path / "east.md").unlink()
    second = await brought(world, org, tmp_path)
    assert {path: outcome for path, (outcome, _) in second.items()} == {"north.md": "failed", "south.md": "failed", "east.md": "removed"}
    assert {hit.text for hit in await finding.find(world, org, "penguins", viewer=EVERYBODY)} == {"Penguins of north.", "Penguins of south."}


async def test_an_import_that_breaks_off_goes_on_next_time(world: World, org: OrgId, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {f"{number}.md": f"Penguins of colony {number}." for number in range(6)})
    asked = 0
    embed = Embedder.passages

    async def until_the_power_goes(self: Embedder, texts: list[str], language: str = "en") -> object:
        nonlocal asked
        asked += 1
        if asked > 5:
            raise OSError("the power went")
        return await embed(self, texts, language)

    monkeypatch.setattr(Embedder, "passages", until_the_power_goes)
    with pytest.raises(Refused):
        await brought(world, org, tmp_path)
    monkeypatch.undo()
    before = await titles(world, org)
    assert 0 < len(before) < 6
    second = await brought(world, org, tmp_path)
    assert sorted(outcome for outcome, _ in second.values()) == ["added"] * (6 - len(before)) + ["unchanged"] * len(before)
    assert len(await titles(world, org)) == 6


def test_archives_are_read_without_unpacking(tmp_path: Path) -> None:
    archive = tmp_path / "books.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, text in {"books/a.md": b"one", "books/deep/b.md": b"two", "books/c.bin": b"x", "books/.github/d.md": b"hidden"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
        link = tarfile.TarInfo("books/passwords.md")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    found = list(entries.of(archive))
    assert [(one.path, one.read()) for one in found if not one.unfit] == [("a.md", b"one"), ("deep/b.md", b"two")]
    assert [one.path for one in found if one.unfit] == ["c.bin"]


def test_an_archive_is_opened_once_for_all_its_files(tmp_path: Path) -> None:
    """A compressed one can only be read from its beginning: for each file anew, 860 files took a minute. In any order, and closed when nobody needs it."""
    archive = tmp_path / "books.tar.gz"
    texts = {f"{number:03}.md": f"Book {number}\n".encode() * 5_000 for number in range(40)}
    with tarfile.open(archive, "w:gz") as tar:
        for name, text in texts.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    found = entries.of(archive)
    first = found[0].read()
    archive.unlink()  # who opened it again would find nothing
    assert {one.path: one.read() for one in reversed(found)} == texts
    assert first == texts["000.md"]
    before = len(list(Path("/dev/fd").iterdir()))
    del found
    assert len(list(Path("/dev/fd").iterdir())) == before - 1


def test_paths_in_archives_lead_nowhere_else(tmp_path: Path) -> None:
    archive = tmp_path / "books.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("../../etc/a.md", "one")
        packed.writestr("/root/b.md", "two")
    assert sorted(one.path for one in entries.of(archive)) == ["etc/a.md", "root/b.md"]
    assert list(tmp_path.iterdir()) == [archive]


def test_links_are_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path, {"inside/a.md": "one", "outside/secret.md": "two"})
    (tmp_path / "inside/b.md").symlink_to(tmp_path / "outside/secret.md")
    (tmp_path / "inside/c").symlink_to(tmp_path / "outside")
    found = {one.path: one for one in entries.of(tmp_path / "inside")}
    assert found["a.md"].read() == b"one"
    assert found["b.md"].unfit == "is a link that leads out of the folder"
    assert set(found) == {"a.md", "b.md"}


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("text")
    with pytest.raises(Refused, match="neither a folder nor"):
        list(entries.of(tmp_path / "notes.txt"))
    with pytest.raises(Refused):
        list(entries.of(tmp_path / "missing"))
