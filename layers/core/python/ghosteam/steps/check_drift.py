"""Use case: compare one window of predictions with the champion's reference and say so."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.aws.bus import Bus
from ghosteam.aws.champion import champion_of
from ghosteam.aws.digests import verified_json
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.event import Event
from ghosteam.documents.slot import Slot
from ghosteam.documents.verdicts import DriftVerdict, FeatureVerdict
from ghosteam.monitoring.drift import WindowDrift, judge_window, sustained
from ghosteam.monitoring.log_frames import unnested
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import count
from ghosteam.steps.log_loss import loss_of
from ghosteam.steps.prediction_log import read_events
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TOP_FEATURES = 5
NOT_ON_RECORD = "the model's reference has no digest on record; retrain to have one that has"


@dataclass(frozen=True)
class Monitoring:
    """What the checks read and write: the lake and artifact buckets, the state table, the bus; the
    online table, in which the marks of events are.
    """

    lake: Objects
    artifacts: Objects
    state: StateTable
    bus: Bus
    online: DynamoDBClient
    online_prefix: str


def check_drift(problem: Problem, *, as_of: datetime, adapters: Monitoring) -> DriftVerdict:
    """Judge the window of length ``watch.window`` that ends at ``as_of`` (business time).

    The verdict is stored under its window's end (checking again replaces it), published as metrics,
    and, when drift is sustained, as the event DriftDetected. Without a champion it is not stored.
    """
    name, watch = problem.problem, problem.watch
    begin = watch.window.before(as_of)
    champion = champion_of(adapters.state, name)
    if champion is None:
        return DriftVerdict(
            window_start=begin,
            window_end=as_of,
            model_version=None,
            undetermined="no model serves yet",
        )
    blank = DriftVerdict(window_start=begin, window_end=as_of, model_version=champion.version)
    key = state_keys.DRIFT_VERDICTS / as_of.isoformat()
    if not champion.digests:
        verdict = replace(blank, undetermined=NOT_ON_RECORD)
        adapters.state.put(name, key, verdict)
        return verdict
    log = read_events(
        adapters.lake, problem=problem, begin=begin, end=as_of, parts=("features", "outputs")
    )
    judged = judge_window(
        unnested(log.predictions, "features"),
        verified_json(adapters.artifacts, champion.reference_key, champion.digests["reference"]),
        min_rows=watch.min_rows,
        min_effect=watch.min_effect,
        outputs=_outputs(log.predictions, problem, champion.version),
    )
    earlier = [
        found.data
        for found in adapters.state.between(
            name,
            state_keys.DRIFT_VERDICTS,
            (watch.window * watch.drift[1]).before(as_of).isoformat(),
            as_of.isoformat(),
        )
        if found.data.model_version == champion.version
    ]
    drifted = isinstance(judged, WindowDrift) and judged.drifted
    is_sustained = sustained(drifted, as_of, earlier, window=watch.window, votes=watch.drift)
    verdict = _verdict(
        replace(
            blank,
            damaged_records=len(log.damaged),
            log_loss=loss_of(adapters.state, name, log.predictions),
        ),
        judged,
        is_sustained=is_sustained,
    )
    adapters.state.put(name, key, verdict)
    if isinstance(judged, WindowDrift):
        count("DriftedShare", judged.share, Problem=name)
        count("DriftSustained", int(is_sustained), Problem=name)
        if is_sustained:
            adapters.bus.publish(_event(name, champion, begin, as_of, judged))
    return verdict


def _outputs(predictions: pl.DataFrame, problem: Problem, version: str) -> pl.DataFrame:
    """What the model of ``version`` gave, a column an output."""
    own = predictions.filter(
        pl.col("model_version") == version, pl.col("outputs").is_not_null()
    ).get_column("outputs")
    return pl.DataFrame({name: own.list.get(place) for place, name in enumerate(problem.outputs)})


def _verdict(
    blank: DriftVerdict, judged: WindowDrift | Undetermined, *, is_sustained: bool
) -> DriftVerdict:
    if isinstance(judged, Undetermined):
        return replace(blank, undetermined=judged.reason)
    return replace(
        blank,
        drifted=judged.drifted,
        sustained=is_sustained,
        share=judged.share,
        rows=judged.rows,
        output_distances=dict(judged.output_distances),
        drifted_features=judged.drifted_features,
        features=tuple(
            FeatureVerdict(**asdict(feature), drifted=feature.drifted)
            for feature in judged.features
        ),
    )


def _event(
    problem: str, champion: Slot, begin: datetime, as_of: datetime, judged: WindowDrift
) -> Event:
    return Event(
        "DriftDetected",
        problem,
        {
            "window_id": f"{as_of:%Y%m%dT%H%M%SZ}",
            "window_start": begin.isoformat(),
            "window_end": as_of.isoformat(),
            "as_of": as_of.isoformat(),
            "share": judged.share,
            "features": ",".join(judged.drifted_features[:TOP_FEATURES]),
            "model_version": champion.version,
            "run_id": champion.run_id,
            "train_digest": champion.digests["train"],
        },
    )
