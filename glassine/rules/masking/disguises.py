"""Undoes what hides a number from its pattern: words for digits, a line break in the middle, O and l for 0 and 1, markup, reversed writing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glassine.rules.masking.announced import any_of
from glassine.rules.masking.number_words import ALSO_ENGLISH, ENGLISH, SIGNS, TIMES, WORDS
from glassine.rules.masking.plain import FILL, Plain, rewritten

_AROUND = 100  # characters before and after a disguise that are read with it
_FEWEST = 3  # number words in a row that make a number; fewer are a sentence
_CLOSE = 60  # characters within which so many must begin
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+")
_BETWEEN = re.compile(r"[ \t\r\n,.;:/()\-–]{0,4}(?:(?:and|und|et|y)[ -])?")
_LINE_BREAK = re.compile(r"(?<=[0-9A-Za-z.@+/()\-])[ \t]*\r?\n[ \t>|]*(?=[0-9A-Za-z.@+()\-])")
_MARKUP = re.compile(r"(?:</?[A-Za-z][A-Za-z0-9]{0,9} ?/?>\s{0,2}){1,6}")  # tags without attributes: nothing personal is in them
_MIXED = re.compile(r"(?<![^\W_])[\dOolI|SB]{2,24}(?:[ -][\dOolI|SB]{2,24}){0,8}(?![^\W_])")
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"(?<!\S)(?:[^\W_]|[@._+-])(?:[ \t](?:[^\W_]|[@._+-])(?!\S)){4,120}")
_AS_DIGITS = str.maketrans("OolI|SB", "0011158")
_SHORTEST_MIXED = 10  # O and l are letters, unless the digits around them are many
_LONGEST_TOKEN = 40  # characters on each side of a break that are looked at
_SHORT = re.compile(r"[A-Z]{1,4}|[+()]{1,2}")  # a group of capitals, or the signs that open one of digits
_DOMAIN_END = re.compile(r"[\w.@-]*\.[A-Za-z]{2,12}")
_WRITTEN_TOPS = "com net org edu gov info biz uk de fr es it nl pl pt br ru ch be se dk fi ie eu ca au jp cn mx ar nz za kr tr cz"
_TOPS = frozenset(_WRITTEN_TOPS.split())
_JOINTS = frozenset(("and", "und", "et", "y"))  # vingt et un
_TENS = frozenset(value for value in WORDS.values() if len(value) == 2 and value[1] == "0" and value != "10")


def undisguised(text: str, folded: str, words: frozenset[str]) -> Plain | None:
    """The stretches of `text` that hold disguises, as they would stand without them, and the way back; None when there are none. `folded` and `words` are the text's."""
    edits: list[tuple[int, int, str]] = []
    done = 0
    for edit in sorted([*_spoken(text, folded, words), *_broken(text), *_mixed(text), *_spelled(text), *_tagged(text)]):
        start = edit[0]
        if start >= done or not edits:
            if start - done > 3 * _AROUND:  # what is far from any disguise is left out
                edits += _left_out(done + _AROUND if edits else 0, start - _AROUND)
            edits.append(edit)
            done = edit[1]
    return rewritten(text, [*edits, *_left_out(done + _AROUND, len(text))]) if edits else None


def _left_out(low: int, high: int) -> list[tuple[int, int, str]]:
    return [(low, high, FILL)] if high - low > 2 * _AROUND else []


def reversed_writing(raw: str) -> Plain | None:
    """Text behind a right-to-left override, turned round as the eye sees it. Every character keeps a place of its own."""
    if "\u202e" not in raw:
        return None
    order: list[int] = []
    last = 0
    for match in re.finditer("\u202e([^\u202c\n]*)", raw):
        order += [*range(last, match.start(1)), *reversed(range(*match.span(1)))]
        last = match.end(1)
    order += range(last, len(raw))
    return Plain(text="".join(raw[at] for at in order), starts=[*order, len(raw)])


def _tagged(text: str) -> Iterator[tuple[int, int, str]]:
    """Tags beside or inside of a number part it from the word that announces it: `<p>Passport no. <b>C5…`."""
    if "<" in text:
        yield from ((*match.span(), " ") for match in _MARKUP.finditer(text))


def _spoken(text: str, folded: str, words: frozenset[str]) -> Iterator[tuple[int, int, str]]:
    """Runs of number words, digits, letters and signs between them, written as digits."""
    present = WORDS.keys() & words
    if not present:
        return
    spoken = [match.start() for match in any_of(frozenset(present)).finditer(folded)] if (present := present - {"o"}) else []
    done = 0
    for at, place in enumerate(spoken[: 1 - _FEWEST]):
        if place >= done and spoken[at + _FEWEST - 1] - place <= _CLOSE:
            for run in _runs(folded, max(done, place - _AROUND), len(text)):
                done = run[-1][1]
                yield from _written(text, run)
                if done > place:
                    break


