"""Whether a passage answers a question at all, by what a search measured and a few signs in the words. Pure; for English, which the weights were fitted on.

Fitted on half A of squad2 and clapnq at once, one set for all (bench/answer.py): a model that learns from one of them alone learns how its
unanswerable questions were written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache

from glassine.rules.passages import sentences, terms
from glassine.words.knowledge import Hit

# What each sign adds to the logit of "it answers". `score` is the search's own sum, in standard deviations of what it compared.
WEIGHTS: Mapping[str, float] = {
    "met_sentence": 2.4674, "met": 6.168, "passage": 2.0367, "held": 1.3795, "score": 0.2076, "denied": -1.9759, "numbers": -1.2279, "uncounted": -0.677, "unnamed": -0.3216,
}
_BIAS = -7.5707
_HALF, _STEEP = -1.1, 0.54  # the logit that counts as .5, and how fast it rises: .4 is where a tenth of far-off questions would be offered something
_FEW, _USUAL = 8, 8.0  # hits below which their score says little, and the score that is taken instead

_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_NAME = re.compile(r"[\w'-]+")
_NOT = frozenset("not no never cannot without neither nor non except unable fail failed lack lacked none nobody nothing least".split())  # noqa: SIM905 - a line of words reads better than a list
_ASKS_NUMBER = re.compile(r"\b(?:how (?:many|much|long|old|far|often|large|big|tall)|when|what (?:year|date|time|century|percent\w*|number|day|month|age))\b")
_HAS_NUMBER = re.compile(r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|first|second|third|century|hundred|thousand|million|half|dozen)\b")


def measurable(hit: Hit) -> bool:
    """Whether the search compared word by word, without which most of the weights have nothing to weigh."""
    return "met" in hit.scores and "passage" in hit.scores


def confidence(question: str, hit: Hit, hits: int) -> float:
    """How likely a hit, one of so many, answers: 0 to 1."""
    logit = _BIAS + sum(WEIGHTS[name] * value for name, value in signs(question, hit, hits).items())
    return 1 / (1 + math.exp(-_STEEP * (logit - _HALF)))


def signs(question: str, hit: Hit, hits: int) -> dict[str, float]:
    """The signs by name, as they are weighed."""
    best, low = hit.best_sentence, question.lower()
    names = [word.lower() for word in _NAME.findall(question)[1:] if word[:1].isupper()]
    asked = frozenset(terms(question, "en"))
    return {
        "met_sentence": hit.scores.get("met_sentence", hit.scores["met"]), "met": hit.scores["met"], "passage": hit.scores["passage"],
        "held": _held(asked, hit.text) / max(len(asked), 1),  # the question's terms, as many as two sentences in a row hold
        "score": _USUAL if hits < _FEW or "pinned" in hit.scores else hit.score,
        "denied": float(_denies(low) and not _denies(best.lower())),
        "numbers": float(sum(number not in best for number in _NUMBER.findall(question))),
        "uncounted": float(bool(_ASKS_NUMBER.search(low)) and not _HAS_NUMBER.search(best.lower())),
        "unnamed": float(sum(name not in best.lower() for name in names)),
    }


def _denies(text: str) -> bool:
    return any(word in _NOT or word.endswith("n't") for word in re.findall(r"[a-z']+", text.replace("’", "'")))


def _held(asked: frozenset[str], text: str) -> int:
    parts = _terms_of(text)
    return max((len(asked & (one | other)) for one, other in zip(parts, (*parts[1:], frozenset[str]()), strict=False)), default=0)


@lru_cache(maxsize=2_000)
def _terms_of(text: str) -> tuple[frozenset[str], ...]:
    """The terms of each sentence; what is asked often is found often."""
    return tuple(frozenset(terms(sentence, "en")) for sentence in sentences(text, "en"))
