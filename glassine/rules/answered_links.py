"""What of an action's answer may lead a customer elsewhere: a link that is the whole of a field, as a shop's link to a parcel is. One among words may be anybody's, and backs nothing."""

from __future__ import annotations

import json
import re
from typing import Any

# With a scheme, with www, or a host with a path: what a reader can click. A mere `node.js` is a word.
_LINK = re.compile(r"(?:[a-z][a-z+.-]{0,20}:)?//[^\s<>\"`|]+|\bwww\.[^\s<>\"`|]+|\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}\.[^\W\d_]{2,}[/?#][^\s<>\"`|]*", re.IGNORECASE)


def without(answer: str) -> str:
    """The answer as the model was told it, without the links that stand among words."""
    if "/" not in answer and "www." not in answer.lower():
        return answer
    try:
        content = json.loads(answer)
    except (ValueError, RecursionError):
        return _text(answer)
    return json.dumps(_each(content), ensure_ascii=False) if isinstance(content, dict | list) else _text(answer)


def _each(value: Any) -> Any:
    if isinstance(value, dict):
        return {_text(name): _each(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_each(one) for one in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return text if _LINK.fullmatch(text.strip()) else _LINK.sub(" ", text)
