from __future__ import annotations

import gc
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ghosteam.data.quarantine import QuarantinedRow
from ghosteam.documents.event import Event
from ghosteam.errors import Defect
from ghosteam.steps import validate_batch as validation_step
from tests.builders import REPOSITORY, csv_bytes, flight, flights, flights_problem


def _below(world: Any, prefix: str) -> list[bytes]:
    return [body for key, body in sorted(world.objects().items()) if key.startswith(prefix)]


def _profile(world: Any) -> dict[str, Any]:
    (body,) = _below(world, "profiles/")
    return dict(json.loads(body))


def test_bad_rows_go_to_quarantine_with_reasons_and_good_rows_are_let_in(
    new_world: Callable[..., Any],
) -> None:
    world = new_world(part_rows=10)
    rows = flights(20)
    rows[14]["month"] = 13
    assert world.land("flights/flights/a.csv", csv_bytes(rows)) == "validated"
    (record,) = world.ledger.active("flights", "flights")
    assert (record.rows, record.valid_rows, record.quarantined_rows, record.parts) == (20, 19, 1, 2)
    (line,) = [
        json.loads(line) for body in _below(world, "quarantine/") for line in body.splitlines()
    ]
    assert line["row"] == 15
    assert line["source"]["key"] == "flights/flights/a.csv"
    assert line["reasons"][0]["rule"] == "at most 12"
    parts = [
        pl.read_parquet(io.BytesIO(body))
        for body in _below(world, f"validated/flights/flights/{record.batch_id}/")
    ]
    assert [part.height for part in parts] == [10, 9]
    assert parts[0].columns == list(flights_problem().events.columns)
    assert world.bus.events[-1].ids == {
        "dataset": "flights",
        "batch_id": record.batch_id,
        "rows": 19,
        "quarantined_rows": 1,
        "parts": 2,
    }


def test_the_ledger_spans_the_event_times_of_the_valid_rows(world: Any) -> None:
    rows = [flight(), flight(flight=2, minute=30, time_hour="2013-01-03T10:00:00Z")]
    world.land("flights/flights/a.csv", csv_bytes(rows))
    (record,) = world.ledger.active("flights", "flights")
    assert (record.min_time, record.max_time) == (
        "2013-01-01T10:15:00+00:00",
        "2013-01-03T10:30:00+00:00",
    )


def test_a_newer_row_of_an_event_in_another_part_replaces_the_older_one_and_is_no_fault(
    new_world: Callable[..., Any],
) -> None:
    world = new_world(part_rows=4)
    rows = [*flights(19), flight(flight=2, arr_delay=50), flight(flight=3)]
    assert world.land("flights/flights/a.csv", csv_bytes(rows)) == "validated"
    (record,) = world.ledger.active("flights", "flights")
    counts = (record.valid_rows, record.quarantined_rows)
    assert (*counts, record.duplicate_rows, record.superseded_rows) == (19, 0, 1, 1)
    kept = pl.concat(
        pl.read_parquet(io.BytesIO(body)) for body in _below(world, "validated/")
    ).filter(flight=2)
    assert kept["arr_delay"].to_list() == [50]
    assert _below(world, "quarantine/") == []
    profile = _profile(world)
    assert (profile["duplicate_rows"], profile["superseded_rows"]) == (1, 1)
    assert profile["quality"]["uniqueness"] == pytest.approx(19 / 21)
    assert profile["quality"]["validity"] == 1.0


def test_an_outcome_without_a_time_counts_as_unknown_and_is_told(world: Any) -> None:
    rows = flights(20)
    rows[3]["air_time"] = ""
    rows[4] |= {"air_time": "", "arr_delay": ""}
    assert world.land("flights/flights/a.csv", csv_bytes(rows)) == "validated"
    (record,) = world.ledger.active("flights", "flights")
    # The row is an event like any other: only its outcome is not learned from.
    counts = (record.valid_rows, record.quarantined_rows)
    assert (*counts, record.labelled_rows) == (20, 0, 18)
    assert _profile(world)["untimed_rows"] == 1


def test_a_file_of_nothing_but_repeats_is_let_in(world: Any) -> None:
    assert world.land("flights/flights/a.csv", csv_bytes([flight()] * 30)) == "validated"
    (record,) = world.ledger.active("flights", "flights")
    assert (record.valid_rows, record.duplicate_rows) == (1, 29)


@pytest.mark.parametrize(("bad", "status"), [(1, "validated"), (9, "validated"), (10, "rejected")])
def test_few_bad_rows_take_no_good_one_with_them(world: Any, bad: int, status: str) -> None:
    rows = [flight(), *(flight(flight=2 + number, month=13) for number in range(bad))]
    assert world.land("flights/flights/a.csv", csv_bytes(rows)) == status


def test_a_batch_without_a_good_row_is_refused_however_small(world: Any) -> None:
    assert world.land("flights/flights/a.csv", csv_bytes([flight(month=13)])) == "rejected"
    assert world.active() == []


def test_a_good_row_after_a_bad_one_with_the_same_key_is_let_in(world: Any) -> None:
    world.land(
        "flights/flights/a.csv",
        csv_bytes([*flights(19), flight(flight=20, arr_delay=-9999), flight(flight=20)]),
    )
    (record,) = world.ledger.active("flights", "flights")
    assert record.valid_rows == 20


