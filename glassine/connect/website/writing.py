"""A tree of HTML written down as Markdown: headings, lists, tables, code and links as they were. It chooses nothing of what it is given."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from glassine.connect.website.markup import BLOCKS, HEADINGS, Element, names

_NO_TEXT = names("script style title input select textarea progress meter object param source track area base link meta img wbr")
_CODE = frozenset({"code", "kbd", "samp", "tt"})
_STRONG, _LEAN = frozenset({"strong", "b"}), frozenset({"em", "i"})
_ANCHORS = frozenset({"", "#", "¶", "§", "🔗", "\u200b", "permalink", "link to heading"})
_FEW_WORDS = 3  # an image's text of fewer names it only

Node = Element | str


def markdown(root: Element, base: str) -> str:
    """The whole as Markdown. `base` is the page's address, from which its links are read."""
    writer = _Writer(base)
    writer.measure(root)
    text = "\n\n".join(writer.blocks(root.children))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n" if text.strip() else ""


class _Writer:
    def __init__(self, base: str) -> None:
        self._base = base
        self._holds_blocks: set[Element] = set()
        self._level = 1  # of the last heading, for headings that do not say theirs

    def measure(self, root: Element) -> None:
        """Which elements are, or hold, blocks: a `span` around paragraphs is no part of a line."""
        for one in reversed(list(root.walk())):
            if one.name in BLOCKS or any(child in self._holds_blocks for child in one.elements):
                self._holds_blocks.add(one)

    # -- blocks -----------------------------------------------------------------------------------------------------------------

    def blocks(self, nodes: list[Node]) -> list[str]:
        found: list[str] = []
        line: list[Node] = []
        for node in nodes:
            if isinstance(node, Element) and (node in self._holds_blocks or _question(node)):
                found += self._paragraph(line)
                line = []
                found += self._block(node)
            else:
                line.append(node)
        return found + self._paragraph(line)

    def _paragraph(self, nodes: list[Node]) -> list[str]:
        text = _at_line_start(self.line(nodes))
        return [text] if text else []

    def _block(self, one: Element) -> list[str]:
        if one.name in HEADINGS or one.attributes.get("role") == "heading" or one.name == "summary" or _question(one):
            return self._heading(one)
        match one.name:
            case "pre":
                return _code(one)
            case "ul" | "ol":
                return self._list(one)
            case "table":
                return self._table(one)
            case "blockquote":
                inner = "\n\n".join(self.blocks(one.children))
                return ["\n".join(f"> {line}".rstrip() for line in inner.split("\n"))] if inner else []
            case "dt":
                text = self.line(one.children)
                return [f"**{text}**"] if text and "**" not in text else [text] if text else []
            case "hr":
                return []
            case _:
                return self.blocks(one.children)

    def _heading(self, one: Element) -> list[str]:
        text = " ".join(self.line(one.children, bold=False).split("\n"))
        if one.name in HEADINGS:
            self._level = int(one.name[1])
            level = self._level
        else:
            said = one.attributes.get("aria-level", "")
            level = int(said) if said in "123456" and said else min(6, self._level + 1)
        return [f"{'#' * level} {' '.join(text.split())}"] if text.strip() else []

    def _list(self, one: Element) -> list[str]:
        number = int(start) if (start := one.attributes.get("start", "")).isdigit() and len(start) < 6 else 1
        items: list[str] = []
        for child in one.children:
            inner = self.blocks(child.children) if isinstance(child, Element) and child.name == "li" else self.blocks([child])
            if not inner:
                continue
            mark = f"{number}. " if one.name == "ol" else "- "
            number += 1
            tight = all(re.match(r"(?:[-*>|]|\d+\.) ", block) for block in inner[1:])
            body = ("\n" if tight else "\n\n").join(inner)
            items.append(mark + body.replace("\n", "\n" + " " * len(mark)))
        return [re.sub(r"^ +$", "", "\n".join(items), flags=re.MULTILINE)] if items else []

    def _table(self, one: Element) -> list[str]:
        rows = _rows(one)
        captions = [block for child in one.elements if child.name == "caption" for block in self.blocks(child.children)]
        if not _is_data(one, rows):
            return captions + [block for row in rows for cell in row for block in self.blocks(cell.children)]
        lines = [[self._cell(cell) for cell in row] for row in rows]
        lines = [line for line in lines if any(line)]
        if not lines:
            return captions
        width = max(map(len, lines))
        padded = [line + [""] * (width - len(line)) for line in lines]
        written = [f"| {' | '.join(line)} |" for line in padded]
        return [*captions, "\n".join([written[0], f"|{' --- |' * width}", *written[1:]])]

    def _cell(self, cell: Element) -> str:
        """All of a cell in one line; what was a list in it is parted by semicolons."""
        lines = [line.strip() for block in self.blocks(cell.children) for line in re.split(r"\n *(?:[-*>]|\d+\.) |\n\n", "\n" + block) if line.strip()]
        return " ".join("; ".join(lines).split()).replace("|", "\\|")

    # -- lines ------------------------------------------------------------------------------------------------------------------

    def line(self, nodes: list[Node], *, bold: bool = True) -> str:
        """Text in one line but for its `<br>`s, with white space as a reader sees it."""
        text = re.sub(r"[ \t\r\n\f]+", " ", "".join(self._inline(node, bold) for node in nodes))
        return "\n".join(part.strip() for part in text.split("\v")).strip()

    def _inline(self, node: Node, bold: bool) -> str:
        if isinstance(node, str):
            return escaped(node)
        if node.name == "br":
            return "\v"
        if node.name == "img":
            return _said_of(node)
        if node.name in _NO_TEXT or (node.name == "button" and not _question(node) and bold):
            return ""
        inner = "".join(self._inline(child, bold) for child in node.children)
        if node.name in BLOCKS:
            inner = f" {inner} "
        plain = inner.replace("\v", " ").strip()
        if not plain:
            return " " if inner else ""
        if node.name == "a":
            return self._link(node, inner, plain)
        if node.name in _CODE:
            return _ticked(node.text())
        if bold and node.name in _STRONG and "**" not in inner:
            return _around("**", inner)
        if bold and node.name in _LEAN and "*" not in inner.replace("\\*", ""):
            return _around("*", inner)
        return inner

    def _link(self, node: Element, inner: str, plain: str) -> str:
        target = node.attributes.get("href", "").strip()
        if plain.strip("\u200b").lower() in _ANCHORS:
            return ""
        if not target or target.startswith(("#", "javascript:", "data:")) or "[" in inner.replace("\\[", ""):
            return inner
        try:
            address = urljoin(self._base, target)
        except ValueError:
            return inner
        if not address.startswith(("http://", "https://", "mailto:", "tel:")):
            return inner
        target = re.sub(r"[\s()<>]", lambda found: f"%{ord(found[0]):02X}", address)
        return f"[{plain}]({target})" if len(target) < 1_000 else inner


