"""What a question may have meant: synonyms that it holds, words one letter away, and the questions that go on from the one before. Pure; it knows no vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from glassine.rules.passages import terms

_SHORTEST = 4  # letters of a word that is looked for with one letter changed; shorter ones are near too many others
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MOST_WORDS, _MOST_CARRIED = 6, 300
_GOES_ON = (
    "and ", "but ", "what about", "how about", "what if", "and if", "then ", "so ", "also ", "same ", "why", "how long", "how much", "since when", "where", "when",
    "und ", "aber ", "was ist mit", "wie lange", "wie viel", "et ", "mais ", "y ", "pero ",
)
_REFERS = frozenset(["it", "its", "this", "that", "these", "those", "they", "them", "there", "one", "ones", "es", "das", "dies", "diese", "dieser", "sie", "dort", "il", "elle", "cela", "ça", "eso", "esto"])


def near(word: str, alphabet: str = _LETTERS) -> list[str]:
    """All words that one letter less, more, other or two swapped make of this one. Words with digits are codes, and have no neighbours."""
    if len(word) < _SHORTEST or not word.isalpha():
        return []
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    letters = dict.fromkeys(alphabet + word)
    found = [
        *(before + after[1:] for before, after in splits if after),
        *(before + after[1] + after[0] + after[2:] for before, after in splits if len(after) > 1),
        *(before + letter + after[1:] for before, after in splits if after for letter in letters),
        *(before + letter + after for before, after in splits for letter in letters),
    ]
    return [one for one in dict.fromkeys(found) if one != word]


def meant(text: str, groups: Iterable[Sequence[str]], language: str) -> list[tuple[str, list[str]]]:
    """The phrases of a text that have synonyms, each with the others of its group."""
    asked = terms(text, language)
    found: list[tuple[str, list[str]]] = []
    for phrases in groups:
        held = next((phrase for phrase in phrases if _stands_in(terms(phrase, language), asked)), None)
        if held is not None:
            found.append((held, [phrase for phrase in phrases if phrase != held]))
    return found


def _stands_in(phrase: Sequence[str], asked: Sequence[str]) -> bool:
    """Word for word and in order."""
    return bool(phrase) and any(list(asked[at : at + len(phrase)]) == list(phrase) for at in range(len(asked) - len(phrase) + 1))


def carried(text: str, before: Sequence[str], language: str) -> str:
    """What to search for when a question goes on from an earlier one: 'And for Portugal?' after 'How much is shipping to Spain?' carries that along.

    Only a short message is taken for one that goes on, if it begins like one, refers back, or names one thing only. `before`: what the customer said, oldest first.
    """
    words = text.casefold().split()
    earlier = next((said for said in reversed(before) if len(terms(said, language)) >= 2), "")
    if not earlier or not words or len(words) > _MOST_WORDS:
        return text
    named = set(terms(text, language))
    goes_on = text.casefold().lstrip().startswith(_GOES_ON) or not _REFERS.isdisjoint(word.strip("?!.,") for word in words)
    return f"{text} {earlier[:_MOST_CARRIED]}" if len(named) <= 1 or (goes_on and len(named) <= 3) else text
