"""Times, ids, features, leaks and joins follow from the columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from cli.infer.column import InferredColumn, describe
from cli.infer.event_time import TimeGuess, guess_time
from cli.infer.features import choose_features
from cli.infer.finding import Inference
from cli.infer.identity import guess_identity
from cli.infer.joins import InferredLookup, guess_lookup
from cli.infer.leaks import suspects
from cli.infer.strength import strength
from cli.infer.target import guess_target
from cli.infer.typed import typed
from ghosteam.errors import InvalidInput
from ghosteam.tasks.task import TASKS

N = 400
RANDOM = np.random.default_rng(0)
HOURS = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=6 * i) for i in range(N)]
NOISE = [f"{number:.4f}" for number in RANDOM.normal(size=N)]
SOME = [str(number) for number in RANDOM.integers(0, 5, N)]


def table(**columns: list[str]) -> tuple[pl.DataFrame, dict[str, InferredColumn]]:
    rows = pl.DataFrame(columns)
    found = {column.name: describe(column) for column in rows}
    return typed(rows, found), found


def iso(times: list[datetime]) -> list[str]:
    return [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in times]


def time_of(asked: str | None = None, **columns: list[str]) -> str:
    return guess_time(*table(**columns), asked=asked).expression


PARTS = {
    "year": [str(time.year) for time in HOURS],
    "mnth": [str(time.month) for time in HOURS],
    "day": [str(time.day) for time in HOURS],
    "hr": [str(time.hour) for time in HOURS],
}


def test_a_time_may_be_split_over_columns() -> None:
    assert time_of(**PARTS) == "date(year, mnth, day) + hr hours"
    assert time_of(**{name: PARTS[name] for name in ("year", "mnth")}) == "date(year, mnth)"


def test_a_day_and_an_hour_make_a_time() -> None:
    days = [f"{time:%Y-%m-%d}" for time in HOURS]
    assert time_of(dteday=days, hr=PARTS["hr"]) == "dteday + hr hours"


@pytest.mark.parametrize("form", ["%H:%M", "%H:%M:%S", "%I:%M %p", "%H%M"])
def test_a_day_and_a_clock_make_a_time(form: str) -> None:
    days, shown = [f"{time:%Y-%m-%d}" for time in HOURS], [f"{time:{form}}" for time in HOURS]
    assert time_of(date=days, time=shown) == "date + time clock"
    assert time_of("date,time", date=days, time=shown) == "date + time clock"
    assert time_of(date=days, closing_time=shown, start_time=shown) == "date + start_time clock"
    parts = {name: PARTS[name] for name in ("year", "day")}
    months = [f"{time:%B}" for time in HOURS]
    expression = "date(year, month, day) + time clock"
    assert time_of(**parts, month=months, time=shown) == expression
    assert time_of(date=days, elapsed_time=shown) == time_of(date=days, x=shown) == "date"
    assert time_of(date=days, time=[*shown[1:], "late"]) == "date"


def test_digits_of_a_clock_may_have_lost_their_zeros() -> None:
    days, shown = [f"{time:%Y-%m-%d}" for time in HOURS], [f"{int(f'{t:%H%M}')}" for t in HOURS]
    assert time_of(date=days, dep_time=shown) == "date + dep_time clock"
    minutes = [str(number % 60) for number in range(N)]
    assert time_of(date=days, time=minutes) == "date"


def test_months_may_be_named() -> None:
    years = {"year": [str(1950 + number // 12) for number in range(N)]}
    months = [f"{datetime(2000, 1 + number % 12, 1):%b}" for number in range(N)]
    assert time_of(**years, month=months) == "date(year, month)"
    assert time_of("year,month", **years, month=months) == "date(year, month)"
    assert time_of(**years, month=["Q1", *months[1:]]) == "date(year)"


def test_a_time_that_names_an_event_is_taken_before_one_of_a_thing_or_an_end() -> None:
    later = iso([time + timedelta(days=2) for time in HOURS])
    assert time_of(closed_at=later, created_at=iso(HOURS)) == "created_at"
    assert time_of(birth_date=iso(HOURS), visit=iso(HOURS)) == "visit"


@pytest.mark.parametrize(
    "columns",
    [{"x": NOISE}, {"year": ["2013"] * N}, {"yr": SOME}, {"at": [iso(HOURS)[0]] * N}],
)
def test_without_a_time_there_is_none(columns: dict[str, list[str]]) -> None:
    assert time_of(**columns) == "none"


def test_a_few_rows_may_lack_their_time_and_it_is_told() -> None:
    def found(gaps: int) -> TimeGuess:
        times = ["" if number % gaps == 0 else time for number, time in enumerate(iso(HOURS))]
        return guess_time(*table(at=times))

    assert found(40).expression == "at" and "are quarantined" in found(40).findings[0].text
    assert found(5).expression == "none" and "rows lack 'at'" in found(5).findings[0].text


def test_a_year_alone_is_a_time() -> None:
    years = [str(1950 + number % 60) for number in range(N)]
    found = guess_time(*table(year=years))
    assert (found.expression, found.step) == ("date(year)", timedelta(days=366))


@pytest.mark.parametrize(
    ("asked", "expression"),
    [("none", "none"), ("b", "b"), ("year,mnth", "date(year, mnth)"), ("a b", '"a b"')],
)
def test_the_user_may_say_the_time(asked: str, expression: str) -> None:
    columns = {"a b": iso(HOURS), "b": iso(HOURS), **PARTS}
    assert time_of(asked, **columns) == expression


@pytest.mark.parametrize("asked", ["x", "nothing", "year,x"])
def test_what_is_no_time_is_refused(asked: str) -> None:
    with pytest.raises(InvalidInput):
        time_of(asked, x=NOISE, **PARTS)


def identity(  # type: ignore[no-untyped-def]
    time: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    **columns: list[str],
):
    return guess_identity(*table(**columns), time=time, without=without)


IDS = [str(number) for number in range(N)]


def test_a_column_that_names_rows_is_their_id() -> None:
    assert identity(x=NOISE, order_id=IDS).id == ("order_id",)
    assert identity(nr=[f"{i}.0" for i in range(N)]).id == ("nr",)
    assert identity(x=IDS).id == ("x",)


def test_what_is_no_id_is_none() -> None:
    for columns in ({"x": NOISE}, {"fnlwgt": IDS}, {"income": IDS}, {"late_id": IDS}):
        found = identity(without=("late_id",), **columns)
        assert found.added == ("income" not in columns), columns


def test_an_id_in_which_a_customer_comes_again_is_about_the_customer() -> None:
    customers = [str(number % 50) for number in range(N)]
    found = identity(("at",), order_id=IDS, customer_id=customers, at=iso(HOURS))
    assert (found.columns, found.id) == (("customer_id",), ("order_id",))


def test_a_thing_and_its_time_name_an_event() -> None:
    twice = iso([time for time in HOURS for _ in range(2)])[:N]
    station = ["A", "B"] * (N // 2)
    found = identity(("at",), station=station, x=NOISE, at=twice)
    assert (found.columns, found.id) == (("station",), ())
    assert identity(("at",), x=NOISE, at=iso(HOURS)).columns == ("at",)


def chosen(**columns: list[str]) -> dict[str, str]:
    rows, found = table(**columns)
    return dict(choose_features(rows, found, taken=()).left_out)


def test_what_no_model_can_learn_from_is_left_out_with_the_reason() -> None:
    words = RANDOM.choice(["the", "of", "and", "a", "to", "in"], (N, 9))
    left = chosen(
        x=NOISE,
        copy=NOISE,
        constant=["a"] * N,
        empty=[""] * N,
        note=[" ".join(line) for line in words],
        name=[f"person {number}" for number in range(N)],
        at=iso(HOURS),
        long=["x" * 300 + str(number % 3) for number in range(N)],
        grade=SOME,
        grade_name=[f"grade {grade}" for grade in SOME],
    )
    assert {name: why.split(":")[0] for name, why in left.items()} == {
        "copy": "it is the same as 'x'",
        "constant": "it is 'a' in all rows",
        "empty": "it is empty",
        "note": "it is free text",
        "name": "it names things",
        "at": "it is a time, and no model reads times",
        "long": "its texts are up to 301 characters long",
        "grade_name": "it says the same as 'grade' in other words",
    }


def late(
    outcome: list[str], time: str = "none", kept: str = "", **columns: list[str]
) -> tuple[dict[str, str], list[Inference]]:
    rows, found = table(y=outcome, **columns)
    target = guess_target(found["y"])
    found["y"] = target.column
    values = TASKS.find(target.task).outcomes(typed_outcome(rows, target.column), target.classes)
    return suspects(rows, values, found, target, event_time=time, kept=kept.split())


def typed_outcome(rows: pl.DataFrame, column: InferredColumn) -> pl.Series:
    return rows["y"]


Y = [str(int(float(number) > 0)) for number in NOISE]


def test_columns_that_know_the_outcome_are_left_out() -> None:
    found, _ = late(
        Y,
        paid=[f"{10 * int(y) + float(n) / 9:.3f}" for y, n in zip(Y, reversed(NOISE), strict=True)],
        word=["lost" if y == "0" else "won" for y in Y],
        noise=list(reversed(NOISE)),
        grade=SOME,
    )
    assert found.keys() == {"paid", "word"}


def test_a_strong_column_is_kept_and_said() -> None:
    flipped = [str(1 - int(y)) if n % 20 == 0 else y for n, y in enumerate(Y)]
    found, findings = late(Y, strong=flipped)
    assert not found and "is it known before?" in findings[0].text


def test_a_column_that_is_said_to_be_known_before_is_kept() -> None:
    found, findings = late(Y, kept="word", word=["lost" if y == "0" else "won" for y in Y])
    assert not found and findings[0].text.startswith("kept")


def test_times_after_the_event_are_left_out() -> None:
    later = iso([time + timedelta(days=2) for time in HOURS])
    found, _ = late(Y, "at", at=iso(HOURS), closed=later)
    assert found.keys() == {"closed"}


def test_what_is_filled_only_with_the_outcome_is_left_out() -> None:
    unknown = ["" if number % 5 == 0 else y for number, y in enumerate(Y)]
    result = ["" if number % 5 == 0 else n for number, n in enumerate(reversed(NOISE))]
    found, _ = late(unknown, result=result, noise=list(reversed(NOISE)))
    assert found.keys() == {"result"}


def test_parts_whose_sum_is_the_outcome_are_left_out() -> None:
    one, other = RANDOM.integers(0, 1000, (2, N))
    total = [str(a + b) for a, b in zip(one, other, strict=True)]
    found, _ = late(total, casual=[*map(str, one)], registered=[*map(str, other)], x=NOISE)
    assert found == dict.fromkeys(("casual", "registered"), "y is casual + registered")


def test_a_column_of_noise_says_nothing_and_the_outcome_itself_everything() -> None:
    y = RANDOM.integers(0, 2, 2000).astype(float)
    assert strength(pl.Series("n", RANDOM.normal(size=2000)), y, numbers=False) < 0.2
    assert strength(pl.Series("n", y), y, numbers=False) == 1.0
    assert strength(pl.Series("n", 3 * y - 1), y, numbers=True) == pytest.approx(1.0)
    assert strength(pl.Series("n", [1.0] * 2000), y, numbers=True) == 0.0


def looked_up(rows: dict[str, list[str]], *, timed: bool = True) -> InferredLookup | Inference:
    events, found = table(plane=SOME, at=iso(HOURS), x=NOISE)
    return guess_lookup("other", *table(**rows), events, found, timed=timed, without=())


def test_a_table_with_a_row_for_each_key_is_looked_up_for_all_times() -> None:
    found = looked_up({"plane": ["0", "1", "2", "3", "4"], "seats": ["10", "20", "30", "40", "50"]})
    assert isinstance(found, InferredLookup)
    assert (found.key, found.time, found.features) == (("plane",), None, ("seats",))


def test_a_table_with_a_row_for_each_key_and_hour_is_looked_up_by_time() -> None:
    hours = [time for time in HOURS[:100] for _ in range(5)]
    rows = {"plane": ["0", "1", "2", "3", "4"] * 100, "at": iso(hours), "wind": (NOISE * 2)[:500]}
    found = looked_up(rows)
    assert isinstance(found, InferredLookup)
    assert (found.key, found.time, found.every) == (("plane",), "at", "6h")
    assert isinstance(looked_up(rows, timed=False), Inference)


@pytest.mark.parametrize(
    "rows",
    [{"other": SOME}, {"plane": ["7", "8"], "seats": ["1", "2"]}, {"plane": SOME, "x": NOISE}],
)
def test_a_table_that_no_event_finds_is_not_used(rows: dict[str, list[str]]) -> None:
    assert isinstance(looked_up(rows), Inference)
