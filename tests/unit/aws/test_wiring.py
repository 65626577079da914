"""Adapters by settings: made once, made late, and only those that the settings suffice for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from ghosteam.aws.wiring import Wiring, _Cached
from ghosteam.documents import state_keys
from ghosteam.errors import Defect
from ghosteam.runtime.settings import (
    ApprovalSettings,
    AuthorizeSettings,
    DispatchSettings,
    IngestSettings,
    MonitorSettings,
    RegistrySettings,
    RetrainSettings,
    Settings,
)
from tests import documents
from tests.accounts import ROOT, memory_account

ATTRIBUTES = [name for name, value in vars(Wiring).items() if isinstance(value, _Cached)]
NEEDS = {
    "state": "StateSettings",
    "ledger": "StateSettings",
    "watermarks": "StateSettings",
    "bus": "BusSettings",
    "lake": "DataSettings",
    "artifacts": "ArtifactSettings",
    "landing": "LandingSettings",
    "registry": "RegistrySettings",
    "executions": "RetrainSettings",
    "alerts": "ApprovalSettings",
    "token_keys": "AuthorizeSettings",
    "work_queues": "DispatchSettings",
}
"""The kind of settings of each attribute that not every function has."""


@dataclass(frozen=True, kw_only=True)
class Everything(
    IngestSettings,
    ApprovalSettings,
    RegistrySettings,
    RetrainSettings,
    AuthorizeSettings,
    DispatchSettings,
):
    """All that any attribute needs."""


SETTINGS = Everything(
    environment_name="test",
    state_table="state",
    bus_name="bus",
    lake_bucket="lake",
    landing_bucket="landing",
    artifact_bucket="artifacts",
    alert_topic_arn="arn:aws:sns:us-east-1:111122223333:alerts",
    mlflow_tracking_uri="http://127.0.0.1:5000",
    token_issuer="https://issuer",
    user_pool_id="pool",
    queue_prefix="ghosteam-test",
    state_machine_arn="arn:aws:states:us-east-1:111122223333:stateMachine:runs",
)
QUEUES = {"GHOSTEAM_QUEUE_URL": "https://queue", "GHOSTEAM_DEAD_LETTERS_URL": "https://dead"}
ENVIRONMENT = {**SETTINGS.to_environment(), **QUEUES}


class Factory:
    """Says what is asked of ``boto3.client``, and makes something that can do nothing."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, service: str, **options: Any) -> object:
        self.asked.append((service, options))
        return object()


def test_nothing_is_made_or_read_before_it_is_asked_for() -> None:
    factory, environment = Factory(), dict[str, str]()
    aws = Wiring(Everything, factory, environment=environment)
    assert factory.asked == []
    environment.update(ENVIRONMENT)
    assert aws.settings == SETTINGS
    assert factory.asked == []


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_attribute_is_made_once(name: str) -> None:
    aws = Wiring(Everything, Factory(), environment=ENVIRONMENT)
    assert getattr(aws, name) is getattr(aws, name)
    assert getattr(aws, name) is not getattr(
        Wiring(Everything, Factory(), environment=ENVIRONMENT), name
    )


def test_all_attributes_share_one_client_a_service() -> None:
    factory = Factory()
    aws = Wiring(Everything, factory, environment=ENVIRONMENT)
    for name in [*ATTRIBUTES, *reversed(ATTRIBUTES)]:
        getattr(aws, name)
    services = [service for service, _ in factory.asked]
    assert sorted(services) == sorted(set(services))


def test_a_service_with_a_config_is_made_with_it_and_no_other() -> None:
    factory, config = Factory(), Config(read_timeout=1)
    aws = Wiring(Settings, factory, configs={"dynamodb": config}, environment=ENVIRONMENT)
    assert aws.dynamodb is not aws.s3
    assert factory.asked == [("dynamodb", {"config": config}), ("s3", {})]


@pytest.mark.parametrize("name", ["state", "lake", "s3", "endpoint_admin"])
def test_a_setting_that_is_missing_is_said_before_a_client_is_made(name: str) -> None:
    factory = Factory()
    aws = Wiring(MonitorSettings, factory, environment={"GHOSTEAM_STATE_TABLE": "state"})
    with pytest.raises(Defect, match=r"GHOSTEAM_LAKE_BUCKET.*GHOSTEAM_BUS_NAME"):
        getattr(aws, name)
    assert factory.asked == []


def test_what_failed_is_tried_again() -> None:
    environment = dict[str, str]()
    aws = Wiring(Settings, Factory(), environment=environment)
    with pytest.raises(Defect):
        _ = aws.work_queue
    environment.update(ENVIRONMENT)
    assert aws.work_queue is aws.work_queue


def test_adapters_work_on_what_the_settings_name() -> None:
    with memory_account() as account:
        aws = Wiring(Everything, boto3.client, environment=ENVIRONMENT)
        aws.lake.put("a", b"lake")
        aws.artifacts.put("a", b"artifacts")
        aws.objects("lake").put("b", b"any")
        aws.state.create("flights", state_keys.ROUTING, documents.routing(documents.slot("3")))
        assert [account.lake.get(key) for key in "ab"] == [b"lake", b"any"]
        assert account.artifacts.get("a") == b"artifacts"
        found = account.state.find("flights", state_keys.ROUTING)
        assert found is not None and found.champion is not None
        assert found.champion.version == "3"


def test_a_type_checker_refuses_what_the_settings_do_not_suffice_for(tmp_path: Path) -> None:
    probe = tmp_path / "probe.py"
    begin = [
        "import boto3",
        f"from ghosteam.runtime.settings import Settings, {', '.join(NEEDS.values())}",
        "from ghosteam.aws.wiring import Wiring",
    ]
    lines = begin + [
        f"Wiring({kind}, boto3.client).{name}"
        for name in ATTRIBUTES
        for kind in ("Settings", NEEDS.get(name, "Settings"))
    ]
    probe.write_text("\n".join(lines))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), str(probe)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "layers/core/python")},
        check=False,
    )
    refused = re.findall(r"probe\.py:(\d+): error: .*\[arg-type\]", done.stdout)
    assert [lines[int(number) - 1] for number in refused] == [
        f"Wiring(Settings, boto3.client).{name}" for name in ATTRIBUTES if name in NEEDS
    ]
    assert done.stdout.splitlines()[-1].startswith(f"Found {len(NEEDS)} errors"), done.stdout


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = ["boto3", "mlflow", "numpy", "pandas", "polars", "pyarrow"]
    script = (
        "import json, sys, ghosteam.aws.wiring\n"
        f"print(json.dumps([name for name in {heavy} if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(ROOT / "layers/core/python")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == []
