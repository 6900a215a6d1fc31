"""What of a page becomes knowledge: the text and its form, not what stands around it."""

from __future__ import annotations

import pytest

from glassine.connect.website.pages import Page, read
from glassine.rules import markdown as md

URL = "https://acme.example/help/returns"


def page(body: str, head: str = "", html: str = "<html lang=en>") -> Page:
    return read(f"<!doctype html>{html}<head>{head}</head><body>{body}</body></html>", URL)


TEXT = "<p>You can return a lamp within thirty days of delivery, unused and in its box, and we pay the price back to the card that you paid with.</p>" * 3


@pytest.mark.parametrize("around", [
    "<nav><a href=/a>Products</a></nav>", '<div class="site-nav"><a href=/a>Products</a></div>', "<header>Products</header>", "<footer>Products</footer>", '<div role="navigation">Products</div>',
    '<div id="cookie-banner">Products</div>', '<div class="CookieConsent">Products</div>', '<ul class="breadcrumbs"><li>Products</li></ul>', "<aside>Products</aside>", "<script>Products</script>",
    "<style>Products</style>", '<div class="theme-doc-sidebar-container">Products</div>', '<div style="display: none">Products</div>', "<div hidden>Products</div>", '<span class="sr-only">Products</span>',
    '<div aria-hidden="true">Products</div>', '<div class="related-articles">Products</div>', '<div id="onetrust-consent-sdk">Products</div>', "<template>Products</template>", "<select><option>Products</select>",
    '<div class="share-buttons">Products</div>', "<button>Products</button>", "<noscript>Products</noscript>", '<a class="skip-link" href="#main">Products</a>', "<dialog open>Products</dialog>",
])
def test_what_stands_around_a_text_is_left_out(around: str) -> None:
    assert "Products" not in page(f"{around}<div><h1>Returns</h1>{TEXT}</div>").text
    assert "return a lamp" in page(f"{around}<div><h1>Returns</h1>{TEXT}</div>").text


@pytest.mark.parametrize("wrapped", [
    '<div class="nav-layout has-sidebar">{}</div>', "<header>{}</header>", "<form>{}</form>", '<section class="cookie-recipes share">{}</section>', "<table><tr><td>{}</td></tr></table>",
    '<div id="app"><div class="page"><article>{}</article></div></div>', "<center><font>{}</font></center>", "<span>{}</span>", '<div class="modal-menu-footer">{}</div>', "<aside>{}</aside>",
])
def test_what_holds_the_text_is_never_left_out_whatever_it_is_called(wrapped: str) -> None:
    assert "return a lamp" in page(wrapped.format(f"<h1>Returns</h1>{TEXT}")).text


@pytest.mark.parametrize(("html", "written"), [
    ("<h2>How long?</h2><p>Thirty days.</p>", "## How long?\n\nThirty days."),
    ("<ul><li>One<ul><li>inner</ul><li>Two</ul>", "- One\n  - inner\n- Two"), ("<ol start=3><li>Pack<li>Send</ol>", "3. Pack\n4. Send"),
    ("<ol><li><p>Run it</p><pre>a\n  b</pre></ol>", "1. Run it\n\n   ```\n   a\n     b\n   ```"),
    ('<pre><code class="hljs language-python">if a:\n    b()</code></pre>', "```python\nif a:\n    b()\n```"), ("<pre>a ``` b</pre>", "````\na ``` b\n````"),
    ('<div class="highlight"><table><tr><td class="gutter"><pre>1\n2</pre></td><td class="code"><pre>one\ntwo</pre></td></tr></table></div>', "```\none\ntwo\n```"),
    ("<pre><div>one</div><div>two</div></pre>", "```\none\ntwo\n```"), ("<p>Use <code>a`b</code>.</p>", "Use ``a`b``."),
    ("<table><tr><th>Plan<th>Price | EUR<tr><td>Free<td>0</table>", "| Plan | Price \\| EUR |\n| --- | --- |\n| Free | 0 |"),
    ("<table><tr><td>A<td><ul><li>1<li>2</ul></table>", "| A | 1; 2 |\n| --- | --- |"), ("<table><tr><td><h2>T</h2><p>x</table>", "## T\n\nx"),
    ('<p>See <a href="../plans?a=(1)">the plans</a>.</p>', "See [the plans](https://acme.example/plans?a=%281%29)."), ('<h2>Title <a class="hash" href="#t">#</a></h2><p>x', "## Title\n\nx"),
    ("<p>1. not a list</p><p>- nor this</p><p># nor that</p>", "1\\. not a list\n\n\\- nor this\n\n\\# nor that"), ("<p>a*b_c &lt;tag&gt; {% raw %}", "a\\*b\\_c &lt;tag&gt; &#123;% raw %}"),
    ("<details><summary>And sales?</summary><p>No.</details>", "## And sales?\n\nNo."), ("<blockquote><p>a<p>b</blockquote>", "> a\n>\n> b"), ("<dl><dt>Term<dd>Meaning</dl>", "**Term**\n\nMeaning"),
    ("<p>one<br>two", "one  \ntwo"), ("<p><b>Note:</b> <i>x</i>", "**Note:** *x*"), ('<img alt="Menu"><img alt="The settings page with its menu">', "The settings page with its menu"),
    ("<p>---</p><p>title: x</p><p>---</p>", "\\---\n\ntitle: x\n\n\\---"), ("<button aria-expanded=false>How do I cancel?</button><div>By mail.</div>", "## How do I cancel?\n\nBy mail."),
    ("<p>a<div>b</div>c", "a\n\nb\n\nc"), ("<h1>Returns<p>In a heading", "# Returns In a heading"),
])
def test_the_form_of_a_text_stays(html: str, written: str) -> None:
    assert page(f"<main>{html}</main>").text.strip() == written


