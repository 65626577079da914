"""What the API counted against what the log holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import polars as pl
import pytest

from ghosteam.aws.cloudwatch import Metrics
from ghosteam.documents import state_keys
from ghosteam.documents.log_completeness import LogCompleteness
from ghosteam.monitoring.lost_records import Lost, last_day, lost_in
from ghosteam.steps.compact_log import compact_log
from ghosteam.steps.lost_records import lost_share_of, reconcile_log
from tests.accounts import Account, memory_account
from tests.prediction_log import deliver, prediction

NOW = datetime(2024, 7, 2, 13, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def account() -> Iterator[Account]:
    with memory_account() as made:
        yield made


def counted(hour: datetime, made: int, slot: str = "champion", problem: str = "flights") -> None:
    """As the API's function counts: more than once in an hour."""
    for value in (made - made // 2, made // 2):
        boto3.client("cloudwatch").put_metric_data(
            Namespace="Ghosteam/test",
            MetricData=[
                {
                    "MetricName": "Predictions",
                    "Dimensions": [
                        {"Name": "Problem", "Value": problem},
                        {"Name": "Slot", "Value": slot},
                    ],
                    "Timestamp": hour + timedelta(minutes=7),
                    "Value": value,
                }
            ],
        )


def log(account: Account, hour: datetime, rows: int, problem: str = "flights") -> None:
    made = (hour + timedelta(minutes=7)).isoformat()
    lines = [prediction(f"{hour}-{i}", made_at=made, problem=problem) for i in range(rows)]
    deliver(account.lake, *lines, name=f"{problem}-{hour:%d%H}")
    compact_log(account.lake, account.state, now=NOW)


def reconciled(account: Account) -> dict[str, Lost]:
    metrics = Metrics(boto3.client("cloudwatch"), "Ghosteam/test")
    return reconcile_log(["flights", "rides"], state=account.state, metrics=metrics, now=NOW)


def published(capsys: pytest.CaptureFixture[str]) -> float:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found: float = [one["PredictionLogLoss"][0] for one in lines if "PredictionLogLoss" in one][-1]
    return found


def test_the_loss_is_told_by_hour_and_problem_and_published(account, capsys):
    ten, nine = datetime(2024, 7, 2, 10, tzinfo=UTC), datetime(2024, 7, 2, 9, tzinfo=UTC)
    counted(nine, 90)
    counted(nine, 30, slot="challenger")
    counted(ten, 80)
    counted(ten, 400, problem="rides")
    log(account, nine, 120)
    log(account, ten, 30)
    log(account, ten, 400, problem="rides")
    losses = reconciled(account)
    assert losses == {"flights": Lost(200, 150), "rides": Lost(400, 400)}
    assert losses["flights"].share == 0.25 and losses["rides"].share == 0.0
    assert published(capsys) == 0.25
    hours = {
        one.data.hour: one.data
        for one in account.state.list("flights", state_keys.LOG_COMPLETENESS)
    }
    assert {hour: (one.made, one.logged) for hour, one in hours.items()} == {
        nine: (120, 120),
        ten: (80, 30),
    }
    made = pl.DataFrame({"made_at": [ten + timedelta(minutes=9)]})
    assert lost_share_of(account.state, "flights", made) == pytest.approx(1 - 30 / 80)
    assert lost_share_of(account.state, "rides", made) == 0.0
    later = pl.DataFrame({"made_at": [NOW]})
    assert lost_share_of(account.state, "flights", later) is None
    assert lost_share_of(account.state, "flights", made.clear()) is None


def test_an_hour_that_is_not_settled_is_not_judged_nor_one_of_before_the_last_day(account, capsys):
    for hour in (datetime(2024, 7, 2, 11, tzinfo=UTC), datetime(2024, 7, 1, 10, tzinfo=UTC)):
        counted(hour, 500)
    assert reconciled(account)["flights"] == Lost(0, 0)
    assert Lost(0, 0).share is None and published(capsys) == 0.0


def test_a_few_predictions_do_not_make_an_alarm(account, capsys):
    counted(datetime(2024, 7, 2, 10, tzinfo=UTC), 99)
    assert reconciled(account)["flights"].share == 1.0
    assert published(capsys) == 0.0


def test_what_was_delivered_twice_is_no_negative_loss(account):
    assert Lost(100, 120).share == 0.0


def test_the_newest_loss_is_that_of_the_last_day_that_was_compared():
    end = datetime(2024, 7, 2, 10, tzinfo=UTC)
    hours = [
        LogCompleteness(hour=end - timedelta(hours=back), made=10, logged=9, checked_at=NOW)
        for back in (0, 23, 24, 100)
    ]
    assert lost_in(last_day(hours)) == Lost(20, 18)
    assert last_day([]) == []
