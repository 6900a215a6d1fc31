"""Runs `glassine prove` on a running product, as an operator does, and takes the figures out of its report. It judges nothing itself."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from bench import product
from bench.table import RESULTS, Figure

_FREE = "free"


def run(canaries: int, seed: int) -> list[Figure]:
    """A product with its demo organisation, and a proof beside it. The signed report goes to bench/results/proof.json."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / "proof.json"
    file.unlink(missing_ok=True)
    with product.scratch_home() as home, product.up(home) as running:
        began = time.perf_counter()
        _prove(home, running.url, canaries, seed, file)
        took = time.perf_counter() - began
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["document"]
    promised = sum(kind["found_in_the_clear"] for kind in document["kinds"] if kind["guarantee"] != _FREE)
    figures = [
        Figure(what="prove, canaries sent", value=document["sent"]["canaries"]), Figure(what="prove, ways in", value=document["sent"]["ways"]),
        Figure(what="prove, byte strings sought", value=document["strings_sought"]),
        Figure(what="prove, megabytes searched", value=round(sum(looked["bytes"] for looked in document["searched"].values()) / 1e6)),
        Figure(what="prove, whole", value=round(took), unit="s"), Figure(what="prove, promised values found", value=promised, bar=0),
        Figure(what="prove, false alarms, blind places and troubles", value=sum(len(document[name]) for name in ("false_alarms", "blind", "trouble")), bar=0),
    ]
    for kind in document["kinds"]:
        if kind["guarantee"] == _FREE:
            low, high = kind["rate_95"]
            print(f"prove: {kind['kind']}: {kind['found_in_the_clear']} of {kind['sent']} missed, {kind['rate']:.1%} (95 % interval {low:.1%} to {high:.1%})", flush=True)
    return figures


def _prove(home: Path, url: str, canaries: int, seed: int, file: Path) -> None:
    """The command, whose exit code says no more than its report."""
    command = [*product.GLASSINE, "prove", "--home", str(home), "--url", url, "--canaries", str(canaries), "--seed", str(seed), "--output", str(file)]
    done = subprocess.run(command, env=product.environment({}), stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, flush=True)
    if not file.exists():
        raise SystemExit("The proof ended without a report; the lines above say why.")
