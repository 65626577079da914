"""What is wrong with a problem is said with its place, before any deployment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cli.files.landing import LandingFile
from cli.problem_check.check import Check, check_problem
from cli.problem_check.files import dataset_of
from cli.problem_check.told import Line
from ghosteam.errors import InvalidInput
from ghosteam.problem.load import parse_problem
from tests.many import ROW_COUNT, write_suite

NOW = datetime(2025, 1, 1, tzinfo=UTC)
N = 900
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=N)
LATE = RANDOM.random(N) < 1 / (1 + np.exp(-2 * X))
HOURS = [datetime(2024, 1, 1) + timedelta(hours=6 * number) for number in range(N)]
ROWS = pl.DataFrame(
    {
        "id": range(N),
        "at": [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in HOURS],
        "x": X,
        "knows": 10.0 * LATE + RANDOM.random(N),
        "shop": [f"s{number % 3}" for number in range(N)],
        "late": LATE,
    }
)
SHOPS = pl.DataFrame({"shop": ["s0", "s1"], "size": [10, 20]})
YAML = """version: 1
problem: tried
task: binary
entities: {order: [id]}
event_time: at
target: {name: late, expr: late, known_at: event_time + 1d}
datasets:
  orders:
    role: events
    id: [id]
    columns:
      id: integer
      at: timestamp
      x: {type: number, min: -10, max: 10}
      knows: number
      shop: string
      late: "boolean?"
  shops: {key: [shop], static: true, columns: {shop: string, size: integer}}
features:
  request: [x]
  join: [shops.size]
model: {families: [lightgbm], trials: 2}
holdout: 30d
promote: {max_calibration_error: 0.3}
retrain: {min_train: 90d, train_window: 1y}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "repo" / "tried"
    folder.mkdir(parents=True)
    (folder / "problem.yaml").write_text(YAML)
    (tmp_path / "data").mkdir()
    ROWS.write_csv(tmp_path / "data" / "orders.csv")
    SHOPS.write_csv(tmp_path / "data" / "shops.csv")
    return folder


def checked(
    folder: Path, *, data: bool = True, seconds: float = 0, entity: dict[str, str] | None = None
) -> tuple[bool, dict[str, list[Line]]]:
    told: dict[str, list[Line]] = {}
    root = folder.parent.parent
    asked = Check(
        folder, "local", [root / "data"] if data else [], root / "scratch", NOW, entity, seconds
    )
    return check_problem(asked, told.__setitem__), told


def changed(folder: Path, old: str, new: str) -> None:
    path = folder / "problem.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def text_of(lines: list[Line]) -> str:
    return "\n".join(f"{line.mark} {line.text}" for line in lines)


def test_a_good_problem_passes_with_a_model_that_beats_knowing_nothing(folder: Path) -> None:
    good, told = checked(folder, seconds=2)
    assert good
    assert "900 keep the contract, 0 do not" in text_of(told["Files"])
    assert "would learn from" in text_of(told["First run"])
    assert "the gate lets it pass" in text_of(told["A model of a minute"])
    assert "shops__size = null; 33% of rows lack it" in text_of(told["Features"])


def test_without_files_only_the_specification_is_checked(folder: Path) -> None:
    good, told = checked(folder, data=False)
    assert good and told.keys() == {"Specification", "Files"}


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("expr: late", "expr: lat", "tried/problem.yaml:6 target.expr", "reads no column"),
        ("expr: late", "expr: late +", "tried/problem.yaml:6 target.expr", "no SQL expression"),
        ("request: [x]", "request: [y]", "tried/problem.yaml:20 features.request", "not among"),
        ("max: 10", "max: -20", "tried/problem.yaml:14 datasets.orders.columns.x", "above max"),
        ("retrain: {", "environments: {prod: {holdout: 2y}}\nretrain: {", "holdout", "[in prod]"),
        ("problem: tried", "problem: other", "tried/problem.yaml:2 problem", "folder 'tried'"),
    ],
)
def test_a_fault_of_the_specification_is_told_with_its_place(
    folder: Path, old: str, new: str, place: str, words: str
) -> None:
    changed(folder, old, new)
    good, told = checked(folder)
    text = text_of(told["Specification"])
    assert not good and "✗" in text
    assert place in text and words in text


