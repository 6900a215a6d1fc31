"""Checks a model's answer against what it was shown, and takes it apart into text and sources. Nothing here can be talked into anything.

Whatever fails a check does not reach the customer. What is a fact is found in facts/, what is a promise in promises.py; here they are held against
the passages that a sentence cites, the answers of actions and, where a name is all there is to it, the customer's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from glassine.rules import answered_links, claims, promises, prompt
from glassine.rules.facts import Fact, Given, Kind, backs, given, stated
from glassine.rules.markdown import slug
from glassine.rules.passages import PATH
from glassine.rules.small_talk import small_talk
from glassine.words.knowledge import EVERYBODY, Hit, Viewer
from glassine.words.turns import Reason, Reply, Source

_MOST_CHARACTERS = 4_000  # several times what the prompt allows: a longer answer has lost its way
_MOST_OF_A_QUESTION = 300
_MOST_FINDINGS = 8  # that are told of one answer

_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)  # some local models think aloud first
_HANDOFF = re.compile(r"^[\s>*_`\"']*HANDOFF\b[*_`\"']*\s*[:\-–—]?\s*(.*)", re.MULTILINE)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_CITATION = re.compile(r"[\[【]\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*(?:(?::\d{1,3})?†[^\[\]【】\n]{0,80})?[\]】](?!\()")  # some models write 【1】, or 【1†source】
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINKS = re.compile(r"\]\([^)\s]*\)|https?://\S+|\S+@\S+|\[[A-Z_]+_\d+\]")
_LOOSE = re.compile(r"[ \t]+([.,;:!?])(?=\s|$)")
_LOOSE_SIGN = re.compile(r"[.,;:!?](?<=[ \t].)")  # begins with the sign, which is quickly looked for
_LIST_NUMBER = re.compile(r"^([ \t]*)(\d{1,2})([.)][ \t])", re.MULTILINE)
_OUR_MARKERS = re.compile(r"</?\s*(?:conversation|said|page|passages?|message|attachments|scenarios?|guidance|calls?|answer|findings)\b", re.IGNORECASE)
_PICTURES = re.compile(r"!\[|<\s*(?:img|picture|svg|video|audio|iframe|object|embed|script|style|link|meta|form)\b", re.IGNORECASE)

# What a finding says of a sort of fact. What it means for the customer is the same for all: it is not sent.
_SAYS: dict[str, str] = {
    Kind.PLACEHOLDER: "The placeholder {} stands for nobody: it is in no cited passage and not in the customer's words.",
    Kind.LINK: "The link {} is in no cited passage.",
    Kind.EMAIL: "The e-mail address {} is in no cited passage.",
    Kind.PHONE: "The telephone number {} is in no cited passage.",
    Kind.QUOTE: "No cited passage has the words {}.",
    Kind.CODE: "The code {} is in no cited passage and not in the customer's words.",
    Kind.DATE: "No cited passage gives the date {}.",
    Kind.TIME: "No cited passage gives the time {}.",
    Kind.AMOUNT: "No cited passage gives the amount {}.",
    Kind.PERCENT: "No cited passage gives the percentage {}.",
    Kind.NUMBER: "No cited passage gives the number {}.",
    "promise": "It promises “{}”, which no cited passage and no action backs.",
    "citation": "It cites passage {}, and there is none such.",
    "picture": "It holds a picture or a part of a page.",
    "form": "{}",
    "uncited": "It cites no passage.",
    "claim": "No cited passage says this: “{}”.",
    "language": "It is in another language than the customer's, which is {}.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in an answer that nothing backs. `elsewhere`: the passage that has it, where the sentence cites another one."""

    kind: str
    text: str = ""
    elsewhere: int = 0

    @property
    def says(self) -> str:
        """The finding as a sentence, for inspect and for the model that is asked once more."""
        says = _SAYS[self.kind].format(self.text)
        return f"{says} Passage {self.elsewhere} has it, and is not cited there." if self.elsewhere else says


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounded:
    """What became of an answer. `reply` is None when it must not be sent; `used` are the ids of cited passages, `notes` for inspect only."""

    reply: Reply | None
    reasons: tuple[Reason, ...]
    used: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of an answer as the customer reads it, and the numbers of the passages that it cites."""

    text: str
    cited: tuple[int, ...]


def ground(
    answer: str, hits: Sequence[Hit], *, message: str, earlier: str = "", viewer: Viewer = EVERYBODY, language: str | None = None, tools: Sequence[str] = (),
    promised: Sequence[str] = promises.DEFAULT, least: float = claims.LEAST,
) -> Grounded:
    """Judges an answer to `message` in a language. `hits` are those the prompt was built from, `earlier` what else the customer has said, `tools` what
    settled actions answered, `promised` the organisation's list of words that promise something, and `least` how much of a sentence is backed; all masked."""
    text = _spoken(answer).strip()
    given_up = _HANDOFF.search(text) if "HANDOFF" in text else None
    if given_up:
        return Grounded(reply=None, reasons=(Reason.INSUFFICIENT_KNOWLEDGE,), notes=(f"The model gave up: {given_up[1].strip()[:200]}",))
    if not text or len(text) > _MOST_CHARACTERS or _OUR_MARKERS.search(text):
        return _rejected([Finding(kind="form", text="The answer is empty, far too long, or repeats the prompt.")])
    shown = prompt.shown(hits, viewer)
    cited = _cited(text)
    plain = _rendered(text)
    found = [Finding(kind="citation", text=str(number)) for number in cited if not 1 <= number <= len(shown)]
    if not plain:
        found.append(Finding(kind="form", text="Nothing is left without its citations."))
    if not found:
        found = unfounded(segments(text), shown, [message, earlier], tools=tools, language=language, promised=promised, least=least)
    if found:
        return _rejected(found)
    if not cited and tools:
        answered = Reply(text=plain, reasons=(Reason.ACTION_ANSWERED,))
        return Grounded(reply=answered, reasons=answered.reasons)
    if not cited:
        return _without_source(plain, message)
    used = [shown[number - 1] for number in cited]
    reply = Reply(text=plain, reasons=(Reason.ANSWERED_FROM_KNOWLEDGE,), sources=sources(hit for hit in used if prompt.SCENARIO not in hit.scores), resolves=True)
    return Grounded(reply=reply, reasons=reply.reasons, used=tuple(str(hit.passage) for hit in used))


