"""From CSV to typed, validated Parquet: this project, DuckDB, Polars, and pandas with pandera.

    .ghosteam/env/dev/bin/python bench/ingest.py [--rows 1000000] [--times 3] [--threads 1]
    .ghosteam/env/dev/bin/python bench/ingest.py --large 2.0

Fifteen columns, ten checks, one row in a thousand with something wrong. Each contender reads the
same file, finds the same bad rows, and writes the same good rows (zstd) and the bad ones beside
them; what they wrote is compared. Each runs in a process of its own, in turns. Printed are medians
of CPU seconds and of wall seconds, and their ratio to the fastest of the others; ``steps`` are the
two steps of the loop as functions run them, with raw parts, profile and repeated rows, which the
others do not have. ``--large``: the most memory that ingesting a CSV file of so many GB takes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import polars as pl

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.ingest_contenders import CONTENDERS, write_csv  # noqa: E402

_PEERS = ("duckdb", "polars", "pandas and pandera")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--times", type=int, default=3)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--folder", type=Path, help="where files go; a folder for temporary ones")
    options.add_argument("--large", type=float, help="GB of the file that is ingested alone")
    options.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.run:
        name, path = asked.run
        _run(CONTENDERS[name], Path(path), asked.folder)
        return
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        folder = str(Path(folder).resolve())
        path = Path(folder) / "rows.csv"
        if asked.large:
            write_csv(path, size=int(asked.large * 1e9))
            found = _measured("ingestion", path, Path(folder) / "out", asked.threads)
            print(
                f"{path.stat().st_size / 1e9:.2f} GB: {found['megabytes']:.0f} MB at most, "
                f"of which {found['before']:.0f} MB are libraries; {found['cpu']:.0f} CPU seconds"
            )
            return
        write_csv(path, rows=asked.rows)
        _compare(path, Path(folder), asked.times, asked.threads)


def _compare(path: Path, folder: Path, times: int, threads: int) -> None:
    names = [name for name in CONTENDERS if name != "ingestion"]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for turn in range(times):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            found[name].append(_measured(name, path, folder / name, threads))
    answers = {name: _rows_in(folder / name) for name in names}
    for name, rows in answers.items():
        if not rows.equals(answers["ghosteam"]):
            raise SystemExit(f"{name} wrote other rows: {rows.height}")
    print(
        f"{path.stat().st_size / 1e6:.0f} MB, {answers['ghosteam'].height} good rows, "
        f"{threads} thread(s), {times} times"
    )
    best = {
        what: min(median(one[what] for one in found[name]) for name in _PEERS)
        for what in ("cpu", "wall")
    }
    for name, runs in found.items():
        middle = {what: median(one[what] for one in runs) for what in runs[0]}
        print(
            f"{name:>20}  cpu {middle['cpu']:6.2f} s ({middle['cpu'] / best['cpu']:5.2f} x)  "
            f"wall {middle['wall']:6.2f} s ({middle['wall'] / best['wall']:5.2f} x)  "
            f"{middle['megabytes']:5.0f} MB"
        )


def _measured(name: str, path: Path, folder: Path, threads: int) -> dict[str, float]:
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    environment = {
        **os.environ,
        **dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS"), str(threads)),
        "POWERTOOLS_METRICS_NAMESPACE": "bench",
    }
    arguments = ["-m", "bench.ingest", "--folder", str(folder), "--run", name, str(path)]
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, env=environment
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _run(contender: Callable[[], Callable[[Path, Path], None]], path: Path, folder: Path) -> None:
    work = contender()  # imports are not what is compared
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu, wall = time.process_time(), time.perf_counter()
    work(path, folder)
    print(
        json.dumps(
            {
                "cpu": time.process_time() - cpu,
                "wall": time.perf_counter() - wall,
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "before": before,
            }
        )
    )


def _rows_in(folder: Path) -> pl.DataFrame:
    """The good rows that a contender wrote, by id; times of one unit."""
    rows = pl.concat(pl.read_parquet(path) for path in sorted(folder.glob("good*.parquet")))
    times = pl.col("at").dt.cast_time_unit("us").dt.replace_time_zone(None)
    return rows.drop("_row", strict=False).with_columns(times).sort("id")


if __name__ == "__main__":
    main()
