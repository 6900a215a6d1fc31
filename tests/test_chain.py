"""The chain over the ledger: every kind of tampering is found, and whoever seals may die or have company."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from glassine.commands import ledger as offline
from glassine.config import Settings
from glassine.rules import chain
from glassine.store import Taken, ledger
from glassine.story import worker
from glassine.story.boundary import ledger as keeping
from glassine.story.world import World
from glassine.words.crossings import Scan
from glassine.words.errors import Refused
from glassine.words.ids import new_id
from tests.chains import copied, crossing, sealed, verdict


async def test_a_chain_is_whole_and_says_what_is_not_sealed_yet(world: World, tmp_path: Path) -> None:
    org = await sealed(world, 6, unsealed=2)
    lines = await copied(world, org)
    code, said = verdict(lines, tmp_path, signer=world.signer.fingerprint)
    assert code == 0, said
    assert "6 rows are sealed" in said
    assert "2 rows are not sealed yet:" in said
    assert "The ledger is whole." in said
    assert "No anchor was given" in said
    assert "example.com" not in json.dumps(lines)


async def test_every_row_is_sealed_within_a_second_by_a_worker(world: World) -> None:
    org, stop = await sealed(world, 0), asyncio.Event()
    async with world.store.tx(org) as tx:
        await ledger.record(tx, [crossing(org)])
    working = asyncio.create_task(worker.run(world, stop))
    for _ in range(500):
        async with world.store.tx(org) as tx:
            [row] = await ledger.page(tx, org, ledger.Filter())
        if row.sealed:
            break
        await asyncio.sleep(0.01)
    stop.set()
    await working
    assert row.sealed
    assert row.sealed.seq == 1


@pytest.mark.parametrize("field", ["at", "session", "destination", "purpose", "bytes", "allowed", "why", "raw", "digest", "masked", "found", "exempt", "carried", "id", "organization"])
async def test_an_edit_of_any_field_is_found(world: World, tmp_path: Path, field: str) -> None:
    lines = await copied(world, await sealed(world, 3))
    was = lines[2]["row"][field]
    lines[2]["row"][field] = not was if isinstance(was, bool) else was + 1 if isinstance(was, int) else {"card": 1} if isinstance(was, dict) else "x"
    code, said = verdict(lines, tmp_path)
    assert code == 1
    assert "WRONG: Row 2" in said


async def test_an_edit_of_a_time_or_a_link_is_found(world: World, tmp_path: Path) -> None:
    lines = await copied(world, await sealed(world, 3))
    later = [*lines[:2], {**lines[2], "sealed_at": lines[3]["sealed_at"].replace("20", "21", 1)}, lines[3]]
    assert "Row 2 does not fit its link" in verdict(later, tmp_path)[1]
    other = [*lines[:2], {**lines[2], "link": "00" * 32}, lines[3]]
    said = verdict(other, tmp_path)[1]
    assert "Row 2 does not fit its link" in said
    assert "Row 3 does not fit its link" in said


async def test_deletion_insertion_reordering_and_doubling_are_found(world: World, tmp_path: Path) -> None:
    lines = await copied(world, await sealed(world, 5))
    for changed, sentence in [
        ([*lines[:2], *lines[3:]], "Row 3 stands where row 2 belongs: rows were deleted"),
        ([lines[0], *lines[2:]], "Row 2 stands where row 1 belongs: rows were deleted"),
        ([*lines[:2], lines[3], lines[2], *lines[4:]], "Row 2 stands where row 4 belongs: rows were inserted or moved"),
        ([*lines[:3], lines[2], *lines[3:]], "Row 2 stands where row 3 belongs: rows were inserted or moved"),
        ([*lines[:3], {**lines[3], "row": None}, *lines[4:]], "Row 3 was deleted: only its link is left"),
        ([*lines[:3], {**lines[3], "row": lines[2]["row"]}, *lines[4:]], "is in the chain a second time"),
    ]:
        code, said = verdict(changed, tmp_path)
        assert code == 1
        assert f"WRONG: {sentence}" in said or sentence in said, said


async def test_a_row_that_is_made_anew_with_all_links_after_it_is_found_by_the_signed_head(world: World, tmp_path: Path) -> None:
    lines = remade(await copied(world, await sealed(world, 4)))
    code, said = verdict(lines, tmp_path)
    assert code == 1
    assert "The last link is not the one that the export's signed header names" in said


def remade(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What somebody with the whole database can do: change a row, and make the chain anew."""
    lines = copy.deepcopy(lines)
    lines[1]["row"]["allowed"] = not lines[1]["row"]["allowed"]
    previous = chain.genesis(lines[0]["document"]["organization"])
    for line in lines[1:]:
        if "seq" in line:
            line["link"] = previous = chain.link(previous, line["seq"], line["sealed_at"], line["row"])
    return lines


