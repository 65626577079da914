"""When runs were made and somebody was asked, as SVG: a line for each policy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from cli.dashboard.chart import COLOURS, WIDTH
from cli.data_report.html import Html
from ghosteam.retraining.replay.course import Course, ReplayedWindow

_LEFT, _RIGHT, _ROW, _BOTTOM = 100, 12, 26, 24


def timeline(courses: Sequence[Course]) -> Html:
    """Runs are disks, questions are rings above the line; each says why when it is pointed at."""
    first, last = courses[0].steps[0].window[0], courses[0].steps[-1].window[1]
    height = _ROW * len(courses) + _BOTTOM
    told = "; ".join(f"{one.policy.name}: runs {one.runs}, asked {one.asked}" for one in courses)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(f"Runs and questions. {told}", quote=True)}">'
    ]
    for place, course in enumerate(courses):
        middle = place * _ROW + _ROW / 2 + 4
        name = escape(course.policy.name)
        parts.append(f'<text class="name" x="{_LEFT - 10}" y="{middle + 4}">{name}</text>')
        right = WIDTH - _RIGHT
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{middle}" y2="{middle}"/>')
        parts.append(_mark(_LEFT, middle, 4.5, f"s{place % COLOURS}", "the first model"))
        for step in course.steps:
            x = _place(step.window[1], first, last)
            if step.ran is not None:
                parts.append(_mark(x, middle, 4.5, f"s{place % COLOURS}", _said(step, "run")))
            if step.asked:
                parts.append(_mark(x, middle - 8, 2.5, "asked", _said(step, "asked")))
    for x, moment, anchor in ((_LEFT, first, "start"), (WIDTH - _RIGHT, last, "end")):
        text = f"{moment:%Y-%m-%d}"
        parts.append(f'<text text-anchor="{anchor}" x="{x}" y="{height - 6}">{text}</text>')
    return Html("".join([*parts, "</svg>"]))


def _place(moment: datetime, first: datetime, last: datetime) -> float:
    return round(_LEFT + (moment - first) / (last - first) * (WIDTH - _RIGHT - _LEFT), 1)


def _mark(x: float, y: float, radius: float, kind: str, why: str) -> str:
    return (
        f'<circle class="{kind}" cx="{x}" cy="{y}" r="{radius}"><title>{escape(why)}</title>'
        "</circle>"
    )


def _said(step: ReplayedWindow, what: str) -> str:
    why = (step.ran or "",) if what == "run" else step.asked
    return f"{step.window[1]:%Y-%m-%d}: {what}, {'; '.join(why)}"
