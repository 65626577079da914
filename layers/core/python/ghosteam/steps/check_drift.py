"""Use case: compare one window of predictions with the champion's reference and say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from ghosteam.aws.bus import Bus
from ghosteam.aws.digests import verified_json
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.event import Event
from ghosteam.monitoring.drift import WindowDrift, judge_window, sustained
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import count
from ghosteam.steps.prediction_log import read_window
from ghosteam.undetermined import Undetermined

TOP_FEATURES = 5


@dataclass(frozen=True)
class Monitoring:
    """What the checks read and write: the lake and artifact buckets, the state table, the bus."""

    lake: Objects
    artifacts: Objects
    state: StateTable
    bus: Bus


def check_drift(
    problem: Problem, *, as_of: datetime, now: datetime, adapters: Monitoring
) -> dict[str, Any]:
    """Judge the window of length ``watch.window`` that ends at ``as_of`` (business time; ``now`` is
    wall-clock time).

    The verdict is stored under its window's end (checking again replaces it), published as metrics,
    and, when drift is sustained, as the event DriftDetected. Returns the verdict; ``undetermined``
    in it says why there is none.
    """
    name, watch = problem.problem, problem.watch
    begin = as_of - watch.window
    routing = adapters.state.get(name, state_keys.ROUTING)
    champion: Mapping[str, Any] | None = routing.data.get("champion") if routing else None
    if champion is None:
        return _verdict(
            begin, as_of, None, Undetermined("no model serves yet"), damaged=0, is_sustained=False
        )
    version = str(champion["version"])
    log = read_window(adapters.lake, problem=problem, begin=begin, end=as_of, now=now)
    judged = judge_window(
        log.predictions,
        verified_json(
            adapters.artifacts, champion["reference_key"], champion["digests"]["reference"]
        ),
        min_rows=watch.min_rows,
        min_effect=watch.min_effect,
        outputs=_outputs(log.predictions, problem, version),
    )
    earlier = [
        d.data
        for d in adapters.state.list(name, state_keys.DRIFT_VERDICTS)
        if d.data["model_version"] == version
    ]
    drifted = isinstance(judged, WindowDrift) and judged.drifted
    is_sustained = sustained(drifted, as_of, earlier, window=watch.window, votes=watch.drift)
    verdict = _verdict(
        begin, as_of, version, judged, damaged=len(log.damaged), is_sustained=is_sustained
    )
    adapters.state.update(
        name, state_keys.DRIFT_VERDICTS + verdict["window_end"], lambda _: verdict
    )
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
    begin: datetime,
    end: datetime,
    version: str | None,
    judged: WindowDrift | Undetermined,
    *,
    damaged: int,
    is_sustained: bool,
) -> dict[str, Any]:
    determined = judged if isinstance(judged, WindowDrift) else None
    return {
        "window_start": begin.isoformat(),
        "window_end": end.isoformat(),
        "model_version": version,
        "drifted": determined is not None and determined.drifted,
        "sustained": is_sustained,
        "share": determined.share if determined else None,
        "rows": determined.rows if determined else None,
        "output_distances": dict(determined.output_distances) if determined else {},
        "drifted_features": list(determined.drifted_features) if determined else [],
        "features": [feature.as_record() for feature in determined.features] if determined else [],
        "undetermined": judged.reason if isinstance(judged, Undetermined) else None,
        "damaged_records": damaged,
    }


def _event(
    problem: str, champion: Mapping[str, Any], begin: datetime, as_of: datetime, judged: WindowDrift
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
            "model_version": str(champion["version"]),
            "run_id": champion["run_id"],
            "train_digest": champion["digests"]["train"],
        },
    )
