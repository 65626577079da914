"""``ghosteam status`` tells all of it, uncut."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from rich.console import Console

from cli.connection import Connection
from cli.facts.documents import ProblemDocuments
from cli.report import headline, report
from cli.status import print_status
from ghosteam.documents.approval import Approval
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.decision import Decision
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.log_completeness import LogCompleteness
from ghosteam.documents.occasion import Occasion
from ghosteam.documents.outcome_counts import OutcomeCounts
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.documents.readiness import Readiness
from ghosteam.documents.registry_note import RegistryNote
from ghosteam.documents.run import Run, RunReason
from ghosteam.documents.waiting_occasion import WaitingOccasion
from ghosteam.documents.waiting_rollout import WaitingRollout
from tests import documents
from tests.accounts import memory_account, name_resources

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SLOT = {
    "endpoint": "slot-3",
    "run_id": "r2",
    "metrics": {"roc_auc": 0.7123, "log_loss": 0.4, "brier": None},
    "train_end": datetime(2025, 12, 1, tzinfo=UTC),
}
LONG = "the challenger is worse: " + "very " * 100 + "much"


def run(run_id: str, status: str, *reasons: str, **more: Any) -> Run:
    cause = RunReason("drift", "dest drifted")
    known = {"status": status, "reasons": reasons, "started_at": AT, "reason": cause}
    return documents.run(run_id, **known, **more)


def batch(batch_id: str, status: str, **more: Any) -> BatchRecord:
    landed = replace(documents.batch(batch_id).source, landed_at=AT.isoformat())
    known = {"status": status, "source": landed, "received_at": AT.isoformat()}
    return documents.batch(batch_id, **known, **more)


def decision(trigger: str, decided_at: datetime, reason: str) -> Decision:
    return documents.decision(
        decision="skip", trigger=trigger, decided_at=decided_at, reason=reason
    )


WINDOW = {
    "window_start": datetime(2026, 1, 1, tzinfo=UTC),
    "window_end": AT,
    "model_version": "3",
}
DRIFTED = DriftVerdict(
    **WINDOW, drifted=True, sustained=True, drifted_features=("dest", "temp"), rows=500
)
UNSURE = DriftVerdict(**WINDOW, undetermined="12 rows, fewer than the 200 that are needed")
DEGRADED = PerformanceVerdict(**WINDOW, degraded=True, metric="roc_auc", value=0.61, labels=700)

FOUND = ProblemDocuments(
    problem="flights",
    outcomes=OutcomeCounts(900, 850, 853, waiting=3, unusable=0, examples=("flight 7",), days={}),
    routing=documents.routing(
        documents.slot("3", **SLOT),
        documents.challenger("4", **{**SLOT, "endpoint": "slot-4"}, since=AT),
        documents.slot("2", **{**SLOT, "endpoint": "slot-2"}),
    ),
    runs=[
        run("r2", "promoted", "better", rolled_out_at=AT, version="3"),
        run(
            "r3",
            "refused",
            LONG,
            "and slower",
            lost={"xgboost": "it ran out of memory"},
            notes=("tracking was out",),
        ),
    ],
    batches=[
        batch("a", "validated", valid_rows=10, quarantined_rows=2, max_time=AT.isoformat()),
        batch("b", "rejected"),
        batch("c", "ingesting"),
    ],
    readiness=Readiness(False, ("outcomes reach to March only",)),
    approval=Approval(version="4", run_id="r9", token="SECRET", asked_at=AT),
    waiting_rollout=WaitingRollout(run_id="r5", version="5", since=AT),
    retraining_lease=documents.retraining_lease("r4"),
    rollout_lease=documents.rollout_lease("4", acquired_at=AT),
    waiting=[
        WaitingOccasion(
            occasion_id="o",
            occasion=Occasion("drift", "dest", None),
            since=AT,
            not_before=AT,
            reason="the cool-down ends on Monday",
        )
    ],
    decisions=[
        decision("performance", datetime(2026, 2, 1, tzinfo=UTC), "over the budget"),
        decision("drift", datetime(2025, 2, 1, tzinfo=UTC), "long ago"),
    ],
    drift=[UNSURE, DRIFTED],
    performance=[DEGRADED],
    registry_notes=[RegistryNote("3", "promoted", AT)],
    steps={"r4": "Train", "rollout": "WatchCanary"},
    expectations=[documents.expectations(failed=("expect_column_to_exist of age",))],
    rejections={"b": "No column 'carrier' (file b.csv). Add it"},
)


@pytest.mark.parametrize(
    ("section", "told"),
    [
        (
            "Serving",
            "champion    version 3 on slot-3, roc_auc 0.7123, log_loss 0.4, trained to 2025-12-01 "
            "00:00, promoted 2026-01-02",
        ),
        ("Serving", "challenger  version 4 on slot-4"),
        ("Serving", "10 % of traffic since 2026-01-02 03:04"),
        ("Serving", "version 2 on slot-2: ./ghosteam rollback flights brings it back"),
        ("Waiting", "version 4 waits for a person: ./ghosteam approve flights"),
        ("Waiting", "version 4 is being rolled out since 2026-01-02 03:04: WatchCanary"),
        ("Waiting", "version 5 waits for that rollout"),
        ("Waiting", "run r4 is at work: Train"),
        (
            "Waiting",
            "because of drift since 2026-01-02 03:04, not before 2026-01-02 03:04 UTC: the "
            "cool-down ends on Monday",
        ),
        ("Waiting", "data: outcomes reach to March only"),
        ("Waiting", "the registry has not been told of version 3"),
        ("Waiting", "performance: over the budget"),
        ("Runs", "r2  promoted, version 3"),
        ("Runs", LONG),
        ("Runs", "and slower"),
        ("Runs", "lost xgboost: it ran out of memory"),
        ("Runs", "note tracking was out"),
        (
            "Data",
            "flights: 1 ingesting, 1 rejected, 1 validated; 10 rows valid, 2 quarantined, newest "
            "row 2026-01-02 03:04",
        ),
        (
            "Data",
            "rejected flights/flights/b.csv, landed 2026-01-02 03:04: No column 'carrier' (file "
            "b.csv). Add it",
        ),
        ("Data", "flights, batch b1: 1 of 3 expectations are not met"),
        ("Data", "850 of 900 events have an outcome"),
        ("Data", "3 of 853 labels wait for their event, such as that of flight 7"),
        ("Drift", "undetermined, 12 rows, fewer than the 200"),
        ("Drift", "sustained, 500 rows, drifted: dest, temp"),
        ("Performance", "degraded, roc_auc 0.6100 on 700 outcomes"),
    ],
)
def test_every_fact_is_told_in_its_section(section: str, told: str) -> None:
    assert any(told in line for line in report(FOUND)[section]), report(FOUND)[section]


def test_what_is_over_or_secret_is_not_told() -> None:
    text = json.dumps(report(FOUND))
    assert "long ago" not in text
    assert "SECRET" not in text


def test_a_problem_that_has_nothing_says_so_in_every_section() -> None:
    assert all(lines for lines in report(ProblemDocuments("flights")).values())
    assert headline(ProblemDocuments("flights"))["serves"] == "nothing"


def test_what_the_log_lost_is_told_in_all_and_by_hour_and_with_a_window() -> None:
    hours = [
        LogCompleteness(hour=AT - timedelta(hours=back), made=100, logged=logged, checked_at=AT)
        for back, logged in ((30, 0), (2, 100), (1, 96))
    ]
    lines = report(replace(FOUND, log_hours=hours))["Prediction log"]
    assert len(lines) == 2
    assert lines[0].endswith(": 196 of 200 predictions are in it, 2.0% lost")
    assert lines[1].endswith(": 96 of 100")
    damaged = replace(DRIFTED, log_loss=0.02, damaged_records=3)
    line, more = report(replace(FOUND, drift=[damaged]))["Drift"]
    assert line.endswith("; the log lost 2.0% of those hours; 3 records could not be read")
    assert more.endswith("2 more drifted and are looked at after these")


def test_the_headline_of_a_problem_counts_what_waits() -> None:
    line = headline(FOUND)
    assert (line["serves"], line["metric"], line["rejected files"]) == (
        "version 3",
        "roc_auc 0.7123",
        "1",
    )
    assert (line["drift"], line["performance"]) == ("sustained", "degraded")
    assert line["waits"].endswith("(and 7 more)")
    assert headline(replace(FOUND, drift=[UNSURE]))["drift"] == "undetermined"


def test_rejections_beyond_the_newest_are_counted() -> None:
    many = [batch(f"b{number}", "rejected") for number in range(9)]
    lines = report(ProblemDocuments("flights", batches=many))["Data"]
    assert sum(line.startswith("rejected ") for line in lines) == 5
    assert lines[-1] == "and 4 more rejected files: quarantine/flights/ in the lake bucket"


@pytest.fixture
def deployed() -> Iterator[Connection]:
    with memory_account():
        name_resources("dev", state_table="state", artifact_bucket="artifacts", lake_bucket="lake")
        for tag, url in (
            ("dev", "dev-Ingest-DeadLetters"),
            ("dev-eu", "dev-eu-Ingest-DeadLetters"),
        ):
            made = boto3.client("sqs").create_queue(
                QueueName=url, tags={"ghosteam:environment": tag}
            )["QueueUrl"]
            boto3.client("sqs").send_message(QueueUrl=made, MessageBody="lost")
        yield Connection("dev")


def alarm(name: str, namespace: str) -> None:
    watch = boto3.client("cloudwatch")
    how = {"EvaluationPeriods": 1, "Period": 60, "Threshold": 1.0, "Statistic": "Sum"}
    operator = "GreaterThanOrEqualToThreshold"
    watch.put_metric_alarm(
        AlarmName=name,
        Namespace=namespace,
        MetricName="M",
        ComparisonOperator=operator,
        AlarmDescription=f"About {name}",
        **how,
    )
    watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="tested")


def printed(connection: Connection, problem: str | None) -> str:
    console = Console(file=io.StringIO(), width=60)
    print_status(connection, problem, console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("problem", ["flights", None])
def test_dead_letters_and_alarms_of_this_environment_only_are_told(
    deployed: Connection, problem: str | None
) -> None:
    alarm("ghosteam-dev-flights-DriftSustained", "Ghosteam/dev")
    alarm("Ghosteam-dev-Data-Errors", "AWS/Lambda")
    alarm("Ghosteam-dev-eu-Data-Errors", "AWS/Lambda")
    alarm("ghosteam-dev-eu-flights-DriftSustained", "Ghosteam/dev-eu")
    text = printed(deployed, problem)
    assert "dev-Ingest-DeadLetters: 1; ./ghosteam redrive" in text
    assert "About ghosteam-dev-flights-DriftSustained" in text
    assert "About Ghosteam-dev-Data-Errors" in text
    assert "dev-eu" not in text
    assert "flights" in text
