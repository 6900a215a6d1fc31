"""The hash chain over the ledger: how a row becomes a link, and how a copy of the chain is checked. Needs no database and no key.

A link is the SHA-256 of the canonical JSON of {previous, row, sealed_at, seq}: plain, so that a reviewer can check it with any program.
What keeps somebody with the whole database from making the chain anew is not a key but the heads that were put elsewhere (anchors).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from glassine.words.crossings import Crossed
from glassine.words.ids import OrgId

FORMAT = 1
_MOST_FAULTS = 50  # that are told; the rest are counted
_LATE_SECONDS = 60.0  # a chainer seals within a second


def genesis(organization: OrgId | str) -> str:
    """What the first link is made of in place of one before it."""
    return hashlib.sha256(f"glassine ledger {FORMAT} of {organization}".encode()).hexdigest()


def row_of(crossed: Crossed) -> dict[str, Any]:
    """What the chain covers of a crossing: all that the ledger says of it."""
    row = crossed.row
    return {
        "id": str(crossed.id), "organization": str(row.org), "at": when(crossed.at), "session": str(row.session) if row.session else None, "destination": row.destination,
        "purpose": row.purpose, "bytes": row.bytes, "allowed": row.allowed, "why": row.why, "raw": row.raw, "digest": row.scan.digest.hex(),
        "masked": dict(row.scan.masked), "found": dict(row.scan.found), "exempt": row.scan.exempt, "carried": sorted(one.hex() for one in row.scan.carried),
    }  # fmt: skip


def when(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def link(previous: str, seq: int, sealed_at: str, row: Mapping[str, Any]) -> str:
    """The next link, in hexadecimal digits like the one before."""
    sealed = {"previous": previous, "row": row, "sealed_at": sealed_at, "seq": seq}
    return hashlib.sha256(json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A head of the chain as it was put elsewhere."""

    seq: int
    link: str
    at: str = ""


@dataclass(slots=True, kw_only=True)
class Checked:
    """What a check found. `faults` are sentences; without any, the chain is whole."""

    organization: str
    sealed: int = 0
    head: str = ""
    unsealed: list[Mapping[str, Any]] = field(default_factory=list)
    anchors: int = 0  # that were found in their place
    newest_anchor: int = 0
    faults: list[str] = field(default_factory=list)
    more_faults: int = 0

    def fault(self, text: str) -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(text)
        else:
            self.more_faults += 1


def check(header: Mapping[str, Any], lines: Iterable[Mapping[str, Any]], anchors: Iterable[Anchor] = ()) -> Checked:
    """Checks an export: `header` is its signed head, `lines` the rows after it. Finds edits, deletions, insertions, reordering and truncation."""
    checked = Checked(organization=str(header.get("organization")))
    wanted = {anchor.seq: anchor for anchor in anchors}
    previous, ids = genesis(checked.organization), set[str]()
    for line in lines:
        if "seq" not in line:
            _unsealed(checked, line, ids, str(header.get("exported_at", "")))
            continue
        previous = _sealed(checked, line, previous, ids)
        anchor = wanted.pop(checked.sealed, None)
        if anchor is not None:
            _compare(checked, anchor, str(line.get("link")))
    checked.head = previous
    _end(checked, header)
    for anchor in wanted.values():
        checked.fault(f"The chain ends at row {checked.sealed:,}, but row {anchor.seq:,} was anchored{_on(anchor.at)}: it was cut off.")
    return checked


def _sealed(checked: Checked, line: Mapping[str, Any], previous: str, ids: set[str]) -> str:
    """Checks one sealed row against the one before it, and returns what the next one is checked against."""
    expected, seq, row, written = checked.sealed + 1, line.get("seq"), line.get("row"), str(line.get("link"))
    if checked.unsealed:
        checked.fault(f"Row {seq} stands after rows that are not sealed: it was moved.")
    if seq != expected:
        checked.fault(f"Row {seq} stands where row {expected:,} belongs: rows were {'deleted' if isinstance(seq, int) and seq > expected else 'inserted or moved'}.")
    checked.sealed = seq if isinstance(seq, int) and seq > checked.sealed else expected
    if not isinstance(row, Mapping):
        checked.fault(f"Row {seq} was deleted: only its link is left.")
        return written
    if str(row.get("id")) in ids:
        checked.fault(f"Row {seq} is in the chain a second time.")
    ids.add(str(row.get("id")))
    if row.get("organization") != checked.organization:
        checked.fault(f"Row {seq} belongs to another organisation.")
    if seq == expected and link(previous, expected, str(line.get("sealed_at")), row) != written:
        checked.fault(f"Row {seq} does not fit its link: it, its time or the link before it was changed.")
    return written


def _unsealed(checked: Checked, line: Mapping[str, Any], ids: set[str], exported_at: str) -> None:
    row = line.get("row")
    if not isinstance(row, Mapping):
        checked.fault(f"The crossing {line.get('id')} was deleted before it was sealed.")
        return
    if str(row.get("id")) in ids:
        checked.fault(f"The crossing {row.get('id')} is told twice.")
    ids.add(str(row.get("id")))
    checked.unsealed.append(row)
    if _seconds_between(str(row.get("at")), exported_at) > _LATE_SECONDS:
        checked.fault(f"The crossing {row.get('id')} of {row.get('at')} is still not sealed: nothing sealed it, or it was inserted later.")


def _compare(checked: Checked, anchor: Anchor, written: str) -> None:
    if written == anchor.link:
        checked.anchors, checked.newest_anchor = checked.anchors + 1, max(checked.newest_anchor, anchor.seq)
    else:
        checked.fault(f"Row {anchor.seq:,} has another link than the one that was anchored{_on(anchor.at)}: the chain was made anew.")


def _end(checked: Checked, header: Mapping[str, Any]) -> None:
    """The rows must end where the header says."""
    head = header.get("head") or {}
    seq, written = head.get("seq", 0), head.get("link", genesis(checked.organization))
    if seq != checked.sealed:
        checked.fault(f"The export says that the chain ends at row {seq}, but its rows end at {checked.sealed:,}: rows are missing at the end, or were added.")
    elif written != checked.head:
        checked.fault("The last link is not the one that the export's signed header names.")
    if header.get("unsealed") != len(checked.unsealed):
        checked.fault(f"The export says that {header.get('unsealed')} rows were not sealed, but {len(checked.unsealed)} are in it.")


def _on(moment: str) -> str:
    return f" at {moment}" if moment else ""


def _seconds_between(earlier: str, later: str) -> float:
    try:
        return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
    except (ValueError, TypeError):
        return float("inf")
