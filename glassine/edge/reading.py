"""What the names model read in each word of a text. It judges nothing: persons.py and addresses.py do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The model's classes in its order, without the class for nothing; each comes as B- (begins) and I- (inside).
_CLASSES = (
    "given_name",
    "surname",
    "email",
    "phone",
    "url",
    "tax_id",
    "bank_account",
    "routing_number",
    "government_id",
    "passport",
    "drivers_license",
    "building_number",
    "street_name",
    "secondary_address",
    "city",
    "state",
    "zip_code",
)
_SUMMED = {
    "person": ("given_name", "surname"),
    "street": ("building_number", "street_name", "secondary_address"),
    "place": ("city", "state"),
    "postcode": ("zip_code",),
}


def _columns() -> NDArray[np.float32]:
    """(35, 4): which classes are added up to which figure."""
    matrix = np.zeros((1 + 2 * len(_CLASSES), len(_SUMMED)), dtype=np.float32)
    for column, classes in enumerate(_SUMMED.values()):
        for name in classes:
            at = 1 + 2 * _CLASSES.index(name)
            matrix[at : at + 2, column] = 1
    return matrix


_COLUMNS = _columns()


@dataclass(slots=True, kw_only=True)
class Word:
    """A word at `text[start:end]` and the probabilities, 0 to 1, that it belongs to a name, a street, a place, a postcode."""

    start: int
    end: int
    text: str
    person: float
    street: float
    place: float
    postcode: float


def words(text: str, offsets: Sequence[tuple[int, int]], word_ids: Sequence[int | None], logits: NDArray[np.float32]) -> list[Word]:
    """Words from tokens: class probabilities are summed per figure, because the model often wavers between two classes of one
    kind, and a word takes the most that any of its tokens has. `logits` is (tokens, 35)."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    figures = ((powers @ _COLUMNS) / powers.sum(axis=-1, keepdims=True)).tolist()
    result: list[Word] = []
    last: int | None = None
    for (start, end), word_id, (person, street, place, postcode) in zip(offsets, word_ids, figures, strict=True):
        if word_id is None or start >= end:
            continue
        if word_id == last and result:
            word = result[-1]
            word.end, word.text = end, text[word.start : end]
            word.person, word.street = max(word.person, person), max(word.street, street)
            word.place, word.postcode = max(word.place, place), max(word.postcode, postcode)
        else:
            result.append(Word(start=start, end=end, text=text[start:end], person=person, street=street, place=place, postcode=postcode))
        last = word_id
    return result
