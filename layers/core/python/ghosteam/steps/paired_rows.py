"""The champion is asked of the rows that the challenger answered, as the log has them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ghosteam.aws.digests import evaluation_on_record, recorded
from ghosteam.documents.agreement import Agreement
from ghosteam.documents.slot import Challenger, Slot
from ghosteam.errors import GhosteamError, NotFound
from ghosteam.features.served_alike import made_otherwise
from ghosteam.monitoring.log_frames import unnested
from ghosteam.monitoring.prediction_log import OneAnEvent, PredictionLog, outputs_of
from ghosteam.problem.hashes import same_outcome
from ghosteam.problem.spec import Problem
from ghosteam.rollout.pairs import MOST_ROWS, Pairs, Unpaired
from ghosteam.runtime.observability import logger

if TYPE_CHECKING:
    from ghosteam.aws.endpoints import ScoringEndpoints
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable

_ROWS_A_CALL = 100


def comparable(
    champion: Slot,
    challenger: Challenger,
    *,
    its: Problem,
    learned: Problem,
    state: StateTable,
    artifacts: Objects,
) -> Agreement | Unpaired:
    """How both agreed on the hold-out, or why their outputs for one row cannot be compared.
    ``learned`` is what the challenger learned by, ``its`` what the champion did. The definitions
    may differ, where what the champion reads is what the log has of the challenger's rows.

    Raises:
        Defect: the challenger's evaluation is not the one on record.
    """
    if not same_outcome(its, learned):
        return Unpaired("the champion learned another outcome")
    if otherwise := made_otherwise(its, learned):
        return Unpaired(
            f"the champion learned by another definition, of {', '.join(sorted(otherwise))}"
        )
    if lacking := set(its.feature_names) - set(learned.logged_features):
        return Unpaired(f"the log of its rows does not hold {', '.join(sorted(lacking))}")
    name, run_id = learned.problem, challenger.run_id
    try:
        digests = recorded(state, name, run_id)
        expected = evaluation_on_record(artifacts, name, run_id, digests).agreement
    except NotFound:
        expected = None
    if expected is None:
        return Unpaired("how it agrees with the champion on the hold-out is not on record")
    if expected.champion != champion.version:
        return Unpaired(f"it was judged beside version {expected.champion}")
    return expected


def paired(
    log: PredictionLog,
    expected: Agreement,
    champion: Slot,
    challenger: Challenger,
    *,
    its: Problem,
    learned: Problem,
    endpoints: ScoringEndpoints,
    clock: Callable[[], float] = time.perf_counter,
) -> Pairs | Unpaired:
    """Both models' outputs for at most ``MOST_ROWS`` rows that the challenger answered, one an
    event, of calls drawn by their ids, and the time that the champion took (``clock`` in seconds).
    ``log`` has events, outputs and features, read as ``learned``; the champion is asked of the
    features of ``its`` definition. A champion that fails is no
    evidence against the challenger.
    """
    answered = log.predictions.filter(
        pl.col("endpoint") == challenger.endpoint,
        pl.col("outputs").is_not_null(),
        pl.col("unlogged").list.len() == 0,
    )
    rows = OneAnEvent(learned.event_id).of(answered)
    drawn = rows.sort(pl.col("call_id").hash(seed=0), "call_id", "prediction_id").head(MOST_ROWS)
    features = unnested(drawn, "features").select(its.feature_names).to_dicts()
    said: list[list[float]] = []
    sizes: list[float] = []
    times: list[float] = []
    try:
        for part in _parts(drawn.get_column("call_id").to_list()):
            began = clock()
            answer = endpoints.score(champion.endpoint, features[part])
            times.append((clock() - began) * 1000)
            sizes.append(float(len(answer.rows)))
            said += [list(outputs.values()) for outputs in answer.rows]
    except GhosteamError as error:
        logger.warning(
            "the champion could not be asked of a challenger's rows",
            extra={"problem": learned.problem, "fault": error.as_record()},
        )
        return Unpaired(f"the champion could not be asked: {error.message}")
    return Pairs(
        champion=np.array(said, dtype=np.float64),
        challenger=outputs_of(drawn),
        expected=expected,
        problem=learned,
        # The first call opens the connection.
        call_rows=np.array(sizes[1:]),
        call_ms=np.array(times[1:]),
    )


def _parts(calls: Sequence[str]) -> Iterator[slice]:
    """Rows that the champion is asked together: whole calls, as many as make ``_ROWS_A_CALL`` rows,
    or one that has more. ``calls``: each row's, rows of a call beside one another.
    """
    begin = end = 0
    for _, rows in groupby(calls):
        more = len(list(rows))
        if end > begin and end + more - begin > _ROWS_A_CALL:
            yield slice(begin, end)
            begin = end
        end += more
    if end > begin:
        yield slice(begin, end)
