"""No class of data is deleted while a problem needs it, and every class has its setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ghosteam.features.views import online_table
from ghosteam.problem.load import parse_problem
from infra.retention import check_retention
from infra.settings import ENVIRONMENTS, DataClass
from tests.infra.templates import Synthesized, text
from tests.unit.erasure.world import BUCKETS

TEXT = """
version: 1
problem: visits
task: binary
entities: {patient: [patient]}
event_time: at
target: {name: costly, expr: cost > 50, known_at: at + 1h, matures: 3d}
datasets:
  visits: {role: events, columns: {patient: integer, at: timestamp, ward: string, cost: "number?"}}
features:
  request: [ward]
  windows: [{name: costly_7d, by: [ward], rate: costly, over: 7d, min_rows: 1}]
retrain: {train_window: 90d}
watch: {window: 2d, drift: 2 of 3}
"""
STATIC = TEXT.replace(
    "features:\n",
    "  wards: {key: [ward], static: true, columns: {ward: string, beds: integer}}\nfeatures:\n"
    "  join: [wards.beds]\n",
)


def test_what_is_erased_is_looked_for_in_every_bucket_and_table_that_there_is(
    environment: Synthesized,
) -> None:
    """Access logs hold addresses of objects, which name no entity but where its file does."""
    prefix = environment.settings.prefix
    buckets = [
        text(one.properties["BucketName"]).partition(f"{prefix}-")[2]
        for one in environment.of("AWS::S3::Bucket")
    ]
    held = [name for name in buckets if not name.startswith("access-logs-")]
    assert len(held) == len(BUCKETS)
    assert all(any(name.startswith(f"{one}-") for name in held) for one in BUCKETS)
    tables = {one.properties["TableName"] for one in environment.of("AWS::DynamoDB::GlobalTable")}
    assert tables == {f"{prefix}-state", online_table(environment.settings.online_prefix)}


def faults(keep_days: Mapping[DataClass, int], text: str = TEXT) -> list[str]:
    settings = replace(ENVIRONMENTS["dev"], keep_days=keep_days)
    return [str(one) for one in check_retention(settings, {"visits": parse_problem(text)})]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_keeps_what_the_problem_needs(environment: str) -> None:
    settings = ENVIRONMENTS[environment]
    assert not list(check_retention(settings, {"visits": parse_problem(STATIC)}))


def test_validated_rows_are_kept_for_training_its_windows_and_late_outcomes() -> None:
    needed = 90 + 7 + 30 + 1
    assert faults({"validated": needed}) == []
    [fault] = faults({"validated": needed - 1})
    for told in ("keep_days['validated']", "'dev'", "'visits'", str(needed), "train_window"):
        assert told in fault


def test_rows_without_a_time_are_kept_for_ever() -> None:
    [fault] = faults({"validated": 10_000}, STATIC)
    assert "for ever" in fault and "wards" in fault


def test_predictions_are_kept_until_they_are_judged() -> None:
    assert faults({"predictions": 3 * 2 + 3 + 1}) == []
    assert len(faults({"predictions": 3 * 2 + 3})) == 1


def test_what_a_model_is_made_of_is_kept_as_long_as_it_may_serve() -> None:
    [fault] = faults({"runs": 365})
    assert "keep_days['runs']" in fault


def test_other_classes_may_go_when_the_owner_says() -> None:
    short: dict[DataClass, int] = {
        "landed files": 1,
        "raw": 1,
        "quarantine": 1,
        "profiles": 1,
        "scoring": 1,
        "reports": 1,
        "feature sources": 1,
    }
    assert faults(short) == []
