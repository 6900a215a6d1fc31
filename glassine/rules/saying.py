"""How far an answer that is still being written can be told apart from what comes: up to a sentence with its citations, or the end of a line. It judges no answer."""

from __future__ import annotations

import re

LONGEST = 4_000  # characters after which an answer has lost its way, and no more of it is looked at
_BEFORE = 200  # characters before what is new in which a sentence may have ended

_CITED = r"[ \t]{0,3}[\[【]\s?\d{1,3}(?:\s?[,;]\s?\d{1,3}){0,9}\s?(?:(?::\d{1,3})?†[^\[\]【】\n]{0,80})?[\]】]"
_CLOSED = r"[\"'”’»)*_]{0,4}"
_STOP = r"[.!?…。！？]"
# A citation says what the words before it rest on, so a sentence counts only with the citations behind it. What follows them must not be a link's address.
_ENDS = re.compile(rf"{_STOP}{_CLOSED}(?:{_CITED}){{1,6}}{_STOP}?(?=\s)|(?:{_CITED}){{1,6}}{_CLOSED}{_STOP}{_CLOSED}(?=\s)|(?<=\S)[ \t]{{0,3}}\n")


def ends(text: str, after: int) -> list[int]:
    """The places behind `after` at which what was written so far can be judged by itself: nothing that follows changes what its sentences rest on."""
    if text.lstrip().startswith("<think") and "</think>" not in text:
        return []
    found = (match.end() for match in _ENDS.finditer(text[:LONGEST], max(0, after - _BEFORE)))
    return [end for end in found if end > after and not _in_code(text[:end])]


def _in_code(text: str) -> bool:
    """Whether a fence, or a stretch of code in the last line, is still open: brackets in it are no citations."""
    return text.count("```") % 2 == 1 or text[text.rfind("\n", 0, -1) + 1 :].replace("```", "").count("`") % 2 == 1
