"""Share of rows whose outcome is among the 3 likeliest classes; of equal ones the first count.

Source: Russakovsky et al. 2015, who count errors of the 5 likeliest.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats, Metric, Weighted


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    from ghosteam.metrics import _means, _top

    return _means.mean_of(_top.among(target, outputs, 3))


MEMBER = Metric(
    "top_3_accuracy",
    greater_is_better=True,
    low=0.0,
    high=1.0,
    over=over,
    suits=("multiclass",),
    min_classes=4,
)
