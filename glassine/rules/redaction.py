"""Turns personal values into placeholders and back. The only place that handles raw text; it reads and writes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from glassine.rules.masking.announced import announced, words_of
from glassine.rules.masking.births import births
from glassine.rules.masking.cards import cards, ibans
from glassine.rules.masking.custom import custom
from glassine.rules.masking.disguises import reversed_writing, undisguised
from glassine.rules.masking.keys import key
from glassine.rules.masking.known import known as known_values
from glassine.rules.masking.national_ids import national_ids
from glassine.rules.masking.overlaps import SOFT, settle
from glassine.rules.masking.patterns import addresses_of_machines, credentials, emails
from glassine.rules.masking.phones import phones
from glassine.rules.masking.plain import FILL, Plain, even, even_fold, plain
from glassine.rules.masking.plates import plates
from glassine.rules.masking.positions import coordinates, macs
from glassine.rules.masking.postcodes import postcodes
from glassine.rules.masking.secrets import secrets
from glassine.words.privacy import CustomPattern, Known, PiiType, Policy, Redacted, Span, Token, Treatment

_KINDS = "|".join(kind.value.upper() for kind in PiiType)
PLACEHOLDER = re.compile(rf"\[({_KINDS})(?:_([1-9][0-9]{{0,5}}))?\]")  # without a number: masked for good
_LITERAL = re.compile(rf"\[(\\*)((?:{_KINDS})(?:_[1-9][0-9]{{0,5}})?)\]")  # with any number of escapes
_WORD = re.compile(r"[^\W_]+")
_DIGIT = re.compile("[0-9]")
_BARE = 0.75  # how sure of a telephone number that nothing but its digits shows
_FILLER = " "  # nothing to read is quicker than something meaningless, and misleads less


def redact(text: str, policy: Policy, known: Known, spans: Sequence[Span]) -> Redacted:
    """Masks what patterns, validators, known values and `spans` (of the names model, in offsets of `text`) find.

    A value keeps the placeholder it has in `known.tokens`; a new one gets the next number of its kind; one that the policy masks for good
    gets no number, and stands neither in the tokens nor in the original. What a customer typed that looks like a placeholder is escaped with
    a backslash, which `restore` takes off again.
    """
    guesses = [span for span in spans if not _own(text[span.start : span.end], span, policy)]
    findings = tuple(find(text, policy, known, guesses))
    names = _Numbering(known.tokens, policy.regions)
    pieces: list[str] = []
    original = _Original(text)
    tokens: dict[str, Token] = {}
    at = 0
    for span in findings:
        if span.treatment is Treatment.MASK:
            placeholder = f"[{span.type.value.upper()}]"
            original.replace(span, placeholder)
        else:
            token = names.token(span.type, text[span.start : span.end])
            tokens.setdefault(token.placeholder, token)
            placeholder = token.placeholder
        pieces += [escape(text[at : span.start]), placeholder]
        at = span.end
    pieces.append(escape(text[at:]))
    return Redacted(text="".join(pieces), tokens=tuple(tokens.values()), findings=findings, original=original.text(), gone=tuple(original.gone))


def cover(text: str, policy: Policy, published: str) -> str:
    """A machine's words as they may be kept: what shows by its form becomes its kind, without a number, for nobody is to look it up. What stands
    in `published` word for word is nobody's secret and stays, and so do placeholders."""
    pieces: list[str] = []
    at = 0
    for span in find(text, policy, Known(), ()):
        if text[span.start : span.end] not in published:
            pieces += [text[at : span.start], f"[{span.type.value.upper()}]"]
            at = span.end
    return "".join([*pieces, text[at:]])


class _Original:
    """A text with the stretches replaced that are masked for good, and where their placeholders stand in it."""

    def __init__(self, text: str) -> None:
        self.gone: list[Span] = []
        self._text, self._at, self._pieces, self._length = text, 0, list[str](), 0

    def replace(self, span: Span, placeholder: str) -> None:
        before = self._text[self._at : span.start]
        self._pieces += [before, placeholder]
        self._at, self._length = span.end, self._length + len(before) + len(placeholder)
        self.gone.append(replace(span, start=self._length - len(placeholder), end=self._length))

    def text(self) -> str:
        return "".join([*self._pieces, self._text[self._at :]])


def _own(words: str, span: Span, policy: Policy) -> bool:
    """Whether a guessed name is made of the organisation's own words. What the contact is known by is masked all the same."""
    return bool(policy.own_words) and span.type is PiiType.NAME and set(_WORD.findall(words.lower())) <= policy.own_words