def signed_again(world: World, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """And with the master key too, as the operator has it."""
    last = [line for line in lines if "seq" in line][-1]
    head = {"seq": last["seq"], "link": last["link"], "sealed_at": last["sealed_at"]}
    return [world.signer.sign({**lines[0]["document"], "head": head}), *lines[1:]]


async def test_only_an_anchor_finds_a_chain_that_its_owner_made_anew_or_cut(world: World, tmp_path: Path) -> None:
    org = await sealed(world, 4)
    await keeping.anchor(world, org)
    kept = [json.loads(line) for line in (world.settings.home / "anchors.jsonl").read_text().splitlines()]
    [anchor] = [line for line in kept if line["document"]["organization"] == str(org)]
    lines = await copied(world, org)
    assert verdict(lines, tmp_path, *kept) == (0, verdict(lines, tmp_path, *kept)[1])
    assert "1 of 1 anchors were found in their place, the newest at row 4" in verdict(lines, tmp_path, *kept)[1]

    anew = signed_again(world, remade(lines))
    assert verdict(anew, tmp_path)[0] == 0, "alone it holds together"
    assert "Row 4 has another link than the one that was anchored" in verdict(anew, tmp_path, anchor)[1]

    cut = signed_again(world, lines[:-1])
    assert verdict(cut, tmp_path)[0] == 0, "alone it holds together"
    assert "The chain ends at row 3, but row 4 was anchored" in verdict(cut, tmp_path, anchor)[1]
    assert "rows are missing at the end" in verdict(lines[:-1], tmp_path)[1], "without the key, the header tells"

    forged = {**anchor, "document": {**anchor["document"], "seq": 3}}
    assert "is no anchor to go by" in verdict(lines, tmp_path, forged)[1]
    assert "is signed by" in verdict(lines, tmp_path, anchor, signer="0000 0000")[1]


async def test_what_is_no_export_is_refused_in_words(world: World, tmp_path: Path) -> None:
    lines = await copied(world, await sealed(world, 2))
    forged = {**lines[0], "document": {**lines[0]["document"], "unsealed": 1}}
    with pytest.raises(Refused, match="cannot be trusted: the signature does not fit"):
        verdict([forged, *lines[1:]], tmp_path)
    with pytest.raises(Refused, match="cannot be trusted: this is not a signed document"):
        verdict(lines[1:], tmp_path)
    (tmp_path / "cut.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines)[:-20])
    with pytest.raises(Refused, match=r"Line 3 of .* the file was cut"), contextlib.redirect_stdout(io.StringIO()):
        offline.verify(tmp_path / "cut.jsonl", [], None)
    with pytest.raises(Refused, match="cannot be read"):
        offline.verify(tmp_path / "nothing", [], None)


async def test_tampering_with_the_database_is_found(world: World, settings: Settings, tmp_path: Path) -> None:
    """By the owner of the tables, whom nothing inside the database can keep from it."""
    org = await sealed(world, 6, unsealed=2)
    assert settings.database_url
    with psycopg.connect(settings.database_url) as owner:
        for table in ("crossings", "ledger_links", "ledger_waiting"):
            owner.execute(sql.SQL("alter table {} no force row level security").format(sql.Identifier(table)))
        first, second, third, *_ = [id for (id,) in owner.execute("select crossing_id from ledger_links where org_id = %s order by seq", (org,))]
        owner.execute("update crossings set bytes = 1 where id = %s", (first,))
        owner.execute("delete from crossings where id = %s", (second,))
        owner.execute("delete from ledger_links where crossing_id = %s", (third,))
        waiting, hidden = [id for (id,) in owner.execute("select crossing_id from ledger_waiting where org_id = %s", (org,))]
        owner.execute("delete from crossings where id = %s", (waiting,))
        owner.execute("delete from ledger_waiting where crossing_id = %s", (hidden,))
        owner.execute("update crossings set created_at = created_at - interval '1 day' where id = %s", (hidden,))
    said = verdict(await copied(world, org), tmp_path)[1]
    assert "Row 1 does not fit its link" in said
    assert "Row 2 was deleted: only its link is left" in said
    assert "Row 4 stands where row 3 belongs: rows were deleted" in said
    assert f"The crossing {waiting} was deleted before it was sealed" in said
    assert f"The crossing {hidden} of " in said
    assert "is still not sealed" in said


async def test_two_chainers_make_one_chain(world: World, tmp_path: Path) -> None:
    org = await sealed(world, 0)

    async def write(n: int) -> None:
        async with world.store.tx(org) as tx:
            await ledger.record(tx, [crossing(org, scan=Scan(exempt=n))])

    async def seal_often() -> int:
        count = 0
        for _ in range(25):
            count += await keeping.seal(world, org)
            await asyncio.sleep(0)
        return count

    counts = await asyncio.gather(seal_often(), seal_often(), *(write(n) for n in range(40)))
    rest = await keeping.seal(world, org)
    assert sum(count for count in counts if count) + rest == 40
    lines = await copied(world, org)
    assert [line["seq"] for line in lines[1:]] == list(range(1, 41))
    assert verdict(lines, tmp_path)[0] == 0


async def test_the_database_itself_lets_a_row_or_a_number_in_once(world: World) -> None:
    org = await sealed(world, 2)
    async with world.store.tx(org) as tx:
        first = (await ledger.page(tx, org, ledger.Filter()))[-1]
    for link in ((3, first.id, b"x"), (2, new_id(), b"x")):
        with pytest.raises(Taken):
            async with world.store.tx(org) as tx:
                await ledger.seal(tx, org, [link], datetime.now(UTC))


async def test_a_chainer_that_is_killed_leaves_the_chain_whole(world: World, settings: Settings, tmp_path: Path) -> None:
    """Three times a process that seals row by row is killed -9 while it is at it; then the rest is sealed, and nothing is missing or doubled."""
    org = await sealed(world, 0)
    async with world.store.tx(org) as tx:
        for n in range(300):
            await ledger.record(tx, [crossing(org, scan=Scan(exempt=n))])
    for _ in range(3):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", _CHAINER, str(settings.database_url), str(org), stdout=asyncio.subprocess.PIPE)
        assert process.stdout
        await process.stdout.readline()  # it has sealed one …
        process.kill()  # … and is at work on the next
        await process.wait()
    async with world.store.tx(org) as tx:
        before = await ledger.state(tx, org)
    assert before.head
    assert 3 <= before.head.seq < 300
    assert before.waiting == 300 - before.head.seq
    await keeping.seal(world, org)
    lines = await copied(world, org)
    code, said = verdict(lines, tmp_path)
    assert code == 0, said
    assert sorted(line["row"]["exempt"] for line in lines[1:]) == list(range(300))


_CHAINER = """
import asyncio, sys
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID
from glassine.store import Store
from glassine.story.boundary import ledger

async def main(url, org):
    ledger._AT_ONCE = 1
    async with Store(url, size=2) as store:
        world = SimpleNamespace(store=store, clock=lambda: datetime.now(UTC), settings=SimpleNamespace(anchor_minutes=60))
        while True:
            async with store.tx(org) as tx:
                await ledger._seal_some(world, tx, org)
            print("one", flush=True)

asyncio.run(main(sys.argv[1], UUID(sys.argv[2])))
"""
