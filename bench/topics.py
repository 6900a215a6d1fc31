"""How well messages are told apart by topic, with the product's own functions: the gate of a hand-off list, all topics at once, and what is about none of them.

`python -m bench.topics [--data DIR] [--part validation|training]`, where DIR holds clinc150. A hand-off list is 15 of the 150 intents; the other 135 are the list of
what is answered. Names are the intents' with spaces for underscores; the ten examples are spread evenly over each intent's hundred training lines. The part `training`
is what weights and scales were fitted on: training lines that are no examples. The part `validation` was looked at while variants were narrowed down, so what it says is
slightly optimistic.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.data import folder
from glassine.edge.embed import Embedder
from glassine.rules import topic_scores
from glassine.rules.topic_scores import Known, Seen
from glassine.words.autopilot import Topic, Topics

LISTED, EXAMPLES, SPLITS = 15, 10, 2  # topics of a hand-off list, examples of a topic, times the intents are dealt into lists
_EVERY = 10


class Lines(NamedTuple):
    """Texts and the number of each one's intent; -1: none."""

    texts: list[str]
    intents: list[int]


def read(data: Path, part: str) -> tuple[list[Topic], Lines]:
    """The 150 topics with ten examples each, and the lines that are to be told apart, those about nothing of it last."""
    held = json.loads((data / "clinc150" / "data_train_val.json").read_text(encoding="utf-8"))
    lines: dict[str, list[str]] = {}
    for text, intent in held["train"]:
        lines.setdefault(intent, []).append(text)
    names = sorted(lines)
    topics = [Topic(name=name.replace("_", " "), examples=tuple(lines[name][_EVERY // 2 :: _EVERY][:EXAMPLES])) for name in names]
    if part == "training":
        asked = [(text, place) for place, name in enumerate(names) for text in lines[name][3::7] if text not in topics[place].examples]
        outside = held["oos_train"]
    else:
        asked, outside = [(text, names.index(intent)) for text, intent in held["val"]], held["oos_val"]
    asked += [(text, -1) for text, _ in outside]
    return topics, Lines([text for text, _ in asked], [place for _, place in asked])


async def seen(texts: Sequence[str], language: str = "en") -> dict[str, Seen]:
    embed = Embedder()
    found = {}
    for text in dict.fromkeys(texts):
        one = await embed.asked(text, language)
        found[text] = Seen(one.vector, one.tokens)
    return found


def likeness(lines: Lines, read_as: dict[str, Seen], topics: Sequence[Known]) -> NDArray[np.float32]:
    """(lines, topics)"""
    return np.array([[like for like, _ in topic_scores.likeness(text, read_as[text], topics)] for text in lines.texts], np.float32)


def odds(likenesses: NDArray[np.float32], topics: Sequence[Known]) -> NDArray[np.float32]:
    scales = [topic_scores.scale_of(one, wordwise=True) for one in topics]
    made: NDArray[np.float32] = np.array([one.steep for one in scales]) * (likenesses - np.array([one.even for one in scales]))
    return made


def shares(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """What `topic_scores.scored` gives each topic."""
    most = np.maximum(logits.max(axis=1, keepdims=True), 0)
    raised = np.exp(logits - most)
    made: NDArray[np.float32] = raised / (np.exp(-most) + raised.sum(axis=1, keepdims=True))
    return made


def auroc(inside: NDArray[np.float32], outside: NDArray[np.float32]) -> float:
    """How often one of the first lies above one of the second; ties count half."""
    _, place, count = np.unique(np.concatenate([inside, outside]), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((ranks[: len(inside)].sum() - len(inside) * (len(inside) + 1) / 2) / (len(inside) * len(outside)))


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


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--part", choices=("validation", "training"), default="validation")
    asked = parser.parse_args()
    topics, lines = read(folder(asked.data), asked.part)
    by_text = await seen([*lines.texts, *(text for topic in topics for text in (topic.name, *topic.examples))])
    intents = np.array(lines.intents)
    for name, listed in (("from the name alone", [Topic(name=one.name) for one in topics]), ("with ten examples", topics)):
        known = topic_scores.known(Topics(hands_off=tuple(listed)), by_text)
        began = time.process_time()
        likenesses = likeness(lines, by_text, known)
        spent = (time.process_time() - began) / len(lines.texts) * 1_000
        share = shares(odds(likenesses, known))
        lists = gate(share[intents >= 0], intents[intents >= 0])
        caught, wrong = alone(likenesses, known, intents)
        print(name)
        print(f"  gate, lists of 15 of 150: AUROC  {np.mean(lists):.4f}  (from {min(lists):.4f} to {max(lists):.4f})")
        print(f"  the right one of 150             {(share[intents >= 0].argmax(axis=1) == intents[intents >= 0]).mean():.4f}")
        print(f"  in or out of scope: AUROC        {auroc(likenesses[intents >= 0].max(axis=1), likenesses[intents < 0].max(axis=1)):.4f}")
        print(f"  lists of five alone, from .5 on  {caught:.4f} of their messages, {wrong:.4f} of all others")
        print(f"  comparing takes                  {spent:.2f} ms of CPU a message, with {len(known)} topics")


if __name__ == "__main__":
    asyncio.run(main())
