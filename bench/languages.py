"""How surely the language of a message is found out, and a reply in a wrong one seen. Reads public data sets and bench/requests.json; changes nothing.

`python -m bench.languages DATA`, where DATA holds squad2, xquad and langid_lingua.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from glassine.edge.language import follow, speaks

_SPOKEN = ("en", "de")
_WORDS = 6  # from which a sentence is long enough to say that it is in a wrong language


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    own: dict[str, dict[str, list[str]]] = json.loads((Path(__file__).parent / "requests.json").read_text(encoding="utf-8"))
    said = [(language, text) for language, kinds in own.items() for texts in kinds.values() for text in texts]
    _tell("first messages in 32 languages, given theirs", [follow(text, _SPOKEN, None) == language for language, text in said])
    _tell("the same in a conversation in English, but for English", [follow(text, _SPOKEN, "en") == language for language, text in said if language != "en"])
    for name, before, language in (("squad2/questions_shared.jsonl", "en", "en"), ("xquad/de.questions.jsonl", "de", "de")):
        asked = [one["question"] for one in _lines(data / name)[:1_500]]
        _tell(f"{name}, first and later", [follow(text, _SPOKEN, None) == language == follow(text, _SPOKEN, before) for text in asked])
    sentences = [(one["lang"], one["text"]) for one in _lines(data / "langid_lingua" / "sentences_60_per_lang.jsonl") if one["lang"] in own and len(one["text"].split()) >= _WORDS]
    _tell("sentences that speak their language", [speaks(text, language) for language, text in sentences])
    _tell("sentences of other languages seen not to be English", [not speaks(text, "en") for language, text in sentences if language != "en"])


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _tell(name: str, right: list[bool]) -> None:
    print(f"{name:60s} {sum(right):5d} of {len(right):5d}")


if __name__ == "__main__":
    main()
