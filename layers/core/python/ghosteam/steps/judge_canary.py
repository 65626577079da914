"""Judge the challenger by the prediction log of the period since it got traffic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from ghosteam.documents import state_keys
from ghosteam.monitoring.prediction_log import PredictionLog, outputs_of
from ghosteam.problem.spec import Problem
from ghosteam.rollout.canary import SlotEvidence, Verdict, judge
from ghosteam.rollout.plan import MAX_WATCHES
from ghosteam.steps.prediction_log import read_made

if TYPE_CHECKING:
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable


def judge_canary(
    problem: Problem, request: Mapping[str, Any], *, state: StateTable, lake: Objects, now: datetime
) -> Verdict:
    """Judge ``request["version"]``.

    The watch counts from when the challenger got traffic, as the routing recorded it.
    """
    routing = state.find(problem.problem, state_keys.ROUTING)
    champion, challenger = (routing.champion, routing.challenger) if routing else (None, None)
    if champion and champion.version == request["version"]:
        return Verdict("promote", "It is champion already")
    if not champion or not challenger or challenger.version != request["version"]:
        return Verdict("roll_back", "It is not in the challenger's slot any more")
    since = challenger.since
    log = read_made(lake, state, problem=problem, since=since, until=now, parts=("outputs",))
    return judge(
        _evidence(log, champion.endpoint),
        _evidence(log, challenger.endpoint),
        watches=(now - since) / problem.serve.rollout.watch,
        max_watches=MAX_WATCHES,
        when_quiet=problem.serve.rollout.when_quiet,
    )


def _evidence(log: PredictionLog, endpoint: str) -> SlotEvidence:
    of_slot = pl.col("endpoint") == endpoint
    answered = log.predictions.filter(of_slot, pl.col("outputs").is_not_null())
    calls = answered.group_by("call_id", maintain_order=True).agg(
        pl.len().alias("rows"), pl.col("latency_ms").first()
    )
    return SlotEvidence(
        outputs=outputs_of(answered),
        call_rows=calls.get_column("rows").cast(pl.Float64).to_numpy(),
        call_ms=calls.get_column("latency_ms").to_numpy(),
        failed_rows=log.calls.filter(of_slot).get_column("rows").cast(pl.Float64).to_numpy(),
    )