def test_a_batch_over_the_limit_is_refused_whole_with_the_most_frequent_reason(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        *flights(8),
        *(flight(flight=10 + number, month=13) for number in range(7)),
        *(flight(flight=20 + number, day=40) for number in range(4)),
    ]
    assert world.land("flights/flights/a.csv", csv_bytes(rows)) == "rejected"
    assert _below(world, "validated/") == []
    (rejection,) = [
        json.loads(body) for key, body in world.objects().items() if key.endswith("rejection.json")
    ]
    assert rejection["message"].startswith("11 of 19 rows break the contract (58%), more than 10%")
    assert rejection["where"]["column"] == "month"
    assert _profile(world)["status"] == "rejected"
    (lines,) = [body for key, body in world.objects().items() if key.endswith(".jsonl")]
    assert len(lines.splitlines()) == 11
    assert world.types() == ["BatchRejected"]
    assert '"BatchesRejected":[1.0]' in capsys.readouterr().out


def test_a_batch_exactly_at_the_limit_is_let_in(world: Any) -> None:
    assert (
        world.land("flights/flights/a.csv", csv_bytes([*flights(9), flight(flight=10, month=13)]))
        == "validated"
    )


def test_ragged_lines_are_rows_in_quarantine(world: Any) -> None:
    body = csv_bytes(flights(10)) + b"2013,1\n"
    assert world.land("flights/flights/a.csv", body) == "validated"
    (line,) = [
        json.loads(line) for body in _below(world, "quarantine/") for line in body.splitlines()
    ]
    assert (line["row"], line["reasons"][0]["value"]) == (11, "2013,1")


def test_the_profile_measures_quality_and_columns(world: Any) -> None:
    rows = [*flights(10, tailnum=None), flight(flight=11, distance=100)]
    world.land("flights/flights/a.csv", csv_bytes(rows))
    profile = _profile(world)
    assert profile["quality"]["validity"] == 1
    assert profile["quality"]["completeness"] == pytest.approx(1 - 10 / (11 * 19))
    # landed 2013-04-01 00:05, newest event 2013-01-01 10:15
    assert profile["quality"]["freshness_seconds"] == 89 * 86400 + 13 * 3600 + 50 * 60
    quantiles = profile["columns"]["distance"]["quantiles"]
    assert {"0": 100, "0.01": 230, "0.05": 750, "0.1": 1400, "1": 1400}.items() <= quantiles.items()
    assert len(quantiles) == 23
    assert profile["columns"]["tailnum"]["nulls"] == 10
    assert profile["columns"]["origin"]["top"] == [{"value": "EWR", "rows": 11}]


def test_bad_rows_are_in_memory_one_part_at_a_time(
    new_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_world(part_rows=50)
    held, put, check = [], world.lake.put, validation_step.check_part

    def live() -> int:
        return sum(type(one) is QuarantinedRow for one in gc.get_objects())

    def counting(*args: Any, **more: Any) -> Any:
        held.append(live())
        return put(*args, **more)

    def checking(*args: Any, **more: Any) -> Any:
        held.append(live())
        return check(*args, **more)

    monkeypatch.setattr(world.lake, "put", counting)
    monkeypatch.setattr(validation_step, "check_part", checking)
    assert world.land("flights/flights/a.csv", csv_bytes(flights(400, month=13))) == "rejected"
    assert len(held) > 16 and max(held) <= 50
    profile = _profile(world)
    assert profile["broken_rules"]["month: at most 12"] == 400
    assert len(profile["quarantine"]) == 8
    lines = [line for body in _below(world, "quarantine/") for line in body.splitlines()]
    assert [json.loads(line)["row"] for line in lines if b'"row"' in line] == [*range(1, 401)]


def test_a_batch_that_the_ledger_does_not_know_is_a_defect(world: Any) -> None:
    with pytest.raises(Defect, match="does not know the batch"):
        world.validate(
            Event("BatchIngested", "flights", {"dataset": "flights", "batch_id": "0" * 32})
        )


def test_validating_twice_changes_nothing_and_says_so_again(world: Any) -> None:
    world.deliver(world.drop("flights/flights/a.csv", csv_bytes(flights(3))))
    (ingested,) = world.bus.events
    assert world.validate(ingested) == "validated"
    before = world.objects(), world.documents()
    assert world.validate(ingested) == "repeated"
    assert (world.objects(), world.documents()) == before
    assert world.types() == ["BatchIngested", "BatchValidated", "BatchValidated"]


def test_the_suite_of_a_data_set_is_asked_when_its_batch_is_let_in(
    new_world: Callable[..., Any], tmp_path: Path
) -> None:
    world = new_world()
    world.land("flights/flights/a.csv", csv_bytes(flights(5)))
    assert "ExpectationsDue" not in {event.type for event in world.bus.events}
    repository = tmp_path / "repository"
    shutil.copytree(REPOSITORY / "flights", repository / "flights")
    (repository / "flights" / "expectations").mkdir()
    (repository / "flights" / "expectations" / "flights.json").write_text("{}")
    world.validation = replace(world.validation, repository=repository)
    world.land("flights/flights/b.csv", csv_bytes(flights(7)))
    world.land("flights/flights/refused.csv", csv_bytes(flights(9, month=13)))
    [due] = [event for event in world.bus.events if event.type == "ExpectationsDue"]
    record = world.ledger.find("flights", "flights", due.ids["batch_id"])
    assert (record.rows, record.revision) == (7, due.ids["revision"])
    assert due.ids["revision"]
