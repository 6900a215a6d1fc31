"""Keeps the house in its shape: who imports whom, who owns each boundary, sizes, names, and a reason beside every ignore."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LONGEST

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("glassine", "tests", "bench", "tools")

# What each room may import of ours; `commands` and `__main__` build everything, so they may import everything.
MAY_IMPORT = {
    "words": set[str](), "config": {"words"}, "rules": {"words"}, "edge": {"words"}, "store": {"words"}, "connect": {"words", "edge.gate"},
    "story": {"words", "rules", "edge", "store", "connect", "config"},
    "proof": {"words", "rules", "edge", "store", "connect", "story", "config"},
    "web": {"words", "rules", "store", "story", "config"},
}
# Modules that open a way out of the process, and the only files that may use them.
OWNERS = {
    r"http\.client": r"glassine/(edge/gate|commands/content/wire)\.py",  # a client of the API on somebody's own machine, where there is neither gate nor ledger
    r"httpx2?|httpcore2?|requests|aiohttp|urllib3|urllib\.request|websockets?|wsproto|h2|h11|anyio|trio|curio|pycurl|grpc|paramiko|asyncssh|dns|aiodns|xmlrpc"
    r"|telnetlib|nntplib": r"glassine/edge/gate\.py",
    r"aiosmtplib|aioimaplib|imapclient": r"glassine/edge/mail\.py",
    r"psycopg|psycopg_pool": r"glassine/store/.*",
    r"smtplib|imaplib|poplib|ftplib": r"glassine/edge/mail\.py",
    r"_?socket": r"glassine/edge/(gate|addresses|mail)\.py|glassine/commands/.*",
    r"_?ssl": r"glassine/edge/(gate|mail)\.py",
    r"subprocess|multiprocessing": r"glassine/commands/.*",
    r"resource": r"glassine/edge/file_text\.py",  # the limits of the process that reads customers' files
    r"pypdf": r"glassine/edge/file_text\.py",  # what parses them runs in no other process
}
STARTS_PROCESSES = r"glassine/(commands/.*|edge/attachments)\.py"
# Ways out that need no import of their own, such as `asyncio.open_connection`. Commands reach this machine's own processes.
DIALS = {
    "open_connection", "open_unix_connection", "create_connection", "create_unix_connection", "create_datagram_endpoint", "sock_connect", "sock_sendto", "connect_tcp", "connect_ex",
    "getaddrinfo", "gethostbyname", "gethostbyname_ex", "start_tls", "sendfile", "urlopen", "urlretrieve",
}
MAY_DIAL = r"glassine/edge/(gate|addresses)\.py|glassine/commands/.*"
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "managers", "manager", "services", "service", "misc", "core", "lib"}
LONGEST_FILE, LONGEST_FUNCTION, SHORT = 400, 80, 30  # lines


def faults_of(path: str, source: str) -> Iterator[str]:
    """Everything wrong with one file. `path` is relative to the root, with slashes."""
    tree = ast.parse(source)
    yield from _shape(path, source, tree)
    if path.startswith("glassine/"):
        yield from _direction(path, tree)
        yield from _owners(path, tree)


def _shape(path: str, source: str, tree: ast.Module) -> Iterator[str]:
    if BANNED_NAMES & set(path.removesuffix(".py").split("/")):
        yield "has the name of a drawer"
    if source.count("\n") >= LONGEST_FILE:
        yield f"has {source.count(chr(10))} lines"
    if not ast.get_docstring(tree):
        yield "does not open with a sentence on what it is"
    if len(tree.body) > 1 and "from __future__ import annotations" not in source and not path.endswith("__init__.py"):
        yield "lacks `from __future__ import annotations`"
    for name, lines in functions(tree):
        if lines >= LONGEST_FUNCTION:
            yield f"{name} has {lines} lines"
    for number, line in enumerate(source.splitlines(), 1):
        if re.search(r"#\s*(TO" r"DO|FIX" r"ME|XXX)\b", line):
            yield f"line {number} puts something off"
        if re.search(r"#\s*noqa(?!: [A-Z0-9, ]+ - \S)", line) or re.search(r"#\s*type:\s*ignore(?!\[[a-z, -]+\]  # \S)", line):
            yield f"line {number} ignores a rule without saying which and why"


def functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Name and length in lines of every function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in ("import_module", "__import__"):
            yield from (str(given.value) for given in node.args[:1] if isinstance(given, ast.Constant))


def _direction(path: str, tree: ast.Module) -> Iterator[str]:
    room = path.removesuffix(".py").split("/")[1]
    if room not in MAY_IMPORT:
        return
    for name in _imports(tree):
        ours = name.removeprefix("glassine.")
        if ours == name or ours.split(".")[0] in (room, "__version__"):
            continue
        if not any(ours == allowed or ours.startswith(allowed + ".") for allowed in MAY_IMPORT[room]):
            yield f"imports {name}, which {room} may not"


def _owners(path: str, tree: ast.Module) -> Iterator[str]:
    for name in _imports(tree):
        for modules, owner in OWNERS.items():
            if re.fullmatch(rf"({modules})(\..*)?", name) and not re.fullmatch(owner, path):
                yield f"imports {name}, which belongs to {owner}"
    for node in ast.walk(tree):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in DIALS and not re.fullmatch(MAY_DIAL, path):
            yield f"connects by {name} in line {getattr(node, 'lineno', 0)}, which belongs to {MAY_DIAL}"
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv", "putenv") and path != "glassine/config.py":
            yield f"reads the environment in line {node.lineno}"
        if isinstance(node, ast.Attribute) and node.attr.startswith("create_subprocess") and not re.fullmatch(STARTS_PROCESSES, path):
            yield f"starts a process in line {node.lineno}"


def sources() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_keeps_the_rules(path: Path) -> None:
    assert list(faults_of(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))) == []


def test_nine_functions_in_ten_are_short() -> None:
    lengths = [lines for path in (ROOT / "glassine").rglob("*.py") for _, lines in functions(ast.parse(path.read_text(encoding="utf-8")))]
    assert sum(lines < SHORT for lines in lengths) >= 0.9 * len(lengths)


GOOD = '"""A file."""\n\nfrom __future__ import annotations\n'


@pytest.mark.parametrize(("path", "source", "fault"), [
    ("glassine/words/a.py", GOOD + "from glassine.rules import b\n", "may not"),
    ("glassine/rules/a.py", GOOD + "from glassine.store import Tx\n", "may not"),
    ("glassine/story/a.py", GOOD + "from glassine import web\n", "may not"),
    ("glassine/connect/a.py", GOOD + "from glassine.edge.llm import Llm\n", "may not"),
    ("glassine/edge/llm.py", GOOD + "import httpx2\n", "belongs to"),
    ("glassine/story/a.py", GOOD + "from psycopg import Error\n", "belongs to"),
    ("glassine/web/a.py", GOOD + "def a():\n    import urllib.request\n", "belongs to"),
    ("glassine/web/a.py", GOOD + "import websockets\n", "belongs to"),
    ("glassine/edge/llm.py", GOOD + "import ssl\n", "belongs to"),
    ("glassine/story/a.py", GOOD + "import anyio\n", "belongs to"),
    ("glassine/story/a.py", GOOD + "import importlib\nimportlib.import_module('socket')\n", "belongs to"),
    ("glassine/story/a.py", GOOD + "import asyncio\nasyncio.open_connection('x', 1)\n", "connects by open_connection"),
    ("glassine/connect/a.py", GOOD + "import asyncio\nasyncio.get_running_loop().create_connection(None, 'x', 1)\n", "connects by create_connection"),
    ("glassine/web/a.py", GOOD + "from asyncio import open_connection\nopen_connection('x', 1)\n", "connects by open_connection"),
    ("glassine/edge/a.py", GOOD + "import os\nos.environ['A']\n", "environment"),
    ("glassine/story/a.py", GOOD + "import asyncio\nasyncio.create_subprocess_exec('a')\n", "starts a process"),
    ("glassine/story/a.py", GOOD + "from pypdf import PdfReader\n", "belongs to"),
    ("glassine/rules/utils.py", GOOD, "drawer"),
    ("glassine/services/a.py", GOOD, "drawer"),
    ("glassine/rules/a.py", GOOD + "\n" * 400, "lines"),
    ("glassine/rules/a.py", GOOD + "def a():\n" + "    1\n" * 80, "a has 81 lines"),
    ("glassine/rules/a.py", "from __future__ import annotations\n", "sentence"),
    ("glassine/rules/a.py", '"""A file."""\nimport re\n', "__future__"),
    ("glassine/rules/a.py", GOOD + "a = 1  # TO" "DO later\n", "puts something off"),
    ("glassine/rules/a.py", GOOD + "a = 1  # no" "qa: E501\n", "without saying"),
    ("glassine/rules/a.py", GOOD + "a = 1  # type: ig" "nore[misc]\n", "without saying"),
])
def test_every_rule_can_fail(path: str, source: str, fault: str) -> None:
    assert any(fault in found for found in faults_of(path, source)), list(faults_of(path, source))
    assert list(faults_of("glassine/rules/a.py", GOOD)) == []


def test_what_is_handed_out_first_is_there() -> None:
    assert [name for name in LONGEST if not (ROOT / "tests" / f"{name}.py").exists()] == []
    assert len(set(LONGEST)) == len(LONGEST)
