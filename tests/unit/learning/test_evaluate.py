from __future__ import annotations

import itertools
import json
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from ghosteam.documents.agreement import Agreement
from ghosteam.documents.parity import Parity
from ghosteam.errors import Defect
from ghosteam.learning.contenders import Candidate, Champion
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.evaluate import Evaluated, evaluate
from ghosteam.learning.families.family import FAMILIES
from ghosteam.learning.package import Predictor
from ghosteam.learning.search import encode
from ghosteam.tasks.task import TASKS, metrics_of
from ghosteam.undetermined import Undetermined
from tests.learning_builders import START, manifest, predictor, problem, rows

HOLDOUT_START = START + timedelta(days=2)
TRAIN, HOLDOUT = rows(1500), rows(1500, seed=9, start=HOLDOUT_START)
NOISE = rows(1500, seed=4, signal=0.0)
GOOD = Candidate(predictor(TRAIN), "s3://b/good.tar.gz")
USELESS = predictor(NOISE, validation={"roc_auc": 0.5})


def run(
    *candidates: Candidate,
    champion: Champion | None = None,
    train: pl.DataFrame = TRAIN,
    holdout: pl.DataFrame = HOLDOUT,
    task: str = "binary",
    **promote: object,
) -> Evaluated:
    found = evaluate(
        candidates,
        champion,
        holdout,
        learned_from=train,
        problem=problem(task=task, **promote),
        run_id="run-1",
        holdout_start=HOLDOUT_START,
        parity=Parity(),
        clock=itertools.count(0.0, 0.001).__next__,
    )
    json.dumps(found.document.to_json(), allow_nan=False)
    return found


def test_the_first_model_is_promoted_by_the_absolute_gates_alone() -> None:
    found = run(GOOD).document
    assert found.decision == "promote"
    assert (found.champion, found.comparison) == (None, None)
    assert found.baseline.lower > 0
    assert set(found.candidates[0].metrics) == {
        *metrics_of(TASKS.find("binary")),
        "calibration_error",
        "latency_ms_p95",
    }
    assert set(found.slices) == {"line=blue", "line=green", "line=red"}


def test_a_challenger_that_beats_the_champion_is_promoted() -> None:
    found = run(GOOD, champion=Champion("1", USELESS)).document
    assert found.decision == "promote"
    assert found.comparison.better and found.comparison.lower > 0
    assert found.champion.version == "1"


@pytest.mark.parametrize("task", TASKS.names)
def test_how_far_the_champion_says_the_same_is_on_record(task: str) -> None:
    train = rows(1500, task=task)
    holdout = rows(1500, task=task, seed=9, start=HOLDOUT_START)
    good = Candidate(predictor(train, task=task), "s3://b/good.tar.gz")
    useless = predictor(rows(1500, task=task, seed=4, signal=0.0), task=task)

    def agreement(champion: Champion | None) -> Agreement | None:
        found = run(good, champion=champion, train=train, holdout=holdout, task=task)
        return found.document.agreement

    itself = agreement(Champion("1", good.predictor))
    assert itself is not None
    outputs = problem(task=task).outputs
    assert (itself.champion, itself.rows, tuple(itself.outputs)) == ("1", 1500, outputs)
    for one in itself.outputs.values():
        assert one.rank_correlation == pytest.approx(1.0) and one.mean_difference == 0.0
        assert one.spread > 0
    other = agreement(Champion("1", useless))
    assert other is not None
    assert all(one.rank_correlation < 0.9 for one in other.outputs.values())
    if task == "regression":
        assert itself.changed_decisions is other.changed_decisions is None
    else:
        assert itself.changed_decisions == 0.0 < other.changed_decisions
    assert agreement(None) is None


def test_a_challenger_no_better_than_the_champion_is_refused_for_that_reason() -> None:
    found = run(GOOD, champion=Champion("1", GOOD.predictor)).document
    assert found.decision == "refuse"
    assert [reason.split(":")[0] for reason in found.reasons] == ["beats_champion"]


def test_a_champion_that_has_seen_the_hold_out_is_not_compared() -> None:
    later = (HOLDOUT_START + timedelta(hours=1)).isoformat()
    found = run(GOOD, champion=Champion("1", predictor(NOISE, train_end=later))).document
    assert found.decision == "refuse"
    assert "after the hold-out's begin" in found.reasons[0]
    assert found.comparison.better is False


def test_a_champion_that_cannot_be_loaded_asks_a_person_and_says_why() -> None:
    gone = Champion("1", Undetermined("the champion's package is gone"))
    found = run(GOOD, champion=gone).document
    assert found.decision == "promote"
    assert "package is gone" in found.approval
    assert any("package is gone" in reason for reason in found.reasons)
    assert found.champion.undetermined == "the champion's package is gone"
    assert run(GOOD, champion=gone, when_champion_unusable="refuse").document.decision == "refuse"
    assert run(GOOD, champion=gone, when_champion_unusable="promote").document.approval is None


def test_a_champion_that_reads_features_of_another_time_is_no_crash_and_no_refusal() -> None:
    other = rows(1500).rename({"wind": "breeze"})
    encoder = Encoder.learn(other, features=("line", "breeze"), categorical=("line",))
    kind = FAMILIES.find("lightgbm")
    model = kind.refit(kind.default, encode(other, encoder, problem(), {}), rounds=5, seed=0)
    champion = Champion("1", Predictor(manifest(encoder), model))
    found = run(GOOD, champion=champion).document
    assert found.decision == "promote" and "breeze" in found.approval


