"""A window of flights: what was predicted of them, and their outcomes as they land."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime, timedelta

import boto3
import numpy as np
import polars as pl

from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.steps.changed_windows import OutcomeMonitoring
from ghosteam.steps.check_performance import check_what_waits
from ghosteam.steps.windows_to_judge import tell_batch
from tests.accounts import Account

END = datetime(
    2013, 7, 11, tzinfo=UTC
)  # a Thursday: seven-day windows from the epoch end on Thursdays
NOW = datetime(2024, 5, 20, 8, tzinfo=UTC)
WEEK = timedelta(days=7)
BEGIN = END - WEEK


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


def predict(
    account: Account,
    frame: pl.DataFrame,
    *,
    good: bool,
    version: str = "1",
    named: str = "",
    features: tuple[str, ...] = (),
) -> None:
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
                "prediction_id": f"{version}-{named}-{i}",
                "entity": entity,
                "event_time": event_time.isoformat(),
                "made_at": NOW.isoformat(),
                "model_version": version,
                "slot": "champion",
                "endpoint": "e",
                "outputs": {"late": float(score)},
                "features": {name: row[name] for name in features},
                "freshness_seconds": {},
                "call_id": "c",
                "latency_ms": 1.0,
            }
        )
    body = "\n".join(map(json.dumps, lines)).encode()
    account.lake.put(f"predictions/2024/05/20/07/{version}{named}.gz", gzip.compress(body))


def adapters(account: Account) -> OutcomeMonitoring:
    return OutcomeMonitoring(
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
    source = LandedObject("landing", "k", None, "01", 1, NOW.isoformat())
    told = BatchRecord(batch_id, "flights", dataset, "validated", source, NOW.isoformat())
    tell_batch(account.state, told)
    return check_what_waits(problem, now=NOW, adapters=adapters(account))


def metric(text: str, name: str) -> list[float]:
    return next(record[name] for line in text.splitlines() if name in (record := json.loads(line)))


def outcome_verdict(account: Account, end: datetime = END) -> OutcomeVerdict:
    return account.state.get("flights", state_keys.OUTCOME_VERDICTS / end.isoformat()).data