def _spoken(answer: str) -> str:
    """An answer without what a model thinks aloud first."""
    thought = _THOUGHT.match(answer) if "<think>" in answer else None
    return answer[thought.end() :] if thought else answer


def unfounded(
    parts: Sequence[Segment], shown: Sequence[Hit], said: Sequence[str], *, tools: Sequence[str] = (), language: str | None = None, promised: Sequence[str] = promises.DEFAULT,
    least: float = claims.LEAST,
) -> list[Finding]:
    """What in the parts of an answer nothing backs: facts that stand neither in the passages they cite nor in an action's answer, pictures, promises."""
    found = [Finding(kind="picture") for part in parts if ("<" in part.text or "[" in part.text) and _PICTURES.search(_without_code(part.text))]
    texts = [_whole(hit) for hit in shown]
    answered = [answered_links.without(text) for text in tools]
    used = sorted({number for part in parts for number in part.cited})

    def has(number: int) -> Given:
        return given(texts[number - 1], shown[number - 1].language)

    for part in parts:
        for fact in stated(part.text, language):
            if fact.needs and not _backed(fact, chain(map(has, part.cited or used), (given(text, None, loose=True) for text in answered)), said):
                elsewhere = next((number for number in used if backs(has(number), fact.needs)), 0)
                found.append(Finding(kind=fact.kind, text=fact.text, elsewhere=elsewhere))
    backing = [*(texts[number - 1] for number in used), *tools]
    found += (Finding(kind="promise", text=word) for word in promises.unbacked("\n".join(part.text for part in parts), backing, promised, asked=" ".join(said)))
    found += (Finding(kind="claim", text=claim.text[:120]) for part in parts for claim in _unbacked(part, used, shown, tools, language, least))
    return list(dict.fromkeys(found))[:_MOST_FINDINGS]


