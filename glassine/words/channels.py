"""Channels and connectors in words: what comes in, what goes out, and what a vendor's module must offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from glassine.words.sessions import ChannelKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRequest:
    """Bytes as they arrived, before anybody has looked at them."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came with a message and was uploaded before it. `size` in bytes."""

    id: UUID
    name: str = field(repr=False)
    type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One customer message as its channel understood it; raw, so it lives only until `inbound.receive` has masked it."""

    external_id: UUID  # the sender's id of the message: the same twice is one message, and it becomes the event's id
    text: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the AI may see it
    custom_data: Mapping[str, Any] = field(default_factory=dict, repr=False)  # people only
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a channel says of a delivery: the other side's id, if it gave one."""

    external_id: str | None = None


class Channel(Protocol):
    """One way to talk with a customer. `verify` refuses or returns; `parse` is pure; `send` talks through the gate."""

    kind: ChannelKind

    def verify(self, raw: RawRequest, secret: str) -> None: ...
    def parse(self, raw: RawRequest) -> list[Inbound]: ...
    async def send(self, gate: Any, to: str, text: str) -> Receipt: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """Everything the product needs to know of one vendor. Settings form, API schema, docs and egress list derive from it."""

    name: str
    title: str
    hosts: tuple[str, ...] = ()  # where it may connect to; nothing else leaves in its name
    settings: Mapping[str, str] = field(default_factory=dict)  # name -> what it is, in one sentence
    channel: Channel | None = None
    source: Any = None
