"""Articles in words, as people write them: what a writer fills in, versions, topics, rules and what they found. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from glassine.words.ids import ArticleId, SegmentId
from glassine.words.knowledge import Article, Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a writer fills in, and what a version keeps. The topic and the place in it are not among them: they hold at once."""

    title: str
    body: str = ""
    description: str = ""
    slug: str = ""  # empty: from the title
    meta_title: str = ""
    meta_description: str = ""
    audience: Audience = Audience.PUBLIC
    segments: tuple[SegmentId, ...] = ()  # who else sees it, where the audience is `segment`
    language: str = ""  # empty: found out
    url: str | None = None

    @classmethod
    def of(cls, article: Article) -> Self:
        """An article's own, as they are live (or in a draft)."""
        return cls(**{each.name: getattr(article, each.name) for each in fields(cls)})

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """From the JSON of the store; what this version does not know is left out."""
        known = {each.name for each in fields(cls)}
        return cls(**{
            **{name: value for name, value in stored.items() if name in known}, "audience": Audience(stored.get("audience", Audience.PUBLIC)),
            "segments": tuple(SegmentId(UUID(id)) for id in stored.get("segments", ())),
        })

    def values(self) -> dict[str, Any]:
        """By name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def written(self) -> dict[str, Any]:
        """As JSON for the store."""
        return {**self.values(), "segments": [str(id) for id in self.segments]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """An article with what is being written on it. `token` names this state of the text: whoever saves says which one they began from."""

    article: Article
    fields: Fields
    apart: bool  # it differs from what is live
    by: UUID | None
    saved_at: datetime

    @property
    def token(self) -> str:
        return self.saved_at.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One immutable state of an article: published, or set aside so that nothing is lost."""

    article: ArticleId
    number: int
    fields: Fields
    published: bool
    note: str
    by: UUID | None
    by_name: str  # empty: a program, or nobody
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A shelf of the help centre. `names` says it in other languages; `articles` counts the published ones."""

    id: UUID
    name: str
    slug: str
    description: str = ""
    icon: str = ""
    position: int = 0
    parent: UUID | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    articles: int = 0
    drafts: int = 0


class Severity(StrEnum):
    MUST = "must"  # keeps an article from being published
    SHOULD = "should"


class RuleKind(StrEnum):
    """What a content rule looks at. `value` is what the admin fills in."""

    REQUIRED = "required"  # a phrase, or /pattern/
    FORBIDDEN = "forbidden"
    LONGEST_TITLE = "longest_title"  # characters
    LONGEST_DESCRIPTION = "longest_description"
    DESCRIPTION = "description"  # there is one
    HEADINGS = "headings"  # levels are not skipped, the first level is the title's
    BARE_LINKS = "bare_links"
    BROKEN_LINKS = "broken_links"
    READING_LEVEL = "reading_level"  # school years, as Flesch and Kincaid count them
    PLAIN = "plain"  # in plain words, for the language model


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRule:
    id: UUID
    name: str
    kind: RuleKind
    value: str
    severity: Severity
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Where an article breaks a rule. `line` counts from 1 in its Markdown; 0: the article as a whole. `unchecked`: nobody could tell."""

    rule: str
    severity: Severity
    words: str
    field: str = "body"
    line: int = 0
    quote: str = ""
    machine: bool = False  # the language model says so
    unchecked: bool = False
