"""An article made ready for its page: HTML with links that lead to pages here, its contents, its Markdown twin, and what search engines are told of it."""

from __future__ import annotations

import html as entities
import json
import posixpath
import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from markupsafe import Markup

from glassine.web.help.frame import Place
from glassine.web.render import article
from glassine.words.site import Reading, Shelf

_HEADING = re.compile(r'<h([23]) id="([^"]+)">(.*?)</h\1>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_INLINE_LINK = re.compile(r"(\]\()([^)\s#?:]+\.[a-z]+)((?:#[^)\s]*)?[)\s])")
_FEWEST = 3  # headings that are worth a table of contents
_DESCRIPTION = 160  # characters


class Heading(NamedTuple):
    level: int
    id: str
    words: str


def html(here: Place, found: Reading) -> Markup:
    """Links between files of one source lead to the pages of their articles."""
    made = article(_without_title(found), lambda target: _linked(found, target, f"/help/{here.site.key}"))
    # The sanitiser lets links into /help through; on a domain of its own the help centre stands at the top.
    return made if here.base else Markup(str(made).replace(f'="/help/{here.site.key}/', '="/'))  # noqa: S704 - sanitised above


def _without_title(found: Reading) -> str:
    """The body without a first heading that says the title again."""
    first, _, rest = found.body.lstrip().partition("\n")
    return rest if first.startswith("# ") and first[2:].strip() == found.entry.title else found.body


def _linked(found: Reading, target: str, base: str) -> str | None:
    """A link from the article's file to another of its source, as the address of that article's page."""
    file = posixpath.normpath(posixpath.join(posixpath.dirname(found.file), urlsplit(target).path))
    if file not in found.neighbours:
        return None
    language, slug = found.neighbours[file]
    return f"{base}/{language}/{quote(slug)}"


def contents(body: str) -> list[Heading]:
    """The headings below the title, where there are enough to get lost among."""
    found = [Heading(int(level), entities.unescape(id), entities.unescape(_TAG.sub("", words))) for level, id, words in _HEADING.findall(body)]
    return found if len(found) >= _FEWEST else []


def first_words(body: str) -> str:
    """For descriptions that nobody wrote: how the first paragraph begins."""
    paragraph = re.search(r"<p>(.*?)</p>", body, re.DOTALL)
    words = " ".join(entities.unescape(_TAG.sub("", paragraph[1])).split()) if paragraph else ""
    return words if len(words) <= _DESCRIPTION else words[: _DESCRIPTION - 1].rsplit(" ", 1)[0] + "…"


def twin(here: Place, found: Reading) -> str:
    """The article as Markdown, for programs that read: its title, what it is about, its text, and where it stands."""

    def elsewhere(match: re.Match[str]) -> str:
        to = _linked(found, unquote(match[2]), here.origin)
        return f"{match[1]}{to}.md{match[3]}" if to else match[0]

    about = f"> {found.entry.description}\n\n" if found.entry.description else ""
    body = _INLINE_LINK.sub(elsewhere, _without_title(found)).strip()
    return f"# {found.entry.title}\n\n{about}{body}\n\n---\nSource: {here.origin}/{found.entry.language}/{quote(found.entry.slug)}\n"


def article_data(here: Place, found: Reading, description: str) -> Markup:
    at = f"{here.origin}/{found.entry.language}/{quote(found.entry.slug)}"
    data: list[dict[str, Any]] = [{
        "@context": "https://schema.org", "@type": "TechArticle", "headline": found.entry.title, "description": description, "inLanguage": found.entry.language, "url": at,
        "mainEntityOfPage": at, "publisher": {"@type": "Organization", "name": here.site.organization},
        **({"dateModified": found.entry.changed_at.isoformat(timespec="seconds")} if found.entry.changed_at else {}),
    }]
    return _embedded([*data, _crumbs(here, found.path, found.entry.title)])


def way_data(here: Place, way: Sequence[Shelf], title: str) -> Markup:
    return _embedded([_crumbs(here, way, title)])


def site_data(here: Place) -> Markup:
    at = f"{here.origin}/{here.language}"
    return _embedded([{
        "@context": "https://schema.org", "@type": "WebSite", "name": here.site.name, "url": at, "inLanguage": here.language,
        "potentialAction": {"@type": "SearchAction", "target": f"{at}?q={{q}}", "query-input": "required name=q"},
    }])


def _crumbs(here: Place, way: Sequence[Shelf], title: str) -> dict[str, Any]:
    steps = [(here.site.name, f"{here.origin}/{here.language}"), *((each.name, f"{here.origin}/{here.language}/topics/{quote(each.slug)}") for each in way), (title, "")]
    items = [{"@type": "ListItem", "position": place, "name": name, **({"item": at} if at else {})} for place, (name, at) in enumerate(steps, 1)]
    return {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items}


def _embedded(data: Sequence[dict[str, Any]]) -> Markup:
    """Data, not a script: no content policy runs or stops it, and nothing in it can end the element."""
    text = json.dumps(data if len(data) > 1 else data[0], ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Markup(f'<script type="application/ld+json">{text}</script>')  # noqa: S704 - escaped above
