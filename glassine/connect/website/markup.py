"""HTML as a tree that can be read: linear in its size, bounded in depth and number, whatever a page holds. It fetches and judges nothing.

It is no browser: forms, scripts and styles leave no trace but the text of `title` and JSON-LD. Why no library does this: docs/decisions/0038.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


DEEPEST = 100  # what lies deeper is read as if it stood there
_MOST_ELEMENTS = 50_000  # ten times what the longest pages of documentation have
_MOST_TOKENS = 200_000
_MOST_ATTRIBUTES = 60
_LONGEST_VALUE = 4_000

_VOID = names("area base br col embed hr img input link meta param source track wbr")
_RAW = names("script style textarea title xmp iframe noembed noframes")
_NOT_PUSHED = names("html head body")
_KEPT = names(
    "id class role href rel hreflang lang xml:lang name property content http-equiv src alt type hidden style start aria-hidden aria-controls aria-expanded aria-level"
    " data-lang data-language itemprop datetime",
)
HEADINGS = names("h1 h2 h3 h4 h5 h6")
BLOCKS = names(
    "address article aside blockquote center details dialog dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li main menu nav ol p pre"
    " section summary table ul tr td th thead tbody tfoot caption",
)
_PARAGRAPH = names("p")
_WALLS = names("table td th caption button object template")  # an end tag inside does not reach outside
# What the start of an element ends, and how far up it looks.
_ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (names("li"), names("ul ol menu")),
    "dt": (names("dt dd"), names("dl")),
    "dd": (names("dt dd"), names("dl")),
    "td": (names("td th"), names("tr table")),
    "th": (names("td th"), names("tr table")),
    "tr": (names("tr td th"), names("table")),
    "thead": (names("thead tbody tfoot tr td th"), names("table")),
    "tbody": (names("thead tbody tfoot tr td th"), names("table")),
    "tfoot": (names("thead tbody tfoot tr td th"), names("table")),
    "option": (names("option"), names("select")),
    "a": (names("a"), _WALLS),
}


@dataclass(slots=True, eq=False)
class Element:
    """One element. Its text is in `children`, between the elements, as a reader would see it but for white space."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    @property
    def elements(self) -> list[Element]:
        return [child for child in self.children if isinstance(child, Element)]

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in the order of the page."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            yield one
            waiting.extend(reversed(one.elements))

    def text(self) -> str:
        """All text below, white space as it came."""
        parts: list[str] = []
        waiting: list[Element | str] = [self]
        while waiting:
            one = waiting.pop()
            if isinstance(one, str):
                parts.append(one)
            else:
                waiting.extend(reversed(one.children))
        return "".join(parts)


class Start(NamedTuple):
    name: str
    attributes: dict[str, str]


class End(NamedTuple):
    name: str


class Raw(NamedTuple):
    """An element whose content is no markup, with that content."""

    start: Start
    text: str


Token = Start | End | Raw | str


def tree(text: str) -> Element:
    """The whole page below one element `html`, which has the attributes of `html` and `body`."""
    builder = _Builder()
    for count, token in enumerate(tokens(text)):
        if count > _MOST_TOKENS or builder.is_full:
            break
        builder.take(token)
    return builder.root


# -- tokens ---------------------------------------------------------------------------------------------------------------------


def tokens(text: str) -> Iterator[Token]:
    """Tags and the text between them. Comments, doctypes and processing instructions are left out; what a tag never closes ends the page."""
    at = 0
    while (opening := text.find("<", at)) >= 0:
        if opening > at:
            yield plain(text[at:opening])
        kind = text[opening + 1 : opening + 2]
        if kind.isascii() and kind.isalpha():
            start, at = _start(text, opening + 1)
            if start is None:
                return
            if start.name in _RAW:
                raw, at = _raw(text, at, start.name)
                yield Raw(start, raw)
            else:
                yield start
        elif kind in ("!", "?", "/"):
            end, at = _end(text, opening)
            if end is not None:
                yield end
            if at < 0:
                return
        else:
            yield "<"
            at = opening + 1
    if at < len(text):
        yield plain(text[at:])


_TAG_NAME = re.compile(r"[A-Za-z][^\s/>]*")
_NEXT_ATTRIBUTE = re.compile(r"[\s/]*(?:(?P<close>>)|(?P<name>=?[^\s/>=]*)\s*(?P<value>=\s*)?)")
_BARE = re.compile(r"[^\s>]*")


