"""What a window is compared with: what the model learned from, or what was served before."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from ghosteam.aws.objects import Objects
from ghosteam.documents.drift_reference import DriftReference
from ghosteam.monitoring.history import reference_of_history, spans_of
from ghosteam.monitoring.joint_entry import output_name
from ghosteam.monitoring.log_frames import unnested
from ghosteam.monitoring.prediction_log import OneAnEvent, happened
from ghosteam.monitoring.windows import Span
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.steps.prediction_log import read_events
from ghosteam.undetermined import Undetermined


def compared_with(
    problem: Problem,
    training: DriftReference,
    *,
    begin: datetime,
    version: str,
    lake: Objects,
) -> tuple[DriftReference, str | None]:
    """The reference that ``watch.reference`` asks for, of the window that begins at ``begin``; and
    why it is that of the ``training`` data all the same, or None.
    """
    kind = problem.watch.reference
    if kind == "training":
        return training, None
    spans = spans_of(kind, begin, problem.watch.window)
    if not spans:
        return training, "there is no such window before: it is compared with the training data"
    # Windows that follow one another are read at once.
    stretches = [spans] if kind == "rolling" else [[span] for span in spans]
    served = [_served(problem, lake, one, version=version) for one in stretches]
    if kind == "rolling":
        served = [served[0].filter(happened(*span)) for span in spans]
    found = reference_of_history(
        kind, served, training, watch=problem.watch, outputs=problem.outputs
    )
    return (training, found.reason) if isinstance(found, Undetermined) else (found, None)


def _served(problem: Problem, lake: Objects, spans: list[Span], *, version: str) -> pl.DataFrame:
    """Features, time, and the outputs of the model of ``version``, null where another answered, of
    windows that follow one another: in each, of an event what is judged of one.
    """
    log = read_events(
        lake,
        problem=problem,
        begin=spans[0][0],
        end=spans[-1][1],
        parts=("event", "features", "outputs"),
        one=OneAnEvent(problem.event_id, version, tuple(spans)),
    )
    rows = log.predictions
    own = pl.when(pl.col("model_version") == version).then("outputs")
    return unnested(rows, "features").hstack(
        rows.select(
            EVENT_TIME,
            *(
                own.list.get(place).alias(output_name(name))
                for place, name in enumerate(problem.outputs)
            ),
        )
    )
