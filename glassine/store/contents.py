"""What passages say, held by this process (docs/decisions/0099): searches read the same ones again and again, and under its number a passage never changes.

It shows nothing by itself: the statement of a search decides which passages somebody may see, and leaves out what is held of those.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from psycopg.rows import DictRow

_HELD = 32_000_000  # bytes of an organisation's passages by one model; one of the usual length has 8,000
_OF_EACH = 1_500  # bytes of a passage beside its text, which is there twice, whole and in sentences, and its vectors
_NEVER_CHANGES = ("id", "article_id", "title", "heading", "text", "sentences", "url", "language", "since", "vectors", "words")


@dataclass(slots=True, kw_only=True)
class Contents:
    """By the number of a passage. What was not asked for longest goes first."""

    rows: dict[int, DictRow] = field(default_factory=dict, repr=False)
    bytes: int = 0

    def held(self, passages: Iterable[int]) -> dict[int, DictRow]:
        """What is held of these."""
        return {number: self.rows[number] for number in passages if number in self.rows}

    def whole(self, found: list[DictRow], held: dict[int, DictRow]) -> list[DictRow]:
        """The rows of a search together with what was held of them: as if all had been read. All of them are held from now on."""
        for row in found:
            row.update(held.get(row["passage"], {}))
            self._keep(row["passage"], row)
        return found

    def forget(self, gone: Iterable[int]) -> None:
        """What has left the search is found no more."""
        for number in gone:
            if known := self.rows.pop(number, None):
                self.bytes -= _size(known)

    def _keep(self, number: int, row: DictRow) -> None:
        known = self.rows.pop(number, None)
        if known is None:
            known = {name: row[name] for name in _NEVER_CHANGES}
            self.bytes += _size(known)
        self.rows[number] = known
        while self.bytes > _HELD:
            self.bytes -= _size(self.rows.pop(next(iter(self.rows))))


def _size(row: DictRow) -> int:
    return _OF_EACH + 2 * len(row["text"]) + len(row["vectors"] or b"") + len(row["words"] or b"")
