"""Checks a model's answer against what it was shown, and takes it apart into text and sources. Nothing here can be talked into anything.

Whatever fails a check does not reach the customer. The issue on the AI turn deepens `unfounded`; it stays one pure function.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from glassine.rules import prompt
from glassine.rules.markdown import slug
from glassine.rules.passages import PATH
from glassine.rules.redaction import PLACEHOLDER
from glassine.rules.small_talk import small_talk
from glassine.words.knowledge import EVERYBODY, Hit, Viewer
from glassine.words.turns import Reason, Reply, Source

_MOST_CHARACTERS = 4_000  # several times what the prompt allows: a longer answer has lost its way
_MOST_OF_A_QUESTION = 300

_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)  # some local models think aloud first
_HANDOFF = re.compile(r"^[\s>*_`\"']*HANDOFF\b[*_`\"']*\s*[:\-–—]?\s*(.*)", re.MULTILINE)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_CITATION = re.compile(r"[ \t]*[\[【]\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*[\]】](?!\()")
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_OUR_MARKERS = re.compile(r"</?\s*(?:conversation|said|page|passages?|message|attachments|scenarios?|guidance|calls?|answer|findings)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounded:
    """What became of an answer. `reply` is None when it must not be sent; `used` are the ids of cited passages, `notes` for inspect only."""

    reply: Reply | None
    reasons: tuple[Reason, ...]
    used: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def ground(answer: str, hits: Sequence[Hit], *, message: str, earlier: str = "", viewer: Viewer = EVERYBODY) -> Grounded:
    """Judges an answer to `message`. `hits` are those the prompt was built from, `earlier` what else the customer has said; all masked."""
    text = _THOUGHT.sub("", answer).strip()
    given_up = _HANDOFF.search(text)
    if given_up:
        return Grounded(reply=None, reasons=(Reason.INSUFFICIENT_KNOWLEDGE,), notes=(f"The model gave up: {given_up[1].strip()[:200]}",))
    if not text or len(text) > _MOST_CHARACTERS or _OUR_MARKERS.search(text):
        return _rejected("The answer is empty, far too long, or repeats the prompt.")
    shown = prompt.shown(hits, viewer)
    numbers = _cited(text)
    if any(not 1 <= number <= len(shown) for number in numbers):
        return _rejected(f"It cites passage {max(numbers)} of {len(shown)}.")
    used = [shown[number - 1] for number in numbers]
    plain = _rendered(text)
    found = unfounded(plain, [part for hit in used for part in (hit.title, hit.heading, hit.text, hit.url or "")], [message, earlier])
    if found:
        return _rejected("Not in a cited passage: " + ", ".join(found[:5]))
    if not plain:
        return _rejected("Nothing is left without its citations.")
    if not used:
        return _without_source(plain, message)
    reply = Reply(text=plain, reasons=(Reason.ANSWERED_FROM_KNOWLEDGE,), sources=sources(hit for hit in used if prompt.SCENARIO not in hit.scores), resolves=True)
    return Grounded(reply=reply, reasons=reply.reasons, used=tuple(str(hit.passage) for hit in used))


def sources(hits: Iterable[Hit]) -> tuple[Source, ...]:
    """What an answer cites: one source per section of an article, in the order of the hits."""
    found: dict[tuple[str, str], Source] = {}
    for hit in hits:
        path = hit.heading.split(PATH)
        section = slug(path[-1]) if len(path) > 1 else ""
        title = hit.title if len(path) < 2 else f"{hit.title}{PATH}{path[-1]}"
        found.setdefault((str(hit.article), section), Source(title=title, url=hit.url, article=str(hit.article), section=section, audience=hit.audience))
    return tuple(found.values())


def _rejected(note: str) -> Grounded:
    return Grounded(reply=None, reasons=(Reason.NOT_GROUNDED,), notes=(note,))


def _without_source(plain: str, message: str) -> Grounded:
    """Without a citation only a greeting in return or one short question back is let through."""
    if len(plain) <= _MOST_OF_A_QUESTION and small_talk(message):
        reason = Reason.GREETING
    elif len(plain) <= _MOST_OF_A_QUESTION and plain.endswith(("?", "？", "؟")) and "\n" not in plain:
        reason = Reason.DID_YOU_MEAN
    else:
        return _rejected("It cites no passage.")
    return Grounded(reply=Reply(text=plain, reasons=(reason,)), reasons=(reason,))


def _cited(text: str) -> list[int]:
    """The passage numbers in an answer, each once, in order. Brackets in code are not citations."""
    found = [int(number) for match in _CITATION.finditer(_CODE.sub("", text)) for number in re.findall(r"\d+", match[1])]
    return list(dict.fromkeys(found))


def _rendered(text: str) -> str:
    """The answer as the customer reads it: without citations and images; code is left alone."""
    pieces: list[str] = []
    at = 0
    for code in _CODE.finditer(text):
        pieces += [_tidy(text[at : code.start()]), code[0]]
        at = code.end()
    pieces.append(_tidy(text[at:]))
    return re.sub(r"\n{3,}", "\n\n", "".join(pieces)).strip()


def _tidy(prose: str) -> str:
    return re.sub(r"[ \t]+([.,;:!?])(?=\s|$)", r"\1", _IMAGE.sub(r"\1", _CITATION.sub("", prose)))


_URL = re.compile(r"(?:https?://|www\.)[^\s<>()\[\]{}\"'`|]+|(?<![\w@.-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s<>()\[\]{}\"'`|]*)?", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"\d+(?:[.,'’\u00a0\u202f]\d+)*")
_LIST_NUMBER = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]+")


def unfounded(reply: str, passages: Iterable[str], said: Iterable[str]) -> list[str]:
    """The addresses, placeholders and numbers of a reply that stand neither in the passages nor in the customer's words, as written. Pure.

    Numbers compare by value: `1,000` is `1000`, and a passage's "five" founds a 5; the numbers of a list's items are not looked at.
    """
    known = " \n ".join([*passages, *said])
    rest, found = reply, []
    for pattern, plain in ((PLACEHOLDER, str), (_URL, _plain_url), (_EMAIL, str.casefold)):
        written = [match[0] for match in pattern.finditer(rest)]
        if written:  # reading the passages for addresses takes milliseconds, and most replies have none
            have = {plain(match[0]) for match in pattern.finditer(known)}
            found += [one for one in written if plain(one) not in have]
            rest = pattern.sub(" ", rest)
    digits = [match[0] for match in _NUMBER.finditer(_LIST_NUMBER.sub(" ", rest))]
    if digits:
        numbers = {value for match in _NUMBER.finditer(known) for value in _values(match[0])} | _spelled(known)
        found += [one for one in digits if not _values(one) & numbers]
    return list(dict.fromkeys(found))


def _plain_url(url: str) -> str:
    """An address without what people leave out: scheme, www, the sign that ends the sentence, a last slash. Upper case counts in its path."""
    bare = re.sub(r"^(?:https?://)?(?:www\.)?", "", url.rstrip(".,;:!?*_…"), flags=re.IGNORECASE)
    host, slash, path = bare.partition("/")
    return (host.lower() + slash + path).rstrip("/")


def _values(number: str) -> set[str]:
    """What a written number can mean. `1.000` may be a thousand or a version; `10.50` is never 1050."""
    plain = re.sub(r"[’\u00a0\u202f]", "'", number)
    parts = re.split(r"[.,']", plain)
    meanings = {plain.replace(",", ".").replace("'", ""), plain}
    if len(parts) > 1 and all(len(part) == 3 for part in parts[1:]) and len(parts[0]) <= 3:
        meanings.add("".join(parts))
    if len(parts) > 2 and all(len(part) == 3 for part in parts[1:-1]) and len(parts[0]) <= 3:
        meanings.add("".join(parts[:-1]) + "." + parts[-1])
    return {meaning.lstrip("0") or "0" for meaning in meanings}


def _spelled(text: str) -> set[str]:
    return {_SPELLED[word] for word in (match[0].casefold() for match in _WORD.finditer(text)) if word in _SPELLED}


_SPELLED = {
    word: str(value)
    for line in (
        "zero one two three four five six seven eight nine ten eleven twelve",
        ". ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "zéro un deux trois quatre cinq six sept huit neuf dix onze douze",
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez . doce",
        "nul één twee drie vier vijf zes zeven acht negen tien elf twaalf",
        "zero um dois três quatro cinco seis sete oito nove dez onze doze",
        "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici",
    )
    for value, word in enumerate(line.split())
}
