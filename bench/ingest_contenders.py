"""Who takes part in ``bench/ingest.py``: each makes typed, checked Parquet of one CSV file."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

Work = Callable[[Path, Path], None]
CODES = ("AA", "AS", "B6", "DL", "EV", "UA", "US", "WN")
INTEGERS = ("id", "flight", "seats", "delay")
NUMBERS = ("distance", "temperature", "wind", "price", "weight", "share")
BOOLEANS = ("late",)
BOUNDS: dict[str, tuple[float | None, float | None]] = {
    "flight": (1, None),
    "seats": (0, 900),
    "distance": (0, 20_000),
    "temperature": (-90, 60),
    "price": (0, None),
    "share": (0, 1),
}
"""With the codes of ``carrier`` ten checks; all columns but ``delay`` and ``note`` are required."""
NULLABLE = ("delay", "note")
TEXTS = ("carrier", "tail", "note")
COLUMNS = ("id", "at", *TEXTS, *INTEGERS[1:], *NUMBERS, *BOOLEANS)
_PIECE = 100_000


def write_csv(path: Path, *, rows: int = 0, size: int = 0) -> None:
    """A file of so many ``rows``, or at least of so many bytes; the same each time."""
    with path.open("wb") as file:
        written = 0
        while written < rows or file.tell() < size:
            count = min(_PIECE, rows - written) if rows else _PIECE
            piece = _rows(written, count)
            file.write(piece.write_csv(include_header=not written).encode())
            written += count


def _rows(first: int, count: int) -> pl.DataFrame:
    import numpy as np

    draw = np.random.default_rng(first)
    at = np.datetime64("2013-01-01T00:00:00") + (first + np.arange(count)).astype("timedelta64[s]")
    notes = np.array(["", "", "on time", "gate, changed", 'the "late" one', "Zürich"])
    cells: dict[str, Any] = {
        "id": first + np.arange(count),
        "at": pl.Series(np.datetime_as_string(at)) + "Z",
        "carrier": draw.choice(CODES, count),
        "tail": pl.Series(draw.integers(10_000, 99_999, count)).cast(pl.String) + "N",
        "note": pl.Series(draw.choice(notes, count)).replace("", None),
        "flight": draw.integers(1, 9000, count),
        "seats": draw.integers(0, 900, count),
        "delay": pl.Series(draw.integers(-60, 600, count))
        .cast(pl.String)
        .set(pl.Series(draw.random(count) < 0.1), None),
        **{name: draw.random(count).round(4) for name in NUMBERS},
        "late": draw.choice(["true", "false"], count),
    }
    frame = pl.DataFrame(cells).select(pl.col(COLUMNS).cast(pl.String))
    wrong = [("share", "7"), ("carrier", "ZZ"), ("price", "-1"), ("flight", "n/a"), ("at", "soon")]
    for number, (name, cell) in enumerate(wrong):
        bad = (pl.int_range(pl.len()) + first) % 5000 == number * 1000 + 7
        frame = frame.with_columns(pl.when(bad).then(pl.lit(cell)).otherwise(name).alias(name))
    return frame


def _problem() -> Any:
    from ghosteam.problem.spec import Problem

    columns: dict[str, Any] = {"id": "integer", "at": "timestamp", "carrier": {"type": "string"}}
    columns["carrier"]["values"] = list(CODES)
    for name in COLUMNS[3:]:
        kind = "integer" if name in INTEGERS else "number" if name in NUMBERS else "string"
        low, high = BOUNDS.get(name, (None, None))
        bounds = {"min": low, "max": high}
        columns[name] = {
            "type": "boolean" if name in BOOLEANS else kind,
            "nullable": name in NULLABLE,
            **{limit: value for limit, value in bounds.items() if value is not None},
        }
    return Problem.model_validate(
        {
            "version": 1,
            "problem": "flights",
            "task": "binary",
            "entities": {"plane": ["tail"]},
            "event_time": "at",
            "datasets": {"flights": {"role": "events", "id": ["id"], "columns": columns}},
            "target": {"name": "is_late", "expr": "late", "known_at": "at + 1d"},
            "features": {"request": ["carrier", "distance"]},
            "holdout": "1d",
            "promote": {"metric": "roc_auc", "at_least": 0.5},
        }
    )


def _ghosteam() -> Work:
    from ghosteam.data.dataset_file import DatasetFile
    from ghosteam.data.declared_rules import DeclaredRules
    from ghosteam.data.quarantine import to_json_lines
    from ghosteam.data.validate import check_part
    from ghosteam.steps.ingest_file import write_part

    problem = _problem()
    rules = [DeclaredRules(problem.events)]

    def work(path: Path, folder: Path) -> None:
        parts = DatasetFile(path, "csv", problem.events, 100_000).parts()
        for number, part in enumerate(parts):
            checked = check_part(part, problem, "flights", rules)
            write_part(checked.good, folder / f"good-{number:04d}.parquet")
            bad = to_json_lines(checked.bad, {"key": path.name})
            (folder / f"bad-{number:04d}.jsonl").write_bytes(bad)

    return work


def _steps() -> Work:
    return _with_steps(validated=True)


def _ingestion() -> Work:
    return _with_steps(validated=False)


def _with_steps(*, validated: bool) -> Work:
    from ghosteam.aws.batches import BatchLedger
    from ghosteam.aws.objects import Objects
    from ghosteam.errors import NotFound
    from ghosteam.steps.ingest_file import Ingest, ingest_file
    from ghosteam.steps.validate_batch import Validation, validate_batch
    from tests.builders import s3_event
    from tests.unit.data.memory import MemoryState
    from tests.unit.data.world import Kill, RecordingBus

    class Folder(Objects):
        """A bucket in a folder, whose keys are names of files."""

        def __init__(self, folder: Path) -> None:
            self.bucket, self._folder = "folder", folder

        def put(self, key: str, body: Any, **_more: Any) -> None:
            name = key.replace("validated/", "good-").replace("/", "-")
            (self._folder / name).write_bytes(body if isinstance(body, bytes) else body.read())

        def get(self, key: str, **_more: Any) -> bytes:
            path = self._folder / key.replace("/", "-")
            if not path.exists():
                raise NotFound("There is no such object", where={"key": key})
            return path.read_bytes()

        def download(self, key: str, path: Path, **_more: Any) -> None:
            path.symlink_to(self._folder / key.replace("/", "-"))

    problems = {"flights": _problem()}

    def work(path: Path, folder: Path) -> None:
        landing, lake, bus = Folder(path.parent), Folder(folder), RecordingBus(Kill())
        state = MemoryState(Kill())
        ledger = BatchLedger(state)
        (path.parent / "flights-flights-rows.csv").symlink_to(path)
        event = s3_event(
            "flights/flights/rows.csv", size=path.stat().st_size, sequencer="1", version_id="1"
        )
        ingest = Ingest(landing, lake, ledger, bus, problems, 10**11, 100_000)
        print(ingest_file(event, ingest, now=datetime.now(UTC)))
        (path.parent / "flights-flights-rows.csv").unlink()
        if validated:
            told = {"detail": bus.events[-1].detail()}
            print(validate_batch(told, Validation(lake, ledger, state, bus, problems, folder)))

    return work


def _checks(code: pl.Expr) -> pl.Expr:
    bounds = [
        check
        for name, (low, high) in BOUNDS.items()
        for check in (
            pl.col(name) >= low if low is not None else None,
            pl.col(name) <= high if high is not None else None,
        )
        if check is not None
    ]
    filled = [pl.col(name).is_not_null() for name in COLUMNS if name not in NULLABLE]
    return pl.all_horizontal(*bounds, *filled, code)


def _polars() -> Work:
    def work(path: Path, folder: Path) -> None:
        rows = pl.scan_csv(path, infer_schema=False).with_columns(
            pl.col(INTEGERS).cast(pl.Int64, strict=False),
            pl.col(NUMBERS).cast(pl.Float64, strict=False),
            pl.col("late").replace_strict({"true": True, "false": False}, default=None),
            pl.col("at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", strict=False, time_unit="us"),
        )
        good = _checks(pl.col("carrier").is_in(CODES)).alias("good")
        found = rows.with_columns(good).collect()
        kept = found.filter("good").drop("good")
        kept.write_parquet(folder / "good.parquet", compression="zstd")
        found.filter(~pl.col("good")).write_parquet(folder / "bad.parquet", compression="zstd")

    return work


def _duckdb() -> Work:
    import duckdb

    kinds = {
        **dict.fromkeys(INTEGERS, "BIGINT"),
        **dict.fromkeys(NUMBERS, "DOUBLE"),
        **dict.fromkeys(BOOLEANS, "BOOLEAN"),
        "at": "TIMESTAMP",
    }
    columns = {name: kinds.get(name, "VARCHAR") for name in COLUMNS}
    checks = [f'"{name}" IS NOT NULL' for name in COLUMNS if name not in NULLABLE]
    for name, (low, high) in BOUNDS.items():
        checks += [f"{name} >= {low}"] if low is not None else []
        checks += [f"{name} <= {high}"] if high is not None else []
    checks.append(f"carrier IN ({', '.join(map(repr, CODES))})")

    def work(path: Path, folder: Path) -> None:
        with duckdb.connect() as connection:
            connection.execute(f"SET threads = {os.environ['POLARS_MAX_THREADS']}")
            connection.execute(
                f"CREATE TABLE found AS SELECT *, coalesce({' AND '.join(checks)}, false) AS good "
                f"FROM read_csv('{path}', header = true, delim = ',', quote = '\"', "
                f"columns = {columns}, store_rejects = true)"
            )
            for name, which in (
                ("good", "SELECT * EXCLUDE good FROM found WHERE good"),
                ("bad", "SELECT * EXCLUDE good FROM found WHERE NOT good"),
                ("unread", "SELECT csv_line, error_message FROM reject_errors"),
            ):
                to = f"TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)"
                connection.execute(f"COPY ({which}) {to}")

    return work


def _pandas() -> Work:
    import pandas as pd
    import pandera.pandas as pa

    kinds = {**dict.fromkeys(INTEGERS, "Int64"), **dict.fromkeys(NUMBERS, "float64")}
    checks: dict[str, list[Any]] = {"carrier": [pa.Check.isin(CODES)]}
    for name, (low, high) in BOUNDS.items():
        checks[name] = [pa.Check.ge(low)] if low is not None else []
        checks[name] += [pa.Check.le(high)] if high is not None else []
    schema = pa.DataFrameSchema(
        {name: pa.Column(checks=checks.get(name), nullable=name in NULLABLE) for name in COLUMNS}
    )

    def work(path: Path, folder: Path) -> None:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
        for name, kind in kinds.items():
            rows[name] = pd.to_numeric(rows[name], errors="coerce").astype(kind)
        rows["at"] = pd.to_datetime(rows["at"], format="%Y-%m-%dT%H:%M:%SZ", errors="coerce")
        rows["late"] = rows["late"].map({"true": True, "false": False}).astype("boolean")
        try:
            schema.validate(rows, lazy=True)
            wrong = rows.index[:0]
        except pa.errors.SchemaErrors as errors:
            wrong = errors.failure_cases["index"].dropna().unique()
        rows.drop(index=wrong).to_parquet(folder / "good.parquet", compression="zstd", index=False)
        rows.loc[wrong].to_parquet(folder / "bad.parquet", compression="zstd", index=False)

    return work


CONTENDERS: dict[str, Callable[[], Work]] = {
    "ghosteam": _ghosteam,
    "steps": _steps,
    "ingestion": _ingestion,
    "duckdb": _duckdb,
    "polars": _polars,
    "pandas and pandera": _pandas,
}
