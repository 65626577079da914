"""DuckDB in the place of Athena: tables with the columns and types that the catalogue has of
them.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import polars as pl

from ghosteam.features.athena import table_columns
from ghosteam.features.point_in_time_sql import point_in_time_sql
from ghosteam.features.views import views_of
from ghosteam.problem.spec import Problem

DATABASE = "ghosteam_dev_offline_trips"
_NUMBER = "_number_of_row"


def answered(
    events: pl.DataFrame, problem: Problem, rows: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """What the query answers of ``events``, in their order."""
    with duckdb.connect() as connection:
        connection.execute(f'CREATE SCHEMA "{DATABASE}"')
        for view in views_of(problem):
            published = _read(rows[view.name])
            columns = table_columns(problem, view)
            assert list(columns) == published.columns, view.name
            typed = ", ".join(f'CAST("{name}" AS {kind})' for name, kind in columns.items())
            connection.register("published", published)
            names = ", ".join(f'"{name}"' for name in columns)
            connection.execute(
                f'CREATE TABLE "{DATABASE}"."{view.name}" AS '
                f"SELECT * FROM (SELECT {typed} FROM published) AS typed({names})"
            )
        connection.register("asked", _read(events.with_row_index(_NUMBER)))
        found = connection.sql(point_in_time_sql(problem, database=DATABASE, events="asked")).pl()
    return found.sort(_NUMBER).drop(_NUMBER).with_columns(_times(found, "UTC"))


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    """As Athena reads times: in UTC, and without saying so."""
    return frame.with_columns(_times(frame, None))


def _times(frame: pl.DataFrame, zone: str | None) -> list[pl.Expr]:
    times = [name for name, kind in frame.schema.items() if kind == pl.Datetime]
    return [pl.col(name).dt.replace_time_zone(zone) for name in times]
