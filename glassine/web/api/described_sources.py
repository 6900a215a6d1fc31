"""What answers about knowledge sources look like, for the API's description."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from glassine.words.sources import Cadence, FieldKind, RunOutcome
from glassine.words.syncing import Leaving, PageState, Readers

Job = Literal["pending", "scraping", "completed", "failed", "cancelled"]


class FormField(BaseModel):
    name: str
    title: str
    help: str
    kind: FieldKind
    required: bool
    default: str
    choices: dict[str, str]


class Kind(BaseModel):
    kind: str
    title: str
    fields: list[FormField]


class Kinds(BaseModel):
    items: list[Kind]


class Run(BaseModel):
    """`status` is the word that crawl jobs go by, `outcome` what is behind it: a run that waits for a decision is completed."""

    id: UUID
    status: Job
    outcome: RunOutcome
    by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    reason: str
    trouble: str
    counts: dict[str, int]
    done: int
    total: int | None


class Runs(BaseModel):
    items: list[Run]


class Delay(BaseModel):
    """From a change in the source to search, in seconds, over the last 30 days."""

    p50: float | None
    p95: float | None
    changes: int


class Source(BaseModel):
    """`settings` hold no secret; `secrets` names those that are set. `withdrawn_at`: out of answers since, because it has not been read for longer than its age limit."""

    id: UUID
    kind: str
    name: str
    settings: dict[str, str]
    secrets: list[str]
    hosts: list[str]
    cadence: Cadence
    readers: Readers
    segments: list[UUID]
    max_age_hours: int | None
    delete_share: int
    canary: str
    next_run_at: datetime | None
    last_success_at: datetime | None
    withdrawn_at: datetime | None
    created_at: datetime
    pages: dict[str, int]
    delay: Delay
    canary_delay: Delay
    run: Run | None


class Sources(BaseModel):
    items: list[Source]


class Connected(BaseModel):
    """`reached` says in one sentence what the test of the settings found; empty when they are as they were."""

    source: Source
    reached: str


class Begun(BaseModel):
    """`run_id` null: one is under way, and another follows it."""

    run_id: UUID | None


class Page(BaseModel):
    path: str
    part_of: str
    article_id: UUID | None
    title: str
    url: str | None
    status: PageState
    reason: str
    leaving: Leaving
    updated_at: datetime | None
    synced_at: datetime | None


class Pages(BaseModel):
    items: list[Page]
    total: int


class Changed(BaseModel):
    pages: int


class Stopped(BaseModel):
    stopped: bool


class Upload(BaseModel):
    name: str
    type: str
    size: int
    sha256: str
    uploaded_at: datetime


class Uploads(BaseModel):
    items: list[Upload]


class Uploaded(BaseModel):
    name: str
