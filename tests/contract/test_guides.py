"""What the guides tell to write does what they say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from ghosteam.metrics.metric import Metric
from ghosteam.testing.metrics import check_metric

GUIDES = Path(__file__).parents[2] / "docs" / "guides"


def test_the_metric_of_the_guide_keeps_the_contract() -> None:
    text = (GUIDES / "add-a-metric.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, object] = {}
    exec(re.sub(r"^   ", "", code, flags=re.MULTILINE), names)
    metric = names["MEMBER"]
    assert isinstance(metric, Metric)
    target = np.array([0.0, 5.0, 30.0])
    outputs = np.column_stack([np.add(target, [11.0, 1.0, -12.0]), target, target])
    check_metric(metric, target, outputs, np.array([2.0, 1.0, 0.0]), threshold=0.5)
    assert metric.over(target, outputs, 0.5)(np.ones(3)) == pytest.approx(2 / 3)
