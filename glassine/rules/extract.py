"""Answers without a model: quotes the sentences that answer, offers what may be meant, or admits that nothing fits. It never writes a fact itself.

How often it quotes, offers or gives up, and how well it tells what cannot be answered, is measured by `python -m bench.answer` (docs/fact-guard.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glassine.rules import answerable, handoff_phrases, phrases
from glassine.rules.choices import declined, picked
from glassine.rules.grounding import Grounded, sources
from glassine.rules.passages import sentences, terms
from glassine.rules.small_talk import small_talk
from glassine.words.knowledge import EVERYBODY, Hit, Viewer
from glassine.words.people import ActorKind
from glassine.words.sessions import Event, EventType
from glassine.words.turns import Reason, Reply

_MOST_OFFERED = 3
_ENOUGH = 380  # characters after which a quote ends at the next whole sentence
_AT_MOST = 1_100
_MOST_ITEMS = 12
_LISTED = frozenset({"item", "row"})
_COMPARED = 3  # hits of a search whose confidences are compared
_SURER = 0.03  # a rival's lead in confidence,
_AS_NEAR = 0.05  # similarity by which a passage in another language may lead without being preferred
_NEARER = 0.12  # or in similarity, from which the customer is asked
_TELLING = 3  # terms of a question from which shared words count in full


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Confidence from which a passage is quoted, and from which it is offered as "did you mean"."""

    answer: float
    suggest: float


DEFAULT = Thresholds(answer=0.50, suggest=0.40)


def answer(
    message: str, hits: Sequence[Hit], *, history: Sequence[Event] = (), language: str | None = None, thresholds: Thresholds = DEFAULT, viewer: Viewer = EVERYBODY
) -> Grounded:
    """The best honest outcome for a masked message and what a search found. `reply` is None when a person should answer instead."""
    spoken = (language or "en").split("-")[0].lower()
    small = chat(message, language)
    if small is not None:
        return small
    seen = _own_first([hit for hit in hits if viewer.admits(hit.audience)], spoken)
    offered = _offered(history)
    asked_for = next((hit for hit in seen if offered and _label(hit) == message and message in offered), None)
    if asked_for:
        return _quoted(asked_for, message, spoken)
    if offered and declined(message):
        return Grounded(reply=None, reasons=(Reason.LOW_CONFIDENCE,), notes=("None of the choices fits, says the customer.",))
    titled = next((hit for hit in seen if _words(hit.heading.rpartition(" › ")[2]) == _words(message)), None)
    if titled:  # somebody wrote this very question above its answer
        return _quoted(titled, message, spoken)
    sure = [confidence(message, hit, spoken, hits=len(hits)) for hit in seen]
    best = sure[0] if seen else 0.0
    rivals = _rivals(seen, sure, thresholds)
    if best >= thresholds.answer and not rivals:
        return _quoted(seen[0], message, spoken)
    note = f"The best passage reaches a confidence of {best:.2f}." if seen else "Nothing was found."
    order = sorted(range(len(seen)), key=lambda at: (at >= _COMPARED, -sure[at] if at < _COMPARED else at))
    near = [seen[at] for at in order if sure[at] >= thresholds.suggest]
    if not near:
        return Grounded(reply=None, reasons=(Reason.INSUFFICIENT_KNOWLEDGE,), notes=(note,))
    if offered:
        return Grounded(reply=None, reasons=(Reason.LOW_CONFIDENCE,), notes=(note, "A choice was offered already."))
    return _did_you_mean(near, language, (note, "Other passages fit as well as the first.") if rivals else (note,))


def surest(message: str, hits: Sequence[Hit], *, language: str | None = None, viewer: Viewer = EVERYBODY) -> tuple[Hit, float] | None:
    """The passage that would be quoted first and its confidence, by which thresholds decide; None where there is none, or where it was asked for by its title."""
    spoken = (language or "en").split("-")[0].lower()
    seen = _own_first([hit for hit in hits if viewer.admits(hit.audience)], spoken)
    if not seen or any(_words(hit.heading.rpartition(" › ")[2]) == _words(message) for hit in seen):
        return None
    return seen[0], confidence(message, seen[0], spoken, hits=len(hits))


