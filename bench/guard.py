"""Measures the fact guard: false alarms on real sentences, findings in corrupted ones, and its time: `python -m bench.guard`.

The answers that people wrote to squad2's and clapnq's questions, and the sentences of squad2's paragraphs, are replies that cite their own passage:
every alarm is a false one. Then one fact of each is changed, systematically, to what the passage does not say: every silence is a miss.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.data import folder
from bench.retrieval import lines
from bench.table import Figure, show
from glassine.rules import facts, prompt
from glassine.rules.grounding import ground
from glassine.rules.passages import sentences
from glassine.words.ids import ArticleId, PassageId, new_id
from glassine.words.knowledge import Audience, Hit

PASSAGES, CHARACTERS = 6, 4_000  # of a reply that is timed
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905 - a line reads better
# A fact of each kind in a frame, for corpora hold few addresses and prices: put behind a sentence and its passage alike, then changed in the reply alone.
FRAMES: dict[str, Callable[[int], str]] = {
    "amount": lambda n: f"The price is {n + 3},{n % 90 + 10} €.", "currency": lambda n: f"It costs {4_000 + n // 4} {('EUR', 'USD', 'GBP', 'CHF')[n % 4]}.", "percentage": lambda n: f"The rate is {n + 2} %.",
    "unit": lambda n: f"It takes {1_000 + n // 4} {('hours', 'days', 'weeks', 'months')[n % 4]}.", "date": lambda n: f"It ends on {n % 28 + 1} {_MONTHS[n % 12]} {2031 + n % 60}.",
    "iso date": lambda n: f"It ends on {2031 + n % 60}-{n % 12 + 1:02}-{n % 28 + 1:02}.", "time": lambda n: f"It closes at {n % 24}:{n % 60:02}.", "host": lambda n: f"See https://s{n}.example/help.",
    "path": lambda n: f"See https://shop.example/help/{n}.", "email": lambda n: f"Write to desk{n}@shop.example.", "phone": lambda n: f"Call +49 30 {5_550_000 + n}.", "code": lambda n: f"Enter SKU-{70_000 + n}.",
    "version": lambda n: f"Install v{n % 9 + 1}.{n}.2.", "quote": lambda n: f"Press “Item {chr(97 + n % 26)}{n}”.", "code line": lambda n: f"Run `tool --set{n}`.",
    "spelled": lambda n: f"It takes {('two', 'three', 'seven', 'eleven', 'sixteen', 'forty', 'ninety')[n % 7]} thousand {n % 3 + 40} minutes.",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence and the passage that it is from."""

    corpus: str
    text: str
    passage: str


def real(data: Path) -> Iterator[Said]:
    """Answers that people wrote, and the sentences of paragraphs."""
    documents = {one["id"]: one["text"] for one in lines(data / "squad2/docs_shared.jsonl")}
    for one in lines(data / "squad2/questions_shared.jsonl"):
        for answer in dict.fromkeys(one["answers"]):
            yield Said(corpus="squad2 answers", text=answer, passage=documents[one["gold_doc"]])
    for text in documents.values():
        yield from (Said(corpus="squad2 sentences", text=sentence, passage=text) for sentence in sentences(text, "en"))
    for one in lines(data / "clapnq/dev_answerable.jsonl"):
        for output in one["output"]:
            if output["answer"]:
                yield Said(corpus="clapnq answers", text=output["answer"], passage=one["passages"][0]["text"])


def passes(text: str, passage: str) -> bool:
    return ground(f"{text} [1]", [hit(passage)], message="What is it?", language="en", promised=()).reply is not None


def hit(text: str) -> Hit:
    return Hit(
        passage=PassageId(new_id()), article=ArticleId(new_id()), title="", heading="", text=text, url=None, audience=Audience.PUBLIC, score=1.0, similarity=1.0, best_sentence="",
    )  # fmt: skip


