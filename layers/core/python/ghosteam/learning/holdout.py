"""The rows that candidates and champion are judged by, and whether they are enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ghosteam.data.derive import TARGET
from ghosteam.errors import Defect
from ghosteam.learning.compare import ResamplingBlocks, blocks_of
from ghosteam.metrics.metric import Floats
from ghosteam.problem.row_limits import MIN_HOLDOUT_ROWS
from ghosteam.problem.spec import Problem
from ghosteam.undetermined import Undetermined

MIN_CLASS_ROWS = 20
"""Of the second class, or with another number than the most frequent one."""


@dataclass(frozen=True)
class Holdout:
    """The rows to judge by: ``frame`` has the features, ``target`` ``(n,)`` their outcomes.

    ``too_small``: why they are too few to judge by, or None.
    """

    frame: pl.DataFrame
    target: Floats
    blocks: ResamplingBlocks
    too_small: Undetermined | None

    @classmethod
    def of(cls, frame: pl.DataFrame, problem: Problem) -> Holdout:
        """Raises Defect for an outcome that is none of the task's."""
        target = frame.get_column(TARGET).cast(pl.Float64).to_numpy()
        if np.isnan(target).any() or not _suits(target, problem):
            wanted, remedy = problem.kind.wanted(problem.target.classes)
            raise Defect(
                f"An outcome of the hold-out is none of the task's: they are {wanted}",
                where={"rows": frame.height},
                remedy=remedy,
            )
        return cls(
            frame, target, blocks_of(frame, problem.entity_columns), _too_small(target, problem)
        )


def _suits(target: Floats, problem: Problem) -> bool:
    classes = problem.kind.class_count(problem.target.classes)
    return not classes or bool(np.isin(target, np.arange(classes)).all())


def _too_small(target: Floats, problem: Problem) -> Undetermined | None:
    """A loss is defined on one outcome, and would praise whoever says it always. Two classes make a
    hold-out: a third is judged by the rows that it has, if any.
    """
    if len(target) < MIN_HOLDOUT_ROWS:
        return Undetermined(
            f"{len(target)} hold-out rows are too few to judge by; {MIN_HOLDOUT_ROWS} are needed"
        )
    counts = np.sort(np.unique(target, return_counts=True)[1])
    others = int(counts[:-1].sum())
    of_classes = problem.kind.class_count(problem.target.classes)
    if (int(counts[-2:-1].sum()) if of_classes else others) >= MIN_CLASS_ROWS:
        return None
    return Undetermined(
        f"of {len(target)} hold-out rows all but {others} have the same outcome; {MIN_CLASS_ROWS} "
        f"{'of a second one' if of_classes else 'with others'} are needed"
    )
