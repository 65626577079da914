"""What every function does when its module is loaded: nothing that a snapshot must not hold."""

from __future__ import annotations

import os
from unittest.mock import patch

import boto3
import pytest

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime import problems
from infra.functions import FUNCTIONS
from tests.accounts import ROOT, load_handler


@pytest.mark.parametrize("name", FUNCTIONS)
def test_loading_a_function_reads_no_settings_and_makes_no_client(name: str) -> None:
    environment = {"GHOSTEAM_FEATURE_REPO": str(ROOT / "feature_repo")}
    problems.repository.cache_clear()
    problems.deployed_problems.cache_clear()
    with (
        patch.dict(os.environ, environment, clear=True),
        patch.object(boto3, "client", side_effect=AssertionError("a client is made")),
    ):
        function = load_handler(name)
    assert callable(function.handler)
    assert isinstance(function.aws, Wiring)
    assert [name for name in vars(function.aws) if not name.startswith("_")] == []
    problems.repository.cache_clear()
    problems.deployed_problems.cache_clear()
