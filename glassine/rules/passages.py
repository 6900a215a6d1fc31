"""Cuts articles into passages and sentences, and texts into the terms that lexical search compares. Pure; it embeds and stores nothing.

A passage is what one heading covers, or a part of it that fits the embedding model; code stays with the prose that explains it.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain

import Stemmer

from glassine.rules.markdown import Block, blocks
from glassine.rules.stop_words import STOP_WORDS
from glassine.words.knowledge import Chunk

VERSION = 4  # of chunking and terms together: articles cut by another version are indexed again at the next import

_MOST_WORDS = 170  # about 230 of MiniLM's 256 tokens, which leaves room for the heading
_MOST_SENTENCES = 40
PATH = " › "


def chunks(title: str, markdown: str, language: str) -> list[Chunk]:
    """The passages of an article, in order. An article without any text has none."""
    found: list[Chunk] = []
    for heading, section in _sections(title, blocks(markdown)):
        for part in _packed(section):
            text = _joined(part)
            found.append(Chunk(position=len(found), heading=heading, text=text, sentences=tuple(_sentences_of(part, language))))
    return found


def read_as(chunk: Chunk) -> str:
    """A passage as the models and the terms see it: where it stands, then what it says."""
    return f"{chunk.heading}\n{chunk.text}"


def ends(chunk: Chunk) -> list[int]:
    """Where, in `read_as`, the heading ends and each of the sentences. Sentences have lost marks and line breaks, so letters are counted."""
    text = read_as(chunk)
    letters = [place for place, letter in enumerate(text) if letter.isalnum()]
    bare = "".join(text[place] for place in letters)
    found, at = [len(chunk.heading) + 1], sum(letter.isalnum() for letter in chunk.heading)
    for sentence in chunk.sentences:
        wanted = "".join(letter for letter in sentence if letter.isalnum())
        begins = bare.find(wanted, at)
        at = begins + len(wanted) if begins >= 0 else at
        found.append(letters[at - 1] + 1 if begins >= 0 and at else found[-1])
    return found


def _sections(title: str, found: list[Block]) -> Iterator[tuple[str, list[Block]]]:
    """Heading paths with the blocks under each. A first heading that repeats the title adds nothing to the path."""
    path: list[tuple[int, str]] = []
    gathered: list[Block] = []
    for block in found:
        if block.kind != "heading":
            gathered.append(block)
            continue
        if gathered:
            yield _heading(title, path), gathered
            gathered = []
        path = [(level, name) for level, name in path if level < block.level]
        if not (not path and _same(block.text, title)):
            path.append((block.level, block.text))
    if gathered:
        yield _heading(title, path), gathered


def _heading(title: str, path: list[tuple[int, str]]) -> str:
    return PATH.join(" ".join(name.split()) for name in [title, *(name for _, name in path)] if name.strip())[:500]


def _same(one: str, other: str) -> bool:
    return "".join(one.casefold().split()) == "".join(other.casefold().split())


def _packed(section: list[Block]) -> Iterator[list[Block]]:
    """Blocks gathered until a passage is full. A code block or list goes with the paragraph before it when both fit."""
    part: list[Block] = []
    size = 0
    for block in (piece for whole in section for piece in _pieces(whole)):
        words = _size(block.text)
        if part and size + words > _MOST_WORDS:
            carried = [part.pop()] if len(part) > 1 and part[-1].text.rstrip().endswith(":") and block.kind != "paragraph" else []
            yield part
            part, size = carried, sum(_size(lead.text) for lead in carried)
        part.append(block)
        size += words
    if part:
        yield part


def _size(text: str) -> int:
    """About how many words; scripts without spaces and long codes count by characters."""
    return max(len(text.split()), len(text) // 7)


def _pieces(block: Block) -> Iterator[Block]:
    """A block that alone would overfill a passage, cut between sentences, or between lines if it is code, or anywhere if it must be."""
    if _size(block.text) <= _MOST_WORDS:
        yield block
        return
    gathered = ""
    between = "\n" if block.kind == "code" else " "
    units = block.text.split("\n") if block.kind == "code" else sentences(block.text, "en")
    for unit in (piece for whole in units for piece in _hard_cut(whole)):
        if gathered and _size(gathered) + _size(unit) > _MOST_WORDS:
            yield Block(block.kind, gathered)
            gathered = ""
        gathered = f"{gathered}{between}{unit}" if gathered else unit
    if gathered.strip():
        yield Block(block.kind, gathered)


def _hard_cut(text: str) -> Iterator[str]:
    if _size(text) <= _MOST_WORDS:
        yield text
        return
    gathered: list[str] = []
    size = 0
    for word in text.split(" "):
        for start in range(0, max(len(word), 1), _MOST_WORDS * 7):
            piece = word[start : start + _MOST_WORDS * 7]
            if gathered and size + _size(piece) > _MOST_WORDS:
                yield " ".join(gathered)
                gathered, size = [], 0
            gathered.append(piece)
            size += max(1, _size(piece))
    yield " ".join(gathered)


def _joined(part: list[Block]) -> str:
    lines: list[str] = []
    before = ""
    for block in part:
        tight = block.kind == before and block.kind in {"item", "row"}
        if lines and not tight:
            lines.append("")
        lines.append(f"- {block.text}" if block.kind == "item" else _fenced(block.text) if block.kind == "code" else block.text)
        before = block.kind
    return "\n".join(lines)


def _fenced(code: str) -> str:
    """Code between fences that are longer than any inside it."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`{3,}", code)), 3)
    return f"{fence}\n{code}\n{fence}"


