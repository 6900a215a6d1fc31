"""Turns Confluence's storage format into Markdown: what a reader of the page would read, with code kept as it is. It fetches nothing a page includes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5
from xml.etree import ElementTree as Xml

_AC, _RI = "{ac}", "{ri}"
_CALLOUTS = {"info": "Info", "note": "Note", "tip": "Tip", "warning": "Warning", "panel": "", "success": "", "error": "Warning"}
_VERBATIM = frozenset({"code", "noformat", "code-block"})
_TRANSPARENT = frozenset({"excerpt", "details", "section", "column", "expand", "div", "span", "multiexcerpt", "multiexcerpt-macro", "ui-tabs", "ui-tab", "ui-expand", "hideif", "showif"})
_EMOTICONS = {"tick": "✓", "cross": "✗", "warning": "⚠", "information": "ℹ", "question": "?", "plus": "+", "minus": "-", "light-on": "💡", "yellow-star": "★"}
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "s": "~~", "del": "~~"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset({*_HEADINGS, "p", "ul", "ol", "table", "blockquote", "pre", "hr", "div", *(_AC + name for name in ("layout", "layout-section", "layout-cell", "task-list", "adf-extension"))})

_OPENING = re.compile(r"^(#{1,6}(?=\s)|[-+](?=\s|-|$)|[>=|]|\d+(?=[.)]\s))", re.MULTILINE)  # what would make a line of text something else


class Malformed(Exception):
    """It is not the format that Confluence documents."""


def markdown(storage: str) -> str:
    """Raises Malformed, also for what is nested deeper than any page."""
    try:
        return re.sub(r"\n{3,}", "\n\n", "\n\n".join(_blocks(_parsed(storage)))).strip()
    except (Xml.ParseError, RecursionError):
        raise Malformed from None


def _parsed(storage: str) -> Xml.Element:
    """The format is XML without a root, with the named entities of HTML. Inside an element no entity can be declared, so none can unfold."""
    kept = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", storage)
    parts = re.split(r"(<!\[CDATA\[.*?\]\]>)", kept, flags=re.DOTALL)
    plain = "".join(part if part.startswith("<![CDATA[") else re.sub(r"&([A-Za-z][A-Za-z0-9]*);", _entity, part) for part in parts)
    return Xml.fromstring(f'<page xmlns:ac="ac" xmlns:ri="ri" xmlns:at="at">{plain}</page>')  # noqa: S314 - see above


def _entity(found: re.Match[str]) -> str:
    if found[1] in ("amp", "lt", "gt", "quot", "apos"):
        return found[0]
    return html5.get(f"{found[1]};", f"&amp;{found[1]};")


def _blocks(element: Xml.Element) -> Iterator[str]:
    """The blocks inside an element in order; text that stands between them is a paragraph."""
    line = _text(element.text)
    for child in element:
        if _is_block(child):
            yield from filter(None, (_tidy(line),))
            line = ""
            yield from filter(None, (block.strip("\n") for block in _block(child)))
        else:
            line += _inline(child)
        line += _text(child.tail)
    yield from filter(None, (_tidy(line),))


def _is_block(element: Xml.Element) -> bool:
    if element.tag == f"{_AC}structured-macro":
        return _name(element) != "status"
    return element.tag in _BLOCKS or any(_is_block(child) for child in element if element.tag in (f"{_AC}rich-text-body", f"{_AC}link", f"{_AC}inline-comment-marker", "span"))


def _block(element: Xml.Element) -> Iterator[str]:
    match element.tag:
        case tag if tag in _HEADINGS:
            title = _one_line(_inside(element))
            yield f"{'#' * _HEADINGS[tag]} {title}" if title else ""
        case "p":
            yield from _blocks(element)
        case "ul" | "ol":
            yield "\n".join(_items(element))
        case "table":
            yield _table(element)
        case "blockquote":
            yield _quoted("\n\n".join(_blocks(element)))
        case "pre":
            yield _fenced("".join(element.itertext()), "")
        case "hr":
            yield "---"
        case tag if tag == f"{_AC}task-list":
            yield "\n".join(_tasks(element))
        case tag if tag == f"{_AC}adf-extension":
            yield from _panel_of_the_new_editor(element)
        case tag if tag == f"{_AC}structured-macro":
            yield from _macro(element)
        case _:
            yield from _blocks(element)


def _macro(element: Xml.Element) -> Iterator[str]:
    """What a reader sees of a macro without running it: text that stands in it. What it would fetch from elsewhere is left out."""
    name, title = _name(element), _parameter(element, "title")
    body = element.find(f"{_AC}rich-text-body")
    plain = element.find(f"{_AC}plain-text-body")
    if name in _VERBATIM:
        yield from filter(None, (_tidy(f"**{_text(title)}**") if title else "",))
        yield _fenced("".join(plain.itertext()) if plain is not None else "", _parameter(element, "language"))
    elif name == "markdown" and plain is not None:
        yield "".join(plain.itertext())
    elif name in _CALLOUTS and body is not None:
        head = title or _CALLOUTS[name]
        yield _quoted("\n\n".join(filter(None, (f"**{_text(head)}**" if head else "", *_blocks(body)))))
    elif body is not None and (name in _TRANSPARENT or plain is None):
        yield f"**{_one_line(_text(title))}**" if title else ""
        yield from _blocks(body)


def _panel_of_the_new_editor(element: Xml.Element) -> Iterator[str]:
    """The new editor writes a panel twice, as itself and for the old one. One of them is read."""
    for path in (f"{_AC}adf-fallback", f"{_AC}adf-node/{_AC}adf-content"):
        found = element.find(path)
        if found is not None:
            said = "\n\n".join(_blocks(found))
            yield _quoted(said) if said and element.find(f"{_AC}adf-node") is not None else said
            return


def _items(element: Xml.Element) -> Iterator[str]:
    number = int(element.get("start") or 1) if (element.get("start") or "1").isdigit() else 1
    for item in element:
        if item.tag == "li":
            yield _item(f"{number}. " if element.tag == "ol" else "- ", list(_blocks(item)))
            number += 1
        elif item.tag in ("ul", "ol"):  # a list in a list without an item of its own
            yield "\n".join(f"  {line}" for nested in _items(item) for line in nested.splitlines())


def _tasks(element: Xml.Element) -> Iterator[str]:
    for task in element.iter(f"{_AC}task"):
        body, status = task.find(f"{_AC}task-body"), task.findtext(f"{_AC}task-status") or ""
        if body is not None:
            yield _item("- ", [f"{'☑' if status.strip() == 'complete' else '☐'} {block}" if place == 0 else block for place, block in enumerate(_blocks(body))])


def _item(mark: str, blocks: list[str]) -> str:
    """One item; what follows its first block is set in below it."""
    if not blocks:
        return mark.rstrip()
    lines = "\n".join(blocks).splitlines() if all(block.startswith(("- ", "1. ")) for block in blocks[1:]) else "\n\n".join(blocks).splitlines()
    indent = " " * len(mark)
    return "\n".join([mark + lines[0], *(indent + line if line else "" for line in lines[1:])])


def _table(element: Xml.Element) -> str:
    rows = [[cell for cell in row if cell.tag in ("th", "td")] for row in element.iter("tr")]
    rows = [row for row in rows if row]
    if not rows:
        return ""
    width = max(len(row) for row in rows)
    lines = [[_cell(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    if not all(cell.tag == "th" for cell in rows[0]):
        lines.insert(0, [""] * width)
    lines.insert(1, ["---"] * width)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(cell: Xml.Element) -> str:
    """A cell in one line, for Markdown has no more."""
    said = []
    for block in _blocks(cell):
        fence = re.fullmatch(r"(`{3,})[^\n]*\n(.*)\n\1", block, re.DOTALL)
        said.append(_code(_one_line(fence[2])) if fence else re.sub(r"^(?:[-#>]+|\d+\.)\s+", "", _one_line(block.replace("\n- ", "; "))))
    return " ".join(filter(None, said)).replace("|", "\\|")


def _inside(element: Xml.Element) -> str:
    return _text(element.text) + "".join(_inline(child) + _text(child.tail) for child in element)


def _inline(element: Xml.Element) -> str:
    """An element inside a line."""
    match element.tag:
        case tag if tag in _MARKS:
            return _marked(_inside(element), _MARKS[tag])
        case "code" | "tt" | "kbd" | "samp":
            return _code(_one_line("".join(element.itertext())))
        case "a":
            said, to = _one_line(_inside(element)), element.get("href") or ""
            return f"[{said}]({to})" if said and re.fullmatch(r"https?://[^\s()<>]+|mailto:[^\s()<>]+", to) else said
        case "br":
            return "\\\n"
        case "time":
            return _text(element.get("datetime"))
        case tag if tag == f"{_AC}link":
            return _link(element)
        case tag if tag == f"{_AC}emoticon":
            return _emoticon(element)
        case tag if tag == f"{_AC}structured-macro":
            return _text(_parameter(element, "title")) if _name(element) == "status" else ""
        case "img" | "style" | "script":
            return ""
        case tag if tag.startswith((_AC, _RI)) and tag not in (f"{_AC}inline-comment-marker", f"{_AC}rich-text-body", f"{_AC}adf-content", f"{_AC}adf-fallback", f"{_AC}adf-node"):
            return ""
        case _:
            return _inside(element)


def _link(element: Xml.Element) -> str:
    """A link inside Confluence by its words; a page it leads to is a document of its own. People who are mentioned are not named."""
    for body in ("plain-text-link-body", "link-body"):
        found = element.find(_AC + body)
        if found is not None:
            return _inside(found) if body == "link-body" else _text("".join(found.itertext()))
    page, file = element.find(f"{_RI}page"), element.find(f"{_RI}attachment")
    return _text(page.get(f"{_RI}content-title") if page is not None else file.get(f"{_RI}filename") if file is not None else "")


def _emoticon(element: Xml.Element) -> str:
    shown = element.get(f"{_AC}emoji-fallback") or ""
    return shown if shown and not shown.isascii() else _EMOTICONS.get(element.get(f"{_AC}name") or "", "")


def _name(element: Xml.Element) -> str:
    return element.get(f"{_AC}name") or ""


def _parameter(element: Xml.Element, name: str) -> str:
    return next(("".join(one.itertext()).strip() for one in element.findall(f"{_AC}parameter") if one.get(f"{_AC}name") == name), "")


def _text(text: str | None) -> str:
    """Plain text as Markdown that reads as that text."""
    said = re.sub(r"([\\`*_~\[\]])", r"\\\1", (text or "").replace("\xa0", " "))
    said = re.sub(r"&(?=#?\w+;)", "&amp;", said).replace("<", "&lt;")
    return re.sub(r"\s+", " ", re.sub(r"\{(?=[%/])", "&#123;", said))


def _tidy(line: str) -> str:
    """A paragraph: no blanks around its lines, and nothing at its beginning that would make it something else."""
    said = "\n".join(part.strip() for part in re.sub(r"(?:\\\n\s*)+$", "", line.strip()).split("\n")).strip()
    return re.sub(_OPENING, lambda found: f"{found[1]}\\" if found[1].isdigit() else f"\\{found[1]}", said)


def _one_line(text: str) -> str:
    return " ".join(text.replace("\\\n", " ").split())


def _marked(inside: str, mark: str) -> str:
    """Marks stand at words and not at blanks, or they would be shown."""
    words = inside.strip()
    if not words or "\n" in words:
        return inside
    return f"{inside[:len(inside) - len(inside.lstrip())]}{mark}{words}{mark}{inside[len(inside.rstrip()):]}"


def _code(text: str) -> str:
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    edge = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{edge}{text}{edge}{ticks}" if text else ""


def _fenced(text: str, language: str) -> str:
    if not text.strip():
        return ""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{re.sub(r'[^A-Za-z0-9+#-]', '', language)}\n{text.strip(chr(10))}\n{fence}"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in text.splitlines())
