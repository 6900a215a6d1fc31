"""The public help centre in words: how a site looks and where it is, and what stands on its pages. It holds nothing but what is public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from glassine.words.ids import ArticleId, OrgId


class Link(NamedTuple):
    """A link in the header or the footer."""

    words: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An organisation's help centre as it is set. Empty texts mean what the docs call usual: the organisation's name, its id, no domain, our colour."""

    org: OrgId
    organization: str
    languages: tuple[str, ...]
    title: str = ""
    slug: str = ""
    domain: str = ""
    accent: str = ""
    logo: str = ""  # the digest of the picture; empty: none
    hidden: bool = False
    header_links: tuple[Link, ...] = ()
    footer_links: tuple[Link, ...] = ()

    @property
    def name(self) -> str:
        return self.title or self.organization

    @property
    def key(self) -> str:
        """What stands in its address."""
        return self.slug or str(self.org)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An article in a list."""

    id: ArticleId
    title: str
    slug: str
    language: str
    description: str = ""
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A topic in one language, with what stands on it."""

    id: UUID
    name: str
    slug: str
    description: str = ""
    icon: str = ""
    parent: UUID | None = None
    count: int = 0  # with the topics below it
    entries: Sequence[Entry] = ()
    below: Sequence[Shelf] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An article with everything that its page shows. `path` leads from the top topic to its own."""

    entry: Entry
    body: str = field(repr=False)
    source: str
    file: str  # its path in the source
    url: str | None = None  # where it comes from, if that is a page elsewhere
    meta_title: str = ""
    meta_description: str = ""
    path: Sequence[Shelf] = ()
    before: Entry | None = None
    after: Entry | None = None
    languages: Mapping[str, str] = field(default_factory=dict)  # language -> slug
    neighbours: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # path in the source -> language, slug


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """What readers said of an article; comments are masked."""

    helpful: int = 0
    unhelpful: int = 0
    comments: Sequence[tuple[bool, str, datetime]] = ()
