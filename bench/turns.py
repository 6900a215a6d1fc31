"""Measures turns from HTTP post to reply readable, through the queue, with everything on, against a running product and its own stub model.

1,083 files of three real help centres are indexed first; the home that holds them is kept in bench/results/home for the next run.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psycopg

from bench import data, floor, load, product
from bench.floor import Floor
from bench.product import Product
from bench.purposes import ANSWER, OTHER, REWRITE, STEP, SUMMARY, purpose
from bench.scratch import of_home
from bench.spent import between, spent
from bench.stub_model import StubModel
from bench.stub_wires import Body
from bench.table import RESULTS, Figure, median, quantile

HOME = RESULTS / "home"
_ROUNDS = 3
_LEARNED: set[Path] = set()


class Shop:
    """A home with 1,000 articles, the customers' words, and what was found out."""

    def __init__(self, folder: Path, *, short: bool = False) -> None:
        self.folder, self.short = folder, short
        self._texts: Iterator[list[str]] = cycle(data.dialogues(folder))

    def dialogues(self, count: int) -> list[list[str]]:
        """The next ones, round and round."""
        return list(islice(self._texts, count))

    def learn(self) -> list[Figure]:
        """Indexes what is not indexed yet, once a run. The first run takes minutes; later ones find everything unchanged."""
        if self.folder in _LEARNED:
            return []
        _LEARNED.add(self.folder)
        began = time.perf_counter()
        lines = [product.run(HOME, "import", str(archive)).splitlines()[-1] for archive in data.archives(self.folder)]
        print("\n".join(lines), flush=True)
        with of_home(HOME) as url, psycopg.connect(url, autocommit=True) as owner:
            owner.execute("vacuum (analyze)")  # a database that runs for longer than a bench does so by itself
        changed = any("added" in line or "changed" in line for line in lines if "unchanged" not in line)
        return [Figure(what="index 1,083 files of three help centres", value=time.perf_counter() - began, unit="s")] if changed else []


