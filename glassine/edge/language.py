"""Which language a text is in: py3langid, restricted to the languages an organisation speaks. Loaded once; knows nothing of sessions."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

_one_at_a_time = threading.Lock()  # restricting the identifier changes it
_SHORTEST = 12  # characters: below that a guess is worth nothing


def detect(text: str, languages: Sequence[str]) -> str | None:
    """The ISO 639-1 code of the most likely of `languages`; None for a text too short to tell, unless there is only one to choose."""
    if len(languages) == 1:
        return languages[0]
    if len(text.strip()) < _SHORTEST or not languages:
        return None
    with _one_at_a_time:
        return str(_identifier(tuple(sorted(languages))).classify(text[:1_000])[0])


@lru_cache(maxsize=8)
def _identifier(languages: tuple[str, ...]) -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(languages))
    return identifier
