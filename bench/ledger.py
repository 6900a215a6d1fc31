"""What the last look and the ledger cost: CPU of the process for one crossing with and without them in the same run, sealing, and verifying."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from bench.scratch import database
from bench.stub_model import StubModel
from bench.table import Figure
from glassine.config import Settings, resource
from glassine.edge.addresses import places
from glassine.edge.gate import Crossing, Gate, Payload
from glassine.rules import chain, prompt
from glassine.rules.redaction import find
from glassine.story import contacts, house
from glassine.story.boundary import crossings, ledger
from glassine.story.boundary.rescan import Rescan
from glassine.story.contacts import Identity
from glassine.story.inbound import open_session, receive
from glassine.story.world import World, live
from glassine.words.channels import Inbound
from glassine.words.ids import ArticleId, OrgId, PassageId, SessionId, new_id
from glassine.words.knowledge import Audience, Hit
from glassine.words.privacy import Known, Policy
from glassine.words.sessions import ChannelKind

_SAID = "My mail is ada@example.com, my number +49 30 901820, my card 4111 1111 1111 1111. How long may I return a lamp?"


def run(*, short: bool = False) -> list[Figure]:
    with database(None) as url, tempfile.TemporaryDirectory() as home:
        return asyncio.run(_measure(Settings(home=Path(home), database_url=url), 100 if short else 400))


async def _measure(settings: Settings, count: int) -> list[Figure]:
    async with StubModel() as model, live(settings) as world:
        org = (await house.found(world, "Bench", "owner@bench.example", "Owner")).organization
        contact = await contacts.create(world, org, Identity(name="Zora Quillfeather"), verified=False)
        session = (await open_session(world, org, contact.id, ChannelKind.API)).id
        await receive(world, org, session, Inbound(external_id=new_id(), text=_SAID))
        bodies = list(_bodies(count))
        guarded = Gate(allowed_private=places([model.url]), closed=world.switches.closed, scan=world.gate._scan, record=world.gate._record)
        bare = Gate(allowed_private=places([model.url]))
        async with contextlib.aclosing(guarded), contextlib.aclosing(bare):
            for gate in (bare, guarded):
                await _calls(gate, model, org, session, bodies[:20])
            plain = await _cpu(lambda: _calls(bare, model, org, session, bodies))
            whole = await _cpu(lambda: _calls(guarded, model, org, session, bodies))
        looks = await _looks(world, org, session, bodies)
        sealing = await _cpu(lambda: ledger.seal(world, org))
        lines = [json.loads(line) async for line in crossings.export(world, org)]
    rows = len(lines) - 1
    began = time.process_time()
    assert not chain.check(lines[0]["document"], lines[1:]).faults
    verifying = time.process_time() - began
    return [
        Figure(what="gate and ledger, ms of CPU a turn", value=(whole - plain) / count * 1_000, unit="ms"),
        Figure(what="the same call with them, as a multiple of it without", value=whole / plain),
        *looks,
        Figure(what="sealing, ms of CPU a row", value=sealing / rows * 1_000, unit="ms"),
        Figure(what="verifying, rows a second", value=rows / verifying),
    ]


def _bodies(count: int) -> Iterator[bytes]:
    """Prompts of about 6 KB, each of six passages out of our own documentation; those with addresses in them would need to be published first."""
    draw = random.Random(1)
    texts = [text for page in sorted(resource("docs").glob("*.md")) for text in page.read_text(encoding="utf-8").split("\n## ") if 600 < len(text) < 1_500]
    clean = [text for text in texts if not find(text, Policy(regions=("US", "GB", "DE")), Known(), ())]
    for _ in range(count):
        built = prompt.build(org_name="Bench", history=(), message="My mail is [EMAIL_1]. How long may I return a lamp?", hits=[_hit(text) for text in draw.sample(clean, 6)], language="en")
        yield json.dumps({"model": "stub", "messages": [{"role": one.role, "content": one.content} for one in built.messages]}, ensure_ascii=False).encode()


def _hit(text: str) -> Hit:
    return Hit(
        passage=PassageId(new_id()), article=ArticleId(new_id()), title="Docs", heading="Docs", text=text, url=None, audience=Audience.PUBLIC, score=1.0, similarity=0.7,
        best_sentence=text.split(". ")[0],
    )  # fmt: skip


async def _calls(gate: Gate, model: StubModel, org: OrgId, session: SessionId, bodies: list[bytes]) -> None:
    crossing = Crossing(org=org, session=session, purpose="model", hosts=("127.0.0.1",))
    for body in bodies:
        await gate.request(crossing, "POST", f"{model.url}/chat/completions", headers={"Content-Type": "application/json"}, body=body)


async def _looks(world: World, org: OrgId, session: SessionId, bodies: list[bytes]) -> list[Figure]:
    """The look alone: at passages that were never seen before, and at ones that come again."""
    crossing, look = Crossing(org=org, session=session, purpose="model", hosts=("127.0.0.1",)), Rescan(world)

    async def each() -> None:
        for body in bodies:
            await look(crossing, Payload(body=body, url="/v1/chat/completions"))

    async def never_seen() -> None:
        for body in bodies[:50]:
            await Rescan(world)(crossing, Payload(body=body, url="/v1/chat/completions"))

    fresh = await _cpu(never_seen)
    await each()
    again = await _cpu(each)
    size = sum(map(len, bodies)) / len(bodies)
    return [
        Figure(what="a prompt that is looked through, bytes", value=size),
        Figure(what="a look at passages never seen before, ms of CPU", value=fresh / 50 * 1_000, unit="ms"),
        Figure(what="a look at passages that come again, ms of CPU", value=again / len(bodies) * 1_000, unit="ms"),
    ]


async def _cpu(work: Callable[[], Awaitable[object]]) -> float:
    began = time.process_time()
    await work()
    return time.process_time() - began