def _start(text: str, at: int) -> tuple[Start | None, int]:
    """A start tag and the place behind it, or None where the page ends inside."""
    named = _TAG_NAME.match(text, at)
    assert named is not None, "the caller has seen its first letter"
    attributes: dict[str, str] = {}
    at = named.end()
    while at < len(text):
        found = _NEXT_ATTRIBUTE.match(text, at)
        assert found is not None, "every part of the pattern may be empty"
        if found["close"]:
            return Start(named[0].lower()[:40], attributes), found.end()
        value, at = _value(text, found.end()) if found["value"] else ("", found.end())
        if at < 0 or found.end() == found.start():
            return None, len(text)
        name = found["name"].lower()
        if name in _KEPT and name not in attributes and len(attributes) < _MOST_ATTRIBUTES:
            attributes[name] = plain(value[:_LONGEST_VALUE])
    return None, len(text)


def _value(text: str, at: int) -> tuple[str, int]:
    quote = text[at : at + 1]
    if quote in ('"', "'"):
        end = text.find(quote, at + 1)
        return (text[at + 1 : end], end + 1) if end >= 0 else ("", -1)
    bare = _BARE.match(text, at)
    assert bare is not None, "it may be empty"
    return bare[0], bare.end()


def _end(text: str, at: int) -> tuple[End | None, int]:
    """What `</`, `<!` or `<?` begins, and the place behind it; -1 where it never ends."""
    if text.startswith("<!--", at):
        end = text.find("-->", at + 2)
        return None, end + 3 if end >= 0 else -1
    end = text.find(">", at)
    named = _TAG_NAME.match(text, at + 2) if text[at + 1] == "/" else None
    return End(named[0].lower()[:40]) if named and end >= 0 else None, end + 1 if end >= 0 else -1


def _raw(text: str, at: int, name: str) -> tuple[str, int]:
    closing = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, at)
    if closing is None:
        return text[at:], len(text)
    end = text.find(">", closing.end())
    return text[at : closing.start()], end + 1 if end >= 0 else len(text)


_TOO_LONG = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")


def plain(text: str) -> str:
    """Text with its character references read; a number that no character has (a million digits) is read as unknown."""
    if "&" in text:
        text = html.unescape(_TOO_LONG.sub("\ufffd", text))
    return text.replace("\0", "")


# -- the tree -------------------------------------------------------------------------------------------------------------------


class _Builder:
    """Puts tokens in their place, as browsers do where it matters for text: what is left open ends with what it stands in."""

    def __init__(self) -> None:
        self.root = Element("html")
        self._open = [self.root]
        self._count: Counter[str] = Counter()  # how often each name is open
        self._flat: Counter[str] = Counter()  # start tags that were too deep to count
        self._made = 0

    @property
    def is_full(self) -> bool:
        return self._made > _MOST_ELEMENTS

    def take(self, token: Token) -> None:
        if isinstance(token, str):
            self._open[-1].children.append(token)
        elif isinstance(token, Start):
            self._begin(token)
        elif isinstance(token, Raw):
            self._keep_raw(token)
        else:
            self._finish(token.name)

    def _begin(self, start: Start) -> None:
        name = start.name
        if name in _NOT_PUSHED:
            for attribute, value in start.attributes.items():
                self.root.attributes.setdefault(attribute, value)
            return
        self._end_implied(name)
        self._made += 1
        element = Element(name, start.attributes)
        if name in _VOID:
            self._open[-1].children.append(element)
        elif len(self._open) > DEEPEST:
            self._flat[name] += 1
        else:
            self._open[-1].children.append(element)
            self._open.append(element)
            self._count[name] += 1

    def _end_implied(self, name: str) -> None:
        if name in BLOCKS and self._count["p"]:
            self._pop_to(_PARAGRAPH, _WALLS)
        if name in HEADINGS and self._open[-1].name in HEADINGS:
            self._pop()
        if name in _ENDS:
            ended, walls = _ENDS[name]
            if any(self._count[one] for one in ended):
                self._pop_to(ended, walls, all_of_them=name in {"tr", "thead", "tbody", "tfoot"})

    def _pop_to(self, names: frozenset[str], walls: frozenset[str], *, all_of_them: bool = False) -> None:
        """Ends the innermost open element of these names (or all), unless a wall stands before it."""
        place = None
        for at in range(len(self._open) - 1, 0, -1):
            if self._open[at].name in names:
                place = at
                if not all_of_them:
                    break
            elif self._open[at].name in walls:
                break
        while place is not None and len(self._open) > place:
            self._pop()

    def _pop(self) -> None:
        self._count[self._open.pop().name] -= 1

    def _keep_raw(self, raw: Raw) -> None:
        if raw.start.name == "title":
            self._open[-1].children.append(Element("title", {}, [plain(raw.text)]))
        elif raw.start.name == "script":
            kept = [raw.text] if raw.start.attributes.get("type", "").lower() == "application/ld+json" else []
            self._open[-1].children.append(Element("script", raw.start.attributes, list(kept)))

    def _finish(self, name: str) -> None:
        if self._flat[name]:
            self._flat[name] -= 1
        elif self._count[name] and name not in _NOT_PUSHED:
            self._pop_to(frozenset((name,)), frozenset() if name in _WALLS else _WALLS)
