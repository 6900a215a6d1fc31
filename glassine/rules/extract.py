"""Answers without a model: quotes the sentences that answer, offers what may be meant, or admits that nothing fits. It never writes a fact itself.

What the default bands do, measured by `python -m bench.answer_bands` on half B (quoted, of which from the right article; offered as a choice):

    squad2, answerable                .914 (.853 right)   .077        far-off questions   .023   .078
    covid FAQ, questions taken out    .964 (.575 right)   .036        far-off questions   .032   .061
    xquad, German                     .833 (.986 right)   .102        foreign questions   .000   .011
    xquad, German on English          .629 (.978 right)   .142        foreign questions   .006   .011

Near misses are not recognised: .864 of squad2's adversarial questions without an answer are quoted a sentence (AUROC .594). It is a true one, with
its source, and the customer can say that it does not help. The FAQ holds many answers twice, and only one of them counts as right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from glassine.rules import phrases
from glassine.rules.grounding import Grounded, sources
from glassine.rules.passages import sentences, terms
from glassine.rules.small_talk import small_talk
from glassine.words.knowledge import Audience, Hit
from glassine.words.people import ActorKind
from glassine.words.sessions import Event, EventType
from glassine.words.turns import Reason, Reply, Source

_MOST_OFFERED = 3
_ENOUGH = 380  # characters after which a quote ends at the next whole sentence
_AT_MOST = 1_100
_MOST_ITEMS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Confidence from which a passage is quoted, and from which it is offered as "did you mean"."""

    answer: float
    suggest: float


DEFAULT = Thresholds(answer=0.50, suggest=0.40)


def answer(
    message: str, hits: Sequence[Hit], *, history: Sequence[Event] = (), language: str | None = None, thresholds: Thresholds = DEFAULT
) -> Grounded:
    """The best honest outcome for a masked message and what a search found. `reply` is None when a person should answer instead."""
    spoken = (language or "en").split("-")[0].lower()
    small = chat(message, language)
    if small is not None:
        return small
    seen = [hit for hit in hits if hit.audience is Audience.PUBLIC]
    best = confidence(message, seen[0], spoken) if seen else 0.0
    if best >= thresholds.answer:
        return _quoted(seen[0], message, spoken)
    note = f"The best passage reaches a confidence of {best:.2f}." if seen else "Nothing was found."
    near = [hit for hit in seen if confidence(message, hit, spoken) >= thresholds.suggest]
    if not near:
        return Grounded(reply=None, reasons=(Reason.INSUFFICIENT_KNOWLEDGE,), notes=(note,))
    if _offered(history):
        return Grounded(reply=None, reasons=(Reason.LOW_CONFIDENCE,), notes=(note, "A choice was offered already."))
    return _did_you_mean(near, language)


def chat(message: str, language: str | None) -> Grounded | None:
    """The reply to small talk, which needs neither a search nor a model; None for anything else."""
    kind = small_talk(message)
    if kind is None:
        return None
    reply = Reply(text=phrases.small_talk(kind, language), reasons=(Reason.GREETING,))
    return Grounded(reply=reply, reasons=reply.reasons)


def query(message: str, history: Sequence[Event]) -> str:
    """What to search for: the message, or the title that a bare number picks out of the choice offered last."""
    picked = re.fullmatch(r"\D{0,12}([1-9])[.)!]?\s*", message.strip())
    offered = _offered(history)
    if picked is None or int(picked[1]) > len(offered):
        return message
    return offered[int(picked[1]) - 1]


def confidence(message: str, hit: Hit, language: str) -> float:
    """How likely a passage answers, 0 to 1: similarity of its best sentence, and the share of the question's terms that it holds.

    Across languages words say nothing, so there the similarity stands alone.
    """
    similarity = min(max(hit.similarity, 0.0), 1.0)
    if hit.language != language:
        return similarity
    asked = set(terms(message, language))
    held = set(terms(f"{hit.heading}\n{hit.text}", language))
    return 0.6 * similarity + 0.4 * len(asked & held) / max(len(asked), 1)


def _quoted(hit: Hit, message: str, language: str) -> Grounded:
    reply = Reply(text=quote(hit, message, language), reasons=(Reason.ANSWERED_FROM_KNOWLEDGE,), sources=sources([hit]), resolves=True)
    return Grounded(reply=reply, reasons=reply.reasons, used=(str(hit.passage),))


