"""What a request to the stub model is for, told from the product's own fixed words in it. It counts nothing away: what it does not know is `other`."""

from __future__ import annotations

from typing import Any

from bench.stub_wires import Body, newest
from glassine.rules import prompt, summarising

ANSWER, STEP, REWRITE, SUMMARY, OTHER = "answer", "step", "rewrite", "summary", "other"
_ANSWERS, _AGAIN, _SUMS_UP = prompt.FIXED[0], prompt.FIXED[-1], summarising.FIXED


def purpose(body: Body) -> str:
    """`answer`: the first call of a turn; `step`: after an action's answer; `rewrite`: after the guard stopped an answer; `summary`: of a session that went to people."""
    told = _told(body)
    if told.startswith(_SUMS_UP):
        return SUMMARY
    if not told.startswith(_ANSWERS):
        return OTHER
    role, words = newest(body)
    return STEP if role == "tool" else REWRITE if words.startswith(_AGAIN) else ANSWER


def _told(body: Body) -> str:
    """The system's words on any wire."""
    if "instructions" in body or "system" in body:
        return _words(body.get("instructions") or body.get("system"))
    first = (body.get("messages") or body.get("input") or [{}])[0]
    return _words(first.get("content"))


def _words(content: Any) -> str:
    return "".join(str(block.get("text", "")) for block in content) if isinstance(content, list) else str(content or "")