def _sentences_of(part: list[Block], language: str) -> list[str]:
    found: list[str] = []
    for block in part:
        if block.kind == "code":
            found.append(" ".join(block.text.split())[:300])
        elif block.kind == "row":
            found.append(block.text.replace("`", ""))
        else:
            found.extend(sentences(block.text.replace("`", ""), language))
    return [sentence for sentence in found if any(letter.isalnum() for letter in sentence)][:_MOST_SENTENCES]


# Begins with the signs themselves, which are quickly looked for, and not with what stands behind them.
_END = re.compile(r"[.!?…。！？｡\n](?:(?<=[.!?…])[\"'”’»)\]]*\s+(?=[\"'“‘«(\[¿¡]*[^\W_])|(?<=[。！？｡])[」』”’)）]*|(?<=\n)\n*)")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ABBREVIATIONS = _words(  # of those that hardly ever end a sentence
    "mr mrs ms dr prof sr jr st vs eg ie e.g i.e cf approx u.s u.k jan feb mar apr jun jul aug sep sept oct nov dec "
    "bzw z.b d.h u.a ca evtl ggf inkl vgl zzgl bspw m.e o.ä s.o s.u env av sra dña p.ej mme mlle sig dott"
)
_BEFORE_NUMBERS = _words("no nos nr núm vol fig p pp pág art abs max min tel ch sec")
_ORDINALS_WITH_DOT = _words("de da nb nn no fi cs hu")


def sentences(text: str, language: str) -> list[str]:
    """Sentences in order, split at final punctuation and line breaks, but not after abbreviations, initials and ordinals (German '3. Mai')."""
    found: list[str] = []
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        if "\n" in match[0] or not _goes_on(text, start, match.start(), end, language):
            found.append(text[start:end])
            start = end
    found.append(text[start:])
    return [" ".join(sentence.split()) for sentence in found if sentence.strip()]


def _goes_on(text: str, start: int, sign: int, end: int, language: str) -> bool:
    follows = text[end : end + 1]
    if text[sign] != ".":
        # Full-width punctuation that nothing closes ends a sentence. After '!' and '?' a small letter goes on: "Yahoo! is".
        return end > sign + 1 and follows.islower()
    before = text[max(start, sign - 23) : sign].strip()
    last = before.rsplit(None, 1)[-1].casefold().strip("\"'“‘«([") if before else ""
    if last in _ABBREVIATIONS or (len(last) == 1 and last.isalpha()) or (last in _BEFORE_NUMBERS and follows.isdigit()):
        return True
    if last.isdigit() and (before == last or (language in _ORDINALS_WITH_DOT and len(last) <= 2)):
        return True
    return follows.islower()


_TOKEN = re.compile(r"[^\W_]+(?:[-_.:/@#+'’&]+[^\W_]+)*(?:\+{1,2}|#)?")
_BETWEEN_TOKENS = "".join(chr(code) if chr(code).isalnum() or chr(code) in "-_.:/@#+'&" else " " for code in range(256)).encode("latin-1")
_QUOTES_AND_DASHES = "–—‘“”„…•"  # that prose has beyond Latin-1, and no token
_PART = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_LONGEST_TERM = 64
_MOST_KNOWN = 20_000  # words of a language whose terms are remembered

_STEMMERS = dict(
    pair.split("=")
    for pair in _words(
        "ar=arabic hy=armenian eu=basque ca=catalan cs=czech da=danish nl=dutch en=english et=estonian fi=finnish fr=french de=german el=greek hi=hindi "
        "hu=hungarian id=indonesian ga=irish it=italian lt=lithuanian ne=nepali nb=norwegian nn=norwegian no=norwegian fa=persian pl=polish "
        "pt=portuguese ro=romanian ru=russian sr=serbian es=spanish sv=swedish ta=tamil tr=turkish yi=yiddish"
    )
)
_of_this_thread = threading.local()


