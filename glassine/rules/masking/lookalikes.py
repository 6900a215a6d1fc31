"""Writes letters that pass for Latin ones, such as a Cyrillic а in an e-mail address, as these. Words of other scripts stay as they are."""

from __future__ import annotations

import re

_PAIRS = (
    "АA ВB ЕE ЅS ІI ЈJ КK МM НH ОO РP СC ТT ХX УY аa еe оo рp сc хx уy іi јj ѕs һh ԁd ԛq ԝw ԍg ӏl ѵv ѡw кk мm тt вb нh Ӏl ҮY үy "  # Cyrillic
    "ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX οo αa νv ρp υu ιi κk ϲc ϳj τt ηn ωw χx εe "  # Greek
    "օo սu հh ցg ոn եe ռn ѐe ѝn ƽs ɡg ɑa ɩi ɪi ʏy ᴏo ᴄc ᴠv ᴡw ᴢz ᴀa ᴇe ᴍm ᴋk ᴘp ᴛt ᴜu ɴn ʀr ʟl ʙb ɢg ʜh "  # Armenian, phonetic
    "ⲟo ⲣp ⲥc Ꭺa Ꭼe Ꮋh Ꮇm Ꭲt Ꮃw Ꮪs Ꮯc Ꮲp Ꮶk Ꭱr Ꮤw "  # Coptic, Cherokee
)
_LATIN = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}
_OTHER = "".join(map(chr, _LATIN))
_SEEN = re.compile(f"[{_OTHER}]")
_WORD = re.compile(rf"[^\W_]*[{_OTHER}][^\W_]*")
_READABLE = re.compile(rf"[A-Za-z0-9{_OTHER}]+")
_LATIN_OR_DIGIT = re.compile(r"[A-Za-z0-9]")
_BESIDE = frozenset("@._-/:")


def in_latin(text: str) -> str:
    """`text` at the same length; a word changes when it reads as Latin altogether and mixes scripts, or stands in an address or a path with Latin parts."""
    if text.isascii() or not _SEEN.search(text):
        return text
    return _WORD.sub(lambda match: match.group().translate(_LATIN) if _passes_for_latin(match) else match.group(), text)


def _passes_for_latin(match: re.Match[str]) -> bool:
    word, text = match.group(), match.string
    if not _READABLE.fullmatch(word):
        return False
    if _LATIN_OR_DIGIT.search(word):
        return True
    before, after = text[max(0, match.start() - 2) : match.start()], text[match.end() : match.end() + 2]
    return bool((before and before[-1] in _BESIDE and _LATIN_OR_DIGIT.search(before)) or (after and after[0] in _BESIDE and _LATIN_OR_DIGIT.search(after)))
