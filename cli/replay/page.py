"""A replay as one HTML page: no script, and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from cli.dashboard.chart import COLOURS, lines
from cli.dashboard.page import STYLE
from cli.dashboard.read import Series
from cli.data_report.html import Html, document, element, row, table
from cli.replay.timeline import timeline
from cli.replay.told import ReplayResult, cells, heads, introduction, notes, written
from ghosteam.retraining.replay.course import Course, ReplayedWindow
from ghosteam.undetermined import Undetermined

_OWN = """
main { grid-template-columns: 1fr; max-width: 60rem; }
header { max-width: 60rem; }
.table { max-height: none; }
.table td:last-child, details .table td:nth-child(5) {
  min-width: 12rem;
  white-space: normal;
  overflow-wrap: anywhere;
}
.table :is(th, td):is(:first-child, :last-child), details .table :is(th, td) { text-align: left; }
details .table { max-height: 24rem; }
circle.asked { fill: none; stroke: var(--bad); stroke-width: 1.5; }
"""


def page(replayed: ReplayResult) -> str:
    """The page."""
    courses, title = replayed.courses, f"{replayed.problem.problem} · replay"
    return document(
        title,
        STYLE + _OWN,
        element("header", element("h1", title), element("p", introduction(replayed))),
        element(
            "main",
            _section("What each policy comes to", _summary(replayed)),
            _section(f"{replayed.problem.promote.metric} of each window", *_over_time(courses)),
            _section(
                "Runs and questions",
                timeline(courses),
                element("p", "Disks are runs, rings are times that somebody was asked."),
            ),
            _section("What this rests on", element("ul", *_items(notes(replayed)))),
            _section("Each window", *(_windows(course) for course in courses)),
        ),
    )


def _section(title: str, *content: Html) -> Html:
    return element("section", element("h2", title), *content, class_="panel")


def _items(texts: Sequence[str]) -> list[Html]:
    return [element("li", text) for text in texts]


def _summary(replayed: ReplayResult) -> Html:
    rows = [
        element(
            "tr",
            *(element("td", cell) for cell in cells(course, replayed)),
            element("td", course.policy.rule),
        )
        for course in replayed.courses
    ]
    return _wide(table([*heads(replayed), "rule"], rows))


def _wide(inside: Html) -> Html:
    return element("div", inside, class_="table", tabindex="0", role="region", aria_label="Values")


def _over_time(courses: Sequence[Course]) -> list[Html]:
    series = [
        Series(
            course.policy.name,
            tuple(
                (step.window[1], step.value)
                for step in course.steps
                if not isinstance(step.value, Undetermined)
            ),
        )
        for course in courses
    ]
    begin, end = courses[0].steps[0].window[0], courses[0].steps[-1].window[1]
    keys = (
        element("li", course.policy.name, " ", element("b", written(course.value)), class_=f"s{n}")
        for n, course in ((place % COLOURS, one) for place, one in enumerate(courses))
    )
    chart = lines(series, begin, end, low=None, high=None, title="The metric of each window")
    return [Html(chart), element("ul", *keys, class_="legend")]


def _windows(course: Course) -> Html:
    heads = ("window to", "model of", "outcomes", "metric", "asked", "run")
    inside = _wide(table(heads, [_window(step) for step in course.steps]))
    return element("details", element("summary", course.policy.name), inside)


def _window(step: ReplayedWindow) -> Html:
    ran = step.ran or (f"not made: {step.held}" if step.held else "")
    return row(
        f"{step.window[1]:%Y-%m-%d %H:%M}",
        f"{step.model:%Y-%m-%d %H:%M}",
        f"{step.rows:,}",
        written(step.value),
        "; ".join(step.asked),
        ran,
    )
