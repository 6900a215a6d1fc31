"""What answers about articles and the help centre look like, for the OpenAPI description only: a test holds it to what is answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from glassine.words.articles import RuleKind, Severity
from glassine.words.knowledge import ArticleStatus, Audience


class Listed(BaseModel):
    id: UUID
    source: str
    path: str
    title: str
    body: str
    status: ArticleStatus
    audience: Audience
    segments: list[UUID]
    language: str
    url: str | None
    description: str
    slug: str
    meta_title: str
    meta_description: str
    topic_id: UUID | None
    position: int
    edited: bool
    version: int
    translation_of: UUID | None
    translated_by_machine: bool
    published_at: datetime | None
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Article(Listed):
    """`draft` holds the fields of the working copy where it differs from what is live; `token` names this state of the text."""

    token: str
    draft: dict[str, Any] | None


class Articles(BaseModel):
    items: list[Listed]
    total: int


class Version(BaseModel):
    number: int
    published: bool
    note: str
    by: str | None
    created_at: datetime
    fields: dict[str, Any]


class Versions(BaseModel):
    items: list[Version]


class Check(BaseModel):
    rule: str
    severity: Severity
    message: str
    field: str
    line: int | None
    quote: str | None
    checked: bool


class Checks(BaseModel):
    items: list[Check]


class Topic(BaseModel):
    id: UUID
    name: str
    slug: str
    description: str
    icon: str
    position: int
    parent_id: UUID | None
    names: dict[str, str]
    articles: int
    drafts: int


class Topics(BaseModel):
    items: list[Topic]


class Rule(BaseModel):
    id: UUID
    name: str
    kind: RuleKind
    value: str
    severity: Severity
    active: bool


class Rules(BaseModel):
    items: list[Rule]


class Image(BaseModel):
    id: UUID
    name: str
    media_type: str
    width: int
    height: int
    size: int
    url: str
    articles: int
    created_at: datetime


class Images(BaseModel):
    items: list[Image]
    total: int
    bytes: int


class BrokenLink(BaseModel):
    article_id: UUID
    title: str
    url: str
    internal: bool
    reason: str
    state: str
    ignored: bool
    checked_at: datetime | None


class Links(BaseModel):
    items: list[BrokenLink]
