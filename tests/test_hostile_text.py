"""Texts that a stranger's page can hold and that used to hold up the whole process: what reads them looks at each part once, and unfolds nothing."""

from __future__ import annotations

import pytest

from glassine.rules import markdown, pasted

N = 300_000  # characters: for what looks again from each of them, hours
CHAIN = "".join(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True))
MERGED = "".join(f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 10)}]}}\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True))


@pytest.mark.parametrize("front", ["a: &a [x, x]\n" + CHAIN + "lang: *i", "a: &a {x: 1}\n" + MERGED, "title: " + "x" * 100_001], ids=["unfolds", "merges", "never ends"])
def test_front_matter_that_would_fill_the_memory_is_not_unfolded(front: str) -> None:
    page = markdown.page(f"---\n{front}\n---\nText.\n")
    assert sum(len(str(value)) for value in page.meta.values()) < len(front)
    assert page.meta or "front matter" in page.fault


def test_front_matter_may_refer_to_itself_a_few_times() -> None:
    page = markdown.page("---\nowner: &us Lamps\nauthor: *us\ntitle: 'Returns: a guide'\n---\nText.\n")
    assert (page.fault, page.meta["author"], page.title) == ("", "Lamps", "Returns: a guide")


@pytest.mark.parametrize("text", [
    "{: ." * (N // 4), "%>" + "<%" * (N // 2), "# " + " " * N + "x", ":::" + " " * N + "]x", ":" * N + "]x", "<nav " * (N // 5), "<a '\"" * (N // 5), f"---\nx:{' ' * 90_000}y\n@\n---\nend",
    "<%= render" + " " * N + "x %>end",
], ids=["attributes", "erb", "heading", "box", "colons", "unseen", "quotes", "bare", "render"])
def test_markdown_is_looked_at_once(text: str) -> None:
    assert markdown.page(text).body.strip(), "and what is left of it is still there"


@pytest.mark.parametrize("text", ["<a " * (N // 3), "<!--" * (N // 4), "<![CDATA[x>" * (N // 11), "<b" * (N // 2), "</" * (N // 2)], ids=["tags", "comments", "data", "names", "ends"])
def test_html_is_looked_at_once(text: str) -> None:
    assert "The end." in markdown.page(f"<p>Begin.</p>{text}<p>The end.</p>", ".html").body


def test_what_is_pasted_is_looked_at_once() -> None:
    assert pasted.to_markdown(f"<pre>a{' ' * N}b</pre>").endswith("b\n```\n")


def test_markdown_is_cleaned_as_before() -> None:
    page = markdown.page("# Returns {#returns}\n\n:::note Mind this\nText {: .wide } here.\n:::\n\n<%= partial 'shared/box' -%>\n\n<%% shown %>\n", fragments={"box": "From the box."}, suffix=".md.erb")
    assert page.body.split("\n") == ["# Returns ", "", "Mind this", "", "Text  here.", "", "From the box.", "", "<% shown %>", ""]
