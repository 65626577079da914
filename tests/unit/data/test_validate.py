from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ghosteam.data.contracts import contracts_of, load_contract
from ghosteam.data.convert import convert
from ghosteam.data.quarantine import to_json_lines
from ghosteam.data.read import ROW, read_batches
from ghosteam.data.row_times import row_times
from ghosteam.data.validate import CheckedPart, check_part
from ghosteam.errors import Defect, InvalidInput
from ghosteam.problem.load import parse_problem
from ghosteam.problem.text_values import MAX_TEXT
from tests.builders import REPOSITORY, flight, flights, flights_problem, json_lines

PROBLEM = flights_problem()
CONTRACTS = contracts_of(PROBLEM.events, REPOSITORY / "flights")


@pytest.fixture
def check(tmp_path: Path) -> Any:
    def run(rows: list[dict[str, Any]], contracts: Any = CONTRACTS) -> CheckedPart:
        path = tmp_path / "rows.jsonl"
        path.write_bytes(json_lines(rows))
        cells = pl.concat(read_batches(path, "jsonl", 1000))
        return check_part(convert(cells, PROBLEM.events), PROBLEM, "flights", contracts)

    return run


def test_a_batch_with_one_bad_row_quarantines_only_that_row(check: Any) -> None:
    rows = flights(5)
    rows[2]["month"] = 13
    checked = check(rows)
    assert checked.good[ROW].to_list() == [1, 2, 4, 5]
    assert checked.good.columns == [ROW, *PROBLEM.events.columns]
    (bad,) = checked.bad
    assert bad.row == 3
    assert [
        (reason.column, reason.rule, reason.value, reason.remedy) for reason in bad.reasons
    ] == [("month", "at most 12", 13, "Give 12 or less")]


@pytest.mark.parametrize(
    ("change", "column", "rule"),
    [
        ({"month": 0}, "month", "at least 1"),
        ({"origin": "SFO"}, "origin", "one of EWR, JFK, LGA"),
        ({"carrier": None}, "carrier", "not_nullable"),
        ({"distance": "far"}, "distance", "type number"),
        ({"time_hour": "noon"}, "time_hour", "type timestamp"),
        ({"dest": "EWR"}, None, "origin is not dest"),
        ({"dep_delay": None}, None, "landed flights departed"),
    ],
)
def test_each_broken_rule_is_named_with_a_remedy(
    check: Any, change: dict[str, Any], column: str | None, rule: str
) -> None:
    (bad,) = check([flight(), flight(**change)]).bad
    assert [(reason.column, reason.rule) for reason in bad.reasons] == [(column, rule)]
    assert bad.reasons[0].remedy
    assert {name: bad.values[name] for name in change} == change


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"time_hour": "0001-01-01T05:00:00Z"}, "a time"),
        ({"time_hour": "1699-12-31T23:00:00Z"}, "a time"),
        ({"time_hour": "9999-12-31T23:00:00Z"}, "a time"),
        ({"air_time": 1e9}, "a time of the outcome"),
        ({"air_time": 1e300}, "a time of the outcome"),
        ({"air_time": -1e300}, "a time of the outcome"),
    ],
)
def test_a_time_that_no_store_can_hold_is_quarantined(
    check: Any, change: dict[str, Any], what: str
) -> None:
    checked = check([flight(), flight(**change)], contracts=())
    assert checked.good[ROW].to_list() == [1]
    (bad,) = checked.bad
    assert f"{what} in the years 1700 to 2200" in [reason.rule for reason in bad.reasons]


def test_a_row_lists_all_the_rules_it_breaks(check: Any) -> None:
    (bad,) = check([flight(month=13, origin="SFO", distance="far")]).bad
    assert {reason.column for reason in bad.reasons} == {"month", "origin", "distance"}


def test_a_quarantined_row_is_a_json_line_with_its_source(check: Any) -> None:
    checked = check([flight(month=13, wind="strong")])
    (line,) = to_json_lines(checked.bad, {"key": "flights/flights/a.csv"}).decode().splitlines()
    record = json.loads(line)
    assert record["source"] == {"key": "flights/flights/a.csv"}
    assert record["values"]["wind"] == "strong"
    assert record["values"]["time_hour"] == "2013-01-01T10:00:00+00:00"


def test_rows_have_an_event_time_a_period_or_none(check: Any) -> None:
    good = check([flight(minute=15)]).good
    times = row_times(good, PROBLEM, "flights")
    assert times is not None
    assert times[0].isoformat() == "2013-01-01T10:15:00+00:00"
    assert row_times(good, PROBLEM, "planes") is None


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("nothing.Here", "does not exist"),
        ("Flights", "does not exist"),
        ("contract.Planes", "no pandera.polars"),
    ],
)
def test_a_contract_that_cannot_be_loaded_is_refused_by_name(reference: str, message: str) -> None:
    with pytest.raises(Defect, match=message) as caught:
        load_contract(REPOSITORY / "flights", reference)
    assert caught.value.where["contract"] == reference


def test_a_rule_that_cannot_be_told_for_single_rows_fails_the_whole_part(
    check: Any, tmp_path: Path
) -> None:
    (tmp_path / "contract.py").write_text(
        "import pandera.polars as pa\n"
        "class Few(pa.DataFrameModel):\n"
        "    @pa.dataframe_check(error='few rows')\n"
        "    def few(cls, data):\n"
        "        return data.lazyframe.collect().height < 1\n"
        "class Wrong(pa.DataFrameModel):\n"
        "    gate: str\n"
    )
    for reference in ("contract.Few", "contract.Wrong"):
        with pytest.raises(InvalidInput, match="cannot be applied to single rows"):
            check(flights(2), (load_contract(tmp_path, reference),))


