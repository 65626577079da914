"""What the dashboards show: one of each problem, and one of the fleet. Pure: rows of widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ghosteam.problem.spec import Problem

WATCHED, REQUESTED = 3600, 300
"""Seconds of a point: what watches find, once a window, and what requests bring."""
SHOWN_OUTPUTS = 5
SLOTS = ("champion", "challenger", "previous")


@dataclass(frozen=True)
class WidgetSeries:
    """One metric of this deployment: its name, dimensions and statistic."""

    metric: str
    stat: str
    label: str
    dimensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SearchExpression:
    """All metrics of a name with these ``dimensions``, of which ``fixed`` have one value; each is
    labelled by the last one.
    """

    metric: str
    stat: str
    dimensions: tuple[str, ...]
    fixed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Graph:
    """A chart over time; ``low`` and ``high`` bound its axis where that is known."""

    title: str
    series: tuple[WidgetSeries | SearchExpression, ...]
    period: int
    low: float | None = 0
    high: float | None = None


@dataclass(frozen=True)
class AlarmList:
    """The state of alarms, by their names."""

    title: str
    alarms: tuple[str, ...]


Widget = Graph | AlarmList
Rows = tuple[tuple[Widget, ...], ...]


def problem_rows(problem: Problem, alarms: Sequence[str]) -> Rows:
    """The dashboard of one problem; ``alarms``: the names of its alarms."""
    name = problem.problem
    of = (("Problem", name),)

    def one(metric: str, label: str, stat: str = "Maximum", **more: str) -> WidgetSeries:
        return WidgetSeries(metric, stat, label, (*of, *more.items()))

    def of_data_sets(
        title: str, metric: str, stat: str = "Maximum", high: float | None = None
    ) -> Graph:
        series = tuple(one(metric, dataset, stat, Dataset=dataset) for dataset in problem.datasets)
        low = None if metric == "FreshnessHours" else 0
        return Graph(title, series, WATCHED, low=low, high=high)

    outputs, metric = problem.outputs[:SHOWN_OUTPUTS], problem.promote.metric
    return (
        (
            AlarmList("Alarms", tuple(alarms)),
            Graph(
                "What drifted, as a share of all features",
                (
                    one("DriftedShare", "share"),
                    one("DriftSustained", "asks for somebody"),
                    one("OutcomeDriftSustained", "outcomes ask for somebody"),
                ),
                WATCHED,
                high=1,
            ),
            Graph(
                "Drift of features, in standard deviations",
                (SearchExpression("FeatureDrift", "Maximum", ("Problem", "Feature"), of),),
                WATCHED,
            ),
        ),
        (
            Graph(
                "Predictions: low, middle and high (10th, 50th, 90th percentile)",
                tuple(
                    one(metric, f"{output} {label}", "Average", Output=output)
                    for output in outputs
                    for metric, label in (
                        ("ScoreLow", "low"),
                        ("ScoreMiddle", "middle"),
                        ("ScoreHigh", "high"),
                    )
                ),
                WATCHED,
                low=None,
            ),
            Graph(
                "Outcomes",
                (SearchExpression("LabelSummary", "Average", ("Problem", "Statistic"), of),),
                WATCHED,
                low=None,
            ),
        ),
        (
            Graph(
                f"Performance on outcomes: {metric}",
                (
                    one("Performance", metric, "Average"),
                    one("PerformanceLower", "lower bound", "Average"),
                    one("PerformanceUpper", "upper bound", "Average"),
                    one("PerformanceLimit", "limit", "Average"),
                ),
                WATCHED,
                low=None,
            ),
            Graph(
                "Predictions that have an outcome, as a share",
                (one("LabelCoverage", "share", "Average"),),
                WATCHED,
                high=1,
            ),
            *_brought(problem, one),
        ),
        (
            Graph(
                "Traffic of the challenger, in percent",
                (one("ChallengerPercent", "percent"),),
                REQUESTED,
                high=100,
            ),
            Graph("Version that serves", (one("ModelVersion", "version"),), REQUESTED, low=None),
            Graph(
                "Retraining",
                (
                    *(
                        one("RunsFinished", f"runs {status}", "Sum", Status=status)
                        for status in ("registered", "refused", "failed")
                    ),
                    one("GatesRefused", "refused by gates", "Sum"),
                ),
                WATCHED,
            ),
            Graph(
                "Runs that were started, in estimated dollars",
                (one("RunDollars", "dollars", "Sum"),),
                WATCHED,
            ),
        ),
        tuple(
            of_data_sets(title, metric, "Sum")
            for metric, title in (
                ("RowsIngested", "Rows that came"),
                ("RowsQuarantined", "Rows in quarantine"),
                ("BatchesRejected", "Files rejected"),
            )
        ),
        tuple(
            of_data_sets(title, metric, "Minimum", high=1)
            for metric, title in (
                ("Completeness", "Cells that hold a value, as a share"),
                ("Validity", "Rows that keep the contract, as a share"),
                ("Uniqueness", "Rows that no newer one follows, as a share"),
                ("Consistency", "Rows whose columns suit one another, as a share"),
            )
        ),
        (
            of_data_sets("Age of the newest row as a file landed, in hours", "FreshnessHours"),
            of_data_sets("Farthest column from the files before, as a share", "BatchDrift", high=1),
            of_data_sets("Hours in which no file was let in", "HoursWithoutFile"),
            of_data_sets("Limits of quality that are missed", "QualityMissed"),
        ),
        (
            Graph(
                "Predictions made",
                tuple(one("Predictions", slot, "Sum", Slot=slot) for slot in SLOTS),
                REQUESTED,
            ),
            Graph(
                "Milliseconds of a request",
                tuple(
                    one("PredictionMilliseconds", label, stat)
                    for label, stat in (("half", "p50"), ("95 %", "p95"), ("99 %", "p99"))
                ),
                REQUESTED,
            ),
            Graph(
                "Predictions that failed",
                tuple(one("PredictionErrors", slot, "Sum", Slot=slot) for slot in SLOTS),
                REQUESTED,
            ),
        ),
    )


def _brought(problem: Problem, one: Callable[[str, str, str], WidgetSeries]) -> Iterator[Graph]:
    """What predictions brought, where it is said what they are worth."""
    if problem.decide.has_worth:
        yield Graph(
            "What the predictions of a day brought",
            (
                one("ValueADay", "brought", "Average"),
                one("ValueADayLower", "lower bound", "Average"),
                one("ValueADayUpper", "upper bound", "Average"),
                one("ValueADayPromised", "promised", "Average"),
            ),
            WATCHED,
            low=None,
        )


def fleet_rows() -> Rows:
    """The dashboard of all problems. It names none, so that it is the same for any number."""

    def every(metric: str, stat: str = "Maximum", *more: str) -> tuple[SearchExpression]:
        return (SearchExpression(metric, stat, ("Problem", *more)),)

    return (
        (
            Graph(
                "What drifted, as a share of all features", every("DriftedShare"), WATCHED, high=1
            ),
            Graph(
                "Worse than the hold-out's metric allows (1: yes)",
                every("PerformanceDegraded"),
                WATCHED,
                high=1,
            ),
        ),
        (
            Graph(
                "Traffic of challengers, in percent",
                every("ChallengerPercent"),
                REQUESTED,
                high=100,
            ),
            Graph(
                "Milliseconds of a request, 95 %",
                every("PredictionMilliseconds", "p95"),
                REQUESTED,
            ),
        ),
        (
            Graph(
                "Predictions that the log lost in a day, as a share",
                (WidgetSeries("PredictionLogLoss", "Maximum", "share"),),
                WATCHED,
            ),
            Graph(
                "Repairs of what had stopped",
                (WidgetSeries("Repairs", "Sum", "repairs"),),
                WATCHED,
            ),
            Graph(
                "Log records that could not be read",
                (WidgetSeries("DamagedLogRecords", "Sum", "records"),),
                WATCHED,
            ),
        ),
    )