def _runs(folded: str, start: int, end: int) -> Iterator[list[tuple[int, int, str]]]:
    """Rows of words that may be parts of one number, each with its place."""
    run: list[tuple[int, int, str]] = []
    for token in _TOKEN.finditer(folded, start, end):
        word = token.group()
        if word in _JOINTS and run:
            continue
        known = word in WORDS or word in TIMES or word in SIGNS or word.isdigit() or len(word) == 1
        if run and not (known and _BETWEEN.fullmatch(folded, run[-1][1], token.start())):
            yield run
            run = []
        if known:
            run.append((token.start(), token.end(), word))
    if run:
        yield run


def _written(text: str, run: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """The edits that write one run as digits; gaps close, save a plain space between two groups of digits."""
    run = _trimmed(run)
    if sum(word in WORDS and word != "o" for _, _, word in run) < _FEWEST:
        return
    last: int | None = None
    for start, end, value in _values(text, run):
        if last is not None and start > last:
            gap = text[last:start]
            yield last, start, gap if gap == " " and text[last - 1].isdigit() and text[start].isdigit() else ""
        yield start, end, value
        last = end


def _trimmed(run: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Without letters and signs at the ends, which belong to the sentence; the two letters that begin an IBAN stay."""
    numbers = [at for at, (_, _, word) in enumerate(run) if word in WORDS or word.isdigit()]
    if not numbers:
        return []
    if run[numbers[0]][2] in ALSO_ENGLISH and len(numbers) > 1 and (numbers[1] > numbers[0] + 1 or run[numbers[1]][2] in ENGLISH or run[numbers[1]][2].isdigit()):
        numbers = numbers[1:]
    first, last = numbers[0], numbers[-1]
    if first and run[first - 1][2] in SIGNS:
        first -= 1
    elif first >= 2 and all(len(word) == 1 for _, _, word in run[first - 2 : first]):
        first -= 2
    return run[first : last + 1]


def _values(text: str, run: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """(start, end, digits) of every number in a run: "forty-one" is 41, "double seven" 77, "quatre-vingt-dix" 90."""
    at, times = 0, 1
    while at < len(run):
        start, end, word = run[at]
        value = WORDS.get(word) or SIGNS.get(word) or text[start:end].upper()
        at += 1
        if word in TIMES:
            value, times = "", TIMES[word]
        elif word == "quatre" and at < len(run) and run[at][2] in ("vingt", "vingts"):
            value, end, at = "80", run[at][1], at + 1
        if value in _TENS and at < len(run) and text[end : run[at][0]].strip(" -‐et") == "":
            unit = WORDS.get(run[at][2], "")
            if unit and unit != "0" and int(unit) < (20 if value in ("60", "80") and len(unit) == 2 else 10):
                value, end, at = str(int(value) + int(unit)), run[at][1], at + 1
                if value in ("70", "90") and at < len(run) and text[end : run[at][0]] == "-" and len(WORDS.get(run[at][2], "")) == 1:
                    value, end, at = value[0] + WORDS[run[at][2]], run[at][1], at + 1  # soixante-dix-huit
        if value.isdigit() and word not in TIMES:
            value, times = value * times, 1
        yield start, end, value


def _broken(text: str) -> Iterator[tuple[int, int, str]]:
    """Line breaks between two tokens that both hold a digit, or beside an @: the value may go on behind them."""
    if "\n" not in text:
        return
    for match in _LINE_BREAK.finditer(text):
        start, end = match.span()
        before = text[max(0, start - _LONGEST_TOKEN) : start].rsplit(None, 1)[-1]
        after = text[end : end + _LONGEST_TOKEN].split(None, 1)[0]
        if (_number(before) and _number(after)) or (("@" in before or "@" in after) and _address_goes_on(before, after)):
            yield start, end, ""


def _number(token: str) -> bool:
    """Whether it may be a part of a number: it holds a digit, or is a short group of capitals or the opening signs of one."""
    return _DIGIT.search(token) is not None or _SHORT.fullmatch(token) is not None


def _address_goes_on(before: str, after: str) -> bool:
    """Whether an e-mail address may go on: cut beside its @ or in its domain, but not behind a whole one that ends a sentence."""
    if before.endswith("@") or after.startswith("@"):
        return True
    rest = after.rstrip(".,;:!?)\"'")
    label = before.rpartition(".")[2]
    return "@" in before and (bool(_DOMAIN_END.fullmatch(rest)) or (before.endswith(".") and rest in _TOPS) or label + rest in _TOPS or (len(label) == 1 and rest.isalpha()))


def _mixed(text: str) -> Iterator[tuple[int, int, str]]:
    """Letters among digits that look like these."""
    for match in _MIXED.finditer(text) if _DIGIT.search(text) else ():
        written = match.group()
        if len(written) >= _SHORTEST_MIXED and 2 * sum(map(str.isdigit, written)) >= sum(map(str.isalnum, written)) and (digits := written.translate(_AS_DIGITS)) != written:
            yield match.start(), match.end(), digits


def _spelled(text: str) -> Iterator[tuple[int, int, str]]:
    """Words that are spelled with a space between their letters."""
    for match in _LETTERS.finditer(text):
        if any(map(str.isalpha, match.group())):
            for at in range(match.start(), match.end()):
                if text[at] in " \t":
                    yield at, at + 1, ""
