"""A model that was judged is fitted again, on the rows that judged it too."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from ghosteam.documents.manifest import Manifest
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.families.family import FAMILIES, FittedModel
from ghosteam.learning.search import encode
from ghosteam.problem.spec import Problem


def fitted_again(
    judged: Manifest, frame: pl.DataFrame, problem: Problem, *, train_end: str
) -> tuple[Manifest, FittedModel]:
    """The model that learned from all rows of ``frame``, whose events end at ``train_end``, with
    the parameters, rounds and calibration of the ``judged`` one; categories are learned anew.
    """
    family = FAMILIES.find(judged.family)
    encoder = Encoder.learn(
        frame, features=judged.features, categorical=problem.categorical_features
    )
    model = family.refit(
        judged.params,
        encode(frame, encoder, problem, judged.calibration),
        rounds=judged.rounds,
        seed=0,
    )
    manifest = replace(
        judged,
        categories=encoder.categories,
        rows=frame.height,
        held_out=None if judged.held_out is None else 0.0,
        train_end=train_end,
    )
    return manifest, model
