"""Charts as SVG that needs no script: lines over time, and cells for many series."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from itertools import pairwise

from cli.dashboard.read import Series

WIDTH, HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 10, 28
COLOURS = 8
_TICKS, _TIMES = 4, 4
_STEPS = (0.1, 0.2, 0.5, 1.0)
"""Effects in standard deviations from which a cell is darker: what is seen at all, small, middle,
large. Source: Cohen 1988 for 0.2 and 0.5.
"""
_CELL, _NAME, _COLUMNS = 18, 190, 48


def lines(
    series: Sequence[Series],
    begin: datetime,
    end: datetime,
    *,
    low: float | None,
    high: float | None,
    title: str,
) -> str:
    """All series in one chart, each by a colour and a dash of its own."""
    least, most = _bounds(series, low, high)
    x, y = _scale(begin, end), _height(least, most)
    parts = [_opening(WIDTH, HEIGHT, title, _summary(series))]
    for value in _ticks(least, most):
        at = y(value)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at}" y2="{at}"/>')
        parts.append(f'<text class="y" x="{_LEFT - 6}" y="{at + 4}">{number(value)}</text>')
    for place in range(_TIMES + 1):
        moment = begin + (end - begin) * place / _TIMES
        anchor = {0: "start", _TIMES: "end"}.get(place, "middle")
        parts.append(_below(x(moment), HEIGHT - 8, anchor, _time(moment, begin, end)))
    for place, one in enumerate(series):
        parts += _line(one, x, y, place % COLOURS)
    return "".join([*parts, "</svg>"])


def _line(one: Series, x: _Scale, y: _Scale, colour: int) -> Iterator[str]:
    shown = [(x(moment), y(value)) for moment, value in one.points if math.isfinite(value)]
    if len(shown) > 1:
        points = " ".join(f"{left},{top}" for left, top in shown)
        yield f'<polyline class="s{colour}" points="{points}"/>'
    if len(shown) <= _COLUMNS:
        for left, top in shown:
            yield f'<circle class="s{colour}" cx="{left}" cy="{top}" r="2.5"/>'


def cells(series: Sequence[Series], begin: datetime, end: datetime, *, title: str) -> str:
    """A row for each series and a column for each stretch of time, darker where it is more: the
    largest of a stretch, in standard deviations.
    """
    columns = _COLUMNS
    width = _NAME + columns * ((WIDTH - _NAME) / columns)
    height = len(series) * _CELL + _BOTTOM
    step = (end - begin) / columns
    parts = [_opening(WIDTH, height, title, _summary(series))]
    size = (width - _NAME) / columns
    for row, one in enumerate(series):
        top = row * _CELL
        name = escape(_fitting(one.label))
        parts.append(f'<text class="name" x="{_NAME - 6}" y="{top + 13}">{name}</text>')
        largest: dict[int, float] = {}
        for moment, value in one.points:
            column = min(columns - 1, max(0, int((moment - begin) / step)))
            largest[column] = max(value, largest.get(column, value))
        for column, value in sorted(largest.items()):
            moment = begin + step * column
            told = f"{escape(one.label)}, {moment:%Y-%m-%d %H:%M}: {number(value)}"
            parts.append(
                f'<rect class="h{heat(value)}" x="{_NAME + column * size:.1f}" y="{top + 1}" '
                f'width="{size:.1f}" height="{_CELL - 2}"><title>{told}</title></rect>'
            )
    for place, moment in ((0, begin), (1, end)):
        anchor, at = ("end", WIDTH) if place else ("start", _NAME)
        parts.append(_below(at, height - 8, anchor, _time(moment, begin, end)))
    return "".join([*parts, "</svg>"])


def heat(value: float) -> int:
    """The step of darkness of a cell, from 0 to ``len(_STEPS)``."""
    return sum(value >= limit for limit in _STEPS)


def heat_steps() -> tuple[str, ...]:
    """What each step of darkness means."""
    limits = [f"{limit:g}" for limit in _STEPS]
    between = [f"{low} to {high}" for low, high in pairwise(limits)]
    return (f"below {limits[0]}", *between, f"{limits[-1]} and more")


def number(value: float) -> str:
    """A value in a few letters."""
    if value and (abs(value) >= 1e6 or abs(value) < 1e-3):
        return f"{value:.2g}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


class _Scale:
    """A straight scale from values to points of the picture, rounded to a tenth."""

    def __init__(self, low: float, high: float, begin: float, end: float) -> None:
        self._low, self._factor, self._begin = low, (end - begin) / (high - low), begin

    def __call__(self, value: datetime | float) -> float:
        found = value.timestamp() if isinstance(value, datetime) else value
        return round(self._begin + (found - self._low) * self._factor, 1)


def _scale(begin: datetime, end: datetime) -> _Scale:
    return _Scale(begin.timestamp(), end.timestamp(), _LEFT, WIDTH - _RIGHT)


def _height(low: float, high: float) -> _Scale:
    return _Scale(low, high, HEIGHT - _BOTTOM, _TOP)


def _bounds(series: Sequence[Series], low: float | None, high: float | None) -> tuple[float, float]:
    """Those that are given, wider where a value lies outside."""
    values = [value for one in series for _, value in one.points if math.isfinite(value)]
    least = min(values, default=0.0) if low is None else min([low, *values])
    most = max(values, default=1.0) if high is None else max([high, *values])
    if most - least <= abs(most) * 1e-9:
        room = abs(most) / 10 or 1.0
        return (least if low is not None and least == low else least - room), most + room
    return least, most


def _ticks(low: float, high: float) -> list[float]:
    """Round values from ``low`` to ``high``, about four of them."""
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [place * step for place in range(first, math.floor(high / step + 1e-9) + 1)]


def _time(moment: datetime, begin: datetime, end: datetime) -> str:
    days = (end - begin).total_seconds() / 86_400
    return f"{moment:%H:%M}" if days <= 1 else f"{moment:%d %b}"


def _below(x: float, y: float, anchor: str, label: str) -> str:
    return f'<text class="x" text-anchor="{anchor}" x="{x}" y="{y}">{label}</text>'


def _fitting(name: str) -> str:
    return name if len(name) <= 26 else f"{name[:12]}…{name[-13:]}"


def _summary(series: Sequence[Series]) -> str:
    """The chart for those who do not see it."""
    told = [f"{one.label} {number(one.points[-1][1])}" for one in series if one.points]
    return "Newest: " + ", ".join(told) if told else "No data"


def _opening(width: float, height: float, title: str, summary: str) -> str:
    label = escape(f"{title}. {summary}", quote=True)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
