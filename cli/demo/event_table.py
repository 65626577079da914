"""The events of a problem as one table: files of a period, and requests for it."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from ghosteam.problem.spec import Problem


@dataclass(frozen=True)
class EventTable:
    """``frame`` has the columns of the events and is sorted by ``time``, one of them (UTC)."""

    frame: pl.DataFrame
    time: str

    def csv(self, begin: datetime, end: datetime) -> bytes:
        """Events in ``[begin, end)`` with their outcomes, as a file would land."""
        return self._of(begin, end).write_csv(datetime_format="%Y-%m-%dT%H:%M:%SZ").encode()

    def requests(self, problem: Problem, begin: datetime, end: datetime) -> list[dict[str, Any]]:
        """Rows of prediction requests for the events in ``[begin, end)``: what is known then."""
        rows = self._of(begin, end).select(problem.request_columns)
        return rows.with_columns(pl.col(self.time).dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_dicts()

    def _of(self, begin: datetime, end: datetime) -> pl.DataFrame:
        return self.frame.filter(pl.col(self.time).is_between(begin, end, closed="left"))


def data_folder(package: str) -> Path:
    """Where a package keeps its data files: they are read without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise RuntimeError(
            f"The package {package} is missing; run ./ghosteam again to renew the environment"
        )
    return Path(spec.origin).parent / "_data"