def least_backed(answer: str, hits: Sequence[Hit], *, viewer: Viewer = EVERYBODY, language: str | None = None) -> float | None:
    """How much of the least backed sentence of an answer stands in what it cites; None where no sentence is scored."""
    text, shown = _spoken(answer).strip(), prompt.shown(hits, viewer)
    parts = segments(text)
    used = sorted({number for part in parts for number in part.cited if 1 <= number <= len(shown)})
    if any(number not in used for part in parts for number in part.cited):
        return None
    scored = (claims.claims(part.text, _scoring(part, used, shown, (), language), language or "") for part in parts)
    return min((claim.backed for each in scored for claim in each), default=None)


def _unbacked(part: Segment, used: Sequence[int], shown: Sequence[Hit], tools: Sequence[str], language: str | None, least: float) -> Iterator[claims.Claim]:
    return claims.unbacked(part.text, _scoring(part, used, shown, tools, language), language or "", least)


def _scoring(part: Segment, used: Sequence[int], shown: Sequence[Hit], tools: Sequence[str], language: str | None) -> list[tuple[str, str]]:
    """What the sentences of a part are scored against; nothing where it may rest on an action's answer, or on a scenario, whose language is not known."""
    cited = [shown[number - 1] for number in part.cited or used]
    if language is None or (tools and not part.cited) or any(prompt.SCENARIO in hit.scores for hit in cited):
        return []
    return [(_whole(hit), hit.language) for hit in cited]


def _backed(fact: Fact, sources: Iterable[Given], said: Sequence[str]) -> bool:
    """Whether one of the sources has a fact, or what the customer said names it. They are read one after the other, for the first mostly has it."""
    return any(backs(source, fact.needs) for source in sources) or (bool(fact.from_customer) and any(backs(given(text), fact.from_customer) for text in said if text))


def _whole(hit: Hit) -> str:
    return "\n".join((hit.title, hit.heading, hit.text, hit.url or ""))


def segments(text: str) -> list[Segment]:
    """An answer cut where it cites: what stands before a citation is said of it. Where a line begins with one, what follows is; a line without any may rest on all."""
    found: list[Segment] = []
    for line in _lines(text):
        cuts = list(_citations(_CODE.sub(lambda code: " " * len(code[0]), line) if "`" in line else line))
        if cuts and found and not any(letter.isalnum() for letter in _without_citations(line)):
            # Below a paragraph, or behind the end of code: what cites nothing itself may rest on these too.
            found.append(Segment(text="", cited=tuple(number for _, _, numbers in cuts for number in numbers)))
            continue
        at, before = 0, tuple[int, ...]()
        leads = bool(cuts) and not any(letter.isalnum() for letter in _LIST_NUMBER.sub("", line[: cuts[0][0]]))
        for start, end, numbers in cuts:
            part = line[at:start]
            if found and not any(letter.isalnum() for letter in part) and at:
                before = (*before, *numbers)
                if not leads:
                    found[-1] = Segment(text=found[-1].text, cited=before)
            else:
                if part.strip():
                    found.append(Segment(text=_rendered(part), cited=before if leads else numbers))
                before = numbers
            at = end
        if line[at:].strip():
            found.append(Segment(text=_rendered(line[at:]), cited=before))
    return found


def prose(answer: str) -> str:
    """The words of an answer that are of a language: without what a model thinks first, code, links and citations."""
    return _LINKS.sub("", _tidy(_without_code(_spoken(answer)))).strip()


