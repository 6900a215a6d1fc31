"""What the routes of pins, synonyms and the reranker answer with, described for the API's own documentation. It checks nothing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Pin(BaseModel):
    id: UUID
    article_id: UUID
    title: str
    question: str
    language: str


class Pins(BaseModel):
    items: list[Pin]


class Group(BaseModel):
    id: UUID
    phrases: list[str]
    language: str


class Synonyms(BaseModel):
    items: list[Group]


class Made(BaseModel):
    id: UUID


class RerankerFailure(BaseModel):
    kind: str
    times: int
    last_at: datetime
    says: str


class Reranker(BaseModel):
    url: str
    model: str
    has_key: bool
    closed: str
    failures: list[RerankerFailure]


class RerankerTried(BaseModel):
    reached: str
    milliseconds: int
    sensible: bool
