"""The performance check: outcomes from validated batches meet predictions from the log."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime, timedelta

import boto3
import numpy as np
import polars as pl
import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.verdicts import PerformanceVerdict
from ghosteam.problem.lengths import Length, days
from ghosteam.steps.check_drift import Monitoring
from ghosteam.steps.check_performance import check_arrived_labels, check_performance
from tests import documents
from tests.accounts import Account, memory_account

END = datetime(
    2013, 7, 11, tzinfo=UTC
)  # a Thursday: seven-day windows from the epoch end on Thursdays
NOW = datetime(2024, 5, 20, 8, tzinfo=UTC)
BEGIN = END - timedelta(days=7)


@pytest.fixture
def account():
    with memory_account() as made:
        champion = documents.slot("1", metrics={"roc_auc": 0.7})
        made.state.create("flights", state_keys.ROUTING, documents.routing(champion))
        yield made


def flights_frame(problem, count: int, seed: int = 0) -> pl.DataFrame:
    """Validated flights, one every ten minutes from ``BEGIN``; a quarter of them late, every tenth
    without an outcome.
    """
    random = np.random.default_rng(seed)
    hours = [BEGIN + timedelta(minutes=10 * i) for i in range(count)]
    outcome = [
        None if i % 10 == 9 else float(delay)
        for i, delay in enumerate(np.where(random.random(count) < 0.25, 60, 0))
    ]
    frame = pl.DataFrame(
        {
            "year": 2013,
            "month": 7,
            "day": 4,
            "sched_dep_time": 900,
            "carrier": "UA",
            "flight": list(range(1, count + 1)),
            "origin": "EWR",
            "dest": "IAH",
            "time_hour": [hour.replace(minute=0) for hour in hours],
            "minute": [hour.minute for hour in hours],
            "arr_delay": outcome,
            "dep_delay": outcome,
            "air_time": [None if value is None else 100.0 for value in outcome],
        }
    )
    return frame.cast({pl.Int32: pl.Int64, pl.Datetime("us", "UTC"): pl.Datetime("us", "UTC")})


def land(
    account: Account,
    frame: pl.DataFrame,
    batch_id: str = "b1",
    end: datetime = END + timedelta(days=1),
) -> None:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    account.lake.put(f"validated/flights/flights/{batch_id}/part-00000.parquet", buffer.getvalue())
    account.add_batch("flights", batch_id, BEGIN.isoformat(), end.isoformat())


def predict(account: Account, frame: pl.DataFrame, *, good: bool, version: str = "1") -> None:
    random = np.random.default_rng(1)
    lines = []
    for i, row in enumerate(frame.iter_rows(named=True)):
        late = float((row["arr_delay"] or 0) > 15)
        score = np.clip((0.5 * late if good else 0) + random.random() / 2, 0, 1)
        entity = {
            name: row[name]
            for name in ("year", "month", "day", "carrier", "flight", "origin", "sched_dep_time")
        }
        event_time = row["time_hour"] + timedelta(minutes=row["minute"])
        lines.append(
            {
                "record_type": "prediction",
                "version": 1,
                "problem": "flights",
                "prediction_id": f"{version}-{i}",
                "entity": entity,
                "event_time": event_time.isoformat(),
                "made_at": NOW.isoformat(),
                "model_version": version,
                "slot": "champion",
                "endpoint": "e",
                "outputs": {"late": float(score)},
                "features": {},
                "freshness_seconds": {},
                "call_id": "c",
                "latency_ms": 1.0,
            }
        )
    body = "\n".join(map(json.dumps, lines)).encode()
    account.lake.put(f"predictions/2024/05/20/07/{version}.gz", gzip.compress(body))


def adapters(account: Account) -> Monitoring:
    return Monitoring(
        lake=account.lake,
        artifacts=account.artifacts,
        state=account.state,
        bus=account.bus,
        online=boto3.client("dynamodb"),
        online_prefix="on",
    )


def arrived(
    account: Account, problem, dataset: str = "flights", batch_id: str = "b1"
) -> list[PerformanceVerdict]:
    return check_arrived_labels(
        problem, dataset=dataset, batch_id=batch_id, now=NOW, adapters=adapters(account)
    )


def published(text: str) -> dict[str, float]:
    """Metrics by name."""
    found = {}
    for record in map(json.loads, text.splitlines()):
        for directive in record.get("_aws", {}).get("CloudWatchMetrics", []):
            found |= {one["Name"]: record[one["Name"]][0] for one in directive["Metrics"]}
    return found


def test_labels_that_arrive_for_a_good_model_give_a_verdict_and_no_event(account, flights, capsys):
    frame = flights_frame(flights, 1_000)
    predict(account, frame, good=True)
    land(account, frame)
    [verdict] = arrived(account, flights)
    assert verdict.window_end == END and verdict.labels == 900
    assert not verdict.degraded and verdict.value > 0.9
    assert (
        account.state.get("flights", state_keys.PERFORMANCE_VERDICTS / END.isoformat()).data
        == verdict
    )
    assert account.bus.events == []
    told = published(capsys.readouterr().out)
    assert (told["PerformanceDegraded"], told["Performance"]) == (0, verdict.value)
    assert told["LabelCoverage"] == 0.9 and 0.2 < told["LabelSummary"] < 0.3
    assert told["PerformanceLower"] <= verdict.value <= told["PerformanceUpper"]


def test_a_model_that_lost_its_signal_makes_a_metric_and_an_event(account, flights, capsys):
    frame = flights_frame(flights, 1_000)
    predict(account, frame, good=False)
    land(account, frame)
    [verdict] = arrived(account, flights)
    assert verdict.degraded and verdict.limit == pytest.approx(0.67)
    [event] = account.bus.events
    assert event.type == "PerformanceDegraded" and event.detail()["as_of"] == END.isoformat()
    assert event.detail()["version"] == 1 and event.detail()["model_version"] == "1"
    told = published(capsys.readouterr().out)
    assert (told["PerformanceDegraded"], told["PerformanceLimit"]) == (1, verdict.limit)


def test_predictions_of_another_version_do_not_judge_the_champion(account, flights):
    frame = flights_frame(flights, 1_000)
    predict(account, frame, good=False, version="2")
    land(account, frame)
    [verdict] = arrived(account, flights)
    assert verdict.undetermined.startswith("0 predictions have their outcome")


def test_a_correction_that_landed_later_replaces_the_outcome(account, flights):
    frame = flights_frame(flights, 1_000)
    predict(account, frame, good=True)
    land(account, frame, "b1")
    land(
        account,
        frame.with_columns(arr_delay=pl.when(pl.col("arr_delay") > 15).then(0.0).otherwise(60.0)),
        "b2",
    )
    [verdict] = check_performance(flights, window_ends=[END], now=NOW, adapters=adapters(account))
    assert verdict.value < 0.1


def test_a_batch_of_a_looked_up_data_set_or_that_ends_no_window_judges_nothing(account, flights):
    land(account, flights_frame(flights, 10), end=BEGIN + timedelta(days=2))
    assert arrived(account, flights) == []
    assert arrived(account, flights, dataset="weather") == []
    assert arrived(account, flights, batch_id="unknown") == []


def test_too_few_labels_store_an_undetermined_verdict(account, flights):
    frame = flights_frame(flights, 100)
    predict(account, frame, good=True)
    land(account, frame)
    [verdict] = arrived(account, flights)
    assert (
        verdict.undetermined
        == "90 predictions have their outcome, fewer than the 500 that are needed"
    )
    assert not verdict.degraded and account.bus.events == []


def test_a_window_is_judged_when_its_outcomes_are_mature_and_says_before_how_many_there_are(
    account, flights
):
    frame = flights_frame(flights, 1_000)
    predict(account, frame, good=True)
    land(account, frame)

    def judged(**target) -> PerformanceVerdict:
        changed = flights.model_copy(update={"target": flights.target.model_copy(update=target)})
        [verdict] = check_performance(
            changed, window_ends=[END], now=NOW, adapters=adapters(account)
        )
        return verdict

    early = judged(matures=Length(0, NOW - END + timedelta(days=1)))
    assert early.undetermined == (
        "its outcomes are mature at 2024-05-21 08:00 UTC; 900 of 1000 predictions have one so far"
    )
    assert (early.labels, early.predictions, early.degraded) == (900, 1000, False)
    mature = judged(matures=Length(0, NOW - END))
    assert mature.undetermined is None and mature.labels == 900
    absent = judged(matures=days(3), absent=0)
    assert (absent.labels, absent.predictions) == (1000, 1000)
