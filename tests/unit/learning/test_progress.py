"""What a training job prints is what SageMaker is told to look for."""

from __future__ import annotations

import re

from ghosteam.learning.progress import metric_definitions, metric_line


def found_by_sagemaker(line: str) -> dict[str, float]:
    """As SageMaker reads it: each definition's first group."""
    found = {}
    for definition in metric_definitions():
        if match := re.search(definition["Regex"], line):
            found[definition["Name"]] = float(match[1])
    return found


def test_each_metric_is_read_back_from_the_line_that_is_printed() -> None:
    validation = {"roc_auc": 0.712341, "log_loss": 0.5, "brier": 0.00004, "calibration_error": 0.02}
    line = metric_line("lightgbm", validation, seconds=1.23)
    assert found_by_sagemaker(line) == {
        "validation:roc_auc": 0.71234,
        "validation:log_loss": 0.5,
        "validation:brier": 0.00004,
        "validation:calibration_error": 0.02,
    }


def test_a_regressions_metrics_are_read_below_zero_too() -> None:
    line = metric_line("linear", {"rmse": 12.5, "r2": -0.25}, seconds=1)
    assert found_by_sagemaker(line) == {"validation:rmse": 12.5, "validation:r2": -0.25}
    assert len(metric_definitions()) <= 40, "SageMaker takes 40 definitions a job"


def test_what_is_undefined_is_left_out() -> None:
    line = metric_line("xgboost", {"roc_auc": None, "brier": 0.1}, seconds=1)
    assert found_by_sagemaker(line) == {"validation:brier": 0.1}
    assert "None" not in line