def test_a_champion_of_another_target_is_not_compared() -> None:
    champion = Champion("1", predictor(TRAIN, outputs=("delayed",)))
    found = run(GOOD, champion=champion).document
    assert found.decision == "promote" and "predicts something else" in found.approval


def test_a_champion_that_raises_on_todays_rows_is_a_stated_outcome() -> None:
    class Broken(Predictor):
        def predict_frame(self, frame: pl.DataFrame) -> NDArray[np.float64]:
            raise RuntimeError("another library wrote me")

    broken = Broken(GOOD.predictor.manifest, GOOD.predictor._model)
    found = run(GOOD, champion=Champion("1", broken)).document
    assert found.decision == "promote" and "another library wrote me" in found.approval


def test_a_lost_family_is_named_with_its_reason() -> None:
    found = evaluate(
        [GOOD],
        None,
        HOLDOUT,
        learned_from=TRAIN,
        problem=problem(),
        run_id="run-1",
        holdout_start=HOLDOUT_START,
        parity=Parity(),
        clock=itertools.count(0.0, 0.001).__next__,
        lost={"xgboost": "exit code 1: out of memory"},
    ).document
    assert found.lost == {"xgboost": "exit code 1: out of memory"}
    assert "xgboost was lost: exit code 1: out of memory" in found.reasons
    assert found.decision == "promote"


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "brier"])
def test_a_hold_out_of_nearly_one_outcome_is_refused_whatever_the_metric(metric: str) -> None:
    few = (pl.int_range(pl.len()) < 19).cast(pl.Float64)
    holdout = HOLDOUT.with_columns(few.alias("target"))
    found = evaluate(
        [GOOD],
        None,
        holdout,
        learned_from=TRAIN,
        problem=problem(metric=metric, at_least=None),
        run_id="run-1",
        holdout_start=HOLDOUT_START,
        parity=Parity(),
        clock=itertools.count(0.0, 0.001).__next__,
    ).document
    assert found.decision == "refuse"
    assert any("all but 19 have the same outcome" in reason for reason in found.reasons)


def test_a_constant_score_is_refused_though_it_is_at_least_the_limit() -> None:
    class Constant(Predictor):
        def predict_frame(self, frame: pl.DataFrame) -> NDArray[np.float64]:
            mean = HOLDOUT["target"].mean()
            return np.full((frame.height, 1), float(mean))  # type: ignore[arg-type]

    constant = Candidate(Constant(GOOD.predictor.manifest, GOOD.predictor._model), "s3://b/c")
    found = run(constant, at_least=0.5).document
    assert [reason.split(":")[0] for reason in found.reasons] == ["beats_baseline"]


def test_a_candidate_that_the_last_known_outcome_beats_is_refused_though_it_beats_a_constant() -> (
    None
):
    draw = np.random.default_rng(0)

    def persistent(frame: pl.DataFrame) -> pl.DataFrame:
        """Nine of ten outcomes are the last known one."""
        changes = pl.Series(draw.random(frame.height) < 0.1).cast(pl.Float64)
        return frame.with_columns((frame["target"] - changes).abs().alias("_last_known"))

    found = run(GOOD, train=persistent(TRAIN), holdout=persistent(HOLDOUT), slices=()).document
    assert [reason.split(":")[0] for reason in found.reasons] == ["beats_baseline"]
    assert "knowing only the last known outcome" in found.reasons[0]
    assert found.baselines["last_known"].used
    metric = found.candidates[0].metrics["roc_auc"]
    values = {name: told.value for name, told in found.baselines.items()}
    assert values["constant"] == 0.5 < metric < values["last_known"]


def test_a_target_that_is_not_0_and_1_is_a_defect() -> None:
    with pytest.raises(Defect, match="true or false, or 1 or 0"):
        evaluate(
            [GOOD],
            None,
            HOLDOUT.with_columns(pl.lit(2.0).alias("target")),
            learned_from=TRAIN,
            problem=problem(),
            run_id="run-1",
            holdout_start=HOLDOUT_START,
            parity=Parity(),
            clock=itertools.count(0.0, 0.001).__next__,
        )


def test_the_candidate_is_chosen_by_its_validation_metric_and_not_by_the_hold_out() -> None:
    praised = Candidate(
        predictor(NOISE, validation={"roc_auc": 0.99}, family="xgboost"), "s3://b/praised.tar.gz"
    )
    found = run(GOOD, praised)
    assert found.chosen is praised
    assert found.document.chosen == "xgboost"
    assert found.document.decision == "refuse"


def test_a_hold_out_of_few_rows_refuses_as_undetermined() -> None:
    found = evaluate(
        [GOOD],
        None,
        HOLDOUT.head(50),
        learned_from=TRAIN,
        problem=problem(),
        run_id="run-1",
        holdout_start=HOLDOUT_START,
        parity=Parity(),
        clock=itertools.count(0.0, 0.001).__next__,
    )
    assert found.document.decision == "refuse"
    assert any("50 hold-out rows are too few" in reason for reason in found.document.reasons)
    json.dumps(found.document.to_json(), allow_nan=False)


def test_latency_is_the_95th_percentile_of_single_rows() -> None:
    ticks = iter(range(10_000))
    found = evaluate(
        [GOOD],
        None,
        HOLDOUT,
        learned_from=TRAIN,
        problem=problem(),
        run_id="run-1",
        holdout_start=HOLDOUT_START,
        parity=Parity(),
        clock=lambda: next(ticks) * 0.004,
    )
    assert found.document.candidates[0].metrics["latency_ms_p95"] == pytest.approx(4.0)


def test_no_candidate_is_a_defect_that_points_at_the_training_jobs() -> None:
    with pytest.raises(Defect, match="training jobs"):
        run()
