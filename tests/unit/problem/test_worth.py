"""What a prediction is worth reads what is known of it, and is a number that tells models apart."""

from __future__ import annotations

import pytest

from ghosteam.problem.expressions.expression import expression_of
from ghosteam.problem.load import parse_problem
from ghosteam.problem.worth import kinds_of_answers, logged_values
from tests.unit.problem.bikes import TEXT
from tests.unit.problem.faults import faults_of
from tests.unit.problem.test_outcomes_meaning import KINDS

NUMBERS = (
    TEXT.replace("task: binary", "task: regression")
    .replace("minutes > 30", "minutes")
    .replace("rate: long", "mean: long")
    .replace("roc_auc, at_least", "rmse, at_most")
)
DERIVED = TEXT.replace(
    "  windows:", "  derived: [{name: windy, expr: weather.wind > 9}]\n  windows:"
)


def valued(value: str) -> tuple[str, str]:
    return "promote:", f"decide: {{value: '{value}'}}\npromote:"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (TEXT, "case when decision then 4 when outcome then -9 else 0 end"),
        (TEXT, "case when decision and kind = ''NO'' then weather.wind else -prediction end"),
        (TEXT, "case when decision then station_long * ride end"),
        (TEXT, "prediction.long * extract(hour FROM event_time)"),
        (DERIVED, "case when windy and decision then 1 else 0 end"),
        (KINDS, "case when outcome = decision then 1 else prediction.c - 1 end"),
        (NUMBERS, "-3 * abs(outcome - prediction)"),
        (NUMBERS, "case when outcome > prediction.upper then -5 else decision - outcome end"),
    ],
)
def test_a_worth_of_every_task(text: str, value: str) -> None:
    old, new = valued(value)
    problem = parse_problem(text.replace(old, new))
    known = {read: one.kind for read, one in logged_values(problem).items()}
    assert problem.decide.value and problem.decide.threshold == 0.5
    expression = expression_of(problem.decide.value)
    assert expression.kind(known | kinds_of_answers(problem)) in ("integer", "number")


@pytest.mark.parametrize(
    ("text", "value", "says", "remedy"),
    [
        (TEXT, "prediction *", "its end where a value should stand", "as in SELECT"),
        (TEXT, "prediction * minutes", "does not hold this column", "features.request"),
        (TEXT, "prediction * weekend", "does not hold this column", "weather.wind"),
        (TEXT, "prediction * wnd", "nothing that is called so", "names are outcome"),
        (TEXT, "prediction * weather.hour", "nothing that is called so", "Names are"),
        (TEXT, "prediction * long", "is the target", "Write outcome"),
        (TEXT, "outcome = decision", "gives a boolean", "CASE WHEN"),
        (TEXT, "-abs(outcome - prediction)", "takes numbers, not a boolean", "CASE WHEN"),
        (TEXT, "case when decision then NULL end", "is always null", "CASE WHEN"),
        (TEXT, "case when outcome then 1 else 0 end", "same for every model", "prediction.long"),
        (KINDS, "-prediction", "of several classes", "prediction.a"),
        (NUMBERS, "outcome - prediction.highest", "nothing that is called so", "prediction.upper"),
    ],
)
def test_what_cannot_be_computed_of_each_prediction_is_refused(
    text: str, value: str, says: str, remedy: str
) -> None:
    [fault] = faults_of(text, valued(value))
    line = 1 + text[: text.index("promote:")].count("\n")
    assert (fault.where["field"], fault.where["line"]) == ("decide.value", line)
    assert says in fault.message
    assert remedy.lower() in f"{fault.message}. {fault.remedy}".lower()


def test_what_is_private_is_in_no_log() -> None:
    private = ("values: [NO, NA2]", "values: [NO, NA2], private: true")
    unsliced = (", slices: [kind]", "")
    [fault] = faults_of(
        TEXT, private, unsliced, valued("case kind when ''NO'' then prediction end")
    )
    assert "is private" in fault.message


def test_of_a_derived_feature_that_is_at_fault_only_that_is_told() -> None:
    wrong = ("weather.wind > 9", "kind > 9")
    [fault] = faults_of(DERIVED, wrong, valued("case when windy then prediction end"))
    assert fault.where["field"] == "features.derived.0.expr"


def test_an_answer_is_not_a_column_too() -> None:
    [fault] = faults_of(
        TEXT,
        ("kind:", "outcome:"),
        ("[kind]", "[outcome]"),
        valued("case outcome when TRUE then prediction end"),
    )
    assert "the name of a column or a feature too" in fault.message and "Rename" in fault.remedy


def test_a_prediction_is_worth_one_thing() -> None:
    values = "{hit: 5, miss: -20, false_alarm: -1}"
    [fault] = faults_of(
        TEXT, ("promote:", f"decide: {{values: {values}, value: prediction}}\npromote:")
    )
    assert fault.where["field"] == "decide" and "both say what" in fault.message
