"""Use case: compare the outcomes of windows, once they are mature, and how they keep what the
champion promised, with its reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from ghosteam.aws.bus import Bus
from ghosteam.aws.state import StateTable
from ghosteam.data.derive import TARGET
from ghosteam.documents import state_keys
from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.monitoring.error_stream import JudgedErrors, judge_errors
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.monitoring.jumps import BACK
from ghosteam.monitoring.outcomes import OutcomeSample, counted, judge_outcomes, too_few
from ghosteam.monitoring.prediction_log import outputs_of
from ghosteam.monitoring.verdicts import cumulated, verdict_of
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.runtime.observability import count
from ghosteam.steps.champion_reference import ChampionReference
from ghosteam.steps.drift_verdicts import drift_event, earlier_verdicts
from ghosteam.undetermined import Undetermined


@dataclass(frozen=True)
class LabelledWindow:
    """``rows``: the champion's predictions for events of the window, with ``outputs`` and the
    events' mature outcomes as ``target``.
    """

    begin: datetime
    end: datetime
    rows: pl.DataFrame


def check_outcomes(
    problem: Problem,
    reference: ChampionReference,
    windows: Sequence[LabelledWindow],
    *,
    state: StateTable,
    bus: Bus | None,
) -> list[OutcomeVerdict]:
    """Judge the windows (ascending) by the champion's ``reference``.

    Verdicts are stored under the windows' ends (judging again replaces them). The newest determined
    one becomes the metric OutcomeDriftSustained and, when drift is sustained, the event
    DriftDetected; neither without a ``bus``. Returns the verdicts.
    """
    champion = reference.champion
    name, key, version = problem.problem, state_keys.OUTCOME_VERDICTS, champion.version
    verdicts = []
    for window in windows:
        earlier = earlier_verdicts(
            state, problem, key, end=window.end, version=version, back=max(BACK)
        )
        judged = _judged(problem, reference, window, earlier)
        blank = OutcomeVerdict(
            window_start=window.begin, window_end=window.end, model_version=version
        )
        if isinstance(judged, WindowDrift):
            errors = _errors(problem, reference, window, earlier)
            judged = judged.with_told(errors.told)
            blank = replace(blank, came=_counted(problem, window), larger_errors=errors.larger)
        verdict = verdict_of(blank, judged, earlier, problem.watch)
        state.put(name, key / window.end.isoformat(), verdict)
        verdicts.append(verdict)
    determined = [one for one in verdicts if one.undetermined is None]
    for newest in determined[-1:] if bus else ():
        count("OutcomeDriftSustained", int(newest.sustained), Problem=name)
        if bus and newest.sustained:
            bus.publish(drift_event(name, champion, newest))
    return verdicts


def _judged(
    problem: Problem,
    reference: ChampionReference,
    window: LabelledWindow,
    earlier: Sequence[OutcomeVerdict],
) -> WindowDrift | Undetermined:
    if few := too_few(window.rows.height, problem.watch):
        return few
    if isinstance(reference.found, Undetermined):
        return reference.found
    came = {one.window_end: one.came for one in earlier if one.came}
    ends = [(problem.watch.window * back).before(window.end) for back in BACK]
    return judge_outcomes(
        problem,
        window.rows[TARGET].to_numpy(),
        outputs_of(window.rows),
        reference.found,
        before=cumulated(earlier, window.begin),
        shortly_before=[came[end] for end in ends if end in came],
    )


def _errors(
    problem: Problem,
    reference: ChampionReference,
    window: LabelledWindow,
    earlier: Sequence[OutcomeVerdict],
) -> JudgedErrors:
    """In the order of time; they go on from the window before."""
    rows, known = window.rows, reference.found
    came = OutcomeSample.of(problem, rows[TARGET].to_numpy(), outputs_of(rows))
    return judge_errors(
        f"loss of {problem.target.name}",
        came.sizes,
        rows[EVENT_TIME],
        None if isinstance(known, Undetermined) else known.errors,
        before=next((one.larger_errors for one in earlier if one.window_end == window.begin), None),
        min_effect=problem.watch.min_effect,
    )


def _counted(problem: Problem, window: LabelledWindow) -> dict[str, int]:
    return counted(problem, window.rows[TARGET].to_numpy())