async def rounds(shop: Shop, running: Product, *, at_once: int, turns: int, count: int = _ROUNDS) -> list[dict[str, Any]]:
    """Short ones, because neighbours on the same machine are noisy."""
    return [
        await load.apart({"customers": {
            "base": running.api_base, "key": running.api_key, "dialogues": shop.dialogues(turns // 3 + at_once), "turns": turns, "at_once": at_once,
        }})
        for _ in range(1 if shop.short else count)
    ]


def outcomes(found: list[dict[str, Any]]) -> Counter[str]:
    return sum((Counter(one["outcomes"]) for one in found), Counter())


def _times(
    what: str, found: list[dict[str, Any]], *, less: float = 0, p50: float | None = None, p95: float | None = None, under: Floor | None = None,
) -> list[Figure]:
    """Median of the rounds' quantiles and the best round's, `less` milliseconds that are not the product's."""
    halves, most = ([quantile(one["ms"], share) - less for one in found] for share in (0.5, 0.95))
    return [
        Figure(
            what=f"{what}, {name}", value=median(values), best=min(values), unit="ms", bar=bar, ratio=median(values) / under.models if under else None,
            ratio_bar=bar / floor.REFERENCE if bar and under else None,
        )
        for name, values, bar in (("p50", halves, p50), ("p95", most, p95))
    ]


def _rate(what: str, found: list[dict[str, Any]], least: float | None = None, *, under: Floor | None = None) -> Figure:
    """Its ratio is how many turns are taken in the time of one floor."""
    rates = [len(one["ms"]) / one["seconds"] for one in found]
    return Figure(
        what=what, value=median(rates), best=max(rates), unit="turns/s", bar=least, least=True, ratio=median(rates) * under.models / 1_000 if under else None,
        ratio_bar=least * floor.REFERENCE / 1_000 if least and under else None,
    )


async def with_model(shop: Shop) -> list[Figure]:
    """The model answers at once, so what is left is the product's own time."""
    figures: list[Figure] = []
    async with StubModel() as stub:
        with product.up(HOME, product.with_model(stub.url)) as running:
            await rounds(shop, running, at_once=2, turns=40, count=1)
            bare = await load.apart({"bare": {"url": stub.url, "body": _asked(stub), "times": 200}})
            answering = quantile(bare["ms"], 0.5)
            calls, floors = Counter(stub.purposes), [await floor.apart(shop.folder)]
            one = await rounds(shop, running, at_once=1, turns=100)
            floors.append(await floor.apart(shop.folder))
            before = spent(running.pid)
            eight = await rounds(shop, running, at_once=8, turns=300)
            busy, under = between(before, spent(running.pid)), floor.over([*floors, await floor.apart(shop.folder)])
            turns = sum(len(each["ms"]) for each in (*one, *eight))
            figures += under.figures()
            figures += _times("own overhead at one session", one, less=answering, p50=25, p95=60, under=under)
            figures += [_rate("throughput at 8 sessions", eight, 60, under=under), *_times("turn at 8 sessions", eight)]
            figures += [
                Figure(what=f"processor time a turn of the {name}, at 8 sessions", value=busy[name] / sum(len(each["ms"]) for each in eight), unit="ms")
                for name in ("product", "postgres")
            ]
            figures += [
                *_calls(stub.purposes - calls, turns, outcomes([*one, *eight])["handed_off"]),
                Figure(what="prompt, characters", value=sum(len(message["content"]) for message in _asked(stub)["messages"])),
                Figure(what="bare answer of the stub, p50", value=answering, unit="ms"),
            ]
            figures += await timings(running, "with a model")
            print("outcomes with a model:", dict(outcomes([*one, *eight])))
    return figures


def _asked(stub: StubModel) -> Body:
    """The newest request for an answer: one for a summary is shorter."""
    return next(body for body in reversed(stub.bodies) if purpose(body) == ANSWER)


def _calls(made: Counter[str], turns: int, handed_off: int) -> list[Figure]:
    """Every call by what it was for. A summary is asked for after a handoff, when the customer has been told, and no turn waits for it."""
    return [
        Figure(what="model calls a turn, for the answer", value=made[ANSWER] / turns, bar=1),
        Figure(what="model calls a turn, to write anew what the guard stopped", value=made[REWRITE] / turns),
        Figure(what="model calls a turn, after an action", value=made[STEP] / turns, bar=0),  # there are no actions
        Figure(what="model calls a handoff, for its summary", value=made[SUMMARY] / max(handed_off, 1), bar=1),
        Figure(what="model calls for anything else", value=made[OTHER], bar=0),
    ]


async def extractive(shop: Shop) -> list[Figure]:
    """Without a language model: answers are quoted."""
    with product.up(HOME) as running:
        await rounds(shop, running, at_once=2, turns=40, count=1)
        one = await rounds(shop, running, at_once=1, turns=100)
        eight = await rounds(shop, running, at_once=8, turns=300)
        print("outcomes without a model:", dict(outcomes([*one, *eight])))
        return [*_times("extractive turn at one session", one), _rate("extractive throughput at 8 sessions", eight)]


async def slow_model(shop: Shop) -> list[Figure]:
    """The model takes 800 ms; nothing of the product may wait for it but the turn itself."""
    async with StubModel() as stub:
        with product.up(HOME, product.with_model(stub.url)) as running:
            await rounds(shop, running, at_once=2, turns=20, count=1)
            stub.latency = 0.8
            one = await rounds(shop, running, at_once=1, turns=10, count=2)
            eight = await rounds(shop, running, at_once=8, turns=64, count=3)
    return [*_times("turn with a model of 800 ms, one session", one, p95=1_200), *_times("turn with a model of 800 ms, 8 sessions", eight, p95=1_200)]


async def timings(running: Product, what: str) -> list[Figure]:
    """The steps' own clocks of the last turns, as inspect shows them."""
    line = load.Line(running.api_base, running.api_key)
    _, listed = await line.ask("GET", "/chat/sessions?limit=100")
    found: dict[str, list[float]] = {}
    twice = 0
    for session in listed["items"]:
        _, inspected = await line.ask("GET", f"/chat/sessions/{session['id']}/inspect")
        for turn in inspected["turns"]:
            left = [one for one in turn["asked"] if not one["failed"].startswith("stopped:")]  # what the gate held back reached no model
            twice += len(left) > 1 and not turn["rounds"]
            for step, taken in turn["timings"].items():
                found.setdefault(step, []).append(taken)
    line.close()
    plain = [Figure(what=f"plain answers that took a second call, {what}", value=twice, bar=0)]
    return plain + [Figure(what=f"step {step}, {what}, at 8 sessions, p50", value=quantile(taken, 0.5), unit="ms") for step, taken in sorted(found.items())]


def main() -> None:
    """Prints the words of the load only: to see by eye what is sent."""
    print(json.dumps(data.dialogues(data.folder())[:3], indent=1))


if __name__ == "__main__":
    main()
