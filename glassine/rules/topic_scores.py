"""How sure it is that a message is about a topic: compared by meaning with the topic's own words and with examples, against all topics at once. Pure; it runs no model.

The parts and their weights were fitted on clinc150's training half, with an eye on its validation half, whose figures are slightly optimistic for it (bench/topics.py, docs/decisions/0055).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glassine.words.autopilot import Scored, Stance, Topic, Topics

Vectors = NDArray[np.float32]


class Seen(NamedTuple):
    """A text as a model read it: its vector of norm 1, and one for each of its words where the model tells them."""

    vector: Vectors
    words: Vectors


class Scale(NamedTuple):
    """Turns a likeness into log odds: `steep` times what lies above `even`, where it is as likely as not."""

    steep: float
    even: float


# By whether a topic has examples, and whether the model tells words (MiniLM does, e5 does not, and its cosines lie close together).
SCALES: Mapping[tuple[bool, bool], Scale] = {
    (False, True): Scale(18.0, 0.43), (True, True): Scale(21.0, 0.45), (False, False): Scale(60.0, 0.876), (True, False): Scale(120.0, 0.7625),
}
_RISES, _MOST_COUNTED = 0.007, 10  # `even` rises with each example, up to so many: the more there are, the nearer the right ones come
_ACROSS = 0.026  # by which e5's cosines lie lower between two languages (edge/embed.py)
_NARROW = 0.17  # e5's cosines span so much of what MiniLM's do
_EXPECTED = 1 / 3  # what the AI is there for is what most messages are about: less is asked of them
_READ_AGAIN = 20  # topics that are compared closely: the nearest
_GRAMS = (3, 4)  # letters in a row
BESIDE = 0.3  # stands behind a vector where a form with constants weighs it


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A topic, ready to be compared: what was seen of its own words and of its examples, and how often runs of letters stand in those."""

    stance: Stance
    topic: Topic
    own: Vectors
    centre: Vectors  # of the examples; where there are none, its own words turned toward what customers say
    level: float  # what is added to a likeness with that
    examples: Vectors  # (examples, 384)
    words: Vectors  # of all examples, one after the other; of the topic's own words where there are none
    starts: tuple[int, ...]  # where each begins
    lengths: Vectors
    grams: Mapping[str, float]


def known(topics: Topics, seen: Mapping[str, Seen], turn: Vectors | None = None) -> tuple[Known, ...]:
    """The topics of all lists. `seen` holds each of `texts(topics)`, `turn` what turns names, where there is one for the model that read them."""
    return tuple(_known(stance, topic, seen, turn) for stance, listed in topics.lists.items() for topic in listed)


def texts(topics: Topics) -> tuple[str, ...]:
    """Everything of the lists that a model has to have read, each once."""
    return tuple(dict.fromkeys(text for listed in topics.lists.values() for topic in listed for text in (topic.name, *topic.examples)))


def _known(stance: Stance, topic: Topic, seen: Mapping[str, Seen], turn: Vectors | None) -> Known:
    compared = [seen[text] for text in topic.examples or (topic.name,)]
    vectors, words = np.stack([one.vector for one in compared]), [one.words for one in compared]
    mean = vectors.mean(axis=0)
    centre, level = (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32), 0.0
    if turn is not None and not topic.examples:
        centre, level = turned(seen[topic.name].vector, turn)
    counted = Counter(gram for text in topic.examples for gram in _grams(text))
    length = sum(count * count for count in counted.values()) ** 0.5
    return Known(
        stance=stance, topic=topic, own=seen[topic.name].vector, centre=centre, level=level, examples=vectors,
        words=np.concatenate(words), starts=_starts(words), lengths=np.array([len(one) for one in words], np.float32), grams={gram: count / length for gram, count in counted.items()},
    )


def turned(name: Vectors, turn: Vectors) -> tuple[Vectors, float]:
    """The vector of a topic's name turned toward what customers say about it, and what is added to every product with that.

    A name says what something is called, and a message what somebody wants of it. `turn` is a bilinear form of both, each with `BESIDE` behind it (docs/decisions/0098).
    """
    form = turn @ np.append(name, np.float32(BESIDE))
    return (name + form[:-1]).astype(np.float32), float(form[-1] * BESIDE)


def _starts(words: Sequence[Vectors]) -> tuple[int, ...]:
    """Empty where a text has no words that a model tells: then none of the topic's are compared."""
    lengths = [len(one) for one in words]
    return tuple(int(each) for each in np.cumsum([0, *lengths[:-1]])) if all(lengths) else ()


def _grams(text: str) -> set[str]:
    spaced = f" {text.lower()} "
    return {spaced[start : start + size] for size in _GRAMS for start in range(len(spaced) - size + 1)}


