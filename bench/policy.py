"""What own patterns and the reading of files cost: `python -m bench.policy` prints processor time a message, and time and memory a file."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import glassine.edge.file_text
from glassine.edge.attachments import MOST_TEXT
from glassine.rules.masking.custom import custom
from glassine.rules.ordinary import ORDINARY
from glassine.rules.redaction import redact
from glassine.words.privacy import CustomPattern, Known, Policy
from tests import files

PROGRAM = Path(glassine.edge.file_text.__file__)
FILES = {
    "plain text, 100 KB": ("text/plain", b"word " * 20_000), "Word, 200 paragraphs": (files.DOCX, files.docx(*["A paragraph of ordinary length, as people write."] * 200)),
    "Excel, 500 rows": (files.XLSX, files.xlsx([[f"Article {n}", n, n * 1.5] for n in range(500)])),
    "PDF, 10 pages": ("application/pdf", files.pdf([f"Page {n} of a letter" for n in range(10)])),
    "PDF, 100,000 pages": ("application/pdf", files.pdf(["x"], repeated=100_000)), "Word that unpacks to 200 MB": (files.DOCX, files.bomb()),
}


def read_once(kind: str, content: bytes) -> tuple[float, float]:
    """Processor seconds and megabytes of one reading."""
    with subprocess.Popen([sys.executable, "-I", str(PROGRAM), kind, str(MOST_TEXT), "10", "200"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        assert process.stdin
        process.stdin.write(content)
        process.stdin.close()
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1_024


def a_message(patterns: int) -> float:
    """Microseconds of processor time that masking an ordinary sentence by patterns takes, names apart; the best of five rounds."""
    policy = Policy(patterns=tuple(CustomPattern(id=str(n), name=str(n), pattern=rf"\bK{n:02d}-\d{{6}}\b") for n in range(patterns)))
    rounds = []
    for _ in range(5):
        began = time.process_time()
        for text in ORDINARY * 5:
            redact(text, policy, Known(), ())
        rounds.append((time.process_time() - began) / (5 * len(ORDINARY)) * 1e6)
    return min(rounds)


HOSTILE = (r"a.{30}b.{30}c.{30}zz", r"(x|a.{100})9", r"(?:[a-h][a-h ]{0,50}){1,6}\d9", r"(?:a*y|a)q?", r"(?:[a-d]+[e-h]+){9}z")


def a_hostile_pattern() -> float:
    """Milliseconds of processor time that the worst of some patterns made to be slow takes for the longest message."""
    chance = random.Random(1)
    texts = ["".join(chance.choice("abcdefgh 1") for _ in range(20_000)), "a" * 20_000, "ab" * 10_000]
    worst = 0.0
    for pattern in HOSTILE:
        for text in texts:
            began = time.process_time()
            list(custom(text, (CustomPattern(id="1", name="slow", pattern=pattern),)))
            worst = max(worst, (time.process_time() - began) * 1_000)
    return worst


def main() -> None:
    a_message(50)
    for patterns in (0, 5, 50):
        print(f"{patterns:>2} own patterns: {a_message(patterns):,.0f} microseconds a message")
    print(f"the worst pattern, 20,000 characters: {a_hostile_pattern():,.0f} milliseconds")
    print(f"\n{'file':<28}{'bytes':>10}{'processor s':>13}{'MB at most':>12}")
    for name, (kind, content) in FILES.items():
        used = [read_once(kind, content) for _ in range(3)]
        print(f"{name:<28}{len(content):>10,}{median(seconds for seconds, _ in used):>13.2f}{max(megabytes for _, megabytes in used):>12.0f}")


if __name__ == "__main__":
    main()
