"""Imports the OpenAPI files of real vendors, with no hand edits, and says what became of each: `python -m bench.openapi [--data DIR] [--notes]`."""

from __future__ import annotations

import argparse
import gzip
import time
from collections import Counter
from pathlib import Path

from bench import data
from glassine.rules.openapi.operations import describe

_FILES = ("openapi_vendors/intercom.yaml.gz", "openapi_vendors/notion.json.gz", "openapi_vendors/slack.json.gz", "tau2_env/retail/openapi.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, metavar="DIR")
    parser.add_argument("--notes", action="store_true", help="also what was mended, and how often")
    options = parser.parse_args()
    print("| file | operations | imported | mended | CPU time |\n|---|---|---|---|---|")
    for name in _FILES:
        content = (data.folder(options.data) / name).read_bytes()
        content = gzip.decompress(content) if name.endswith(".gz") else content
        began = time.process_time()
        found = describe(content, base="https://api.example.com" if "tau2" in name else "").found
        spent = time.process_time() - began
        taken = [each for each in found if each.action]
        print(f"| {name} | {len(found)} | {len(taken)} | {sum(bool(each.notes) for each in taken)} | {spent:.2f} s |")
        for note, times in Counter(note for each in found for note in each.notes).most_common() if options.notes else ():
            print(f"    {times} × {note}")


if __name__ == "__main__":
    main()
