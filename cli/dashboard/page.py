"""The dashboard as one HTML page: no script, nothing from elsewhere, readable by keyboard, on a
phone and without eyes.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from urllib.parse import quote, urlencode

from cli.dashboard.board import Note
from cli.dashboard.chart import COLOURS, cells, heat_steps, lines, number
from cli.dashboard.read import (
    Board,
    Drawn,
    DrawnAlarm,
    DrawnAlarms,
    DrawnChart,
    DrawnLinks,
    DrawnTexts,
    Series,
)
from ghosteam.alerting.sections import section_of

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
_STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""The page's content security policy. In a file it cannot forbid frames, and leaves that out."""
RANGES = {"3h": "3 hours", "1d": "1 day", "7d": "7 days", "30d": "30 days", "90d": "90 days"}
_ROWS = 25


def page(board: Board, chosen: str, *, links: bool = True) -> str:
    """The page; ``chosen`` is a key of ``RANGES``. ``links``: it has other pages, to which it
    leads; a page that is kept in a file has none.
    """
    title = f"{board.problem or 'All problems'}, {board.environment}"
    in_file = re.sub(r"; frame-ancestors [^;]*", "", POLICY)
    policy = escape(in_file, quote=True)
    return "".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)} · Ghosteam</title><style>{STYLE}</style></head><body>",
            '<a class="skip" href="#main">To the charts</a>',
            f"<header><h1>{escape(title)}</h1>",
            f"<p>{RANGES[chosen]} until {board.end:%Y-%m-%d %H:%M} UTC. All times are UTC.</p>",
            *_reasons(board),
            *(_navigation(board, chosen) if links else ()),
            '</header><main id="main">',
            *(_panel(panel, board) for panel in board.panels),
            "</main></body></html>\n",
        ]
    )


_REASONS = (
    ("What serves, and why it was or was not retrained, refused or rolled back", "why"),
    ("The verdict on the newest window, as a page", "report drift"),
)


def _reasons(board: Board) -> Iterator[str]:
    """Where to look for what no chart says."""
    if board.problem is None:
        return
    for told, command in _REASONS:
        text = f"./ghosteam {command} {board.problem} --environment {board.environment}"
        yield f"<p>{told}: <code>{escape(text)}</code></p>"


def _navigation(board: Board, chosen: str) -> Iterator[str]:
    boards = [("All problems", None), *((name, name) for name in board.problems)]
    yield '<nav aria-label="Dashboards">'
    for label, problem in boards:
        yield _link(label, _address(problem, chosen), current=problem == board.problem)
    yield '</nav><nav aria-label="Time">'
    for key, label in RANGES.items():
        yield _link(label, _address(board.problem, key), current=key == chosen)
    yield "</nav>"


def _address(problem: str | None, chosen: str) -> str:
    return f"/{quote(problem or '')}?{urlencode({'range': chosen})}"


def _link(label: str, address: str, *, current: bool) -> str:
    mark = ' aria-current="page"' if current else ""
    return f'<a href="{escape(address, quote=True)}"{mark}>{escape(label)}</a>'


def _panel(panel: Drawn, board: Board) -> str:
    match panel:
        case DrawnAlarms():
            inside = "".join(_alarms(panel.alarms, board))
            return _section(panel.title, inside, "" if board.problem else " wide")
        case DrawnChart():
            return _section(panel.chart.title, "".join(_chart(panel, board)), "")
        case DrawnTexts():
            told = "".join(f"<pre>{escape(text)}</pre>" for text in panel.texts)
            return _section(panel.title, told or "<p>There are none.</p>", " wide")
        case DrawnLinks():
            items = (
                f"<li>{_link(text, address, current=False)}</li>" for text, address in panel.links
            )
            return _section(panel.title, f"<ul>{''.join(items)}</ul>", " wide")
        case Note():
            return _section(panel.title, f"<p>{escape(panel.text)}</p>", "")


def _section(title: str, inside: str, kind: str) -> str:
    return f'<section class="panel{kind}"><h2>{escape(title)}</h2>{inside}</section>'


def _alarms(alarms: Sequence[DrawnAlarm], board: Board) -> Iterator[str]:
    raised = [one for one in alarms if one.state == "ALARM"]
    yield f"<p>{len(raised)} of {len(alarms)} raised.</p>" if alarms else "<p>There are none.</p>"
    if raised:
        yield f'<ul class="alarms">{"".join(_alarm(one, board) for one in raised)}</ul>'
    rest = [one for one in alarms if one.state != "ALARM"]
    if rest:
        inside = "".join(_alarm(one, board) for one in rest)
        yield f'<details><summary>The others</summary><ul class="alarms">{inside}</ul></details>'


_WORDS = {"ALARM": "raised", "OK": "fine", "INSUFFICIENT_DATA": "no data yet"}


def _alarm(one: DrawnAlarm, board: Board) -> str:
    said, section = section_of(one.what)
    about = f"why {board.problem} alarm {one.name}" if board.problem else "status"
    command = f"./ghosteam {about} --environment {board.environment}"
    place = f" and docs/runbook.md, {section}" if section else ""
    return (
        f'<li class="{one.state.lower()}"><strong>{_WORDS.get(one.state, one.state)}</strong> '
        f"since {one.since:%Y-%m-%d %H:%M}: {escape(said or one.name)} "
        f"<span>See <code>{escape(command)}</code>{escape(place)}.</span></li>"
    )


def _chart(drawn: DrawnChart, board: Board) -> Iterator[str]:
    chart, begin, end = drawn.chart, board.begin, board.end
    series = [one for one in drawn.series if one.points]
    if not series:
        yield '<p class="empty">Nothing was measured in this time.</p>'
        return
    if chart.heat:
        yield cells(series, begin, end, title=chart.title)
        steps = (f'<li class="h{n}">{told}</li>' for n, told in enumerate(heat_steps()))
        yield f'<ul class="legend heat">{"".join(steps)}</ul>'
    else:
        yield lines(series, begin, end, low=chart.low, high=chart.high, title=chart.title)
        newest = [(escape(one.label), number(one.points[-1][1])) for one in series]
        keys = (
            f'<li class="s{n % COLOURS}">{label} <b>{value}</b></li>'
            for n, (label, value) in enumerate(newest)
        )
        yield f'<ul class="legend">{"".join(keys)}</ul>'
    if drawn.left_off:
        yield f"<p>{drawn.left_off} more are not shown.</p>"
    yield _table(series)


def _table(series: Sequence[Series]) -> str:
    """The newest values, for those who want numbers or see no chart."""
    moments = sorted({moment for one in series for moment, _ in one.points})[-_ROWS:]
    known = [dict(one.points) for one in series]
    head = "".join(f'<th scope="col">{escape(one.label)}</th>' for one in series)
    rows = []
    for moment in reversed(moments):
        cells_of = (one.get(moment) for one in known)
        inside = "".join(f"<td>{'' if v is None else number(v)}</td>" for v in cells_of)
        rows.append(f'<tr><th scope="row">{moment:%Y-%m-%d %H:%M}</th>{inside}</tr>')
    return (
        f'<details><summary>Values</summary><div class="table" tabindex="0" role="region" '
        f'aria-label="Values"><table><thead><tr><th scope="col">UTC</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div></details>"
    )
