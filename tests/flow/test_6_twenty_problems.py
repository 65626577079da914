"""Twenty problems in one deployment of their own: files of all arrive, the backlog of one delays no
other, and five that are removed leave with all that was theirs.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ghosteam.features.views import online_table
from ghosteam.serving.scopes import PURPOSES, client_parameter, scope_of
from infra.settings import environment_settings
from tests.flow.checkout import deploy_from, deployed, empty_checkout
from tests.flow.deployment import PREFIX
from tests.flow.world import Dropped, World
from tests.many import EVENTS, Features, csv_of, write_problems

pytestmark = [pytest.mark.flow, pytest.mark.long]

PROBLEMS, FEATURES, ROWS = 20, 3, 20
LOUD, BACKLOG = "problem_000", 60
REMOVED = tuple(f"problem_{number:03d}" for number in range(15, 20))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout with twenty problems in the place of its own."""
    copy = empty_checkout(tmp_path_factory.mktemp("twenty"))
    write_problems(copy / "feature_repo", problems=PROBLEMS, features=Features(FEATURES))
    return copy


@pytest.fixture(scope="module")
def twenty(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with deployed(checkout, tmp_path_factory.mktemp("account-of-twenty")) as world:
        yield world


def drop(world: World, problem: str, name: str, first: int = 0) -> Dropped:
    body = csv_of(FEATURES, rows=range(first, first + ROWS))
    return world.drop(EVENTS, name, body, problem=problem)


def names() -> list[str]:
    return [f"problem_{number:03d}" for number in range(PROBLEMS)]


def test_1_files_of_all_problems_are_validated(twenty: World) -> None:
    dropped = [drop(twenty, name, "first.csv") for name in names()]
    for one in dropped:
        batch = twenty.settled(one, within=600)
        assert (batch.status, batch.valid_rows) == ("validated", ROWS), one
    assert twenty.dead_letters("dispatch_work") == []


def test_2_the_backlog_of_one_delays_no_other(twenty: World) -> None:
    loud = [drop(twenty, LOUD, f"{n:03d}.csv", 1000 * (n + 1)) for n in range(BACKLOG)]
    # Every file of the backlog waits, or is at work, before another problem's comes.
    deadline = time.monotonic() + 120
    while twenty.waiting(twenty.queue_of("dispatch_work")) and time.monotonic() < deadline:
        time.sleep(0.1)
    others = [drop(twenty, name, "later.csv", 1000) for name in names()[1:6]]
    for one in others:
        assert twenty.settled(one, within=600).status == "validated"
    done = sum(batch.status == "validated" for batch in twenty.ledger.all(LOUD, EVENTS)) - 1
    assert done < BACKLOG / 2, f"{done} of the backlog were done before the others"
    for one in loud:
        assert twenty.settled(one, within=1200).status == "validated"


def test_3_removed_problems_leave_with_all_that_was_theirs_and_no_other_is_touched(
    twenty: World, checkout: Path
) -> None:
    def alarms() -> set[str]:
        pages = twenty.client("cloudwatch").get_paginator("describe_alarms").paginate()
        found = {alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]}
        return {name for name in found if name.startswith(f"{PREFIX}-problem_")}

    def clients() -> set[str]:
        return {name for name in twenty.names if name.startswith("clients/") and "problem_" in name}

    online = online_table(environment_settings(twenty.connection.environment).online_prefix)
    rows = [f"{name}.things@000000000000#1" for name in (REMOVED[0], names()[0])]
    for row in rows:
        item = {"entity_id": {"S": row}}
        twenty.client("dynamodb").put_item(TableName=online, Item=item)

    def left() -> list[str]:
        items = twenty.client("dynamodb").scan(TableName=online)["Items"]
        there = {item["entity_id"]["S"] for item in items}
        return [row for row in rows if row in there]

    before = alarms()
    watched = ("DriftSustained", "OutcomeDriftSustained", "PerformanceDegraded")
    assert before == {f"{PREFIX}-{name}-{what}" for name in names() for what in watched}
    assert len(clients()) == 2 * PROBLEMS
    for name in REMOVED:
        shutil.rmtree(checkout / "feature_repo" / name)
    deploy_from(checkout, twenty.state_dir)
    vars(twenty.connection).pop("names", None)
    gone = tuple(f"{PREFIX}-{name}-" for name in REMOVED)
    twenty.eventually(
        "no online rows of a removed problem",
        lambda: left() == rows[1:],
        logs_of=("publish_definitions", "dispatch_work", "materialize_features"),
    )
    assert before - alarms() == {name for name in before if name.startswith(gone)}
    kept = [name for name in names() if name not in REMOVED]
    assert clients() == {
        client_parameter(scope_of(purpose, name)) for purpose in PURPOSES for name in kept
    }
    api = twenty.connection.api()
    assert api.request("GET", f"/v1/{REMOVED[0]}/model").status_code == 404
    assert api.request("GET", f"/v1/{kept[-1]}/model").status_code == 200
    allowed = twenty.connection.api(scope_of("predict", kept[-1]))
    assert allowed.request("GET", f"/v1/{kept[-1]}/model").status_code == 200
    assert allowed.request("GET", f"/v1/{kept[0]}/model").status_code == 403
    settled = twenty.settled(drop(twenty, kept[-1], "after.csv", 5000), within=300)
    assert settled.status == "validated"


def test_4_a_renamed_problem_goes_and_comes_in_one_deployment(
    twenty: World, checkout: Path
) -> None:
    before, after = names()[1], "renamed"
    repository = checkout / "feature_repo"
    (repository / before).rename(repository / after)
    file = repository / after / "problem.yaml"
    file.write_text(file.read_text().replace(f"problem: {before}", f"problem: {after}"))
    deploy_from(checkout, twenty.state_dir)
    vars(twenty.connection).pop("names", None)
    api = twenty.connection.api()
    assert api.request("GET", f"/v1/{before}/model").status_code == 404
    assert api.request("GET", f"/v1/{after}/model").status_code == 200
    settled = twenty.settled(drop(twenty, after, "first.csv"), within=300)
    assert (settled.status, settled.valid_rows) == ("validated", ROWS)
    assert twenty.ledger.all(before, EVENTS), "what it was under its old name stays on record"
    last = twenty.settled(drop(twenty, LOUD, "at-last.csv", 99_000), within=300)
    assert last.status == "validated", "no other problem is touched"
