"""What a task is asked for can be had: its classes come, its metric tells models apart, and its
limits can be met.
"""

from __future__ import annotations

import pytest

from ghosteam.problem.hashes import same_outcome
from ghosteam.problem.load import parse_problem
from tests.builders import REPOSITORY
from tests.seattle import BY_ITSELF, OWN
from tests.unit.problem.bikes import TEXT
from tests.unit.problem.faults import faults_of

LOST = "watch: {performance: {max_lost_a_day: 5}}\n"
ON = "retrain: {on: [readiness, drift, performance, value]}\n"
KINDS = (
    TEXT.replace("task: binary", "task: multiclass")
    .replace("minutes > 30,", "sort, classes: [a, b, c],")
    .replace("minutes: number?", "minutes: number?\n      sort: {type: string, nullable: true}")
    .replace("rate: long", "count: rows")
    .replace("metric: roc_auc, at_least: 0.6", "metric: log_loss")
)
BY = "beat_champion: {by: %s}, slices"
VALUES = "decide: {values: {hit: %s, miss: %s, false_alarm: -1}}\npromote:"


def test_the_problem_itself_is_sound() -> None:
    assert parse_problem(KINDS).outputs == ("a", "b", "c")
    parse_problem(KINDS.replace("log_loss", "top_2_accuracy"))


@pytest.mark.parametrize(
    ("text", "old", "new", "field", "says"),
    [
        (KINDS, "log_loss", "top_3_accuracy", "promote.metric", "needs 4 or more"),
        (KINDS, "[a, b, c]", '["", b, c]', "target", "1 to 256 characters, not 0"),
        (KINDS, "[a, b, c]", f"[{'a' * 257}, b, c]", "target", "1 to 256 characters, not 257"),
        (KINDS, "nullable: true", "nullable: true, null_values: [a]", "target.classes", "for null"),
        (TEXT, "slices", BY % ".nan", "promote.beat_champion.by", "finite number"),
        (TEXT, "slices", BY % "1.0", "promote", "can never be 1 better than another"),
        (TEXT, "slices", "max_slice_drop: .inf, slices", "promote.max_slice_drop", "finite"),
        (TEXT, "at_least: 0.6", "at_least: .nan", "promote.at_least", "finite number"),
        (TEXT, "promote:", VALUES % (".inf", 0), "decide.values.hit", "finite number"),
        (TEXT, "promote:", VALUES % ("1.0e+308", "-1.0e+308"), "decide.values", "too far apart"),
        (TEXT, "promote:", "retrain: {worth: 2}\npromote:", "retrain.worth", "there are none"),
        (TEXT, "promote:", LOST + "promote:", "watch.performance.max_lost_a_day", "are none"),
        (TEXT, "promote:", ON + "promote:", "retrain.on.3", "nothing says how much less"),
    ],
)
def test_what_no_data_and_no_model_could_meet_is_refused(
    text: str, old: str, new: str, field: str, says: str
) -> None:
    [fault] = faults_of(text, (old, new))
    assert fault.where["field"] == field
    assert says in fault.message and fault.remedy


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (OWN, BY_ITSELF, True),
        ("name: tomorrow", "name: later", True),
        ("known_at: ", "matures: 2d, known_at: ", True),
        ("expr: tomorrow", "expr: lower(tomorrow)", False),
        (OWN, OWN.replace("true}", "true, null_values: [none]}"), False),
    ],
)
def test_an_outcome_is_what_it_says_of_which_event(old: str, new: str, same: bool) -> None:
    text = (REPOSITORY / "seattle" / "problem.yaml").read_text()
    assert old in text
    one, other = parse_problem(text), parse_problem(text.replace(old, new))
    assert same_outcome(one, other) is same_outcome(other, one) is same
