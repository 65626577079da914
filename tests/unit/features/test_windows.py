from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ghosteam.features.windows import window_values
from ghosteam.problem.window import Window

WINDOW = Window.model_validate(
    {"name": "rate", "by": ["line"], "rate": "late", "over": "2d", "min_rows": 2}
)
MARCH = datetime(2024, 3, 1, tzinfo=UTC)
SCHEMA = {"line": pl.String, "_value": pl.Float64, "known_at": pl.Datetime("us", "UTC")}

Row = tuple[str | None, int | None, datetime | None]


def frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def values(table: pl.DataFrame) -> dict[tuple[str, date], float | None]:
    return {(line, bucket.date()): rate for line, bucket, rate in table.rows()}


def at(day: int, hour: float = 0) -> datetime:
    return MARCH + timedelta(days=day - 1, hours=hour)


def direct(rows: list[Row], line: str, bucket: datetime) -> float | None:
    """The definition, read literally."""
    known = [
        t
        for who, t, k in rows
        if who == line
        and t is not None
        and k is not None
        and bucket - timedelta(days=2) <= k < bucket
    ]
    return sum(known) / len(known) if len(known) >= 2 else None


def test_a_bucket_is_the_mean_of_what_became_known_in_the_days_before_it() -> None:
    rows: list[Row] = [
        ("A", 1, at(1, 9)),
        ("A", 0, at(1, 23)),
        ("A", 1, at(2, 5)),
        ("A", 0, at(4, 1)),
    ]
    # By hand: the 2nd sees 1, 0; the 3rd sees 1, 0, 1; the 4th sees only one row; the 5th sees one
    # row (of the 4th).
    assert values(window_values(frame(rows), WINDOW)) == {
        ("A", date(2024, 3, 2)): 0.5,
        ("A", date(2024, 3, 3)): 2 / 3,
        ("A", date(2024, 3, 4)): None,
        ("A", date(2024, 3, 5)): None,
        ("A", date(2024, 3, 6)): None,
    }


def test_a_row_of_another_century_costs_no_more_than_its_own_days() -> None:
    rows: list[Row] = [("A", 1, at(1)), ("A", 0, at(1)), ("A", 1, datetime(1701, 5, 1, tzinfo=UTC))]
    table = window_values(frame(rows), WINDOW)
    assert table["bucket"].dt.year().to_list() == [1701, 1701, 2024, 2024]
    assert table["rate"].to_list() == [None, None, 0.5, 0.5]


def test_a_row_known_at_midnight_belongs_to_the_day_that_begins_then() -> None:
    rows: list[Row] = [
        ("A", 1, at(2)),
        ("A", 1, at(2)),
        ("A", 0, at(1, 23.999)),
        ("A", 0, at(1, 23.999)),
    ]
    table = values(window_values(frame(rows), WINDOW))
    assert table[("A", date(2024, 3, 2))] == 0.0
    assert table[("A", date(2024, 3, 3))] == 0.5


def test_rows_without_outcome_or_group_do_not_count() -> None:
    rows: list[Row] = [("A", None, None), (None, 1, at(1)), ("A", 1, at(1)), ("A", 1, at(1))]
    assert values(window_values(frame(rows), WINDOW))[("A", date(2024, 3, 2))] == 1.0
    assert set(window_values(frame(rows), WINDOW)["line"]) == {"A"}


def test_no_outcomes_make_no_buckets() -> None:
    assert window_values(frame([("A", None, None)]), WINDOW).is_empty()


def test_a_backfill_that_became_known_later_changes_no_earlier_bucket() -> None:
    before: list[Row] = [("A", 1, at(1)), ("A", 0, at(1)), ("B", 1, at(2)), ("B", 1, at(2))]
    backfill: list[Row] = [("A", 1, at(3, 4)), ("B", 0, at(3, 5)), ("B", 0, at(3, 6))]
    old, new = (
        values(window_values(frame(before), WINDOW)),
        values(window_values(frame(before + backfill), WINDOW)),
    )
    until = at(3).date()
    assert {k: v for k, v in new.items() if k[1] <= until} == {
        k: v for k, v in old.items() if k[1] <= until
    }


rows_strategy = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", None]),
        st.sampled_from([0, 1, None]),
        st.none()
        | st.integers(0, 10 * 24 * 60).map(lambda minutes: MARCH + timedelta(minutes=minutes)),
    ),
    max_size=40,
)


@given(rows_strategy)
@settings(deadline=None)
def test_tiles_equal_the_definition(rows: list[Row]) -> None:
    table = window_values(frame(rows), WINDOW)
    for line, bucket, rate in table.rows():
        assert rate == direct(rows, line, bucket)
    found = values(table)
    for line in ("A", "B"):
        for day in range(-1, 15):
            assert found.get((line, at(day).date())) == direct(rows, line, at(day))


@given(rows_strategy, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_rows_changes_nothing(rows: list[Row], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert window_values(frame(shuffled), WINDOW).equals(window_values(frame(rows), WINDOW))