def test_a_suite_is_told_by_its_file_good_or_bad(folder: Path) -> None:
    write_suite(folder, "orders", {"expectations": [ROW_COUNT]})
    good, told = checked(folder, data=False)
    assert good and "✓ tried/expectations/orders.json has no faults" in text_of(
        told["Specification"]
    )
    write_suite(folder, "orders", {"expectations": [{**ROW_COUNT, "type": "expect_rows"}]})
    good, told = checked(folder, data=False)
    assert not good and "✗ tried/expectations/orders.json:1 " in text_of(told["Specification"])


def test_a_contract_that_cannot_be_loaded_is_a_fault(folder: Path) -> None:
    changed(folder, "    role: events", "    role: events\n    contract: contract.Orders")
    (folder / "contract.py").write_text("import nothing_of_that_name\n")
    good, told = checked(folder)
    assert not good and "contract.py:1" in text_of(told["Specification"])


def test_bad_rows_are_counted_by_rule_with_the_first_of_them(folder: Path) -> None:
    rows = ROWS.with_columns(x=pl.when(pl.col("id") % 100 == 7).then(99.0).otherwise(pl.col("x")))
    rows.write_csv(folder.parent.parent / "data" / "orders.csv")
    good, told = checked(folder)
    text = text_of(told["Files"])
    assert good and "891 keep the contract, 9 do not" in text
    assert "9 rows: x: at most 10; first row 8, 99.0. Give 10 or less" in text


def test_a_file_with_too_many_bad_rows_would_be_refused(folder: Path) -> None:
    ROWS.with_columns(x=pl.lit(99.0)).write_csv(folder.parent.parent / "data" / "orders.csv")
    good, told = checked(folder)
    assert not good and "would refuse the whole file" in text_of(told["Files"])
    assert "no good rows of orders" in text_of(told["Features"])


def test_a_file_of_no_data_set_is_a_fault(folder: Path) -> None:
    SHOPS.rename({"size": "area"}).write_csv(folder.parent.parent / "data" / "shops.csv")
    good, told = checked(folder)
    assert not good and "shops needs size too" in text_of(told["Files"])


def test_a_feature_that_knows_the_outcome_is_a_fault(folder: Path) -> None:
    changed(folder, "request: [x]", "request: [x, knows]")
    good, told = checked(folder)
    assert not good and "knows says" in text_of(told["Leaks"])
    assert "x says" not in text_of(told["Leaks"])


def test_an_outcome_that_is_known_before_its_event_is_a_fault(folder: Path) -> None:
    changed(folder, "known_at: event_time + 1d", "known_at: seen")
    changed(folder, '      late: "boolean?"', '      late: "boolean?"\n      seen: timestamp')
    seen = [f"{time - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}" for time in HOURS]
    rows = ROWS.with_columns(seen=pl.Series(seen))
    rows.write_csv(folder.parent.parent / "data" / "orders.csv")
    good, told = checked(folder)
    assert not good and "known_at lies before the event in 900 rows" in text_of(told["Expressions"])


def test_outcomes_without_a_time_are_told(folder: Path) -> None:
    changed(folder, "known_at: event_time + 1d", "known_at: seen")
    changed(folder, '      late: "boolean?"', '      late: "boolean?"\n      seen: "timestamp?"')
    seen = [f"{time + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}" for time in HOURS]
    rows = ROWS.with_columns(seen=pl.Series([*seen[:-5], *[None] * 5]))
    rows.write_csv(folder.parent.parent / "data" / "orders.csv")
    _, told = checked(folder)
    says = "5 rows state an outcome and not when it was known: it counts as unknown"
    assert says in text_of(told["Expressions"])


