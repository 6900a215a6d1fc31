"""Runs the product as a user would: `glassine up --json` and the commands beside it, in processes of their own. Measures nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from bench.table import RESULTS

GLASSINE = (sys.executable, "-P", "-m", "glassine")
UNHINDERED = {"GLASSINE_API_RATE": "1000000", "GLASSINE_LOG_LEVEL": "warning"}  # the limit per key is no part of what is measured
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A running product; `pid` is its supervisor."""

    pid: int
    url: str
    api_base: str
    api_key: str = field(repr=False)
    admin_url: str = field(repr=False)  # lets the owner in, once


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with these settings of the product and no others."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GLASSINE_")} | dict(variables)


def with_model(url: str) -> dict[str, str]:
    """Settings for a language model at this address."""
    return {"GLASSINE_LLM_URL": url, "GLASSINE_LLM_MODEL": "stub"}


@contextmanager
def up(home: Path, variables: Mapping[str, str] = _NONE, *, command: tuple[str, ...] = GLASSINE) -> Iterator[Product]:
    """`glassine up` on this home, ready to be asked, and stopped in the end. Its log goes to bench/results/up.log."""
    RESULTS.mkdir(exist_ok=True)
    arguments = [*command, "up", "--json", "--port", "0", "--home", str(home)]
    with (RESULTS / "up.log").open("ab") as log:
        process = subprocess.Popen(arguments, env=environment(UNHINDERED | dict(variables)), stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"The product ended before it was ready; bench/results/up.log says why:\n{(RESULTS / 'up.log').read_text()[-2000:]}")
        said = json.loads(line)
        yield Product(pid=process.pid, url=said["url"], api_base=said["api_base"], api_key=said["api_key"], admin_url=said["admin_url"])
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def run(home: Path, *arguments: str) -> str:
    """One command of the product on this home, to its end."""
    done = subprocess.run([*GLASSINE, *arguments, "--home", str(home)], env=environment(_NONE), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"glassine {' '.join(arguments)} failed:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def scratch_home(like: Path | None = None) -> Iterator[Path]:
    """A folder that the database's account may pass through, empty or a copy, removed in the end with what the product kept elsewhere for it."""
    folder = Path(tempfile.mkdtemp(prefix="glassine-bench-"))
    folder.chmod(0o711)
    home = folder / "home"
    if like:
        subprocess.run(["cp", "-a", str(like), str(home)], check=True)  # it keeps the owners of files, too
    try:
        yield home
    finally:
        if (home / "postgres").is_symlink():
            shutil.rmtree((home / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