def find(text: str, policy: Policy, known: Known, spans: Sequence[Span]) -> list[Span]:
    """All findings in offsets of `text`, in order, without overlap, each with its treatment. What the policy keeps is none."""
    literals = [match.span() for match in _LITERAL.finditer(text)] if "[" in text else []
    blanked = _blanked(text, literals, FILL)
    written = plain(blanked)
    folded, words = _folded(written.text)
    earlier = [(kind, raw) for placeholder, raw in known.tokens.items() if (kind := _kind(placeholder))]
    found = [*custom(written.text, policy.patterns), *by_form(written.text, folded, words, policy), *postcodes(written.text, policy.regions)]
    if known.values or earlier:
        found += known_values(written.text, known.values, earlier, policy.regions)
    found += _behind_disguises(written.text, folded, words, policy, known.values, earlier)
    if written.starts is not None:
        found = [_placed(span, written) for span in found]
    if reversed_ := reversed_writing(even(blanked)) if "\u202e" in blanked else None:
        found += [_mirrored(span, reversed_) for span in by_form(reversed_.text, *_folded(reversed_.text), policy)]
    found += [span for span in spans if not any(start < span.end and span.start < end for start, end in literals)]
    found = _treated(found, policy)
    if known.gone:
        return sorted([*settle(blanked, found), *known.gone], key=lambda span: span.start)
    return settle(blanked, found) if found else []


def by_pattern(text: str, patterns: tuple[CustomPattern, ...]) -> list[Span]:
    """Where an organisation's own patterns match in a text, raw or masked, in order and without overlap. Nothing else is looked for."""
    literals = [match.span() for match in _LITERAL.finditer(text)] if "[" in text else []
    blanked = _blanked(text, literals, FILL)
    written = plain(blanked)
    found = [replace(span, start=start, end=end) for span in custom(written.text, patterns) for start, end in [written.raw(span.start, span.end)]]
    return settle(blanked, found)


def _treated(found: Sequence[Span], policy: Policy) -> list[Span]:
    """With the treatment of each that is not the usual one, without what is kept, and without a name or address inside of that: a kept e-mail
    address stays whole."""
    treated = [span if (wanted := policy.treatment(span)) in (span.treatment, Treatment.PSEUDONYM) else replace(span, treatment=wanted) for span in found]
    kept = [span for span in treated if span.treatment is Treatment.KEEP]
    if not kept:
        return treated
    return [
        span for span in treated
        if span.treatment is not Treatment.KEEP and not (span.type in SOFT and any(whole.start <= span.start and span.end <= whole.end for whole in kept))
    ]


def known_in(text: str, policy: Policy, known: Known) -> list[Span]:
    """Where known values stand, and nothing else: for texts that were looked through for everything else before."""
    earlier = [(kind, raw) for placeholder, raw in known.tokens.items() if (kind := _kind(placeholder))]
    if not known.values and not earlier:
        return []
    blanked = _blanked(text, [match.span() for match in _LITERAL.finditer(text)] if "[" in text else [], FILL)
    written = plain(blanked)
    found = known_values(written.text, known.values, earlier, policy.regions)
    raw = [replace(span, start=start, end=end) for span in found for start, end in [written.raw(span.start, span.end)]]
    return settle(blanked, _treated(raw, policy))


def masked_again(text: str, policy: Policy, known: Known) -> str:
    """A masked text without the known values that were learnt after it was written. A part of one becomes its type, without a number."""
    names = _Numbering(known.tokens, policy.regions)
    pieces, at = list[str](), 0
    for span in known_in(text, policy, known):
        pieces += [text[at : span.start], names.given(span.type, text[span.start : span.end]) or f"[{span.type.value.upper()}]"]
        at = span.end
    return "".join([*pieces, text[at:]])


def alike(kind: PiiType, raw: str, regions: tuple[str, ...]) -> str:
    """Equal for two spellings of one value."""
    return key(kind, raw, regions)


def _folded(text: str) -> tuple[str, frozenset[str]]:
    """A text without case and accents, and its words: what every finder asks for first."""
    folded = even_fold(text)
    return folded, words_of(folded)


def by_form(text: str, folded: str, words: frozenset[str], policy: Policy) -> Iterator[Span]:
    """What a plainly written text shows by form alone; each finder sees only what the ones before it left."""
    numbered = _DIGIT.search(text) is not None or "bic" in folded or "swift" in folded
    for finder in _FINDERS if numbered else _FINDERS[:_NEED_NO_DIGITS]:
        found = list(finder(text, folded, words, policy.regions))
        if found:
            yield from found
            stretches = [(span.start, span.end) for span in found]
            text, folded = _blanked(text, stretches, FILL), _blanked(folded, stretches, FILL)


# A text, the same without case and accents, the words in it, and the regions.
_Finder = Callable[[str, str, frozenset[str], tuple[str, ...]], Iterable[Span]]
_FINDERS: tuple[_Finder, ...] = (
    lambda text, *_: credentials(text),
    lambda text, folded, *_: secrets(text, folded),
    lambda text, folded, *_: emails(text, folded),
    lambda text, *_: ibans(text),
    lambda text, folded, *_: macs(text, folded),
    lambda text, *_: coordinates(text),
    lambda text, *_: cards(text),
    lambda text, *_: addresses_of_machines(text),
    lambda text, folded, *_: births(text, folded),
    announced,
    lambda text, *_: national_ids(text),
    plates,
    lambda text, _, __, regions: phones(text, regions),
)
_NEED_NO_DIGITS = 5


