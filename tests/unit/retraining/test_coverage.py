"""Rows by day, against counting all of them anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghosteam.aws.batches import BatchLedger
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.documents.coverage import DayRows, by_month
from ghosteam.retraining.coverage import exchanged, together
from ghosteam.steps.covered_days import covered_days, note_covered
from tests.accounts import FLIGHTS, Account, memory_account

START = datetime(2013, 1, 25, tzinfo=UTC)
ROWS = st.dictionaries(
    st.integers(0, 40),
    st.tuples(st.integers(1, 5), st.integers(0, 5)),
    max_size=6,
)


def days_of(rows: dict[int, tuple[int, int]]) -> dict[str, DayRows]:
    moments = {START + timedelta(days=day): counts for day, counts in rows.items()}
    return {
        f"{at:%Y-%m-%d}": DayRows(count, min(count, labelled), at)
        for at, (count, labelled) in moments.items()
    }


def counted(batches: dict[int, dict[int, tuple[int, int]]]) -> dict[str, tuple[int, int]]:
    rows: Counter[str] = Counter()
    labelled: Counter[str] = Counter()
    for batch in batches.values():
        for day, found in days_of(batch).items():
            rows[day] += found.rows
            labelled[day] += found.labelled
    return {day: (number, labelled[day]) for day, number in rows.items()}


@given(st.lists(st.tuples(st.integers(0, 4), ROWS), max_size=25))
def test_it_equals_counting_anew_whatever_comes_and_goes(
    steps: list[tuple[int, dict[int, tuple[int, int]]]],
) -> None:
    """A batch without rows is one that was taken back."""
    there: dict[int, dict[int, tuple[int, int]]] = {}
    days: dict[str, DayRows] = {}
    for batch, rows in steps:
        days = exchanged(days, days_of(there.get(batch, {})), days_of(rows))
        there[batch] = rows
        assert {day: (one.rows, one.labelled) for day, one in days.items()} == counted(there)
    assert days.keys() == together(map(days_of, there.values())).keys()
    assert all(f"{one.last:%Y-%m-%d}" == day for day, one in days.items())
    assert {day for month in by_month(days).values() for day in month} == days.keys()


@pytest.fixture
def account() -> Iterator[Account]:
    with memory_account() as made:
        yield made


def batch(batch_id: str) -> BatchRecord:
    at = START.isoformat()
    source = LandedObject("landing", f"flights/weather/{batch_id}", None, "01", 1, at)
    return BatchRecord(batch_id, "flights", "weather", "validated", source, at, parts=1)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), ROWS, st.booleans()), max_size=6), st.integers(0, 30))
def test_a_process_that_dies_between_any_two_writes_counts_nothing_twice(
    steps: list[tuple[int, dict[int, tuple[int, int]], bool]], dies_at: int
) -> None:
    with memory_account() as account:
        state, ledger = account.state, BatchLedger(account.state)
        there: dict[int, dict[int, tuple[int, int]]] = {}
        for number, rows, counts in steps:
            one = batch(f"b{number}")
            ledger.count_rows(one, days_of(rows))
            calls = 0
            write: Any = type(state).replace_together

            def dying(*changes: Any, write: Any = write) -> None:
                nonlocal calls
                calls += 1
                if calls == dies_at:
                    raise KeyboardInterrupt
                write(state, *changes)

            state.replace_together = dying  # type: ignore[method-assign]
            with suppress(KeyboardInterrupt):
                note_covered(FLIGHTS, one, state, lambda: (), counts=counts)
            del state.replace_together  # type: ignore[method-assign]
            for _ in range(2):
                note_covered(FLIGHTS, one, state, lambda: (), counts=counts)
            there[number] = rows if counts else {}
        found = covered_days(FLIGHTS, "weather", state, lambda: ())
        assert {day: (one.rows, one.labelled) for day, one in found.items()} == counted(there)


def test_what_was_online_before_rows_were_counted_counts(account: Account) -> None:
    old = batch("old")
    BatchLedger(account.state).count_rows(old, days_of({0: (3, 0)}))
    assert covered_days(FLIGHTS, "weather", account.state, lambda: [old]) == days_of({0: (3, 0)})
    note_covered(FLIGHTS, batch("new"), account.state, lambda: [old], counts=False)
    assert covered_days(FLIGHTS, "weather", account.state, list) == days_of({0: (3, 0)})
    kept = account.state.list("flights", state_keys.COVERAGE_KEPT)
    assert len(list(kept)) == 1
