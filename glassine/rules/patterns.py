"""Judges a pattern that an admin wrote, before it is saved: what cannot be read, or would cover ordinary writing, is refused in words. Stores nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import re2

from glassine.rules.masking.custom import expression_of
from glassine.rules.ordinary import ORDINARY, SURVIVORS
from glassine.rules.redaction import by_pattern
from glassine.words.errors import Refused
from glassine.words.privacy import CustomPattern, Span

MOST = 50  # patterns of one organisation: each is looked for in every message
LONGEST = 300  # characters of a pattern
_LONGEST_NAME, _MOST_WORDS, _LONGEST_WORD = 60, 20, 40
_LARGEST = 1_000  # instructions after compiling; on 20,000 characters such a pattern takes at most about 20 ms
_ORDINARY_TEXTS, _ORDINARY_LETTERS = 0.25, 0.10  # shares of ordinary writing from which on a pattern says nothing
_PAST_LETTERS, _ENOUGH_PAST = 0.50, 20
_UNKNOWN = {  # what people know from other engines
    r"\(\?[=!]|\(\?<[=!]": "Look-ahead and look-behind, as in (?=…), are not available. Say with context words what must stand near a match.",
    r"\\[1-9]": "References to earlier groups, such as \\1, are not available.",
    r"\(\?>|[*+?}]\+": "Possessive repetitions, as in ++, are not available. They are not needed either: every pattern is searched in linear time.",
}


class Reach(NamedTuple):
    """What a pattern does to many texts: how many there are, how many it touches, how many matches, and the share of all characters they cover."""

    texts: int
    touched: int
    matches: int
    share: float


def check(pattern: CustomPattern, others: Sequence[CustomPattern]) -> None:
    """Raises Refused with a sentence for whoever wrote it. `others` are the organisation's patterns beside it."""
    _check_fields(pattern, others)
    _check_compiled(pattern)
    lone = _alone(pattern)
    ordinary = reach(lone, ORDINARY)
    if ordinary.touched == ordinary.texts:
        raise Refused("This pattern matches everything. Every message would be covered, and the AI could answer nothing.")
    if ordinary.touched > _ORDINARY_TEXTS * ordinary.texts or ordinary.share > _ORDINARY_LETTERS:
        raise Refused(
            f"This pattern matches too much: it touches {ordinary.touched} of {ordinary.texts} ordinary sentences without personal data"
            f"{_example(lone)}. Make it more exact, or name context words that must stand near a match."
        )
    if expression_of(pattern.pattern).fullmatch(" "):
        raise Refused("This pattern matches empty space. Ask for at least one letter or digit.")
    if len(everyday := also(pattern)) > len(SURVIVORS) // 2:
        raise Refused(f"This pattern matches nearly every number: {', '.join(everyday)}. Answers depend on those. Make it more exact, or name context words.")


def check_past(found: Reach) -> None:
    """Raises Refused when what was written so far would mostly disappear."""
    if found.texts >= _ENOUGH_PAST and found.share > _PAST_LETTERS:
        raise Refused(f"This pattern would cover {found.share:.0%} of all characters in your last {found.texts:,} messages. Make it more exact.")


def reach(pattern: CustomPattern, texts: Sequence[str]) -> Reach:
    touched = matches = covered = 0
    for text in texts:
        found = by_pattern(text, (pattern,))
        touched, matches, covered = touched + bool(found), matches + len(found), covered + sum(span.end - span.start for span in found)
    return Reach(len(texts), touched, matches, covered / max(1, sum(map(len, texts))))


def also(pattern: CustomPattern) -> list[str]:
    """The everyday things, such as an amount, that a pattern covers too. Not a reason to refuse it, but one to look again."""
    return [what for what, text in SURVIVORS if by_pattern(text, (_alone(pattern),))]