def _lines(text: str) -> Iterator[str]:
    """Its lines, but code from fence to fence is one; without the numbers of a list that counts on from one."""
    lines = text.split("\n")
    if count := sum(_LIST_NUMBER.match(line) is not None for line in lines):
        text = "\n".join(_LIST_NUMBER.sub(lambda number: number[1] + " " * len(number[2]) + "  " if 1 <= int(number[2]) <= count else number[0], line) for line in lines)
    at = 0
    for code in re.finditer(r"```.*?(?:```|\Z)", text, re.DOTALL):
        yield from text[at : code.start()].split("\n")
        yield code[0]
        at = code.end()
    yield from text[at:].split("\n")


def sources(hits: Iterable[Hit]) -> tuple[Source, ...]:
    """What an answer cites: one source per section of an article, in the order of the hits."""
    found: dict[tuple[str, str], Source] = {}
    for hit in hits:
        path = hit.heading.split(PATH)
        section = slug(path[-1]) if len(path) > 1 else ""
        title = hit.title if len(path) < 2 else f"{hit.title}{PATH}{path[-1]}"
        found.setdefault((str(hit.article), section), Source(title=title, url=hit.url, article=str(hit.article), section=section, audience=hit.audience))
    return tuple(found.values())


def _rejected(found: Sequence[Finding]) -> Grounded:
    return Grounded(reply=None, reasons=(Reason.NOT_GROUNDED,), notes=tuple(finding.says for finding in found), findings=tuple(found))


def _without_source(plain: str, message: str) -> Grounded:
    """Without a citation only a greeting in return or one short question back is let through."""
    if len(plain) <= _MOST_OF_A_QUESTION and small_talk(message):
        reason = Reason.GREETING
    elif len(plain) <= _MOST_OF_A_QUESTION and plain.endswith(("?", "？", "؟")) and "\n" not in plain:
        reason = Reason.DID_YOU_MEAN
    else:
        return _rejected([Finding(kind="uncited")])
    return Grounded(reply=Reply(text=plain, reasons=(reason,)), reasons=(reason,))


def _cited(text: str) -> list[int]:
    """The passage numbers in an answer, each once, in order. Brackets in code are not citations."""
    return list(dict.fromkeys(number for _, _, numbers in _citations(_without_code(text)) for number in numbers))


def _citations(text: str) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Where citations begin, with the blanks before them, where they end, and their numbers. Brackets are quickly looked for, and blanks are not."""
    end = 0
    for match in _bracketed(text):
        start = match.start()
        while start > end and text[start - 1] in " \t":
            start -= 1
        end = match.end()
        yield start, end, tuple(int(number) for number in re.findall(r"\d+", match[1]))


def _bracketed(text: str) -> Iterator[re.Match[str]]:
    """What the pattern finds; the brackets of nearly all models are found faster than by a pattern."""
    if "【" in text:
        yield from _CITATION.finditer(text)
        return
    at = text.find("[")
    while at >= 0:
        match = _CITATION.match(text, at)
        if match:
            yield match
        at = text.find("[", match.end() if match else at + 1)


def _without_code(text: str) -> str:
    return _CODE.sub("", text) if "`" in text else text


def _rendered(text: str) -> str:
    """The answer as the customer reads it: without citations and images; code is left alone."""
    pieces: list[str] = []
    at = 0
    for code in _CODE.finditer(text):
        pieces += [_tidy(text[at : code.start()]), code[0]]
        at = code.end()
    pieces.append(_tidy(text[at:]))
    whole = "".join(pieces)
    return (re.sub(r"\n{3,}", "\n\n", whole) if "\n\n\n" in whole else whole).strip()


def _tidy(prose: str) -> str:
    if "[" in prose or "【" in prose:
        prose = _IMAGE.sub(r"\1", _without_citations(prose))
    return _LOOSE.sub(r"\1", prose) if _LOOSE_SIGN.search(prose) else prose


def _without_citations(prose: str) -> str:
    kept, at = list[str](), 0
    for start, end, _ in _citations(prose):
        kept.append(prose[at:start])
        at = end
    return "".join((*kept, prose[at:]))
