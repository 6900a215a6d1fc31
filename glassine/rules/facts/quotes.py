"""Finds what a text quotes: words between quotation marks, and code. What is quoted must stand in a source as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from glassine.rules.facts.fact import Fact, Kind

_FENCED = re.compile(r"```[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL)
_WORD = re.compile(r"[^\W_]+")
_PLAIN_WORD = re.compile(r"[a-z0-9]+")  # the same where all is ASCII and in small letters, and faster
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_MARK = re.compile(r"[`“„«»\"‘「]")  # what a quotation begins with
_QUOTED = re.compile(r"``([^`'\n]+)''|“([^”“\n]+)[”“]|„([^“”„\n]+)[“”]|«([^»\n]+)»|»([^«\n]+)«|(?<![\w\"])\"([^\"\n]+)\"(?!\w)|‘([^’‘\n]{2,})’(?!\w)|「([^」\n]+)」")


def quotes(text: str, found: list[Fact]) -> str:
    """The text without its code, which need not be read for numbers too: every line of it stands in a source or does not."""
    for pattern in (_FENCED, _INLINE):
        if "`" in text:
            text = pattern.sub(lambda match: _code(match, found), text)
    for match in _quoted(text):
        said = next(part for part in match.groups() if part is not None)
        if key := words_of(said).strip():
            found.append(_fact(match[0], match.start(), f"words:{key}"))
    return text


def _quoted(text: str) -> Iterator[re.Match[str]]:
    end = 0
    for mark in _MARK.finditer(text):
        if mark.start() >= end and (match := _QUOTED.match(text, mark.start())):
            end = match.end()
            yield match


def _code(match: re.Match[str], found: list[Fact]) -> str:
    lines = [line.strip() for line in match[1].split("\n") if any(letter.isalnum() for letter in line)]
    found += (_fact(line, match.start(), f"code:{code_of(line)}") for line in lines)
    return " " * len(match[0])


def _fact(written: str, start: int, key: str) -> Fact:
    keys = frozenset((key,))
    return Fact(kind=Kind.QUOTE, text=written, start=start, needs=keys, gives=frozenset(), from_customer=keys)


def words_of(text: str) -> str:
    """The words of a text in small letters with single spaces, and one on either side."""
    return " " + " ".join((_PLAIN_WORD if text.isascii() else _WORD).findall(text.casefold())) + " "


def code_of(text: str) -> str:
    """Code without its marks, in small letters, with single spaces."""
    return " ".join(text.casefold().replace("`", " ").split())


def holds(source: str, key: str) -> bool:
    """Whether a source has what the key quotes."""
    if key.startswith("words:"):
        return f" {key[6:]} " in _words_in(source)
    code = _code_in(source)
    return any(_alone(code, key[5:], at) for at in _places(code, key[5:]))


# Most answers quote nothing, so the words and the code of a source are read when one does.
_words_in = lru_cache(maxsize=1_000)(words_of)
_code_in = lru_cache(maxsize=1_000)(code_of)


def _places(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _alone(text: str, part: str, at: int) -> bool:
    """Not in the middle of a longer word or number."""
    before, after = text[at - 1 : at] if at else "", text[at + len(part) : at + len(part) + 1]
    return not (before.isalnum() and part[:1].isalnum()) and not (after.isalnum() and part[-1:].isalnum())
