"""The target's column says the task, and which class is predicted."""

from __future__ import annotations

import polars as pl
import pytest

from cli.infer.column import describe
from cli.infer.target import TargetGuess, guess_target
from ghosteam.errors import InvalidInput


def guessed(cells: list[str], name: str = "y", **asked: str) -> TargetGuess:
    column = describe(pl.Series(name, cells * 30, pl.String))
    return guess_target(column, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "task", "classes"),
    [
        (["0", "1", "1"], "binary", ()),
        (["0.0", "1.0"], "binary", ()),
        (["true", "false"], "binary", ()),
        (["1", "2"], "binary", ("1", "2")),
        (["1.0", "2.0"], "binary", ("1", "2")),
        (["-1", "1"], "binary", ("-1", "1")),
        (["yes", "no"], "binary", ("no", "yes")),
        (["N", "Y"], "binary", ("N", "Y")),
        (["Churned", "Stayed", "Stayed"], "binary", ("Stayed", "Churned")),
        (["not late", "late"], "binary", ("not late", "late")),
        (["<=50K", ">50K", ">50K"], "binary", ("<=50K", ">50K")),
        (["benign", "malignant", "malignant"], "binary", ("benign", "malignant")),
        (["no", "yes", "unknown"], "binary", ("no", "yes")),
        (["nein", "ja", "k. A."], "binary", ("ja", "nein")),
        (["a", "b", "c"], "multiclass", ("a", "b", "c")),
        (["3", "1", "2", "10"], "multiclass", ("1", "2", "3", "10")),
        ([str(number) for number in range(40)], "regression", ()),
        (["1.5", "2.25", "3"], "regression", ()),
        (["100", "2000", "30000"], "regression", ()),
    ],
)
def test_the_outcomes_say_the_task(cells: list[str], task: str, classes: tuple[str, ...]) -> None:
    found = guessed(cells)
    assert (found.task, found.classes) == (task, classes)


def test_a_word_for_an_unknown_outcome_is_missing_and_no_class() -> None:
    found = guessed(["no", "yes", "unknown"])
    assert found.column.nullable and found.column.markers == ("", "unknown")
    assert any("not known" in finding.text for finding in found.findings)


def test_capital_letters_make_no_other_class() -> None:
    cells = ["Yes", "yes", "YES", "no", "NO"] * 20
    guess = guess_target(describe(pl.Series("Paid?", cells)))
    assert (guess.task, guess.classes, guess.expr) == ("binary", ("no", "yes"), 'lower("Paid?")')
    assert "NO and no are one class" in guess.findings[0].text
    assert guess.told(pl.Series(["YES", None])).to_list() == ["yes", None]


def test_the_user_may_say_the_task() -> None:
    assert guessed(["1", "2", "3"], task="regression").task == "regression"
    assert guessed(["1", "2", "3"]).findings[0].sure == "a guess"


@pytest.mark.parametrize(
    ("cells", "asked", "message"),
    [
        (["1"], {}, "one value in all rows"),
        ([""], {}, "no value in any row"),
        (["2024-01-01", "2024-01-02"], {}, "is a time"),
        (["a", "b"], {"task": "regression"}, "is text"),
        (["a", "b", "c"], {"task": "binary"}, "has two"),
        (["a", "b"], {"task": "multiclass"}, "binary problem"),
        ([f"name {number}" for number in range(40)], {}, "too many classes"),
    ],
)
def test_what_cannot_be_predicted_is_refused(
    cells: list[str], asked: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        guessed(cells, **asked)


@pytest.mark.parametrize(
    ("column", "name", "expr"),
    [
        ("late", "late", "late"),
        ("Größe in m", "grosse_in_m", '"Größe in m"'),
        ("class", "class", '"class"'),
        ("2nd", "nd", '"2nd"'),
        ("年齢", "outcome", "年齢"),
        ("target_value", "target_value", "target_value"),
    ],
)
def test_an_outcome_has_a_name_and_an_expression_whatever_its_column_is_called(
    column: str, name: str, expr: str
) -> None:
    found = guessed(["0", "1"], column)
    assert (found.name, found.expr) == (name, expr)
    assert pl.sql_expr(found.expr).meta.root_names() == [column]
