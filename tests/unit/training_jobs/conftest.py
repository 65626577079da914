from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ghosteam.runtime import problems
from tests.learning_builders import PROBLEM_YAML


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The problem ``trains`` where a job finds it, and a region."""
    folder = tmp_path / "problems" / "trains"
    folder.mkdir(parents=True)
    (folder / "problem.yaml").write_text(PROBLEM_YAML)
    monkeypatch.setenv("GHOSTEAM_FEATURE_REPO", str(folder.parent))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("GHOSTEAM_ENVIRONMENT_NAME", raising=False)
    problems.repository.cache_clear()
    problems.deployed_problems.cache_clear()
    yield
    problems.repository.cache_clear()
    problems.deployed_problems.cache_clear()
