"""How well explicit requests for a person and small talk are told apart from everything else. Reads the public data sets; changes nothing.

`python -m bench.asks DATA`, where DATA holds bitext_cs, human_handoff_intents, banking77, clinc150 and squad2.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import yaml

from glassine.rules.asks import wants_person
from glassine.rules.small_talk import SmallTalk, small_talk

_ENTITY = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")  # Rasa's mark-up of entities in examples
_SMALL = ("greet", "thank", "bye", "bot", "who_made", "your_name", "affirm", "deny")


def texts(data: Path) -> dict[str, set[str]]:
    """All utterances by `set.intent`."""
    found: dict[str, set[str]] = {}
    for table in sorted((data / "bitext_cs").rglob("*.csv")):
        for row in csv.DictReader(table.open(encoding="utf-8")):
            found.setdefault(f"bitext.{row['intent']}", set()).add(row["utterance"])
    for table in sorted((data / "human_handoff_intents").rglob("*.yml")):
        for block in yaml.safe_load(table.read_text(encoding="utf-8"))["nlu"]:
            if "intent" in block:
                lines = {_ENTITY.sub(r"\1", line[2:]) for line in block["examples"].splitlines() if line.startswith("- ")}
                found.setdefault(f"rasa.{block['intent']}", set()).update(lines)
    with (data / "banking77" / "train.csv").open(encoding="utf-8") as table_lines:
        found["banking77.all"] = {row["text"] for row in csv.DictReader(table_lines)}
    for part in json.loads((data / "clinc150" / "data_train_val.json").read_text(encoding="utf-8")).values():
        for text, intent in part:
            found.setdefault(f"clinc.{intent}", set()).add(text)
    with (data / "squad2" / "questions_shared.jsonl").open(encoding="utf-8") as questions:
        found["squad2.all"] = {json.loads(line)["question"] for line in questions}
    return found


def share(of: Iterable[str], fits: Callable[[str], object]) -> str:
    checked = [bool(fits(text)) for text in of]
    return f"{sum(checked):6d} of {len(checked):6d} = {sum(checked) / max(len(checked), 1):.4f}"


def _is(kind: SmallTalk, text: str) -> bool:
    return small_talk(text) is kind


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    by_intent = texts(parser.parse_args().data)
    asking = {"bitext.contact_human_agent", "rasa.human_handoff"}
    unclear = {"bitext.contact_customer_service"}  # half of them ask for opening hours, half to be put through
    for name in sorted(asking | unclear):
        print(f"asks for a person, {name:34s}", share(by_intent[name], wants_person))
    others = [text for name, lines in by_intent.items() if name not in asking | unclear for text in lines]
    print(f"asks for a person, {'all others (false)':34s}", share(others, wants_person))
    serious = [text for name, lines in by_intent.items() if not any(word in name for word in _SMALL) for text in lines]
    for kind, name in ((SmallTalk.GREETING, "greet"), (SmallTalk.THANKS, "thank"), (SmallTalk.GOODBYE, "bye"), (SmallTalk.WHO_ARE_YOU, "_bot")):
        of_kind = [text for intent, lines in by_intent.items() if name in intent for text in lines]
        print(f"small talk, {kind:41s}", share(of_kind, partial(_is, kind)))
    print(f"small talk, {'all others (false)':41s}", share(serious, small_talk))


if __name__ == "__main__":
    main()
