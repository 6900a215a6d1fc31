"""How much personal data is masked, how much else with it, and how fast: `python -m bench.redaction DATA [--json FILE]`. Changes nothing.

DATA holds pii_presidio_synth (labelled sentences, scored by characters as that set's scorer does), banking77 and kb_markdown (sentences
without personal data, of which none should be touched). Everything that is fitted was fitted on the half "seen", which is split off by
the hash of the sentence's template, so that no pattern of speech of the other half was known. Run it alone: it measures CPU time.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import tarfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glassine.edge.names import Names
from glassine.rules.redaction import before_names, redact
from glassine.words.privacy import Known, Policy, Span

PERSONAL = frozenset(("PERSON", "ADDRESS", "STREET_ADDRESS", "CREDIT_CARD", "PHONE_NUMBER", "EMAIL_ADDRESS", "US_SSN", "IBAN_CODE", "IP_ADDRESS", "ZIP_CODE"))
POLICY = Policy()
HOSTILE = (
    "a",
    "1",
    "1 ",
    "1234 ",
    "@",
    "a@",
    "a.",
    "-",
    "[EMAIL_",
    ":",
    "1.",
    "http://a:b",
    "password: ",
    "eyJ",
    "(",
    " ",
    "ssn 123 ",
    "é\u200b1",
    "Aa1-",
    "a(at)b dot ",
    "DE1 ",
    "-----BEGIN PRIVATE KEY-----",
)


@dataclass(slots=True, kw_only=True)
class Score:
    """Characters labelled personal and found, by type; spans and those found whole; predicted characters and right ones."""

    labelled: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    spans: Counter[str] = field(default_factory=Counter)
    whole: Counter[str] = field(default_factory=Counter)
    predicted: int = 0
    right: int = 0

    def add(self, sentence: dict[str, Any], findings: Sequence[Span]) -> None:
        text = sentence["full_text"]
        covered = {at for span in findings for at in range(span.start, span.end)}
        personal: set[int] = set()
        neutral: set[int] = set()
        for span in sentence["spans"]:
            characters, kind = set(range(span["start_position"], span["end_position"])), span["entity_type"]
            if kind not in PERSONAL:
                neutral |= characters
                continue
            personal |= characters
            self.labelled[kind] += len(characters)
            self.found[kind] += len(characters & covered)
            self.spans[kind] += 1
            self.whole[kind] += characters <= covered
        visible = {at for at in covered if not text[at].isspace()} - (neutral - personal)
        self.predicted += len(visible)
        self.right += len(visible & personal)

    def figures(self) -> dict[str, Any]:
        by_type = {
            kind: {
                "spans": self.spans[kind],
                "recall": round(self.found[kind] / self.labelled[kind], 3),
                "whole": round(self.whole[kind] / self.spans[kind], 3),
            }
            for kind in sorted(self.labelled)
        }
        recall = self.found.total() / max(self.labelled.total(), 1)
        return {"recall": round(recall, 4), "precision": round(self.right / max(self.predicted, 1), 4), "types": by_type}


def part(key: str, parts: int) -> int:
    return zlib.crc32(key.encode()) % parts


def findings(names: Names, text: str) -> Sequence[Span]:
    return redact(text, POLICY, Known(), names.spans(before_names(text, POLICY))).findings


def quality(sentences: Iterable[dict[str, Any]], names: Names) -> dict[str, Any]:
    halves = {"seen": Score(), "held out": Score()}
    for sentence in sentences:
        half = "held out" if part(f"template {sentence['template_id']}", 2) else "seen"
        halves[half].add(sentence, findings(names, sentence["full_text"]))
    return {half: score.figures() for half, score in halves.items()}


def untouched(data: Path) -> dict[str, list[str]]:
    """Sentences without personal data, of a quarter that nothing was fitted on."""
    with (data / "banking77" / "train.csv").open(encoding="utf-8") as table:
        support = [row["text"] for row in csv.DictReader(table)]
    help_centre = [line.strip() for text in _help_pages(data) for line in re.split(r"\n+", text) if not line.startswith((" ", "<", "`", "|"))]
    chosen = {"support sentences": support, "help-centre sentences": [line for line in help_centre if 30 < len(line) < 400]}
    return {kind: [text for text in texts if part(text, 4) == 3][:1500] for kind, texts in chosen.items()}


def _help_pages(data: Path) -> Iterator[str]:
    for archive in sorted((data / "kb_markdown").glob("*.tar.gz")):
        with tarfile.open(archive) as pages:
            for member in pages:
                content = pages.extractfile(member) if member.name.endswith((".md", ".markerb")) and part(Path(member.name).name, 2) else None
                if content:
                    yield content.read().decode("utf-8", "replace")


def per_second(work: Callable[[str], object], texts: Sequence[str]) -> int:
    """Texts a second and core, the best of three rounds: other processes only ever slow it down."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        for text in texts:
            work(text)
        best = min(best, time.process_time() - start)
    return round(len(texts) / best)


def speed(texts: Sequence[str], names: Names) -> dict[str, Any]:
    sample = texts[:400]
    megabyte = " ".join(texts)
    seconds = {"sentences": _seconds(megabyte)} | {f"repeated {piece!r}": _seconds(piece) for piece in HOSTILE}
    return {
        "patterns only, messages a second and core": per_second(lambda text: redact(text, POLICY, Known(), ()), texts),
        "all, messages a second and core": per_second(lambda text: findings(names, text), sample),
        "seconds for a megabyte, patterns only": seconds,
    }


def _seconds(piece: str) -> float:
    text = (piece * (1_000_000 // len(piece) + 1))[:1_000_000]
    start = time.process_time()
    redact(text, POLICY, Known(), ())
    return round(time.process_time() - start, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    names = Names()
    sentences = json.loads((arguments.data / "pii_presidio_synth" / "generated_large.json").read_text(encoding="utf-8"))
    result: dict[str, Any] = {"quality": quality(sentences, names)}
    result["share touched without personal data"] = {
        kind: {"sentences": len(texts), "share": round(sum(bool(findings(names, text)) for text in texts) / len(texts), 4)}
        for kind, texts in untouched(arguments.data).items()
    }
    result["speed"] = speed([sentence["full_text"] for sentence in sentences], names)
    report(result)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def report(result: dict[str, Any]) -> None:
    for half, figures in result["quality"].items():
        print(f"{half:<22} recall {figures['recall']:.3f}  precision {figures['precision']:.3f}")
        for kind, one in figures["types"].items():
            print(f"  {kind:<20} spans {one['spans']:>5}  recall {one['recall']:.3f}  whole {one['whole']:.3f}")
    for kind, one in result["share touched without personal data"].items():
        print(f"{kind:<22} touched {one['share']:.2%} of {one['sentences']}")
    for kind, value in result["speed"].items():
        slowest = f"{value['sentences']} (slowest hostile {max(value.items(), key=lambda item: item[1])})" if isinstance(value, dict) else value
        print(f"{kind}: {slowest}")


if __name__ == "__main__":
    main()
