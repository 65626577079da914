"""The function pull_source: a direct invocation with its own boto3 clients."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from ghosteam.documents import state_keys
from ghosteam.errors import InvalidInput, NotFound, Transient
from ghosteam.runtime import problems
from ghosteam.runtime.settings import PullSettings
from tests.accounts import deployed_function, memory_account
from tests.unit.sources.builders import YAML

SETTINGS = PullSettings(environment_name="local", state_table="state", landing_bucket="landing")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose problem has sources; its API is a host that never resolves."""
    (tmp_path / "parcels").mkdir()
    text = YAML.replace("https://api.example.com/", "https://api.invalid/")
    (tmp_path / "parcels" / "problem.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(problems, "repository", lambda: tmp_path)
    problems.deployed_problems.cache_clear()
    yield tmp_path
    problems.deployed_problems.cache_clear()


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({}, InvalidInput),
        ({"problem": "x", "source": "y"}, NotFound),
        ({"problem": "parcels", "source": "y"}, NotFound),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_with_a_remedy(repository, event, error):
    with (
        memory_account(),
        deployed_function("pull_source", SETTINGS) as function,
        pytest.raises(error) as caught,
    ):
        function.handler(event, None)
    assert caught.value.remedy


def test_an_api_that_cannot_be_reached_is_an_error_that_lambda_retries(repository, monkeypatch):
    def refused(*_: object, **__: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("socket.create_connection", refused)
    with memory_account() as account, deployed_function("pull_source", SETTINGS) as function:
        boto3.client("secretsmanager").create_secret(Name="ghosteam/api", SecretString="key")
        with pytest.raises(Transient, match=r"api\.invalid does not answer"):
            function.handler({"problem": "parcels", "source": "api"}, None)
        assert account.state.get("parcels", state_keys.WATERMARKS / "api") is None
