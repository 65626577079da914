"""A file with many rows a key, each at a time of its own, becomes facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.unit.cli.init.test_make import assert_all_rows_are_let_in, made_in

START = datetime(2025, 1, 1, tzinfo=UTC)
ROWS = 400


def files_of(folder: Path, payments: pl.DataFrame) -> list[Path]:
    """Orders of thirty customers, a few a day, and what they paid."""
    random = np.random.default_rng(1)
    orders = pl.DataFrame(
        {
            "number": range(ROWS),
            "customer": random.integers(0, 30, ROWS),
            "placed": [START + timedelta(hours=4 * i) for i in range(ROWS)],
            "items": random.integers(1, 9, ROWS),
            "returned": random.integers(0, 2, ROWS),
        }
    )
    found = []
    for name, frame in (("orders", orders), ("payments", payments)):
        found.append(folder / f"{name}.csv")
        frame.write_csv(found[-1], datetime_format="%Y-%m-%dT%H:%M:%SZ")
    return found


def payments(*, named: bool) -> pl.DataFrame:
    random = np.random.default_rng(2)
    minutes = random.integers(0, 60 * 24 * 60, 3 * ROWS)
    # Two by one customer at one time are two, whether they have a name or not.
    minutes[1], customers = minutes[0], random.integers(0, 30, 3 * ROWS)
    customers[1] = customers[0]
    frame = pl.DataFrame(
        {
            "payment": [f"p{i}" for i in range(3 * ROWS)],
            "customer": customers,
            "paid": [START + timedelta(minutes=int(minute)) for minute in minutes],
            "amount": random.normal(50, 9, 3 * ROWS).round(2),
        }
    )
    return frame if named else frame.drop("payment")


@pytest.mark.parametrize("named", [True, False])
def test_a_file_with_many_rows_a_key_is_counted_by_windows(tmp_path: Path, named: bool) -> None:
    files = files_of(tmp_path, payments(named=named))
    folder = tmp_path / "repository" / "shop"
    made = made_in(folder, files, "returned")
    facts = made.problem.datasets["payments"]
    assert (facts.role, facts.key, facts.time) == ("facts", ("customer",), "paid")
    assert facts.id == (("payment",) if named else ("row_id",))
    windows = made.problem.windows_over("payments")
    assert [(one.aggregate, one.of, one.by) for one in windows] == [
        ("count", "rows", ("customer",)),
        ("mean", "amount", ("customer",)),
    ]
    assert made.problem.features.windows_online == "together", "they share online rows"
    assert_all_rows_are_let_in(folder, files)
