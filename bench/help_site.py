"""How long the help centre's pages take and how large they are: 1,000 articles in 20 topics, in one process, without a network between."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import httpx2

from bench.scratch import database
from glassine.config import Settings, resource
from glassine.story import house
from glassine.story.knowledge import authoring, learning
from glassine.story.world import World, live
from glassine.web.app import create_app
from glassine.words.articles import Fields
from glassine.words.ids import OrgId

_ARTICLES, _TOPICS, _ROUNDS = 1_000, 20, 100


async def measure(url: str, home: Path) -> None:
    async with live(Settings(home=home, database_url=url)) as world:
        org = (await house.found(world, "Bench", "bench@glassine.example", "Bench")).organization
        await _fill(world, org)
        transport = httpx2.ASGITransport(app=create_app(world))
        async with httpx2.AsyncClient(transport=transport, base_url="http://bench.test", timeout=60) as client:
            base = f"/help/{org}/en"
            tag = (await client.get(f"{base}/article-number-7")).headers["etag"]
            rows = [
                ("front", base, {}), ("topic", f"{base}/topics/topic-3", {}), ("article", f"{base}/article-number-7", {}),
                ("article, not changed", f"{base}/article-number-7", {"if-none-match": tag}), ("search", f"{base}?q=how+long+is+data+kept", {}),
            ]
            for name, path, headers in rows:
                sys.stdout.write(await _row(client, name, path, headers))


async def _fill(world: World, org: OrgId) -> None:
    texts = [path.read_text(encoding="utf-8").split("\n---\n", 1)[1][:6_000] for path in sorted(resource("docs").glob("*.md"))]
    topics = [uuid4() for _ in range(_TOPICS)]
    async with world.store.tx(org) as tx:
        for number, topic in enumerate(topics):
            await tx.execute("insert into topics (org_id, id, name, slug) values (%s, %s, %s, %s)", (org, topic, f"Topic {number}", f"topic-{number}"))
    ready = 0
    for number in range(_ARTICLES):
        made = await authoring.create(world, org, Fields(title=f"Article number {number}", body=texts[number % len(texts)], description="What this article is about."))
        if number < 20:  # enough to search in; the others are only listed
            await learning.publish(world, org, made.id)
            ready += 1
        async with world.store.tx(org) as tx:
            await tx.execute(
                "update articles set status = 'published', published_at = now(), topic = %s, position = %s where org_id = %s and id = %s",
                (topics[number % _TOPICS], number, org, made.id),
            )
    sys.stdout.write(f"{_ARTICLES} articles, {ready} of them indexed\n")


async def _row(client: httpx2.AsyncClient, name: str, path: str, headers: dict[str, str]) -> str:
    took: list[float] = []
    busy = time.process_time()
    sent = unpacked = 0
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        async with client.stream("GET", path, headers={"accept-encoding": "gzip", **headers}) as answer:
            sent = len(b"".join([chunk async for chunk in answer.aiter_raw()]))
        took.append((time.perf_counter() - began) * 1000)
        if name == "search":
            await asyncio.sleep(0.5)  # as the limit allows
    busy = (time.process_time() - busy) * 1000 / _ROUNDS
    plain = await client.get(path, headers={"accept-encoding": "identity", **headers})
    unpacked = len(plain.content)
    return f"| {name} | {statistics.median(took):.1f} ms | {statistics.quantiles(took, n=20)[18]:.1f} ms | {busy:.1f} ms of processor | {sent / 1000:.1f} kB | {unpacked / 1000:.1f} kB |\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place, database(None) as address:
        asyncio.run(measure(address, Path(place)))
