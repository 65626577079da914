"""Snapshots: all rows of a year, or of a month, lie at one instant, a file a period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ghosteam.aws.batches import BatchLedger
from ghosteam.documents.batch import LandedObject
from ghosteam.retraining.readiness import Ready, Waiting
from tests.accounts import Account, memory_account
from tests.snapshots import (
    IN_BERLIN,
    MONTH_ENDS,
    MONTHLY,
    QUARTER_ENDS,
    QUARTERLY,
    STAMPED,
    YEARLY,
    books,
    snapshot,
    written,
)
from tests.unit.loop.loop import Loop, track


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    track(tmp_path, monkeypatch)
    with memory_account() as made:
        yield made


def loop_of(account: Account, parts: dict[str, str], folder: Path, now: datetime) -> Loop:
    return Loop(account, written(parts), folder / "jobs", now)


@pytest.mark.parametrize("parts", [YEARLY, STAMPED], ids=["date(year)", "timestamp"])
def test_years_are_held_out_whole_and_a_model_is_judged(
    account: Account, tmp_path: Path, parts: dict[str, str]
) -> None:
    loop = loop_of(account, parts, tmp_path, datetime(2021, 2, 1, tzinfo=UTC))

    def land(year: int) -> str:
        frame = books(year)
        if parts is STAMPED:
            frame = frame.with_columns(closed=pl.lit(f"{year}-01-01T00:00:00Z")).drop("year")
        return loop.land(frame, str(year))

    land(2010)  # an old file is no reason to be ready
    for year in (2018, 2020):
        land(year)
    waiting = loop.readiness()
    assert isinstance(waiting, Waiting)
    assert waiting.reasons == (
        "waiting, because books: of the 3 years that retrain.min_train asks for, 1 holds rows (300 "
        "rows in 2018); nothing from 2017, 2019; retrain.min_coverage asks for 60% of each half",
    )
    land(2017)
    assert isinstance(loop.readiness(), Waiting), "a year between is missing"
    middle = land(2019)
    assert isinstance(loop.readiness(), Ready)

    judged = loop.run()
    assert judged.decision == "promote", judged.reasons
    train, holdout = loop.set("train"), loop.set("holdout")
    assert set(holdout["event_time"].dt.year()) == {2020} and holdout.height == 300
    assert set(train["event_time"].dt.year()) == {2017, 2018, 2019}
    assert judged.baseline.blocks == 300 and judged.baseline.drawn == "entities"

    # What is taken back does not count any more.
    source = LandedObject(
        "landing", "firms/books/2019.csv", None, "F" * 16, 0, "2021-02-02T00:00:00+00:00"
    )
    BatchLedger(account.state).delete("firms", "books", source)
    loop.online(middle)
    assert isinstance(loop.readiness(), Waiting)


@pytest.mark.parametrize(
    ("parts", "held_out_from", "learned"),
    [
        (MONTHLY, datetime(2021, 5, 1, tzinfo=UTC), 4),
        (MONTH_ENDS, datetime(2021, 5, 31, tzinfo=UTC), 4),
        # The first of May in Berlin begins on the last of April in UTC; what became known at that
        # instant was not known on the day before.
        (IN_BERLIN, datetime(2021, 4, 30, tzinfo=UTC), 3),
    ],
    ids=["date(year, month)", "last days", "firsts of a zone"],
)
def test_months_are_held_out_whole_and_a_model_is_judged(
    account: Account, tmp_path: Path, parts: dict[str, str], held_out_from: datetime, learned: int
) -> None:
    loop = loop_of(account, parts, tmp_path, datetime(2021, 7, 1, tzinfo=UTC))
    for month in (1, 2, 3, 4, 5, 6):
        loop.land(snapshot(parts, 2021, month), f"2021-{month:02}")
        assert isinstance(loop.readiness(), Ready) == (month == 6), month
    judged = loop.run()
    assert judged.decision == "promote", judged.reasons
    assert loop.set("holdout")["event_time"].n_unique() == 2
    assert loop.set("train")["event_time"].n_unique() == learned
    assert loop.plan.holdout_start == held_out_from
    assert loop.set("holdout")["event_time"].min() >= held_out_from


@pytest.mark.parametrize("parts", [QUARTERLY, QUARTER_ENDS], ids=["date", "last days"])
def test_quarters_are_counted_as_such_and_one_that_is_missing_is_told(
    account: Account, tmp_path: Path, parts: dict[str, str]
) -> None:
    loop = loop_of(account, parts, tmp_path, datetime(2022, 1, 10, tzinfo=UTC))
    quarters = [(year, month) for year in (2020, 2021) for month in (3, 6, 9, 12)][2:]
    for year, month in (quarters[0], *quarters[2:]):
        loop.land(snapshot(parts, year, month), f"{year}-{month:02}")
    waiting = loop.readiness()
    assert isinstance(waiting, Waiting)
    assert "of the 4 quarters that retrain.min_train asks for, 3 hold rows" in waiting.reasons[0]
    assert "(150 rows from 2020-07-01" in waiting.reasons[0]
    assert "nothing from 2020-10-01" in waiting.reasons[0]
    loop.land(snapshot(parts, *quarters[1]), "late")
    assert isinstance(loop.readiness(), Ready)
    judged = loop.run()
    assert judged.decision == "promote", judged.reasons
    assert loop.set("holdout")["event_time"].n_unique() == 2
    assert loop.set("train")["event_time"].n_unique() == 4
