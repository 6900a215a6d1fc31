"""Turns what the names model read into names of persons. Pure, given the word lists; it decides nothing about addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from glassine.edge.atlas import NO_PERSON
from glassine.edge.lexicon import bare, first_names, misspelt, ordinary
from glassine.edge.reading import Word
from glassine.words.privacy import PiiType, Span

THRESHOLD = 0.33
DOUBT = 0.005  # of the list's names, those that the model does not rule out
_CERTAIN = 0.85  # what a word of the language in lower case needs
_SURE = 0.7  # the same, but for one of the two, or with odd capitals


def _set(written: str) -> frozenset[str]:
    return frozenset(written.split())


_LISTED = 0.08  # what a capitalised word needs beside a name in a list
_LISTING = frozenset((",", "and", "&", "or", "y", "et", "und", "e"))
_TITLES = _set("mr mrs ms miss mx dr prof professor sir madam herr frau hr fr mme mlle señor señora sr sra signor signora sig mevr dhr pan pani")
_GREETINGS = _set(
    "hi hello hey dear thanks thank regards cheers hallo hola bonjour salut ciao olá oi cher chère liebe lieber beste team support customer sales"
)
_SUFFIXES = _set("md phd jr sr ii iii iv dds dvm esq cpa do rn dmd")
_PARTICLES = _set("van von der den de del della da di do dos das du la le el al bin ibn ter ten zu af av y e st mac mc o d")
_NOT_BEFORE = re.compile(r"(?:\b(?:the|a|an|your|our|this|that|these|to|in|on|at|from|via|into|using|with)\s|[/@#_.\\-])$", re.IGNORECASE)

# In scripts that the model does not read, a name is known by its introduction.
_INTRODUCED = re.compile(
    r"(?:私の名前は|名前は|わたしは|私は)[ ]?(?=(?P<ja>[^\s、。,.]{2,10}?)(?:です|といいます|と申します))"
    r"|(?:我叫|我的名字是|我是|我的名字叫)[ ]?(?=(?P<zh>[\u4e00-\u9fff]{2,4})(?:[，。,.!！\s]|$))"
    r"|(?:제 이름은|저는)[ ](?=(?P<ko>[\uac00-\ud7a3]{2,5}?)(?:입니다|이에요|예요|라고))"
    r"|(?:اسمي|أنا اسمي)[ ](?=(?P<ar>[^\W\d_]{2,20}(?:[ ][^\W\d_]{2,20})?))"
    r"|(?:קוראים לי|שמי)[ ](?=(?P<he>[^\W\d_]{2,20}(?:[ ][^\W\d_]{2,20})?))"
    r"|(?:मेरा नाम)[ ](?=(?P<hi>[\u0900-\u097f]{2,20}(?:[ ][\u0900-\u097f]{2,20})?)[ ]है)"
    r"|(?i:меня зовут|мене звати|με λένε|ονομάζομαι|с уважением,?|з повагою,?)\s(?=(?P<ru>[^\W\d_]{2,20}(?:[ ][^\Wа-яёa-z\d_][^\W\d_]{1,20}){0,2}))"
)

_PLACES = r"(?:twitter|x\.com|instagram|insta|telegram|tiktok|discord|skype|snapchat|linkedin|facebook|github|mastodon|bluesky|threads|handle|user ?name)"
_HANDLE = re.compile(
    rf"(?i:\b{_PLACES}\b(?: is|:)?[ ]{{1,2}}|\bi(?:['’]| a)m[ ])@(?P<before>\w{{3,30}})|(?<![\w@/.])@(?P<after>\w{{3,30}})(?=[ ](?i:on|at|@|is my)[ ](?i:{_PLACES})\b)"
)


def persons(text: str, words: Sequence[Word]) -> Iterator[Span]:
    """Names with their titles and suffixes, in offsets of `text`."""
    marked = [_is_name(text, words, at) for at in range(len(words))]
    for at, word in enumerate(words):
        marked[at] = marked[at] or (word.person >= _LISTED and _listed_with_name(words, marked, at))
    at = 0
    while at < len(words):
        if not marked[at]:
            at += 1
            continue
        first = last = at
        while last + 1 < len(words) and (marked[last + 1] or _bridges(words, marked, last + 1)) and _joined(text, words[last], words[last + 1]):
            last += 1
        first, last = _grown(text, words, first, last)
        start, end = words[first].start, words[last].end
        if text[end : end + 1] == "." and (bare(words[last].text) in _SUFFIXES or len(words[last].text) == 1):
            end += 1
        yield Span(start=start, end=end, type=PiiType.NAME, score=min(1.0, max(word.person for word in words[first : last + 1])))
        at = last + 1
    if "@" in text:
        for match in _HANDLE.finditer(text):
            start, end = match.span("before") if match["before"] else match.span("after")
            yield Span(start=start, end=end, type=PiiType.NAME, score=0.7)
    if not text.isascii():
        for match in _INTRODUCED.finditer(text):
            start, end = next(match.span(group) for group in ("ja", "zh", "ko", "ar", "he", "hi", "ru") if match[group])
            yield Span(start=start, end=end, type=PiiType.NAME, score=0.7)


def _is_name(text: str, words: Sequence[Word], at: int) -> bool:
    """Whether a word is part of a name: by the model, or by the list of first names where the model wavers."""
    word = words[at]
    plain = bare(word.text)
    if word.person < THRESHOLD and plain not in first_names():
        return False
    if not any(c.isalpha() for c in word.text) or word.street > word.person or plain in _GREETINGS or _technical(text, word):
        return False
    capital = word.text[0].isupper() or not word.text[0].islower()
    everyday = ordinary(word.text)
    if plain in NO_PERSON and not _beside_a_name(words, at):
        return False
    if word.person >= (_CERTAIN if everyday and not capital else _SURE if everyday or not capital or _odd_capitals(word.text) else THRESHOLD):
        return (len(plain) > 1 or _near_name(words, at)) and not (not capital and plain not in first_names() and not _near_name(words, at) and misspelt(plain))
    if (
        not capital
        or everyday
        or len(plain) < 3
        or word.text.isupper()
        or (word.person < DOUBT and _model_reads(word.text))
        or word.place >= 0.3
        or word.postcode >= 0.3
    ):
        return False
    return plain in first_names() and _NOT_BEFORE.search(text, max(0, word.start - 12), word.start) is None


def _beside_a_name(words: Sequence[Word], at: int) -> bool:
    """Whether a capitalised word right beside it is part of a name: Phoenix Miller is a person, Phoenix alone a town or a framework."""
    return any(0 <= n < len(words) and words[n].person >= _SURE and words[n].text[:1].isupper() and bare(words[n].text) not in NO_PERSON for n in (at - 1, at + 1))


def _technical(text: str, word: Word) -> bool:
    """A piece of a path, a host, a variable or a command rather than a word of a sentence."""
    before, after = text[word.start - 1 : word.start], text[word.end : word.end + 2]
    if (before and before in "/_\\$=`<{@") or after[:1] in ("_", "=", "/", "`", "[", "("):
        return True
    if word.text[0].isupper() and not word.text.isupper():
        return False
    return (bool(before) and before in ".:-") or (after[:1] in (".", ":", "-", "@") and after[1:].isalnum())


def _model_reads(word: str) -> bool:
    """The model learnt Latin letters; of others it says nothing either way."""
    return all(c < "\u0370" or "\u1e00" <= c <= "\u1eff" for c in word)


def _odd_capitals(word: str) -> bool:
    """ACRONYMS and camelCase: seldom names, in a text that is not written in capitals altogether."""
    inner = word[1:]
    return (
        len(word) > 1
        and not inner.islower()
        and (word.isupper() or any(c.isupper() for c in inner))
        and not word.startswith(("Mc", "Mac", "De", "Di", "La", "Le", "Van"))
    )


def _listed_with_name(words: Sequence[Word], marked: Sequence[bool], at: int) -> bool:
    """Whether a capitalised word stands beside a name in a list: "Jensen, Ali and Howard"."""
    if not words[at].text[0].isupper() or ordinary(words[at].text) or words[at].place >= 0.3:
        return False
    after = at + 2 < len(words) and words[at + 1].text in _LISTING and marked[at + 2]
    return after or (at >= 2 and words[at - 1].text in _LISTING and marked[at - 2])


def _near_name(words: Sequence[Word], at: int) -> bool:
    return any(0 <= n < len(words) and words[n].person >= THRESHOLD and len(words[n].text) > 1 for n in (at - 1, at + 1))


def _bridges(words: Sequence[Word], marked: Sequence[bool], at: int) -> bool:
    """A particle, an initial or an apostrophe between two parts of one name."""
    word = words[at]
    if at + 1 >= len(words) or (not marked[at + 1] and not (words[at + 1].text[:1] in ".'’-" and at + 2 < len(words) and marked[at + 2])):
        return False
    return word.text in (".", "-", "'", "’", "‐") or bare(word.text) in _PARTICLES or (len(word.text) == 1 and word.text.isupper())


def _joined(text: str, before: Word, after: Word) -> bool:
    return before.end == after.start or text[before.end : after.start] in (" ", "  ", "\t")


def _grown(text: str, words: Sequence[Word], first: int, last: int) -> tuple[int, int]:
    """Takes in the surname or first name beside a name, the rest of a hyphenated one, titles and suffixes."""
    grew = True
    while grew and last + 1 < len(words) and last - first < 8:
        grew = _joined(text, words[last], words[last + 1]) and _continues(words, last + 1)
        last += grew
    while words[last].text in (".", "-", "'", "’", "‐"):
        last -= 1
    grew = True
    while grew and first and last - first < 10:
        grew = _joined(text, words[first - 1], words[first]) and _precedes(words, first - 1)
        first -= grew
    while words[first].text in (".", "-", "'", "’", "‐"):
        first += 1
    return first, last


def _continues(words: Sequence[Word], at: int) -> bool:
    word = words[at]
    plain = bare(word.text)
    glued = words[at - 1].end == word.start
    if word.text in ("-", "'", "’", "‐"):
        after = words[at + 1] if at + 1 < len(words) else None
        return glued and after is not None and after.start == word.end and after.text[:1].isupper()
    if glued and words[at - 1].text in ("-", "'", "’", "‐"):
        return word.text[:1].isupper()
    if plain in _SUFFIXES and word.text[:1].isupper():
        return True
    return word.text[:1].isupper() and word.text[1:].islower() and not ordinary(word.text) and word.place < 0.5 and word.street < 0.5


def _precedes(words: Sequence[Word], at: int) -> bool:
    word = words[at]
    plain = bare(word.text)
    if plain in _TITLES:
        return True
    if word.text in ("'", "’"):
        return at > 0 and words[at - 1].end == word.start == words[at + 1].start - 1 and len(words[at - 1].text) <= 2 and words[at - 1].text[0].isupper()
    if words[at + 1].text in ("'", "’"):
        return True
    if word.text == ".":
        return (
            at > 0
            and words[at - 1].end == word.start
            and (bare(words[at - 1].text) in _TITLES or (len(words[at - 1].text) == 1 and words[at - 1].text.isupper()))
        )
    if len(word.text) == 1 and word.text.isupper() and words[at + 1].text == ".":
        return True
    return word.text[:1].isupper() and word.text[1:].islower() and plain in first_names() and plain not in _GREETINGS and not ordinary(word.text)
