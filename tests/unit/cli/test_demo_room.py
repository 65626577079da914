"""The demo ends no account that holds something of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.connection import Connection
from cli.demo import room
from local import supervisor
from local.processes import Process, start_ticks
from tests.accounts import memory_account, name_resources


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[supervisor.Account]:
    """A running account in which Ghosteam is deployed."""
    mine = Process(pid=1, started=start_ticks(1) or 0, log="")
    found = supervisor.Account(
        "http://here", "", "us-east-1", "0", str(tmp_path), {"account": mine}, {}
    )
    (tmp_path / "run").mkdir()
    monkeypatch.setattr(supervisor, "describe", lambda _: found)
    with memory_account():
        boto3.client("s3").create_bucket(Bucket="landing")
        name_resources("local", landing_bucket="landing")
        yield found


def held() -> str | None:
    return room.held_by_others("flights", look=lambda: Connection("local"))


def test_an_account_that_somebody_else_started_is_not_ended(account: supervisor.Account) -> None:
    assert held() == "a deployment of your own at http://here"


def test_the_demos_own_account_may_be_ended_until_it_holds_other_files(
    account: supervisor.Account,
) -> None:
    room.mark_as_demo(account)
    assert held() is None
    for key in ("flights/weather/a.csv", "taxis/trips/b.csv"):
        boto3.client("s3").put_object(Bucket="landing", Key=key, Body=b"x")
    assert held() == "files of taxis at http://here"


def test_an_account_in_which_nothing_is_deployed_may_be_ended(account: supervisor.Account) -> None:
    boto3.client("ssm").delete_parameter(Name="/ghosteam-local/landing_bucket")
    assert held() is None


def test_no_account_is_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "describe", lambda _: None)
    assert held() is None


def test_without_a_person_to_ask_nothing_is_ended(
    account: supervisor.Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.connection.supervisor.describe", lambda _: account)
    ended: list[object] = []
    monkeypatch.setattr(supervisor, "down", lambda *_args, **_options: ended.append(1))
    answer = CliRunner().invoke(app, ["demo"])
    assert answer.exit_code == 1
    assert "holds a deployment of your own" in answer.output
    assert "--yes" in answer.output
    assert not ended