def likeness(text: str, message: Seen, topics: Sequence[Known]) -> list[tuple[float, int]]:
    """How like each topic a message is, on the scale of a cosine, and the number of the example that is likest (-1: its own words)."""
    if not topics:
        return []
    near = np.stack([one.centre for one in topics]) @ message.vector + np.array([one.level for one in topics], np.float32)
    grams = _grams(text)
    closely = {place: _likeness(message, grams, topics[place], float(near[place])) for place in np.argsort(-near)[:_READ_AGAIN].tolist()}
    lowest, beside = min((like, float(near[place])) for place, (like, _) in closely.items())
    return [closely[place] if place in closely else (lowest - abs(beside - float(cosine)), -1) for place, cosine in enumerate(near)]  # below all that were compared closely


def _likeness(message: Seen, grams: set[str], topic: Known, cosine: float) -> tuple[float, int]:
    wordwise = len(message.words) > 0 and len(topic.starts) > 0
    if not topic.topic.examples:
        return ((cosine + float(met(message.words, topic)[0])) / 2 if wordwise else cosine), -1
    letters = sum(topic.grams[gram] for gram in grams & topic.grams.keys()) / max(len(grams), 1) ** 0.5
    summed, weight = cosine + 0.2 * letters * (1.0 if len(message.words) else _NARROW) + 0.1 * float(topic.own @ message.vector), 1.3
    closest = met(message.words, topic) if wordwise else topic.examples @ message.vector
    if wordwise:
        summed, weight = summed + 0.5 * float(closest.max()), 1.8
    return summed / weight, int(closest.argmax())


def met(words: Vectors, topic: Known) -> Vectors:
    """For each example how well its words and the message's are met by the nearest of the other, on average of both ways (Khattab & Zaharia 2020, ColBERT)."""
    products = words @ topic.words.T
    there = np.maximum.reduceat(products, topic.starts, axis=1).mean(axis=0)
    back = np.add.reduceat(products.max(axis=0), topic.starts) / topic.lengths
    made: Vectors = ((there + back) / 2).astype(np.float32)
    return made


def scored(text: str, message: Seen, topics: Sequence[Known], *, across: bool = False) -> tuple[Scored, ...]:
    """Every topic with how sure it is, the surest first. Those that are answered and those that are handed off are weighed against each other and against neither.

    `across`: the message is in another language than the topics.
    """
    found = likeness(text, message, topics)
    odds = [_odds(one, like + (_ACROSS if across else 0.0), wordwise=len(message.words) > 0) for one, (like, _) in zip(topics, found, strict=True)]
    rivals = [each for one, each in zip(topics, odds, strict=True) if one.stance is not Stance.NO_ASSIST]
    most = max([0.0, *rivals])
    total = np.exp(-most) + sum(np.exp(each - most) for each in rivals)
    made = [
        Scored(stance=one.stance, topic=one.topic.name, score=round(_sure(one, each, most, float(total)), 4), by=one.topic.examples[place] if place >= 0 else "")
        for one, each, (_, place) in zip(topics, odds, found, strict=True)
    ]
    return tuple(sorted(made, key=lambda one: -one.score))


def _odds(topic: Known, like: float, *, wordwise: bool) -> float:
    scale = scale_of(topic, wordwise=wordwise)
    return scale.steep * (like - scale.even)


def scale_of(topic: Known, *, wordwise: bool) -> Scale:
    wordwise = wordwise and bool(topic.starts)
    steep, even = SCALES[bool(topic.topic.examples), wordwise]
    return Scale(steep, even + _RISES * min(len(topic.topic.examples), _MOST_COUNTED) * (1.0 if wordwise else _NARROW))


def _sure(topic: Known, odds: float, most: float, total: float) -> float:
    if topic.stance is Stance.NO_ASSIST:  # a list of its own: the same topic may well be answered too
        return float(1 / (1 + np.exp(-odds)))
    return float(np.exp(odds - most) / total)


def together(found: Iterable[Scored], stance: Stance) -> float:
    """How sure it is that a message is about any topic of a list."""
    shares = [one.score for one in found if one.stance is stance]
    return max(shares, default=0.0) if stance is Stance.NO_ASSIST else min(1.0, sum(shares))


def left_to_people(topics: Topics, found: Sequence[Scored]) -> bool:
    """Whether a message about these is handed off: it is about something on that list, or about nothing on the only list that is answered."""
    if together(found, Stance.HANDS_OFF) >= topics.least:
        return True
    return topics.only and bool(topics.answers) and bool(found) and together(found, Stance.ANSWERS) < topics.least * _EXPECTED
