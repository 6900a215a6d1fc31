"""How a turn's end is counted when a change is tried, and what a rehearsal found in one sentence. Pure; it plays no turn."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from glassine.words.rehearsals import End, Tally, Verdict
from glassine.words.turns import HandOff, Outcome, Reason, Reply, Suggestion

_NO_ANSWER = frozenset({Reason.DID_YOU_MEAN, Reason.ASKED_BACK, Reason.HANDOFF_DECLINED})
ONE: Mapping[End, str] = MappingProxyType({
    End.ANSWER: "answer", End.ASKS_BACK: "question back", End.HANDOFF: "handoff", End.DRAFT: "draft for the team", End.SILENCE: "silence", End.MODEL: "answer of a language model",
})
_MANY: Mapping[End, str] = MappingProxyType({
    End.ANSWER: "answers", End.ASKS_BACK: "questions back", End.HANDOFF: "handoffs", End.DRAFT: "drafts for the team", End.SILENCE: "silences", End.MODEL: "answers of a language model",
})


def end_of(outcome: Outcome) -> End:
    match outcome:
        case Reply():
            return End.ASKS_BACK if outcome.notice or not _NO_ANSWER.isdisjoint(outcome.reasons) else End.ANSWER
        case Suggestion():
            return End.DRAFT
        case HandOff():
            return End.HANDOFF
        case _:
            return End.SILENCE


def move(before: End, after: End, count: int) -> str:
    """Such as “9 answers become handoffs”."""
    one, many = ONE[before], _MANY[before]
    first = f"{count} {one if count == 1 else many}"
    if before is after:
        return f"{first} {'is' if count == 1 else 'are'} in other words"
    return f"{first} {'becomes' if count == 1 else 'become'} {_article(ONE[after]) if count == 1 else _MANY[after]}"


def _article(noun: str) -> str:
    return noun if noun == "silence" else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def told(tally: Tally) -> str:
    """Such as “This would change 14 of 50 conversations: 9 answers become handoffs, 5 answers are in other words.”"""
    looked = tally.done - tally.of(Verdict.LEFT_OUT)
    if not looked:
        return "There is no past conversation yet that it could be tried on." if not tally.of(Verdict.WAITING) else "Nothing has been looked at yet."
    changed = tally.of(Verdict.DIFFERS)
    first = f"This would change {changed or 'none'} of {looked} {'conversation' if looked == 1 else 'conversations'}"
    moves = ", ".join(move(*each) for each in tally.moves)
    more = f" {_open(tally.of(Verdict.UNKNOWN))}" if tally.of(Verdict.UNKNOWN) else ""
    return f"{first}{': ' + moves if moves else ''}.{more}"


def _open(count: int) -> str:
    return f"What becomes of {count} more only a language model can tell."
