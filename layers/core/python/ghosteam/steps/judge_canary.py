"""Judge the challenger by the prediction log of the period since it got traffic."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.documents import state_keys
from ghosteam.documents.slot import Slot
from ghosteam.monitoring.log_frames import Nested
from ghosteam.monitoring.prediction_log import OneAnEvent, PredictionLog, outputs_of
from ghosteam.problem.hashes import same_outcome
from ghosteam.problem.spec import Problem
from ghosteam.rollout.canary import SlotEvidence, Verdict, judge
from ghosteam.rollout.pairs import Pairs, Unpaired
from ghosteam.rollout.plan import MAX_WATCHES
from ghosteam.runtime.calls import OfVersion
from ghosteam.steps.paired_rows import comparable, paired
from ghosteam.steps.prediction_log import read_made

if TYPE_CHECKING:
    from ghosteam.aws.endpoints import ScoringEndpoints
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable
    from ghosteam.steps.definitions import Definitions


def judge_canary(
    problem: Problem,
    request: OfVersion,
    *,
    state: StateTable,
    lake: Objects,
    artifacts: Objects,
    definitions: Definitions,
    endpoints: ScoringEndpoints,
    now: datetime,
) -> Verdict:
    """Judge ``request["version"]``.

    The watch counts from when the challenger got traffic, as the routing recorded it. Each slot's
    log is read by what its model learned; where that is another outcome than the champion's, their
    outputs are not compared. The champion is asked of the challenger's rows where the log has what
    it reads, and how they agree on the hold-out is on record.
    """
    routing = state.find(problem.problem, state_keys.ROUTING)
    champion, challenger = (routing.champion, routing.challenger) if routing else (None, None)
    if champion and champion.version == request["version"]:
        return Verdict("promote", "It is champion already")
    if not champion or not challenger or challenger.version != request["version"]:
        return Verdict("roll_back", "It is not in the challenger's slot any more")
    since = challenger.since
    learned, its = definitions.of(challenger, problem), definitions.of(champion, problem)
    expected = comparable(
        champion, challenger, its=its, learned=learned, state=state, artifacts=artifacts
    )
    pairs: Pairs | Unpaired

    def log_of(learned: Problem, *parts: Nested) -> PredictionLog:
        return read_made(lake, state, problem=learned, since=since, until=now, parts=parts)

    if isinstance(expected, Unpaired):
        pairs, log = expected, log_of(learned, "event", "outputs")
    else:
        log = log_of(learned, "event", "outputs", "features")
        pairs = paired(
            log, expected, champion, challenger, its=its, learned=learned, endpoints=endpoints
        )
    return judge(
        _evidence(log if its is learned else log_of(its, "event", "outputs"), champion, its),
        _evidence(log, challenger, learned),
        watches=(now - since) / problem.serve.rollout.watch,
        max_watches=MAX_WATCHES,
        when_quiet=problem.serve.rollout.when_quiet,
        same_outcome=same_outcome(learned, its),
        pairs=pairs,
    )


def _evidence(log: PredictionLog, slot: Slot, learned: Problem) -> SlotEvidence:
    of_slot = pl.col("endpoint") == slot.endpoint
    answered = log.predictions.filter(of_slot, pl.col("outputs").is_not_null())
    calls = answered.group_by("call_id", maintain_order=True).agg(
        pl.len().alias("rows"), pl.col("latency_ms").first()
    )
    return SlotEvidence(
        outputs=outputs_of(OneAnEvent(learned.event_id).of(answered)),
        call_rows=calls.get_column("rows").cast(pl.Float64).to_numpy(),
        call_ms=calls.get_column("latency_ms").to_numpy(),
        failed_rows=log.calls.filter(of_slot).get_column("rows").cast(pl.Float64).to_numpy(),
    )
