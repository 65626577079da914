"""A problem with everything on record, for the tests of ``ghosteam why``."""

from __future__ import annotations

from datetime import timedelta

from cli.facts.documents import ProblemDocuments
from cli.facts.fact import Answer
from cli.why.measured import Evidence
from ghosteam.documents.drift_verdict import FeatureMeasured
from ghosteam.documents.evaluation import (
    BaselineRecord,
    CandidateRecord,
    ChampionRecord,
    ComparisonRecord,
    Gate,
)
from ghosteam.documents.occasion import Occasion
from ghosteam.documents.outcome_counts import OutcomeCounts
from ghosteam.documents.readiness import Readiness
from ghosteam.documents.run import RunReason
from ghosteam.documents.waiting_occasion import WaitingOccasion
from tests import documents
from tests.documents import DAY

HOUR = timedelta(hours=1)
DIGEST = "5a1c40de3b7f" * 5 + "9e02"
TEMP = FeatureMeasured(
    name="temp",
    role="feature",
    method="location",
    statistic=0.9,
    p=2e-7,
    effect=0.9,
    told="median 27.1 (20 to 33), was 12.4 (2 to 22)",
    importance=0.31,
    matters=True,
    drifted=True,
    undetermined=None,
)
BETTER = ComparisonRecord(
    better=True, difference=0.085, lower=0.063, confidence=0.95, metric="roc_auc", rows=5000
)
LOST = {"xgboost": "it ran out of memory"}
MADE = documents.run(
    "r1",
    status="promoted",
    version="2",
    reasons=("43 rows in 29 calls",),
    lost=LOST,
    notes=("tracking was out",),
    finished_at=DAY + HOUR,
    rolled_out_at=DAY + 2 * HOUR,
)
REFUSED = documents.run(
    "r3",
    status="refused",
    reason=RunReason("request", "ada"),
    reasons=("absolute: too low",),
    started_at=DAY + timedelta(days=4),
    finished_at=DAY + timedelta(days=4, hours=1),
)
CHAMPION = documents.slot(
    "2",
    run_id="r1",
    metrics={"roc_auc": 0.783},
    model_uri="s3://artifacts/refitted/model.tar.gz",
    digests={"model": DIGEST},
)
FULL = ProblemDocuments(
    problem="flights",
    routing=documents.routing(CHAMPION, replaced=documents.slot("1", run_id="r0")),
    runs=[MADE, REFUSED],
    batches=[documents.batch("b1", valid_rows=10, quarantined_rows=2)],
    readiness=Readiness(True),
    windows_version="0a1b2c",
    outcomes=OutcomeCounts(
        events=5000,
        labelled=4200,
        labels=4203,
        waiting=2,
        unusable=1,
        examples=("ride 7", "ride 9"),
        days={"2013-07-01": 4200},
    ),
    waiting=[
        WaitingOccasion(
            occasion_id="o9",
            occasion=Occasion("drift", "temp", None),
            since=DAY,
            reason="cool-down",
        )
    ],
    decisions=[
        documents.decision("r1", run_id="r1", detail="temp drifted", reason="drift as of July"),
        documents.decision(
            "o9", decision="wait", reason="a run is at work", for_run="r3", decided_at=DAY + HOUR
        ),
    ],
    drift=[
        documents.drift_verdict(0, "1", drifted=True, drifted_features=("wind",)),
        documents.drift_verdict(1, "2"),
        documents.drift_verdict(2, "2", drifted=True, drifted_features=("temp",)),
        documents.drift_verdict(3, "2", undetermined="12 rows are too few"),
        documents.drift_verdict(
            4,
            "2",
            drifted=True,
            sustained=True,
            drifted_features=("temp",),
            sustained_features=("temp",),
            features=(TEMP,),
            passed_over={"month": "it is the month of the event's time"},
        ),
    ],
    performance=[
        documents.performance_verdict(1, "1", value=0.61, degraded=True),
        documents.performance_verdict(2, "2", value=0.75),
    ],
)
EVALUATION = documents.evaluation(
    "r1",
    candidates=(
        *documents.evaluation("r1").candidates,
        CandidateRecord(
            family="linear",
            model_uri="s3://artifacts/linear",
            metrics={"roc_auc": 0.7},
            validation={"roc_auc": None},
        ),
    ),
    champion=ChampionRecord("1", {"roc_auc": 0.698}),
    comparison=BETTER,
    baseline=BETTER,
    baselines={"constant": BaselineRecord(0.5, None, used=True)},
    lost=LOST,
)
REFUSAL = documents.evaluation(
    "r3",
    decision="refuse",
    gates=(
        Gate("absolute", False, 0.55, 0.62, "roc_auc 0.5500 is below 0.62"),
        Gate("latency", True, 3.0, 50, "fast enough"),
        Gate("slices", False, None, 0.05, "undetermined, no slice has enough rows"),
    ),
    approval="the champion could not be compared",
)
PLAN = documents.plan(
    run_id="r1",
    parts={"flights": ("validated/flights/flights/b1/part-00000.parquet",)},
    champion=documents.slot("1"),
)
EVIDENCE = {"r1": Evidence(PLAN, EVALUATION), "r3": Evidence(None, REFUSAL)}


def told(answer: Answer, section: str) -> str:
    """A section's lines as one text, each with its document."""
    return "\n".join(f"{fact.text} <{fact.document}>" for fact in answer[section])
