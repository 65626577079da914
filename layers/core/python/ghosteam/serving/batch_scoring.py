"""Batch scoring: many rows at once by the champion, with the features that its training set would
have given them.

The features come from the lake by the point-in-time join that made the training set, not from the
online store: the same rows through the same code are equal to training by construction, at any
event time, and the store's readers do not feel the load. For training jobs' image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.data.dataset_file import DatasetFile
from ghosteam.data.declared_rules import DeclaredRules
from ghosteam.data.derive import with_event_time
from ghosteam.data.formats import format_of
from ghosteam.data.frames import ROW
from ghosteam.data.quarantine import QuarantinedRow
from ghosteam.data.validate import check_part
from ghosteam.documents.scoring_manifest import ScoredRows, ScoringManifest, ScoringModel
from ghosteam.errors import InvalidInput
from ghosteam.features.lake_parts import parts_for_events, parts_of
from ghosteam.features.training_set import join_features
from ghosteam.features.view_rows import feature_column
from ghosteam.learning.package import Predictor
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.tasks.task import TASKS

if TYPE_CHECKING:
    from ghosteam.documents.batch import BatchRecord
    from ghosteam.documents.slot import Slot

PART_ROWS = 100_000


@dataclass(frozen=True)
class RequestRows:
    """``rows``: ``_row`` (its number in the file, from 1), the request columns and ``event_time``;
    ``refused``: the others.
    """

    rows: pl.DataFrame
    refused: tuple[QuarantinedRow, ...] = ()


def rows_of_file(path: Path, problem: Problem, *, landed: datetime) -> RequestRows:
    """The rows of a file in any format that lands, held against what a request to the API must
    carry, as if it had landed at ``landed`` (aware). Other columns are left out.

    Raises:
        InvalidInput: the file cannot be read, lacks a column, or holds no row that can be scored.
    """
    asked = _asked(problem)
    dataset = asked.events
    good: list[pl.DataFrame] = []
    bad: list[QuarantinedRow] = []
    for part in DatasetFile(path, format_of(path.name), dataset, PART_ROWS).parts():
        checked = check_part(
            part,
            asked,
            asked.events_name,
            [DeclaredRules(dataset)],
            landed=landed,
        )
        good.append(checked.good)
        bad += checked.bad
    rows = pl.concat(good)
    if rows.is_empty():
        reason = bad[0].reasons[0]
        raise InvalidInput(
            f"None of the file's {len(bad)} rows can be scored; the first breaks: {reason.rule}",
            where={"row": bad[0].row, **({"column": reason.column} if reason.column else {})},
            remedy=reason.remedy,
        )
    return RequestRows(with_event_time(rows, problem), tuple(bad))


def rows_of_batch(parts: Sequence[pl.DataFrame], problem: Problem) -> RequestRows:
    """The rows of a validated batch of events."""
    rows = pl.concat([part.select(problem.request_columns) for part in parts])
    numbers = pl.int_range(1, rows.height + 1, dtype=pl.Int64, eager=True)
    return RequestRows(with_event_time(rows.insert_column(0, numbers.alias(ROW)), problem))


def parts_for(
    problem: Problem, batches: Mapping[str, Sequence[BatchRecord]], rows: pl.DataFrame
) -> dict[str, list[str]]:
    """Lake keys a data set that the features of ``rows`` come from. ``batches``: active ones, in
    landed order.

    Where no batch is near the rows' times, the newest one: the join then finds that nothing is
    known.
    """
    first, last = rows.select(
        pl.col(EVENT_TIME).min().alias("first"), pl.col(EVENT_TIME).max().alias("last")
    ).row(0)
    near = parts_for_events(problem, batches, begin=first, end=last + timedelta(microseconds=1))
    return {
        name: keys or parts_of(problem, batches.get(name, ())[-1:]) for name, keys in near.items()
    }


def score_rows(
    rows: pl.DataFrame,
    problem: Problem,
    views: Mapping[str, pl.DataFrame | pl.LazyFrame],
    predictor: Predictor,
    *,
    version: str,
) -> pl.DataFrame:
    """``_row``, the entity, ``event_time`` where events have one, each output by its name,
    ``decision`` and ``model_version`` for each row. ``views``: source rows by view.

    Raises:
        InvalidInput: the model wants a feature that the problem no longer has.
    """
    joined = join_features(rows, problem, views)
    features = joined.select(
        feature_column(joined, name).alias(name) for name in problem.feature_names
    )
    outputs = predictor.predict_frame(features)
    manifest = predictor.manifest
    decided = [
        TASKS.find(manifest.task).decide(row, manifest.classes, threshold=problem.decide.threshold)
        for row in outputs.tolist()
    ]
    of_time = [EVENT_TIME] if problem.timed else []
    identity = list(dict.fromkeys([ROW, *problem.naming_columns, *of_time]))
    return joined.select(identity).with_columns(
        *(
            pl.Series(name, column)
            for name, column in zip(manifest.outputs, outputs.T, strict=True)
        ),
        pl.Series("decision", decided),
        pl.lit(version).alias("model_version"),
    )


def manifest_of(
    problem: Problem,
    *,
    name: str,
    source: str,
    champion: Slot,
    scored: int,
    refused: int,
    parts: Mapping[str, Sequence[str]],
    now: datetime,
) -> ScoringManifest:
    """The manifest of what a champion scored."""
    return ScoringManifest(
        problem=problem.problem,
        name=name,
        source=source,
        made_at=now,
        model=ScoringModel(champion.version, champion.run_id, champion.model_uri),
        rows=ScoredRows(scored, refused),
        parts={dataset: tuple(keys) for dataset, keys in parts.items()},
    )


def _asked(problem: Problem) -> Problem:
    """The problem with an events data set of just the columns of a request, as strict about nulls
    as the API.
    """
    needed = {*problem.naming_columns, *problem.event_time_expression.columns}
    declared = problem.events.columns
    columns = {
        name: declared[name].model_copy(
            update={"nullable": declared[name].nullable and name not in needed}
        )
        for name in problem.request_columns
    }
    events = problem.events.model_copy(update={"columns": columns, "contract": None})
    return problem.model_copy(
        update={"datasets": {**problem.datasets, problem.events_name: events}}
    )
