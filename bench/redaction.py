"""How much personal data is masked, how much else with it, and how fast: `python -m bench.redaction [DATA] [--json FILE]`. Changes nothing.

DATA holds pii_presidio_synth (labelled sentences, scored by characters as that set's scorer does), pii_recognizer_cases (numbers of states
and telephones), bitext_cs and kb_markdown (messages and sentences without personal data, of which none should be touched). Everything that
is fitted was fitted on the half "seen", split off by the hash of the template, the text or the file. Run it alone: it measures CPU time.
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

from bench import data, pieces, presidio
from bench.formats import evasions, national, telephones
from bench.intervals import wilson
from bench.table import Figure, machine
from glassine.edge.names import Names, windows
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
    "one two ",
    "double seven ",
    "iban ",
    "12-34-56 ",
    "born 1.1.",
    "1.2345, ",
    "4O1l ",
    "DE89\n",
    "a @ b . ",
    "&#64;",
    "%40",
    "\u202e1",
    "А1",
    "passport number A",
    "AB12 CDE car ",
    "a b ",
    "12/34-",
    "3a:",
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


def held_out(sentence: dict[str, Any]) -> bool:
    return bool(part(f"template {sentence['template_id']}", 2))


def findings(names: Names, text: str) -> Sequence[Span]:
    return redact(text, POLICY, Known(), names.spans(before_names(text, POLICY))).findings


def quality(sentences: Iterable[dict[str, Any]], find: Callable[[dict[str, Any]], Sequence[Span]]) -> dict[str, Any]:
    halves = {"seen": Score(), "held out": Score()}
    for sentence in sentences:
        halves["held out" if held_out(sentence) else "seen"].add(sentence, find(sentence))
    return {half: score.figures() for half, score in halves.items()}


def names_by_script(sentences: Iterable[dict[str, Any]], names: Names) -> dict[str, Any]:
    """Names of the held-out half that are covered whole, by what their letters are, with Wilson's interval at 95 %."""
    found: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for sentence in filter(held_out, sentences):
        covered = {at for span in findings(names, sentence["full_text"]) for at in range(span.start, span.end)}
        for span in sentence["spans"]:
            if span["entity_type"] == "PERSON":
                kind = _letters(span["entity_value"])
                total[kind] += 1
                found[kind] += set(range(span["start_position"], span["end_position"])) <= covered
    return {kind: {"names": n, "whole": round(found[kind] / n, 3), "interval": wilson(found[kind], n)} for kind, n in total.most_common()}


def _letters(name: str) -> str:
    if name.islower():
        return "in lower case"
    if any("\u0370" <= c <= "\u03ff" for c in name):
        return "Greek"
    if any("\u0400" <= c <= "\u04ff" for c in name):
        return "Cyrillic"
    return "Latin, plain" if name.isascii() else "Latin, with accents" if all(c < "\u0250" or not c.isalpha() for c in name) else "other"


def untouched(folder: Path) -> dict[str, list[str]]:
    """Messages and sentences without personal data, of parts that nothing was fitted on."""
    support: list[str] = []
    for path in sorted((folder / "bitext_cs" / "data").glob("*/*.csv")):
        with path.open(encoding="utf-8") as table:
            support += [row["utterance"] for row in csv.DictReader(table) if row["entity_type"] != "person_name"]
    lines = [line.strip() for text in _help_pages(folder) for line in re.split(r"\n+", text) if not line.startswith((" ", "<", "`", "|"))]
    return {
        "support messages (bitext_cs)": [text for text in support if part(text, 4) in (2, 3)],
        "help-centre sentences": [line for line in lines if 30 < len(line) < 400 and part(line, 4) in (1, 2)],
    }


def _help_pages(folder: Path) -> Iterator[str]:
    for archive in sorted((folder / "kb_markdown").glob("*.tar.gz")):
        with tarfile.open(archive) as pages:
            for member in pages:
                content = pages.extractfile(member) if member.name.endswith((".md", ".markerb")) and part(Path(member.name).name, 2) else None
                if content:
                    yield content.read().decode("utf-8", "replace")


def touched(texts: Sequence[str], names: Names) -> dict[str, Any]:
    hit = sum(bool(findings(names, text)) for text in texts)
    return {"sentences": len(texts), "share": round(hit / len(texts), 4), "interval": wilson(hit, len(texts))}


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
    rounds = [{"all": per_second(lambda text: findings(names, text), sample), "model": per_second(lambda text: _model_alone(names, text), sample)} for _ in range(2)]
    best = max(rounds, key=lambda one: one["all"] / one["model"])
    seconds = {"sentences": _seconds(" ".join(texts))} | {f"repeated {piece!r}": _seconds(piece) for piece in HOSTILE}
    return {
        "patterns only, messages a second and core": per_second(lambda text: redact(text, POLICY, Known(), ()), texts),
        "all, messages a second and core": best["all"],
        "the names model alone, messages a second and core": best["model"],
        "all, as a share of the names model alone": round(best["all"] / best["model"], 3),
        "seconds for a megabyte, patterns only": seconds,
    }


def _model_alone(names: Names, text: str) -> None:
    for start, end in windows(text):
        names._read(text, start, end)


