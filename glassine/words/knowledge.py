"""Knowledge in words: articles, the passages they are cut into, and what a search returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from glassine.words.ids import ArticleId, ContactId, PassageId, SegmentId

TRASH = timedelta(days=30)  # for which what was deleted, and a picture that nobody shows, is kept


class Audience(StrEnum):
    """Who may see something: everybody, the contacts of some segments, or the team alone. A customer is never answered from what is `internal`."""

    PUBLIC = "public"
    SEGMENT = "segment"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks for something: anybody, a contact in a session that is verified, or the team. What they may see is decided in the store, below the ranking.

    `segments`: somebody who would be in these, as the team tries a search out; no customer's session makes such a viewer.
    """

    team: bool = False
    contact: ContactId | None = None
    segments: tuple[SegmentId, ...] = ()

    def admits(self, audience: Audience) -> bool:
        """A second net, below which nothing is internal that leaves the team. Which segments somebody is in, the store alone knows."""
        return self.team or audience is Audience.PUBLIC or (audience is Audience.SEGMENT and (self.contact is not None or bool(self.segments)))


EVERYBODY = Viewer()
TEAM = Viewer(team=True)


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
    segments: tuple[SegmentId, ...] = ()  # who else sees it: contacts of any of these, where the audience is `segment`
    scope: int = 0  # the same as search knows it
    topic: UUID | None = None
    position: int = 0  # within the topic
    slug: str = ""  # its address in the help centre: unique per language
    description: str = ""
    meta_title: str = ""
    meta_description: str = ""
    translation_of: ArticleId | None = None
    translated_from: int = 0  # the version of that article it was made from
    machine: bool = False  # a machine translated it, and no person has edited it since
    version: int = 0  # the newest in its history
    edited: bool = False  # somebody has written on it since it was published
    deleted_at: datetime | None = None  # in the trash since
    published_at: datetime | None = None


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
    also: tuple[str, ...] = ()  # titles of other articles that say the same in nearly the same words


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportLine:
    """What became of one file of an import: `outcome` is added | changed | unchanged | removed | skipped | failed, with a reason for the last two."""

    path: str
    outcome: str
    reason: str = ""
