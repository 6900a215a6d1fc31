"""Measures answers that are shown while they are written: `python -m bench.saying`.

People's answers to clapnq's questions cite their own passage sentence by sentence and come word by word, as from a model. Printed: after which share of
the words the first sentence is read, what the judging costs, and whether a sentence was shown that the judgement of the whole answer names: in true
answers, and in answers one number of which was changed.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.data import folder
from bench.guard import hit
from bench.retrieval import lines
from bench.table import Figure, show
from glassine.rules.grounding import Grounded, ground
from glassine.rules.passages import sentences
from glassine.story.saying import Saying
from glassine.words.knowledge import Hit

TOKENS_A_SECOND, TOKENS_A_WORD, FIRST_TOKEN = 40, 1.3, 0.6  # a model as many are: what the shares mean in seconds


@dataclass(slots=True, kw_only=True)
class Told:
    """One answer as a customer saw it come."""

    words: int
    final: Grounded
    shown: list[str] = field(default_factory=list)
    first: float = 1.0  # the share of words after which something was read
    judging: float = 0.0  # seconds of CPU
    once: float = 0.0  # of judging the whole


def answers(data: Path) -> Iterator[tuple[str, str]]:
    """Answers of two sentences or more, and their passages."""
    for one in lines(data / "clapnq/dev_answerable.jsonl"):
        for output in one["output"]:
            said = list(sentences(output["answer"], "en"))
            if len(said) > 1:
                yield " ".join(f"{sentence} [1]" for sentence in said), one["passages"][0]["text"]


def corrupted(answer: str, passage: str, chance: random.Random) -> str:
    """With one of its numbers changed to what the passage does not have; empty where it has none."""
    numbers = list(re.finditer(r"(?<![\w.,\[])\d+(?![\w.,]\w|\w|\])", answer))
    if not numbers:
        return ""
    chosen = chance.choice(numbers)
    other = next(text for text in iter(lambda: str(chance.randrange(10**6, 10**7)), "") if text not in passage)
    return f"{answer[: chosen.start()]}{other}{answer[chosen.end() :]}"


def told(answer: str, passage: str) -> Told:
    hits = [hit(passage)]
    pieces = re.findall(r"\S+\s*", answer)
    began = time.process_time()
    final = _judged(answer, hits)
    found = Told(words=len(pieces), final=final, once=time.process_time() - began)

    def judge(begun: str) -> str:
        judged = _judged(begun, hits)
        return judged.reply.text if judged.reply and judged.reply.sources else ""

    saying = Saying(judge, found.shown.append)
    for number, piece in enumerate(pieces, 1):
        began = time.process_time()
        saying.hear(piece)
        found.judging += time.process_time() - began
        if found.shown and found.first == 1.0:
            found.first = number / len(pieces)
    return found


def _judged(answer: str, hits: Sequence[Hit]) -> Grounded:
    return ground(answer, hits, message="What is it?", language="en", promised=())


def wrongly_shown(found: Told) -> bool:
    """Whether something was read that the judgement of the whole names."""
    last = found.shown[-1] if found.shown else ""
    return any(finding.text and finding.text in last for finding in found.final.findings)


def figures(data: Path, seed: int) -> list[Figure]:
    chance, every = random.Random(seed), list(answers(data))
    true = [told(answer, passage) for answer, passage in every]
    false = [told(changed, passage) for answer, passage in every if (changed := corrupted(answer, passage, chance))]
    sent = [one for one in true if one.final.reply]
    seconds = statistics.median(one.words for one in sent) * TOKENS_A_WORD / TOKENS_A_SECOND
    first, worst = statistics.median(one.first for one in sent), statistics.quantiles([one.first for one in sent], n=20)[18]
    return [
        Figure(what=f"answers that are sent, of {len(true)}", value=len(sent)),
        Figure(what="share of the words after which the first sentence is read, p50", value=first, bar=0.6),
        Figure(what="the same, p95", value=worst),
        Figure(what=f"seconds to the first sentence at {TOKENS_A_SECOND} tokens a second and {FIRST_TOKEN} s to the first, p50", value=FIRST_TOKEN + first * seconds),
        Figure(what="seconds to the whole answer, p50", value=FIRST_TOKEN + seconds),
        Figure(what="CPU of judging while it is written, ms an answer, p50", value=statistics.median(one.judging for one in sent) * 1_000, bar=10),
        Figure(what="CPU of judging once at the end, ms an answer, p50", value=statistics.median(one.once for one in sent) * 1_000),
        Figure(what="true answers that showed what the end names", value=sum(map(wrongly_shown, true)), bar=0),
        Figure(what=f"changed answers that showed what the end names, of {len(false)}", value=sum(map(wrongly_shown, false)), bar=0),
        Figure(what="changed answers of which a true beginning was read, share", value=sum(bool(one.shown) for one in false) / len(false)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    show(figures(folder(given.data), given.seed))


if __name__ == "__main__":
    main()
