"""Draws curves as an SVG that reads in light and in dark: how much is answered, and how much of that is wrong. It measures nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

_WIDE, _HIGH, _LEFT, _TOP, _PLOT_WIDE, _PLOT_HIGH = 640, 360, 64, 24, 548, 280
_COLOURS = ("#2a78d6", "#c2570c")  # both stand out from white and from black
_POINTS = 120  # of a curve; more cannot be seen


def draw(path: Path, curves: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """One line per name. Both axes go from 0 to 1, the second to the highest point."""
    top = max((risk for points in curves.values() for _, risk in points), default=1.0)
    top = min(1.0, (int(top * 10) + 1) / 10)
    grid = "".join(_row(share, top) for share in (0, 0.25, 0.5, 0.75, 1)) + "".join(_column(share) for share in (0, 0.25, 0.5, 0.75, 1))
    drawn = "".join(_line(points, top, colour) for points, colour in zip(curves.values(), _COLOURS, strict=False))
    names = "".join(
        f'<line x1="{_LEFT + 16}" x2="{_LEFT + 40}" y1="{_TOP + 16 + 20 * place}" y2="{_TOP + 16 + 20 * place}" stroke="{_COLOURS[place]}" stroke-width="3"/>'
        f'<text x="{_LEFT + 48}" y="{_TOP + 20 + 20 * place}">{name}</text>' for place, name in enumerate(curves)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="Share of answers that are wrong, by the share of questions answered">'
        "<style>text{font:13px system-ui,sans-serif;fill:#4a4a46}.grid{stroke:#9a9a94;stroke-opacity:.35}"
        "@media (prefers-color-scheme:dark){text{fill:#d0d0ca}}</style>"
        f'{grid}{drawn}{names}<text x="{_LEFT + _PLOT_WIDE / 2}" y="{_HIGH - 10}" text-anchor="middle">share of questions answered</text>'
        f'<text x="16" y="{_TOP + _PLOT_HIGH / 2}" text-anchor="middle" transform="rotate(-90 16 {_TOP + _PLOT_HIGH / 2})">share of answers that are wrong</text></svg>\n',
        encoding="utf-8",
    )


def _row(share: float, top: float) -> str:
    y = _TOP + _PLOT_HIGH * (1 - share)
    return f'<line class="grid" x1="{_LEFT}" x2="{_LEFT + _PLOT_WIDE}" y1="{y}" y2="{y}"/><text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{share * top:.2f}</text>'


def _column(share: float) -> str:
    x = _LEFT + _PLOT_WIDE * share
    return f'<line class="grid" x1="{x}" x2="{x}" y1="{_TOP}" y2="{_TOP + _PLOT_HIGH}"/><text x="{x}" y="{_TOP + _PLOT_HIGH + 18}" text-anchor="middle">{share:.2f}</text>'


def _line(points: Sequence[tuple[float, float]], top: float, colour: str) -> str:
    chosen = [*points[:: max(1, len(points) // _POINTS)], points[-1]]
    path = " ".join(f"{_LEFT + _PLOT_WIDE * share:.1f},{_TOP + _PLOT_HIGH * (1 - risk / top):.1f}" for share, risk in chosen)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"/>'
