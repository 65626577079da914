"""An account in memory, the problem ``flights``, and a wall clock that stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import Problem
from tests.accounts import Account, memory_account


@pytest.fixture
def account() -> Iterator[Account]:
    with memory_account() as made:
        yield made


@pytest.fixture(scope="session")
def flights() -> Problem:
    return load_problem(Path(__file__).parents[3] / "feature_repo" / "flights")


@pytest.fixture
def now() -> datetime:
    return datetime(2024, 5, 20, 8, tzinfo=UTC)
