"""A picture of the ratios, by number of checks: plain SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from jinja2 import Environment

from bench.table import Curve

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 720, 360, 56, 36, 190, 44
_TOUCHING = 40
_COLOURS = ("#1f5fa8", "#b3541e", "#3a7d44", "#6b4c9a")
_RATIOS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)

_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{ width }} {{ height }}" role="img"
 aria-label="{{ title }}" font-family="sans-serif" font-size="12">
<title>{{ title }}</title>
<rect width="{{ width }}" height="{{ height }}" fill="#fff"/>
<text x="{{ left }}" y="20" font-size="14">{{ title }}</text>
{%- for y, label in ratios %}
<path d="M{{ left }} {{ y }}H{{ right }}" stroke="{{ '#444' if label == '1' else '#ddd' }}"/>
<text x="{{ left - 8 }}" y="{{ y + 4 }}" text-anchor="end">{{ label }}</text>
{%- endfor %}
{%- for x, label in sizes %}
<path d="M{{ x }} {{ top }}V{{ bottom }}" stroke="#eee"/>
<text x="{{ x }}" y="{{ bottom + 18 }}" text-anchor="middle">{{ label }}</text>
{%- endfor %}
<text x="{{ (left + right) / 2 }}" y="{{ bottom + 36 }}" text-anchor="middle">checks</text>
{%- for curve in curves %}
<polyline points="{{ curve.points }}" fill="none" stroke="{{ curve.colour }}" stroke-width="2"/>
{%- for x, y in curve.marks %}
<circle cx="{{ x }}" cy="{{ y }}" r="3" fill="{{ curve.colour }}"/>
{%- endfor %}
{%- if curve.target %}
<path d="M{{ left }} {{ curve.target }}H{{ right }}" stroke="{{ curve.colour }}" stroke-dasharray="6 4"/>
{%- endif %}
<path d="M{{ right + 10 }} {{ curve.legend - 4 }}h18" stroke="{{ curve.colour }}" stroke-width="2"/>
<text x="{{ right + 34 }}" y="{{ curve.legend }}">{{ curve.name }}</text>
{%- endfor %}
<text x="{{ right + 10 }}" y="{{ note }}" fill="#444">dashed: target</text>
</svg>
"""


def picture(curves: Sequence[Curve]) -> str:
    """The curves, both axes logarithmic, each target as a dashed line of its curve's colour."""
    sizes = sorted({checks for curve in curves for checks, _ in curve.points})
    values = [ratio for curve in curves for _, ratio in curve.points]
    values += [curve.target for curve in curves if curve.target is not None]
    low = max((ratio for ratio in _RATIOS if ratio <= min(values)), default=_RATIOS[0])
    high = min((ratio for ratio in _RATIOS if ratio >= max(values)), default=_RATIOS[-1])
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def across(checks: float) -> float:
        return _between(checks, sizes[0], sizes[-1], _LEFT, right)

    def up(ratio: float) -> float:
        return _between(ratio, low, high, bottom, _TOP)

    drawn = []
    for place, curve in enumerate(curves):
        marks = [(across(checks), up(ratio)) for checks, ratio in curve.points]
        drawn.append(
            {
                "name": curve.name,
                "colour": _COLOURS[place % len(_COLOURS)],
                "marks": marks,
                "points": " ".join(f"{x},{y}" for x, y in marks),
                "target": None if curve.target is None else up(curve.target),
                "legend": _TOP + 14 + 20 * place,
            }
        )
    return (
        Environment(autoescape=True)
        .from_string(_SVG)
        .render(
            title="conformance run over the bare loop of the same calls",
            width=_WIDTH,
            height=_HEIGHT,
            left=_LEFT,
            right=right,
            top=_TOP,
            bottom=bottom,
            ratios=[(up(ratio), f"{ratio:g}") for ratio in _RATIOS if low <= ratio <= high],
            sizes=_labelled(sizes, across),
            curves=drawn,
            note=_TOP + 20 + 20 * len(curves),
        )
    )


def _labelled(sizes: Sequence[int], across: Callable[[float], float]) -> list[tuple[float, str]]:
    """Where each size is written; of those that would touch, the smallest."""
    found: list[tuple[float, str]] = []
    for size in sizes:
        if not found or across(size) - found[-1][0] > _TOUCHING:
            found.append((across(size), f"{size:,}"))
    return found


def _between(value: float, low: float, high: float, start: float, end: float) -> float:
    """Where `value` lies, on a logarithmic scale that has `low` at `start` and `high` at `end`."""
    share = math.log(value / low) / math.log(high / low) if high > low else 0.5
    return round(start + share * (end - start), 1)
