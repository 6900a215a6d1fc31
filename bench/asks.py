"""How well explicit requests for a person and small talk are told apart from everything else. Reads the public data sets; changes nothing.

`python -m bench.asks DATA`, where DATA holds bitext_cs, human_handoff_intents, banking77, clinc150, squad2, xquad and langid_lingua. What is heard by meaning is
measured on the half of each set that the weights were not fitted on (bench/heads.py), and on requests that were translated for this (bench/requests.json).
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from glassine.edge.embed import Embedder
from glassine.rules.asks import wants_person
from glassine.rules.handing_off import asks_person
from glassine.rules.meant import heard
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


def share(of: Iterable[Any], fits: Callable[[Any], object]) -> str:
    checked = [bool(fits(text)) for text in of]
    return f"{sum(checked):6d} of {len(checked):6d} = {sum(checked) / max(len(checked), 1):.4f}"


def _is(kind: SmallTalk, text: str) -> bool:
    return small_talk(text) is kind


async def _heard(embed: Embedder, text: str, language: str) -> bool:
    """As a turn hears it: by its words, or by the vector that the search is made with."""
    return asks_person(text, heard((await embed.query(text, language)).tolist(), embed.model(language)))


def _left_out(text: str) -> bool:
    """The half that nothing was fitted on, as bench/heads.py tells them apart."""
    return int(sha256(text.encode()).hexdigest(), 16) % 2 == 1


async def by_meaning(data: Path, by_intent: dict[str, set[str]]) -> None:
    """Words and meaning together: English with its own model, every other language with e5."""
    embed = Embedder()
    for name in sorted(_ASKING):
        found = [await _heard(embed, text, "en") for text in sorted(by_intent[name]) if _left_out(text)]
        print(f"heard, left-out half, {name:36s}", share(found, bool))
    others = [text for name, lines in sorted(by_intent.items()) if name not in _ASKING | _UNCLEAR for text in sorted(lines) if _left_out(text)][::5]
    print(f"heard, left-out half, {'all others (false), every fifth':36s}", share([await _heard(embed, text, "en") for text in others], bool))
    lines = [json.loads(line)["text"] for line in (data / "langid_lingua" / "sentences_60_per_lang.jsonl").read_text(encoding="utf-8").splitlines()]
    asked = [json.loads(line)["question"] for line in (data / "xquad" / "de.questions.jsonl").read_text(encoding="utf-8").splitlines()]
    elsewhere = [text for text in [*lines[2::4], *asked[400:]] if _left_out(text)]
    print(f"heard, left-out half, {'75 languages, German (false)':36s}", share([await _heard(embed, text, "de") for text in elsewhere], bool))
    print("heard of requests written for this, by language (of the messages beside them):")
    for language, said in json.loads((Path(__file__).parent / "requests.json").read_text(encoding="utf-8")).items():
        asks, rest = [[await _heard(embed, text, language) for text in said[kind]] for kind in ("asks", "others")]
        print(f"    {language}  {sum(asks)} of {len(asks)}  ({sum(rest)} of {len(rest)})")


_ASKING = {"bitext.contact_human_agent", "rasa.human_handoff"}
_UNCLEAR = {"bitext.contact_customer_service"}  # half of them ask for opening hours, half to be put through


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    by_intent, asking, unclear = texts(data), _ASKING, _UNCLEAR
    for name in sorted(asking | unclear):
        print(f"asks for a person, {name:34s}", share(by_intent[name], wants_person))
    others = [text for name, lines in by_intent.items() if name not in asking | unclear for text in lines]
    print(f"asks for a person, {'all others (false)':34s}", share(others, wants_person))
    serious = [text for name, lines in by_intent.items() if not any(word in name for word in _SMALL) for text in lines]
    for kind, name in ((SmallTalk.GREETING, "greet"), (SmallTalk.THANKS, "thank"), (SmallTalk.GOODBYE, "bye"), (SmallTalk.WHO_ARE_YOU, "_bot")):
        of_kind = [text for intent, lines in by_intent.items() if name in intent for text in lines]
        print(f"small talk, {kind:41s}", share(of_kind, partial(_is, kind)))
    print(f"small talk, {'all others (false)':41s}", share(serious, small_talk))
    asyncio.run(by_meaning(data, by_intent))


if __name__ == "__main__":
    main()
