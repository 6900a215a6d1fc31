"""What the routes of pins and synonyms answer with, described for the API's own documentation. It checks nothing."""

from __future__ import annotations

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
