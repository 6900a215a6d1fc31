"""Whether a colour can be read on another, by WCAG 2.2, and the nearest one that can. Pure arithmetic; it knows no page."""

from __future__ import annotations

import colorsys
import re

Colour = str  # '#rrggbb'
LIGHT_GROUND, DARK_GROUND = "#f3f1eb", "#22272c"  # the least and the most lit ground that links stand on, by scheme: static/tokens.css
USUAL = "#14549b"  # what links have where an organisation has chosen nothing
_LEAST = 4.5


def is_colour(text: str) -> bool:
    return re.fullmatch(r"#[0-9a-f]{6}", text) is not None


def contrast(one: Colour, other: Colour) -> float:
    """From 1 (the same) to 21 (black and white)."""
    lit, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lit + 0.05) / (dim + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parts(colour: Colour) -> tuple[float, float, float]:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def readable(colour: Colour, ground: Colour, least: float = _LEAST) -> Colour:
    """The colour itself if it can be read on the ground, else the nearest darker or lighter one of its hue that can."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    step = -0.01 if _luminance(ground) > 0.18 else 0.01
    while contrast(colour, ground) < least and 0 <= lightness + step <= 1:
        lightness += step
        colour = "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, lightness, saturation))
    return colour if contrast(colour, ground) >= least else ("#000000" if step < 0 else "#ffffff")


def upon(colour: Colour) -> Colour:
    """Black or white, whichever is read better on the colour."""
    return max("#ffffff", "#000000", key=lambda each: contrast(each, colour))


def mixed(colour: Colour, ground: Colour, share: float) -> Colour:
    """So much of the colour on the ground."""
    return "#" + "".join(f"{round((own * share + under * (1 - share)) * 255):02x}" for own, under in zip(_parts(colour), _parts(ground), strict=True))
