"""References that earlier releases made are judged by."""

from __future__ import annotations

import numpy as np
import polars as pl

from ghosteam.documents.drift_reference import DriftReference
from ghosteam.documents.older_references import OTHER
from ghosteam.documents.stored import FORM
from tests.drifting import verdict


def test_references_of_earlier_versions_are_judged_against(plain):
    frame, _ = plain
    share = np.linspace(0, 1, 256)
    grid = np.quantile(frame["x0"].to_numpy(), share)
    ecdf = {
        "boundaries": grid.tolist(),
        "left": (share * 0.998).tolist(),
        "right": np.minimum(share + 0.002, 1).tolist(),
        "rows": 10_000,
    }
    counts = {"counts": {**dict.fromkeys("abcdefghijklmnop", 600), OTHER: 400}}
    noise = {"distance": 0.08, "null_rate": 0.0, "blocks": 12}
    third = {
        "version": 3,
        "rows": 10_000,
        "numeric": {
            "x0": {
                "detector": "kolmogorov_smirnov",
                "profile": ecdf,
                "null_rate": 0.0,
                "noise": noise,
            }
        },
        "categorical": {
            "c0": {
                "detector": "jensen_shannon",
                "profile": counts,
                "null_rate": 0.0,
                "noise": noise,
            }
        },
        "outputs": {"late": {"detector": "kolmogorov_smirnov", "profile": ecdf}},
    }
    second = {
        **third,
        "version": 2,
        "numeric": {"x0": {"ecdf": ecdf, "null_rate": 0.0, "noise": noise}},
        "categorical": {
            "c0": {**counts, "null_rate": 0.0, "noise": noise},
        },
        "outputs": {"late": {"ecdf": ecdf}},
    }
    outputs = frame.select(late="x0")
    moved = frame.with_columns(pl.col("x0") + 2, c0=pl.lit("never seen"))
    for known in map(DriftReference.from_json, (second, third)):
        assert not verdict(frame, known, outputs).drifted
        assert {"x0", "c0"} <= set(verdict(moved, known, outputs).drifted_features)


def test_a_reference_of_the_fourth_version_knew_nothing_of_outcomes(plain):
    frame, reference = plain
    later = ("outcomes", "losses", FORM)
    fourth = {name: value for name, value in reference.to_json().items() if name not in later}
    assert DriftReference.from_json({**fourth, "version": 4}) == reference
    assert not verdict(frame, reference).drifted
