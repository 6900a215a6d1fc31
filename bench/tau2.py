"""tau2-bench's retail tools behind HTTP: their OpenAPI is imported as it is, the gold actions of all 114 tasks run through our own runner, and a scripted model tries to break the rules.

`python -m bench.tau2 --tau2 CHECKOUT --python VENV/bin/python [--data DIR]`, where CHECKOUT is sierra-research/tau2-bench at a2c0247 and the virtual
environment has what shared/data/tau2_env/retail/SERVE.md names. Each task's database afterwards is held against the one that the same actions leave
when the tools are called directly, in Python.

The server declares lists as plain strings and passes them on as such, so that the tools that take lists fail behind HTTP, whoever calls. So it is run
twice: as it is, where the same requests sent without us are the measure beside the direct calls; and with strings that hold a JSON list read as
lists behind the same OpenAPI.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

from bench import data, tau2_attacks
from bench.scratch import database
from glassine.config import Settings
from glassine.story import contacts, house, masking
from glassine.story.actions import acting, definitions, importing_actions
from glassine.story.contacts import Identity
from glassine.story.inbound import open_session, receive
from glassine.story.world import World, live
from glassine.words.actions import Action, CallState
from glassine.words.channels import Inbound
from glassine.words.house import OrgSettings
from glassine.words.ids import OrgId, SessionId, new_id
from glassine.words.people import Actor, ActorKind, Role
from glassine.words.sessions import ChannelKind
from glassine.words.turns import ToolCall

_SERVER = '''
import copy, json, sys
import uvicorn
from fastapi import Request
from tau2.domains.retail.environment import get_environment
from tau2.environment.server import EnvironmentServer

environment = get_environment()
tools, use, calls = environment.tools, environment.use_tool, [0]
first = tools.db.model_dump()
app = EnvironmentServer(environment).app

def fresh():
    tools.db = type(tools.db).model_validate(copy.deepcopy(first))

def served(tool_name, **arguments):
    calls[0] += 1
    if sys.argv[2] == "lists":
        arguments = {k: json.loads(v) if isinstance(v, str) and v.startswith("[") else v for k, v in arguments.items()}
    return use(tool_name=tool_name, **arguments)

environment.use_tool = served

@app.post("/bench/reset", include_in_schema=False)
async def reset():
    fresh()
    calls[0] = 0

@app.get("/bench/state", include_in_schema=False)
async def state():
    return {"hash": environment.get_db_hash(), "calls": calls[0]}

@app.post("/bench/direct", include_in_schema=False)
async def direct(request: Request):
    fresh()
    done = []
    for each in await request.json():
        try:
            use(tool_name=each["name"], **each["arguments"])
            done.append(True)
        except Exception:
            done.append(False)
    return {"hash": environment.get_db_hash(), "done": done}

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
'''


class Place(NamedTuple):
    """The product's database and home folder of this run."""

    url: str
    home: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the databases of one round compare, and what became of the calls."""

    tasks: int
    as_direct: int  # tasks that end with the database that direct calls leave
    as_http: int  # … that the same requests leave when they are sent without us
    wrong: tuple[str, ...]
    states: Mapping[str, int]
    direct: tuple[int, int]  # gold actions that succeed when called directly, of all
    seconds: float


@contextmanager
def served(checkout: Path, python: Path, folder: Path, mode: str, port: int) -> Iterator[str]:
    """The tools behind HTTP on this machine, until the block ends."""
    with tempfile.TemporaryDirectory() as home:
        place = Path(home) / "tau2" / "domains" / "retail"
        place.mkdir(parents=True)
        for file in folder.iterdir():
            (place / file.name).write_bytes(file.read_bytes())
        environment = {**os.environ, "TAU2_DATA_DIR": home, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONPATH": str(checkout / "src")}
        process = subprocess.Popen([str(python), "-c", _SERVER, str(port), mode], env=environment, cwd=home, stderr=subprocess.DEVNULL)
        try:
            _wait(f"http://127.0.0.1:{port}/bench/state", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        if process.poll() is not None:
            raise SystemExit("The server of tau2-bench ended at once. Run it as SERVE.md says to see why.")
        try:
            httpx2.get(url)
            return
        except httpx2.TransportError:
            time.sleep(0.5)
    raise SystemExit("The server of tau2-bench does not answer.")


@asynccontextmanager
async def imported(place: Place, base: str) -> AsyncIterator[tuple[World, Actor, dict[str, Action]]]:
    """An organisation that has imported the server's OpenAPI from its address, with nothing edited."""
    async with live(Settings(home=place.home, database_url=place.url, allow_private=(base,))) as world:
        founded = await house.found(world, "Retail", f"bench-{time.time_ns()}@example.com", "Bench", OrgSettings())
        actor = Actor(org=founded.organization, kind=ActorKind.AGENT, id=new_id(), name="Bench", role=Role.OWNER)
        id = await importing_actions.begin(world, actor, await importing_actions.fetched(world, actor, f"{base}/api/openapi.json"))
        await importing_actions.take(world, actor, id)
        yield world, actor, {each.action.name: each.action for each in await definitions.listing(world, actor)}


async def session_for(world: World, org: OrgId, text: str) -> SessionId:
    """A customer of their own who has said this much."""
    who = await contacts.create(world, org, Identity(), verified=False)
    opened = await open_session(world, org, who.id, ChannelKind.WEB, verified=False)
    await receive(world, org, opened.id, Inbound(external_id=new_id(), text=text))
    return opened.id


