"""A candidate is judged in each slice of the hold-out as well."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghosteam.learning.contenders import Candidate
from ghosteam.learning.package import Predictor
from ghosteam.learning.slices import MIN_SLICE_ROWS, SLICE_ALPHA, slices_of
from tests.unit.learning.test_evaluate import GOOD, HOLDOUT, run


def test_rows_without_a_value_are_a_slice_of_their_own() -> None:
    line = pl.when(pl.col("line") != "red").then(pl.col("line"))
    found = run(GOOD, holdout=HOLDOUT.with_columns(line)).document
    assert set(found.slices) == {"line is null", "line=blue", "line=green"}


def test_a_number_is_written_alike_whatever_type_holds_it() -> None:
    values = [3, None, -1, 12]
    kinds = (pl.Int64, pl.Float64, pl.Int8)
    found = [slices_of(pl.DataFrame({"x": pl.Series(values, dtype=kind)}), ["x"]) for kind in kinds]
    assert [[*one] for one in found] == [["x=-1", "x=12", "x=3", "x is null"]] * 3
    flags = slices_of(pl.DataFrame({"x": [True, False]}), ["x"])
    assert [*flags] == [*slices_of(pl.DataFrame({"x": [1.0, 0.0]}), ["x"])] == ["x=0", "x=1"]
    fractions = slices_of(pl.DataFrame({"x": [0.5, 2.0, float("nan")]}), ["x"])
    assert {name: rows.sum() for name, rows in fractions.items()} == {
        "x=0.5": 1,
        "x=2": 1,
        "x=NaN": 1,
    }


class WrongOnRed(Predictor):
    """Says the opposite of what it learned of red lines."""

    def predict_frame(self, frame: pl.DataFrame) -> NDArray[np.float64]:
        said = super().predict_frame(frame)
        red = (frame["line"] == "red").to_numpy()[:, None]
        return np.where(red, 1 - said, said)


def test_a_first_model_that_is_worse_than_knowing_nothing_in_a_slice_is_refused() -> None:
    wrong = Candidate(WrongOnRed(GOOD.predictor.manifest, GOOD.predictor._model), "s3://b/wrong")
    found = run(wrong, at_least=0.5, max_calibration_error=1.0).document
    assert found.decision == "refuse" and found.baseline.lower > 0
    assert [reason.split(":")[0] for reason in found.reasons] == ["slices"]
    assert "line=red, the worst of 3 slices" in found.reasons[0]
    assert found.slices["line=red"].upper < 0 < found.slices["line=blue"].lower


def test_slices_that_are_large_enough_share_the_chance_of_a_false_alarm() -> None:
    found = run(GOOD).document.slices
    assert {one.confidence for one in found.values()} == {1 - SLICE_ALPHA / 3}
    reds = (pl.col("line") == "red").cum_sum() < MIN_SLICE_ROWS
    fewer = HOLDOUT.filter((pl.col("line") != "red") | reds)
    found = run(GOOD, holdout=fewer).document.slices
    judged = {name: one.confidence for name, one in found.items() if one.undetermined is None}
    assert judged == dict.fromkeys(("line=blue", "line=green"), 1 - SLICE_ALPHA / 2)
    assert f"{MIN_SLICE_ROWS} are needed" in found["line=red"].undetermined
