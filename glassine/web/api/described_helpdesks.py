"""What answers about helpdesks look like, for the API's description."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from glassine.web.api.described_sources import FormField


class Step(BaseModel):
    """One thing to do by hand."""

    title: str
    text: str


class Kind(BaseModel):
    """`needs`: of a contact, any of which is enough for a ticket; empty: none. `begin`: what is to be done over there before the fields can be filled in."""

    kind: str
    title: str
    needs: list[str]
    fields: list[FormField]
    begin: list[Step]


class Kinds(BaseModel):
    items: list[Kind]


class Counts(BaseModel):
    """Tickets that are open there and in trouble, and deliveries that wait and that stopped."""

    opened: int
    failing: int
    waiting: int
    stuck: int


class CustomField(BaseModel):
    """What may stand in it: text | whole | number | date | yes_no | choice | other. `choices`: the value that is sent, and what people read."""

    title: str
    form: str
    choices: dict[str, str] | None = None


class Helpdesk(BaseModel):
    """`missing`: rights that its key lacks, as it said when its settings were tried last; `steps`: what is left to do by hand over there.
    `policy`: how much of each field leaves. `trouble`: why its side could not be set up, or its newest trouble; null: all is well.
    `choices`: what it offers for fields of its settings, by field and id, as it said when they were tried last;
    `forms`: what may stand in its custom fields. `fills_by`: the language model that fills in those of the setting `filling`; null: none is set, and they stay empty."""

    id: UUID
    kind: str
    name: str
    settings: dict[str, str]
    secrets: list[str]
    hosts: list[str]
    policy: dict[str, str]
    choices: dict[str, dict[str, str]]
    forms: dict[str, CustomField]
    fills_by: str | None
    hook_url: str
    trouble: str | None
    missing: list[str]
    steps: list[Step]
    counts: Counts
    created_at: datetime


class Helpdesks(BaseModel):
    items: list[Helpdesk]


class Connected(BaseModel):
    """`missing`: rights that its key lacks, each with what does not work without it."""

    helpdesk: Helpdesk
    reached: str
    missing: list[str]


class Tried(BaseModel):
    """The ticket of a test. `trouble` says what did not work after it was opened; null: nothing."""

    ticket_id: str
    url: str
    trouble: str | None


class Gone(BaseModel):
    """`trouble`: what could not be taken away on its side; null: nothing."""

    trouble: str | None


class Heard(BaseModel):
    ok: bool
