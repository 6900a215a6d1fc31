"""What the switches and the data map cost, and how soon another process knows of a switch: `python -m bench.boundaries`.

The map is drawn for an organisation with 100,000 messages of the last 30 days, in a database of its own that is removed at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg

from bench.scratch import database
from glassine.config import Settings
from glassine.story import house
from glassine.story.boundary import boundaries, data_map
from glassine.story.boundary.switches import Switches
from glassine.story.world import World, live
from glassine.words.ids import OrgId
from glassine.words.people import Actor, ActorKind, Role

_MESSAGES = """
with made as (
    insert into sessions (org_id, id, ticket_number, contact_id, channel, updated_at, last_seq)
    select %(org)s, gen_random_uuid(), 10000 + n, %(contact)s, case n %% 2 when 0 then 'web' else 'api' end, now() - n * interval '1 minute', 10
    from generate_series(1, %(sessions)s) n returning id, updated_at
)
insert into events (org_id, session_id, seq, id, type, actor_kind, text, payload, created_at)
select %(org)s, made.id, n, gen_random_uuid(), 'message', case n %% 2 when 0 then 'user' else 'ai' end, repeat('a masked word ', 12),
    case n %% 4 when 0 then '{"masked": {"email": 1, "name": 2}}'::jsonb else '{}' end, made.updated_at
from made cross join generate_series(1, 10) n
"""


async def measure(url: str, messages: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), database_url=url)
        async with live(settings) as here, live(settings) as there:
            founded = await house.found(here, "Bench", "bench@example.org", "Bench")
            owner = Actor(org=founded.organization, kind=ActorKind.AGENT, id=founded.owner, name="Bench", role=Role.OWNER)
            fill(url, owner.org, messages)
            return {
                "asked_ms": await timed(lambda: here.switches.closed(owner.org, "model"), 20_000), "read_ms": await timed(lambda: _fresh(here, owner.org), 300),
                "known_elsewhere_ms": statistics.median([await known(here, owner, there.switches) for _ in range(20)]),
                "known_without_notice_ms": max([await known(here, owner, Switches(there.store)) for _ in range(10)]),
                "map_ms": await timed(lambda: data_map.draw(here, owner), 10),
            }


def fill(url: str, org: OrgId, messages: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
        connection.execute("select set_config('glassine.org_id', %s, true)", (str(org),))
        contact = connection.execute("insert into contacts (org_id, id, key, sealed) values (%s, gen_random_uuid(), '', '') returning id", (org,)).fetchone()
        assert contact
        connection.execute(_MESSAGES, {"org": org, "contact": contact[0], "sessions": messages // 10})
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze sessions, events")


async def _fresh(world: World, org: OrgId) -> object:
    world.switches.forget(org)
    return await world.switches.of(org)


async def timed(act: Callable[[], Awaitable[object]], times: int) -> float:
    """Milliseconds for each, at the median of five rounds."""
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(times // 5):
            await act()
        rounds.append((time.perf_counter() - began) / (times // 5) * 1_000)
    return statistics.median(rounds)


async def known(here: World, owner: Actor, elsewhere: Switches) -> float:
    """Milliseconds from the moment at which all AI is off here until the other process refuses."""
    await elsewhere.closed(owner.org, "model")
    await boundaries.switch_ai(here, owner, on=False)
    began = time.perf_counter()
    while await elsewhere.closed(owner.org, "model") is None:  # noqa: ASYNC110 - how long that takes is what is measured
        await asyncio.sleep(0.001)
    took = (time.perf_counter() - began) * 1_000
    await boundaries.switch_ai(here, owner, on=True)
    while await elsewhere.closed(owner.org, "model") is not None:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.001)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    options = parser.parse_args()
    with database(None) as url:
        found = asyncio.run(measure(url, options.messages))
    print(json.dumps({name: round(value, 4) for name, value in found.items()}))


if __name__ == "__main__":
    main()
