"""What content rules find in an article, with the place. Pure; the language model and the links that were followed are asked elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import re2

from glassine.rules.markdown import blocks
from glassine.words.articles import ContentRule, Fault, Fields, RuleKind
from glassine.words.errors import Refused

MOST = 50  # rules of an organisation
_MOST_FAULTS = 20  # of one rule
_SHOWN = 120
_FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,})")
_BARE = re.compile(r"(?<![(<\[\w/.\"'=])https?://[^\s<>)\]]+")
_NUMBERED = {RuleKind.LONGEST_TITLE: (5, 300), RuleKind.LONGEST_DESCRIPTION: (20, 1_000), RuleKind.READING_LEVEL: (3, 18)}
_WORDED = {RuleKind.REQUIRED, RuleKind.FORBIDDEN, RuleKind.PLAIN}


def ready(rule: ContentRule) -> ContentRule:
    """Raises Refused (400) for a rule that cannot be kept: no name, no number where one is needed, a pattern that is none."""
    if not rule.name.strip():
        raise Refused("A rule needs a name.")
    if rule.kind in _WORDED and not rule.value.strip():
        raise Refused("Say what the rule looks for.")
    if rule.kind in _NUMBERED:
        least, most = _NUMBERED[rule.kind]
        if not rule.value.isdigit() or not least <= int(rule.value) <= most:
            raise Refused(f"This rule needs a number from {least} to {most}.")
    if rule.kind in (RuleKind.REQUIRED, RuleKind.FORBIDDEN):
        _pattern(rule.value)
    return rule


def _pattern(value: str) -> re2._Regexp[str]:
    """A phrase as it stands, whatever its case, or what stands between slashes as an RE2 pattern: its time grows with the text alone."""
    written = value[1:-1] if len(value) > 2 and value.startswith("/") and value.endswith("/") else r"\s+".join(map(re2.escape, value.split()))
    options = re2.Options()
    options.case_sensitive, options.log_errors, options.max_mem = False, False, 1 << 22
    try:
        return re2.compile(written, options)
    except re2.error as error:
        raise Refused(f"This pattern is none that RE2 understands: {error}") from None


def faults(fields: Fields, rules: Sequence[ContentRule], broken: Mapping[str, str]) -> list[Fault]:
    """In the order of the rules. `broken`: links of the text that lead nowhere, with the reason."""
    lines = _lines(fields.body)
    found: list[Fault] = []
    for rule in rules:
        found += list(_of(rule, fields, lines, broken))[:_MOST_FAULTS]
    return found


def _lines(body: str) -> list[tuple[int, str, bool]]:
    """Each with its number and whether it is code."""
    told: list[tuple[int, str, bool]] = []
    fence = ""
    for number, line in enumerate(body.split("\n"), 1):
        mark = _FENCED.match(line)
        told.append((number, line, bool(fence or mark)))
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip().strip("`~"):
            fence = ""
    return told


def _of(rule: ContentRule, fields: Fields, lines: Sequence[tuple[int, str, bool]], broken: Mapping[str, str]) -> Iterator[Fault]:
    def fault(words: str, field: str = "body", line: int = 0, quote: str = "") -> Fault:
        return Fault(rule=rule.name, severity=rule.severity, words=f"{rule.name}: {words}", field=field, line=line, quote=quote[:_SHOWN])

    match rule.kind:
        case RuleKind.REQUIRED:
            if not _pattern(rule.value).search(f"{fields.title}\n{fields.body}"):
                yield fault(f"“{rule.value}” is missing.")
        case RuleKind.FORBIDDEN:
            pattern = _pattern(rule.value)
            if said := pattern.search(fields.title):
                yield fault("it stands in the title.", "title", quote=said.group())
            for number, line, _ in lines:
                if said := pattern.search(line):
                    yield fault("it stands in the text.", line=number, quote=said.group())
        case RuleKind.LONGEST_TITLE if len(fields.title) > int(rule.value):
            yield fault(f"the title has {len(fields.title)} characters, and {rule.value} are allowed.", "title")
        case RuleKind.LONGEST_DESCRIPTION if len(fields.description) > int(rule.value):
            yield fault(f"the description has {len(fields.description)} characters, and {rule.value} are allowed.", "description")
        case RuleKind.DESCRIPTION if not fields.description:
            yield fault("there is no description.", "description")
        case RuleKind.HEADINGS:
            yield from (fault(words, line=number, quote=line) for number, line, words in _headings(lines))
        case RuleKind.BARE_LINKS:
            for number, line, code in lines:
                if not code and (said := _BARE.search(re.sub(r"`[^`]*`", "", line))):
                    yield fault("an address stands in the text as it is. Give it words: [words](address).", line=number, quote=said[0])
        case RuleKind.BROKEN_LINKS:
            yield from (fault(f"{reason}", line=_line_of(lines, url), quote=url) for url, reason in broken.items())
        case RuleKind.READING_LEVEL if (level := reading_level(fields.body)) > int(rule.value):
            yield fault(f"it takes {level:.0f} years of school to read it, and {rule.value} are allowed. Shorter sentences help.")
        case _:
            return


def _headings(lines: Sequence[tuple[int, str, bool]]) -> Iterator[tuple[int, str, str]]:
    before = 1
    for number, line, code in lines:
        mark = re.match(r" {0,3}(#{1,6})\s", line)
        if code or not mark:
            continue
        level = len(mark[1])
        if level == 1 and number > 1:
            yield number, line, "the first level is the title's. Begin with ##."
        elif level > before + 1:
            yield number, line, f"a heading of level {level} follows one of level {before}."
        before = level


def _line_of(lines: Sequence[tuple[int, str, bool]], url: str) -> int:
    return next((number for number, line, _ in lines if url in line), 0)


def reading_level(body: str) -> float:
    """School years by Flesch and Kincaid, which were counted for English."""
    text = " ".join(block.text for block in blocks(body) if block.kind in ("paragraph", "item"))
    words = re.findall(r"[A-Za-z']+", text)
    if len(words) < 30:
        return 0.0
    sentences = max(1, len(re.findall(r"[.!?]+(?:\s|$)", text)))
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", word.lower().removesuffix("e")))) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
