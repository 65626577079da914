"""Whole rows: a classifier tells what no column shows by itself."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from ghosteam.documents.drift_reference import DriftReference
from ghosteam.monitoring.detectors.domain_classifier import _ranked
from ghosteam.monitoring.reference import build_reference
from ghosteam.monitoring.samples.rows import Rows
from ghosteam.problem.watch import Detectors
from tests.drifting import DAY, NUMBERS, of, scores, simulated, verdict

CHOSEN = Detectors(joint=("domain_classifier",))


@pytest.fixture(scope="module")
def known():
    random = np.random.default_rng(1)
    frame = simulated(random, 0, 20, 300)
    reference = build_reference(
        frame,
        numeric=NUMBERS,
        categorical=[],
        event_time="at",
        window=DAY,
        outputs={"late": scores(frame)["late"].to_numpy()},
        detectors=CHOSEN,
    )
    return DriftReference.from_json(json.loads(json.dumps(reference.to_json())))


def test_what_hangs_together_otherwise_is_told_apart_and_what_does_not_is_not(known):
    frame = simulated(np.random.default_rng(2), 20, 1, 1_000)
    name = "joint: domain_classifier"
    assert not of(verdict(frame, known, scores(frame)), name).drifted
    mixed = frame.with_columns(x3=0.7 * pl.col("x2") + 0.51**0.5 * pl.col("x3"))
    found = of(verdict(mixed, known, scores(mixed)), name)
    assert found.drifted and found.role == "joint" and found.method == "domain_classifier"
    assert "of pairs of rows" in found.told and "50% is chance" in found.told


def test_columns_that_are_gone_leave_the_others(known):
    frame = simulated(np.random.default_rng(3), 20, 1, 1_000)
    moved = frame.with_columns(pl.col("x2") + 1).drop("x4", "zeros")
    assert of(verdict(moved, known), "joint: domain_classifier").drifted


def test_a_reference_keeps_rows_in_bytes_and_only_where_a_detector_looks_at_them(known):
    assert len(json.dumps(known.joint["rows"])) < 20_000
    plain = build_reference(
        simulated(np.random.default_rng(1), 0, 5, 100),
        numeric=NUMBERS,
        categorical=[],
        event_time="at",
        window=DAY,
    )
    assert plain.joint["rows"] is None


def test_places_are_quantiles_and_what_is_missing_has_its_own():
    random = np.random.default_rng(4)
    values = random.normal(size=(6_400, 2))
    values[:100, 1] = np.nan
    [codes] = Rows.of(("a", "b"), values).codes
    assert stats.chisquare(np.bincount(codes[:, 0])).pvalue > 0.99
    assert (codes[:, 1] == 255).sum() == 100


def test_the_area_is_scikit_learns_with_ties():
    random = np.random.default_rng(5)
    scores_ = random.integers(0, 20, 500).astype(float)
    second = (random.random(500) < 0.3).astype(float)
    assert _ranked(scores_, second) == pytest.approx(roc_auc_score(second, scores_))
