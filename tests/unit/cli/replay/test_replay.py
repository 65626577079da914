"""Files are replayed with real models: one that nobody renews is worse where the world turned."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import cli.connection
from cli.app import app
from cli.problem_check.check import Check
from cli.replay.page import page
from cli.replay.run import ReplayRequest, replay_files
from cli.replay.told import ReplayResult, cells, heads, notes
from ghosteam.errors import InvalidInput
from ghosteam.retraining.replay.course import Course
from tests.pages import Reader

ATTACK = "<script>alert('1')</script>\"&amp;"
NOW = datetime(2025, 1, 1, tzinfo=UTC)
DAYS, A_DAY = 140, 32
YAML = """version: 1
problem: turning
task: binary
entities: {order: [id]}
event_time: at
target: {name: late, expr: late, known_at: event_time + 1d}
datasets:
  orders: {role: events, id: [id], columns: {id: integer, at: timestamp, x: number, late: boolean}}
features: {request: [x]}
model: {families: [linear], trials: 2}
holdout: 14d
promote: {metric: roc_auc, max_calibration_error: 0.5}
decide: {values: {hit: 5, miss: -5, false_alarm: -1}}
watch: {window: 14d, drift: 1 of 2, min_rows: 50, performance: {min_labels: 100, max_drop: 0.05}}
retrain: {min_train: 28d, train_window: 28d, cooldown: 7d}
"""


def write_problem(root: Path, yaml: str = YAML) -> Path:
    """Half of the time more of ``x`` is later, then less of it."""
    folder = root / "feature_repo" / "turning"
    folder.mkdir(parents=True)
    (folder / "problem.yaml").write_text(yaml)
    random, count = np.random.default_rng(0), DAYS * A_DAY
    x, turned = random.normal(size=count), np.arange(count) >= count // 2
    chance = 1 / (1 + np.exp(-3 * np.where(turned, -x, x)))
    begin = datetime(2024, 1, 1)
    rows = pl.DataFrame(
        {
            "id": range(count),
            "at": [f"{begin + timedelta(days=n / A_DAY):%Y-%m-%dT%H:%M:%SZ}" for n in range(count)],
            "x": x,
            "late": random.random(count) < chance,
        }
    )
    rows.write_csv(root / "orders.csv")
    return folder


def asked_of(root: Path, folder: Path) -> ReplayRequest:
    return ReplayRequest(
        Check(folder, "local", [root / "orders.csv"], root / "landing", NOW), every=2
    )


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> ReplayResult:
    root = tmp_path_factory.mktemp("replay")
    return replay_files(asked_of(root, write_problem(root)), lambda *_: None)


def by_name(replayed: ReplayResult) -> dict[str, Course]:
    return {course.policy.name: course for course in replayed.courses}


def value(course: Course) -> float:
    assert isinstance(course.value, float)
    return course.value


def test_a_model_that_is_never_renewed_is_worse_where_the_world_turned(
    replayed: ReplayResult,
) -> None:
    found = by_name(replayed)
    assert value(found["always"]) > value(found["never"]) + 0.1
    assert found["never"].runs == 1 < found["always"].runs
    assert found["always"].worth and found["never"].worth
    assert found["always"].worth > found["never"].worth


def test_what_looks_at_outcomes_finds_that_the_world_turned(replayed: ReplayResult) -> None:
    found = by_name(replayed)
    for name in ("performance", "regret"):
        assert found["never"].runs < found[name].runs <= found["always"].runs
        assert value(found[name]) > value(found["never"])
    assert found["never"].asked >= 1


def test_models_are_made_once_and_from_the_past_alone(replayed: ReplayResult) -> None:
    used = {step.model for course in replayed.courses for step in course.steps}
    assert replayed.models == len(used)
    steps = by_name(replayed)["always"].steps
    assert all(step.model == step.window[0] for step in steps)
    # The world turned on 11 March: of that the model of the 14th has seen next to nothing.
    (after,) = (step for step in steps if f"{step.model:%Y-%m-%d}" == "2024-03-14")
    assert isinstance(after.value, float) and after.value < 0.4
    assert isinstance(steps[-1].value, float) and steps[-1].value > 0.8


def test_the_table_says_what_each_policy_comes_to(replayed: ReplayResult) -> None:
    assert heads(replayed) == ["policy", "roc_auc", "runs", "asked", "$", "value", "value less $"]
    assert all(len(cells(one, replayed)) == len(heads(replayed)) for one in replayed.courses)
    text = "\n".join(notes(replayed))
    assert "1 set of parameters for each of linear, where a run in local tries 2" in text
    assert "decide.values, of which one is $1" in text and "Modyn" in text
    sample = "\n".join(notes(replace(replayed, stands_for=6.5)))
    assert "a row stands for 6.5 events" in sample


def test_the_page_shows_all_and_runs_and_fetches_nothing(replayed: ReplayResult) -> None:
    first = replayed.courses[0]
    step = replace(first.steps[0], asked=(ATTACK,), ran=ATTACK, held=None)
    course = replace(first, steps=[step, *first.steps[1:]])
    document = page(replace(replayed, courses=[course, *replayed.courses[1:]]))
    read = Reader(document)
    assert "script" not in read.names and not {"img", "link", "iframe"} & {*read.names}
    assert read.names.count("svg") == 2 and read.text.count(ATTACK) >= 3
    assert "default-src 'none'" in document and not re.search(r"https?://", document)
    for one in replayed.courses:
        assert one.policy.rule in read.text


def test_the_command_prints_the_table_and_writes_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_problem(tmp_path)
    monkeypatch.setattr(cli.connection, "ROOT", tmp_path)
    saved = tmp_path / "page.html"
    words = f"replay turning --data {tmp_path / 'orders.csv'} --policy never --save {saved}"
    answer = CliRunner().invoke(app, [*words.split(), "--from", "2024-02-20"])
    assert answer.exit_code == 0, answer.output
    assert "never" in answer.output and "the first model serves for good" in answer.output
    assert "roc_auc" in saved.read_text(encoding="utf-8")


def test_events_without_a_time_have_no_windows(tmp_path: Path) -> None:
    timeless = YAML.replace("event_time: at", "event_time: none").replace(
        ", known_at: event_time + 1d", ""
    )
    timeless = timeless.replace("holdout: 14d", "holdout: 20%")
    timeless = timeless.replace("min_train: 28d, train_window: 28d, ", "")
    folder = write_problem(tmp_path, timeless)
    with pytest.raises(InvalidInput, match="Events without a time have no windows"):
        replay_files(asked_of(tmp_path, folder), lambda *_: None)


def test_too_few_rows_are_said_in_the_loops_own_words(tmp_path: Path) -> None:
    folder = write_problem(tmp_path)
    late = replace(asked_of(tmp_path, folder), until=datetime(2024, 2, 1, tzinfo=UTC))
    with pytest.raises(InvalidInput, match=r"first model be made: waiting, because orders"):
        replay_files(late, lambda *_: None)
    nothing = replace(late, since=datetime(2024, 1, 30, tzinfo=UTC))
    with pytest.raises(InvalidInput, match="ends of windows of 2w"):
        replay_files(nothing, lambda *_: None)


def test_without_files_the_command_says_what_to_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_problem(tmp_path)
    monkeypatch.setattr(cli.connection, "ROOT", tmp_path)
    answer = CliRunner().invoke(app, ["replay", "turning"])
    assert answer.exit_code == 1 and "Name files of its data with --data" in answer.output
