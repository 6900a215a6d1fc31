"""Markdown and its relatives become plain text, passages, sentences and terms, whatever is thrown at them."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassine.rules.markdown import blocks, page
from glassine.rules.passages import chunks, ends, of_words, read_as, sentences, terms, tokens
from glassine.rules.spelling import near

LONGEST = 170 * 7 + 200  # characters of a passage: the word limit, and what joins its blocks


@pytest.mark.parametrize(("text", "title", "meta"), [
    ("---\ntitle: Reset a password\ndraft: true\n---\nText", "Reset a password", {"draft": True}),
    ('---\ntitle: "Quoted: with a colon"\n---\nText', "Quoted: with a colon", {}),
    ("---\ntitle: Unquoted: with a colon\naudience: internal\n---\nText", "Unquoted: with a colon", {"audience": "internal"}),
    ('+++\ntitle = "In TOML"\n+++\nText', "In TOML", {}),
    ("\ufeff---\r\ntitle: From Windows\r\n---\r\nText\r\n", "From Windows", {}),
    ("# First heading\n\nText", "First heading", {}),
    ("## Also a first heading\n\nText", "Also a first heading", {}),
    ("What it does.\n\n## Usage\n\nText", None, {}),  # names a section, not the page
    ("---\n- no\n- names\n---\nText", None, {}),
    ("---\ntitle: [a, list]\n---\nText", None, {}),
])
def test_titles_and_front_matter(text: str, title: str | None, meta: dict[str, object]) -> None:
    found = page(text)
    assert found.title == title
    assert {name: found.meta.get(name) for name in meta} == meta
    assert found.body.endswith("Text\n")


@pytest.mark.parametrize(("text", "fault"), [
    ('---\ntitle: "Never closed\nowner: me\n---\nText', "not valid YAML, see its line"),
    ("---\ntitle: [a, b\n---\nText", "not valid YAML"),
    ("---\ntitle: x\n\tindented: y\n---\nText", "not valid YAML"),
    ("+++\ntitle = In TOML\n+++\nText", "not valid TOML"),
    ("---\ntitle: No end\n\nText", "no end"),
    ("+++\ntitle = 'No end'\n\nText", "no end"),
    ("---\n\nA line above the text: that is all.\n", ""),
    ("---\ntitle: @home: with a colon\n---\nText", ""),
])
def test_broken_front_matter_is_a_fault(text: str, fault: str) -> None:
    found = page(text).fault
    assert fault in found
    assert bool(found) == bool(fault)


@pytest.mark.parametrize(("suffix", "text", "plain"), [
    (".mdx", "import X from './x'\nexport const a = 1\n\n<Note>\nRead **this** {/* not this */}\n</Note>\n", ["Read this"]),
    (".mdx", '<Accordion title="Can I?">\nYes.\n</Accordion>\n', ["Can I?", "Yes."]),
    (".mdx", "Put <your-api-key> in `<head>`, and <Your App> beside it.", ["Put <your-api-key> in `<head>`, and <Your App> beside it."]),
    (".md", ":::note Mind this\nText\n:::", ["Mind this", "Text"]),
    (".md", "> [!WARNING]\n> Hot.", ["Hot."]),
    (".md", "## Name {#id}\nText\n{: .class}\n", ["Name", "Text"]),
    (".md", "A <!-- hidden\nthings --> B {% include x %} C", ["A B C"]),
    (".md", "```erb\n<%= kept %> {% kept %} <div>kept</div>\n```", ["<%= kept %> {% kept %} <div>kept</div>"]),
    (".html.markerb", "```\ndeploy <%= name %>\n```\n<%= partial \"/docs/partials/signing\" %>\n\n<%% shown %>", ["deploy", "Sign in first.", "<% shown %>"]),
    (".html.erb", '<ul><li><%= nav_link "Jobs", "/jobs" %></li><li>Two</li></ul><script>x()</script>', ["Jobs", "Two"]),
    (".html", "<html><head><title>x</title></head><body><h2>Fees</h2><p>5 &lt; 6 * 2<br>and</p><pre>a  b</pre></body></html>", ["Fees", "5 < 6 * 2", "and", "a  b"]),
    (".html", "<h2>Marks</h2><p>Write &amp;copy; for &copy;, &amp;#60; and &lt;b&gt; for <b>bold</b>.</p><pre>a &amp;lt; b</pre>", ["Marks", "Write &copy; for ©, &#60; and <b> for bold.", "a &lt; b"]),
    (".md", "Write &amp;copy; for &copy; and `&lt;` for &lt;.\n\n    x &lt; y\n\n## A &amp;lt; B", ["Write &copy; for © and `&lt;` for <.", "x &lt; y", "A &lt; B"]),
    (".md", "| a | b |\n|---|---|\n| 1 | `2` |", ["a | b", "1 | `2`"]),
    (".md", "<details>\n<summary>How much?</summary>\n\n5 euros\n</details>", ["How much?", "5 euros"]),
    (".md", "Open <!-- and never close", ["Open <!-- and never close"]),
    (".md", "![picture](x.png)", []),
])
def test_wrapping_is_taken_off(suffix: str, text: str, plain: list[str]) -> None:
    body = page(text, suffix, {"signing": "Sign in first."}).body
    assert [" ".join(line.split()) if "a  b" not in line else line for block in blocks(body) for line in block.text.split("\n")] == plain


def test_a_fragment_that_includes_itself_ends() -> None:
    assert "x" in page('<%= partial "loop" %>', ".erb", {"loop": 'x <%= partial "loop" %>'}).body


@pytest.mark.parametrize(("language", "text", "expected"), [
    ("en", "Dr. Smith left at 5 p.m. on Jan. 3. He came back! Did he? Yes.", ["Dr. Smith left at 5 p.m. on Jan. 3.", "He came back!", "Did he?", "Yes."]),
    ("en", "Version 3.5 is out. See e.g. No. 7 of J. R. Hartley.", ["Version 3.5 is out.", "See e.g. No. 7 of J. R. Hartley."]),
    ("en", "Yahoo! is a company. “Stop.” Then go", ["Yahoo! is a company.", "“Stop.”", "Then go"]),
    ("de", "Am 3. Mai kam z. B. Herr Dr. Weiß. Danach nichts.", ["Am 3. Mai kam z. B. Herr Dr. Weiß.", "Danach nichts."]),
    ("ja", "返品できます。三十日以内です！はい", ["返品できます。", "三十日以内です！", "はい"]),
    ("en", "One line\nAnother line", ["One line", "Another line"]),
    ("en", "", []),
])
def test_sentences(language: str, text: str, expected: list[str]) -> None:
    assert sentences(text, language) == expected


@pytest.mark.parametrize(("language", "text", "expected"), [
    ("en", "How do I scale the machines?", ["scale", "machin"]),
    ("en", "SKU-1234-B", ["sku-1234-b", "sku1234b", "sku", "1234", "b"]),
    ("en", "Error E1001 in fly.toml", ["error", "e1001", "fly.toml", "fli", "toml"]),
    ("en", "C++ or C#", ["c++", "c", "c#", "c"]),
    ("en", "don't you’ll", []),
    ("de", "Wie ändere ich die Passwörter?", ["de:and", "de:passwort"]),
    ("ja", "東京都", ["東京", "京都"]),
    ("xx", "Zażółć gęślą", ["xx:zażółć", "xx:gęślą"]),
    ("en", "the of and", []),
])
def test_terms(language: str, text: str, expected: list[str]) -> None:
    assert terms(text, language) == expected


@pytest.mark.parametrize(("word", "language"), [("garantee", "en"), ("therre", "en"), ("rückgabe", "de"), ("naïve", "fr"), ("返品したい", "ja"), ("word", "xx")])
def test_many_words_become_the_terms_that_each_becomes(word: str, language: str) -> None:
    assert of_words(near(word), language) == list(dict.fromkeys(term for one in near(word) for term in terms(one, language)))


def test_words_of_two_languages_meet_in_codes_only() -> None:
    assert set(terms("gift ABC-12", "de")) & set(terms("gift ABC-12", "en")) == {"abc-12", "abc12", "12"}


def test_passages_carry_their_heading_path_and_keep_code() -> None:
    found = chunks("Scale", "# Scale\n\nIntro.\n\n## Memory\n\nRun this:\n\n```sh\nfly scale memory 4096\n```\n\n### Limits\n\n- one\n- two\n", "en")
    assert [chunk.heading for chunk in found] == ["Scale", "Scale › Memory", "Scale › Memory › Limits"]
    assert found[1].text == "Run this:\n\n```\nfly scale memory 4096\n```"
    assert found[1].sentences == ("Run this:", "fly scale memory 4096")
    assert found[2].text == "- one\n- two"
    assert [chunk.position for chunk in found] == [0, 1, 2]


def test_long_sections_are_cut_between_sentences() -> None:
    found = chunks("Long", "\n\n".join("This sentence has exactly seven words here. " * 10 for _ in range(20)), "en")
    assert len(found) > 5
    assert all(chunk.text.endswith(".") and len(chunk.text) < LONGEST for chunk in found)
    assert sum(len(chunk.sentences) for chunk in found) == 200


@given(st.text(max_size=400), st.sampled_from(["en", "de", "ja", "xx"]))
def test_any_text_can_be_cut(text: str, language: str) -> None:
    for chunk in chunks("Title", page(text).body, language):
        assert chunk.text.strip()
        assert len(chunk.text) < LONGEST
        assert all(sentence.strip() for sentence in chunk.sentences)
        assert all(term for term in terms(chunk.text, language))


@given(st.lists(st.sampled_from([*"#*`<>[]!|-_ \n", "word", "<b>", "</b>", "```", "<%", "%>", "<!--", "{%", "---\n", "\\", "&amp;", "1. ", "<Note a=\"", "~~~"]), max_size=60))
def test_any_markup_can_be_read_and_nothing_is_made_up(pieces: list[str]) -> None:
    written = "".join(pieces)
    for suffix in (".md", ".mdx", ".html", ".erb"):
        read = " ".join(block.text for block in blocks(page(written, suffix).body))
        assert Counter(filter(str.isalnum, read)) <= Counter(filter(str.isalnum, written))


@given(st.lists(st.text(alphabet="abcdefg", min_size=1, max_size=12), min_size=1, max_size=900))
def test_no_word_is_lost(words: list[str]) -> None:
    assert " ".join(chunk.text for chunk in chunks("", " ".join(words), "en")).split() == words


@pytest.mark.parametrize("text", ["x" * 300_000, "<!-- " * 60_000, "<%" * 100_000, "`" * 200_000, "[" * 50_000, "> " * 30_000, "<a \"" * 50_000, "a. B" * 80_000, "<video>" * 40_000])
def test_hostile_texts_are_read_in_reasonable_time(text: str) -> None:
    """The suite's own time-out is the judge: what is quadratic here would take minutes."""
    body = page(text, ".html.markerb").body
    assert all(len(chunk.text) < LONGEST for chunk in chunks("", body, "en"))


def test_sentences_end_where_they_are_read() -> None:
    """Marks and line breaks that sentences have lost do not shift them."""
    [chunk] = chunks("Title", "Use `a b` first.\n\n- One item, with\n  a break.\n- Another.\n\n```\ncode  here\n```", "en")
    text, places = read_as(chunk), ends(chunk)
    assert text[: places[0]] == "Title\n"
    assert len(places) == 1 + len(chunk.sentences)
    for before, end, sentence in zip(places, places[1:], chunk.sentences, strict=False):
        assert [letter for letter in text[before:end] if letter.isalnum()] == [letter for letter in sentence if letter.isalnum()]


@given(st.text(max_size=300), st.text(max_size=30))
def test_ends_never_run_back(text: str, title: str) -> None:
    for chunk in chunks(title, text, "en"):
        places = ends(chunk)
        assert places == sorted(places)
        assert places[-1] <= len(read_as(chunk))


@given(st.text(alphabet="aB1é-_.:/@#+'’& \n", max_size=60))
def test_tokens_are_the_same_whatever_else_stands_beside_them(text: str) -> None:
    assert tokens(f"{text} ß")[:-1] == tokens(text)
