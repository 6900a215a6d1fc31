"""Fits what turns the names of topics toward what customers say about them: `python -m bench.topic_names [--data DIR]` writes it to glassine/edge/models/topic_names.npy.

A name is short and says what something is called; a message is a sentence and says what somebody wants. One bilinear form for all topics is fitted on public lines whose
intents have names: banking77, bitext, the handoff intents, and clinc150's training half. It says which of a set's names a line belongs to, or none. `bench.topics` fits it
again without the intents of the lines that it judges.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.clinc import read, seen
from bench.data import folder
from glassine.rules import topic_scores
from glassine.rules.topic_scores import BESIDE, Seen, Vectors
from glassine.words.autopilot import Topic, Topics

WRITTEN = Path(__file__).resolve().parent.parent / "glassine/edge/models/topic_names.npy"
MOST_OF_AN_INTENT = 30
_NO_TOPICS = {"greet", "goodbye", "thank", "bot challenge", "inform", "out of scope", "affirm", "deny", "help"}
_ENTITY = re.compile(r"\[([^]]*)\](?:\([^)]*\)|\{[^}]*\})")
# Chosen on clinc150's training half, each intent judged by a form that was fitted without it.
_STEPS, _BATCH, _RATE, _SMALL, _NONE_WEIGHS = 250, 256, 0.001, 0.02, 3.0
_FEW = (5, 15, 40)  # names of a short list, as most hand-off lists are: every second time a line is asked which of so many it belongs to, or none


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Lines of a set with the vectors of its names: `wordwise` is how well the words of each line and name meet, (lines, names); `intents` is -1 for none of them."""

    lines: Vectors
    names: Vectors
    wordwise: Vectors
    intents: NDArray[np.int64]

    def only(self, kept: NDArray[np.bool_]) -> Labelled:
        """With these names alone, and without the lines of the others."""
        few = self.few(np.flatnonzero(kept))
        stays = (self.intents < 0) | kept[self.intents]
        return few.some(np.flatnonzero(stays))

    def few(self, chosen: NDArray[np.int64]) -> Labelled:
        """With these names; the lines of the others are about none of them."""
        places = np.full(len(self.names) + 1, -1)
        places[chosen] = np.arange(len(chosen))
        return Labelled(lines=self.lines, names=self.names[chosen], wordwise=self.wordwise[:, chosen], intents=places[self.intents])

    def some(self, lines: NDArray[np.int64]) -> Labelled:
        return Labelled(lines=self.lines[lines], names=self.names, wordwise=self.wordwise[lines], intents=self.intents[lines])


def named(data: Path) -> list[Mapping[str, Sequence[str]]]:
    """The lines of each set by the names of their intents; clinc150 stands by itself in bench/topics.py."""
    with (data / "banking77/train.csv").open(encoding="utf-8") as table:
        bank = [(row["category"], row["text"]) for row in csv.DictReader(table)]
    bitext: list[tuple[str, str]] = []
    for path in sorted((data / "bitext_cs/data").rglob("*.csv")):
        with path.open(encoding="utf-8") as table:
            bitext += [(row["intent"], row["utterance"]) for row in csv.DictReader(table)]
    desk = [one for path in sorted((data / "human_handoff_intents").rglob("*.yml")) for one in _rasa(path) if "smalltalk" not in one[0]]
    return [_by_name(pairs) for pairs in (bank, bitext, desk)]


def _rasa(path: Path) -> list[tuple[str, str]]:
    """The lines of a file of training data for Rasa, which is simple enough to be read line by line."""
    found, intent = list[tuple[str, str]](), ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if begins := re.match(r"\s*- intent:\s*(\S+)", line):
            intent = begins[1]
        elif (says := re.match(r"\s+- (.+)", line)) and intent:
            found.append((intent, _ENTITY.sub(r"\1", says[1])))
    return found


