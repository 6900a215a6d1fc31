"""How a canary is written into a text: tricks with characters, and what stands around it. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from html import escape
from random import Random
from types import MappingProxyType

_WIDE = {**{code: code + 0xFEE0 for code in range(0x30, 0x7F)}, 0x20: 0x3000}
_BOLD_DIGITS = {ord("0") + n: 0x1D7CE + n for n in range(10)}


def _among(value: str, sign: str, chance: Random) -> str:
    """A sign that nobody sees between some of the letters and digits, at least once."""
    places = [at for at in range(1, len(value)) if value[at - 1].isalnum() and value[at].isalnum()]
    chosen = set(chance.sample(places, min(len(places), 3)))
    return "".join((sign if at in chosen else "") + letter for at, letter in enumerate(value))


SPELLINGS: Mapping[str, Callable[[str, Random], str]] = MappingProxyType({
    "as usual": lambda value, _: value,
    "fullwidth": lambda value, _: value.translate(_WIDE),
    "zero-width space inside": lambda value, chance: _among(value, "\u200b", chance),
    "soft hyphen inside": lambda value, chance: _among(value, "\u00ad", chance),
    "right-to-left marks around": lambda value, _: f"\u202e{value}\u202c",
    "bold digits": lambda value, _: value.translate(_BOLD_DIGITS),
    "no-break spaces": lambda value, _: value.replace(" ", "\u00a0"),
    "upper case": lambda value, _: value.upper(),
})
EXACT = ("as usual", "zero-width space inside", "right-to-left marks around")  # for passwords and keys, whose letters matter

WRAPPINGS: Mapping[str, Callable[[str, str], str]] = MappingProxyType({  # of a sentence and the value in it
    "in a sentence": lambda sentence, _: sentence,
    "in a longer text": lambda sentence, _: f"Hello, I ordered two lamps in May and one is broken. {sentence} Order 8841-220 was $49.99, thanks.",
    "in JSON": lambda sentence, _: json.dumps({"comment": sentence, "items": 2}, ensure_ascii=False),
    "in HTML": lambda sentence, value: "<p>" + escape(sentence, quote=False).replace(escape(value, quote=False), f"<b>{escape(value, quote=False)}</b>") + "</p>",
    "on a line of its own": lambda sentence, value: sentence.replace(value, f"\n{value}\n"),
    "in brackets": lambda sentence, value: sentence.replace(value, f"({value})"),
})
