"""How well messages are told apart by topic, with the product's own functions: the gate of a hand-off list, all topics at once, and what is about none of them.

`python -m bench.topics [--data DIR] [--part validation|training] [--folds N]`. A hand-off list is 15 of the 150 intents; the other 135 are the list of what is answered.
Names are the intents' with spaces for underscores; the ten examples are spread evenly over each intent's hundred training lines. The part `training` is what weights and
scales were fitted on: training lines that are no examples. The part `validation` was looked at while variants were narrowed down, so what it says is slightly optimistic.

What turns names toward what customers say (bench/topic_names.py) ships as it was fitted on the training lines of all 150 intents. So for the figures of names it is fitted
here again, N times without a part of the intents, by a hash of their names, and each message is judged by the one that never saw a message of its intent.
"""

from __future__ import annotations

import argparse
import asyncio
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.clinc import Lines, read, seen
from bench.data import folder
from bench.ranked import auroc
from bench.topic_names import Labelled, fit, sets, shares
from glassine.edge.embed import Embedder
from glassine.rules import topic_scores
from glassine.rules.topic_scores import Known, Seen
from glassine.words.autopilot import Topic, Topics

LISTED, SPLITS, FOLDS = 15, 2, 5  # topics of a hand-off list, times the intents are dealt into lists, parts of the intents for the form that turns names


def likeness(lines: Lines, read_as: dict[str, Seen], topics: Sequence[Known]) -> NDArray[np.float32]:
    """(lines, topics)"""
    return np.array([[like for like, _ in topic_scores.likeness(text, read_as[text], topics)] for text in lines.texts], np.float32)


def odds(likenesses: NDArray[np.float32], topics: Sequence[Known]) -> NDArray[np.float32]:
    scales = [topic_scores.scale_of(one, wordwise=True) for one in topics]
    made: NDArray[np.float32] = np.array([one.steep for one in scales]) * (likenesses - np.array([one.even for one in scales]))
    return made


def gate(share: NDArray[np.float32], intents: NDArray[np.int64]) -> list[float]:
    """The AUROC of every hand-off list: the sum of its topics' shares, against all lines that are about something else."""
    deal = np.random.default_rng(0)
    lists = [chosen for _ in range(SPLITS) for chosen in deal.permutation(share.shape[1]).reshape(-1, LISTED)]
    return [auroc(share[np.isin(intents, chosen)][:, chosen].sum(axis=1), share[~np.isin(intents, chosen)][:, chosen].sum(axis=1)) for chosen in lists]


def alone(likenesses: NDArray[np.float32], topics: Sequence[Known], intents: NDArray[np.int64], least: float = 0.5, size: int = 5) -> tuple[float, float]:
    """With hand-off lists of five topics and no other list: the share of their messages that is handed off, and the share of all others."""
    deal = np.random.default_rng(1)
    lists = [chosen for _ in range(SPLITS) for chosen in deal.permutation(likenesses.shape[1]).reshape(-1, size)]
    logits = odds(likenesses, topics)
    caught, wrong = [], []
    for chosen in lists:
        handed = shares(logits[:, chosen]).sum(axis=1) >= least
        about = np.isin(intents, chosen)
        caught.append(float(handed[about].mean()))
        wrong.append(float(handed[~about].mean()))
    return float(np.mean(caught)), float(np.mean(wrong))


def apart(lines: Lines, topics: Sequence[Topic], by_text: dict[str, Seen], sets: tuple[Sequence[Labelled], Labelled], folds: int) -> NDArray[np.float32]:
    """Likenesses to names: of each message by a form that was fitted without its intent, and of those about none by all of them on average."""
    others, clinc = sets
    part = np.array([zlib.crc32(f"f{topic.name}".encode()) % folds for topic in topics])
    intents = np.array(lines.intents)
    made = np.zeros((len(lines.texts), len(topics)), np.float32)
    for number in range(folds):
        form = fit([*others, clinc.only(part != number)]).astype(np.float16).astype(np.float32)
        likenesses = likeness(lines, by_text, topic_scores.known(Topics(hands_off=tuple(topics)), by_text, form))
        own = (intents >= 0) & (part[intents] == number)
        made[own] = likenesses[own]
        made[intents < 0] += likenesses[intents < 0] / folds
    return made


def tell(name: str, likenesses: NDArray[np.float32], known: Sequence[Known], intents: NDArray[np.int64]) -> None:
    share = shares(odds(likenesses, known))
    lists = gate(share[intents >= 0], intents[intents >= 0])
    caught, wrong = alone(likenesses, known, intents)
    print(name)
    print(f"  gate, lists of {LISTED} of {len(known)}: AUROC  {np.mean(lists):.4f}  (from {min(lists):.4f} to {max(lists):.4f})")
    print(f"  the right one of {len(known)}             {(share[intents >= 0].argmax(axis=1) == intents[intents >= 0]).mean():.4f}")
    print(f"  in or out of scope: AUROC        {auroc(likenesses[intents >= 0].max(axis=1), likenesses[intents < 0].max(axis=1)):.4f}")
    print(f"  lists of five alone, from .5 on  {caught:.4f} of their messages, {wrong:.4f} of all others", flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--part", choices=("validation", "training"), default="validation")
    parser.add_argument("--folds", type=int, default=FOLDS, help="parts of the intents; 2 fits on one half of them and judges the other")
    asked = parser.parse_args()
    data = folder(asked.data)
    topics, lines = read(data, asked.part)
    by_text = await seen([*lines.texts, *(text for topic in topics for text in (topic.name, *topic.examples))])
    intents = np.array(lines.intents)
    names = [Topic(name=one.name) for one in topics]
    for name, listed, form in (
        ("from the name alone, not turned", names, None), ("from the name alone, turned as shipped, which saw these intents", names, Embedder().turn("en")), ("with ten examples", topics, None),
    ):  # fmt: skip
        known = topic_scores.known(Topics(hands_off=tuple(listed)), by_text, form)
        began = time.process_time()
        likenesses = likeness(lines, by_text, known)
        spent = (time.process_time() - began) / len(lines.texts) * 1_000
        tell(name, likenesses, known, intents)
        print(f"  comparing takes                  {spent:.2f} ms of CPU a message, with {len(known)} topics")
    known = topic_scores.known(Topics(hands_off=tuple(names)), by_text)
    tell(f"from the name alone, turned by {asked.folds} forms, each fitted without the intents it is asked about", apart(lines, names, by_text, await sets(data), asked.folds), known, intents)


if __name__ == "__main__":
    asyncio.run(main())
