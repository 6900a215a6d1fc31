"""Steps of a turn written as texts that people can compare: what was recorded, and what comes out now. Masked words only; it reads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from glassine.rules.redaction import PLACEHOLDER
from glassine.words.knowledge import Hit
from glassine.words.privacy import Redacted
from glassine.words.routing import Place
from glassine.words.sessions import Event
from glassine.words.turns import HandOff, Outcome, Reply, Suggestion

IN_THE_CLEAR = "‹left in the clear›"  # stands for a value that today's rules do not mask: it is not shown


def covered(raw: str, recorded: str, spans: Sequence[Sequence[int]] | None, again: Redacted) -> tuple[str, str] | None:
    """Two texts that differ where the maskings differ: nothing that either masks is shown. None: it is not known where the first one masked.

    `spans` are the stretches of `raw` that were masked then; `recorded` and `again` name their placeholders in the same order.
    """
    before, after = PLACEHOLDER.findall(recorded), PLACEHOLDER.findall(again.text)
    if spans is None or len(spans) != len(before) or len(again.findings) != len(after) or again.gone:
        return None
    then = {(int(start), int(end)): f"[{kind}_{number}]" for (start, end), (kind, number) in zip(spans, before, strict=True)}
    now = {(span.start, span.end): f"[{kind}_{number}]" for span, (kind, number) in zip(again.findings, after, strict=True)}
    edges = sorted({0, len(raw), *(edge for span in (*then, *now) for edge in span)})
    one, two = _Writer(), _Writer()
    for start, end in pairwise(edges):
        first, second = _around(then, start, end), _around(now, start, end)
        one.add(raw[start:end] if not first and not second else first or raw[start:end], whole=bool(first))
        two.add(second or (IN_THE_CLEAR if first else raw[start:end]), whole=bool(second or first))
    return one.text, two.text


class _Writer:
    """Gathers pieces; what stands for a whole stretch is written once, however often the stretch is cut."""

    def __init__(self) -> None:
        self.text, self._last = "", ""

    def add(self, piece: str, *, whole: bool) -> None:
        if not whole or piece != self._last:
            self.text += piece
        self._last = piece if whole else ""


def _around(spans: Mapping[tuple[int, int], str], start: int, end: int) -> str:
    return next((word for (first, last), word in spans.items() if first <= start and end <= last), "")


def decision(words: Sequence[str]) -> str:
    return words[0].replace("_", " ") + (f": {', '.join(words[1:])}" if len(words) > 1 else "")


def same_hits(one: Sequence[Hit], two: Sequence[Hit], near: float) -> bool:
    """The same passages in the same order, and as near to the question."""
    return len(one) == len(two) and all(
        a.passage == b.passage and a.best_sentence == b.best_sentence and a.text == b.text and abs(a.similarity - b.similarity) < near
        for a, b in zip(one, two, strict=True)
    )


def listed(query: str, hits: Iterable[Hit]) -> str:
    lines = [f"{place}. {hit.heading or hit.title} ({hit.similarity:.2f}): {hit.best_sentence[:160]}" for place, hit in enumerate(hits, 1)]
    return "\n".join([f"Searched for: {query}", *(lines or ["Nothing was found."])])


def guard(hits: Sequence[Hit], used: Iterable[str], notes: Iterable[str]) -> str:
    places = {str(hit.passage): f"{place}. {hit.heading or hit.title}" for place, hit in enumerate(hits, 1)}
    lines = [f"Uses {places.get(str(one), 'a passage that is not there')}" for one in used] or ["Uses no passage"]
    return "\n".join([*lines, *notes])


_NAMES = {"Reply": "Reply to the customer", "Suggestion": "Draft for the team", "HandOff": "Hand off to the team", "Silence": "Say nothing"}


def outcome(found: Outcome) -> str:
    """What would be written."""
    draft = found.draft if isinstance(found, HandOff) else None
    said = found.told if isinstance(found, HandOff) else found.text if isinstance(found, Reply | Suggestion) else ""
    titles = [source.title for source in found.sources] if isinstance(found, Reply | Suggestion) else []
    choices = found.choices if isinstance(found, Reply) else ()
    summary, place = (found.summary, found.place) if isinstance(found, HandOff) else ("", Place())
    goes = _goes(str(place.owner), str(place.ticket)) if place.ticket else ""
    return _told(type(found).__name__, found.reasons, said, titles, choices, summary, goes) + (f"\n\nDraft: {draft.text}" if draft else "")


def recorded(row: Mapping[str, Any], result: Event | None, handoff: Event | None, draft: Event | None = None) -> str:
    """What was written."""
    payload = result.payload if result else {}
    titles, choices = [source["title"] for source in payload.get("sources", [])], payload.get("choices", [])
    handed = handoff.payload if handoff else {}
    goes = _goes(str(handed["owner"]), str(handed["helpdesk"])) if handed.get("helpdesk") else ""
    return _told(row["outcome"], row["reasons"], result.text if result else "", titles, choices, str(handed.get("summary", "")), goes) + (f"\n\nDraft: {draft.text}" if draft else "")


def _told(kind: str, reasons: Iterable[object], said: str, titles: Iterable[str], choices: Iterable[str], summary: str, goes: str) -> str:
    lines = [f"{_NAMES.get(kind, kind)}: {', '.join(map(str, reasons))}", said]
    lines += [f"Sources: {'; '.join(titles)}"] if titles else []
    lines += [f"Choices: {'; '.join(choices)}"] if choices else []
    lines += [f"Summary: {summary}"] if summary else []
    lines += [goes] if goes else []
    return "\n".join(lines)


def _goes(owner: str, helpdesk: str) -> str:
    return f"Ticket in helpdesk {helpdesk}, owned by the {owner}"
