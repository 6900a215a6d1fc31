"""What trying a change on past conversations takes: processor time for each conversation of two messages, quoted without a model. `python -m bench.rehearsal --data DIR`."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.data import folder
from bench.retrieval import lines
from bench.scratch import database
from glassine.config import Settings
from glassine.story import contacts, house
from glassine.story.behaviour import calibrating, rehearsing
from glassine.story.contacts import Identity
from glassine.story.exchange import exchange
from glassine.story.inbound import open_session
from glassine.story.knowledge import learning
from glassine.story.world import World, live
from glassine.words.channels import Inbound
from glassine.words.ids import new_id
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.rehearsals import Proposal, State
from glassine.words.sessions import ChannelKind

CHANGES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "topics": {"topics": {"hands_off": [{"name": "history"}, {"name": "sports"}]}}, "handoff": {"handoff": {"level": "balanced"}}, "guard": {"guard": {"answer": 0.7, "suggest": 0.4}},
}  # fmt: skip


async def told(world: World, data: Path, conversations: int) -> Actor:
    """An organisation with squad2's paragraphs and as many conversations over them."""
    founded = await house.found(world, "Bench", f"bench{new_id().hex[:8]}@bench.example", "Bench")
    for number, one in enumerate(lines(data / "squad2/docs_shared.jsonl")):
        if number < 40:
            await learning.publish(world, founded.organization, (await learning.save(world, founded.organization, title=f"Article {number}", body=one["text"], language="en")).id)
    asked = [one["question"] for one in lines(data / "squad2/questions_shared.jsonl")]
    for number in range(conversations):
        who = await contacts.create(world, founded.organization, Identity(), verified=False)
        session = await open_session(world, founded.organization, who.id, ChannelKind.API, verified=False)
        for text in (asked[2 * number], asked[2 * number + 1]):
            await exchange(world, founded.organization, session.id, Inbound(external_id=new_id(), text=text))
    return Actor(org=founded.organization, kind=ActorKind.AGENT, id=founded.owner, name="Bench", role=Role.OWNER)


async def measure(world: World, owner: Actor, conversations: int) -> None:
    for name, parts in CHANGES.items():
        began = time.process_time()
        found = await rehearsing.begin(world, owner, Proposal(parts=parts), conversations)
        while (found := await rehearsing.one(world, owner, found.id)).state is State.RUNNING:
            await rehearsing.run(world, owner.org, found.id)
        print(f"{name}: {found.tally.done} conversations, {(time.process_time() - began) * 1_000 / max(found.tally.done, 1):.1f} ms of CPU for each; {len(found.tally.moves)} kinds of moves", flush=True)
    began = time.process_time()
    seen = (await calibrating.calibrated(world, owner)).seen
    print(f"calibration: {seen} turns, {(time.process_time() - began) * 1_000:.0f} ms of CPU")


async def _main(data: Path, conversations: int) -> None:
    with database(None) as url, tempfile.TemporaryDirectory() as home:
        async with live(Settings(home=Path(home), database_url=url)) as world:
            await measure(world, await told(world, data, conversations), conversations)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--conversations", type=int, default=100)
    given = parser.parse_args()
    asyncio.run(_main(folder(given.data), given.conversations))


if __name__ == "__main__":
    main()