def test_data_that_do_not_suffice_are_said_in_the_loops_own_words(folder: Path) -> None:
    changed(folder, "min_train: 90d", "min_train: 300d")
    good, told = checked(folder)
    assert good and "the loop would wait: orders: of the 300 days" in text_of(told["First run"])


def test_of_a_small_file_is_told_what_is_there_and_what_is_missing(folder: Path) -> None:
    ROWS.head(20).write_csv(folder.parent.parent / "data" / "orders.csv")
    good, told = checked(folder, seconds=2)
    text = text_of(told["Features"])
    assert good and "Stopped" not in told and "Leaks" not in told
    assert "events: 20, of these with an outcome: 20, from 2024-01-01 00:00" in text
    assert "none to learn from: no outcome was known before" in text
    assert "the 30d begin that are held out" in text
    assert "name more files with --data" in text and "shorter 'holdout' than 30d" in text


def test_of_a_small_file_without_times_too(folder: Path) -> None:
    changed(folder, "event_time: at", "event_time: none")
    changed(folder, ", known_at: event_time + 1d", "")
    changed(folder, "holdout: 30d", "holdout: 20%")
    changed(folder, "retrain: {min_train: 90d, train_window: 1y}\n", "")
    ROWS.head(1).write_csv(folder.parent.parent / "data" / "orders.csv")
    _, told = checked(folder)
    text = text_of(told["Features"])
    assert "Stopped" not in told
    assert "events: 1, of these with an outcome: 1: too few to hold out 20%" in text


def test_the_features_of_an_entity_are_shown(folder: Path) -> None:
    _, told = checked(folder, entity={"id": "898"})
    assert told["Features"][0].text == "of id 898:"
    _, told = checked(folder, entity={"id": "-1"})
    assert "There is no such event" in text_of(told["Stopped"])
    _, told = checked(folder, entity={"shop": "s0"})
    assert "'shop' names no event" in text_of(told["Stopped"])


def test_a_file_belongs_to_the_data_set_of_most_of_its_columns(tmp_path: Path) -> None:
    def belongs(*columns: str, yaml: str = YAML) -> str:
        path = tmp_path / "a.csv"
        path.write_text(",".join(columns) + "\n" + ",".join("1" for _ in columns) + "\n")
        return dataset_of(LandingFile(path, path, path.name), parse_problem(yaml))

    assert belongs("shop", "size") == "shops"
    assert belongs(*ROWS.columns) == "orders"
    assert belongs(*ROWS.columns, "size") == "orders"
    without_id = [name for name in ROWS.columns if name != "id"]
    made = YAML.replace("id: integer", "id: {type: string, made_of: content}")
    assert belongs(*without_id, yaml=made) == "orders"
    named = YAML.replace("size: integer", 'size: {type: integer, from: "Floor size"}')
    assert belongs("shop", "Floor size", yaml=named) == "shops"
    with pytest.raises(InvalidInput, match="no data set"):
        belongs("shop")


def test_how_cells_are_written_is_shown(folder: Path) -> None:
    changed(folder, "x: {type: number,", 'x: {type: number, from: "X in %", symbol: "%",')
    changed(folder, "at: timestamp", 'at: {type: timestamp, format: "%d.%m.%Y %H:%M"}')
    rows = ROWS.with_columns(
        pl.Series("at", [f"{time:%d.%m.%Y %H:%M}" for time in HOURS]),
        pl.format("{} %", pl.col("x").round(3)).alias("X in %"),
    ).drop("x")
    rows.write_csv(folder.parent.parent / "data" / "orders.csv", separator=";")
    good, told = checked(folder)
    text = text_of(told["Files"])
    assert good and "900 keep the contract, 0 do not" in text
    assert "read as declared: at format '%d.%m.%Y %H:%M'; x from 'X in %', symbol '%'" in text
    assert "found in the file, and not declared: separator ';'" in text


def test_a_folder_of_before_is_told_what_to_do(folder: Path) -> None:
    (folder / "files.json").write_text("{}")
    with pytest.raises(InvalidInput, match="is read no more"):
        checked(folder)
