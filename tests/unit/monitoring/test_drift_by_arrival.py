"""Events without a time are watched by when they were asked about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from ghosteam.documents import state_keys
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.monitoring.reference import build_reference
from ghosteam.problem.load import parse_problem
from ghosteam.serving.event_time import event_times
from ghosteam.steps.check_drift import check_drift
from tests import documents
from tests.accounts import Account, memory_account
from tests.labelled import adapters
from tests.prediction_log import deliver, prediction

PROBLEM = parse_problem("""
version: 1
problem: wines
task: binary
entities: {wine: [wine]}
event_time: none
target: {name: good, expr: grade > 5}
datasets:
  wines:
    role: events
    id: [wine]
    columns: {wine: integer, grape: string, alcohol: number, grade: "integer?"}
features: {request: [alcohol, grape]}
watch: {window: 1d, drift: 2 of 3}
""")
END, DAY = datetime(2024, 5, 20, tzinfo=UTC), timedelta(days=1)
ROWS = 400


def wines(seed: int, stronger: float = 0.0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "alcohol": random.normal(12 + stronger, 1, ROWS),
            "grape": random.choice(["cabernet", "merlot"], ROWS),
            "good": random.random(ROWS),
        }
    )


def serve(account: Account) -> None:
    learned = pl.concat([wines(seed) for seed in range(5)])
    reference = build_reference(
        learned,
        numeric=["alcohol"],
        categorical=["grape"],
        event_time=None,
        window=DAY,
        outputs={"good": learned["good"].to_numpy()},
    )
    account.artifacts.put_json("reference.json", reference.to_json())
    digests = {"reference": account.artifacts.digest("reference.json"), "train": "t"}
    champion = documents.slot("1", reference_key="reference.json", digests=digests)
    account.state.create("wines", state_keys.ROUTING, documents.routing(champion))


def ask(account: Account, day: int, frame: pl.DataFrame) -> None:
    """All through the day that ends so many days after ``END``, as the API writes it down."""
    begin = END + (day - 1) * DAY
    records = [
        prediction(
            f"{day}-{number}",
            problem="wines",
            event={"wine": number},
            event_time=asked.isoformat(),
            made_at=asked.isoformat(),
            outputs={"good": row["good"]},
            features={"alcohol": row["alcohol"], "grape": row["grape"]},
            freshness_seconds={},
        )
        for number, row in enumerate(frame.iter_rows(named=True))
        for asked in event_times(PROBLEM, [{"wine": number}], now=begin + number * DAY / ROWS)
    ]
    deliver(account.lake, *records, name=f"day-{day}")


def check(account: Account, day: int) -> DriftVerdict:
    return check_drift(PROBLEM, as_of=END + day * DAY, adapters=adapters(account))


def test_drift_of_events_without_a_time_is_that_of_what_arrived_in_a_window() -> None:
    with memory_account() as account:
        serve(account)
        for day, stronger in enumerate((0.0, 2.0, 2.0)):
            ask(account, day, wines(10 + day, stronger))
        usual, first, second = (check(account, day) for day in range(3))
        assert [one.rows for one in (usual, first, second)] == [ROWS] * 3
        assert not usual.drifted
        assert first.drifted and not first.sustained and "alcohol" in first.drifted_features
        assert second.sustained and "alcohol" in second.sustained_features
        [event] = account.bus.events
        assert event.type == "DriftDetected" and event.problem == "wines"
        assert "0 events" in str(check(account, 9).undetermined)
