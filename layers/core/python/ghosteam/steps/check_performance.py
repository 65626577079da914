"""Use case: join outcomes that arrived with the predictions made for them, and judge the champion
on each window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import polars as pl

from ghosteam.data.derive import TARGET
from ghosteam.documents import state_keys
from ghosteam.documents.drift_reference import SliceRecord
from ghosteam.documents.event import Event, Scalar
from ghosteam.documents.performance_verdict import Beside, Drop, PerformanceVerdict
from ghosteam.documents.slot import Slot
from ghosteam.errors import GhosteamError
from ghosteam.monitoring.beside import judged_beside
from ghosteam.monitoring.drops import drops_in
from ghosteam.monitoring.earned import earned_in
from ghosteam.monitoring.log_frames import unnested
from ghosteam.monitoring.performance import (
    KnowingNothing,
    WindowPerformance,
    join_labels,
    judge_performance,
)
from ghosteam.monitoring.prediction_log import OneAnEvent, named, outputs_of
from ghosteam.problem.hashes import same_outcome
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.runtime.turns import More, without_end
from ghosteam.steps.champion_reference import ChampionReference
from ghosteam.steps.changed_windows import OutcomeMonitoring, find_windows, labels_at_hand
from ghosteam.steps.check_outcomes import LabelledWindow, check_outcomes
from ghosteam.steps.definitions import Definitions
from ghosteam.steps.expected_performance import add_expected, needed_features
from ghosteam.steps.lost_records import lost_share_of
from ghosteam.steps.prediction_log import read_events
from ghosteam.steps.tell_regret import tell_regret
from ghosteam.steps.watch_metrics import publish_performance
from ghosteam.steps.windows_to_judge import WindowsToJudge, go_on
from ghosteam.undetermined import Undetermined

_ANOTHER_OUTCOME = Undetermined(
    "the model that serves learned another outcome than the folder asks for now; performance is "
    "judged when one that learned this outcome serves"
)


def check_what_waits(
    problem: Problem, *, now: datetime, adapters: OutcomeMonitoring, more: More = without_end
) -> list[PerformanceVerdict]:
    """Judge all windows that wait for it: those that batches change or complete that were told
    since, and those that have become mature. Where nothing waits, that is all that is asked.

    Raises:
        Unfinished: the turn was over before all was judged.
        GhosteamError: what some batch changes could not be found out; it waits on, and everything
            else is done.
    """
    waiting, verdicts = WindowsToJudge(problem, adapters.state), list[PerformanceVerdict]()
    faults = find_windows(problem, waiting, now=now, adapters=adapters, more=more)
    while ends := waiting.due(now):
        go_on(more, problem)
        verdicts += check_performance(problem, window_ends=ends, now=now, adapters=adapters)
        waiting.judged(ends, now)
    if faults:
        raise faults[0]
    return verdicts


def check_performance(
    problem: Problem, *, window_ends: Sequence[datetime], now: datetime, adapters: OutcomeMonitoring
) -> list[PerformanceVerdict]:
    """Judge the champion on windows of length ``watch.window`` that end at ``window_ends``
    (ascending, business time).

    Verdicts are stored under the windows' ends (judging again replaces them). The newest determined
    one becomes the metric and, when the model degraded, the event PerformanceDegraded. Then mature
    outcomes are compared with the reference, see :mod:`ghosteam.steps.check_outcomes`. A champion
    that learned another outcome than the folder asks for is judged by neither. Returns the verdicts
    on performance; empty without a champion or windows.

    Raises:
        NotFound: the definition that the champion learned by is not kept any more.
    """
    name, watch = problem.problem, problem.watch
    routing = adapters.state.find(name, state_keys.ROUTING)
    if routing is None or routing.champion is None or not window_ends:
        return []
    champion = routing.champion
    learned = Definitions(adapters.artifacts).of(champion, problem)
    another = None if same_outcome(learned, problem) else _ANOTHER_OUTCOME
    version, begin, end = champion.version, watch.window.before(window_ends[0]), window_ends[-1]
    log = read_events(
        adapters.lake,
        problem=learned,
        begin=begin,
        end=end,
        parts=("event", "outputs", *(needed_features(learned) or needed_features(problem))),
    )
    one_an_event = OneAnEvent(learned.event_id)
    loss = lost_share_of(adapters.state, name, log.predictions)
    # Those of a model with other outputs than the problem's do not count.
    by_all = log.predictions.filter(pl.col("outputs").is_not_null())
    made = by_all.filter(pl.col("model_version") == version)
    # What drift is measured against is read where it is needed.
    reference = ChampionReference(champion, adapters.artifacts)
    told = None
    if another is None:
        told = labels_at_hand(problem, adapters).read(begin=begin, end=end, now=now)
    verdicts, predictions = [], []
    mature: list[LabelledWindow] = []
    newest: tuple[datetime, WindowPerformance, int, Mapping[str, float]] | None = None
    for window_end in window_ends:
        window_start = watch.window.before(window_end)
        inside = pl.col(EVENT_TIME).is_between(window_start, window_end, closed="left")
        # Each window by itself, whatever is judged beside it: an event that was moved in time
        # counts where it is, for predictions that were made for then.
        asked = named(one_an_event.of(made.filter(inside)))
        rows, predicted, beside = asked.clear(), asked.height, tuple[Beside, ...]()
        if told is not None:
            labels = told.filter(inside) if problem.timed else told
            rows = join_labels(asked, labels, event_id=problem.event_id, target=TARGET)
        too_soon = another or _immature(
            problem, window_end, now, labels=rows.height, predicted=predicted
        )
        if too_soon is None:
            mature.append(LabelledWindow(window_start, window_end, rows))
            others = judged_beside(problem, routing, by_all.filter(inside), labels, one_an_event)
            beside = tuple(others)
        judged = too_soon or judge_performance(
            rows[TARGET].to_numpy(),
            outputs_of(rows),
            metric=problem.promote.metric,
            metrics=problem.metrics,
            threshold=problem.decide.threshold,
            holdout=champion.metrics.get(problem.promote.metric),
            min_labels=watch.performance.min_labels,
            max_drop=watch.performance.max_drop,
            nothing=_nothing(problem, champion, rows),
        )
        if isinstance(judged, WindowPerformance):
            judged = replace(judged, drops=_drops(problem, reference, rows))
        blank = PerformanceVerdict(
            window_start=window_start,
            window_end=window_end,
            model_version=version,
            labels=rows.height,
            predictions=predicted,
            beside=beside,
            damaged_records=len(log.damaged),
            log_loss=loss,
        )
        verdict = _verdict(blank, judged)
        if isinstance(judged, WindowPerformance):
            earned = earned_in(
                problem.decide,
                rows[TARGET].to_numpy(),
                outputs_of(rows),
                predictions=predicted,
                span=window_end - window_start,
            )
            verdict = replace(verdict, earned=earned)
        adapters.state.put(name, state_keys.PERFORMANCE_VERDICTS / window_end.isoformat(), verdict)
        verdicts.append(verdict)
        predictions.append(asked)
        if isinstance(judged, WindowPerformance):
            outcomes = problem.kind.describe(rows[TARGET].to_numpy(), problem.target.classes)
            newest = (window_end, judged, predicted, outcomes)
    if newest and adapters.tells:
        window_end, found, predicted, described = newest
        publish_performance(name, found, predictions=predicted, described=described)
        if found.degraded:
            adapters.bus.publish(_event(name, version, window_end, found))
        tell_regret(
            problem,
            version=version,
            window_end=window_end,
            state=adapters.state,
            bus=adapters.bus,
        )
    if another:
        return verdicts
    bus = adapters.bus if adapters.tells else None
    check_outcomes(problem, reference, mature, state=adapters.state, bus=bus)
    return [
        add_expected(problem, reference, verdict, asked, state=adapters.state)
        for verdict, asked in zip(verdicts, predictions, strict=True)
    ]


def _immature(
    problem: Problem, window_end: datetime, now: datetime, *, labels: int, predicted: int
) -> Undetermined | None:
    """Why a window cannot be judged yet: the outcomes that come first are not like the others."""
    mature = problem.target.matures.after(window_end)
    if mature <= now:
        return None
    return Undetermined(
        f"its outcomes are mature at {mature:%Y-%m-%d %H:%M} UTC; {labels} of {predicted} "
        "predictions have one so far"
    )


def _nothing(problem: Problem, champion: Slot, rows: pl.DataFrame) -> KnowingNothing | None:
    """Of a window with outcomes, and a champion on whose hold-out a constant was measured."""
    if champion.knowing_nothing is None or rows.is_empty():
        return None
    target, metric = rows[TARGET].to_numpy(), problem.promote.metric
    constant = problem.kind.constant(target, problem.target.classes, metric=metric)
    keep = 1 - problem.watch.performance.max_skill_drop
    return KnowingNothing(constant, champion.knowing_nothing, keep)


def _drops(problem: Problem, reference: ChampionReference, rows: pl.DataFrame) -> tuple[Drop, ...]:
    """Of a window with outcomes. Without slices neither features nor the reference are needed."""
    sliced = bool(problem.promote.slices)
    return drops_in(
        problem,
        rows[TARGET].to_numpy(),
        outputs_of(rows),
        unnested(rows, "features") if sliced else pl.DataFrame(height=rows.height),
        holdout=reference.champion.metrics,
        slices=_slices(reference) if sliced else {},
    )


def _slices(reference: ChampionReference) -> Mapping[str, SliceRecord]:
    """Those of the hold-out. A reference that cannot be read is a fault where outcomes are
    compared with it, after performance has been told of.
    """
    try:
        found = reference.found
    except GhosteamError:
        return {}
    return {} if isinstance(found, Undetermined) else found.slices


def _verdict(
    blank: PerformanceVerdict, judged: WindowPerformance | Undetermined
) -> PerformanceVerdict:
    if isinstance(judged, Undetermined):
        return replace(blank, undetermined=judged.reason)
    return replace(blank, **vars(judged), degraded=judged.degraded)


def _event(problem: str, version: str, window_end: datetime, found: WindowPerformance) -> Event:
    lost: dict[str, Scalar] = {}
    if found.unskilled:
        lost = {"skill": found.skill, "skill_limit": found.skill_limit}
    elif not found.worse:
        lost = {"drop": found.drops[0].told}
    return Event(
        "PerformanceDegraded",
        problem,
        {
            "window_end": window_end.isoformat(),
            "as_of": window_end.isoformat(),
            "metric": found.metric,
            "value": found.value,
            "limit": found.limit,
            "labels": found.labels,
            "model_version": version,
            **lost,
        },
    )
