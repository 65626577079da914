"""The line of a training job's log that SageMaker reads the metrics from: what prints it and what
reads it are one module.

Source: SageMaker developer guide, "Define metrics".
"""

from __future__ import annotations

from collections.abc import Mapping

from ghosteam.metrics.metric import METRICS

_PREFIX = "validation_"


def metric_line(family: str, validation: Mapping[str, float | None], *, seconds: float) -> str:
    """``lightgbm: validation_roc_auc=0.71234; …; seconds=12.3``; what is undefined is left out."""
    known = {name: value for name, value in validation.items() if value is not None}
    scores = [f"{_PREFIX}{name}={value:.5f}" for name, value in known.items()]
    return f"{family}: {'; '.join([*scores, f'seconds={seconds:.1f}'])}"


def metric_definitions() -> list[dict[str, str]]:
    """SageMaker's ``MetricDefinitions`` of that line: ``validation:<metric>`` for each metric."""
    return [
        {"Name": f"validation:{name}", "Regex": rf"{_PREFIX}{name}=(-?[0-9.]+)"}
        for name in METRICS.names
    ]
