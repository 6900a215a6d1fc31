"""How well anger is told from everything else that is said to a support chat, by words alone and by words and meaning. It changes nothing.

`python -m bench.tone DATA`. What is heard by meaning was fitted on the lines of bench/tones.json (bench/heads.py measures it with each language left out
whole), so those are counted by words alone too; the public sets are counted on the half that nothing was fitted on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from bench.asks import share, texts
from bench.heads import first_half
from glassine.edge.embed import Embedder
from glassine.rules.meant import heard
from glassine.rules.tone import angry

_EVERY = 20  # of the public sets' messages


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data, embed = parser.parse_args().data, Embedder()

    async def sounds(text: str, language: str) -> bool:
        return bool(angry(text, heard((await embed.query(text, language)).tolist(), embed.model(language))))

    written: dict[str, dict[str, list[str]]] = json.loads((Path(__file__).parent / "tones.json").read_text(encoding="utf-8"))
    for kind in ("angry", "calm", "happy"):
        lines = [(text, language) for language, kinds in written.items() for text in kinds[kind]]
        print(f"{kind:6s} written for this, by words alone      ", share([text for text, _ in lines], angry))
        print(f"{kind:6s} written for this, by words and meaning", share([await sounds(*line) for line in lines], bool))
    others = sorted({text for said in texts(data).values() for text in said if not first_half(text)})
    print("angry  of the public sets (false), words alone  ", share(others, angry))
    print("angry  of the public sets (false), both, every 20th", share([await sounds(text, "en") for text in others[::_EVERY]], bool))


if __name__ == "__main__":
    asyncio.run(main())
