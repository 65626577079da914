"""The drift check from the log in the lake to verdict, metrics and event."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from zlib import crc32

import numpy as np
import polars as pl
import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.errors import Defect
from ghosteam.monitoring.reference import build_reference
from ghosteam.problem.spec import Problem
from ghosteam.steps.check_drift import check_drift
from tests import documents
from tests.accounts import Account, memory_account
from tests.labelled import adapters
from tests.metrics import published

AS_OF = datetime(2013, 7, 15, tzinfo=UTC)
NOW = datetime(2024, 5, 20, 8, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def account():
    with memory_account() as made:
        yield made


@pytest.fixture
def problem(flights):
    return flights.model_copy(
        update={
            "features": flights.features.model_copy(
                update={"request": ("carrier", "hour"), "join": (), "windows": ()}
            )
        }
    )


def rows(begin: datetime, count: int, *, shift: float = 0, seed: int = 0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "event_time": [begin + i * timedelta(days=7) / count for i in range(count)],
            "hour": random.normal(12 + shift, 3, count),
            "carrier": random.choice(["UA", "AA", "DL"], count),
            "score": random.random(count),
        }
    )


def log(
    account: Account,
    frame: pl.DataFrame,
    name: str,
    version: str = "1",
    *,
    event: str | None = None,
) -> None:
    """``event`` names the event of the row with a number; without it, each log has its own."""
    records = [
        {
            "record_type": "prediction",
            "version": 1,
            "problem": "flights",
            "prediction_id": f"{name}-{i}",
            "entity": {
                "year": 2013,
                "month": 7,
                "day": 1,
                "carrier": row["carrier"],
                "flight": crc32((event or name + "-{}").format(i).encode()),
                "origin": "EWR",
                "sched_dep_time": 900,
            },
            "event_time": row["event_time"].isoformat(),
            "made_at": NOW.isoformat(),
            "model_version": version,
            "slot": "champion",
            "endpoint": "e",
            "outputs": {"late": row["score"]},
            "call_id": "c",
            "latency_ms": 2.0,
            "features": {"hour": row["hour"], "carrier": row["carrier"]},
            "freshness_seconds": {},
        }
        for i, row in enumerate(frame.iter_rows(named=True))
    ]
    body = "\n".join(json.dumps(record) for record in records)
    account.lake.put(f"predictions/2024/05/20/07/{name}.gz", gzip.compress(body.encode()))


def serve(account: Account, learned: Problem | None = None) -> None:
    """``learned``: by what the champion learned, where that is put on record."""
    quarter = pl.concat(
        [rows(AS_OF - timedelta(days=100) + i * WEEK, 400, seed=i) for i in range(8)]
    )
    names = {"numeric": ["hour"], "categorical": ["carrier"], "event_time": "event_time"}
    reference = build_reference(
        quarter, **names, window=WEEK, outputs={"late": quarter["score"].to_numpy()}
    )
    account.artifacts.put_json("reference.json", reference.to_json())
    digests = {"reference": account.artifacts.digest("reference.json"), "train": "t"}
    definition = documents.keep_definition(account.artifacts, learned) if learned else None
    champion = documents.slot(
        "1",
        run_id="r1",
        reference_key="reference.json",
        digests=digests,
        definition=definition,
    )
    account.state.create("flights", state_keys.ROUTING, documents.routing(champion))


def check(account: Account, problem, as_of: datetime = AS_OF) -> DriftVerdict:
    return check_drift(problem, as_of=as_of, adapters=adapters(account))


def test_the_second_drifted_window_is_sustained_drift_and_makes_an_event(account, problem, capsys):
    serve(account)
    log(account, rows(AS_OF - WEEK, 300, shift=6), "first")
    log(account, rows(AS_OF, 300, shift=6), "second")
    first = check(account, problem)
    assert first.drifted and not first.sustained and account.bus.events == []
    assert first.sustained_features == ()
    told = published(capsys.readouterr().out)
    assert told.keys() == {
        *("DriftedShare", "DriftSustained", "FeatureDrift"),
        *("ScoreLow", "ScoreMiddle", "ScoreHigh"),
    }
    assert (told["DriftedShare"], told["DriftSustained"]) == (0.5, 0)
    assert told["FeatureDrift"] > 1 and told["ScoreLow"] < told["ScoreMiddle"] < told["ScoreHigh"]
    second = check(account, problem, AS_OF + WEEK)
    names = ("hour", "joint: maximum_mean_discrepancy")
    assert second.sustained and second.drifted_features == names and second.rows == 300
    assert second.sustained_features == names
    assert second.features[0].told.startswith("median 1")
    told = published(capsys.readouterr().out)
    assert (told["DriftedShare"], told["DriftSustained"]) == (0.5, 1)
    [event] = account.bus.events
    assert event.type == "DriftDetected"
    assert event.detail() == {
        "version": 1,
        "problem": "flights",
        "window_id": "20130722T000000Z",
        "window_start": "2013-07-15T00:00:00+00:00",
        "window_end": "2013-07-22T00:00:00+00:00",
        "as_of": "2013-07-22T00:00:00+00:00",
        "share": 0.5,
        "features": "hour,joint: maximum_mean_discrepancy",
        "model_version": "1",
        "run_id": "r1",
        "train_digest": "t",
    }


def test_a_window_like_the_training_data_does_not_drift(account, problem):
    serve(account)
    log(account, rows(AS_OF - WEEK, 300, seed=99), "same")
    verdict = check(account, problem)
    assert not verdict.drifted and verdict.undetermined is None
    late = next(one for one in verdict.features if one.name == "prediction late")
    assert late.role == "output" and late.statistic is not None and late.effect < 0.3


def test_checking_a_window_again_stores_one_verdict_and_does_not_count_it_twice(account, problem):
    serve(account)
    log(account, rows(AS_OF - WEEK, 300, shift=6), "first")
    assert check(account, problem) == check(account, problem)
    assert len(list(account.state.list("flights", state_keys.DRIFT_VERDICTS))) == 1
    assert account.bus.events == []


def test_scores_of_another_distribution_ask_for_somebody_though_no_feature_moved(account, problem):
    serve(account)
    for number, begin in enumerate((AS_OF - WEEK, AS_OF)):
        frame = rows(begin, 400, seed=number).with_columns(pl.col("score") ** 4)
        log(account, frame, f"scores-{number}")
    check(account, problem)
    second = check(account, problem, AS_OF + WEEK)
    assert "prediction late" in second.sustained_features
    [event] = account.bus.events
    assert event.detail()["features"].startswith("prediction late")


def test_a_features_cumulative_sum_goes_on_from_the_window_before(account, problem):
    serve(account)
    log(account, rows(AS_OF - WEEK, 300, shift=1.2), "first")
    log(account, rows(AS_OF, 300, shift=1.2), "second")
    first = check(account, problem)
    second = check(account, problem, AS_OF + WEEK)
    sums = [verdict.cumulated["hour"] for verdict in (first, second)]
    assert sums[1] > sums[0] > 0
    assert check(account, problem, AS_OF + WEEK) == second, "a window adds to its sum once"


def test_features_that_the_problem_ignores_are_not_judged(account, problem):
    serve(account)
    log(account, rows(AS_OF - WEEK, 300, shift=6), "first")
    watch = problem.watch.model_copy(update={"ignore": ("hour",)})
    verdict = check(account, problem.model_copy(update={"watch": watch}))
    assert not verdict.drifted and "hour" not in {one.name for one in verdict.features}


def test_what_another_model_answered_is_no_output_of_this_one(account, problem):
    serve(account)
    log(account, rows(AS_OF - WEEK, 300, seed=99), "own")
    others = rows(AS_OF - WEEK, 200, seed=98).with_columns(pl.col("score") * 0.1)
    log(account, others, "others", version="2")
    verdict = check(account, problem)
    assert verdict.rows == 500 and not verdict.drifted
    assert "prediction late" in {one.name for one in verdict.features}


def test_an_event_that_is_asked_about_again_and_again_is_no_drift(account, problem):
    serve(account)
    log(account, rows(AS_OF - WEEK, 300, seed=99), "all")
    far = rows(AS_OF - WEEK, 300, shift=6, seed=98).with_columns(
        carrier=pl.lit("UA"), score=pl.lit(0.99)
    )
    log(account, far, "one", event="polled")
    verdict = check(account, problem)
    assert verdict.rows == 301 and not verdict.drifted
    log(account, far, "each")
    verdict = check(account, problem)
    assert verdict.rows == 601 and {"hour", "prediction late"} <= set(verdict.drifted_features)


def test_what_the_champion_said_of_an_event_counts_though_another_model_said_it_first(
    account, problem
):
    serve(account)
    frame = rows(AS_OF - WEEK, 300, seed=99)
    others = frame.with_columns(pl.col("score") * 0.1)
    log(account, frame, "second", event="{}")
    log(account, others, "first", version="2", event="{}")
    verdict = check(account, problem)
    late = next(one for one in verdict.features if one.name == "prediction late")
    assert verdict.rows == 300 and not late.drifted and late.effect < 0.3


def test_a_window_is_judged_by_what_the_champion_learned_whatever_the_folder_says(account, problem):
    serve(account, learned=problem)
    log(account, rows(AS_OF - WEEK, 300, seed=99), "own")
    renamed = problem.target.model_copy(update={"name": "delayed"})
    verdict = check(account, problem.model_copy(update={"target": renamed}))
    assert not verdict.drifted and "prediction late" in {one.name for one in verdict.features}


def test_too_few_predictions_are_undetermined_and_publish_nothing(account, problem, capsys):
    serve(account)
    log(account, rows(AS_OF - WEEK, 12, shift=6), "few")
    verdict = check(account, problem)
    assert verdict.undetermined == (
        "the window has predictions for 12 events, fewer than the 200 it needs"
    )
    assert published(capsys.readouterr().out) == {} and account.bus.events == []
    stored = account.state.get("flights", state_keys.DRIFT_VERDICTS / "2013-07-15T00:00:00+00:00")
    assert stored.data == verdict and verdict.drifted is False


def test_damaged_records_are_counted_in_the_verdict(account, problem):
    serve(account)
    log(account, rows(AS_OF - WEEK, 300), "whole")
    account.lake.put("predictions/2024/05/20/07/broken.gz", gzip.compress(b'{"cut\n'))
    assert check(account, problem).damaged_records == 1


def test_without_a_champion_the_check_says_so(account, problem):
    assert check(account, problem).undetermined == "no model serves yet"


def test_a_reference_that_changed_since_it_was_put_on_record_is_not_judged_against(
    account, problem
):
    serve(account)
    account.artifacts.put_json("reference.json", {})
    with pytest.raises(Defect, match="changed after it was put on record"):
        check(account, problem)


def test_a_model_without_digests_serves_and_is_not_judged(account, problem):
    champion = documents.slot("1", reference_key="reference.json", digests={})
    account.state.create("flights", state_keys.ROUTING, documents.routing(champion))
    verdict = check(account, problem)
    assert "no digest on record" in (verdict.undetermined or "")
    key = state_keys.DRIFT_VERDICTS / AS_OF.isoformat()
    assert account.state.find("flights", key) == verdict
