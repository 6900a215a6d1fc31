"""`glassine ledger export FILE` and `glassine ledger verify FILE`. To verify takes nothing but files: no database, no key, no network."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from glassine.commands.organization import chosen
from glassine.config import Settings
from glassine.edge import signatures
from glassine.edge.signatures import Forged
from glassine.rules import chain
from glassine.rules.chain import Anchor, Checked
from glassine.story.boundary import crossings
from glassine.story.world import live
from glassine.words.errors import Refused

_SHOWN = 5  # unsealed rows that are listed one by one


def export(settings: Settings, file: Path, organization: str | None) -> int:
    """Writes one organisation's ledger to a new file. Raises Refused when the file is there already, or several organisations are."""
    if file.exists():
        raise Refused(f"{file} is there already. Name a file that is not.")
    _say(f"Wrote {asyncio.run(_export(settings, file, organization)):,} lines to {file}. Check them with: glassine ledger verify {file}")
    return 0


async def _export(settings: Settings, file: Path, organization: str | None) -> int:
    count = 0
    async with live(settings) as world:
        org = await chosen(world, organization)
        with file.open("x", encoding="ascii") as written:
            async for line in crossings.export(world, org):
                written.write(line)
                count += 1
    return count


def verify(file: Path, anchor_files: Sequence[Path], signer: str | None) -> int:
    """Says what is wrong with an export, or that nothing is. 0: whole. 1: not, and why. Raises Refused for what is no export."""
    lines = _lines(file)
    header, key = _header(file, next(lines, (1, {})))
    faults: list[str] = []
    if signer and _plain(signer) != _plain(key):
        faults.append(f"The export is signed by {key}, not by {signer}.")
    anchors = [anchor for path in anchor_files for anchor in _anchors(path, str(header.get("organization")), signer, faults)]
    checked = chain.check(header, (line for _, line in lines), anchors)
    checked.faults[:0] = faults
    return _tell(checked, header, key, given=len(anchors))


def _lines(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    number = 1
    try:
        with file.open(encoding="utf-8") as read:
            for number, text in enumerate(read, 1):
                line = json.loads(text)
                if not isinstance(line, dict):
                    raise ValueError
                yield number, line
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise Refused(f"Line {number} of {file} is not JSON of a ledger: the file was cut, or is none.") from None


def _header(file: Path, first: tuple[int, Mapping[str, Any]]) -> tuple[Mapping[str, Any], str]:
    try:
        header, key = signatures.verify(first[1])
    except Forged as error:
        raise Refused(f"The first line of {file} cannot be trusted: {error}.") from None
    if header.get("glassine_ledger") != chain.FORMAT:
        raise Refused(f"{file} is not an export of a ledger that this version knows.")
    return header, key


def _anchors(path: Path, organization: str, signer: str | None, faults: list[str]) -> Iterator[Anchor]:
    """The heads of this organisation that a file keeps; each must be signed."""
    for number, line in _lines(path):
        try:
            document, key = signatures.verify(line)
        except Forged as error:
            faults.append(f"Line {number} of {path} is no anchor to go by: {error}.")
            continue
        if signer and _plain(signer) != _plain(key):
            faults.append(f"Line {number} of {path} is signed by {key}, not by {signer}.")
        elif document.get("organization") == organization and document.get("glassine_anchor") == chain.FORMAT:
            yield Anchor(seq=int(document["seq"]), link=str(document["link"]), at=str(document.get("anchored_at", "")))


def _tell(checked: Checked, header: Mapping[str, Any], key: str, *, given: int) -> int:
    _say(f"Ledger of organisation {checked.organization}, exported {header.get('exported_at')}, signed by {key}.")
    _say(f"{checked.sealed:,} rows are sealed; the last link is {checked.head}.")
    if given:
        _say(f"{checked.anchors:,} of {given:,} anchors were found in their place, the newest at row {checked.newest_anchor:,}.")
    else:
        _say("No anchor was given, so a chain that was made anew as a whole would not be noticed. Name the file that keeps heads: --anchor FILE")
    _say(f"{len(checked.unsealed):,} rows are not sealed yet{':' if checked.unsealed else '.'}")
    for row in checked.unsealed[:_SHOWN]:
        _say(f"  {row.get('at')} {row.get('purpose')} to {row.get('destination')}")
    if len(checked.unsealed) > _SHOWN:
        _say(f"  and {len(checked.unsealed) - _SHOWN:,} more")
    for fault in checked.faults:
        _say(f"WRONG: {fault}")
    if checked.more_faults:
        _say(f"WRONG: and {checked.more_faults:,} more.")
    _say("The ledger does not hold together." if checked.faults else "The ledger is whole.")
    return 1 if checked.faults else 0


def _plain(fingerprint: str) -> str:
    return "".join(fingerprint.split()).lower()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