def terms(text: str, language: str) -> list[str]:
    """The terms of a text, in order and with repetitions: case-folded, without stop words, stemmed for the language.

    Codes (`SKU-1234`, `fly.toml`, `E1001`) stay whole besides being split. Chinese, Japanese and Thai, which put no spaces, become pairs of characters.
    Words other than English carry their language (`de:gift`), so that words of two languages never meet by chance; codes and numbers do meet.
    """
    return list(terms_of(tokens(text), language))


def terms_of(read: Iterable[str], language: str) -> Iterator[str]:
    """The terms of tokens, one after the other."""
    return chain.from_iterable(map(_known(language).__getitem__, read))


def tokens(text: str) -> list[str]:
    """What stands between spaces and signs in a text, case-folded: the same tokens have the same terms."""
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    for sign in () if folded.isascii() else _QUOTES_AND_DASHES:
        folded = folded.replace(sign, " ")
    try:
        parted = folded.encode("latin-1").translate(_BETWEEN_TOKENS).decode("latin-1").split()
    except UnicodeEncodeError:
        return _TOKEN.findall(folded)
    found: list[str] = []
    for part in parted:
        if part.isalnum():
            found.append(part)  # as nearly all are; a pattern takes twice as long
        else:
            found += _TOKEN.findall(part)
    return found


class _Known(dict[str, tuple[str, ...]]):
    """The terms of words in one language. Words come again, so each is stemmed once; a dictionary is asked in a quarter of the time of a cache."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __missing__(self, token: str) -> tuple[str, ...]:
        found = tuple(_terms_of(token, self._language))
        if len(token) <= _LONGEST_TERM:
            if len(self) >= _MOST_KNOWN:
                self.clear()
            self[token] = found
        return found


_known = lru_cache(maxsize=100)(_Known)


def _terms_of(token: str, language: str) -> list[str]:
    if token.isalpha() and token.isascii() and len(token) <= _LONGEST_TERM:
        return [] if token in STOP_WORDS.get(language, ()) else [_stemmed(token, language)]
    found: list[str] = []
    parts = _PART.findall(token)
    if len(token) <= _LONGEST_TERM and "'" not in token and token != parts[0]:
        found.append(token)
        if any(letter.isdigit() for letter in token) and (bare := "".join(parts)) not in parts:
            found.append(bare)  # 'SKU1234' is 'SKU-1234'
    for part in parts:
        found.extend(_of_part(part, language))
    return found


def names(text: str, language: str) -> list[str]:
    """What a text in another language may have in common with an English one, names above all: its words but the commonest, as terms of English."""
    if language == "en":
        return []
    tokens = _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))
    kept = [token for token in tokens if token not in STOP_WORDS.get(language, ()) and not _UNSPACED.search(token)]
    return list(dict.fromkeys(term for token in kept for term in terms(token, "en")))


def of_words(words: Sequence[str], language: str) -> list[str]:
    """The terms of many case-folded words of letters only, each once, in a tenth of the time that `terms` takes."""
    stemmer = _stemmer(language)
    if stemmer is None or _UNSPACED.search(" ".join(words)):
        return list(dict.fromkeys(term for word in words for term in _of_part(word, language)))
    stemmed = stemmer.stemWords([word for word in words if word not in STOP_WORDS.get(language, ()) and len(word) <= _LONGEST_TERM])
    return list(dict.fromkeys(stemmed if language == "en" else [f"{language}:{word}" for word in stemmed]))


def _of_part(part: str, language: str) -> Iterator[str]:
    if part in STOP_WORDS.get(language, ()):
        return
    if _UNSPACED.search(part):
        for run in _UNSPACED.findall(part):
            yield from (run[at : at + 2] for at in range(max(1, len(run) - 1)))
        part = _UNSPACED.sub("", part)
    if not part or len(part) > _LONGEST_TERM:
        return
    if any(letter.isdigit() for letter in part):
        yield part
        return
    yield _stemmed(part, language)


def _stemmed(word: str, language: str) -> str:
    stemmer = _stemmer(language)
    stem = word if stemmer is None else stemmer.stemWord(word)
    return stem if language == "en" else f"{language}:{stem}"


def _stemmer(language: str) -> Stemmer.Stemmer | None:
    """Stemmers keep a cache that is not safe to share, so each thread has its own."""
    if language not in _STEMMERS:
        return None
    own: dict[str, Stemmer.Stemmer] = _of_this_thread.__dict__.setdefault("stemmers", {})
    if language not in own:
        own[language] = Stemmer.Stemmer(_STEMMERS[language])
    return own[language]