def _behind_disguises(text: str, folded: str, words: frozenset[str], policy: Policy, own: Sequence[tuple[PiiType, str]], earlier: Sequence[tuple[PiiType, str]]) -> Iterator[Span]:
    """What shows only when words for digits, broken lines, false digits and markup are undone, in offsets of `text`."""
    clear = undisguised(text, folded, words)
    if clear is None:
        return
    found = [*by_form(clear.text, *_folded(clear.text), policy), *(known_values(clear.text, own, earlier, policy.regions) if own or earlier else ())]
    for span in found:
        placed = _placed(span, clear)
        parted = ">" in text[max(0, placed.start - 3) : placed.start]  # markup stood between it and the word that announces it
        changed = parted or text[placed.start : placed.end] != clear.text[span.start : span.end]
        if changed and FILL not in clear.text[span.start : span.end] and (span.type is not PiiType.PHONE or span.score > _BARE or "\n" not in text[placed.start : placed.end]):
            yield placed


def _placed(span: Span, written: Plain) -> Span:
    start, end = written.raw(span.start, span.end)
    return replace(span, start=start, end=end)


def _mirrored(span: Span, written: Plain) -> Span:
    """The stretch that a finding in reversed writing takes, from its last character to its first."""
    places = written.starts[span.start : span.end] if written.starts else range(span.start, span.end)
    return replace(span, start=min(places), end=max(places) + 1)


def before_names(text: str, policy: Policy) -> str:
    """What the names model is given: `text` at the same offsets, plainly written, with what has a form of its own blotted out."""
    literals = [match.span() for match in _LITERAL.finditer(text)] if "[" in text else []
    written = plain(_blanked(text, literals, FILL))
    taken = [written.raw(span.start, span.end) for span in [*custom(written.text, policy.patterns), *by_form(written.text, *_folded(written.text), policy)]]
    return _blanked(even(text), [*literals, *taken], _FILLER)


def restore(text: str, tokens: Mapping[str, str]) -> str:
    """Puts raw values back for the placeholders in `tokens`, once over the text; others stay, and escapes are taken off."""
    return _LITERAL.sub(lambda match: f"[{match[1][1:]}{match[2]}]" if match[1] else tokens.get(match[0], match[0]), text)


def escape(text: str) -> str:
    """Marks what looks like a placeholder and is none, so that `restore` gives it back as it was. For every text that joins masked ones."""
    return _LITERAL.sub(r"[\\\1\2]", text) if "[" in text else text


def _kind(placeholder: str) -> PiiType | None:
    match = PLACEHOLDER.fullmatch(placeholder)
    return PiiType(match[1].lower()) if match and match[2] else None


def _blanked(text: str, stretches: Sequence[tuple[int, int]], fill: str) -> str:
    """The text with every stretch overwritten; its length stays."""
    if not stretches:
        return text
    pieces: list[str] = []
    at = 0
    for start, end in sorted(stretches):
        if end > at:
            start = max(start, at)
            pieces += [text[at:start], fill * (end - start)]
            at = end
    return "".join([*pieces, text[at:]])


class _Numbering:
    """Gives placeholders: the one a value has already, or the next of its kind."""

    def __init__(self, given: Mapping[str, str], regions: tuple[str, ...]) -> None:
        self._regions = regions
        self._given: dict[tuple[PiiType, str], tuple[str, str]] = {}
        self._last: dict[PiiType, int] = {}
        self._written: dict[tuple[PiiType, str], Token] = {}  # a value that a text repeats is looked up once
        for placeholder, raw in given.items():
            if kind := _kind(placeholder):
                self._given.setdefault((kind, key(kind, raw, regions)), (placeholder, raw))
                self._last[kind] = max(self._last.get(kind, 0), int(placeholder[placeholder.rindex("_") + 1 : -1]))

    def given(self, kind: PiiType, raw: str) -> str | None:
        """The placeholder that a value has, if it has one."""
        found = self._given.get((kind, key(kind, raw, self._regions)))
        return found[0] if found else None

    def token(self, kind: PiiType, raw: str) -> Token:
        if (kind, raw) not in self._written:
            self._written[kind, raw] = self._token(kind, raw)
        return self._written[kind, raw]

    def _token(self, kind: PiiType, raw: str) -> Token:
        same = (kind, key(kind, raw, self._regions))
        if same not in self._given:
            self._last[kind] = self._last.get(kind, 0) + 1
            self._given[same] = (f"[{kind.value.upper()}_{self._last[kind]}]", raw)
        placeholder, value = self._given[same]
        return Token(placeholder=placeholder, type=kind, value=value)
