"""`./dev bench [NAME …]`: runs the measurements that are named, or all of them, prints one table and writes JSON to bench/results/."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import data
from bench.table import RESULTS, Figure, keep, machine, show


def _turns(options: argparse.Namespace) -> list[Figure]:
    from bench.turns import Shop, extractive, with_model

    shop = Shop(data.folder(options.data), short=options.short)
    return [*shop.learn(), *asyncio.run(with_model(shop)), *asyncio.run(extractive(shop))]


def _slow_model(options: argparse.Namespace) -> list[Figure]:
    from bench.turns import Shop, slow_model

    shop = Shop(data.folder(options.data), short=options.short)
    return [*shop.learn(), *asyncio.run(slow_model(shop))]


def _memory(_: argparse.Namespace) -> list[Figure]:
    from bench.memory import at_rest

    return asyncio.run(at_rest())


def _startup(_: argparse.Namespace) -> list[Figure]:
    from bench.startup import first_and_second

    return first_and_second()


def _crash(options: argparse.Namespace) -> list[Figure]:
    from bench.crash import apart, supervised

    dialogues, seconds = data.dialogues(data.folder(options.data)), 20 if options.short else 60
    return [*apart(dialogues, seconds, seed=options.seed), *supervised(dialogues, seconds // 2, seed=options.seed + 1)]


def _handoff(options: argparse.Namespace) -> list[Figure]:
    from bench.handoff import matrix

    return asyncio.run(matrix(options.seed, conversations=2, kills=1) if options.short else matrix(options.seed))


def _search(options: argparse.Namespace) -> list[Figure]:
    from bench.retrieval import speed_of

    return speed_of(10_000, data.folder(options.data))


def _retrieval(options: argparse.Namespace) -> list[Figure]:
    from bench.retrieval import figures

    return figures(data.folder(options.data), sizes=tuple(map(int, options.sizes.split(","))) if options.sizes else (), short=options.short)


def _gaps(options: argparse.Namespace) -> list[Figure]:
    from bench.gaps import run

    [row] = asyncio.run(run(data.folder(options.data), sweep=False, most=1_500 if options.short else None))
    return [
        Figure(what="gaps on banking77, half B, adjusted Rand index", value=row["rand"], bar=0.4, least=True),
        Figure(what="gaps on banking77, half B, purity", value=row["purity"], bar=0.7, least=True),
    ]


def _redaction(options: argparse.Namespace) -> list[Figure]:
    from bench.redaction import figures, measure, report

    result = measure(data.folder(options.data), RESULTS, short=options.short)
    report(result)
    return figures(result)


def _prove(options: argparse.Namespace) -> list[Figure]:
    from bench.proof import run

    return run(1_000 if options.short else 10_000, options.seed)


def _ledger(options: argparse.Namespace) -> list[Figure]:
    from bench.ledger import run

    return run(short=options.short)


def _handoff_visible(options: argparse.Namespace) -> list[Figure]:
    from bench.handoff_visible import measured

    return measured(20 if options.short else 100)


def _webhooks(options: argparse.Namespace) -> list[Figure]:
    from bench.webhooks import measured

    return measured(short=options.short)


def _saying(options: argparse.Namespace) -> list[Figure]:
    from bench.saying import figures

    return figures(data.folder(options.data), 1)


def _guard(options: argparse.Namespace) -> list[Figure]:
    from bench.guard import figures

    return figures(data.folder(options.data), seed=1, short=options.short)


NAMES: Mapping[str, Callable[[argparse.Namespace], list[Figure]]] = {
    "turns": _turns, "slow_model": _slow_model, "memory": _memory, "startup": _startup, "search": _search, "retrieval": _retrieval, "gaps": _gaps, "redaction": _redaction,
    "crash": _crash, "handoff": _handoff, "handoff_visible": _handoff_visible, "webhooks": _webhooks, "saying": _saying, "prove": _prove, "ledger": _ledger, "guard": _guard,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--data", type=Path, metavar="DIR", help="the folder of the public data sets; BENCH_DATA, or ../shared/data beside the checkout")
    parser.add_argument("--short", action="store_true", help="one round of each, and crashes for 20 seconds")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000, help="of what the crash bench kills, and when")
    parser.add_argument("--sizes", default="", help="of retrieval: also search in so many generated passages, as in 10000,100000,1000000")
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no bench named {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    print(", ".join(f"{name} {value}" for name, value in machine().items()), flush=True)
    everything: list[Figure] = []
    for name in options.names or NAMES:
        began = time.perf_counter()
        print(f"\n{name} …", flush=True)
        found = NAMES[name](options)
        keep(name, found)
        print(f"{name} took {time.perf_counter() - began:.0f} s", flush=True)
        everything += found
    show(everything)
    sys.exit(any(one.verdict == "MISSED" for one in everything))


if __name__ == "__main__":
    main()
