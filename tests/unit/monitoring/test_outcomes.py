"""Drift of outcomes, and of how they keep what a model promised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.monitoring.drift import sustained
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.monitoring.jumps import BACK
from ghosteam.monitoring.outcomes import counted, judge_outcomes, outcome_entries
from ghosteam.problem.timeexpr import NO_TIME
from ghosteam.undetermined import Undetermined
from tests.drifting import of
from tests.outcomes import BEGIN, DAY, DAYS, ROWS, day, levels, problem_of, reference_of

TASKS = ("binary", "multiclass", "regression")


@pytest.fixture(scope="module")
def references():
    return {
        task: reference_of(task, np.zeros(DAYS), ROWS, np.random.default_rng(5)) for task in TASKS
    }


def judged(task: str, reference, made, before=None, shortly_before=()) -> WindowDrift:
    frame, outputs = made
    target = frame["target"].to_numpy()
    found = judge_outcomes(
        problem_of(task), target, outputs, reference, before=before, shortly_before=shortly_before
    )
    assert isinstance(found, WindowDrift)
    return found


@pytest.mark.parametrize("task", TASKS)
def test_outcomes_that_come_as_they_did_do_not_drift(references, task):
    random = np.random.default_rng(1)
    found = [judged(task, references[task], day(task, DAYS, 600, random)) for _ in range(40)]
    assert sum(one.drifted for one in found) <= 2
    assert {one.role for one in found[0].features} == {"outcome", "calibration"}
    assert found[0].share == 0


def test_an_outcome_that_comes_more_often_than_was_said_drifts_twice(references):
    made = day("binary", DAYS, 1_000, np.random.default_rng(2), level=0.75)
    found = judged("binary", references["binary"], made)
    assert set(found.matters) == {"outcome late", "calibration late"}
    assert "late' in " in of(found, "outcome late").told
    told = of(found, "calibration late")
    assert told.method == "calibration_gap" and "was said in the mean" in told.told
    assert told.role == "calibration" and told.p < 1e-6


def test_an_outcome_that_the_model_foresaw_drifts_alone(references):
    made = day("binary", DAYS, 1_000, np.random.default_rng(2), seen=0.75)
    found = judged("binary", references["binary"], made)
    assert found.drifted_features == ("outcome late",)


def test_scores_that_say_nothing_any_more_have_the_slope_0(references):
    made = day("binary", DAYS, 1_000, np.random.default_rng(3), signal=0.0)
    found = of(judged("binary", references["binary"], made), "calibration late")
    assert found.drifted and found.method == "calibration_slope"
    assert "too far from one another" in found.told


def test_each_class_is_compared_with_what_was_said_of_it(references):
    made = day("multiclass", DAYS, 1_000, np.random.default_rng(4), level=0.7)
    found = judged("multiclass", references["multiclass"], made)
    assert {"outcome mode", "calibration bus"} <= set(found.matters)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"level": 0.5}, {"error of delay_now"}),
        ({"spread": 1.6}, {"error of delay_now", "calibration interval"}),
    ],
)
def test_numbers_are_off_by_more_than_they_were(references, change, names):
    made = day("regression", DAYS, 1_000, np.random.default_rng(4), **change)
    found = judged("regression", references["regression"], made)
    assert names <= set(found.matters)


def test_a_label_rate_of_ten_points_more_pages_within_three_windows_and_quiet_days_do_not():
    """The goal: power 0.95 at 1,000 rows a day, no page in 30 quiet days."""
    pages, seen = 0, []
    for seed in range(4):
        random = np.random.default_rng(seed)
        known = reference_of("binary", np.zeros(DAYS), 300, random)
        pages += sum(bool(one) for one in watched(known, [0.0] * 30, random))
        seen += [any(watched(known, [0.62] * 3, random)) for _ in range(5)]
    assert pages == 0
    assert np.mean(seen) >= 0.95


@pytest.mark.parametrize("wander", [0.1, 0.3])
def test_outcomes_whose_level_wanders_page_hardly_ever(wander):
    pages = []
    for seed in range(2):
        random = np.random.default_rng(seed)
        level = levels(wander, DAYS + 30, random)
        known = reference_of("binary", level[:DAYS], 300, random)
        pages.append(sum(bool(one) for one in watched(known, level[DAYS:].tolist(), random)))
    assert sum(pages) <= 1, pages


def watched(reference, shifts, random) -> list[tuple[str, ...]]:
    """What asks for somebody on each of the days that follow."""
    problem, earlier, found = problem_of("binary"), [], []
    for number, level in enumerate(shifts):
        end = BEGIN + DAY * (DAYS + number + 1)
        before = earlier[-1].cumulated if earlier else {}
        made = day("binary", DAYS + number, 1_000, random, level=level)
        recent = [earlier[-back].came for back in BACK if back <= len(earlier)]
        verdict = judged("binary", reference, made, before, recent)
        again = sustained(verdict.matters, end, earlier, window=problem.watch.window, votes=(2, 3))
        found.append(again)
        earlier.append(
            OutcomeVerdict(
                window_start=end - DAY,
                window_end=end,
                model_version="1",
                drifted_features=verdict.drifted_features,
                features=verdict.features,
                cumulated=verdict.cumulated,
                came=counted(problem, made[0]["target"].to_numpy()),
            )
        )
    return found


def test_a_model_that_knows_its_rows_by_heart_is_judged_by_how_restless_outcomes_are():
    random = np.random.default_rng(6)
    level = levels(0.5, DAYS, random)
    made = [day("binary", n, 300, random, level=one) for n, one in enumerate(level.tolist())]
    train = pl.concat([frame for frame, _ in made[:-1]])
    by_heart = train["target"].to_numpy()[:, None]
    entries = outcome_entries(problem_of("binary"), train, by_heart, *made[-1])
    noise = entries["calibration late"]["noise"]
    assert noise["calibration_gap"]["common"] == max(
        one["common"]
        for name, one in entries["outcome late"]["noise"].items()
        if one and name != "label_jump"
    )
    assert noise["calibration_gap"]["common"] > 0


def test_rows_without_a_time_are_judged_by_chance_alone():
    random = np.random.default_rng(7)
    train, in_sample = day("binary", 0, 3_000, random)
    problem = problem_of("binary").model_copy(update={"event_time": NO_TIME})
    assert not problem.timed
    frame = train.drop("event_time")
    entries = outcome_entries(problem, frame, in_sample, frame, in_sample)
    assert not any(noise for one in entries.values() for noise in one["noise"].values())


def test_too_few_outcomes_and_older_references_are_undetermined(references):
    problem, known = problem_of("binary"), references["binary"]
    frame, outputs = day("binary", DAYS, 100, np.random.default_rng(0))
    found = judge_outcomes(problem, frame["target"].to_numpy(), outputs, known)
    assert found == Undetermined(
        "100 predictions have their outcome, fewer than the 200 that are needed"
    )
    frame, outputs = day("binary", DAYS, 300, np.random.default_rng(0))
    without = replace(known, outcomes={})
    older = judge_outcomes(problem, frame["target"].to_numpy(), outputs, without)
    assert isinstance(older, Undetermined) and "retrain" in older.reason
