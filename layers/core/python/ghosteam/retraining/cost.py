"""What a retraining run is expected to cost: an upper estimate from its time budgets, for the
monthly limit.

Instance hours of SageMaker training and processing jobs only; the endpoint, storage and requests
cost besides.
"""

from __future__ import annotations

from ghosteam.problem.search import Search

USD_PER_HOUR = 0.23
"""An assumption for ml.m5.xlarge on demand in us-east-1, not looked up: compare it with the pricing
page of your region.
"""

START_MINUTES = 4.0
"""Provisioning and image download, which are billed for processing jobs and bounded here for all.
"""

PROCESSING_MINUTES = 15.0
"""Building the training set and evaluating the models, together."""


def estimated_usd(model: Search, *, usd_per_hour: float = USD_PER_HOUR) -> float:
    """Upper estimate of one run: two processing jobs and a training job for each family at its full
    budget.
    """
    training = len(model.families) * (model.minutes + START_MINUTES)
    processing = PROCESSING_MINUTES + 2 * START_MINUTES
    return (training + processing) / 60 * usd_per_hour
