"""Crossings, chains of them, and what `glassine ledger verify` says of a copy, as tests of the ledger need them."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

from glassine.commands import ledger as offline
from glassine.store import ledger
from glassine.story.boundary import crossings
from glassine.story.boundary import ledger as keeping
from glassine.story.world import World
from glassine.words.crossings import CrossingRow, Scan
from glassine.words.ids import OrgId, SessionId, new_id
from tests.shop import founded_shop


def crossing(
    org: OrgId, *, purpose: str = "model", session: SessionId | None = None, allowed: bool = True, raw: bool = False, scan: Scan | None = None,
) -> CrossingRow:
    return CrossingRow(
        org=org, session=session, destination="llm.example:443", purpose=purpose, bytes=100, allowed=allowed, why="" if allowed else "switched off", raw=raw, scan=scan or Scan(),
    )


async def sealed(world: World, rows: int = 6, *, unsealed: int = 0) -> OrgId:
    """A new organisation with so many sealed crossings, and some that are not."""
    org = (await founded_shop(world, "Chain", f"{new_id()}@chain.example")).org
    for n in range(rows):
        async with world.store.tx(org) as tx:
            await ledger.record(tx, [crossing(org, session=SessionId(new_id()), scan=Scan(digest=bytes([n]) * 32, masked={"email": n + 1}, carried=(bytes([n]) * 32,)))])
    while await keeping.seal(world, org):
        pass
    for _ in range(unsealed):
        async with world.store.tx(org) as tx:
            await ledger.record(tx, [crossing(org)])
    return org


async def copied(world: World, org: OrgId) -> list[dict[str, Any]]:
    return [json.loads(line) async for line in crossings.export(world, org)]


def verdict(lines: list[dict[str, Any]], folder: Path, *anchors: dict[str, Any], signer: str | None = None) -> tuple[int, str]:
    """What `glassine ledger verify` says, run as it is on a machine that has nothing but the files."""
    file, kept = folder / "ledger.jsonl", folder / "anchors.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    kept.write_text("".join(json.dumps(anchor) + "\n" for anchor in anchors), encoding="utf-8")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = offline.verify(file, [kept] if anchors else [], signer)
    return code, said.getvalue()
