"""Problems without moments: books of firms that close once a year, or once a month, a file a
period, and measurements without any time; what their runs are to learn from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from ghosteam.problem.yaml_file import Loader
from tests.snapshots import MONTHLY, YEARLY, books, written
from tests.tumours import TUMOURS, tumours

SMALL = {
    "model": {"families": ["linear"], "trials": 1, "minutes": 1},
    "promote": {"max_latency_ms": 5000},
    "serve": {"rollout": "canary 50% 5s", "rollback_hold": "5s"},
    "watch": {"min_rows": 100, "performance": {"min_labels": 100}},
}
SECTORS = 6
"""Of firms; each has a size, and in each month an index."""


@dataclass(frozen=True)
class Periods:
    """A problem and its files, oldest first; what came last is told after the first model.

    ``learned`` and ``held_out``: instants of the rows of its first run's training set; none where
    events have no time. ``last_ends``: the end of the period that the last file is of.
    """

    name: str
    text: str
    files: dict[str, pl.DataFrame]
    others: dict[str, dict[str, pl.DataFrame]]
    edits: dict[str, Any]
    learned: list[datetime]
    held_out: list[datetime]
    last_ends: datetime | None = None

    @property
    def dataset(self) -> str:
        """Of events."""
        document = yaml.load(self.text, Loader=Loader)
        return next(name for name, one in document["datasets"].items() if one.get("role"))

    @property
    def history(self) -> dict[str, pl.DataFrame]:
        """All files but the last."""
        return dict(list(self.files.items())[:-1])

    @property
    def last(self) -> tuple[str, pl.DataFrame]:
        """The last file, and its name."""
        return list(self.files.items())[-1]

    def write(self, repository: Path) -> None:
        """Its folder."""
        document = yaml.load(self.text, Loader=Loader)
        document["problem"] = self.name
        for edits in (SMALL, self.edits):
            for field, value in edits.items():
                document[field] = {**document.get(field, {}), **value}
        (repository / self.name).mkdir()
        path = repository / self.name / "problem.yaml"
        path.write_text(yaml.safe_dump(document, sort_keys=False))


def of_sectors(frame: pl.DataFrame) -> pl.DataFrame:
    """Each row with the sector of its ``firm``."""
    return frame.with_columns(sector=pl.col("firm") % SECTORS)


def _years(*years: int) -> list[datetime]:
    return [datetime(year, 1, 1, tzinfo=UTC) for year in years]


def _months(*months: int) -> list[datetime]:
    return [datetime(2021, month, 1, tzinfo=UTC) for month in months]


SOLD = "sold"
"""A window over facts: what a sector sold in the 28 days before."""


def sales(month: int) -> pl.DataFrame:
    """Of each sector one every third day, in a month of 2021."""
    begin = datetime(2021, month, 1, tzinfo=UTC)
    rows = [
        (month * 1000 + day * SECTORS + sector, sector, begin + timedelta(days=day, hours=sector))
        for day in range(0, 28, 3)
        for sector in range(SECTORS)
    ]
    found = pl.DataFrame(rows, schema=["sale", "sector", "sold"], orient="row")
    return found.with_columns(
        pl.col("sold").dt.strftime("%Y-%m-%dT%H:%M:%SZ"), amount=pl.col("sale") % 17 + 0.5
    )


def sold_before(moment: datetime) -> dict[int, float]:
    """What each sector sold in the 28 days before, as counted by hand."""
    every = pl.concat(map(sales, range(1, 8))).with_columns(
        when=pl.col("sold").str.to_datetime(time_zone="UTC")
    )
    begin = moment - timedelta(days=28)
    inside = every.filter(pl.col("when").is_between(begin, moment, closed="left"))
    return dict(inside.group_by("sector").agg(pl.col("amount").sum()).iter_rows())


_FIRM = "firm: integer,"
_WITH_SECTOR = "firm: integer, sector: integer,"
BY_YEARS = Periods(
    name="yearly",
    text=written(YEARLY).replace(_FIRM, _WITH_SECTOR),
    files={f"{year}.csv": of_sectors(books(year)) for year in range(2016, 2021)},
    others={
        "sectors": {
            "all.csv": pl.DataFrame({"sector": range(SECTORS), "size": range(SECTORS)}),
        }
    },
    edits={
        "datasets": {
            "sectors": {
                "key": ["sector"],
                "static": True,
                "columns": {"sector": "integer", "size": "integer"},
            }
        },
        "features": {
            "join": ["sectors.size"],
            "windows": [{"name": "lately", "by": ["sector"], "rate": "fails", "over": "2y"}],
        },
    },
    learned=_years(2016, 2017, 2018),
    held_out=_years(2019),
    last_ends=datetime(2021, 1, 1, tzinfo=UTC),
)
BY_MONTHS = Periods(
    name="monthly",
    text=written(MONTHLY).replace(_FIRM, _WITH_SECTOR),
    files={f"{month:02}.csv": of_sectors(books(2021, month, 150)) for month in range(1, 8)},
    others={
        "indices": {
            f"{month:02}.csv": pl.DataFrame(
                {"sector": range(SECTORS), "closed": f"2021-{month:02}-01", "index": month}
            )
            for month in range(1, 8)
        },
        "sales": {f"{month:02}.csv": sales(month) for month in range(1, 8)},
    },
    edits={
        "datasets": {
            "indices": {
                "key": ["sector"],
                "time": "closed",
                "every": "1 month",
                "columns": {"sector": "integer", "closed": "timestamp", "index": "number"},
            },
            "sales": {
                "role": "facts",
                "key": ["sector"],
                "time": "sold",
                "id": ["sale"],
                "every": "1w",
                "columns": {
                    "sale": "integer",
                    "sector": "integer",
                    "sold": "timestamp",
                    "amount": "number",
                },
            },
        },
        "features": {
            "join": ["indices.index"],
            "windows": [
                {"name": "lately", "by": ["sector"], "rate": "fails", "over": "62d"},
                {"name": SOLD, "from": "sales", "by": ["sector"], "sum": "amount", "over": "28d"},
            ],
        },
    },
    learned=_months(1, 2, 3, 4),
    held_out=_months(5, 6),
    last_ends=datetime(2021, 8, 1, tzinfo=UTC),
)
_ROWS = tumours()
WITHOUT_TIME = Periods(
    name="timeless",
    text=TUMOURS,
    files={"a.csv": _ROWS.head(300), "b.csv": _ROWS[300:520], "c.csv": _ROWS.tail(49)},
    others={},
    edits={"promote": {"beat_champion": {"by": -0.1}}},
    learned=[],
    held_out=[],
)
PROBLEMS = {one.name: one for one in (BY_YEARS, BY_MONTHS, WITHOUT_TIME)}
