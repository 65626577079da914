from __future__ import annotations

import pytest
import yaml

from ghosteam.data.targets import expression_faults
from ghosteam.problem.load import InvalidProblems, parse_problem

TEXT = """\
version: 1
problem: bikes
task: {task}
entities: {{ride: [ride]}}
event_time: starts
target:
  name: long
  known_at: event_time + 1d
  expr: {expr}
  classes: {classes}
datasets:
  rides:
    role: events
    columns: {{ride: integer, starts: timestamp, kind: string, minutes: "number?", end: "string?"}}
features: {{request: [kind]}}
"""


def faults(task: str, expr: str, classes: str = "") -> list[str]:
    quoted = yaml.safe_dump(expr, default_style="'", width=1000).strip()
    text = TEXT.format(task=task, expr=quoted, classes=f"[{classes}]")
    try:
        parse_problem(text, also=expression_faults)
    except InvalidProblems as error:
        assert [fault.where["line"] for fault in error.faults] == [9] * len(error.faults)
        return [f"{fault.message}. {fault.remedy}" for fault in error.faults]
    return []


@pytest.mark.parametrize(
    ("task", "expr", "classes"),
    [
        ("binary", "minutes > 30", ""),
        ("binary", "CASE WHEN minutes > 30 THEN 1 ELSE 0 END", ""),
        ("binary", "\"end\" = 'home'", ""),
        ("binary", '"end"', "'no', 'yes'"),
        ("multiclass", '"end"', "a, b, c"),
        ("multiclass", "CAST(minutes AS INT)", "1, 2, 3"),
        ("regression", "minutes / 60", ""),
    ],
)
def test_a_target_that_gives_outcomes_of_its_task_is_right(
    task: str, expr: str, classes: str
) -> None:
    assert faults(task, expr, classes) == []


@pytest.mark.parametrize(
    ("task", "expr", "classes", "says"),
    [
        ("binary", "minutes > 30 and seconds > 1", "", "a column that the events do not have"),
        ("binary", "minutes >", "", "is no SQL expression"),
        ("binary", "concat(minutes, 'x')", "", "gives text; outcomes are true or false"),
        ("regression", "minutes > 30", "", "gives Boolean; outcomes are a number of at most 1e+30"),
        ("regression", '"end"', "", "gives text; outcomes are a number of at most 1e+30"),
        ("multiclass", "minutes", "a, b, c", "gives Float64; outcomes are one of a, b, c"),
    ],
)
def test_a_target_that_cannot_be_is_named_with_its_line_and_a_remedy(
    task: str, expr: str, classes: str, says: str
) -> None:
    found = faults(task, expr, classes)
    assert len(found) == 1 and says in found[0], found


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("minutes > 3", None),
        ("kind = 'sum(a)' OR minutes IS NULL", None),
        ("ROUND(minutes, 1) / 60 > 1", None),
        ("minutes", "gives Float64, not true or false. Write it as in WHERE: amount > 0"),
        ("minute > 3", "reads a column that the events do not have"),
        ("minutes >", "is no SQL expression"),
        ("minutes > avg(minutes)", "reads other rows than its own"),
        ("count(*) > 3", "reads other rows than its own"),
        ("row_number() OVER (ORDER BY minutes) < 5", "reads other rows than its own"),
    ],
)
def test_a_window_s_filter_is_a_condition_over_one_row(where: str, says: str | None) -> None:
    window = f'{{name: rides_7d, by: [kind], count: rows, over: 7d, where: "{where}"}}'
    text = TEXT.format(task="binary", expr="minutes > 30", classes="[]")
    text = text.replace("{request: [kind]}", f"{{request: [kind],\n  windows: [{window}]}}")
    found = [*expression_faults(parse_problem(text))]
    assert len(found) == (says is not None)
    for fault in found:
        assert says and says in f"{fault.message}. {fault.remedy}"
        assert fault.place == ("features", "windows", 0, "where")
