"""Knowledge in words: articles, the passages they are cut into, and what a search returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from glassine.words.ids import ArticleId, PassageId


class Audience(StrEnum):
    """Who may see something. A customer's answer is made of `public` only; `internal` is for the team's own surfaces."""

    PUBLIC = "public"
    INTERNAL = "internal"


class ArticleStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article in Markdown. `path` is its place in the source it came from (unique per source), `url` where a reader finds it."""

    id: ArticleId
    source: str  # 'editor', or the name of the import
    path: str
    title: str
    body: str
    status: ArticleStatus
    audience: Audience
    language: str  # ISO 639-1
    url: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage before it is stored: the text under one heading, its heading path, and its sentences in order."""

    position: int
    heading: str  # 'Title › Section › Subsection'
    text: str  # plain text, without Markdown
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that a search found. `scores` holds every part that was added up, by name, so that inspect can show why."""

    passage: PassageId
    article: ArticleId
    title: str
    heading: str
    text: str
    url: str | None
    audience: Audience
    score: float  # comparable within one search only
    similarity: float  # cosine of the query and the best sentence, -1 to 1: comparable across searches
    best_sentence: str
    language: str = "en"  # of the article, ISO 639-1
    scores: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document as its source gave it. `path` is its place in the source, with `/` and a suffix that says what it is written in."""

    path: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportLine:
    """What became of one file of an import: `outcome` is added | changed | unchanged | removed | skipped | failed, with a reason for the last two."""

    path: str
    outcome: str
    reason: str = ""
