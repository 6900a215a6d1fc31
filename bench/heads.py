"""Fits what hears a request for a person, and anger, in a text's vector, and prints the weights that rules/meant.py holds. It measures what was left out of the fit.

`python -m bench.heads DATA` takes minutes: it embeds some 12,000 texts. Halves of the public sets are told apart by the hash of each text; the lines that
were written for it (bench/requests.json, bench/tones.json) are fitted on, and measured with each language left out whole.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
from collections.abc import Sequence
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.asks import texts
from glassine.edge.embed import DIMENSIONS, E5, MINILM, Embedder, Vectors

_MOST = {"squad2.all": 150, "banking77.all": 375}  # of each set that asks for something else
_FEW = 8
_ENGLISH = 4  # times as many for the model of English, which has no other languages to learn
_SPREAD = {MINILM: 1.0, E5: 6.0}  # e5's vectors lie close together
_PRIOR = 0.3
Array = NDArray[np.float64]


class Line(NamedTuple):
    """A text, whether it is to be heard, whether the fit may see it, and its language, where it was written for this."""

    text: str
    wanted: bool
    fitted: bool
    language: str = ""


def first_half(text: str) -> bool:
    return int(sha256(text.encode()).hexdigest(), 16) % 2 == 0


def requests(data: Path, *, english: bool) -> list[Line]:
    """Requests for a person, and everything else that is said to a support chat."""
    asking = {"bitext.contact_human_agent", "rasa.human_handoff"}
    found: list[Line] = []
    for name, said in sorted(texts(data).items()):
        most = None if name in asking else _MOST.get(name, _FEW) * (_ENGLISH if english else 1)
        chosen = sorted(said, key=lambda text: sha256(text.encode()).hexdigest())[:most]
        found += [Line(text, name in asking, first_half(text)) for text in chosen if name != "bitext.contact_customer_service"]
    return [*found, *_written("requests.json", "asks", ("others",), english=english), *([] if english else _elsewhere(data))]


def tones(data: Path, *, english: bool) -> list[Line]:
    """Anger, and everything else: other questions, thanks and complaints in quiet words."""
    calm = [Line(line.text, False, line.fitted) for line in requests(data, english=english)[::2] if not line.language]
    return [*calm, *_written("tones.json", "angry", ("calm", "happy"), english=english)]


def _written(name: str, wanted: str, others: Sequence[str], *, english: bool) -> list[Line]:
    """For the model of English the lines in English."""
    kept: dict[str, dict[str, list[str]]] = json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return [
        Line(text, kind == wanted, True, language)
        for language, kinds in kept.items() if language == "en" or not english
        for kind in (wanted, *others) for text in kinds[kind]
    ]  # fmt: skip


def _elsewhere(data: Path) -> list[Line]:
    """Sentences and questions of other languages that ask for nobody."""
    lines = [json.loads(line)["text"] for line in (data / "langid_lingua" / "sentences_60_per_lang.jsonl").read_text(encoding="utf-8").splitlines()[::4]]
    asked = [json.loads(line)["question"] for line in (data / "xquad" / "de.questions.jsonl").read_text(encoding="utf-8").splitlines()[:400]]
    return [Line(text, False, first_half(text)) for text in [*lines, *asked]]


def fit(vectors: Array, wanted: NDArray[np.bool_]) -> Array:
    """Logistic regression by Newton's method, with a prior; the last weight stands alone. Both kinds weigh as one to five."""
    given, target = np.hstack([vectors, np.ones((len(vectors), 1))]), wanted.astype(float)
    weight = np.where(wanted, 0.2 * (~wanted).sum() / max(1, wanted.sum()), 1.0)
    prior, found = np.diag([*[_PRIOR] * vectors.shape[1], 1e-6]), np.zeros(vectors.shape[1] + 1)
    for _ in range(25):
        likely = 1 / (1 + np.exp(-given @ found))
        slope = given.T @ (weight * (likely - target)) + prior @ found
        bend = (given * (weight * likely * (1 - likely) + 1e-9)[:, None]).T @ given + prior
        found -= np.linalg.solve(bend, slope)
    return found


def packed(found: Array, spread: float) -> tuple[str, float, float]:
    """One byte a weight, as text; what a byte is worth, and the last weight."""
    weights = found[:-1] * spread
    unit = float(np.abs(weights).max() / 127)
    return base64.b85encode(np.round(weights / unit).astype(np.int8).tobytes()).decode(), unit, float(found[-1])


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data, embed, known = parser.parse_args().data, Embedder(), dict[tuple[str, str], Vectors]()
    for name, lines_of in (("REQUEST", requests), ("ANGER", tones)):
        for model, language in ((MINILM, "en"), (E5, "xx")):
            lines = lines_of(data, english=model == MINILM)
            known |= {(model, line.text): await embed.query(line.text, language) for line in lines if (model, line.text) not in known}
            vectors = np.stack([known[model, line.text] for line in lines]).astype(float)
            _report(name, model, lines, vectors * _SPREAD[model])


def _report(name: str, model: str, lines: Sequence[Line], vectors: Array) -> None:
    assert vectors.shape[1] == DIMENSIONS
    wanted, fitted = np.array([line.wanted for line in lines]), np.array([line.fitted for line in lines])
    found = fit(vectors[fitted], wanted[fitted])
    print(f"{name} {model} left out: {_shares(vectors[~fitted], wanted[~fitted], found)}")
    print(repr(packed(found, _SPREAD[model])))
    own = {language: np.array([line.language == language for line in lines]) for language in {line.language for line in lines} - {""}}
    if len(own) > 1:
        alone: list[tuple[float, Any]] = []
        for mine in own.values():
            without = fit(vectors[fitted & ~mine], wanted[fitted & ~mine])
            alone += list(zip(vectors[mine] @ without[:-1] + without[-1], wanted[mine], strict=True))
        for kind, group in groupby(sorted(alone, key=lambda one: bool(one[1])), key=lambda one: bool(one[1])):
            scores = [score for score, _ in group]
            print(f"   each language left out whole, {'to be heard' if kind else 'others'}: {sum(score > 0 for score in scores)} of {len(scores)}")


def _shares(vectors: Array, wanted: NDArray[np.bool_], found: Array) -> str:
    heard = vectors @ found[:-1] + found[-1] > 0
    return f"{heard[wanted].sum()} of {wanted.sum()} heard, {heard[~wanted].sum()} of {(~wanted).sum()} others"


if __name__ == "__main__":
    asyncio.run(main())
