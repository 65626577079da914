"""Use case: join outcomes that arrived with the predictions made for them, and judge the champion
on each window.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from ghosteam.documents import state_keys
from ghosteam.documents.event import Event, Scalar
from ghosteam.documents.performance_verdict import Earned, PerformanceVerdict
from ghosteam.monitoring.performance import WindowPerformance
from ghosteam.monitoring.prediction_log import OneAnEvent
from ghosteam.problem.hashes import same_outcome
from ghosteam.problem.spec import Problem
from ghosteam.runtime.turns import More, without_end
from ghosteam.steps.champion_reference import ChampionReference
from ghosteam.steps.changed_windows import OutcomeMonitoring, find_windows, labels_at_hand
from ghosteam.steps.check_outcomes import check_outcomes
from ghosteam.steps.definitions import Definitions
from ghosteam.steps.expected_performance import add_expected, needed_features
from ghosteam.steps.judged_windows import JudgedWindow, WindowJudge
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
    one becomes the metric and, when the model degraded, the event PerformanceDegraded; ValueDropped
    when its predictions bring less than they may. Then mature outcomes are compared with the
    reference, see :mod:`ghosteam.steps.check_outcomes`. A champion that learned another outcome
    than the folder asks for is judged by neither. Returns the verdicts on performance; empty
    without a champion or windows.

    Raises:
        NotFound: the definition that the champion learned by is not kept any more.
    """
    name, watch = problem.problem, problem.watch
    routing = adapters.state.find(name, state_keys.ROUTING)
    if routing is None or routing.champion is None or not window_ends:
        return []
    champion = routing.champion
    learned = Definitions(adapters.artifacts).of(champion, problem)
    begin, end = watch.window.before(window_ends[0]), window_ends[-1]
    log = read_events(
        adapters.lake,
        problem=learned,
        begin=begin,
        end=end,
        parts=("event", "outputs", *(needed_features(learned) or needed_features(problem))),
    )
    same = same_outcome(learned, problem)
    at_hand = labels_at_hand(problem, adapters)
    outcomes = at_hand.read(begin=begin, end=end, now=now) if same else _ANOTHER_OUTCOME
    # What drift is measured against is read where it is needed.
    reference = ChampionReference(champion, adapters.artifacts)
    judge = WindowJudge(
        problem,
        routing,
        champion,
        reference,
        # Those of a model with other outputs than the problem's do not count.
        log.predictions.filter(pl.col("outputs").is_not_null()),
        outcomes,
        OneAnEvent(learned.event_id),
        now,
        damaged_records=len(log.damaged),
        log_loss=lost_share_of(adapters.state, name, log.predictions),
    )
    judged = []
    for window_end in window_ends:
        window = judge.window(window_end)
        key = state_keys.PERFORMANCE_VERDICTS / window_end.isoformat()
        adapters.state.put(name, key, window.verdict)
        judged.append(window)
    if adapters.tells:
        _tell_newest(problem, judged, champion.version, adapters)
    if not same:
        return [window.verdict for window in judged]
    mature = [window.labelled for window in judged if window.labelled]
    bus = adapters.bus if adapters.tells else None
    check_outcomes(problem, reference, mature, state=adapters.state, bus=bus)
    return [
        add_expected(problem, reference, window.verdict, window.asked, state=adapters.state)
        for window in judged
    ]


def _tell_newest(
    problem: Problem, judged: Sequence[JudgedWindow], version: str, adapters: OutcomeMonitoring
) -> None:
    """Of the windows whose performance is determined."""
    for window in reversed(judged):
        if window.found is None:
            continue
        name, end = problem.problem, window.verdict.window_end
        publish_performance(name, window.verdict, described=window.described)
        if window.found.degraded:
            adapters.bus.publish(_event(name, version, end, window.found))
        if (earned := window.verdict.earned) and earned.past:
            adapters.bus.publish(_value_dropped(name, version, end, earned))
        tell_regret(
            problem, version=version, window_end=end, state=adapters.state, bus=adapters.bus
        )
        return


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


def _value_dropped(problem: str, version: str, window_end: datetime, earned: Earned) -> Event:
    return Event(
        "ValueDropped",
        problem,
        {
            "window_end": window_end.isoformat(),
            "as_of": window_end.isoformat(),
            "lost": earned.lost_a_day,
            "least": earned.lower,
            "limit": earned.limit,
            "model_version": version,
        },
    )
