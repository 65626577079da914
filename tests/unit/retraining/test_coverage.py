"""Rows by day, against counting all of them anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghosteam.aws.batches import BatchLedger
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.documents.coverage import DayRows, by_month
from ghosteam.features.views import views_version
from ghosteam.retraining.coverage import exchanged, together, with_labelled
from ghosteam.retraining.readiness import Waiting
from ghosteam.steps.covered_days import covered_days, note_covered
from ghosteam.steps.covered_days import days_of as covered_by
from ghosteam.steps.data_at_hand import assess, note_materialized
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
    kept = account.state.list("flights", state_keys.COVERAGE_BACKFILLS)
    assert len(list(kept)) == 1


def test_a_batch_judged_again_counts_the_rows_of_its_revision(account: Account) -> None:
    state, ledger = account.state, BatchLedger(account.state)
    before, after = days_of({0: (3, 0), 9: (1, 0)}), days_of({0: (2, 0)})
    known = ledger.judge(replace(batch("b"), revision="one", judged_as="one"))
    ledger.count_rows(known, before)
    note_covered(FLIGHTS, known, state, list, counts=True)
    again = replace(known, revision="two", judged_as="two", earlier=(known.as_revision,))
    ledger.count_rows(again, after)
    # Killed here, and the contract taken back: the batch is what it was.
    note_covered(FLIGHTS, known, state, list, counts=True)
    assert covered_days(FLIGHTS, "weather", state, list) == before == covered_by([known], ledger)
    again = ledger.judge(again)
    note_covered(FLIGHTS, again, state, list, counts=True)
    found = covered_days(FLIGHTS, "weather", state, list)
    assert found == after == covered_by([again], ledger)


def test_each_version_of_views_has_days_of_its_own(account: Account) -> None:
    other = FLIGHTS.model_copy(
        update={"features": FLIGHTS.features.model_copy(update={"join": ("weather.temp",)})}
    )
    assert views_version(other, "weather") != views_version(FLIGHTS, "weather")
    one = batch("b")
    BatchLedger(account.state).count_rows(one, days_of({0: (3, 0)}))
    note_covered(FLIGHTS, one, account.state, list, counts=True)
    assert covered_days(other, "weather", account.state, list) == {}
    note_covered(other, one, account.state, list, counts=True)
    note_covered(FLIGHTS, one, account.state, list, counts=False)
    assert covered_days(other, "weather", account.state, list) == days_of({0: (3, 0)})
    assert covered_days(FLIGHTS, "weather", account.state, list) == {}


@pytest.mark.parametrize("empty", ["allowed", "rejected"])
def test_a_static_data_set_that_says_that_it_holds_no_rows_now_has_arrived(
    account: Account, empty: str
) -> None:
    planes = FLIGHTS.datasets["planes"].model_copy(update={"empty": empty})
    flights = FLIGHTS.model_copy(update={"datasets": {**FLIGHTS.datasets, "planes": planes}})

    def waits_for_planes() -> bool:
        found = assess(flights, account.state, as_of=START)
        assert isinstance(found, Waiting)
        return "waiting, because no batch of planes is materialized yet" in found.reasons

    ledger = BatchLedger(account.state)
    flown = replace(batch("flown"), dataset="flights")
    ledger.count_rows(flown, days_of({0: (3, 3)}))
    note_covered(flights, flown, account.state, list, counts=True)
    assert waits_for_planes()
    source = LandedObject("landing", "flights/planes/a.csv", None, "01", 1, START.isoformat())
    one = BatchRecord("b", "flights", "planes", "validated", source, START.isoformat(), parts=1)
    ledger.judge(one)
    ledger.land(one, source)
    ledger.count_rows(one, {})
    version = views_version(flights, "planes")
    told: Any = {"view_version": version, "state": account.state, "now": START}
    note_materialized(flights, "planes", "b", **told)
    assert waits_for_planes() == (empty == "rejected")


def test_outcomes_that_come_by_themselves_count_on_the_days_of_their_events() -> None:
    days = days_of({0: (3, 3), 1: (2, 0)})
    second = f"{START + timedelta(days=1):%Y-%m-%d}"
    found = with_labelled(days, {second: 2, "1999-01-01": 7})
    assert [(one.rows, one.labelled) for one in found.values()] == [(3, 0), (2, 2)]
