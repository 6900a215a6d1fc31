"""Measures what of a web page becomes knowledge: `python -m bench.extraction [--pages N]` prints a row for each way to read a page.

Articles of real help centres are rendered into the frames of usual sites (a docs generator, a blog, a help desk, bare boxes, a table of the nineties), with menus,
banners and footers around them, and read back. The words and the code that come back are compared with those that went in. trafilatura is measured where it is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import re
import tarfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt

from bench.data import folder
from glassine.connect.website.pages import read
from glassine.rules import html_text, markdown

_WORDS = re.compile(r"\w+")
MENU = "".join(f'<li><a href="/m{n}">{name}</a></li>' for n, name in enumerate(["Products", "Prices", "Customers", "Company", "Careers", "Blog", "Docs", "Status", "Contact", "Login"]))
SIDE = "".join(f'<li><a href="/s{n}">Chapter {n} of the handbook</a></li>' for n in range(30))
FOOT = "Acme Inc, 1 Main Street, Springfield. All rights reserved. Subscribe to our newsletter and never miss an update."
COOKIES = "We value your privacy. This site uses cookies to personalise content. Accept all or manage your preferences."
RELATED = "".join(f'<li><a href="/r{n}">Another article that you may like, number {n}</a></li>' for n in range(6))

FRAMES = {
    "docs generator": """<body><nav class="navbar"><ul>{menu}</ul></nav><div class="theme-doc-sidebar-container"><ul>{side}</ul></div><main><div class="container"><nav class="theme-doc-breadcrumbs"
        aria-label="Breadcrumbs"><a href="/">Docs</a></nav><article><div class="theme-doc-markdown markdown">{body}</div></article><nav class="pagination-nav"><a href="/p">Previous: Set up</a></nav></div>
        <div class="theme-doc-toc-desktop"><ul><li><a href="#a">On this page</a></li></ul></div></main><footer class="footer">{foot}</footer></body>""",
    "blog": """<body class="post has-sidebar"><header id="masthead"><p class="site-title"><a href="/">Acme</a></p><div id="site-navigation"><ul>{menu}</ul></div></header><div id="content"><div id="primary">
        <article class="post-1 type-post"><div class="entry-content">{body}</div><footer class="entry-footer">Posted in <a href="/c">News</a> by admin</footer></article></div><aside class="widget-area">
        <h2>Recent posts</h2><ul>{related}</ul></aside></div><footer class="site-footer">{foot}</footer><div id="cookie-law-info-bar">{cookies}</div></body>""",
    "help desk": """<body><a class="skip-navigation" href="#main">Skip to main content</a><header class="header"><div class="logo"><a href="/">Help</a></div><div class="nav-wrapper"><a href="/new">Submit a request</a></div>
        </header><main role="main"><div class="container"><nav class="sub-nav"><ol class="breadcrumbs"><li><a href="/">Help</a></li></ol></nav><section class="article-sidebar"><ul>{side}</ul></section>
        <article class="article"><section class="article-info"><div class="article-body">{body}</div></section><footer><div class="article-share"><a href="/f">Facebook</a></div><div class="article-votes">
        <span>Was this article helpful?</span> <button>Yes</button> 12 out of 15 found this helpful</div></footer><div class="article-relatives"><ul>{related}</ul></div></article></div></main>
        <footer class="footer">{foot}</footer><div class="onetrust-consent-sdk">{cookies}</div></body>""",
    "bare boxes": """<body><div class="w1"><div class="w2"><ul>{menu}</ul></div><div class="w3"><div class="w4"><ul>{side}</ul></div><div class="w5">{body}</div></div><div class="w6"><ul>{related}</ul></div>
        <div class="w7 footer">{foot}</div></div></body>""",
    "table": """<body><center><table width=900><tr><td colspan=2><a href="/">Acme</a></td></tr><tr><td width=150><table><tr><td><ul>{side}</ul></td></tr></table></td><td>{body}</td></tr></table></center></body>""",
}


@dataclass(slots=True)
class Score:
    kept: int = 0
    words: int = 0
    given: int = 0
    code: int = 0
    code_kept: int = 0
    headings: int = 0
    headings_kept: int = 0
    seconds: float = 0.0


def articles(count: int) -> list[str]:
    """Articles with some length, the same ones every time."""
    found: list[str] = []
    for archive in sorted((folder() / "kb_markdown").glob("*.tar.gz")):
        with tarfile.open(archive) as packed:
            texts = [member for member in packed.getmembers() if member.isfile() and member.name.endswith((".md", ".mdx", ".markerb")) and 800 < member.size < 40_000]
            streams = [stream for member in texts if (stream := packed.extractfile(member))]
            found += [markdown.page(stream.read().decode("utf-8", "replace"), ".md").body for stream in streams]
    return random.Random(38).sample(found, min(count, len(found)))


def words(text: str) -> Counter[str]:
    """The words that a reader of this Markdown sees."""
    return Counter(word.lower() for block in markdown.blocks(text) for word in _WORDS.findall(block.text))


def measure(extract: Callable[[str], str], pages: list[tuple[str, str]]) -> Score:
    score = Score()
    for source, page in pages:
        began = time.process_time()
        text = extract(page) or ""
        score.seconds += time.process_time() - began
        before, after = words(source), words(text)
        score.kept += sum((before & after).values())
        score.words += sum(before.values())
        score.given += sum(after.values())
        found = {" ".join(block.text.split()) for block in markdown.blocks(text)}
        lines = {line for block in markdown.blocks(text) if block.kind == "code" for line in block.text.split("\n")}
        for block in markdown.blocks(source):
            if block.kind == "code":
                score.code += 1
                score.code_kept += all(line in lines for line in block.text.split("\n"))
            elif block.kind == "heading":
                score.headings += 1
                score.headings_kept += " ".join(block.text.split()) in found
    return score


def ways() -> dict[str, Callable[[str], str]]:
    made: dict[str, Callable[[str], str]] = {
        "the website source": lambda page: read(page, "https://acme.example/x").text,
        "all text (rules/html_text)": html_text.to_markdown,
    }
    if importlib.util.find_spec("trafilatura"):
        made["trafilatura"] = _trafilatura
    return made


def _trafilatura(page: str) -> str:
    module: Any = importlib.import_module("trafilatura")
    return str(module.extract(page, output_format="markdown", include_tables=True, include_formatting=True, favor_recall=True) or "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pages", type=int, default=60, help="articles, each in every frame")
    sources = articles(parser.parse_args().pages)
    render = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).render
    print(f"{len(sources)} articles of real help centres in {len(FRAMES)} frames\n")
    print("| read by | frame | words kept | of what is read, the article's | F1 | code blocks kept | headings kept | ms a page |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, extract in ways().items():
        for frame, html in FRAMES.items():
            pages = [(source, f"<!doctype html><html><head><title>An article | Acme</title></head>{filled(html, render(source))}</html>") for source in sources]
            score = measure(extract, pages)
            recall, precision = score.kept / score.words, score.kept / max(1, score.given)
            f1 = 2 * recall * precision / max(1e-9, recall + precision)
            code, headings = score.code_kept / max(1, score.code), score.headings_kept / max(1, score.headings)
            print(f"| {name} | {frame} | {recall:.3f} | {precision:.3f} | {f1:.3f} | {code:.3f} | {headings:.3f} | {score.seconds * 1000 / len(pages):.1f} |")


def filled(frame: str, body: str) -> str:
    for name, value in (("menu", MENU), ("side", SIDE), ("foot", FOOT), ("cookies", COOKIES), ("related", RELATED), ("body", body)):
        frame = frame.replace("{" + name + "}", value)
    return frame


if __name__ == "__main__":
    main()
