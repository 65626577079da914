"""Errors in the order of time: whether they became larger, and since when."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.documents.drift_reference import ErrorsEntry
from ghosteam.monitoring.blocks import Blocks
from ghosteam.monitoring.detectors.page_hinkley import SLACK, excess
from ghosteam.monitoring.error_stream import JudgedErrors, judge_errors, noise_of_errors
from ghosteam.monitoring.outcomes import OutcomeSample, errors_entry
from ghosteam.monitoring.samples.errors import OrderedErrors, UsualErrors
from ghosteam.problem.detectors import STREAM
from tests.outcomes import BEGIN, DAY, DAYS, day, levels, problem_of

ROWS = 1_000
USUAL = UsualErrors.of(np.abs(np.random.default_rng(0).normal(size=20_000)))
CALM: ErrorsEntry = {"sample": USUAL.as_record(), "noise": {STREAM: None}}


def window(sizes, *, day: int = 0, entry=CALM, before=None) -> JudgedErrors:
    """The errors of a day, evenly over it."""
    times = [BEGIN + DAY * (day + at / len(sizes)) for at in range(len(sizes))]
    return judge_errors(
        "loss of late",
        np.asarray(sizes),
        pl.Series(times),
        entry,
        before=before,
        min_effect=0.1,
    )


def usual(seed: int, rows: int = ROWS) -> np.ndarray:
    return np.abs(np.random.default_rng(seed).normal(size=rows))


@given(st.lists(st.floats(0, 5), min_size=1, max_size=40), st.floats(0, 3))
def test_the_sum_is_that_of_the_recursion_row_by_row(sizes, before):
    """Page 1954: ``S = max(0, S + x - slack)``; it began where S was 0 for the last time."""
    ordered = OrderedErrors(np.array(sizes), float(len(sizes)), before)
    found = excess(USUAL, ordered)
    unit = USUAL.deviation * math.sqrt(1 / len(sizes) + 1 / USUAL.rows)
    total, rows, began = before, len(sizes), before <= 0
    for left, size in zip(range(len(sizes) - 1, -1, -1), sizes, strict=True):
        total += ((size - float(USUAL.mean)) / float(unit) - SLACK) / len(sizes)
        if total < 0:
            total, rows, began = 0.0, left, True
    assert float(found.summed) == pytest.approx(total, abs=1e-9)
    assert (int(found.rows), bool(found.began)) == (rows, began)


def test_errors_that_become_larger_at_noon_are_told_since_about_noon():
    sizes = usual(1)
    sizes[500:] *= 1.5
    found = window(sizes)
    assert found.told.drifted and not found.told.matters
    assert found.larger and abs(found.larger.since - (BEGIN + DAY / 2)) < timedelta(hours=2)
    assert found.told.told == (
        f"since {found.larger.since:%Y-%m-%d %H:%M} UTC {found.larger.mean:.4g} in the mean of "
        f"{found.larger.rows} outcomes, {float(USUAL.mean):.4g} on the hold-out"
    )
    assert found.told.effect == pytest.approx(0.66, abs=0.15)


def test_the_order_is_that_of_time_and_not_of_the_rows():
    sizes = usual(1)
    sizes[500:] *= 1.5
    times = pl.Series([BEGIN + DAY * at / ROWS for at in range(ROWS)])
    shuffled = np.random.default_rng(2).permutation(ROWS)
    found = judge_errors(
        "loss of late", sizes[shuffled], times[shuffled], CALM, before=None, min_effect=0.1
    )
    assert found == window(sizes)


def test_the_next_window_goes_on_and_keeps_the_change_point():
    sizes = usual(1)
    sizes[700:] *= 1.3
    first = window(sizes)
    assert first.larger
    second = window(1.3 * usual(2), day=1, before=first.larger)
    assert second.larger and second.larger.since == first.larger.since
    assert second.larger.rows == first.larger.rows + ROWS
    assert second.larger.summed > first.larger.summed
    assert second.told.drifted


def test_errors_that_are_as_they_were_again_are_forgotten():
    found = window(1.5 * usual(1))
    for number in range(1, 30):
        found = window(usual(number), day=number, before=found.larger)
    assert not found.told.drifted
    assert found.larger is None or found.larger.since > BEGIN + 20 * DAY


def test_a_single_error_however_large_is_no_change():
    sizes = usual(3)
    sizes[500] = 1e6
    assert not window(sizes).told.drifted


def test_a_difference_that_is_too_small_to_matter_is_none():
    entry: ErrorsEntry = {
        "sample": {"rows": 10_000_000, "mean": 1.0, "deviation": 1.0, "most": 11.0},
        "noise": {STREAM: None},
    }
    for larger, drifted in ((0.05, False), (0.15, True)):
        errors = 1.0 + larger + np.random.default_rng(4).normal(size=100_000)
        found = window(errors, entry=entry).told
        assert found.p is not None and found.p < 0.001 and found.drifted is drifted


def test_where_errors_wander_by_themselves_more_is_needed():
    random = np.random.default_rng(5)
    level = 1 + levels(0.2, 60, random)
    sizes = (level[:, None] * np.abs(random.normal(size=(60, ROWS)))).ravel()
    blocks = Blocks([(at * ROWS, (at + 1) * ROWS) for at in range(60)], season=7)
    noise = noise_of_errors(sizes, blocks)
    assert noise[STREAM] and noise[STREAM]["common"] > 0.01 and noise[STREAM]["lasting"] > 0.5
    restless: ErrorsEntry = {**CALM, "noise": noise}
    larger = 1.3 * usual(6)
    assert window(larger).told.drifted and not window(larger, entry=restless).told.drifted
    calm = noise_of_errors(usual(7, 60 * ROWS), blocks)[STREAM]
    assert calm and calm["common"] < 0.001


def test_what_cannot_be_known_of_restlessness_is_null():
    assert noise_of_errors(usual(0), Blocks()) == {STREAM: None}
    assert noise_of_errors(usual(0), Blocks([(0, 500), (500, 1_000)])) == {STREAM: None}
    assert noise_of_errors(np.ones(900), Blocks([(0, 300), (300, 600), (600, 900)])) == {
        STREAM: None
    }


def test_without_a_reference_of_errors_it_says_so():
    older = window(usual(0), entry=None)
    assert older.larger is None and "retrain" in (older.told.undetermined or "")
    same = window(usual(0), entry={**CALM, "sample": UsualErrors.of(np.ones(100)).as_record()})
    assert same.told.undetermined == "all errors of the reference are of one size"
    assert not same.told.drifted and same.larger is None


@pytest.mark.parametrize(
    ("task", "change"), [("binary", {"signal": 0.0}), ("regression", {"spread": 1.3})]
)
def test_quiet_days_are_not_marked_and_worse_ones_are_within_three(task, change):
    """The law's chance holds as well as the hold-out's mean is known: 14 days of it."""
    problem, marks, seen = problem_of(task), 0, []
    for seed in range(3):
        random = np.random.default_rng(seed)
        made = [day(task, number, 300, random) for number in range(DAYS)]
        frames, outputs = zip(*made, strict=True)
        entry = errors_entry(
            problem,
            pl.concat(frames[:-14]),
            np.concatenate(outputs[:-14]),
            pl.concat(frames[-14:]),
            np.concatenate(outputs[-14:]),
            {},
        )
        for days, changed in ((20, {}), (3, change)):
            larger, found = None, []
            for number in range(days):
                frame, said = day(task, DAYS + number, ROWS, random, **changed)
                sizes = OutcomeSample.of(problem, frame["target"].to_numpy(), said).sizes
                one = judge_errors(
                    "loss", sizes, frame["event_time"], entry, before=larger, min_effect=0.1
                )
                larger = one.larger
                found.append(one.told.drifted)
            if changed:
                seen.append(any(found))
            else:
                marks += sum(found)
    assert marks == 0 and np.mean(seen) >= 0.6, (marks, seen)


def test_sizes_are_briers_of_classes_and_how_far_numbers_are_off():
    outputs = np.array([[0.2], [0.9]])
    found = OutcomeSample.of(problem_of("binary"), np.array([0.0, 0.0]), outputs).sizes
    assert found.tolist() == pytest.approx([0.04, 0.81])
    outputs = np.array([[0.2, 0.3, 0.5]])
    found = OutcomeSample.of(problem_of("multiclass"), np.array([2.0]), outputs).sizes
    assert found.tolist() == pytest.approx([0.04 + 0.09 + 0.25])
    outputs = np.array([[3.0, 1.0, 5.0]])
    found = OutcomeSample.of(problem_of("regression"), np.array([1.0]), outputs).sizes
    assert found.tolist() == [2.0]


def test_a_stored_reference_is_the_same():
    assert UsualErrors.from_record(USUAL.as_record()) == replace(
        USUAL,
        **{
            name: pytest.approx(float(getattr(USUAL, name)), rel=1e-8)
            for name in ("mean", "deviation", "most")
        },
    )