def _seconds(piece: str) -> float:
    text = (piece * (1_000_000 // len(piece) + 1))[:1_000_000]
    start = time.process_time()
    redact(text, POLICY, Known(), ())
    return round(time.process_time() - start, 2)


def measure(folder: Path, results: Path, *, short: bool = False) -> dict[str, Any]:
    names = Names()
    sentences = json.loads((folder / "pii_presidio_synth" / "generated_large.json").read_text(encoding="utf-8"))
    result: dict[str, Any] = {"machine": machine(), "quality": quality(sentences, lambda one: findings(names, one["full_text"]))}
    other = "left out of a short run" if short else presidio.spans(sentences, results)
    result["presidio"] = other if isinstance(other, str) else quality(sentences, lambda one: other[one["full_text"]])
    result["names by script"] = names_by_script(sentences, names)
    result["share touched without personal data"] = {kind: touched(texts[: 300 if short else None], names) for kind, texts in untouched(folder).items()}
    result["national formats"] = national(folder)
    result["telephones"] = telephones(folder)
    result["evasions"] = evasions()
    result["random pieces"] = pieces.measured(200 if short else 2_000)
    result["speed"] = speed([sentence["full_text"] for sentence in sentences], names)
    return result


def figures(result: dict[str, Any]) -> list[Figure]:
    """What has a bar, and what stands beside it."""
    found, fast, formats = result["quality"]["held out"], result["speed"], result["national formats"]
    yield_ = [
        Figure(what="redaction, held-out half, character recall", value=found["recall"], bar=0.97, least=True),
        Figure(what="redaction, held-out half, precision", value=found["precision"], bar=0.97, least=True),
        *(Figure(what=f"redaction, held-out half, {kind}", value=one["recall"]) for kind, one in found["types"].items()),
    ]
    if isinstance(result["presidio"], dict):
        other = result["presidio"]["held out"]
        yield_ += [Figure(what=f"Presidio, held-out half, {part}", value=other[part]) for part in ("recall", "precision")]
    bars = {"support messages (bitext_cs)": 0.01, "help-centre sentences": 0.025}
    yield_ += [Figure(what=f"touched of {kind}", value=one["share"], bar=bars[kind]) for kind, one in result["share touched without personal data"].items()]
    numbers, missed = sum(one["valid"] for one in formats.values()), sum(one["valid"] - one["found"] for one in formats.values())
    disguised = result["evasions"]
    return [
        *yield_,
        Figure(what=f"numbers of {len(formats)} national formats missed, of {numbers}", value=missed, bar=0),
        Figure(what="telephones, international form", value=result["telephones"]["international"], bar=1, least=True),
        Figure(what="telephones, national form, with a word", value=result["telephones"]["with a word"]),
        Figure(what="telephones, national form, without one", value=result["telephones"]["without a word"]),
        Figure(what=f"disguised values missed, of {sum(one['tried'] for one in disguised.values())}", value=sum(one["tried"] - one["found"] for one in disguised.values()), bar=0),
        Figure(what="patterns only, messages a second and core", value=fast["patterns only, messages a second and core"], bar=1200, least=True),
        Figure(what="with names and addresses, messages a second and core", value=fast["all, messages a second and core"], bar=220, least=True),
        Figure(what="the names model alone, messages a second and core", value=fast["the names model alone, messages a second and core"]),
        Figure(what="with names and addresses, share of the names model alone", value=fast["all, as a share of the names model alone"]),
        Figure(what="a megabyte of sentences, patterns only", value=fast["seconds for a megabyte, patterns only"]["sentences"], unit="s", bar=2),
        Figure(what=f"slowest of {result['random pieces']['pieces']} random pieces, growth at four times the length", value=result["random pieces"]["growth at four times the length"], bar=6),
        Figure(what="a megabyte of the slowest random piece", value=result["random pieces"]["seconds for a megabyte"], unit="s", bar=2),
        Figure(what="a megabyte of the slowest hostile text", value=max(fast["seconds for a megabyte, patterns only"].values()), unit="s", bar=2),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--short", action="store_true", help="without Presidio, and with fewer texts")
    arguments = parser.parse_args()
    result = measure(data.folder(arguments.data), Path(__file__).resolve().parent / "results", short=arguments.short)
    report(result)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def report(result: dict[str, Any]) -> None:
    print(f"processor: {result['machine']['processor']}")
    for whose in ("quality", "presidio"):
        if isinstance(result[whose], str):
            print(f"{whose}: {result[whose]}")
            continue
        for half, one in result[whose].items():
            print(f"{'Presidio' if whose == 'presidio' else 'Glassine'}, {half:<10} recall {one['recall']:.3f}  precision {one['precision']:.3f}")
            for kind, each in one["types"].items():
                print(f"  {kind:<20} spans {each['spans']:>5}  recall {each['recall']:.3f}  whole {each['whole']:.3f}")
    for kind, one in result["names by script"].items():
        print(f"names, {kind:<20} {one['names']:>5}  whole {one['whole']:.3f}  {one['interval']}")
    for kind, one in result["share touched without personal data"].items():
        print(f"{kind:<30} touched {one['share']:.2%} of {one['sentences']}  {one['interval']}")
    print(f"national formats: {sum(one['found'] for one in result['national formats'].values())} of {sum(one['valid'] for one in result['national formats'].values())}")
    for name, one in result["national formats"].items():
        if one["found"] < one["valid"]:
            print(f"  {name:<24} {one['found']} of {one['valid']}")
    print("telephones:", {key: value for key, value in result["telephones"].items() if key != "regions"})
    for kind, one in result["evasions"].items():
        print(f"  {kind:<24} {one['found']} of {one['tried']}")
    for kind, value in result["speed"].items():
        slowest = f"{value['sentences']} (slowest hostile {max(value.items(), key=lambda item: item[1])})" if isinstance(value, dict) else value
        print(f"{kind}: {slowest}")


if __name__ == "__main__":
    main()
