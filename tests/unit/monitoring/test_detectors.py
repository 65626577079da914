"""Every drift detector keeps the contract."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import polars as pl
import pytest

from ghosteam.errors import Defect
from ghosteam.monitoring.detectors.detector import DETECTORS, as_values
from ghosteam.problem.detectors import detectors_of
from ghosteam.problem.policies import Detectors
from ghosteam.testing.detectors import check_detector, check_false_alarms


def test_each_name_is_a_detector_and_what_a_problem_has_by_default_is_of_its_kind() -> None:
    assert all(DETECTORS.find(name).name == name for name in DETECTORS.names)
    assert detectors_of("categories") == ["hellinger", "jensen_shannon"]
    for kind, name in Detectors():
        assert DETECTORS.find(name).kind == kind
    with pytest.raises(Defect, match="no drift detector 'wasserstein'"):
        DETECTORS.find("wasserstein")


@pytest.mark.parametrize("name", DETECTORS.names)
def test_a_detector_keeps_the_contract(name: str) -> None:
    check_detector(DETECTORS.find(name))


@pytest.mark.parametrize("name", DETECTORS.names)
def test_equal_samples_are_told_apart_as_rarely_as_the_detector_says(name: str) -> None:
    check_false_alarms(DETECTORS.find(name))


@pytest.mark.parametrize("name", DETECTORS.names)
def test_the_contract_refuses_what_breaks_it(name: str) -> None:
    sound = DETECTORS.find(name)
    for changes, says in (
        ({"profile": lambda values: {"first": values[0]}}, "order of rows"),
        ({"distance": lambda profile, values: 2 * sound.distance(profile, values)}, "outside"),
        ({"distance": lambda profile, values: 0.0}, "look alike"),
        ({"critical": lambda profile, values, alpha: 1.0}, "of chance"),
        ({"distance_from_rest": sound.distance}, "from the rest"),
    ):
        with pytest.raises(AssertionError, match=says):
            check_detector(replace(sound, **changes))
    eager = replace(
        sound,
        critical=lambda profile, values, alpha: 0.7 * sound.critical(profile, values, alpha),
    )
    with pytest.raises(AssertionError, match="told apart"):
        check_false_alarms(eager)


def test_naming_detectors_imports_no_heavy_library() -> None:
    asked = (
        "import sys; from ghosteam.monitoring.detectors.detector import DETECTORS; "
        "[DETECTORS.find(name) for name in DETECTORS.names]; "
        "print({'numpy', 'polars', 'scipy'} & set(sys.modules))"
    )
    run = [sys.executable, "-c", asked]
    found = subprocess.run(run, env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True)
    assert found.stdout.decode().strip() == "set()", found.stderr.decode()


def test_values_are_typed_by_their_kind_and_null_where_there_is_none() -> None:
    numbers = as_values("numbers", pl.Series("x", [1, None, 3]))
    assert numbers.dtype == pl.Float64 and numbers.to_list() == [1.0, None, 3.0]
    odd = as_values("numbers", pl.Series([float("nan"), float("-inf"), 0.5]))
    assert odd.to_list() == [None, None, 0.5]
    assert as_values("categories", pl.Series([7, None])).to_list() == ["7", None]
