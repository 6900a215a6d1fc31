"""How passages stand once readers have voted for them, or somebody outside has judged them. It asks nobody, and adds or drops no passage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Self

from glassine.words.house import OrgSettings
from glassine.words.knowledge import Hit

COUNTED = 8  # passages of one search among which votes break ties
MOST = 20  # passages of one search that are sent to a reranker
RERANKER = "reranker"  # the name of its part among a passage's scores
PAUSED = "The reranker was not asked: it failed several times in a row, and is asked again within five minutes."
_PATIENT, _FIRST_PAUSE, _LONGEST_PAUSE = 3, 10.0, 300.0  # failures in a row without a pause, and seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a reranker said of one search. Without a model none was asked; without scores it `failed`, and says why."""

    model: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)  # by passage id
    failed: str = ""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Out of what a turn's evidence keeps."""
        return cls(**(given.get(RERANKER) or {}))

    def given(self) -> dict[str, Any]:
        """As a turn's evidence keeps it: nothing where none was asked."""
        return {RERANKER: {"model": self.model, "scores": dict(self.scores), "failed": self.failed}} if self.model else {}

    def reach(self, limit: int) -> int:
        """How many passages must be at hand to put the first `limit` in this order."""
        return max(limit, MOST) if self.model else limit


NOT_ASKED = Judged()


def reach(settings: OrgSettings, limit: int) -> int:
    """How many passages a search brings where an organisation has a reranker, or has none."""
    return max(limit, MOST) if settings.rerank_url else limit


def pause(failures: int) -> float:
    """Seconds for which a reranker that has failed so often in a row is not asked, because each time a customer waits for it in vain."""
    return 0.0 if failures < _PATIENT else min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(failures - _PATIENT, 10))


def tied(hits: Sequence[Hit]) -> list[list[Hit]]:
    """The first passages, those that are as good as each other together. Ranking calls two as good when they differ by less than a hundredth, as here."""
    return [list(group) for _, group in groupby(hits[:COUNTED], lambda hit: (_pinned(hit), round(hit.score, 2)))]


def by_popularity(hits: Sequence[Hit], votes: Mapping[str, int]) -> list[Hit]:
    """Of those that are as good as each other, what more readers found helpful first; else as they were."""
    return [*(hit for group in tied(hits) for hit in sorted(group, key=lambda hit: -votes.get(str(hit.article), 0))), *hits[COUNTED:]] if votes else list(hits)


def to_judge(hits: Sequence[Hit]) -> list[Hit]:
    """Those that are sent: what people pinned stays in front whatever anybody says of it."""
    return [hit for hit in hits if not _pinned(hit)][:MOST]


def reordered(hits: Sequence[Hit], scores: Mapping[str, float]) -> list[Hit]:
    """Pinned passages, then the judged ones by their figures, then the rest as it was; as good as each other: as they were.

    Where one that was not judged stands among the judged, as when the search is another one, nobody can say where it belongs, and all stay as they were.
    """
    first, others = [hit for hit in hits if _pinned(hit)], [hit for hit in hits if not _pinned(hit)]
    known = [str(hit.passage) in scores for hit in others]
    judged = sum(known)
    if not judged or not all(known[:judged]):
        return list(hits)
    marked = [replace(hit, scores={**hit.scores, RERANKER: scores[str(hit.passage)]}) for hit in others[:judged]]
    return [*first, *sorted(marked, key=lambda hit: -hit.scores[RERANKER]), *others[judged:]]


def _pinned(hit: Hit) -> bool:
    return bool(hit.scores.get("pinned"))


def documents(hits: Iterable[Hit]) -> list[str]:
    """A passage as a reranker reads it: the path of its headings, then its text."""
    return [f"{hit.heading or hit.title}\n{hit.text}" for hit in hits]
