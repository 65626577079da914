"""Samples: counts are exact, are added and taken apart, and survive JSON."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.monitoring.blocks import category_blocks
from ghosteam.monitoring.samples.calibration import Calibration
from ghosteam.monitoring.samples.categories import VOCABULARY, Categories
from ghosteam.monitoring.samples.joint import Joint
from ghosteam.monitoring.samples.numbers import Numbers
from ghosteam.monitoring.samples.presence import Presence

values = st.lists(
    st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6)), min_size=1, max_size=300
).map(np.array)
names = st.lists(st.sampled_from([*list("abcdefgh"), "ü", "a b"]), min_size=1, max_size=80)


def through_json(sample):
    return type(sample).from_record(json.loads(json.dumps(sample.as_record(), allow_nan=False)))


@given(values, values)
def test_rows_below_and_at_each_boundary_are_counted_exactly(reference, window):
    sample = Numbers.of(window, Numbers.of(reference).grid)
    for place, boundary in enumerate(sample.grid):
        assert sample.below[2 * place] == (window < boundary).sum()
        assert sample.below[2 * place + 1] == (window <= boundary).sum()
    assert sample.cells.sum() == sample.rows == window.size
    assert sample.mode == max(np.unique(window, return_counts=True)[1])


@given(values)
def test_numbers_survive_json_and_their_order_does_not_matter(reference):
    sample, turned = Numbers.of(reference), Numbers.of(reference[::-1])
    again = through_json(sample)
    for one in (again, turned):
        assert (one.grid == sample.grid).all() and (one.below == sample.below).all()
        assert (one.rows, one.mode) == (sample.rows, sample.mode)


@given(values, values)
def test_a_part_and_what_is_left_without_it_make_the_whole(first, second):
    whole = Numbers.of(np.concatenate([first, second]))
    rest = whole.without(Numbers.of(first, whole.grid))
    expected = Numbers.of(second, whole.grid)
    assert (rest.below == expected.below).all() and rest.rows == expected.rows


@given(values, values)
def test_two_samples_of_numbers_together_are_about_that_of_all_rows(first, second):
    one, other = Numbers.of(first), Numbers.of(second)
    both = one.with_more(other)
    everything = np.concatenate([first, second])
    assert both.rows == everything.size
    assert both.grid[0] == everything.min() and both.grid[-1] == everything.max()
    bound = sum(
        np.diff(sample.below, prepend=0, append=sample.rows)[::2].max() for sample in (one, other)
    )
    exact = Numbers.of(everything, both.grid)
    assert np.abs(both.below - exact.below).max() <= bound + 1e-6


def test_a_profile_of_a_million_rows_is_small_and_close():
    random = np.random.default_rng(0)
    sample = Numbers.of(random.lognormal(size=1_000_000))
    assert len(json.dumps(sample.as_record(), separators=(",", ":"))) < 4_000
    gaps = sample.shares[2::2] - sample.shares[1:-1:2]
    assert gaps.max() < 0.01
    assert sample.quantile(0.5) == pytest.approx(1.0, abs=0.02)


def test_scores_rank_rows_and_what_is_beyond_all_of_them():
    sample = Numbers.of(np.arange(1_001.0))
    mean, variance, _ = sample.moments
    assert mean == pytest.approx(0, abs=1e-4) and variance == pytest.approx(1, abs=0.05)
    assert (np.diff(sample.scores) >= 0).all() and sample.scores[-1] > 3
    assert sample.bins(sample.cuts).tolist() == pytest.approx([100] * 10, abs=10)


@given(names, names)
def test_categories_are_counted_and_taken_apart(first, second):
    whole = Categories.of(pl.Series([*first, *second]))
    part = Categories.of(pl.Series(first), whole)
    left = Categories.of(pl.Series(second), whole)
    assert (whole.without(part).counts == left.counts).all()
    assert part.rows == len(first) and part.counts[-1] == 0
    again = through_json(whole)
    assert (again.names, again.others) == (whole.names, whole.others)
    assert (again.counts == whole.counts).all()


@given(names, names)
def test_two_samples_of_categories_together_are_that_of_all_rows(first, second):
    both = Categories.of(pl.Series(first)).with_more(Categories.of(pl.Series(second)))
    exact = Categories.of(pl.Series([*first, *second]))
    assert both.names == exact.names and (both.counts == exact.counts).all()


def test_a_block_is_counted_as_a_window_is_but_for_what_no_other_has():
    random = np.random.default_rng(0)
    values = random.choice(["a", "b", "a rather long name of a category", None], 300).astype(object)
    values[120:125] = "only here"
    column, blocks = pl.Series(values.tolist(), dtype=pl.String), [(0, 100), (100, 200), (200, 290)]
    whole = Categories.of(column.drop_nulls())
    rests, parts = category_blocks(whole, column, blocks)
    for number, (begin, end) in enumerate(blocks):
        alone = Categories.of(column[begin:end].drop_nulls(), whole)
        assert np.array_equal(rests.counts[number], whole.counts - alone.counts)
        new = 5 if number == 1 else 0
        assert parts.counts[number, -1] == new and parts.rows[number] == alone.rows
        assert parts.counts[number, whole.names.index("only here")] == 0
        assert parts.counts[number, 0] == alone.counts[0]


def test_a_new_category_is_told_from_a_rare_one():
    many = [f"c{number:03}" for number in range(240)]
    reference = through_json(Categories.of(pl.Series([*many, *many[:200]])))
    assert len(reference.names) == 200 and len(reference.others) == 40
    window = Categories.of(pl.Series([many[0], many[239], "new", "new", "odd"]), reference)
    assert window.counts[-2:].tolist() == [1, 3] and window.example == "new"


def test_of_too_many_categories_none_is_new():
    ids = pl.Series([f"id {number}" for number in range(VOCABULARY + 300)])
    reference = Categories.of(ids)
    assert reference.others is None
    assert Categories.of(pl.Series(["another"]), reference).counts[-2:].tolist() == [1, 0]


def test_long_names_do_not_make_a_large_profile():
    reference = Categories.of(pl.Series([f"{number} {'x' * 500}" for number in range(150)]))
    assert len(json.dumps(reference.as_record())) < 8_000
    assert len(reference.names) + len(reference.others) == 150


def test_presence_is_taken_apart():
    whole, part = Presence(np.float64(10), np.float64(3)), Presence(np.float64(4), np.float64(1))
    rest = through_json(whole.without(part))
    assert (rest.rows, rest.missing) == (6, 2)
    assert whole.without(part).with_more(part) == whole


@pytest.fixture
def rows():
    random = np.random.default_rng(4)
    mixed = random.normal(size=(2_000, 5)) @ random.normal(size=(5, 5))
    mixed[::7, 2] = np.nan
    return mixed


def test_correlations_are_numpys_of_what_is_kept(rows):
    sample = Joint.of("abcde", rows)
    used = sample.layout.scaled(rows[1::2])
    expected = np.corrcoef(used, rowvar=False)[np.triu_indices(5, 1)]
    assert np.allclose(sample.correlations, expected)
    assert sample.pair(0) == ("a", "b") and sample.pair(9) == ("d", "e")
    again = through_json(sample)
    assert np.allclose(again.correlations, sample.correlations, atol=1e-4)
    assert np.allclose(again.covariance, sample.covariance, atol=1e-3)


def test_a_stack_of_rows_is_its_total(rows):
    whole = Joint.of("abcde", rows)
    parts = [Joint.of("abcde", rows[at : at + 500], whole.layout) for at in range(0, 2_000, 500)]
    stacked = Joint.stacked(parts)
    total, everything = stacked.total(), Joint.of("abcde", rows, whole.layout)
    assert np.allclose(total.products, everything.products)
    rest = total.without(stacked)
    assert rest.rows.tolist() == [1_500] * 4
    assert np.allclose(rest.sums + stacked.sums, total.sums)


def test_the_discrepancy_of_random_features_is_about_that_of_the_kernel(rows):
    full = np.nan_to_num(rows)
    sample = Joint.of("abcde", full)
    first, second = (sample.layout.scaled(one) for one in (full[1:600:2], full[1:600:2] + 1.0))

    def kernel(x, y):
        apart = ((x[:, None] - y[None]) ** 2).sum(axis=-1)
        return np.exp(-apart / 2 / 5).mean()

    exact = kernel(first, first) + kernel(second, second) - 2 * kernel(first, second)
    means = [
        Joint.of("abcde", one, sample.layout).waves / 300
        for one in (full[1:600:2], full[1:600:2] + 1.0)
    ]
    # Feature means are sums of 2 cos(...) cos(...): the kernel's mean over WAVES frequencies.
    found = ((means[0] - means[1]) ** 2).sum() / means[0].size
    assert found == pytest.approx(exact, rel=0.4)


def test_promises_of_two_parts_are_those_of_the_whole_and_can_be_taken_apart():
    random = np.random.default_rng(8)
    said = random.random(2_000)
    came = (random.random(2_000) < said).astype(float)
    whole = Calibration.of(said, came)
    first = Calibration.of(said[:700], came[:700], whole)
    second = Calibration.of(said[700:], came[700:], whole)
    both = first.with_more(second)
    for name in ("counts", "said", "came", "squares"):
        assert np.allclose(getattr(both, name), getattr(whole, name))
        assert np.allclose(getattr(whole.without(first), name), getattr(second, name))
    again = through_json(whole)
    assert np.allclose(again.said, whole.said, rtol=1e-6) and again.rows == 2_000
