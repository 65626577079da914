"""Members that another package registers, from a distribution's folder on the path."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ghosteam import registry
from ghosteam.errors import Defect
from ghosteam.learning.families.family import FAMILIES
from ghosteam.metrics.metric import METRICS, measure
from ghosteam.problem.load import InvalidProblems, parse_problem
from tests.builders import REPOSITORY
from tests.distributions import Site, installed_in

HEAVY = ("numpy", "polars", "pandas", "scipy", "sklearn", "lightgbm", "xgboost", "mlflow")
MODULE = """
from ghosteam.metrics.metric import Metric


def over(target, outputs, threshold):
    import numpy as np

    wide = (np.abs(outputs[:, 0] - target) > 10).astype(float)
    return lambda weights: float(weights @ wide / weights.sum())


LARGE = Metric("large_errors", False, 0.0, 1.0, over, suits=("regression",))
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with installed_in(tmp_path) as site:
        yield site


def glucose(metric: str) -> str:
    text = (REPOSITORY / "glucose" / "problem.yaml").read_text()
    assert "metric: rmse" in text
    return text.replace("metric: rmse, at_most: 60", f"metric: {metric}, at_most: 0.5")


def test_a_registered_metric_is_used_by_a_specification(site: Site) -> None:
    with pytest.raises(InvalidProblems, match="'large_errors' is no metric"):
        parse_problem(glucose("large_errors"))
    site.install("errors_by_size", MODULE, "large_errors = errors_by_size:LARGE")
    problem = parse_problem(glucose("large_errors"))
    assert "large_errors" in problem.metrics
    assert problem.promote.limit == 0.5
    assert measure("large_errors", [0, 0], [[12, 0, 0], [1, 0, 0]]) == 0.5
    with pytest.raises(InvalidProblems, match=r"can never be a large_errors.*\[0, 1\]"):
        parse_problem(glucose("large_errors").replace("at_most: 0.5", "at_most: 60"))


def test_a_registered_metric_suits_the_tasks_that_it_names(site: Site) -> None:
    site.install("errors_by_size", MODULE, "large_errors = errors_by_size:LARGE")
    text = (REPOSITORY / "flights" / "problem.yaml").read_text()
    text = text.replace("metric: roc_auc\n  at_least: 0.6\n", "metric: large_errors\n")
    with pytest.raises(InvalidProblems, match="large_errors does not suit a binary problem"):
        parse_problem(text)


def test_the_kinds_have_groups_of_their_own(site: Site) -> None:
    site.install("errors_by_size", MODULE, "mine = errors_by_size:LARGE", group="ghosteam.families")
    assert FAMILIES.group == "ghosteam.families"
    assert FAMILIES.names == (*FAMILIES.built_in, "mine")
    assert METRICS.names == METRICS.built_in


def test_naming_members_imports_none_and_lists_packages_once(site: Site) -> None:
    site.install("errors_by_size", MODULE, "large_errors = errors_by_size:LARGE")
    listed = registry._entry_points.cache_info().misses
    assert METRICS.names[-1] == "large_errors" and FAMILIES.names
    assert "errors_by_size" not in sys.modules
    assert registry._entry_points.cache_info().misses == listed + 1
    assert METRICS.find("large_errors").name == "large_errors"
    assert "errors_by_size" in sys.modules


@pytest.mark.parametrize(
    ("packages", "name", "says"),
    [
        (["taker"], "roc_auc", r"'roc_auc' has the name of a built-in one .*package taker"),
        (["one", "two"], "same", r"'same' has the name of another package's"),
    ],
)
def test_a_name_cannot_be_taken_over(site: Site, packages: list[str], name: str, says: str) -> None:
    for package in packages:
        site.install(package, MODULE, f"{name} = {package}:LARGE")
    for use in (lambda: METRICS.names, lambda: METRICS.find(name), lambda: METRICS.find("rmse")):
        with pytest.raises(Defect, match=says):
            use()


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("large_errors = errors_by_size:SMALL", "cannot be imported: .*SMALL.*Install its package"),
        ("large_errors = not_there:LARGE", "cannot be imported: No module named 'not_there'"),
        ("other = errors_by_size:LARGE", "'other' calls itself 'large_errors'"),
    ],
)
def test_an_entry_point_that_leads_nowhere_says_so(site: Site, entry: str, says: str) -> None:
    site.install("errors_by_size", MODULE, entry)
    with pytest.raises(Defect, match=says):
        METRICS.find(entry.partition(" ")[0])


def test_the_names_of_members_cost_no_heavy_import() -> None:
    """Of every kind, in a process of its own."""
    code = (
        "import sys, ghosteam.problem.load as load; "
        "load.Problem.model_json_schema(); "
        f"print([n for n in {HEAVY} if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
