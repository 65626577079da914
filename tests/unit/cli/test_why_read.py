"""``ghosteam why`` reads an account and finds what was named, or says what is near to it."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import polars as pl
import pytest
from rich.console import Console
from typer.testing import CliRunner

import cli.connection
from cli.app import app
from cli.connection import Connection
from cli.facts.fact import Fact
from cli.why.near import near
from cli.why.read import answer, tell
from ghosteam.documents import keys, state_keys
from ghosteam.documents.materialized_batch import MaterializedBatch
from ghosteam.documents.rejection import Rejection
from ghosteam.errors import InvalidInput, NotFound
from tests import documents
from tests.accounts import Account, memory_account, name_resources
from tests.unit.cli.test_why_prediction import RECORD
from tests.unit.cli.why_documents import EVALUATION, FULL, MADE, PLAN, told

EVENT = datetime(2013, 7, 4, 13, 15, tzinfo=UTC)
ENTITY = {
    "year": 2013,
    "month": 7,
    "day": 4,
    "carrier": "UA",
    "flight": 7,
    "origin": "EWR",
    "sched_dep_time": 900,
}
LOGGED = {**RECORD, "event": ENTITY, "event_time": EVENT.isoformat()}


@pytest.fixture
def account() -> Iterator[Account]:
    with memory_account() as made:
        name_resources("dev", state_table="state", artifact_bucket="artifacts", lake_bucket="lake")
        yield made


@pytest.fixture
def filled(account: Account) -> Account:
    state = account.state
    state.put("flights", state_keys.ROUTING, FULL.routing)
    state.put("flights", state_keys.RUNS / "r1", MADE)
    account.artifacts.put_json(keys.plan("flights", "r1"), PLAN.to_json())
    account.artifacts.put_json(keys.evaluation("flights", "r1"), EVALUATION.to_json())
    account.add_batch("flights", "b1", EVENT.isoformat(), EVENT.isoformat())
    state.put(
        "flights", state_keys.materialized_batches("flights") / "b1", MaterializedBatch("b1", EVENT)
    )
    profile = documents.batch_profile(broken_rules={"hour: at most 24": 3})
    account.lake.put_json(keys.profile("flights", "flights", "b1"), profile.to_json())
    return account


def log(account: Account, arrived: datetime) -> None:
    body = gzip.compress(json.dumps({**LOGGED, "made_at": arrived.isoformat()}).encode())
    account.lake.put(f"predictions/{arrived:%Y/%m/%d/%H}/a.gz", body)


def outcome(account: Account, flight: int = 7) -> None:
    row = {
        **ENTITY,
        "flight": flight,
        "dest": "IAH",
        "time_hour": EVENT.replace(minute=0),
        "minute": 15,
        "arr_delay": 60.0,
        "dep_delay": 60.0,
        "air_time": 100.0,
    }
    buffer = io.BytesIO()
    pl.DataFrame([row]).write_parquet(buffer)
    account.lake.put(keys.validated_part("flights", "flights", "b1", 0), buffer.getvalue())


def text(about: str | None = None, id: str = "", at: datetime | None = None) -> str:
    found = answer(Connection("dev"), "flights", about, id, at)
    return "\n".join(told(found, section) for section in found)


def test_a_problem_is_told_from_its_state_and_what_its_champions_run_left(filled: Account) -> None:
    found = text()
    assert "champion: version 2 on slot-2" in found
    assert "lightgbm learned from events" in found
    assert "parts: 1 of flights" in found


def test_a_problem_with_nothing_on_record_has_an_answer(account: Account) -> None:
    assert "champion: none: no model serves" in text()


def test_a_run_is_found_by_its_id(filled: Account) -> None:
    assert "linear: roc_auc 0.7 on the hold-out" in text("run", "r1")


def test_a_run_that_only_left_a_plan_is_found(account: Account) -> None:
    account.artifacts.put_json(keys.plan("flights", "r1"), PLAN.to_json())
    assert "no decision on it is on record" in text("run", "r1")


@pytest.mark.parametrize("id", ["b1", "flights/flights/b1"])
def test_a_file_is_found_by_its_batch_and_by_its_landing_key(filled: Account, id: str) -> None:
    found = text("batch", id)
    assert "its rows count: it is what flights/flights/b1 holds" in found
    assert "quarantined 3: hour: at most 24" in found
    assert "they are online, since 2013-07-04 13:15" in found
    assert "run r1 <runs/flights/r1/plan.json>" in found


def test_a_rejected_file_has_its_reason(account: Account) -> None:
    account.add_batch("flights", "b1")
    key = state_keys.batch("flights", "b1")
    rejected = account.state.find("flights", key)
    assert rejected is not None
    account.state.put("flights", key, type(rejected)(**{**vars(rejected), "status": "rejected"}))
    error = InvalidInput("No column", where={"column": "carrier"}, remedy="Add it")
    why = Rejection.of(error, rejected.source)
    account.lake.put_json(keys.rejection("flights", "flights", "b1"), why.to_json())
    assert "why: No column (column carrier). Add it" in text("batch", "b1")


def test_a_prediction_is_found_around_its_time_with_its_outcome(filled: Account) -> None:
    log(filled, EVENT + timedelta(minutes=50))
    outcome(filled)
    found = text("prediction", "p1", EVENT)
    assert "version 2 as champion on slot-2" in found
    assert "late 1 <validated/flights/flights/>" in found
    assert "of what was made from 2013-07-04 11:15 to 2013-07-04 15:15 UTC" in found


def test_without_a_time_the_last_days_are_searched(filled: Account) -> None:
    log(filled, datetime.now(UTC) - timedelta(days=1))
    outcome(filled, flight=8)
    assert "no outcome of late has come" in text("prediction", "p1")


def test_outcomes_that_are_gone_are_not_taken_for_none(filled: Account) -> None:
    log(filled, EVENT)
    assert "the outcomes cannot be read: Reading an object failed" in text(
        "prediction", "p1", EVENT
    )


def test_a_prediction_that_is_not_there_says_where_it_was_looked_for(filled: Account) -> None:
    log(filled, EVENT + timedelta(days=1))
    with pytest.raises(NotFound, match="from 2013-07-04 11:15") as caught:
        text("prediction", "p1", EVENT)
    assert "--at" in caught.value.remedy


def alarm(name: str, section: str) -> None:
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Ghosteam/dev",
        MetricName="DriftSustained",
        Dimensions=[{"Name": "Problem", "Value": "flights"}],
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmDescription=f"Predictions drift. See docs/runbook.md#{section}",
        EvaluationPeriods=1,
        Period=60,
        Threshold=1.0,
        Statistic="Sum",
    )


def test_an_alarm_is_found_by_its_name(filled: Account) -> None:
    alarm("dev-drift", "drift")
    found = text("alarm", "dev-drift")
    assert "Predictions drift. (metric DriftSustained, Problem flights)" in found
    assert "Retraining starts by itself" in found


@pytest.mark.parametrize(
    ("about", "id", "says"),
    [
        ("run", "r", r"no run 'r' of flights. Near ones: r1"),
        ("run", "2013", r"no run '2013' of flights. The newest: r1"),
        ("batch", "b", "Near ones: b1, flights/flights/b1"),
        ("batch", "flights/flights/b2", "Near ones: flights/flights/b1"),
        ("alarm", "drift", "Near ones: dev-drift"),
    ],
)
def test_an_unknown_name_lists_near_ones(filled: Account, about: str, id: str, says: str) -> None:
    alarm("dev-drift", "drift")
    with pytest.raises(NotFound, match=says):
        text(about, id)


def test_where_there_is_none_yet_that_is_said(account: Account) -> None:
    with pytest.raises(NotFound, match="There is none yet"):
        text("run", "r1")


def test_near_is_what_holds_it_or_is_spelt_like_it() -> None:
    assert near("april.csv", ["f/f/April.csv", "f/f/may.csv"]) == ["f/f/April.csv"]
    assert near("20130701-drfit", ["20130701-drift", "x"]) == ["20130701-drift"]
    assert near("x", [f"x{number}" for number in range(9)]) == [f"x{number}" for number in range(5)]


def test_json_and_lines_are_the_same_answer(filled: Account) -> None:
    found = answer(Connection("dev"), "flights", None, "", None)
    written = [Console(file=io.StringIO(), width=40) for _ in range(2)]
    for console, as_json in zip(written, (True, False), strict=True):
        tell(found, console, as_json=as_json)
    document, lines = (console.file.getvalue() for console in written)  # type: ignore[attr-defined]
    for title, facts in json.loads(document).items():
        assert f"\n{title}\n" in lines
        assert [fact["text"] for fact in facts] == [fact.text for fact in found[title]]
        assert all(f"  {fact['text']}\n" in lines for fact in facts)


def test_names_with_colons_and_brackets_are_told_as_they_are() -> None:
    told = {"What serves": [Fact("arn:id:key at 12:100:3 of [bold]x[/]", "run#1")]}
    for as_json in (True, False):
        console = Console(file=io.StringIO(), force_terminal=True, color_system=None)
        tell(told, console, as_json=as_json)
        written = console.file.getvalue()  # type: ignore[attr-defined]
        assert told["What serves"][0].text in written
        assert not as_json or json.loads(written)["What serves"][0]["document"] == "run#1"


def run_command(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["why", *arguments], env={"COLUMNS": "200"})
    return done.exit_code, done.output


def test_the_command_prints_json_and_errors(
    filled: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.connection, "connect", Connection)
    code, output = run_command("flights", "run", "r1", "--json", "-e", "dev")
    assert code == 0
    assert json.loads(output)["Why it was started"][0]["document"] == "run#r1"
    code, output = run_command("flights", "run", "r12", "-e", "dev")
    assert code == 1
    assert "There is no run 'r12' of flights. Near ones: r1" in output


@pytest.mark.parametrize("arguments", [("flights", "run"), ("flights", "weather", "x")])
def test_a_question_that_is_none_is_refused(arguments: tuple[str, ...]) -> None:
    code, output = run_command(*arguments)
    assert code == 2
    assert "run, batch, prediction, alarm" in output


def test_help_names_what_can_be_asked() -> None:
    code, output = run_command("--help")
    assert code == 0
    for told_of in ("run, batch, prediction or alarm", "--json", "--at", "landing key"):
        assert told_of in output