def _did_you_mean(near: Sequence[Hit], language: str | None) -> Grounded:
    by_label: dict[str, Hit] = {}
    for hit in near:
        by_label.setdefault(_label(hit), hit)
    offered = list(by_label.items())[:_MOST_OFFERED]
    reply = Reply(
        text=phrases.did_you_mean([label for label, _ in offered], language), reasons=(Reason.DID_YOU_MEAN,),
        sources=tuple(Source(title=label, url=hit.url, article=str(hit.article)) for label, hit in offered),
    )  # fmt: skip
    return Grounded(reply=reply, reasons=reply.reasons, used=tuple(str(hit.passage) for _, hit in offered))


def _label(hit: Hit) -> str:
    return " ".join((hit.heading or hit.title).split())[:120]


def _offered(history: Sequence[Event]) -> list[str]:
    """The titles of the choice in our last message, if it was one: it has sources and does not claim to resolve anything."""
    ours = next((event for event in reversed(history) if event.type is EventType.MESSAGE and event.actor is ActorKind.AI), None)
    if ours is None or ours.payload.get("resolves"):
        return []
    return [str(source["title"]) for source in ours.payload.get("sources", [])]


@dataclass(frozen=True, slots=True)
class _Unit:
    """A stretch of a passage that is quoted whole or not at all. `kind`: sentence | item | code."""

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
        if size + len(unit.text) > _AT_MOST or (size >= _ENOUGH and not goes_on) or sum(one.kind == "item" for one in taken) >= _MOST_ITEMS:
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
    for number, block in enumerate(block for block in re.split(r"\n{2,}", text) if block.strip()):
        lines = block.split("\n")
        if all(line.startswith("- ") for line in lines):
            found += [_Unit("item", line, number) for line in lines]
        elif (found and found[-1].text.rstrip().endswith(":") and not _reads(block)) or _is_code(block):
            found.append(_Unit("code", block, number))
        else:
            found += [_Unit("sentence", sentence, number) for sentence in sentences(block, language)]
    return found


def _reads(block: str) -> bool:
    """Whether a block is prose: it begins like a sentence and ends like one."""
    return bool(re.match(r"[\W_]*[A-ZÀ-Þ¿¡Ѐ-Я一-龯ぁ-ん가-힣]", block)) and block.rstrip().endswith((".", "!", "?", ":", "。", "…", ")"))


def _is_code(block: str) -> bool:
    """Code has more signs than words can have: braces, assignments, paths, options. One short line without a full stop needs one of them."""
    if _reads(block):
        return False
    signs, words = len(_CODE_SIGNS.findall(block)), len(block.split())
    return signs * 12 > words and (signs >= 2 or (words <= 12 and "\n" not in block and block[:1].islower()))


_CODE_SIGNS = re.compile(r"[{}$;=|\\<>]|(?<!\S)--?\w|^\s*[#$>]\s|\w/\w|\w\(\)", re.MULTILINE)


def _where(units: Sequence[_Unit], sentence: str) -> int:
    """The unit that holds a sentence; the first one if none does."""
    wanted = " ".join(sentence.split())
    for at, unit in enumerate(units):
        plain = " ".join(unit.text.removeprefix("- ").split())
        if plain and (wanted in plain or plain in wanted):
            return at
    return 0


_REFERS_BACK = re.compile(
    r"(?:it|this|that|these|those|they|he|she|then|however|but|also|otherwise|instead|so|es|das|dies\w*|sie|dann|aber|jedoch|auch|il|elle|cela|ces|mais|esto|eso|pero|también)\b",
    re.IGNORECASE,
)


def _back(units: Sequence[_Unit], start: int) -> int:
    """From a list's item to the list's beginning and its introduction; from 'It …' to the sentence before."""
    at = start
    while at > 0 and units[at].kind == "item" and units[at - 1].kind == "item" and start - at < _MOST_ITEMS - 2:
        at -= 1
    if at > 0 and units[at - 1].kind == "sentence" and (units[at].kind != "sentence" or _REFERS_BACK.match(units[at].text)):
        at -= 1
    return at


def _joined(units: Sequence[_Unit]) -> str:
    """The units as Markdown: sentences of a block in one paragraph, items in one list, code fenced."""
    pieces: list[str] = []
    for at, unit in enumerate(units):
        same = at > 0 and units[at - 1].block == unit.block
        between = "" if not pieces else ("\n" if unit.kind == "item" else " ") if same else "\n\n"
        pieces.append(between + (f"```\n{unit.text}\n```" if unit.kind == "code" else unit.text))
    return "".join(pieces)