KINDS = ["home", "work", "elsewhere"]


@pytest.mark.parametrize(
    ("task", "kind", "classes", "values", "good", "wanted", "remedy"),
    [
        (
            *("multiclass", "string?", KINDS, ["home", "work", None, "pub"]),
            *(["home", "work", None], "one of home, work, elsewhere", "target.classes"),
        ),
        (
            *("binary", "integer?", (), [1, 0, None, 2]),
            *([1, 0, None], "true or false, or 1 or 0", "target.classes: [<negative>"),
        ),
        (
            *("binary", "integer?", (), [1, None, 0, 47]),
            *([1, None, 0], "true or false, or 1 or 0", "such as arr_delay > 15"),
        ),
        (
            *("binary", "integer?", [1, 2], [1, 2, None, 0]),
            *([1, 2, None], "1 or 2", "target.classes"),
        ),
        (
            *("binary", "string?", ["no", "yes"], ["no", "yes", None, "maybe"]),
            *(["no", "yes", None], "no or yes", "target.classes"),
        ),
        (
            *("binary", "string?", (), [None, "yes"]),
            *([None], "true or false, or 1 or 0", "target.classes: [<negative>"),
        ),
        (
            *("regression", "string?", (), [None, "much"]),
            *([None], "a number of at most 1e+30", "Write target.expr as a number"),
        ),
        (
            *("regression", "number?", (), [0.0, -3.5, None, 1e31]),
            *([0.0, -3.5, None], "a number of at most 1e+30", "log(price)"),
        ),
    ],
)
def test_an_outcome_that_is_none_of_the_task_is_quarantined_with_what_would_be_one(
    tmp_path: Path,
    task: str,
    kind: str,
    classes: Sequence[object],
    values: list[object],
    good: list[object],
    wanted: str,
    remedy: str,
) -> None:
    """A file whose outcomes are 1 and 2, yes and no, or 47, is told so at the first batch."""
    checked = checked_outcomes(task, kind, classes, values, tmp_path)
    assert checked.good["end"].to_list() == good
    (reason,) = checked.bad[0].reasons
    assert reason.rule == f"the outcome is {wanted}"
    assert reason.value == str(values[-1])
    assert remedy in reason.remedy


def checked_outcomes(
    task: str, kind: str, classes: Sequence[object], values: list[object], folder: Path
) -> CheckedPart:
    """What becomes of rows with these outcomes."""
    document = {
        "version": 1,
        "problem": "bikes",
        "task": task,
        "entities": {"ride": ["ride"]},
        "event_time": "starts",
        "target": {
            "name": "place",
            "expr": '"end"',
            "known_at": "event_time + 1h",
            **({"classes": list(classes)} if classes else {}),
        },
        "datasets": {
            "rides": {
                "role": "events",
                "columns": {
                    "ride": "integer",
                    "starts": "timestamp",
                    "end": kind,
                    "kind": "string",
                },
            }
        },
        "features": {"request": ["kind"]},
    }
    problem = parse_problem(json.dumps(document))
    rows = [
        {"ride": number, "starts": "2024-01-01T10:00:00Z", "end": end, "kind": "a"}
        for number, end in enumerate(values)
    ]
    path = folder / "rows.jsonl"
    path.write_bytes(json_lines(rows))
    cells = pl.concat(read_batches(path, "jsonl", 1000))
    return check_part(convert(cells, problem.events), problem, "rides", ())


LONG = parse_problem("""
version: 1
problem: orders
task: binary
entities: {order: [order]}
event_time: at
target: {name: late, expr: delay > 5, known_at: at + 1h}
datasets:
  orders:
    role: events
    columns: {order: integer, at: timestamp, shop: string, delay: "number?"}
  shops: {key: [shop], static: true,
    columns: {shop: string, street: "string?", about: "string?"}}
features: {join: [shops.street]}
""")


def test_a_text_of_a_lookup_that_is_a_feature_is_as_long_as_a_request_may_have_it(
    tmp_path: Path,
) -> None:
    """What a request could not carry, or an online row not hold, never waits on a queue."""
    texts = ["x" * MAX_TEXT, "x" * (MAX_TEXT + 1), "x" * 500_000]
    path, shops = tmp_path / "shops.jsonl", LONG.datasets["shops"]
    path.write_bytes(
        json_lines([{"shop": str(n), "street": one, "about": one} for n, one in enumerate(texts)])
    )
    cells = pl.concat(read_batches(path, "jsonl", 10))
    checked = check_part(convert(cells, shops), LONG, "shops", contracts_of(shops, tmp_path))
    assert checked.good["shop"].to_list() == ["0"]
    reasons = [reason for bad in checked.bad for reason in bad.reasons]
    assert [(bad.row, len(bad.reasons)) for bad in checked.bad] == [(2, 1), (3, 1)]
    assert {(one.column, one.rule) for one in reasons} == {
        ("street", f"at most {MAX_TEXT} characters")
    }
    assert all(len(str(one.value)) == MAX_TEXT + 1 and one.remedy for one in reasons)