def on_the_wire(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """As the OpenAPI wants them: a list is a text there."""
    return {name: json.dumps(value) if isinstance(value, list) else value for name, value in arguments.items()}


async def replay(world: World, org: OrgId, found: Mapping[str, Action], gold: list[dict[str, Any]]) -> Counter[str]:
    """One task's gold actions by way of the runner: asked for as a model would, which has seen placeholders for what the customer gave and the answers held, and confirmed by the customer."""
    session, states = await session_for(world, org, said_first(gold)), Counter[str]()
    for number, each in enumerate(gold):
        mask, _ = await masking.look(world, org, session)
        arguments = masked(json.dumps(on_the_wire(each["arguments"])), mask.tokens)
        call = await acting.ask_in(world, org, session, None, ToolCall(id=str(number), name=each["name"], arguments=json.loads(arguments)), found.get(each["name"]))
        if call.state is CallState.CONFIRM:
            call = await acting.go_on(world, org, session, call.id, yes=True)
        states[f"{call.state}" + (f": {call.why}" if call.state in (CallState.REFUSED, CallState.FAILED) else "")] += 1
    return states


_PERSONAL = ("email", "first_name", "last_name", "address1", "address2", "city", "state", "country", "zip")


def said_first(gold: list[dict[str, Any]]) -> str:
    """What the customer tells of themselves before anything is called: whatever of it is personal is masked, as in any conversation."""
    told = dict.fromkeys((name, str(value)) for each in gold for name, value in each["arguments"].items() if name in _PERSONAL and value)
    return " ".join(["Hello.", *(f"My {name.replace('_', ' ')} is {value}." for name, value in told)])


def masked(words: str, tokens: Mapping[str, str]) -> str:
    """With the placeholder of each value that the conversation has masked, the longest first: nobody outside has seen it otherwise."""
    for placeholder, value in sorted(tokens.items(), key=lambda each: -len(each[1])):
        words = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", placeholder, words)  # a placeholder has no sign that a pattern's stand-in would read
    return words


async def measure(place: Place, base: str, tasks: list[dict[str, Any]]) -> Outcome:
    began, states, wrong, as_direct, as_http, done = time.perf_counter(), Counter[str](), [], 0, 0, [0, 0]
    async with imported(place, base) as (world, actor, found), httpx2.AsyncClient(base_url=base, timeout=600) as client:
        print(f"{len(found)} actions imported from {base}/api/openapi.json with nothing edited", flush=True)
        for task in tasks:
            gold = task["evaluation_criteria"]["actions"]
            direct = (await client.post("/bench/direct", json=[{"name": each["name"], "arguments": each["arguments"]} for each in gold])).json()
            done[0], done[1] = done[0] + sum(direct["done"]), done[1] + len(gold)
            await client.post("/bench/reset")
            for each in gold:
                await client.post(f"/tools/{each['name']}", json=on_the_wire(each["arguments"]))
            plain = (await client.get("/bench/state")).json()["hash"]
            await client.post("/bench/reset")
            states += await replay(world, actor.org, found, gold)
            ours = (await client.get("/bench/state")).json()["hash"]
            as_direct, as_http = as_direct + (ours == direct["hash"]), as_http + (ours == plain)
            wrong += [task["id"]] if ours not in (plain, direct["hash"]) else []
    return Outcome(
        tasks=len(tasks), as_direct=as_direct, as_http=as_http, wrong=tuple(wrong), states=dict(states), direct=(done[0], done[1]), seconds=time.perf_counter() - began,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tau2", type=Path, required=True, metavar="CHECKOUT")
    parser.add_argument("--python", type=Path, required=True, metavar="VENV/bin/python")
    parser.add_argument("--data", type=Path, metavar="DIR")
    parser.add_argument("--port", type=int, default=8104)
    parser.add_argument("--tasks", type=int, default=0, help="the first so many; 0: all")
    parser.add_argument("--only", default="", choices=("", "lists", "plain"), help="one of the two ways that the server is run")
    options = parser.parse_args()
    folder = data.folder(options.data) / "tau2_env" / "retail"
    tasks = json.loads((folder / "tasks.json").read_text())[: options.tasks or None]
    with database(None) as url, tempfile.TemporaryDirectory() as home:
        for mode, told in (("lists", "with lists read from the strings"), ("plain", "as it is")):
            if options.only not in ("", mode):
                continue
            with served(options.tau2, options.python, folder, mode, options.port) as base:
                if mode == "lists":
                    asyncio.run(_attacked(Place(url, Path(home)), base))
                _tell(told, asyncio.run(measure(Place(url, Path(home)), base, tasks)))


def _tell(told: str, found: Outcome) -> None:
    print(f"\nserver {told}: {found.tasks} tasks in {found.seconds:.0f} s")
    print(f"  gold actions that succeed when called directly: {found.direct[0]} of {found.direct[1]}")
    print(f"  same database as direct calls: {found.as_direct} of {found.tasks}; as the same requests without us: {found.as_http} of {found.tasks}; neither: {', '.join(found.wrong) or 'none'}")
    print("  " + "; ".join(f"{count} {state}" for state, count in sorted(found.states.items(), key=lambda each: -each[1])), flush=True)


async def _attacked(place: Place, base: str) -> None:
    async with imported(place, base) as (world, actor, found), httpx2.AsyncClient(base_url=base, timeout=600) as client:
        print("\nrules, against a scripted model that tries to break them (requests that reached the server, most allowed)")
        for name, reached, allowed in await tau2_attacks.run(world, actor, found, client, session_for):
            print(f"  {'ok  ' if reached <= allowed else 'BAD '} {name}: {reached}, {allowed}", flush=True)


if __name__ == "__main__":
    main()
