"""Heads of the ledger are put where the operator wants them, through the gate, and once."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from glassine.edge import signatures
from glassine.store import ledger
from glassine.story.boundary import ledger as keeping
from glassine.story.world import World, live
from glassine.words.ids import OrgId
from tests.chains import crossing, sealed
from tests.post import Post


class Shelf:
    """A server that takes what is posted to it, and answers with `status`."""

    def __init__(self) -> None:
        self.status, self.bodies = 200, list[Any]()

    async def __aenter__(self) -> Shelf:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        self.bodies.append(json.loads(await reader.readexactly(length)))
        writer.write(f"HTTP/1.1 {self.status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


async def anchor_jobs(world: World) -> list[OrgId]:
    async with world.store.outside() as tx:
        return [row["ref"] for row in await (await tx.execute("select ref from jobs where kind = 'anchor_ledger'")).fetchall()]


async def test_heads_are_put_elsewhere_once_and_an_anchor_is_no_reason_for_another(world: World) -> None:
    org = await sealed(world, 2)
    await keeping.plan_anchors(world)
    assert org not in await anchor_jobs(world), "its rows have not waited for an hour"
    hasty = dataclasses.replace(world, settings=dataclasses.replace(world.settings, anchor_minutes=0))
    for _ in range(2):
        await keeping.plan_anchors(hasty)
    assert (await anchor_jobs(world)).count(org) == 1
    for _ in range(2):
        await keeping.anchor(world, org)
    kept = [json.loads(line)["document"] for line in (world.settings.home / "anchors.jsonl").read_text().splitlines()]
    assert [one["seq"] for one in kept if one["organization"] == str(org)] == [2]
    async with world.store.tx(org) as tx:
        await tx.execute("delete from jobs")
        await ledger.record(tx, [crossing(org, purpose="anchor")])
    await keeping.seal(world, org)
    await keeping.plan_anchors(hasty)
    assert org not in await anchor_jobs(world)
    async with world.store.tx(org) as tx:
        assert (await ledger.state(tx, org)).anchored == 2
        assert not await ledger.wants_anchor(tx, org, 0)


@pytest.mark.enable_socket
async def test_a_head_goes_to_an_address_and_by_mail_through_the_gate(world: World, tmp_path: Path) -> None:
    org = await sealed(world, 2)
    async with Post() as mail, Shelf() as far:
        told = dataclasses.replace(
            world.settings, anchor_url=f"http://127.0.0.1:{far.port}/heads", anchor_mail="auditor@outside.example", anchor_file=tmp_path / "on/another/disk.jsonl",
            smtp_url=f"smtp://127.0.0.1:{mail.port}", mail_from="support@paper.example",
        )  # fmt: skip
        async with live(told) as other:
            far.status = 500
            with pytest.raises(ConnectionError, match="answered 500"):
                await keeping.anchor(other, org)
            far.status = 200
            await keeping.anchor(other, org)
            async with other.store.tx(org) as tx:
                assert await ledger.anchored(tx, org, 2) == {"file", "mail", "url"}
                rows = [one.row for one in await ledger.page(tx, org, ledger.Filter(purpose="anchor"))]
    assert [(row.allowed, row.scan.found) for row in rows] == [(True, {})] * 3, [row.why for row in rows]
    assert len((tmp_path / "on/another/disk.jsonl").read_text().splitlines()) == 1, "what one place has is not put there again because another refused"
    [message] = mail.letters
    signed = next(line for line in message.get_content().splitlines() if line.startswith("{"))
    document, key = signatures.verify(json.loads(signed))
    assert (document["seq"], document["organization"], key) == (2, str(org), world.signer.fingerprint)
    assert signatures.verify(far.bodies[-1])[0]["seq"] == 2
