from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from tests.accounts import CREDENTIALS
from tests.unit.erasure.world import World


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def world(tmp_path: Path, credentials: None) -> Iterator[World]:
    with mock_aws():
        yield World(tmp_path)
