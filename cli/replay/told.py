"""What a replay tells: one table, and what is to be known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ghosteam.metrics.metric import METRICS, Value
from ghosteam.problem.durations import format_duration
from ghosteam.problem.spec import Problem
from ghosteam.retraining.replay.course import Course
from ghosteam.retraining.replay.regret import Worth
from ghosteam.undetermined import Undetermined


@dataclass(frozen=True)
class ReplayResult:
    """``courses`` of one history; ``price`` of a run and ``worth`` in dollars; ``models``: how many
    were trained, with so many ``trials`` a family; a row stands for ``stands_for`` events.
    """

    problem: Problem
    environment: str
    courses: Sequence[Course]
    price: float
    worth: Worth
    models: int
    trials: int
    stands_for: float


def heads(replayed: ReplayResult) -> list[str]:
    """Of the table's columns."""
    values = ("value", "value less $") if replayed.worth.by_values else ()
    return ["policy", replayed.problem.promote.metric, "runs", "asked", "$", *values]


def cells(course: Course, replayed: ReplayResult) -> list[str]:
    """A policy's row."""
    found = [
        course.policy.name,
        written(course.value),
        str(course.runs),
        str(course.asked),
        f"{course.usd:.2f}",
    ]
    if replayed.worth.by_values and course.worth is not None:
        left = course.worth * replayed.worth.usd - course.usd
        found += [f"{course.worth:,.0f}", f"{left:,.0f}"]
    return found


def written(value: Value) -> str:
    """A metric's value in words."""
    return "undetermined" if isinstance(value, Undetermined) else f"{value:.4f}"


def introduction(replayed: ReplayResult) -> str:
    """What was replayed."""
    problem, (course, *_) = replayed.problem, replayed.courses
    steps, better = course.steps, METRICS.find(problem.promote.metric).greater_is_better
    return (
        f"{len(steps)} windows of {problem.watch.window}, from {steps[0].window[0]:%Y-%m-%d} to "
        f"{steps[-1].window[1]:%Y-%m-%d}, {course.rows:,} events with an outcome. Each window is "
        "answered by the model that the policy would have had at its begin; "
        f"{problem.promote.metric} is over all windows together, "
        f"{'greater' if better else 'smaller'} is better."
    )


def notes(replayed: ReplayResult) -> list[str]:
    """What the figures rest on, and what they leave out."""
    problem, retrain = replayed.problem, replayed.problem.retrain
    families, trials = ", ".join(problem.model.families), replayed.trials
    found = [
        f"{replayed.models} models were trained by the code of the loop, each from the rows whose "
        "outcomes were known and final at its moment, and shared by all policies. The search is "
        f"small: {trials} set{'s' * (trials > 1)} of parameters for each of {families}, where a "
        f"run in {replayed.environment} tries {problem.model.trials}.",
        "What a run made serves from the next window on: gates, canary, and the time that a run "
        "takes are left out. Rows are as the files have them now: corrections count from the "
        "beginning.",
        f"A run is priced at ${replayed.price:.2f}, an upper estimate from the budgets of "
        f"{replayed.environment}, as explain tells it; the first model's counts.",
        "Runs for drift, performance and regret keep the loop's rules by the clock of the history: "
        f"a cool-down of {format_duration(retrain.cooldown)}, ${retrain.max_usd_month:g} a month; "
        "always and scheduled pass over them.",
        "Asked: how often a watch began to ask for somebody (drift, outcome drift, performance), "
        "a model needed approval, or a run was refused for good. What goes on counts once. The "
        "watches look in all policies, whether or not these act on them.",
        _regret(replayed),
    ]
    if replayed.stands_for > 1:
        found.append(
            f"A sample: a row stands for {replayed.stands_for:.1f} events. With fewer rows watches "
            "see less, and models are worse."
        )
    if problem.watch.reference != "training":
        found.append(
            f"watch.reference is {problem.watch.reference}; here windows are compared with the "
            "training data."
        )
    return found


def _regret(replayed: ReplayResult) -> str:
    problem, worth = replayed.problem, replayed.worth
    metric = problem.promote.metric
    if worth.by_values:
        by = "value" if problem.decide.value else "values"
        lost = (
            "what predictions were worth less than on the hold-out of the model that served, by "
            f"decide.{by}, of which one is ${worth.usd:g}"
        )
    else:
        lost = (
            f"by how much {metric} was worse than on the hold-out of the model that served, of "
            f"which 1 is ${worth.usd:,.2f} a window"
        )
    least = problem.watch.performance.min_labels
    return (
        f"Regret: of each window with at least {least} outcomes, once they are final, {lost}. A "
        "window that is better takes away from the sum, never below 0. When the sum since the last "
        "run reaches the price of a run, one is made (after Modyn, Böther et al. 2025)."
    )
