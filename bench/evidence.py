"""What replay costs a turn: bytes of its row with and without what is kept for it, and the time to name its conditions: `python -m bench.evidence`.

Our own help pages are the knowledge base and their questions the customers' messages; a stub answers as the language model.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from uuid import UUID

from bench.scratch import database
from bench.stub_model import StubModel
from glassine.config import Settings
from glassine.store import sessions, turns
from glassine.story import contacts, evidence, house
from glassine.story.contacts import Identity
from glassine.story.exchange import exchange
from glassine.story.inbound import open_session
from glassine.story.inspection import replaying
from glassine.story.sources import importing
from glassine.story.world import World, live
from glassine.words.channels import Inbound
from glassine.words.ids import OrgId, SessionId, new_id
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.sessions import ChannelKind

_DOCS = Path(__file__).parent.parent / "docs"
_SIZES = """
select avg(pg_column_size(trace))::int as kept, avg(pg_column_size(trace -> 'given') + pg_column_size(knowledge) + pg_column_size(conditions))::int as own,
    (select count(*)::int from conditions) as conditions, (select max(pg_column_size(content))::int from conditions) as content
from turns
"""


async def measure(world: World, count: int) -> dict[str, float]:
    founded = await house.found(world, "Bench", "owner@bench.example", "Olivia Owner")
    org, owner = founded.organization, Actor(org=founded.organization, kind=ActorKind.AGENT, id=founded.owner, name="Olivia Owner", role=Role.OWNER)
    await importing.import_folder(world, org, _DOCS, source="docs", report=lambda _: None, leave_out=("decisions",))
    questions = [line[3:] for path in sorted(_DOCS.glob("*.md")) for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("## ") and line.endswith("?")][:count]
    taken = [await _asked(world, org, question) for question in questions]
    async with world.store.tx(org) as tx:
        row = await (await tx.execute(_SIZES)).fetchone()
        whole = [row["trace"] for session in taken for row in await turns.all_of(tx, org, session)]
    assert row, "a count is one row"
    spoken, times = {"differs": 0}, []
    for session in taken:
        for turn in await replaying.turns_of(world, owner, org, session):
            began = time.perf_counter()
            spoken["differs"] += not (await replaying.replay(world, owner, session, turn)).same
            times.append((time.perf_counter() - began) * 1_000)
    return {
        "turns": len(whole), "trace as stored, bytes": row["kept"], "for replay beside it, bytes": row["own"],
        "messages not stored twice, bytes of JSON": median(len(json.dumps((trace.get("request") or {}).get("messages") or [])) for trace in whole),
        "rows of conditions": row["conditions"], "largest of them, bytes": row["content"], "naming conditions, ms": await _naming(world, org, taken[0]),
        "replays that differ": spoken["differs"], "a replay, ms": round(median(times), 1),
    }


async def _asked(world: World, org: OrgId, question: str) -> SessionId:
    contact = await contacts.create(world, org, Identity(), verified=False)
    session = await open_session(world, org, contact.id, ChannelKind.API)
    await exchange(world, org, session.id, Inbound(external_id=UUID(str(new_id())), text=question))
    return session.id


async def _naming(world: World, org: OrgId, session: SessionId) -> float:
    async with world.store.tx(org) as tx:
        mode = await sessions.mode(tx, org, (await sessions.load(tx, org, session)).channel)
    began = time.process_time()
    for _ in range(1_000):
        evidence.conditions(world, mode, world.clock(), 0)
    return round(time.process_time() - began, 4)


async def _main(count: int) -> None:
    with database(None) as url, tempfile.TemporaryDirectory() as home:
        async with StubModel() as stub, live(Settings(home=Path(home), database_url=url, llm_url=stub.url, llm_model="stub")) as world:
            for name, value in (await measure(world, count)).items():
                print(f"{name:<45} {value}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=100)
    asyncio.run(_main(parser.parse_args().turns))
