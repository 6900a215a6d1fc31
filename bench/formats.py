"""Numbers of states and telephones in sentences, and values in disguise: how many are found. Measures with the patterns alone."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from glassine.rules.masking.formats import FORMATS, Format
from glassine.rules.redaction import redact
from glassine.words.privacy import Known, Policy
from tests.test_redaction_evasions import DIGITS, DISGUISES, LINE_ENDS, NUMBERS, VALUES, WORDS, cuts, spoken

_SENTENCES = ("My {} is {}.", "{}: {}", "Hello, could you please change the {} to {}? Thanks")
_ARTEFACT = re.compile(r"^\.\.\. ?")  # how the test suite of python-stdnum continues a line


def national(folder: Path) -> dict[str, dict[str, Any]]:
    """For every format with a country: of its valid numbers those of which no digit is left standing, with that country switched on."""
    numbers = _numbers(folder)
    result: dict[str, dict[str, Any]] = {}
    for validator, one in _formats():
        phrase = next((each for each in one.phrases if not each.startswith("~")), one.phrases[0][1:])
        policy = Policy(regions=(one.country,) if one.country != "*" else ("US",))
        written = sorted(numbers.get(validator, ()))
        missed = [number for number in written if not all(_gone(sentence.format(phrase, number), number, policy) for sentence in _SENTENCES)]
        if written:
            result[validator] = {"kind": str(one.kind), "valid": len(written), "found": len(written) - len(missed), "missed": missed[:5]}
    return result


def _formats() -> Iterator[tuple[str, Format]]:
    seen: set[str] = set()
    for one in FORMATS:
        for validator in one.validators:
            if validator not in seen:
                seen.add(validator)
                yield validator, one


def _numbers(folder: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in (folder / "pii_recognizer_cases" / "stdnum_numbers.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        number = _ARTEFACT.sub("", row["number"]).strip()
        module = row["module"].split("\ufffd")[0]
        if "." not in module and "_" in module:
            country, _, name = module.partition("_")
            module = f"{ {'in': 'in_', 'is': 'is_'}.get(country, country)}.{name}"
        if row["valid"] and (any(map(str.isdigit, number)) or (module == "bic" and number.strip("."))):
            found[module].add(number)
    return found


def _gone(text: str, value: str, policy: Policy) -> bool:
    """Whether every digit of a value is covered; of one without digits every letter."""
    start = text.index(value)
    covered = {at for span in redact(text, policy, Known(), ()).findings for at in range(span.start, span.end)}
    digits = any(map(str.isdigit, value))
    return all(start + at in covered for at, c in enumerate(value) if (c.isdigit() if digits else c.isalnum()))


def telephones(folder: Path) -> dict[str, Any]:
    """Examples of 246 regions: in international form, and in national form with the region switched on, with and without a word."""
    rows = [json.loads(line) for line in (folder / "pii_recognizer_cases" / "libphonenumber_examples.jsonl").read_text(encoding="utf-8").splitlines()]
    ways = {"international": ("Please use {} for this", "e164"), "with a word": ("You can call me at {} today", "national"), "without a word": ("It is {} for us", "national")}
    result: dict[str, Any] = {"examples": len(rows), "regions": {}}
    by_region: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for way, (sentence, form) in ways.items():
        found = 0
        for row in rows:
            gone = _gone(sentence.format(row[form]), row[form], Policy(regions=(row["region"],)))
            found += gone
            if way == "with a word":
                by_region[row["region"]][0] += gone
                by_region[row["region"]][1] += 1
        result[way] = round(found / len(rows), 4)
    result["regions"] = {region: f"{found} of {total}" for region, (found, total) in sorted(by_region.items())}
    return result


def evasions() -> dict[str, dict[str, int]]:
    """The disguises of the tests: how many values of each are masked whole."""
    policy = Policy(regions=("US", "GB", "DE"))
    tried: dict[str, list[bool]] = defaultdict(list)
    for before, value, _ in VALUES:
        for name, disguise in DISGUISES.items():
            tried[name].append(_masked(before, disguise(value), policy))
        for cut in (cut for end in LINE_ENDS for cut in cuts(value, end)):
            tried["line breaks anywhere"].append(_masked(before, cut, policy))
    for before, value, _ in NUMBERS:
        for name, disguise in DIGITS.items():
            tried[f"{name} digits"].append(_masked(before, disguise(value), policy))
        for language in WORDS:
            tried[f"digits in words, {language}"].append(_masked(before, spoken(value, language), policy))
    return {name: {"tried": len(each), "found": sum(each)} for name, each in tried.items()}


def _masked(before: str, disguised: str, policy: Policy) -> bool:
    return len(redact(f"Hello, {before}{disguised} please", policy, Known(), ()).tokens) == 1 and not any(
        c.isalnum() for c in re.sub(r"\[[A-Z_]+_1\]", "", redact(f"Hello, {before}{disguised} please", policy, Known(), ()).text)[len(f"Hello, {before}") :].removesuffix(" please")
    )