def _own_first(seen: list[Hit], language: str) -> list[Hit]:
    """A passage in the customer's language goes before a first one in another that is hardly nearer."""
    own = next((hit for hit in seen[:_COMPARED] if hit.language == language), None)
    if own is None or seen[0].similarity - own.similarity > _AS_NEAR:
        return seen
    return [own, *(hit for hit in seen if hit is not own)] if seen[0].language != language else seen


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _rivals(seen: Sequence[Hit], sure: Sequence[float], thresholds: Thresholds) -> bool:
    """Whether a passage of another section, right behind the first, fits better by all its words or clearly better by meaning: one rare word can win a search."""
    return any(
        sure[at] >= thresholds.answer and hit.heading != seen[0].heading
        and (sure[at] - sure[0] >= _SURER or hit.similarity - seen[0].similarity >= _NEARER)
        for at, hit in enumerate(seen[1:_COMPARED], 1)
    )  # fmt: skip


def chat(message: str, language: str | None) -> Grounded | None:
    """The reply to small talk, which needs neither a search nor a model; None for anything else."""
    kind = small_talk(message)
    if kind is None:
        return None
    reply = Reply(text=phrases.small_talk(kind, language), reasons=(Reason.GREETING,))
    return Grounded(reply=reply, reasons=reply.reasons)


def query(message: str, history: Sequence[Event]) -> str:
    """What to search for: the message, or the title that it picks out of the choice offered last."""
    return picked(message, _offered(history)) or message


def confidence(message: str, hit: Hit, language: str, *, hits: int = 0) -> float:
    """How likely a passage answers, 0 to 1. In English, where a search compares word by word, by all that it measured (answerable.py).

    Elsewhere by the similarity of its best sentence, and the share of the question's terms that it holds.
    In a question of one or two terms a shared word says little by itself, so there it counts by the similarity too.
    Across languages words say nothing, so there the similarity stands alone.
    """
    if language == hit.language == "en" and answerable.measurable(hit):
        return answerable.confidence(message, hit, hits)
    similarity = min(max(hit.similarity, 0.0), 1.0)
    if hit.language != language:
        return similarity
    asked = set(terms(message, language))
    held = set(terms(f"{hit.heading}\n{hit.text}", language))
    telling = min(len(asked) / _TELLING, 1.0)
    return 0.6 * similarity + 0.4 * len(asked & held) / max(len(asked), 1) * (telling + (1 - telling) * similarity)


def _quoted(hit: Hit, message: str, language: str) -> Grounded:
    """A quote with its source; above one in another language than the customer's stands, in theirs, which it is."""
    above = f"{handoff_phrases.elsewhere(hit.language, language)}\n\n" if hit.language != language else ""
    reply = Reply(text=above + quote(hit, message, language), reasons=(Reason.ANSWERED_FROM_KNOWLEDGE,), sources=sources([hit]), resolves=True)
    return Grounded(reply=reply, reasons=reply.reasons, used=(str(hit.passage),))


def _did_you_mean(near: Sequence[Hit], language: str | None, notes: tuple[str, ...]) -> Grounded:
    by_label: dict[str, Hit] = {}
    for hit in near:
        by_label.setdefault(_label(hit), hit)
    offered = list(by_label.items())[:_MOST_OFFERED]
    titles = tuple(label for label, _ in offered)
    reply = Reply(text=phrases.did_you_mean(titles, language), reasons=(Reason.DID_YOU_MEAN,), choices=titles)
    return Grounded(reply=reply, reasons=reply.reasons, used=tuple(str(hit.passage) for _, hit in offered), notes=notes)


def _label(hit: Hit) -> str:
    return " ".join((hit.heading or hit.title).split())[:120].rstrip()


def _offered(history: Sequence[Event]) -> list[str]:
    """The titles of the choice in our last message, if it was one."""
    ours = next((event for event in reversed(history) if event.type is EventType.MESSAGE and event.actor is ActorKind.AI), None)
    return [str(title) for title in ours.payload.get("choices", [])] if ours else []


@dataclass(frozen=True, slots=True)
class _Unit:
    """A stretch of a passage that is quoted whole or not at all. `kind`: sentence | item | row | code."""

    kind: str
    text: str
    block: int


