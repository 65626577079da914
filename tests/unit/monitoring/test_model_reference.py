"""A model's reference is made as its problem says."""

from __future__ import annotations

import numpy as np

from ghosteam.monitoring.model_reference import model_reference
from ghosteam.problem.watch import Detectors
from tests.learning_builders import evaluated, problem, rows

TRAIN = rows(3000)


def test_the_reference_is_made_with_the_problems_detectors() -> None:
    watch = problem().watch.model_copy(update={"detectors": Detectors(categories=("hellinger",))})
    found = evaluated(np.zeros((TRAIN.height, 1)))
    reference = model_reference(
        problem().model_copy(update={"watch": watch}),
        found.chosen.predictor,
        TRAIN,
        TRAIN,
        outputs=found.outputs,
        importance=found.document.importance,
    )
    assert set(reference.columns["line"]["noise"]) == {"hellinger", "missing"}
    assert "location" in reference.columns["wind"]["noise"]
