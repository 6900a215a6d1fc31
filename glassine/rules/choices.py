"""Reads what a customer picks from a choice that was offered: a number, an ordinal, a yes, a no, or the title. It offers nothing itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ORDINALS = (
    "first erste ersten erster erstes premier première primero primera primer eerste primeiro primeira primo prima 1st",
    "second zweite zweiten zweiter zweites deuxième segundo segunda tweede secondo seconda 2nd",
    "third dritte dritten dritter drittes troisième tercero tercera tercer derde terceiro terceira terzo terza 3rd",
)
_NUMBERED = {word: number for number, line in enumerate(_ORDINALS) for word in line.split()}
_FILLING = (
    "the one number no nr option answer please i mean take question that this is",
    "die der das nummer bitte ich meine le la l numéro el lo número de het o a il numero por favor s'il vous plaît graag per favore",
)
_AROUND = frozenset(word for line in _FILLING for word in line.split())
_YES = frozenset({
    "yes", "yes please", "yeah", "yep", "yup", "sure", "ok", "okay", "exactly", "that one", "this one", "yes that one", "yes this one", "that's it", "ja", "ja bitte",
    "genau", "jawohl", "oui", "exactement", "sí", "si", "sim", "ja graag", "sì", "esatto", "exacto", "exato",
})  # fmt: skip
_NO = frozenset({
    "no", "nope", "no thanks", "none", "neither", "none of these", "none of them", "none of those", "no none of these", "not these", "something else", "nein", "keine",
    "keins", "keines davon", "keins davon", "nichts davon", "etwas anderes", "non", "aucun", "aucune", "aucun des deux", "autre chose", "ninguno", "ninguna", "ninguno de estos",
    "otra cosa", "nee", "geen", "geen van deze", "iets anders", "não", "nenhum", "nenhuma", "nenhum destes", "outra coisa", "nessuno", "nessuna", "nessuno di questi", "altro",
})  # fmt: skip


def picked(message: str, offered: Sequence[str]) -> str | None:
    """The title that a message picks out of those offered, None when it says something else. A bare yes picks the only one."""
    plain = _plain(message)
    same = next((title for title in offered if _plain(title) == plain), None)
    if same is not None:
        return same
    if plain in _YES:
        return offered[0] if len(offered) == 1 else None
    place = _place(message, plain)
    return offered[place] if place is not None and place < len(offered) else None


def declined(message: str) -> bool:
    """Whether a message says nothing but that none of the choices fits."""
    return _plain(message) in _NO


def _place(message: str, plain: str) -> int | None:
    number = re.fullmatch(r"\D{0,12}([1-9])[.)!]?\s*", message.strip())
    if number:
        return int(number[1]) - 1
    named = {_NUMBERED[word] for word in plain.split() if word in _NUMBERED}
    others = [word for word in plain.split() if word not in _NUMBERED and word not in _AROUND]
    return named.pop() if len(named) == 1 and not others else None


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s'’]+", " ", text.casefold()).split()).replace("’", "'")
