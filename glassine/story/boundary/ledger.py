"""The ledger's life: rows are sealed into a chain within a second, and its head is put elsewhere for safe keeping. It never changes a row.

Whoever seals holds the organisation's lock for one short transaction; a process that dies in it leaves the chain as it was.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from glassine.edge.gate import Crossing
from glassine.rules import chain
from glassine.store import DatabaseError, Taken, Tx, jobs, ledger
from glassine.story.world import World
from glassine.words.ids import OrgId
from glassine.words.work import JobKind, NewJob

_log = logging.getLogger(__name__)
_EVERY = 0.3  # seconds between two looks for rows to seal
_PLAN = 60.0  # between two looks for heads to put elsewhere
_AT_ONCE = 500
_TROUBLE = (DatabaseError, OSError, TimeoutError)


async def keep_sealing(world: World) -> None:
    """Until it is cancelled. Any number of processes may do this."""
    planned = 0.0
    while True:
        try:
            async with world.store.outside() as tx:
                waiting = await ledger.unsealed_organizations(tx)
            for org in waiting:
                await seal(world, org)
            if time.monotonic() - planned > _PLAN:
                planned = time.monotonic()
                await plan_anchors(world)
        except _TROUBLE as error:
            _log.warning("Crossings could not be sealed: %s", type(error).__name__)
        await asyncio.sleep(_EVERY)


async def seal(world: World, org: OrgId) -> int:
    """Makes links of the crossings that wait, and returns how many; 0 also when another process is at it."""
    count = 0
    while True:
        try:
            async with world.store.tx(org) as tx:
                found = await _seal_some(world, tx, org)
        except Taken:
            return count  # another process sealed them: the database lets a row or a number into the chain once
        count += found
        if found < _AT_ONCE:
            return count


async def _seal_some(world: World, tx: Tx, org: OrgId) -> int:
    if not await ledger.may_seal(tx, org):
        return 0
    waiting = await ledger.waiting(tx, org, _AT_ONCE)
    if not waiting:
        return 0
    head = await ledger.head(tx, org)
    last, previous = (head.seq, head.link.hex()) if head else (0, chain.genesis(org))
    now, links = world.clock(), []
    for seq, crossed in enumerate(waiting, last + 1):
        previous = chain.link(previous, seq, chain.when(now), chain.row_of(crossed))
        links.append((seq, crossed.id, bytes.fromhex(previous)))
    await ledger.seal(tx, org, links, now)
    return len(waiting)


async def plan_anchors(world: World) -> None:
    """Makes a job for every organisation whose rows have waited long enough for their head to be put elsewhere."""
    async with world.store.outside() as tx:
        everybody = await jobs.organizations(tx)
    for org in everybody:
        async with world.store.tx(org) as tx:
            if await ledger.wants_anchor(tx, org, world.settings.anchor_minutes * 60.0):
                await jobs.add(tx, org, NewJob(kind=JobKind.ANCHOR_LEDGER, ref=org, key=f"anchor:{org}", dedupe=f"anchor:{org}"))


async def anchor(world: World, org: OrgId) -> None:
    """Puts the head of the chain wherever the operator wants it. What one place refuses, the others get; then it is tried again."""
    async with world.store.tx(org) as tx:
        head = await ledger.head(tx, org)
        done = await ledger.anchored(tx, org, head.seq) if head else set()
    if head is None:
        return
    signed = world.signer.sign({
        "glassine_anchor": chain.FORMAT, "organization": str(org), "seq": head.seq, "link": head.link.hex(), "sealed_at": chain.when(head.sealed_at),
        "anchored_at": chain.when(world.clock()),
    })
    failures = []
    for place, put in _PLACES.items():
        if place not in done:
            try:
                if await put(world, org, signed):
                    async with world.store.tx(org) as tx:
                        await ledger.add_anchor(tx, org, head, place)
            except Exception as error:
                _log.warning("The ledger's head could not be put in its %s: %s", place, type(error).__name__)
                failures.append(error)
    if failures:
        raise failures[0]


async def _to_file(world: World, _: OrgId, signed: Mapping[str, Any]) -> bool:
    path = world.settings.anchor_file or world.settings.home / "anchors.jsonl"
    await asyncio.to_thread(_append, path, json.dumps(signed, sort_keys=True))
    return True


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, line.encode() + b"\n")  # in one piece: several processes may append
        os.fsync(handle)
    finally:
        os.close(handle)


async def _by_mail(world: World, org: OrgId, signed: Mapping[str, Any]) -> bool:
    if not world.settings.anchor_mail or not world.settings.smtp_url:
        return False
    text = f"This is the head of a Glassine ledger. Keep it: whoever changes the ledger later cannot change this message.\n\n{json.dumps(signed, sort_keys=True)}\n"
    await world.mail.send(world.settings.anchor_mail, f"Ledger head {signed['document']['seq']} of organisation {org}", text, org=org, purpose="anchor")
    return True


async def _to_address(world: World, org: OrgId, signed: Mapping[str, Any]) -> bool:
    url = world.settings.anchor_url
    if not url:
        return False
    crossing = Crossing(org=org, purpose="anchor", hosts=(urlsplit(url).hostname or "",))
    answer = await world.gate.request(crossing, "POST", url, headers={"Content-Type": "application/json"}, body=json.dumps(signed, sort_keys=True).encode(), max_bytes=100_000)
    if not 200 <= answer.status < 300:
        raise ConnectionError(f"the address for anchors answered {answer.status}")
    return True


_PLACES = {"file": _to_file, "mail": _by_mail, "url": _to_address}