def _question(one: Element) -> bool:
    """A button that unfolds what belongs to it: the question of an accordion."""
    return one.name == "button" and ("aria-controls" in one.attributes or "aria-expanded" in one.attributes) and len(one.text().split()) > 2


_MARKUP = re.compile(r"([\\`*_\[\]])")


def escaped(text: str) -> str:
    """Text that Markdown, and what is made of Markdown, reads as it stands."""
    if "&" in text or "<" in text or ">" in text:
        text = re.sub(r"&(?=#?\w+;)", "&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(r"\\\1", text).replace("{%", "&#123;%").replace("{/*", "&#123;/*").replace("{:", "&#123;:")


def _at_line_start(text: str) -> str:
    """Where a line begins with what Markdown reads as a list, a heading or front matter, it is text."""
    lines = []
    for line in text.split("\n"):
        line = re.sub(r"^([-+#=~:])", r"\\\1", line)
        lines.append(re.sub(r"^(\d{1,9})([.)])(?=\s|$)", r"\1\\\2", line))
    return "  \n".join(lines)


def _around(mark: str, inner: str) -> str:
    """Emphasis that begins and ends at a word, the blanks outside of it."""
    stripped = inner.strip(" \t\r\n\f\v")
    before, after = inner[: len(inner) - len(inner.lstrip(" \t\r\n\f\v"))], inner[len(inner.rstrip(" \t\r\n\f\v")) :]
    return f"{before}{mark}{stripped}{mark}{after}" if "\v" not in stripped else inner


def _ticked(text: str) -> str:
    """Inline code between as many backticks as it needs."""
    text = " ".join(text.split())
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    edge = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{edge}{text}{edge}{ticks}"


def _said_of(image: Element) -> str:
    """An image's own text where it says something; the image itself stays where it is, so that no reader is seen by its site."""
    text = image.attributes.get("alt", "")
    return f" {escaped(text)} " if len(text.split()) >= _FEW_WORDS else ""


_LANGUAGE = re.compile(r"(?:^|\s)(?:language|lang|highlight-source|brush:)[-\s]?([\w+#-]{1,20})")


def _code(pre: Element) -> list[str]:
    text = _preformatted(pre).strip("\n")
    if not text.strip():
        return []
    marks = " ".join([one.attributes.get("class", "") for one in [pre, *pre.elements]])
    language = pre.attributes.get("data-lang") or pre.attributes.get("data-language") or (found[1] if (found := _LANGUAGE.search(marks)) else "")
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    name = re.sub(r"[^\w+#-]", "", language)[:20]
    return [f"{fence}{name}\n{text}\n{fence}"]


def _preformatted(pre: Element) -> str:
    """Code as its lines show it: `br` and elements that are lines of their own end one."""
    parts: list[str] = []
    waiting: list[Node] = [pre]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            parts.append(node)
        elif node.name == "br":
            parts.append("\n")
        elif node.name != "button":
            if node.name in ("div", "li", "tr", "p"):
                waiting.append("\n")
            waiting.extend(reversed(node.children))
    return re.sub(r"\n\n(?=\n\n)", "\n", "".join(parts)).replace("\r\n", "\n").replace("\r", "\n")


def _rows(table: Element) -> list[list[Element]]:
    """The cells of each row; rows of a table inside belong to that one."""
    rows: list[list[Element]] = []
    waiting: list[Element] = list(reversed(table.elements))
    while waiting:
        one = waiting.pop()
        if one.name == "tr":
            rows.append([cell for cell in one.elements if cell.name in ("td", "th")])
        elif one.name in ("thead", "tbody", "tfoot"):
            waiting.extend(reversed(one.elements))
    return [row for row in rows if row]


def _is_data(table: Element, rows: list[list[Element]]) -> bool:
    """Whether it is a table and no scaffold of a layout: several columns, whose cells hold lines rather than pages."""
    if table.attributes.get("role") in ("presentation", "none") or max(map(len, rows), default=0) < 2:
        return False
    return not any(inner.name in ("table", "pre", *HEADINGS) for row in rows for cell in row for inner in cell.walk())
