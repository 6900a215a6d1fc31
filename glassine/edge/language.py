"""Which language a text is in: py3langid, among the languages an organisation speaks or among all it knows. Loaded once; knows nothing of sessions."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

_one_at_a_time = threading.Lock()  # the identifier keeps what it is working on
_SHORTEST = 12  # characters: below that a guess is worth nothing
_SHORTEST_SIGNS = 4  # of a script whose signs are words or syllables
_SIGNS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CLEAR = 12.0  # log-odds from which a language that the organisation does not speak is believed, and from which a conversation changes its language
_LOOKED_AT = 1_000  # characters
_SAME = {"no": "nb", "nn": "nb", "ms": "id"}  # told apart by few words only, and one name is enough here


def detect(text: str, languages: Sequence[str]) -> str | None:
    """The ISO 639-1 code of the most likely of `languages`; None for a text too short to tell, unless there is only one to choose."""
    if len(languages) == 1:
        return languages[0]
    if not languages or not _long_enough(text):
        return None
    likely = _ranked(text)
    return max(languages, key=lambda one: likely.get(one, float("-inf")))


def follow(text: str, languages: Sequence[str], before: str | None) -> str | None:
    """The language that a conversation goes on in after this message; `before`: the one it was in, None at its beginning.

    A message that is short, or mixed, changes nothing. A language that the organisation does not speak is believed when it is clear. An
    organisation of one language is asked for none: every message counts as that.
    """
    if len(languages) < 2 or not _long_enough(text):
        return before or (languages[0] if len(languages) == 1 else None)
    likely = _ranked(text)
    known = max(languages, key=lambda one: likely.get(one, float("-inf")))
    best = max(likely, key=lambda one: likely[one])
    found = best if best not in languages and len(best) == 2 and likely[best] - likely[known] > _CLEAR else known
    return found if before is None or likely[found] - likely.get(before, float("-inf")) > _CLEAR else before


def speaks(text: str, language: str) -> bool:
    """Whether a text is in this language, or too short or too mixed to say that it is not."""
    if not _long_enough(text) or (len(text.split()) < 6 and not _SIGNS.search(text)):
        return True
    likely, wanted = _ranked(text), _SAME.get(language.split("-")[0], language.split("-")[0])
    return wanted not in likely or max(likely.values()) - likely[wanted] <= _CLEAR


def _long_enough(text: str) -> bool:
    return len(text.strip()) >= _SHORTEST or len(_SIGNS.findall(text)) >= _SHORTEST_SIGNS


def _ranked(text: str) -> dict[str, float]:
    """How likely each language is, in log-odds against each other."""
    with _one_at_a_time:
        found = _identifier().rank(text[:_LOOKED_AT])
    likely: dict[str, float] = {}
    for name, score in found:
        code = _SAME.get(str(name), str(name))
        likely[code] = max(float(score), likely.get(code, float("-inf")))
    return likely


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)
