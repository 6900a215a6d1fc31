"""HTML and JSX tags taken out of text, keeping what a reader would see. It makes nothing safe to show: that is for whoever renders."""

from __future__ import annotations

import re
from html.parser import HTMLParser


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_UNSEEN = _names("script style svg head nav noscript template iframe video audio canvas form button")
_VOID = _names("br hr img input link meta source wbr area base col embed track")
_BREAKING = _names("p div section article main header footer aside figure figcaption ul ol dl table tr blockquote details center")
_INLINE = _names("a abbr b big cite code del em font i ins kbd mark q s samp small span strong sub sup time u var tt wbr label")
_OTHER = _names("li dt dd td th thead tbody tfoot caption summary h1 h2 h3 h4 h5 h6 pre body html path object picture colgroup")
_KNOWN = _UNSEEN | _VOID | _BREAKING | _INLINE | _OTHER

_HIDING = re.compile(r"<(script|style|svg|nav|noscript|template|iframe|video|audio|canvas|head)\b[^<>]*>", re.IGNORECASE)
_CODE_OR_TAG = re.compile(r"(?P<code>(?P<ticks>`{1,3})[^`]{1,500}(?P=ticks)(?!`))|<(?P<end>/?)(?P<name>[A-Za-z][\w.:-]*)(?P<attributes>(?:\s(?:[^<>\"']|\"[^<\"]*\"|'[^<']*')*)?)(?P<self>/?)>", re.DOTALL)
_TITLE = re.compile(r"\b(?:title|label|question|summary)=(?:\"([^\"]+)\"|'([^']+)'|\{\s*[\"'`]([^\"'`]+)[\"'`]\s*\})")
_LIKE_A_REFERENCE = re.compile(r"&(?=#?\w+;)")


def without_tags(markdown: str) -> str:
    """Markdown without the HTML elements and JSX components in it; their text stays, components' titles become headings.

    `<your-api-key>` and its like are no elements but placeholders that readers must see: they stay, and so does inline code.
    """
    components = _components(markdown)

    def replaced(found: re.Match[str]) -> str:
        if found["code"]:
            return found[0]
        name, ending = found["name"], bool(found["end"])
        if name in components:
            title = _TITLE.search(found["attributes"])
            return f"\n\n###### {title[1] or title[2] or title[3]}\n\n" if title and not ending else "\n\n"
        return _as_markdown(name.lower(), ending) if name.lower() in _KNOWN and name in {name.lower(), name.upper()} else found[0]

    return _CODE_OR_TAG.sub(replaced, _without_hidden(markdown))


def without_spans(text: str, opening: str, closing: str) -> str:
    """Text without what stands between two marks, in linear time also when nothing is closed (a regular expression is quadratic there)."""
    kept: list[str] = []
    at = 0
    while (start := text.find(opening, at)) >= 0 and (end := text.find(closing, start + len(opening))) >= 0:
        kept.append(text[at:start])
        at = end + len(closing)
    return "".join([*kept, text[at:]])


def _without_hidden(text: str) -> str:
    kept: list[str] = []
    at = 0
    unclosed: set[str] = set()
    for opening in _HIDING.finditer(text):
        name = opening[1].lower()
        if opening.start() < at or name in unclosed:
            continue
        closing = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, opening.end())
        if closing is None:
            unclosed.add(name)
            continue
        kept.append(text[at : opening.start()])
        at = closing.end()
    return "".join([*kept, text[at:]])


def _components(text: str) -> frozenset[str]:
    """Capitalised names that are used as JSX components: closed somewhere, closed in themselves, or given attributes."""
    return frozenset(
        found["name"] for found in _CODE_OR_TAG.finditer(text)
        if found["name"] and found["name"][0].isupper() and (found["end"] or found["self"] or found["attributes"].rstrip().endswith("/") or "=" in found["attributes"])
    )


def _as_markdown(name: str, ending: bool) -> str:
    if name in _INLINE or name in {"img", "input"}:
        return ""
    if name == "br":
        return " "  # a line break would tear a Markdown table's row
    if name == "li" and not ending:
        return "\n- "
    if name in {"td", "th"}:
        return " | " if ending else ""
    if name == "summary" or re.fullmatch(r"h[1-6]", name):
        return "\n\n" if ending else f"\n\n{'#' * (6 if name == 'summary' else int(name[1]))} "
    return "\n\n"


def to_markdown(document: str) -> str:
    """A whole HTML page as Markdown: headings, lists, tables' cells, code; nothing of scripts, styles, navigation and forms."""
    reader = _Reader()
    reader.feed(_tamed(document))
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.parts)).strip() + "\n"


_DECLARATION = re.compile(r"<[!?][^<>]*>")
_UNCLOSED = re.compile(r"<(?=[^<>]*(?:<|\Z))")
_MOST_UNCLOSED = 100


def _tamed(document: str) -> str:
    """Without what the parser reads again from its beginning each time it finds no end: comments, declarations, and very many tags that are never closed."""
    text = _DECLARATION.sub("", without_spans(document, "<!--", "-->")).replace("<!", "&lt;!").replace("<?", "&lt;?")
    unclosed = sum(1 for _ in _UNCLOSED.finditer(text))
    return _UNCLOSED.sub("&lt;", text) if unclosed > _MOST_UNCLOSED else text


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen: list[str] = []
        self._in_pre = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the base class's signature
        if tag in _UNSEEN:
            self._unseen.append(tag)
        elif tag == "pre":
            self._in_pre = True
            self.parts.append("\n\n```\n")
        elif not self._in_pre:
            self.parts.append("  \n" if tag == "br" else _as_markdown(tag, ending=False))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unseen:
            while self._unseen.pop() != tag:  # what was left open inside ends with it
                pass
        elif tag == "pre" and self._in_pre:
            self._in_pre = False
            self.parts.append("\n```\n\n")
        elif not self._in_pre:
            self.parts.append(_as_markdown(tag, ending=True))

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._in_pre:
            self.parts.append(data)
            return
        literal = _LIKE_A_REFERENCE.sub("&amp;", data).replace("<", "&lt;")  # a reader sees these: Markdown must not take them for marks again
        escaped = re.sub(r"([\\`*_{}\[\]#|])", r"\\\1", literal)
        self.parts.append(re.sub(r"\s+", " ", escaped))
