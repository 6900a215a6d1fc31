"""HTML from a clipboard, a web page or Word made into Markdown that keeps its headings, emphasis, lists, tables, links and code. Pure.

It is cleaned by nh3 first, so that what reads it here meets well-formed elements and nothing else.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

LONGEST = 1_000_000  # characters of HTML that are read
_DEEPEST = 300  # elements inside each other; nobody writes so, and the time to read more than that grows with its square
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~"}
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = frozenset({"p", "div", "section", "article", "figure", "figcaption", "dl", "dt", "dd", "details", "summary"})
_TAGS = {"a", "img", "br", "hr", "ul", "ol", "li", "table", "tr", "td", "th", "pre", "code", "blockquote", *_MARKS, *_HEADINGS, *_BLOCKS}
_DROPPED = {"script", "style", "head", "nav", "noscript", "template", "iframe", "title", "svg", "button"}
_SAFE = re.compile(r"(?:https?://|mailto:|/|#)", re.IGNORECASE)
_SPECIAL = re.compile(r"([\\`*_\[\]<])")
_WORD_ITEM = re.compile(r"mso-list\s*:\s*l\d", re.IGNORECASE)
_BULLET = re.compile(r"^(?:[·•o§\-–]|\d+[.)])\s+")
_TAG = re.compile(r"<(/?)(?!(?:br|hr|img|input|meta|link|col|p|li|td|th|tr|option|wbr)\b)[a-z]", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")
_NOTHING = re.compile(r"(?<!\*)\*\*(\s*)\*\*(?!\*)|(?<!\*)\*(\s+)\*(?!\*)|~~(\s*)~~")


def to_markdown(document: str) -> str:
    """The Markdown of an HTML fragment; what has no Markdown leaves its text. Links that run something are text only."""
    text = document[:LONGEST].replace("\0", "")
    clean = nh3.clean(
        text if _depth(text) <= _DEEPEST else _ANY_TAG.sub(" ", text).replace("<", ""), tags=_TAGS, clean_content_tags=_DROPPED, link_rel=None, url_schemes={"http", "https", "mailto"},
        attributes={"a": {"href"}, "img": {"src", "alt"}, "p": {"style"}},
    )
    reader = _Reader()
    reader.feed(clean)
    reader.close()
    return reader.written()


def _depth(text: str) -> int:
    """How deep its elements lie in each other, if all were closed that must be."""
    deepest = depth = 0
    for found in _TAG.finditer(text):
        depth = max(0, depth - 1) if found[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


class _Reader(HTMLParser):
    """A table's cells and a quotation's lines are gathered apart, because they are written when they are complete."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._lines = 9  # ends of lines that the output ends with
        self._lists: list[int] = []  # 0: bullets, else the next number
        self._links: list[str] = []
        self._quotes: list[list[str]] = []  # what was written before each quotation that is open
        self._cells: list[str] | None = None
        self._rows, self._pre, self._code, self._fresh = 0, False, False, False  # `_fresh`: right behind a bullet

    def written(self) -> str:
        while self._quotes:
            self._unquote()
        text = re.sub(r"(?<![ \t])[ \t]+\n", lambda found: "  \n" if found[0] == "  \n" else "\n", "".join(self._out))
        return re.sub(r"\n{3,}", "\n\n", _NOTHING.sub(lambda found: found[1] or found[2] or found[3] or "", text)).strip() + "\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "br":
            self._put("\n" if self._pre else " " if self._cells is not None else "  \n")
        elif self._pre:
            return
        elif tag in ("ul", "ol", "li", "table", "tr", "td", "th", "blockquote"):
            self._open(tag)
        elif tag in _MARKS:
            self._put(_MARKS[tag])
        elif tag in _HEADINGS:
            self._gap(2)
            self._put(f"{'#' * int(tag[1])} ")
        elif tag == "pre":
            self._gap(2)
            self._pre = True
            self._put("```\n")
        elif tag == "p" and _WORD_ITEM.search(given.get("style", "")):
            self._gap(1)
            self._put("- ")
            self._fresh = True
        else:
            self._inline(tag, given)

    def _open(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self._gap(1 if self._lists else 2)
            self._lists.append(1 if tag == "ol" else 0)
        elif tag == "li":
            self._item()
        elif tag == "table":
            self._gap(2)
            self._rows = 0
        elif tag == "tr":
            self._cells = []
        elif tag in ("td", "th") and self._cells is not None:
            self._cells.append("")
        elif tag == "blockquote" and self._cells is None:
            self._gap(2)
            self._quotes.append(self._out)
            self._out, self._lines = [], 9

    def _inline(self, tag: str, given: dict[str, str]) -> None:
        if tag == "code":
            self._code = True
            self._put("`")
        elif tag == "a":
            href = given.get("href", "").strip()
            self._links.append(_address(href) if _SAFE.match(href) else "")
            self._put("[" if self._links[-1] else "")
        elif tag == "img" and _SAFE.match(given.get("src", "")):
            self._put(f"![{_SPECIAL.sub('', given.get('alt', ''))}]({_address(given['src'])})")
        elif tag == "hr":
            self._gap(2)
            self._put("---")
            self._gap(2)
        elif tag in _BLOCKS:
            self._gap(1 if self._lists else 2)

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre" and self._pre:
            self._pre = False
            self._gap(1)
            self._put("```")
            self._gap(2)
        elif self._pre:
            return
        elif tag in _MARKS:
            self._put(_MARKS[tag])
        elif tag == "code":
            self._code = False
            self._put("`")
        elif tag == "a" and self._links:
            href = self._links.pop()
            self._put(f"]({href})" if href else "")
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            self._gap(1 if self._lists else 2)
        elif tag == "tr" and self._cells is not None:
            self._row()
        elif tag == "blockquote" and self._quotes:
            self._unquote()
        elif tag in _BLOCKS or tag in _HEADINGS or tag in ("table", "li"):
            self._gap(1 if self._lists or (tag == "p" and self._fresh) else 2)

    def _item(self) -> None:
        self._gap(1)
        number = self._lists[-1] if self._lists else 0
        if number:
            self._lists[-1] += 1
        self._put(f"{'   ' * min(9, max(0, len(self._lists) - 1))}{f'{number}. ' if number else '- '}")
        self._fresh = True

    def _row(self) -> None:
        cells = [" ".join(cell.replace("|", "\\|").split()) for cell in self._cells or []]
        self._cells = None
        if not cells:
            return
        self._gap(1)
        self._put(f"| {' | '.join(cells)} |\n" + (f"|{' --- |' * len(cells)}\n" if not self._rows else ""))
        self._rows += 1

    def _unquote(self) -> None:
        inside = re.sub(r"\n{3,}", "\n\n", "".join(self._out)).strip()
        self._out, self._lines = self._quotes.pop(), 2
        if inside:
            self._put("\n".join(f"> {line}".rstrip() for line in inside.split("\n")))
            self._gap(2)

    def handle_data(self, data: str) -> None:
        if self._pre:
            self._put(data)
            return
        text = re.sub(r"\s+", " ", data)
        if self._fresh:
            text = _BULLET.sub("", text.lstrip())
        if self._cells is None and self._lines:
            text = text.lstrip()
        self._put(text if self._code else _SPECIAL.sub(r"\\\1", text))

    def _gap(self, lines: int) -> None:
        """At least so many ends of lines; none behind a bullet, whose text has yet to come."""
        if self._cells is not None:
            self._put(" ")
        elif not self._fresh and self._lines < lines:
            self._put("\n" * (lines - self._lines))

    def _put(self, text: str) -> None:
        if not text:
            return
        if self._cells is not None:
            if self._cells:
                self._cells[-1] += text
            return
        self._out.append(text)
        self._fresh = False
        ends = len(text) - len(text.rstrip("\n"))
        self._lines = ends if ends < len(text) else self._lines + ends


def _address(href: str) -> str:
    return href.replace(" ", "%20").replace("(", "%28").replace(")", "%29")