def _by_name(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for intent, text in dict.fromkeys(pairs):
        found.setdefault(re.sub(r"[_/]", " ", intent).replace("?", ""), []).append(text)
    kept = {name: lines[:: max(1, len(lines) // MOST_OF_AN_INTENT)][:MOST_OF_AN_INTENT] for name, lines in found.items()}
    return {name: lines for name, lines in kept.items() if len(lines) >= 3 and name not in _NO_TOPICS}


def labelled(lines: Sequence[tuple[str, int]], names: Sequence[str], by_text: Mapping[str, Seen]) -> Labelled:
    known = topic_scores.known(Topics(hands_off=tuple(Topic(name=name) for name in names)), by_text)
    wordwise = np.array([[float(topic_scores.met(by_text[text].words, one)[0]) for one in known] for text, _ in lines], np.float32)
    return Labelled(lines=np.stack([by_text[text].vector for text, _ in lines]), names=np.stack([one.own for one in known]), wordwise=wordwise, intents=np.array([place for _, place in lines]))


async def sets(data: Path) -> tuple[list[Labelled], Labelled]:
    """The other sets, and clinc150's training half. To each the lines are added that clinc150 calls out of scope: they are about none of its names."""
    topics, clinc = read(data, "training")
    outside = [text for text, place in zip(clinc.texts, clinc.intents, strict=True) if place < 0]
    others = named(data)
    by_text = await seen([*clinc.texts, *(topic.name for topic in topics), *(text for one in others for name, lines in one.items() for text in (name, *lines))])
    made = []
    for one in others:
        pairs = [(text, place) for place, lines in enumerate(one.values()) for text in lines]
        made.append(labelled([*pairs, *((text, -1) for text in outside)], list(one), by_text))
    return made, labelled(list(zip(clinc.texts, clinc.intents, strict=True)), [topic.name for topic in topics], by_text)


def fit(found: Sequence[Labelled]) -> Vectors:
    """The form that makes each line's name the likeliest of its set, kept small (Kingma & Ba 2015, Adam); always the same for the same lines."""
    chance = np.random.default_rng(0)
    made = np.zeros((found[0].names.shape[1] + 1,) * 2, np.float32)
    first, second = np.zeros_like(made), np.zeros_like(made)
    for step in range(1, _STEPS + 1):
        slope = 2 * _SMALL * made
        for one in found:
            batch, weight = one.some(chance.choice(len(one.lines), min(_BATCH, len(one.lines)), replace=False)), _NONE_WEIGHS
            if chance.random() < 0.5:
                size = min(int(chance.choice(_FEW)), len(one.names))
                batch, weight = batch.few(chance.choice(len(one.names), size, replace=False)), 1.0
            slope += _slope(made, batch, weight)
        slope[-1, -1] = 0.0  # what is added to everything is `even` already
        first, second = 0.9 * first + 0.1 * slope, 0.99 * second + 0.01 * slope**2
        made -= _RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return made


def _slope(form: Vectors, batch: Labelled, none_weighs: float) -> Vectors:
    """How the loss of some lines changes with the form: the cross entropy of the softmax over a set's names and none of them."""
    steep, even = topic_scores.SCALES[False, True]
    lines, names, intents = _beside(batch.lines), _beside(batch.names), batch.intents
    like = (batch.lines @ batch.names.T + lines @ form @ names.T + batch.wordwise) / 2
    wrong = shares((steep * (like - even)).astype(np.float32))
    inside = intents >= 0
    wrong[np.flatnonzero(inside), intents[inside]] -= 1
    weights = np.where(inside, 1.0, none_weighs)[:, None] * steep / 2 / len(lines)
    made: Vectors = (lines.T @ (wrong * weights) @ names).astype(np.float32)
    return made


def shares(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """What `topic_scores.scored` gives each topic."""
    most = np.maximum(logits.max(axis=1, keepdims=True), 0)
    raised = np.exp(logits - most)
    made: NDArray[np.float32] = raised / (np.exp(-most) + raised.sum(axis=1, keepdims=True))
    return made


def _beside(vectors: Vectors) -> Vectors:
    return np.concatenate([vectors, np.full((len(vectors), 1), BESIDE, np.float32)], axis=1)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    others, clinc = await sets(folder(parser.parse_args().data))
    np.save(WRITTEN, fit([*others, clinc]).astype(np.float16))
    print(f"{WRITTEN.name}: fitted on {sum(len(one.lines) for one in (*others, clinc)):,} lines of {sum(len(one.names) for one in (*others, clinc))} intents")


if __name__ == "__main__":
    asyncio.run(main())
