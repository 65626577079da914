"""Suites of Great Expectations in an account of their own: rows that one likes and rows that it
does not, one that the library refuses, a job that dies, and a problem without.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ghosteam.aws.expectations import expectations_of
from ghosteam.data.expectations import FOLDER
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.expectations_result import ExpectationsResult
from tests.contract.containers import python_of
from tests.flow.checkout import command, deployed, empty_checkout, own_account
from tests.flow.test_4_z_alarms import all_alarms, reached
from tests.flow.world import World
from tests.many import EVENTS, ROW_COUNT, Features, csv_of, name_of, write_problems, write_suite

pytestmark = [
    pytest.mark.flow,
    pytest.mark.long,
    pytest.mark.skipif(
        not python_of("expectations").exists(),
        reason="Great Expectations is not installed: ./ghosteam test --long installs it",
    ),
]
WITH, WITHOUT, REFUSED = (name_of(number) for number in range(3))
FEATURES, ROWS = 3, 20
NOT_MET = "expect_column_values_to_be_between of feature_000: 2 of 20 rows"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout with three problems in the place of its own."""
    copy = empty_checkout(tmp_path_factory.mktemp("suites"))
    repository = copy / "feature_repo"
    write_problems(repository, problems=3, features=Features(FEATURES, suite=True))
    shutil.rmtree(repository / WITHOUT / FOLDER)
    misspelled = {**ROW_COUNT, "kwargs": {"minimum": 1}}
    write_suite(repository / REFUSED, EVENTS, {"name": "refused", "expectations": [misspelled]})
    return copy


@pytest.fixture(scope="module")
def world(checkout: Path) -> Iterator[World]:
    with deployed(checkout, own_account(checkout)) as found:
        found.listen()
        yield found


def test_1_rows_that_a_suite_likes_pass_and_nobody_is_told(world: World, checkout: Path) -> None:
    batch = _validated(world, WITH, 0)
    said = _said(world, batch)
    assert said.met and (said.rows, said.expectations) == (ROWS, 2)
    told = command(checkout, "why", WITH, "batch", batch.batch_id)
    assert "all 2 expectations are met, of its 20 valid rows" in told
    assert not world.events("ExpectationsNotMet", problem=WITH)


def test_2_rows_that_a_suite_does_not_like_count_and_each_place_tells_of_it(
    world: World, checkout: Path
) -> None:
    batch = _validated(world, WITH, 100, bad=True)
    assert _said(world, batch).failed == (NOT_MET,)
    world.eventually("event", lambda: world.events("ExpectationsNotMet", batch_id=batch.batch_id))
    world.eventually("alert", lambda: world.alerts(batch.batch_id))
    told = command(checkout, "why", WITH, "batch", batch.batch_id)
    assert "1 of 2 expectations are not met" in told and f"not met: {NOT_MET}" in told
    assert "its rows count" in told
    status = command(checkout, "status", WITH)
    assert f"{EVENTS}, batch {batch.batch_id}: 1 of 2 expectations are not met" in status
    pages = checkout / "pages"
    command(checkout, "report", "data", WITH, "--to", str(pages))
    [docs] = pages.glob(f"{EVENTS}-{batch.batch_id[:12]}-data-docs.html")
    assert "feature_000" in docs.read_text()
    [page] = (one for one in pages.glob("*.html") if f'href="{docs.name}"' in one.read_text())
    assert NOT_MET in page.read_text() and page.name in (pages / f"{EVENTS}.html").read_text()


def test_3_a_suite_that_the_library_refuses_fails_its_job_with_the_reason(
    world: World, checkout: Path
) -> None:
    told = _failure(world, checkout, _validated(world, REFUSED, 0))
    assert "Great Expectations refuses the suite" in told and "minimum" in told
    assert f"{REFUSED}/{FOLDER}/{EVENTS}.json" in told and "deploy again" in told
    [alarm] = [
        one["AlarmName"]
        for one in all_alarms(world)
        if one["MetricName"] == "ExecutionsFailed"
        and {"Name": "StateMachineArn", "Value": world.machine("expectations")} in one["Dimensions"]
    ]
    world.eventually(f"alarm {alarm}", lambda: reached(world, alarm), within=90)


def test_4_a_job_that_dies_is_told_and_the_next_batch_is_looked_at(
    world: World, checkout: Path
) -> None:
    batch = _validated(world, WITH, 200)
    job = ("check_expectations", batch.batch_id)
    for pid in world.eventually("its job", lambda: world.processes(*job)):
        os.kill(pid, signal.SIGKILL)
    assert "exit code: 137" in _failure(world, checkout, batch)
    assert expectations_of(batch, world.artifacts) is None
    assert _said(world, _validated(world, WITH, 300)).met


def test_5_a_problem_without_a_suite_starts_no_job(world: World, checkout: Path) -> None:
    batch = _validated(world, WITHOUT, 0)
    assert _said(world, _validated(world, WITH, 400)).met, "a job for the other would be known too"
    describe = world.client("stepfunctions").describe_execution
    asked = [
        json.loads(describe(executionArn=one["executionArn"])["input"])["problem"]
        for one in world.executions("expectations")
    ]
    assert set(asked) == {WITH, REFUSED}
    told = command(checkout, "why", WITHOUT, "batch", batch.batch_id)
    assert "validated: 20 rows" in told and "What its suite said" not in told


def _validated(world: World, problem: str, first: int, *, bad: bool = False) -> BatchRecord:
    """The batch of a file of so numbered rows, of which two are ``bad`` for the suite and good for
    the contract.
    """
    body = csv_of(FEATURES, rows=range(first, first + ROWS))
    if bad:
        body = body.replace(b"true,0.0,", b"true,500.0,")
    batch = world.settled(world.drop(EVENTS, f"{first}.csv", body, problem=problem), within=300)
    assert (batch.status, batch.valid_rows, batch.quarantined_rows) == ("validated", ROWS, 0)
    return batch


def _said(world: World, batch: BatchRecord) -> ExpectationsResult:
    return world.eventually(
        "what its suite says",
        lambda: expectations_of(batch, world.artifacts),
        logs_of=("validate_batch",),
        within=300,
    )


def _failure(world: World, checkout: Path, batch: BatchRecord) -> str:
    """What is told of a batch whose job fails, once it has."""

    def told() -> str | None:
        said = command(checkout, "why", batch.problem, "batch", batch.batch_id)
        return said if "its job failed" in said else None

    return world.eventually("failure of the job", told, within=300)
