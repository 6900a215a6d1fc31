"""What of a page is its own text: menus, banners, footers and the like are taken out of its tree. It reads the tree and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from glassine.connect.website.markup import HEADINGS, Element, names

_ALWAYS = names("nav script svg math canvas audio video object embed noscript template select textarea dialog menu map datalist")
_AROUND = frozenset({"header", "footer", "aside"})  # of the page; those of an article belong to it
_ROLES = names("navigation banner contentinfo search dialog alertdialog complementary menu menubar toolbar tooltip")
_OWN = frozenset({"main", "article", "section"})

# Words that make up the class or id of what stands around a text, in the habits of the usual site builders and help centres.
_WORDS = names(
    "nav navbar navigation navs sidebar sidenav breadcrumb breadcrumbs crumbs crumb pagination pager paginator pagenav share sharing sharedaddy social newsletter"
    " related relatives recirculation promo advert advertisement ads modal popup cookie cookies consent gdpr onetrust cookiebot toc tableofcontents skip skiplink feedback"
    " helpful votes vote comments respond gutter linenos lineno footer masthead topbar toolbar offcanvas prevnext",
)
_PARTS = re.compile(r"cookie|consent|breadcrumb|sidebar|pagination|newsletter|navbar|navigation|relatedposts|skip-?(?:to|link)|sr-only|visually-?hidden|screen-reader|edit-this|line-numbers")
_SKIP = re.compile(r"skip-?(?:to|link|nav)")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

_MOST = 0.6  # of a page's text: what holds more of it is no ornament, whatever it is called
_ENOUGH = 250  # characters that make a `main` or `article` the page's own text
_LISTED = 200  # characters outside links below which a page only lists others

Unwanted = Callable[[Element, bool], bool]


@dataclass(frozen=True, slots=True)
class Size:
    """Characters of text below an element, and how many of them stand in links."""

    all: int
    linked: int

    @property
    def own(self) -> int:
        return self.all - self.linked


def own_text(page: Element) -> Element:
    """The part of the tree that holds the page's own text, with the rest taken out of it. Changes the tree."""
    shown = _shown_on_demand(page)
    _take_out(page, lambda one, _: one.name in _ALWAYS or _is_hidden(one, shown))
    before = sizes(page)
    most = before[page].all * _MOST

    def is_around(one: Element, inside: bool) -> bool:
        size = before[one]
        if size.own > most and size.own > _ENOUGH:
            return False
        return _stands_around(one, inside)

    _take_out(page, is_around)
    after = sizes(page)
    root = _root(page, after)
    if after[root].own > _ENOUGH:
        _take_out(root, lambda one, _: one is not root and _only_links(one, after))
    return root


def only_lists(root: Element) -> bool:
    """Whether next to nothing stands in it but links: an index of other pages."""
    size = sizes(root)[root]
    return size.own < _LISTED and size.linked > size.own and sum(one.name == "a" for one in root.walk()) >= 5


def sizes(root: Element) -> dict[Element, Size]:
    """The size of every element below, each in one pass from the bottom up."""
    order = list(root.walk())
    found: dict[Element, Size] = {}
    for one in reversed(order):
        text = linked = 0
        for child in one.children:
            if isinstance(child, str):
                text += len(child.strip())
            else:
                text += found[child].all
                linked += found[child].linked
        found[one] = Size(text, text if one.name == "a" else linked)
    return found


def _take_out(root: Element, unwanted: Unwanted) -> None:
    """Removes what is unwanted. `unwanted` is told whether the element stands inside a text's own element (`main`, `article` …)."""
    waiting = [(root, False)]
    while waiting:
        one, inside = waiting.pop()
        inside = inside or one.name in _OWN
        one.children = [child for child in one.children if isinstance(child, str) or not unwanted(child, inside)]
        waiting.extend((child, inside) for child in one.elements)


def _shown_on_demand(page: Element) -> frozenset[str]:
    """Ids of what a button or link on the page unfolds: answers of an accordion, tabs."""
    found: set[str] = set()
    for one in page.walk():
        found.update(one.attributes.get("aria-controls", "").split())
        if one.name == "a" and one.attributes.get("href", "").startswith("#"):
            found.add(one.attributes["href"][1:])
    return frozenset(found)


def _is_hidden(one: Element, shown: frozenset[str]) -> bool:
    attributes = one.attributes
    hidden = "hidden" in attributes or attributes.get("aria-hidden", "").lower() == "true" or bool(_UNSEEN.search(attributes.get("style", "")))
    return hidden and attributes.get("id", "") not in shown and attributes.get("role", "") not in ("tabpanel", "region")


def _stands_around(one: Element, inside: bool) -> bool:
    if one.name in _AROUND and (not inside or one.name == "footer"):
        return True
    if one.attributes.get("role", "").lower() in _ROLES:
        return True
    if one.name == "a":
        return bool(_SKIP.search(one.attributes.get("class", "").lower()))
    if one.name in HEADINGS or one.name in ("p", "code", "pre"):
        return False
    return any(_is_telling(one.attributes.get(attribute, "")) for attribute in ("class", "id"))


def _is_telling(name: str) -> bool:
    if not name:
        return False
    if _PARTS.search(name.lower()):
        return True
    return any(word.lower() in _WORDS for word in _WORD.findall(name))


def _root(page: Element, size: dict[Element, Size]) -> Element:
    """`main` or the one `article`, if it holds a text; else the whole page, so that nothing is lost where a site is built of bare boxes."""
    for name, role in (("main", "main"), ("article", "article")):
        found = [one for one in page.walk() if one.name == name or one.attributes.get("role") == role]
        if not found:
            continue
        largest = max(found, key=lambda one: size[one].own)
        enough = size[largest].own >= min(_ENOUGH, size[page].own / 4)
        if enough and (len(found) == 1 or size[largest].own >= size[page].own / 2):
            return largest
    return page


def _only_links(one: Element, size: dict[Element, Size]) -> bool:
    """A box of links without a sentence: a menu that no name tells. A list inside a text stays if it has fewer than five."""
    if one.name not in ("div", "ul", "ol", "section", "table", "td", "center"):
        return False
    links = sum(child.name == "a" for child in one.walk()) if size[one].linked * 20 >= size[one].all * 19 and size[one].all else 0
    return links >= 5
