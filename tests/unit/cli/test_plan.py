"""What a deployment would do is told by ``plan``, and by ``deploy`` before it does it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from rich.console import Console
from typer.testing import CliRunner

import cli.connection
import cli.deployment
import cli.operation
import cli.plan
from cli.app import app
from cli.connection import Connection
from cli.plan import planned_changes, print_plan
from ghosteam.aws.objects import Objects
from ghosteam.documents import state_keys
from ghosteam.documents.change import Change, Stage
from ghosteam.documents.published_definition import PublishedDefinition
from ghosteam.documents.published_problems import PublishedProblems
from ghosteam.errors import NotFound
from ghosteam.problem.load import parse_problem
from tests import documents
from tests.accounts import CREDENTIALS, NAMES, create_state_table, name_resources
from tests.unit.features.conftest import TRIPS

CHANGED = TRIPS.replace('"number?"}', "{type: number, nullable: true, max: 999}}", 1).replace(
    "over: 2d", "over: 3d"
)


def test_names_with_colons_and_brackets_are_printed_as_they_are() -> None:
    stage = Stage(kind="callers", subject="shop", why="send [/b], a[red], x:id:y")
    skipped = Stage(kind="rebuild", subject="a[b]", why="", skipped="of [x] nothing is there")
    change = Change(
        problem="shop",
        before="1",
        after="2",
        differences=("datasets.[a]: added, :key:",),
        stages=(stage, skipped),
        at=datetime(2024, 1, 1, tzinfo=UTC),
    )
    console = Console(file=io.StringIO(), width=200, emoji=False)
    print_plan([change], console)
    told = console.file.getvalue()  # type: ignore[attr-defined]
    for text in (stage.why, str(skipped.skipped), "rows of a[b]", change.differences[0]):
        assert text in told


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """Trips are deployed with three million rows and a model that serves, and were changed since;
    a problem is new, and the folder of another is gone.
    """
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(cli.plan, "FEATURE_REPO", tmp_path)
    for name, text in {"trips": CHANGED, "fresh": TRIPS.replace(": trips", ": fresh", 1)}.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "problem.yaml").write_text(text, encoding="utf-8")
    with mock_aws():
        name_resources("dev", api_url="https://api", **NAMES)
        boto3.client("s3").create_bucket(Bucket=NAMES["artifact_bucket"])
        artifacts = Objects(boto3.client("s3"), NAMES["artifact_bucket"])
        state = create_state_table(boto3.client("dynamodb"))
        for name in ("trips", "gone"):
            problem = parse_problem(TRIPS.replace(": trips", f": {name}", 1))
            digest = documents.keep_definition(artifacts, problem)
            published = PublishedDefinition(definition=digest, code="", at=documents.DAY, told=True)
            state.put(name, state_keys.PUBLISHED_DEFINITION, published)
        names = PublishedProblems(("gone", "trips"))
        state.put(state_keys.EVERY_PROBLEM, state_keys.PUBLISHED_PROBLEMS, names)
        batch = documents.batch(problem="trips", dataset="trips", rows=3_000_000)
        state.put("trips", state_keys.batch("trips", batch.batch_id), batch)
        state.put("trips", state_keys.ROUTING, documents.routing(documents.slot("1")))
        yield Connection("dev")


def test_all_problems_are_planned_and_those_whose_folders_are_gone(deployed: Connection) -> None:
    changes = {change.problem: change for change in planned_changes(deployed, None)}
    assert changes.keys() == {"fresh", "gone", "trips"}
    assert changes["fresh"].differences == ("the problem is new",)
    assert changes["gone"].after is None
    assert [stage.kind for stage in changes["gone"].stages] == ["retire", "remove"]
    assert changes["trips"].differences == (
        "datasets.trips.columns.delay.max: added, 999.0",
        "features.windows.line_late_2d.over: 2d is now 3d",
    )


def test_one_problem_is_planned_alone_with_its_minutes_and_dollars(deployed: Connection) -> None:
    [change] = planned_changes(deployed, "trips")
    work = {
        (stage.kind, stage.subject): (stage.batches, stage.rows, stage.minutes, stage.usd)
        for stage in change.stages
        if stage.skipped is None
    }
    assert work == {
        # A million rows a minute, in 3 GB.
        ("validate", "trips"): (1, 3_000_000, 3.0, 0.009),
        # Building and evaluating, ten minutes of search in three families, three starts of jobs.
        ("retrain", "trips"): (0, 0, 15.0 + 10.0 + 3 * 4.0, 0.25),
    }
    [window] = [one for one in change.stages if one.kind == "rebuild"]
    assert window.skipped == "the batches that are validated again bring it up to date"
    assert (window.rows, window.minutes, window.usd) == (3_000_000, 0, 0)
    with pytest.raises(NotFound, match="no problem called 'trip'"):
        planned_changes(deployed, "trip")


def test_a_deployment_tells_its_plan_first(
    deployed: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.operation, "console", Console(width=200))
    monkeypatch.setattr(cli.connection, "connect", lambda _: deployed)
    monkeypatch.setattr(cli.deployment, "deploy", lambda _, say: say("STACKS"))
    done = CliRunner().invoke(app, ["deploy", "-e", "dev"])
    assert done.exit_code == 0, done.output
    plan, _, rest = done.output.partition("STACKS")
    assert "validate the batches of trips again" in plan and "retire gone" in plan
    assert "Deploying it takes about 40 minutes of work and $0.26 besides." in plan
    assert "https://api" in rest and "Deploying" not in rest


def test_before_the_first_deployment_there_is_nothing_to_plan(
    deployed: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.connection, "connect", lambda _: Connection("prod"))
    monkeypatch.setattr(cli.deployment, "deploy", lambda _, say: say("STACKS"))
    monkeypatch.setattr(Connection, "page", lambda *_: "https://api")
    done = CliRunner().invoke(app, ["deploy", "-e", "prod"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("STACKS")


def test_a_folder_that_is_not_valid_is_told_and_nothing_is_deployed(
    deployed: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = CHANGED.replace("over: 3d", "over: 3 days and a half")
    (tmp_path / "trips" / "problem.yaml").write_text(broken, encoding="utf-8")
    monkeypatch.setattr(cli.connection, "connect", lambda _: deployed)
    monkeypatch.setattr(cli.deployment, "deploy", lambda _, say: say("STACKS"))
    done = CliRunner().invoke(app, ["deploy", "-e", "dev"])
    assert done.exit_code == 1 and isinstance(done.exception, SystemExit)
    assert "trips/problem.yaml" in done.output and "STACKS" not in done.output
