"""Use case: compare one window of predictions with the champion's reference and say so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from ghosteam.aws.bus import Bus
from ghosteam.aws.champion import champion_of
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.monitoring.drift import judge_window
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.monitoring.log_frames import unnested
from ghosteam.monitoring.prediction_log import OneAnEvent
from ghosteam.monitoring.verdicts import cumulated, verdict_of
from ghosteam.problem.spec import Problem
from ghosteam.steps.champion_reference import ChampionReference
from ghosteam.steps.definitions import Definitions
from ghosteam.steps.drift_reference import compared_with
from ghosteam.steps.drift_verdicts import drift_event, earlier_verdicts
from ghosteam.steps.lost_records import lost_share_of
from ghosteam.steps.prediction_log import read_events
from ghosteam.steps.watch_metrics import publish_drift
from ghosteam.undetermined import Undetermined


@dataclass(frozen=True)
class Monitoring:
    """What the checks read and write: the lake and artifact buckets, the state table, the bus.
    ``tells``: whether metrics and events say what was found; windows of long ago are looked at
    without.
    """

    lake: Objects
    artifacts: Objects
    state: StateTable
    bus: Bus
    tells: bool = field(default=True, kw_only=True)


def check_drift(problem: Problem, *, as_of: datetime, adapters: Monitoring) -> DriftVerdict:
    """Judge the window of length ``watch.window`` that ends at ``as_of`` (business time) by what
    the champion learned, whatever the folder says by now. Events count, not requests: of each the
    first prediction that the champion made, or else the first of another model.

    The verdict is stored under its window's end (checking again replaces it), published as metrics,
    and, when drift of what matters is sustained, as the event DriftDetected. Without a champion it
    is not stored.

    Raises:
        NotFound: the definition that the champion learned by is not kept any more.
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
    problem = Definitions(adapters.artifacts).of(champion, problem)
    blank = DriftVerdict(window_start=begin, window_end=as_of, model_version=champion.version)
    key = state_keys.DRIFT_VERDICTS / as_of.isoformat()
    reference = ChampionReference(champion, adapters.artifacts).found
    if isinstance(reference, Undetermined):
        verdict = replace(blank, undetermined=reference.reason)
        adapters.state.put(name, key, verdict)
        return verdict
    log = read_events(
        adapters.lake,
        problem=problem,
        begin=begin,
        end=as_of,
        parts=("event", "features", "outputs"),
        one=OneAnEvent(problem.event_id, champion.version),
    )
    earlier = earlier_verdicts(
        adapters.state,
        problem,
        state_keys.DRIFT_VERDICTS,
        end=as_of,
        version=champion.version,
    )
    known, fell_back = compared_with(
        problem, reference, begin=begin, version=champion.version, lake=adapters.lake
    )
    outputs = _outputs(log.predictions, problem, champion.version)
    judged = judge_window(
        unnested(log.predictions, "features"),
        known,
        watch=watch,
        outputs=outputs,
        before=cumulated(earlier, begin),
    )
    blank = replace(
        blank,
        damaged_records=len(log.damaged),
        log_loss=lost_share_of(adapters.state, name, log.predictions),
        reference=watch.reference,
        fell_back=fell_back,
    )
    verdict = verdict_of(blank, judged, earlier, watch)
    adapters.state.put(name, key, verdict)
    if isinstance(judged, WindowDrift) and adapters.tells:
        publish_drift(name, verdict, outputs)
        if verdict.sustained:
            adapters.bus.publish(drift_event(name, champion, verdict))
    return verdict


def _outputs(predictions: pl.DataFrame, problem: Problem, version: str) -> pl.DataFrame:
    """What the model of ``version`` gave, a column an output; null where another one answered."""
    own = pl.when(pl.col("model_version") == version).then("outputs")
    return predictions.select(
        own.list.get(place).alias(name) for place, name in enumerate(problem.outputs)
    )