def corrupted(said: Said, chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """Kind, reply and passage: a number of the sentence changed to one that the passage does not have, and one fact of each kind in a frame."""
    for number in re.finditer(r"(?<![\w.,])\d+(?![\w.,]\w|\w)", said.text):
        other = _other(number[0], said.passage, chance)
        yield "number in its sentence", f"{said.text[: number.start()]}{other}{said.text[number.end() :]}", said.passage
    for month in _MONTHS:
        others = [one for one in _MONTHS if one not in said.passage]
        if re.search(rf"\b{month} \d", said.text) and others:
            yield "month in its sentence", said.text.replace(month, chance.choice(others)), said.passage
    for kind, frame in FRAMES.items():
        true, false = chance.sample(range(900), 2)
        if not all(facts.backs(facts.given(frame(true)), fact.needs) for fact in facts.stated(frame(false)) if fact.needs):
            yield kind, f"{said.text} {frame(false)}", f"{said.passage}\n\n{frame(true)}"


def _other(number: str, passage: str, chance: random.Random) -> str:
    while True:
        other = str(chance.randrange(10 ** (len(number) - 1), 10 ** len(number)))
        if other not in passage:
            return other
        number += "0"


def alarms(found: Sequence[Said]) -> list[Figure]:
    by_corpus: dict[str, list[bool]] = defaultdict(list)
    for said in found:
        by_corpus[said.corpus].append(passes(said.text, said.passage))
    whole = [one for each in by_corpus.values() for one in each]
    rows = [Figure(what=f"true replies that pass, {corpus} ({len(each):,})", value=sum(each) / len(each)) for corpus, each in by_corpus.items()]
    return [*rows, Figure(what=f"true replies that pass, all ({len(whole):,})", value=sum(whole) / len(whole), bar=0.995, least=True)]


def misses(found: Sequence[Said], seed: int) -> list[Figure]:
    chance = random.Random(seed)
    by_kind: dict[str, list[bool]] = defaultdict(list)
    for said in found:
        if said.corpus == "squad2 answers" or len(said.text) > 1_500:
            continue  # a bare answer is no sentence
        for kind, reply, passage in corrupted(said, chance):
            by_kind[kind].append(not passes(reply, passage))
            if not by_kind[kind][-1]:
                print(f"missed: {kind}: {reply[-160:]}")
    whole = [one for each in by_kind.values() for one in each]
    rows = [Figure(what=f"changed facts that are found, {kind} ({len(each):,})", value=sum(each) / len(each)) for kind, each in sorted(by_kind.items())]
    return [*rows, Figure(what=f"changed facts that are found, all ({len(whole):,})", value=sum(whole) / len(whole), bar=0.999, least=True)]


def speed(data: Path) -> list[Figure]:
    """CPU time of judging 4,000 characters against six passages: seen for the first time, and seen before. No passage comes twice; six that a prompt has no room for would be refused at once."""
    texts = [one["text"][:1_750] for one in lines(data / "squad2/docs_shared.jsonl")]
    first, again = list[float](), list[float]()
    chosen_hits = ([hit(text) for text in texts[start : start + PASSAGES]] for start in range(0, len(texts) - PASSAGES + 1, PASSAGES))
    for hits in (hits for hits in chosen_hits if len(prompt.shown(hits)) == PASSAGES):
        chosen = [one.text for one in hits]
        reply = " ".join(f"{text[: CHARACTERS // PASSAGES - 6]} [{place}]." for place, text in enumerate(chosen, 1))
        prompt.shown(hits)  # the prompt was built of them a moment before
        for spent in (first, again):
            began = time.process_time()
            ground(reply, hits, message="What is it?", language="en")
            spent.append((time.process_time() - began) * 1_000)
    return [
        Figure(what="judging 4,000 characters, passages never seen, p50 CPU", value=statistics.median(first), best=min(first), unit="ms", bar=5),
        Figure(what="judging 4,000 characters, passages seen before, p50 CPU", value=statistics.median(again), best=min(again), unit="ms", bar=5),
    ]


def figures(data: Path, *, seed: int = 1, short: bool = False) -> list[Figure]:
    found = list(real(data))
    random.Random(seed).shuffle(found)
    return [*speed(data), *alarms(found), *misses(found[:400] if short else found, seed)]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, help="the folder of the public data sets")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--short", action="store_true", help="corruptions of 400 sentences")
    chosen = options.parse_args()
    show(figures(folder(chosen.data), seed=chosen.seed, short=chosen.short))


if __name__ == "__main__":
    main()
