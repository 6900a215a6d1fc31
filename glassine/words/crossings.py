"""Crossings in words: a request that leaves this process, why it leaves, and the row that is kept of it (never its text)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from glassine.words.ids import OrgId, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Lets:
    """What the organisation lets one destination see of personal values; whatever else is found on the way there stops the crossing.

    `values`: what may be seen, each with all that is a part of it. `told`: the words that are told there, whatever format the destination wants around
    them: what could be a word of that format too (a name, an address, what an own pattern matches) counts only where it stands in these.
    `ours`: ids, times, keys and settings of ours and the destination's, which only look like numbers of people."""

    values: frozenset[str] = field(default=frozenset(), repr=False)
    told: tuple[str, ...] = field(default=(), repr=False)
    ours: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Leave to go: in whose name, what for, and where to. `hosts` are the only destinations it may have:
    `api.example.com`, `api.example.com:8443` or `*.example.com` (any name below it, not itself).
    `raw`: the destination may see personal values; otherwise finding one in the payload stops the crossing, unless it is among those of `lets`.
    `ours`: ids, times and signatures that were made here. Random as they are, some look like numbers of people, so as whole values they are not looked at."""

    org: OrgId
    session: SessionId | None = None
    purpose: str  # one word a reviewer understands: model | mail | embedding | webhook …
    hosts: tuple[str, ...]
    raw: bool = False
    ours: frozenset[str] = frozenset()
    lets: Lets | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Everything that is about to leave in one crossing. Raw: it is looked through and hashed, never stored."""

    body: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)  # path and query; empty for what is not HTTP
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a look through a payload found: types and counts, no values.

    `masked`: placeholders by type. `found`: raw values by type, without those that the organisation has published itself, which
    `exempt` counts; `let`: those of them that the crossing lets out. `carried`: each raw value's hash under the key of the session's contact. `digest`: a keyed hash of the payload."""

    digest: bytes = b""
    masked: Mapping[str, int] = field(default_factory=dict)
    found: Mapping[str, int] = field(default_factory=dict)
    let: Mapping[str, int] = field(default_factory=dict)
    exempt: int = 0
    carried: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingRow:
    """What the ledger says of one crossing. `bytes` is the size of what was about to leave; `why` is empty unless it was refused."""

    org: OrgId
    session: SessionId | None
    destination: str  # host:port
    purpose: str
    bytes: int
    allowed: bool
    why: str = ""
    raw: bool = False
    scan: Scan = field(default_factory=Scan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A crossing's place in the chain."""

    seq: int
    link: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """A crossing as the ledger holds it; `sealed` is None until it has become a link of the chain."""

    id: UUID
    at: datetime
    row: CrossingRow
    sealed: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. A status of 3xx, 4xx or 5xx is an answer too; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
