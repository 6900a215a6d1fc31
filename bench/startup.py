"""Measures a newcomer's first minutes: a fresh clone of what is committed, `./dev up`, and the first answered message; then the second start."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from pathlib import Path

from bench import load, product
from bench.table import Figure

_QUESTION = "How do I import my help centre?"


def first_and_second() -> list[Figure]:
    """With wheels cached by uv. What the first start downloads is said in docs/performance.md."""
    with tempfile.TemporaryDirectory(prefix="glassine-clone-") as folder:
        root = Path(folder)
        root.chmod(0o711)  # where root runs the bench, the database's account must come through
        checkout = root / "glassine"
        subprocess.run(["git", "clone", "--quiet", "--local", str(Path(__file__).resolve().parent.parent), str(checkout)], check=True)
        first, second = _started(checkout), _started(checkout)
        environment = next((checkout / ".venv" / "lib").glob("python3*")) / "site-packages"
        sizes = {path.name: _size(path) for path in environment.iterdir()}
    tools = sum(size for name, size in sizes.items() if name.startswith(("uv", "pip")))
    return [
        Figure(what="first ./dev up to the first answer, wheels cached", value=first, unit="s", bar=90),
        Figure(what="second ./dev up to the first answer", value=second, unit="s", bar=6),
        Figure(what="runtime packages", value=(sum(sizes.values()) - tools) / 1e6, unit="MB", bar=500),
        Figure(what="installers beside them (uv, pip)", value=tools / 1e6, unit="MB"),
    ]


def _started(checkout: Path) -> float:
    """Seconds from typing the command to having read an answer."""
    began = time.perf_counter()
    with product.up(checkout / ".glassine", command=(str(checkout / "dev"),)) as running:
        print(asyncio.run(_answered(running)))
        return time.perf_counter() - began


async def _answered(running: product.Product) -> str:
    line = load.Line(running.api_base, running.api_key)
    status, answer = await line.ask("POST", f"/chat/sessions/{await load.open_session(line)}/send", load.message(_QUESTION, ""))
    line.close()
    return f"{load.heard(status, answer)}: {answer.get('data', {}).get('autopilotResponse', {}).get('value', {}).get('content', '')[:200]!r}"


def _size(path: Path) -> int:
    """Bytes on disk, as du counts them."""
    return sum(each.lstat().st_blocks * 512 for each in (path, *path.rglob("*")))
