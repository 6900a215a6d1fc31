"""Documents that harm or fail: each has its reason on the run, time and memory are bounded by the real limited process, and everything else is brought in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from glassine.connect import source
from glassine.connect.folder import commit, entries
from glassine.edge.file_text import read
from glassine.rules import tables
from glassine.story.knowledge import learning
from glassine.story.search import finding
from glassine.story.sources import converting, importing, reaching
from glassine.story.sources.converting import LeftOut
from glassine.story.world import World
from glassine.words.errors import Refused
from glassine.words.ids import OrgId, new_id
from glassine.words.knowledge import EVERYBODY, ImportLine
from glassine.words.sources import Item
from tests import files
from tests.shop import founded_shop

_W = files._W
LONG_TEXT = "".join(f"## Question {n}\n\nThe answer to question {n} stands in drawer {n}, beside the window of the second floor.\n\n" for n in range(4_000))


async def brought(world: World, org: OrgId, place: Path) -> dict[str, ImportLine]:
    lines: list[ImportLine] = []
    await importing.import_folder(world, org, place, source="shelf", report=lines.append)
    return {line.path: line for line in lines}


async def test_each_has_its_reason_and_nothing_is_lost(world: World, tmp_path: Path) -> None:
    org = (await founded_shop(world, "Shelf", f"owner@{new_id()}.example")).org
    (tmp_path / "good.md").write_text("# Penguins\n\nPenguins swim.")
    (tmp_path / "letter.pdf").write_bytes(files.pdf(["Penguins write letters with blue ink."]))
    (tmp_path / "locked.pdf").write_bytes(files.pdf(["Penguins keep secrets."]))
    assert {line.outcome for line in (await brought(world, org, tmp_path)).values()} == {"added"}
    with (tmp_path / "huge.pdf").open("wb") as huge:
        huge.truncate(200_000_000)  # two hundred million bytes that no disk holds
    (tmp_path / "locked.pdf").write_bytes(files.encrypted(files.pdf(["Penguins keep secrets."]), "fish"))
    (tmp_path / "bomb.docx").write_bytes(files.bomb(200))
    (tmp_path / "multiplying.docx").write_bytes(files.multiplying())
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (tmp_path / "scan.pdf").write_bytes(files.pdf([""]))
    (tmp_path / "page.html").write_bytes(b"<p>Penguins</p>" * 350_000)
    found = await brought(world, org, tmp_path)
    assert {path: (line.outcome, line.reason) for path, line in found.items()} == {
        "good.md": ("unchanged", ""), "letter.pdf": ("unchanged", ""),
        "huge.pdf": ("skipped", "is larger than 50 MB"), "page.html": ("skipped", "is larger than 2 MB"),
        "locked.pdf": ("failed", "is protected by a password; save it without one"),
        "bomb.docx": ("failed", "takes more time or memory to read than a document may; split it"),
        "multiplying.docx": ("failed", "is damaged, or not what its name says"), "broken.pdf": ("failed", "is damaged, or not what its name says"),
        "scan.pdf": ("skipped", "has no text (a scan, perhaps)"),
    }
    texts = {hit.text for hit in await finding.find(world, org, "penguins", viewer=EVERYBODY)}
    assert texts == {"Penguins swim.", "Penguins write letters with blue ink.", "Penguins keep secrets."}, "what was known of the locked file stays"


async def test_a_long_document_becomes_several_and_shrinks_again(world: World, tmp_path: Path) -> None:
    org = (await founded_shop(world, "Shelf", f"owner@{new_id()}.example")).org
    made = await converting.drafts(world.reader, Item(path="book.md", title="Book", content=LONG_TEXT.encode(), media_type="text/markdown"), {})
    assert [draft.path for draft in made] == [f"book.md#{n}" for n in range(1, len(made) + 1)]
    assert made[0].title == f"Book (1 of {len(made)})"
    assert all(len(draft.body) < 200_000 for draft in made)
    assert "".join(draft.body for draft in made).count("## Question") == 4_000
    (tmp_path / "faq.csv").write_text("question,answer\n" + "".join(f"Where is drawer {n}?,Drawer {n} is on floor {n}.\n" for n in range(130)))
    assert set(await brought(world, org, tmp_path)) == {"faq.csv#1", "faq.csv#2"}
    (tmp_path / "faq.csv").write_text("question,answer\nWhere is drawer 7?,Drawer 7 is gone.\n")
    assert {line.outcome for line in (await brought(world, org, tmp_path)).values()} == {"added", "removed"}
    assert [article.title for article in (await learning.listing(world, org)).articles] == ["Faq"]


@pytest.mark.parametrize(("item", "error", "words"), [
    (Item(path="a", title="A", content=b"x" * 2_000_001, media_type="text/html"), Refused, "larger than 2 MB"),
    (Item(path="a", title="A", content=b"\xff\xfe\xff", media_type="text/markdown; charset=nonsense"), Refused, "not UTF-8"),
    (Item(path="a", title="A", content=b"\xe4", media_type="text/plain"), Refused, "not UTF-8"),
    (Item(path="a", title="A", content=b"<script>alert(1)</script>", media_type="text/html"), LeftOut, "no text"),
    (Item(path="a", title="A", content=b"GIF89a", media_type="image/gif"), LeftOut, "not a kind of document"),
    (Item(path="a", title="A", content=b"question,answer\n", media_type="text/csv"), LeftOut, "no rows"),
], ids=["long", "charset", "latin", "script", "picture", "empty table"])
async def test_what_cannot_be_read_says_why(world: World, item: Item, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        await converting.drafts(world.reader, item, {})


async def test_a_charset_that_is_named_is_read(world: World) -> None:
    item = Item(path="a", title="Käse", content="Käse ist gelb.".encode("latin-1"), media_type="text/plain; charset=iso-8859-1")
    assert [draft.body.strip() for draft in await converting.drafts(world.reader, item, {})] == ["Käse ist gelb."]


def test_a_word_document_keeps_its_headings_lists_and_tables() -> None:
    def paragraph(text: str, extra: str = "") -> str:
        return f"<w:p><w:pPr>{extra}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"

    cells = "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in ("Zone", "Days"))
    body = (
        paragraph("Shipping", '<w:pStyle w:val="berschrift1"/>') + paragraph("We ship daily.") + paragraph("By bike", "<w:numPr/>") + paragraph("By train", "<w:numPr/>")
        + f"<w:tbl><w:tr>{cells}</w:tr><w:tr>{cells.replace('Zone', 'EU').replace('Days', '3')}</w:tr></w:tbl>"
    )
    styles = f'<w:styles {_W}><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style></w:styles>'
    made = files.archive({"word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>", "word/styles.xml": styles})
    text, note = read(files.DOCX, made, 10_000, headings=True)
    assert (text, note) == ("# Shipping\n\nWe ship daily.\n\n- By bike\n- By train\n| Zone | Days |\n|---|---|\n| EU | 3 |", "")


def test_tables_of_other_columns_and_marks() -> None:
    assert tables.articles("Frage;Antwort\nWie lange?;30 Tage; immer\nWo?;Hier\nWo?;Hier\n") == ["## Wie lange?\n\n30 Tage\n\n## Wo?\n\nHier\n"]
    assert tables.articles("Plan,Price,Seats\nBasic,5,1\nPro,9,10\n") == ["## Basic\n\n- Price: 5\n- Seats: 1\n\n## Pro\n\n- Price: 9\n- Seats: 10\n"]
    with pytest.raises(ValueError, match="20,000"):
        tables.articles("question,answer\n" + "a,b\n" * 20_001)


def test_a_link_that_replaces_a_file_is_not_followed(tmp_path: Path) -> None:
    """Between looking and reading, somebody puts a link in the file's place."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside/a.md").write_text("one")
    (tmp_path / "secret.md").write_text("two")
    [found] = entries.of(tmp_path / "inside")
    (tmp_path / "inside/a.md").unlink()
    (tmp_path / "inside/a.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(OSError, match="symbolic"):
        found.read()


def test_the_commit_of_a_checkout_is_read_from_its_files(tmp_path: Path) -> None:
    head = "0123456789abcdef0123456789abcdef01234567"
    assert commit(tmp_path) == ""
    (tmp_path / ".git/refs/heads").mkdir(parents=True)
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / ".git/packed-refs").write_text(f"# pack-refs\n{head} refs/heads/main\n")
    assert commit(tmp_path) == head
    (tmp_path / ".git/refs/heads/main").write_text(head[::-1])
    assert commit(tmp_path) == head[::-1]
    for said in ("ref: refs/../../../etc/passwd", "nonsense", head):
        (tmp_path / ".git/HEAD").write_text(said)
        assert commit(tmp_path) == (head if said == head else "")


async def test_a_folder_that_the_operator_has_not_opened_is_not_read(world: World, tmp_path: Path) -> None:
    org = (await founded_shop(world, "Shelf", f"owner@{new_id()}.example")).org
    (tmp_path / "open").mkdir()
    (tmp_path / "open/a.md").write_text("one")
    (tmp_path / "shut").mkdir()
    (tmp_path / "open/way").symlink_to(tmp_path / "shut")
    before = world.settings
    world.settings = replace(before, content_roots=(str(tmp_path / "open"),))
    try:
        for path, words in ((tmp_path / "shut", "has not opened"), (tmp_path / "open/way", "has not opened"), (tmp_path / "open/../shut", "has not opened"), (Path("open"), "full path")):
            with pytest.raises(Refused, match=words):
                await source("folder").check(reaching.link(world, org, "folder", {"path": str(path)}, None))
        assert "1 files" in await source("folder").check(reaching.link(world, org, "folder", {"path": str(tmp_path / "open")}, None))
    finally:
        world.settings = before
