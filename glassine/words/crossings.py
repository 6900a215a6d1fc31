"""Crossings in words: a request that leaves this process, why it leaves, and the row that is kept of it (never its text)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from glassine.words.ids import OrgId, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Leave to go: in whose name, what for, and where to. `hosts` are the only destinations it may have:
    `api.example.com`, `api.example.com:8443` or `*.example.com` (any name below it, not itself)."""

    org: OrgId
    session: SessionId | None = None
    purpose: str  # one word a reviewer understands: model | mail | embedding | webhook …
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingRow:
    """What the record says of one crossing. `bytes` is the size of what was about to leave; `why` is empty unless it was refused."""

    org: OrgId
    session: SessionId | None
    destination: str  # host:port
    purpose: str
    bytes: int
    allowed: bool
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. A status of 3xx, 4xx or 5xx is an answer too; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
