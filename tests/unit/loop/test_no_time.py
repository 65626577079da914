"""Events without a time: real measurements of tumours, which have none, up to a judged model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.features.hashed import drawn
from ghosteam.retraining.readiness import Ready, Waiting
from tests.accounts import memory_account
from tests.tumours import FEATURES, TUMOURS, tumours
from tests.unit.loop.loop import Loop, later, track

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loop]:
    track(tmp_path, monkeypatch)
    with memory_account() as account:
        yield Loop(account, TUMOURS, tmp_path / "jobs", START)


def test_a_file_of_measurements_becomes_a_judged_model(loop: Loop) -> None:
    rows = tumours()
    loop.land(rows.head(300), "first")
    waiting = loop.readiness()
    assert waiting == Waiting(
        (
            "waiting, because 300 rows of samples have an outcome, of 500 that retrain.min_rows "
            "asks for",
        )
    )
    later(loop, days=3)
    loop.land(rows.tail(269), "second")
    ready = loop.readiness()
    assert isinstance(ready, Ready)
    assert ready.as_of(loop.problem) == loop.now, "a run is as of the newest arrival"

    judged = loop.run()
    assert judged.decision == "promote", judged.reasons
    train, holdout = loop.set("train"), loop.set("holdout")
    assert train.height + holdout.height == 569 and judged.holdout_rows == holdout.height
    assert 0.14 < holdout.height / 569 < 0.26
    # Nobody is told a time that never was.
    assert {*train.columns} == {"sample", "target", *FEATURES}
    told = json.dumps([judged.to_json(), loop.reference, loop.plan.to_json()])
    assert "2000-01-01" not in told and "1970" not in told
    assert judged.baselines["last_known"].undetermined
    assert judged.baseline.blocks == holdout.height, "every sample is an entity"


def test_rows_stay_where_they_are_when_more_come(loop: Loop) -> None:
    rows = tumours()
    loop.land(rows.head(520), "first")
    loop.run("run-1")
    held_out = set(loop.set("holdout")["sample"])
    later(loop, days=1)
    loop.land(rows.tail(49), "second")
    loop.run("run-2")
    now = set(loop.set("holdout")["sample"])
    assert held_out <= now and all(sample >= 520 for sample in now - held_out)


IDS = st.lists(st.one_of(st.integers(), st.text(max_size=5).filter(str.isprintable)), unique=True)


@given(IDS.filter(bool), st.floats(0.01, 0.5), st.floats(0, 0.4), st.randoms())
def test_a_larger_share_holds_the_smaller_one(ids, share, more, random) -> None:
    frame = pl.DataFrame({"id": [json.dumps(one) for one in ids]})
    small = drawn(frame, ["id"], share, purpose="holdout")
    large = drawn(frame, ["id"], share + more, purpose="holdout")
    assert (small <= large).all()
    order = list(range(len(ids)))
    random.shuffle(order)
    shuffled = drawn(frame[order], ["id"], share, purpose="holdout")
    assert shuffled.to_list() == small[order].to_list()


def test_the_same_rows_are_drawn_in_every_release() -> None:
    frame = pl.DataFrame({"a": range(12), "b": ["x", "y", None] * 4})
    found = drawn(frame, ["a", "b"], 0.4, purpose="holdout")
    assert found.arg_true().to_list() == [5, 6]


def test_a_share_is_met_and_purposes_know_nothing_of_one_another() -> None:
    frame = pl.DataFrame({"id": range(20_000)})
    one, other = (drawn(frame, ["id"], 0.2, purpose=name) for name in ("holdout", "validation"))
    assert abs(one.mean() - 0.2) < 0.01  # type: ignore[operator]
    assert abs((one & other).mean() - 0.04) < 0.005  # type: ignore[operator]
