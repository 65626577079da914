"""Each thing that a deployment needs is looked at, and what is missing has a remedy."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cli import doctor
from cli.connection import ROOT, Connection, NotReachable
from cli.doctor import CheckResult, examine, needed_instances
from cli.images.buildah import ImageError
from cli.leftovers import NamesTaken
from ghosteam.problem.load import load_problems, parse_problem
from infra.settings import ENVIRONMENTS
from tests.accounts import memory_account
from tests.distributions import installed_in

DEV = ENVIRONMENTS["dev"]
PROBLEMS = {"flights": load_problems(ROOT / "feature_repo")["flights"]}
ENDPOINTS = "ml.m5.large for endpoint usage"
GIVEN = {
    ENDPOINTS: 4.0,
    "ml.m5.xlarge for training job usage": 5.0,
    "ml.m5.xlarge for processing job usage": 1.0,
}
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., dict[str, CheckResult]]]:
    """Findings for ``dev`` by subject, with room, a Docker engine and these quotas."""
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: Usage(0, 0, 50e9))
    monkeypatch.setattr(doctor, "docker_answers", lambda: True)
    monkeypatch.setattr(doctor, "check_names", lambda *_: None)
    monkeypatch.delenv("CDK_DOCKER", raising=False)
    with memory_account():
        connection = Connection("dev")

        def call(quotas: dict[str, float] | None = None) -> dict[str, CheckResult]:
            stub = Stubber(boto3.client("service-quotas"))
            if quotas is None:
                stub.add_client_error("list_service_quotas", "AccessDeniedException")
            else:
                stub.add_response(
                    "list_service_quotas",
                    {
                        "Quotas": [
                            {"QuotaName": name, "Value": value} for name, value in quotas.items()
                        ]
                    },
                )
            stub.activate()
            connection._clients["service-quotas"] = stub.client
            return {found.subject: found for found in examine(DEV, PROBLEMS, lambda: connection)}

        yield call


def test_when_nothing_is_missing_each_thing_says_what_was_found(look: Any) -> None:
    found = look(GIVEN)
    assert {finding.state for finding in found.values()} == {"good"}, found
    assert set(found) == {
        "Python",
        "disk",
        "image builder",
        "account",
        "region",
        "bootstrap",
        "names",
        *GIVEN,
    }


def test_a_quota_that_is_too_small_is_named_with_what_is_needed(look: Any) -> None:
    found = look({**GIVEN, ENDPOINTS: 1.0})[ENDPOINTS]
    assert (found.state, found.told) == ("missing", "1 instances, up to 2 run at once")
    assert look({})[ENDPOINTS].state == "unknown"


def test_what_may_not_be_looked_at_is_unknown_and_not_missing(look: Any) -> None:
    assert look(None)["quotas"].state == "unknown"


def test_an_old_bootstrap_is_found(look: Any) -> None:
    boto3.client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="5", Type="String"
    )
    assert look(GIVEN)["bootstrap"].state == "missing"


def test_without_docker_and_buildah_both_ways_out_are_told(
    look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> None:
        raise ImageError(
            "buildah is not installed. On Debian and Ubuntu: apt-get install buildah debootstrap"
        )

    monkeypatch.setattr(doctor, "docker_answers", lambda: False)
    monkeypatch.setattr(doctor.Buildah, "here", nowhere)
    found = look(GIVEN)["image builder"]
    assert (
        found.state == "missing"
        and "Start Docker" in found.remedy
        and "apt-get install buildah" in found.remedy
    )


def test_names_that_are_taken_are_told_with_the_way_out(
    look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_: object) -> None:
        raise NamesTaken("kept its data:\n  bucket b\nTo begin anew")

    monkeypatch.setattr(doctor, "check_names", taken)
    found = look(GIVEN)["names"]
    assert (found.state, found.remedy) == ("missing", "  bucket b\nTo begin anew")


def test_a_full_disk_is_found(look: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: Usage(0, 0, 1e9))
    assert look(GIVEN)["disk"].state == "missing"


def test_without_credentials_nothing_else_of_aws_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Connection:
        raise NotReachable("no credentials")

    monkeypatch.setattr(doctor, "docker_answers", lambda: True)
    found = {finding.subject: finding for finding in examine(DEV, PROBLEMS, nobody)}
    assert found["account"].state == "missing" and "aws configure" in found["account"].remedy
    assert "quotas" not in found and "region" not in found


def test_a_backend_without_instances_needs_none(tmp_path: Path) -> None:
    """Only what an endpoint is told of instances counts, by the environment's own ``serve``."""
    code = """
from ghosteam.serving.backends.backend import Backend

MEMBER = Backend("idle", (), lambda serve: {"ServerlessConfig": {"MaxConcurrency": 1}})
"""
    with installed_in(tmp_path) as site:
        site.install("idle_backend", code, "idle = idle_backend:MEMBER", group="ghosteam.backends")
        text = (ROOT / "feature_repo" / "flights" / "problem.yaml").read_text()
        text += "  dev: {serve: {mode: idle}}\n"  # below environments
        idle, up = (parse_problem(text, environment=name) for name in ("dev", "prod"))
        assert ENDPOINTS not in needed_instances(DEV, {"a": idle})
        assert needed_instances(DEV, {"a": idle, "b": up})[ENDPOINTS] == 2


def test_the_instances_follow_from_the_problems() -> None:
    flights = PROBLEMS["flights"]
    assert needed_instances(DEV, {}) == {}
    assert (
        needed_instances(DEV, {"a": flights, "b": flights})[ENDPOINTS]
        == 4 * flights.serve.instance_count
    )
    assert needed_instances(DEV, PROBLEMS)["ml.m5.xlarge for training job usage"] == len(
        flights.model.families
    )
