"""Confluence's storage format in Markdown: what a reader of the page would read, code kept, and no markup of a page that becomes markup here."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassine.connect.confluence.storage import Malformed, markdown
from glassine.rules.markdown import blocks, page


@pytest.mark.parametrize(("storage", "expected"), [
    ("<h2>Set&nbsp;up</h2><p>Use <strong>the </strong>key.</p>", "## Set up\n\nUse **the** key."),
    ("<p>one<br/>two</p><p> </p><hr/>", "one\\\ntwo\n\n---"),
    ("<p>a <code>x_y</code> and <code>`</code></p>", "a `x_y` and `` ` ``"),
    ('<p><a href="https://a.example/x">there</a> <a href="javascript:x">not</a></p>', "[there](https://a.example/x) not"),
    ("<ul><li><p>one</p><ul><li>in</li></ul></li><li>two</li></ul>", "- one\n  - in\n- two"),
    ('<ol start="3"><li>x</li><li><p>y</p><p>z</p></li></ol>', "3. x\n4. y\n\n   z"),
    ("<blockquote><p>said</p></blockquote>", "> said"),
    ("<table><tbody><tr><th>Plan</th><th>Price</th></tr><tr><td><p>Basic</p></td><td><p>5 | 6</p><ul><li>a</li><li>b</li></ul></td></tr></tbody></table>",
     "| Plan | Price |\n| --- | --- |\n| Basic | 5 \\| 6 a; b |"),
    ("<table><tbody><tr><td>a</td></tr><tr><td>b</td><td>c</td></tr></tbody></table>", "|  |  |\n| --- | --- |\n| a |  |\n| b | c |"),
    ('<p><time datetime="2026-01-02"/> &ndash; &eacute;&unknown;</p>', "2026-01-02 – é&amp;unknown;"),
], ids=range(10))
def test_what_html_has_too(storage: str, expected: str) -> None:
    assert markdown(storage) == expected


def macro(name: str, inside: str = "") -> str:
    return f'<ac:structured-macro ac:name="{name}" ac:schema-version="1">{inside}</ac:structured-macro>'


def rich(text: str) -> str:
    return f"<ac:rich-text-body>{text}</ac:rich-text-body>"


def plain(text: str) -> str:
    return f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body>"


@pytest.mark.parametrize(("storage", "expected"), [
    (macro("code", '<ac:parameter ac:name="language">python</ac:parameter>' + plain("if a < b && c:\n    return '&amp;'\n")), "```python\nif a < b && c:\n    return '&amp;'\n```"),
    (macro("noformat", plain("```x")), "````\n```x\n````"),
    (macro("info", '<ac:parameter ac:name="title">Mind</ac:parameter>' + rich("<p>this</p>")), "> **Mind**\n>\n> this"),
    (macro("warning", rich("<p>this</p>")), "> **Warning**\n>\n> this"),
    (macro("panel", rich("<p>this</p>")), "> this"),
    (macro("expand", '<ac:parameter ac:name="title">How long?</ac:parameter>' + rich("<p>14 days.</p>")), "**How long?**\n\n14 days."),
    (macro("excerpt", rich("<p>in</p>")), "in"),
    (macro("some-app-nobody-knows", rich("<p>in</p>")), "in"),
    (macro("toc") + macro("jira", '<ac:parameter ac:name="key">A-1</ac:parameter>') + macro("html", plain("<script>x</script>")), ""),
    ("<p>Is " + macro("status", '<ac:parameter ac:name="colour">Green</ac:parameter><ac:parameter ac:name="title">DONE</ac:parameter>') + ".</p>", "Is DONE."),
    ('<p>a</p><ac:layout><ac:layout-section ac:type="single"><ac:layout-cell><p>b</p></ac:layout-cell></ac:layout-section></ac:layout>', "a\n\nb"),
    ("<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>Do <em>it</em></ac:task-body></ac:task>"
     "<ac:task><ac:task-id>2</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body>Later</ac:task-body></ac:task></ac:task-list>", "- ☑ Do *it*\n- ☐ Later"),
    ('<p><ac:link><ri:page ri:content-title="Refunds"/></ac:link>, <ac:link><ri:page ri:content-title="R"/><ac:plain-text-link-body><![CDATA[see [1]]]></ac:plain-text-link-body></ac:link></p>',
     "Refunds, see \\[1\\]"),
    ('<p>By <ac:link><ri:user ri:account-id="5b10"/></ac:link> <ac:image><ri:attachment ri:filename="a.png"/></ac:image></p>', "By"),
    ('<p><ac:emoticon ac:name="tick"/> <ac:emoticon ac:name="blue-star" ac:emoji-fallback="🎉"/> <ac:emoticon ac:name="x" ac:emoji-fallback=":x:"/></p>', "✓ 🎉"),
    ('<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">note</ac:adf-attribute><ac:adf-content><p>New</p></ac:adf-content></ac:adf-node>'
     "<ac:adf-fallback><div><p>New</p></div></ac:adf-fallback></ac:adf-extension>", "> New"),
    ('<p>A <ac:inline-comment-marker ac:ref="1">marked</ac:inline-comment-marker> word<ac:placeholder>fill in</ac:placeholder></p>', "A marked word"),
], ids=range(17))
def test_what_only_confluence_has(storage: str, expected: str) -> None:
    assert markdown(storage) == expected


@pytest.mark.parametrize("text", [
    "1. not a list", "# not a heading", "- not an item", "5 * 3 * 2", "SKU_12_A_", "[x](y)", "<your-key>", "<div>text</div>", "a `b` c", "C:\\path\\x", "> no quote", "{% no liquid %}",
    "<!-- no comment -->", "| no | table |", "~~~", "~~a~~", "***", "=====", "---", "+", "-", "|",
])
def test_text_that_looks_like_markup_stays_text(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    read = blocks(page(markdown(f"<p>{escaped}</p>"), ".md").body)
    assert [(block.kind, block.text) for block in read] == [("paragraph", text)]


@pytest.mark.parametrize("storage", ["<p>", "<p></div>", "</page><page>", "<x:y/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><p>&b;</p>", "<p>" * 20_000 + "</p>" * 20_000])
def test_what_is_not_the_format_is_told_to_be_so(storage: str) -> None:
    with pytest.raises(Malformed):
        markdown(storage)


@pytest.mark.parametrize("line", ["=====", "---", "# b", "- b", "1. b", "| a |", "> b"])
def test_a_line_after_a_break_stays_a_line(line: str) -> None:
    read = blocks(page(markdown(f"<p>first<br/>{line.replace('>', '&gt;')}</p>"), ".md").body)
    assert [(block.kind, block.text) for block in read] == [("paragraph", f"first\n{line}")]


def test_entities_cannot_unfold() -> None:
    assert markdown("<p>&amp;lt; stays</p>") == "&amp;lt; stays"
    assert markdown("<p>&lol9; &lol9;</p>") == "&amp;lol9; &amp;lol9;"


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)
INLINE = st.recursive(
    TEXT.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")),
    lambda inner: st.tuples(st.sampled_from(["strong", "em", "code", "span", "a", "u"]), inner, inner).map(lambda parts: f"<{parts[0]}>{parts[1]}</{parts[0]}>{parts[2]}"), max_leaves=6,
)
BLOCK = st.recursive(
    INLINE.map(lambda text: f"<p>{text}</p>"),
    lambda inner: st.tuples(st.sampled_from(["ul", "table", "quote", "macro"]), inner, inner).map(lambda parts: {
        "ul": f"<ul><li>{parts[1]}</li><li>{parts[2]}</li></ul>", "table": f"<table><tr><td>{parts[1]}</td><td>{parts[2]}</td></tr></table>", "quote": f"<blockquote>{parts[1]}{parts[2]}</blockquote>",
        "macro": macro("note", rich(parts[1] + parts[2])),
    }[parts[0]]), max_leaves=6,
)


@given(BLOCK)
def test_any_page_becomes_markdown_that_keeps_its_words(storage: str) -> None:
    words = re.findall(r"[A-Za-z]{4,}", re.sub(r"<[^>]+>|&\w+;", " ", storage))
    said = markdown(storage)
    assert [word for word in words if word not in said] == []
