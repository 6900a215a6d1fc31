"""clinc150's 150 intents as topics, and its lines as messages, read as the product reads them. It measures nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from glassine.edge.embed import Embedder
from glassine.rules.topic_scores import Seen
from glassine.words.autopilot import Topic

EXAMPLES = 10  # of a topic
_EVERY = 10


class Lines(NamedTuple):
    """Texts and the number of each one's intent; -1: none."""

    texts: list[str]
    intents: list[int]


def read(data: Path, part: str) -> tuple[list[Topic], Lines]:
    """The 150 topics with ten examples each, and the lines that are to be told apart, those about nothing of it last."""
    held = json.loads((data / "clinc150" / "data_train_val.json").read_text(encoding="utf-8"))
    lines: dict[str, list[str]] = {}
    for text, intent in held["train"]:
        lines.setdefault(intent, []).append(text)
    names = sorted(lines)
    topics = [Topic(name=name.replace("_", " "), examples=tuple(lines[name][_EVERY // 2 :: _EVERY][:EXAMPLES])) for name in names]
    if part == "training":
        asked = [(text, place) for place, name in enumerate(names) for text in lines[name][3::7] if text not in topics[place].examples]
        outside = held["oos_train"]
    else:
        asked, outside = [(text, names.index(intent)) for text, intent in held["val"]], held["oos_val"]
    asked += [(text, -1) for text, _ in outside]
    return topics, Lines([text for text, _ in asked], [place for _, place in asked])


async def seen(texts: Sequence[str], language: str = "en") -> dict[str, Seen]:
    embed = Embedder()
    found = {}
    for text in dict.fromkeys(texts):
        one = await embed.asked(text, language)
        found[text] = Seen(one.vector, one.tokens)
    return found
