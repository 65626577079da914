"""From files of any kind to a folder that loads, whose contract lets all their rows in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.demo.event_table import data_folder
from cli.infer.guessed import GuessRequest
from cli.init.make import Made, make_problem
from cli.problem_check.check import Check, check_files
from cli.problem_check.specification import check_specification
from cli.problem_check.told import Line
from ghosteam.errors import InvalidInput

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def made_in(folder: Path, files: list[Path], target: str, **asked: Any) -> Made:
    first = asked.pop("first", None)
    made = make_problem(
        files,
        GuessRequest(folder.name, target, NOW, **asked),
        scratch=folder.parent.parent / "scratch",
        first=first,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "problem.yaml").write_text(made.text, encoding="utf-8")
    return made


def checked(folder: Path, files: list[Path]) -> tuple[list[Line], list[Line]]:
    """What is told of the specification, and of the files."""
    problem, specification = check_specification(folder, environment="local")
    assert problem is not None, specification
    asked = Check(folder, "local", files, folder.parent.parent / "scratch", NOW)
    return specification, check_files(asked, problem)[1]


def assert_all_rows_are_let_in(folder: Path, files: list[Path]) -> None:
    _, lines = checked(folder, files)
    heads = [line for line in lines if "keep the contract" in line.text]
    assert heads and all(", 0 do not" in line.text for line in heads), lines


def bundled(package: str, name: str) -> Path:
    return data_folder(package) / name


@pytest.mark.parametrize(
    ("package", "name", "target", "task", "time"),
    [
        ("bokeh_sampledata", "titanic_all.csv", "survived", "binary", "none"),
        ("bokeh_sampledata", "penguins.csv", "species", "multiclass", "none"),
        ("bokeh_sampledata", "SampleSuperstore.csv.gz", "Profit", "regression", "none"),
        ("bokeh_sampledata", "stocks.csv.gz", "Close", "regression", "Date"),
        ("bokeh_sampledata", "gapminder.csv.gz", "life_expectancy", "regression", "date(year)"),
        ("bokeh_sampledata", "antibiotics.csv", "gram", "binary", "none"),
        ("vega_datasets", "cars.json", "Miles_per_Gallon", "regression", "Year"),
        ("vega_datasets", "seattle-weather.csv", "weather", "multiclass", "date"),
        ("vega_datasets", "us-employment.csv", "nonfarm", "regression", "month"),
    ],
)
def test_data_that_nobody_made_for_this(
    tmp_path: Path, package: str, name: str, target: str, task: str, time: str
) -> None:
    folder, files = tmp_path / "repo" / "tried", [bundled(package, name)]
    made = made_in(folder, files, target)
    assert (made.problem.task, made.problem.event_time) == (task, time)
    assert_all_rows_are_let_in(folder, files)


N = 600
HOURS = [datetime(2024, 1, 1) + timedelta(hours=6 * number) for number in range(N)]


def awkward(folder: Path, kind: str) -> tuple[list[Path], str, dict[str, str]]:
    """Files of an awkward kind, the target, and what else is asked."""
    random = np.random.default_rng(1)
    x, y = random.normal(size=N), random.integers(0, 2, N)
    path = folder / f"{kind}.csv"
    if kind == "german":
        words = np.where(random.random(N) < 0.1, "unknown", np.where(y == 1, "yes", "no"))
        sizes = [f"{number:.2f}".replace(".", ",") for number in x]
        rows = [f"{1000 + n};{HOURS[n]:%d.%m.%Y %H:%M};{sizes[n]};{words[n]}" for n in range(N)]
        text = "\r\n".join(["Kunden Nr;Datum;Größe in m;Bestellt?", *rows])
        path.write_bytes(text.encode("latin-1"))
        return [path], "Bestellt?", {}
    frame = pl.DataFrame({"x": x, "y": y})
    if kind == "ids as floats":
        frame = frame.with_columns(
            customer_id=pl.Series([f"{n}.0" for n in range(N)]),
            age=pl.Series(["?" if n % 9 == 0 else str(20 + n % 50) for n in range(N)]),
            y=pl.Series(y + 1),
        )
    if kind == "split time":
        frame = frame.with_columns(
            year=pl.Series([time.year for time in HOURS]),
            month=pl.Series([time.month for time in HOURS]),
            day=pl.Series([time.day for time in HOURS]),
            hour=pl.Series([time.hour for time in HOURS]),
        )
    if kind == "a day and a clock":
        frame = frame.with_columns(
            date=pl.Series([f"{time:%d.%m.%Y}" for time in HOURS]),
            time=pl.Series([f"{time:%H:%M}" for time in HOURS]),
        )
    if kind == "reserved names":
        frame = frame.rename({"y": "target"}).with_columns(pl.lit("a").alias("row"))
        frame = frame.with_columns(decision=pl.Series([["a", "b"][n % 2] for n in range(N)]))
    if kind == "wide":
        noise = random.normal(size=(N, 500))
        frame = frame.with_columns(pl.Series(f"f {n}", noise[:, n]) for n in range(500))
    if kind == "old and new times":
        old = [datetime(1850, 1, 1) + timedelta(days=150 * n) for n in range(N)]
        frame = frame.with_columns(at=pl.Series([f"{time:%Y-%m-%d}" for time in old]))
    if kind == "nested":
        path = folder / "nested.jsonl"
        rows = [
            {
                "id": f"o{n}",
                "at": f"{HOURS[n]}Z",
                "out": {"late": int(y[n])},
                "tags": ["a"] * (n % 3),
            }
            | {"user": {"age": round(float(x[n]), 2), "city": "abc"[n % 3]}}
            for n in range(N)
        ]
        path.write_text("\n".join(map(json.dumps, rows)))
        return [path], "out.late", {}
    if kind == "yes in many ways":
        words = [["no", "yes "][one] if n % 9 else ["NO", "Yes"][one] for n, one in enumerate(y)]
        frame = frame.with_columns(y=pl.Series(words), weight=pl.Series([f"{n} kg" for n in y]))
    if kind == "before the header":
        rows = [f"{HOURS[n]:%Y-%m-%d %H:%M},s{n % 3},{x[n]:.2f},{y[n]}" for n in range(N)]
        path.write_text("\n".join(["Sales,,,", ",,,", "Date,Shop,x,y", *rows]))
        return [path], "y", {}
    if kind == "single quotes":
        rows = [f"{n}\t{x[n]:.2f}\t'shop {n % 3}'\t{y[n]}" for n in range(N)]
        path.write_text("\n".join(["'id'\t'x'\t'shop'\t'y'", *rows]))
        return [path], "y", {}
    if kind == "epoch":
        frame = frame.with_columns(created=pl.Series([int(t.timestamp() * 1000) for t in HOURS]))
    frame.write_csv(path)
    return [path], "target" if kind == "reserved names" else "y", {}


@pytest.mark.parametrize(
    ("kind", "event_time"),
    [
        ("german", "Datum"),
        ("ids as floats", "none"),
        ("split time", "date(year, month, day) + hour hours"),
        ("a day and a clock", "date + time clock"),
        ("reserved names", "none"),
        ("wide", "none"),
        ("old and new times", "at"),
        ("epoch", "created"),
        ("nested", "at"),
        ("yes in many ways", "none"),
        ("before the header", "Date"),
        ("single quotes", "none"),
    ],
)
def test_data_of_awkward_kinds(tmp_path: Path, kind: str, event_time: str) -> None:
    files, target, asked = awkward(tmp_path, kind)
    made = made_in(tmp_path / "repo" / "tried", files, target, **asked)
    assert made.problem.event_time == event_time
    assert_all_rows_are_let_in(tmp_path / "repo" / "tried", files)


def test_a_folder_of_many_files_is_events_and_what_they_look_up(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for month in range(3):
        rows = [
            {
                "order_id": n,
                "customer_id": f"{n % 40:05d}",
                "at": f"{HOURS[n]}Z",
                "late": n % 3 == 0,
            }
            for n in range(month * 200, (month + 1) * 200)
        ]
        (data / f"orders-{month}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    customers = [f"{n:05d},{'ab'[n % 2]}" for n in range(40)]
    (data / "customers.csv").write_text("\n".join(["customer_id,segment", *customers]))
    folder = tmp_path / "repo" / "tried"
    made = made_in(folder, [data], "late")
    problem = made.problem
    assert problem.events_name == "orders" and problem.features.join == ("customers.segment",)
    assert problem.entities == {"customer_id": ("customer_id",)} and problem.events.id == (
        "order_id",
    )
    assert_all_rows_are_let_in(folder, [data])


@pytest.mark.parametrize(
    ("name", "key", "joined"),
    [
        ("customers", "id", "customers.segment"),
        ("Companies", "ID", None),
        ("clients", "CustomerID", "clients.segment"),
    ],
)
def test_a_key_may_have_another_name_in_the_file_that_is_looked_up(
    tmp_path: Path, name: str, key: str, joined: str | None
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    orders = [f"{n},{n % 40},{HOURS[n]},{n % 5},{n % 3 == 0}" for n in range(N)]
    (data / "orders.csv").write_text("\n".join(["id,customer_id,at,size,late", *orders]))
    rows = [f"{n},{'ab'[n % 2]}" for n in range(40)]
    (data / f"{name}.csv").write_text("\n".join([f"{key},segment", *rows]))
    folder = tmp_path / "repo" / "tried"
    made = made_in(folder, [data], "late")
    assert made.problem.features.join == ((joined,) if joined else ())
    assert made.problem.events.id == ("id",)
    if joined:
        assert made.problem.datasets[name].key == ("customer_id",)
        assert made.problem.datasets[name].columns["customer_id"].from_ == key
        assert any(f"its column {key!r}" in one.text for one in made.findings)
        assert_all_rows_are_let_in(folder, [data])


def test_a_number_may_stand_beside_texts_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    places = range(60)
    rows = {"kind": [f"k{place % 7}" for place in places], "y": [place * 1.5 for place in places]}
    pl.DataFrame(rows).write_csv(path)
    folder = tmp_path / "repo" / "tried"
    assert made_in(folder, [path], "y").guess.target.task == "regression"
    assert_all_rows_are_let_in(folder, [path])


CELLS = st.one_of(
    st.integers(-1000, 10**9).map(str),
    st.floats(-1e6, 1e6).map(lambda number: f"{number:.3f}"),
    st.sampled_from(["", "NA", "?", "yes", "no", "a b", "ü", "007", "2024-01-31", "31/01/2024"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5),
)
COLUMNS = st.lists(
    st.tuples(
        st.sampled_from(["id", "at", "year", "kind of", "größe", "row", "class", "weight", "a.b"]),
        st.lists(CELLS, min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda column: column[0],
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    COLUMNS, st.sampled_from([["0", "1"], ["a", "b", "c"], ["1.5", "2", "7"], ["no", "yes", ""]])
)
def test_whatever_is_in_a_file_it_is_refused_or_its_rows_are_let_in(
    tmp_path_factory: pytest.TempPathFactory,
    columns: list[tuple[str, list[str]]],
    outcomes: list[str],
) -> None:
    tmp_path = tmp_path_factory.mktemp("case")
    random = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            **{
                name: [cells[place] for place in random.integers(0, len(cells), 60)]
                for name, cells in columns
            },
            "y": [outcomes[place % len(outcomes)] for place in range(60)],
        }
    )
    path = tmp_path / "rows.csv"
    frame.write_csv(path)
    folder = tmp_path / "repo" / "tried"
    try:
        made = made_in(folder, [path], "y")
    except InvalidInput as refused:
        assert refused.message
        return
    _, lines = checked(folder, [path])
    head = next((line for line in lines if "keep the contract" in line.text), None)
    assert head is not None, lines
    odd = sum(found.odd for found in made.guess.events.described.values())
    assert ", 0 do not" in head.text or odd, (head.text, made.text)