def test_markdown_of_a_page_says_what_the_page_says() -> None:
    """Signs that mean something in Markdown, and in what is made of it, are read back as they stood."""
    said = "a_b *c* [d](e) <f> `g` | h # i & {% j %} <!-- k --> ~l~ :::m {{n}} <%= o %> \\p 3 < 4"
    told = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = md.page(page(f"<main><p>{told}</p></main>").text).body
    assert " ".join(block.text for block in md.blocks(text)) == said


@pytest.mark.parametrize("panel", ['<div id="a1" hidden>{}</div>', '<div id="a1" aria-hidden="true">{}</div>', '<div id="a1" style="display:none">{}</div>', '<div role="region" hidden>{}</div>'])
def test_answers_that_unfold_on_a_click_are_read(panel: str) -> None:
    text = page(f'<main><h1>Questions</h1><h3><button aria-controls="a1" aria-expanded="false">Can I return a lamp?</button></h3>{panel.format(TEXT)}</main>').text
    assert "### Can I return a lamp?" in text
    assert "within thirty days" in text


def test_questions_of_structured_data_are_read_where_the_page_shows_them_by_scripts_only() -> None:
    data = '{"@context":"https://schema.org","@graph":[{"@type":"FAQPage","mainEntity":[{"@type":"Question","name":"Do you ship to Norway?","acceptedAnswer":{"@type":"Answer","text":"<p>Yes, in <b>five</b> days.</p>"}},{"name":3}]},{"@type":"BreadcrumbList","itemListElement":[{"name":"Home"},{"item":{"name":"Shipping"}},{"name":"Norway"}]}]}'
    found = page("<main><h1>Shipping</h1></main>", f'<script type="application/ld+json">{data}</script><script type="application/ld+json">broken</script>')
    assert "## Do you ship to Norway?\n\nYes, in **five** days." in found.text
    assert found.trail == ("Shipping",)
    shown = page("<main><h1>Shipping</h1><h2>Do you ship to Norway?</h2><p>Yes.</p></main>", f'<script type="application/ld+json">{data}</script>')
    assert shown.text.count("Norway") == 1


@pytest.mark.parametrize(("body", "head", "title"), [
    ("<main><h1>Returns <a href=#r>#</a></h1></main>", "<title>x</title>", "Returns"), ("<header><h1>Acme</h1></header><main><h2>More</h2></main>", "<title>Returns | Acme</title>", "Returns"),
    ("<p>x", "<title>Returns – Help – Acme</title>", "Returns – Help"), ("<p>x", '<title>Acme | Returns</title><meta property="og:site_name" content="Acme">', "Returns"), ("<p>x", "<title> Returns &amp;\n refunds </title>", "Returns & refunds"),
    ("<h2>Only a second level</h2>", "", "Only a second level"), ("<p>x", "<title>Well-known self-service</title>", "Well-known self-service"), ("<p>x", "", ""),
])
def test_the_title_is_the_pages_and_not_the_sites(body: str, head: str, title: str) -> None:
    assert page(body, head).title == title


@pytest.mark.parametrize(("html", "head", "language"), [
    ("<html lang=de-AT>", "", "de"), ("<html>", '<meta http-equiv="content-language" content="fr, en">', "fr"), ("<html xml:lang='nl'>", "", "nl"), ("<html lang=''>", '<meta property="og:locale" content="pt_BR">', "pt"),
    ("<html>", f'<link rel="alternate" hreflang="es" href="{URL}"><link rel="alternate" hreflang="x-default" href="{URL}">', "es"), ("<html lang=english>", "", None), ("<html>", "", None),
])
def test_the_language_is_what_the_page_says(html: str, head: str, language: str | None) -> None:
    assert page("<p>x", head, html).language == language
