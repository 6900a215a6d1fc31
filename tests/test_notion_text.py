"""Notion's blocks and properties as text: every kind of block, and whatever is written in one reads the same afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassine.connect.notion import blocks, properties, rich_text
from glassine.connect.notion.api import id_in
from glassine.connect.notion.blocks import Block
from glassine.rules import markdown, passages
from glassine.words.errors import Refused
from tests.notion_twin import block, paragraph, say, text

PAGE, HIDDEN = "a0000000-0000-0000-0000-000000000001", "a0000000-0000-0000-0000-000000000002"


class _Names:
    """One page that readers may know."""

    def place(self, id: str) -> str | None:
        return "https://acme.notion.site/shipping" if id == PAGE else None

    def title(self, id: str) -> str:
        return "Shipping" if id == PAGE else "Secret plans"

    def named(self, id: str) -> str | None:
        return self.title(id) if self.place(id) else None


def tree(one: dict[str, Any]) -> Block:
    return Block(one["id"], one["type"], one[one["type"]], tuple(map(tree, one.get("children", []))))


def written(*given: dict[str, Any]) -> str:
    return blocks.markdown([tree(one) for one in given], "Returns", _Names()).strip()


def test_paragraphs_lists_and_what_is_nested_in_them() -> None:
    assert written(
        paragraph("Intro."), say("bulleted_list_item", "One", say("bulleted_list_item", "Inner", paragraph("More of it."))), say("bulleted_list_item", "Two"),
        say("numbered_list_item", "First", say("to_do", "Done", checked=True), say("to_do", "Open", checked=False)), say("numbered_list_item", "Second"), paragraph("End."),
    ) == (
        "Intro.\n\n- One\n\n  - Inner\n\n    More of it.\n- Two\n\n1. First\n\n   - [x] Done\n   - [ ] Open\n2. Second\n\nEnd."
    )


def test_a_heading_stands_over_what_folds_under_it_and_over_nothing_else() -> None:
    said = written(
        say("heading_1", "Refunds"), say("toggle", "How long does it take?", paragraph("Five days.")), paragraph("Ask us."), say("heading_2", "Details", paragraph("Inside.")),
        say("heading_3", "Small"), say("heading_4", "Smaller"),
    )
    assert said == "## Refunds\n\n### How long does it take?\n\nFive days.\n\n## Refunds\n\nAsk us.\n\n### Details\n\nInside.\n\n#### Small\n\n##### Smaller"
    paths = [chunk.heading for chunk in passages.chunks("Returns", said, "en")]
    assert paths == ["Returns › Refunds › How long does it take?", "Returns › Refunds", "Returns › Refunds › Details"]


def test_what_follows_a_toggle_at_the_top_is_not_under_it() -> None:
    said = written(say("toggle", "Is it free?", paragraph("Yes.")), say("toggle", "Is it fast?", paragraph("Two days.")), paragraph("Call us for more."))
    found = {chunk.heading: chunk.text for chunk in passages.chunks("Returns", said, "en")}
    assert found == {"Returns › Is it free?": "Yes.", "Returns › Is it fast?": "Two days.", "Returns": "Call us for more."}


def test_every_other_kind_of_block() -> None:
    row = [block("table_row", {"cells": [text("Size"), text("Price")]}), block("table_row", {"cells": [text("S|M"), text("5", code=True)]})]
    said = written(
        say("quote", "Said", paragraph("twice")), say("callout", "Mind this"), say("code", "a = `1`\n```", language="plain text", caption=text("A line")),
        block("table", {"table_width": 2, "has_column_header": True}, *row), block("table", {"table_width": 2}, row[1]),
        block("column_list", {}, block("column", {}, paragraph("Left")), block("column", {}, paragraph("Right"))),
        block("synced_block", {"synced_from": None}, paragraph("Shared")), block("equation", {"expression": "e = mc^2"}), block("divider"),
        block("bookmark", {"url": "https://example.com/a(b)", "caption": text("An example")}), block("embed", {"url": "https://example.com/e", "caption": []}),
        block("image", {"type": "file", "file": {"url": "https://secret.example/x?sig=1"}, "caption": text("The box")}), block("image", {"type": "external", "external": {"url": "https://e.example/i.png"}, "caption": []}),
        block("pdf", {"type": "external", "external": {"url": "https://e.example/terms.pdf"}, "caption": text("Terms")}), block("file", {"type": "file", "name": "form_1.docx", "file": {"url": "https://x"}, "caption": []}),
        block("child_page", {"title": "Shipping"}, id=PAGE), block("child_page", {"title": "Secret plans"}, id=HIDDEN), block("link_to_page", {"type": "page_id", "page_id": PAGE}),
        block("table_of_contents"), block("unsupported"), block("meeting_notes", {"title": text("Monday")}),
    )
    assert said.split("\n\n") == [
        "> Said\n>\n> twice", "> Mind this", "````\na = `1`\n```\n````", "A line", "| Size | Price |\n| --- | --- |\n| S\\|M | `5` |", "|  |  |\n| --- | --- |\n| S\\|M | `5` |",
        "Left", "Right", "Shared", "```math\ne = mc^2\n```", "***", "[An example](https://example.com/a%28b%29)", "[https://example.com/e](https://example.com/e)", "The box",
        "[https://e.example/terms.pdf](https://e.example/terms.pdf)", "Terms", "form\\_1.docx", "[Shipping](https://acme.notion.site/shipping)", "[Shipping](https://acme.notion.site/shipping)",
    ]


def test_marks_and_links() -> None:
    def line(*parts: list[dict[str, Any]]) -> str:
        return rich_text.markdown([item for part in parts for item in part], _Names())

    assert line(text("A "), text(" bold ", bold=True), text("and "), text("both", bold=True, italic=True), text(".")) == "A  **bold** and ***both***."
    assert line(text("un"), text("believ", italic=True), text("able")) == "un*believ*able"
    assert line(text("No", bold=True), text("table:", bold=True), text("x")) == "**No**table:x", "a mark that no reader would take for one is left away"
    assert line(text("here", href="https://example.com/a b")) == "[here](https://example.com/a%20b)"
    assert line(text("there", href=f"/{PAGE.replace('-', '')}")) == "[there](https://acme.notion.site/shipping)"
    assert line(text("hidden", href=f"https://www.notion.so/Secret-{HIDDEN.replace('-', '')}?v=1")) == "hidden"
    assert line(text("bad", href="javascript:alert(1)")) == "bad"

    def mention(kind: str, body: dict[str, Any], words: str) -> list[dict[str, Any]]:
        return [{"type": "mention", "mention": {"type": kind, kind: body}, "plain_text": words, "href": None, "annotations": {}}]

    assert line(mention("page", {"id": PAGE}, "Shipping")) == "[Shipping](https://acme.notion.site/shipping)"
    assert line(text("See "), mention("page", {"id": HIDDEN}, "Secret plans"), text("now")) == "See now"
    assert line(mention("date", {"start": "2026-01-01"}, "2026-01-01")) == "2026-01-01"
    assert line([{"type": "equation", "equation": {"expression": "a_1*b"}, "plain_text": "a_1*b", "annotations": {}}]) == "`a_1*b`"


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], include_characters="\n`*_[]<>#~|{}%&!:;=-+.()\\'\"$"), min_size=1, max_size=60)


@given(st.lists(st.tuples(WORDS, st.fixed_dictionaries({name: st.booleans() for name in ("bold", "italic", "strikethrough", "code")})), min_size=1, max_size=5))
def test_whatever_is_written_reads_the_same(parts: list[tuple[str, dict[str, bool]]]) -> None:
    """Through the cleaning that all Markdown passes, and into plain text; only spaces may differ, and the backticks that code keeps."""
    given_ = [item for words, marks in parts for item in text(words, None, **marks)]
    body = markdown.page(blocks.markdown([Block("1", "paragraph", {"rich_text": given_})], "T", _Names())).body
    read = "".join(one.text for one in markdown.blocks(body))
    assert letters(read) == letters("".join(item["plain_text"] for item in given_))


def letters(words: str) -> str:
    return "".join(letter for letter in words if letter.isalnum())


@given(WORDS)
def test_plain_words_keep_every_character(words: str) -> None:
    body = markdown.page(blocks.markdown([Block("1", "paragraph", {"rich_text": text(words)})], "T", _Names())).body
    read = " ".join(one.text for one in markdown.blocks(body))
    assert "".join(read.split()) == "".join(words.split())


ROW: dict[str, Any] = {
    "Name": {"type": "title", "title": text("Refund")}, "Status": {"type": "status", "status": {"name": "Published"}}, "Tags": {"type": "multi_select", "multi_select": [{"name": "a"}, {"name": "b"}]},
    "Live": {"type": "checkbox", "checkbox": True}, "Price": {"type": "number", "number": 12.0}, "Since": {"type": "date", "date": {"start": "2026-01-01", "end": "2026-02-01"}},
    "Owner": {"type": "people", "people": [{"name": "Ada"}]}, "Site": {"type": "url", "url": "https://e.example"}, "Mail": {"type": "email", "email": "ada@e.example"},
    "See": {"type": "relation", "relation": [{"id": PAGE}, {"id": HIDDEN}]}, "Sum": {"type": "rollup", "rollup": {"type": "number", "number": 3}},
    "All": {"type": "rollup", "rollup": {"type": "array", "array": [{"type": "rich_text", "rich_text": text("x")}, {"type": "people", "people": [{"name": "Bob"}]}]}},
    "Calc": {"type": "formula", "formula": {"type": "string", "string": "ok"}}, "No": {"type": "unique_id", "unique_id": {"prefix": "FAQ", "number": 7}},
    "Made": {"type": "created_time", "created_time": "2026"}, "Empty": {"type": "select", "select": None}, "New": {"type": "hologram", "hologram": {"a": 1}},
}


def test_properties_as_names_and_values() -> None:
    said = dict(properties.facts(ROW, frozenset(), _Names().named, public=False))
    assert said == {
        "Status": "Published", "Tags": "a, b", "Live": "yes", "Price": "12", "Since": "2026-01-01 to 2026-02-01", "Owner": "Ada", "Site": "https://e.example", "Mail": "ada@e.example",
        "See": "Shipping", "Sum": "3", "All": "x, Bob", "Calc": "ok", "No": "FAQ-7",
    }
    assert properties.title(ROW) == "Refund"


def test_of_a_public_row_only_what_was_chosen_is_told_and_nothing_of_persons() -> None:
    assert properties.facts(ROW, frozenset(), _Names().named, public=True) == []
    assert properties.facts(ROW, frozenset({"price", "owner", "mail", "all", "see"}), _Names().named, public=True) == [("Price", "12"), ("See", "Shipping"), ("All", "x")]


@pytest.mark.parametrize(("wanted", "why"), [
    ("Status = Published", ""), ("status = draft, PUBLISHED", ""), ("Status = Draft", "Status is not Draft"), ("Live = yes", ""), ("Live = false", "Live is not false"),
    ("Tags = b", ""), ("Other = x", ""), ("Status = Published\nTags = c, d", "Tags is not c or d"), ("Empty = x", "Empty is not x"), ("Calc = ok", ""),
])
def test_conditions(wanted: str, why: str) -> None:
    assert properties.unmet(ROW, properties.conditions(wanted)) == why


@pytest.mark.parametrize("line", ["Status", "= x", "Status =", "Status = ,"])
def test_conditions_that_are_none(line: str) -> None:
    with pytest.raises(Refused, match="no condition"):
        properties.conditions(line)


@pytest.mark.parametrize(("link", "id"), [
    ("https://www.notion.so/acme/Shipping-a0000000000000000000000000000001?pvs=4", PAGE), (PAGE, PAGE), (PAGE.replace("-", "").upper(), PAGE),
    ("https://www.notion.so/acme/a0000000000000000000000000000001?v=b0000000000000000000000000000009", PAGE), ("https://www.notion.so/acme/Shipping", None), ("", None),
])
def test_ids_in_links(link: str, id: str | None) -> None:
    assert id_in(link) == id
