"""Every kind of personal data is known by name wherever a person meets it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from glassine.web import render
from glassine.words.privacy import PiiType

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("kind", list(PiiType))
def test_every_kind_has_its_words_and_its_chip(kind: PiiType) -> None:
    assert kind.value.upper() in render._KINDS
    assert kind.value in render._KIND_NAMES
    shown = re.search(r"const MASK = /\\\[\(([A-Z_|]+)\)", (ROOT / "widget/markdown.js").read_text(encoding="utf-8"))
    assert shown
    assert kind.value.upper() in shown[1].split("|")
