"""The design tokens keep their promises: contrast in light and dark, no colour named anywhere else, and the vendored script is what its table says."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from glassine.web.render import STATIC

PARTS = STATIC.parent / "parts"
TOKENS = (STATIC / "tokens.css").read_text(encoding="utf-8")
COLOURS = {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", TOKENS)}
PAIR = re.compile(r"--([\w-]+) on --([\w-]+): at least ([\d.]+); light ([\d.]+), dark ([\d.]+)")
PAIRS = [(front, ground, float(least), float(light), float(dark)) for front, ground, least, light, dark in PAIR.findall(TOKENS)]
TEXT = {"ink", "ink-2", "accent", "customer", "ai", "person", "good", "warn", "bad", "on-note", "on-accent", "on-mask"}
OTHERS = {"tokens.css", "demo.html"}  # the demo page plays a customer's own site
OURS = [path for path in (*STATIC.rglob("*"), *PARTS.rglob("*")) if path.is_file() and path.parent.name != "vendor" and path.name not in OTHERS]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21, WCAG 2.2."""
    dim, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def test_contrast_is_measured_as_the_standard_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize(("front", "ground", "least", "light", "dark"), PAIRS, ids=[f"{pair[0]} on {pair[1]}" for pair in PAIRS])
def test_every_pair_has_the_contrast_it_notes(front: str, ground: str, least: float, light: float, dark: float) -> None:
    measured = [contrast(COLOURS[front][scheme], COLOURS[ground][scheme]) for scheme in (0, 1)]
    assert min(measured) >= least >= (4.5 if front in TEXT else 3)
    assert [round(value, 1) for value in measured] == [light, dark]


def test_every_role_stands_in_a_pair() -> None:
    named = {name for pair in PAIRS for name in pair[:2]}
    assert set(COLOURS) - named <= {"line"}, "hairlines only group; everything else is read or acted on"


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_other_file_names_a_colour(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b(?=[;\s\"'])", text)
    if path.suffix == ".css":
        assert not re.search(r"\b(?:rgba?|hsla?|oklch|lab)\(", text)
        assert set(re.findall(r"var\(--([\w-]+)", text)) <= set(re.findall(r"--([\w-]+):", TOKENS)), "a token that does not exist"


@pytest.mark.parametrize("path", [path for path in OURS if path.suffix == ".html"], ids=lambda path: path.name)
def test_pages_have_no_inline_script_or_style(path: Path) -> None:
    """The content policy would drop them without a word."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|\bjs:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


def test_motion_is_short_and_can_be_stopped() -> None:
    assert int(re.findall(r"--quick: (\d+)ms", TOKENS)[0]) <= 120
    assert re.search(r"prefers-reduced-motion: reduce\) \{ :root \{ --quick: 0ms", TOKENS)
    for path in STATIC.glob("*.css"):
        css = path.read_text(encoding="utf-8")
        assert all("var(--quick)" in rule for rule in re.findall(r"(?:transition|animation): ([^;}]+)", css))


def test_the_vendored_script_is_what_its_table_says() -> None:
    table = (STATIC / "vendor" / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256((STATIC / "vendor" / "htmx.min.js").read_bytes()).hexdigest() in table


def test_our_own_script_stays_small() -> None:
    """About six hundred lines, and eighty for the editor of articles: marks, pasting, pictures, and a working copy that saves itself."""
    assert sum(path.read_text(encoding="utf-8").count("\n") for path in STATIC.glob("*.js")) <= 740
