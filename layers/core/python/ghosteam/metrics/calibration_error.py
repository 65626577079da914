"""Expected calibration error: mean over rows of |share of outcomes - mean probability| of its bin.

Of the outcome 1, or of the likeliest class. Equal-width bins of the probability, each closed on the
left, the last one closed. Source: Guo et al. 2017, eq. 3.
"""

from __future__ import annotations

from ghosteam.metrics.metric import NO_ROWS, Floats, Metric, Value, Weighted

BINS = 15


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    import numpy as np

    from ghosteam.metrics import _confusion

    if outputs.shape[1] == 1:
        said, came = outputs[:, 0], target
    else:
        said = outputs.max(axis=1)
        came = (_confusion.decided(outputs, threshold) == target).astype(np.float64)
    bins = np.clip((said * BINS).astype(np.int64), 0, BINS - 1)

    def error(weights: Floats) -> Value:
        total = weights.sum()
        if not total:
            return NO_ROWS
        gaps = np.bincount(bins, weights=(came - said) * weights, minlength=BINS)
        return float(np.abs(gaps).sum() / total)

    return error


MEMBER = Metric("calibration_error", greater_is_better=False, low=0.0, high=1.0, over=over)
