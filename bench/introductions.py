"""Measures what greetings, introductions and thanks around a question do to search and extraction: `python -m bench.introductions [--database URL]`.

The questions are squad2's and clapnq's, and far-off ones that no passage answers. What stands around them was written by others too: greetings, account numbers and
thanks of the customers in tau_trajectories, and introductions by name of pii_presidio_synth, masked. Each message is asked as the question alone, with every
word searched for, and as the product searches for it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.answer import far_questions
from bench.data import folder
from bench.retrieval import Task, clapnq, learn, lines, squad2
from bench.scratch import database
from bench.table import Figure, show
from glassine.config import Settings
from glassine.rules import extract
from glassine.rules.courtesies import asking
from glassine.story.search import finding
from glassine.story.world import World, live
from glassine.words.ids import ArticleId, OrgId
from glassine.words.knowledge import EVERYBODY
from glassine.words.turns import Reason

MOST = 400  # questions of a kind
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_GREETS = re.compile(r"(?:hi|hello|hey|good (?:morning|afternoon|evening))\b", re.IGNORECASE)
_THANKS = re.compile(r"thank|appreciate|(?:help|assist) me with (?:that|this|it)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Sentences of customers, each as often as it was said. Whether the product knows them has no part in their choice."""

    greetings: Sequence[str]
    introductions: Sequence[str]
    thanks: Sequence[str]

    def put(self, question: str, chance: random.Random) -> str:
        return f"{chance.choice(self.greetings)} {chance.choice(self.introductions)} {question} {chance.choice(self.thanks)}"


def around(data: Path) -> Around:
    said = [sentence for sentence in _customers(data) if len(sentence.split()) <= 10 and sentence.endswith((".", "!", "?"))]
    accounts = [sentence for sentence in said if re.search(r"\bmy user ID is\b", sentence, re.IGNORECASE)]
    names = list(_names(data))
    return Around(
        greetings=[sentence for sentence in said if _GREETS.match(sentence) and len(sentence.split()) <= 3],
        introductions=[*names, *random.Random(1).sample(accounts, min(len(accounts), len(names)))], thanks=[sentence for sentence in said if _THANKS.search(sentence)],
    )


def _customers(data: Path) -> Iterator[str]:
    for one in lines(data / "tau_trajectories/gpt-4o-airline.user_turns.jsonl"):
        for turn in one["turns"]:
            if turn["role"] == "user" and turn["content"]:
                yield from filter(None, (sentence.strip() for sentence in _SENTENCE.split(turn["content"].replace("###STOP###", ""))))


def _names(data: Path) -> Iterator[str]:
    """Sentences in which somebody says their name, masked by their labels."""
    for one in json.loads((data / "pii_presidio_synth/generated_large.json").read_text(encoding="utf-8")):
        text = one["full_text"]
        for span in sorted(one["spans"], key=lambda span: -span["start_position"]):
            if span["entity_type"] == "PERSON":
                text = f"{text[: span['start_position']]}[NAME_1]{text[span['end_position'] :]}"
        for sentence in _SENTENCE.split(text):
            if re.search(r"(?:my name is|my name's|\bI'm|\bI am|this is)[^.!?]*\[NAME_1\]", sentence, re.IGNORECASE) and len(sentence.split()) <= 8:
                yield sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


WAYS: Mapping[str, Callable[[str, str], str]] = {"alone": lambda question, _: question, "every word searched for": lambda _, message: message, "as it is searched for": lambda _, message: asking(message)}


async def figures(world: World, data: Path) -> list[Figure]:
    rows, words = list[Figure](), around(data)
    for task in (squad2(data), clapnq(data)):
        org, named = await learn(world, task)
        chance = random.Random(1)
        good, far = _some(task), [(question, "") for question, _ in far_questions(data)[:MOST:2]]
        messages = {kind: [(question, words.put(question, chance), right) for question, right in chosen] for kind, chosen in (("answerable", good), ("far-off", far))}
        for name, way in WAYS.items():
            for kind, asked in messages.items():
                queries = [(way(question, message), right) for question, message, right in asked]
                rows += await _measured(world, org, named, f"{task.name}, {kind} ({len(asked)}), {name}", queries)
                print(rows[-1], flush=True)
    return rows


def _some(task: Task) -> list[tuple[str, str]]:
    """Questions that end as a sentence does."""
    chosen = random.Random(1).sample(task.questions, min(MOST, len(task.questions)))
    return [(question if question.rstrip().endswith("?") else f"{question.rstrip()}?", right) for question, right in chosen]


async def _measured(world: World, org: OrgId, named: Mapping[ArticleId, str], what: str, asked: Sequence[tuple[str, str]]) -> list[Figure]:
    first = quoted = rightly = 0
    for query, right in asked:
        hits = await finding.find(world, org, query, viewer=EVERYBODY, language="en")
        judged = extract.answer(query, hits, language="en")
        used = [named[hit.article] for hit in hits if str(hit.passage) in judged.used]
        first += bool(hits) and named[hits[0].article] == right
        quoted += judged.reasons[0] is Reason.ANSWERED_FROM_KNOWLEDGE
        rightly += judged.reasons[0] is Reason.ANSWERED_FROM_KNOWLEDGE and right in used
    whole = Figure(what=f"{what}: quoted", value=quoted / len(asked), bar=None if asked[0][1] else 0.05)
    if not asked[0][1]:
        return [whole]
    return [Figure(what=f"{what}: right article first", value=first / len(asked)), Figure(what=f"{what}: quoted from it", value=rightly / len(asked)), whole]


async def run(url: str, data: Path) -> list[Figure]:
    with tempfile.TemporaryDirectory() as home:
        async with live(Settings(home=Path(home), database_url=url)) as world:
            return await figures(world, data)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", help="address of an empty database with pgvector; without it a server is started")
    options.add_argument("--data", type=Path, help="the folder of the public data sets")
    chosen = options.parse_args()
    with database(chosen.database) as url:
        show(asyncio.run(run(url, folder(chosen.data))))


if __name__ == "__main__":
    main()