def _check_fields(pattern: CustomPattern, others: Sequence[CustomPattern]) -> None:
    if "\0" in pattern.name + pattern.pattern + "".join(pattern.context):
        raise Refused("A pattern cannot hold the NUL character.")
    if not pattern.name.strip():
        raise Refused("Give the pattern a name, such as Member number.")
    if len(pattern.name) > _LONGEST_NAME:
        raise Refused(f"The name has {len(pattern.name)} characters; {_LONGEST_NAME} is the most.")
    if any(other.name.casefold() == pattern.name.casefold() for other in others):
        raise Refused(f"There is a pattern called {pattern.name} already. Choose another name.", status=409)
    if len(others) >= MOST:
        raise Refused(f"There are {len(others)} patterns; {MOST} is the most, because each is looked for in every message. Delete one, or join two with |.", status=409)
    if not pattern.pattern.strip():
        raise Refused(r"Write the pattern, for example: MEM-\d{6}")
    if len(pattern.pattern) > LONGEST:
        raise Refused(f"The pattern has {len(pattern.pattern)} characters; {LONGEST} is the most.")
    if len(pattern.context) > _MOST_WORDS or any(len(word) > _LONGEST_WORD for word in pattern.context):
        raise Refused(f"Name at most {_MOST_WORDS} context words of at most {_LONGEST_WORD} characters each.")
    if any(not re.search(r"\w", word) for word in pattern.context):
        raise Refused("A context word needs at least one letter or digit.")


def _check_compiled(pattern: CustomPattern) -> None:
    try:
        expression = expression_of(pattern.pattern)
    except re2.error as error:
        raise Refused(_in_words(pattern.pattern, error)) from None
    if expression.programsize > _LARGEST:
        raise Refused("The pattern is too large once it is read: it repeats long parts many times. Use smaller numbers in { }, or fewer alternatives.")
    if _empty(expression):
        raise Refused("The pattern also matches nothing at all, so it would match between any two letters. Ask for at least one character: + in the place of *.")


def compiles(pattern: CustomPattern) -> bool:
    """Whether it can be tried at all, be it good or not."""
    try:
        return 0 < len(pattern.pattern) <= LONGEST and bool(expression_of(pattern.pattern).programsize <= _LARGEST)
    except re2.error:
        return False


def _empty(expression: Any) -> bool:
    """Whether somewhere a match has no length."""
    return any(match.span()[0] == match.span()[1] for text in ("", *ORDINARY) for match in expression.finditer(text.encode()))


def _in_words(pattern: str, error: re2.error) -> str:
    """What the engine complains of, for people."""
    for known, words in _UNKNOWN.items():
        if re.search(known, pattern):
            return words
    said = error.args[0].decode("utf-8", "replace") if error.args and isinstance(error.args[0], bytes) else str(error)
    if "too large" in said or "repetition size" in said:
        return "The pattern is too large: a part may be repeated at most 1,000 times, and repetitions of repetitions multiply."
    return f"The pattern cannot be read: {said}. Signs that stand for themselves, such as ( . +, need a backslash before them."


def _alone(pattern: CustomPattern) -> CustomPattern:
    """As if it were on."""
    return CustomPattern(id=pattern.id, name=pattern.name, pattern=pattern.pattern, context=pattern.context, treatment=pattern.treatment)


def _example(pattern: CustomPattern) -> str:
    found = next(((text, span) for text in ORDINARY for span in by_pattern(text, (pattern,))), None)
    return f', such as “{found[0][found[1].start : found[1].end][:40]}” in “{found[0]}”' if found else ""


class Piece(NamedTuple):
    text: str
    matched: bool


def pieces(text: str, found: Sequence[Span]) -> Iterator[Piece]:
    """A text cut where matches begin and end."""
    at = 0
    for span in found:
        yield Piece(text[at : span.start], matched=False)
        yield Piece(text[span.start : span.end], matched=True)
        at = span.end
    yield Piece(text[at:], matched=False)


def around(text: str, found: Sequence[Span], room: int = 70) -> tuple[list[Piece], int]:
    """The surroundings of the first match as pieces, and how many more there are. Cut at spaces, so that no placeholder is cut through."""
    first = found[0]
    begin, end = max(0, first.start - room), min(len(text), max(first.end, first.start + room) + room)
    begin = text.find(" ", begin, first.start) + 1 if begin else 0
    end = text.rfind(" ", first.end, end) if end < len(text) and text.rfind(" ", first.end, end) > 0 else end
    inside = [span for span in found if span.end <= end]
    cut = [Piece("… ", matched=False)] if begin else []
    cut += pieces(text[begin:end], [Span(start=span.start - begin, end=span.end - begin, type=span.type) for span in inside])
    return [*cut, *([Piece(" …", matched=False)] if end < len(text) else [])], len(found) - len(inside)