def quote(hit: Hit, message: str, language: str) -> str:
    """The best sentence of a passage with what it needs to be understood: the sentences, list or code that follow, and what it refers back to."""
    units = _units(hit.text, language)
    if not units:
        return hit.best_sentence.strip() or hit.heading
    whole = len(hit.text) <= _ENOUGH or _heading_matches(hit, message, language)
    start = 0 if whole else _back(units, _where(units, hit.best_sentence))
    taken, size = [units[start]], len(units[start].text)
    for unit in units[start + 1 :]:
        goes_on = taken[-1].text.rstrip().endswith(":") or (unit.kind != "sentence" and unit.block == taken[-1].block)
        if size + len(unit.text) > _AT_MOST or (size >= _ENOUGH and not goes_on) or sum(one.kind in _LISTED for one in taken) >= _MOST_ITEMS:
            break
        taken.append(unit)
        size += len(unit.text)
    return _joined(taken)


def _heading_matches(hit: Hit, message: str, language: str) -> bool:
    """Whether the heading says as much of what was asked as the best sentence: then the passage answers from its beginning on."""
    asked = set(terms(message, language))
    in_heading = asked & set(terms(hit.heading.split(" › ")[-1], language))
    return len(in_heading) >= max(1, len(asked & set(terms(hit.best_sentence, language))))


def _units(text: str, language: str) -> list[_Unit]:
    found: list[_Unit] = []
    for number, block in enumerate(_blocks(text)):
        lines = block.split("\n")
        if block.startswith("```"):
            found.append(_Unit("code", block, number))
        elif all(line.startswith("- ") for line in lines):
            found += [_Unit("item", line, number) for line in lines]
        elif len(lines) > 1 and all(" | " in line for line in lines):
            found += [_Unit("row", line, number) for line in lines]
        else:
            found += [_Unit("sentence", sentence, number) for sentence in sentences(block, language)]
    return found


def _blocks(text: str) -> Iterator[str]:
    """What blank lines separate; code is one block from fence to fence."""
    gathered: list[str] = []
    fence = ""
    for line in text.split("\n"):
        if not gathered and re.fullmatch(r"`{3,}", line):
            fence, gathered = line, [line]
        elif fence or line.strip():
            gathered.append(line)
        if gathered and (line == fence and len(gathered) > 1 if fence else not line.strip()):
            yield "\n".join(gathered)
            gathered, fence = [], ""
    if gathered:
        yield "\n".join(gathered)


def _where(units: Sequence[_Unit], sentence: str) -> int:
    """The unit that holds a sentence; the first one if none does."""
    wanted = _bare(sentence)
    for at, unit in enumerate(units):
        plain = _bare(unit.text)
        if plain and (wanted in plain or plain in wanted):
            return at
    return 0


def _bare(text: str) -> str:
    return " ".join(text.removeprefix("- ").replace("`", "").split())


_REFERS_BACK = re.compile(
    r"(?:it|this|that|these|those|they|he|she|then|however|but|also|otherwise|instead|so|es|das|dies\w*|sie|dann|aber|jedoch|auch|il|elle|cela|ces|mais|esto|eso|pero|también)\b",
    re.IGNORECASE,
)


def _back(units: Sequence[_Unit], start: int) -> int:
    """From a list's item to the list's beginning and its introduction; from 'It …' to the sentence before."""
    at = start
    while at > 0 and units[at].kind in _LISTED and units[at - 1].kind == units[at].kind and start - at < _MOST_ITEMS - 2:
        at -= 1
    if at > 0 and units[at - 1].kind == "sentence" and (units[at].kind != "sentence" or _REFERS_BACK.match(units[at].text)):
        at -= 1
    return at


def _joined(units: Sequence[_Unit]) -> str:
    """The units as Markdown: sentences of a block in one paragraph, items in one list, code fenced."""
    pieces: list[str] = []
    for at, unit in enumerate(units):
        same = at > 0 and units[at - 1].block == unit.block
        between = "" if not pieces else ("\n" if unit.kind in _LISTED else " ") if same else "\n\n"
        pieces.append(between + unit.text)
    return "".join(pieces)
