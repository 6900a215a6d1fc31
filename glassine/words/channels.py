"""What comes in over a channel, and what a vendor's module must offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from glassine.words.files import FileNote
from glassine.words.helpdesks import Helpdesk
from glassine.words.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came with a message and was uploaded before it. `size` in bytes; `text` is what was read of it, raw, and `note` says what was not."""

    id: UUID
    name: str = field(repr=False)
    type: str
    size: int
    text: str = field(default="", repr=False)
    note: FileNote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One customer message as its channel understood it; raw, so it lives only until `inbound.receive` has masked it."""

    external_id: UUID  # the sender's id of the message: the same twice is one message, and it becomes the event's id
    text: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the AI may see it
    custom_data: Mapping[str, Any] = field(default_factory=dict, repr=False)  # people only
    language: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)  # the call that a button said yes or no to: `call`, its id, and `yes`


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """Everything the product needs to know of one vendor. Settings form, API schema, docs and egress list derive from it."""

    name: str
    title: str
    hosts: tuple[str, ...] = ()  # where it may connect to; nothing else leaves in its name
    settings: Mapping[str, str] = field(default_factory=dict)  # name -> what it is, in one sentence
    source: Source | None = None
    helpdesk: Helpdesk | None = None
