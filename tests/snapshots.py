"""Books of firms, as snapshots: all rows of a year, or of a month, lie at one instant, a file a
period. What they say is made up.
"""

from __future__ import annotations

import calendar

import numpy as np
import polars as pl

FIRMS = """
version: 1
problem: firms
task: binary
entities: {firm: [firm]}
event_time: {EVENT_TIME}
target: {name: fails, expr: failed, known_at: event_time + {PERIOD}}
datasets:
  books:
    role: events
    id: [firm, {ID}]
    columns: {{COLUMNS}, firm: integer, debt: number, sales: number, failed: "integer?"}
exclude: [failed]
features: {request: [debt, sales]}
holdout: {HOLDOUT}
watch: {window: {PERIOD}}
promote: {max_calibration_error: 0.2}
retrain: {min_train: {MIN_TRAIN}, train_window: {WINDOW}}
"""
YEARLY = {
    "EVENT_TIME": "date(year)",
    "PERIOD": "1y",
    "ID": "year",
    "COLUMNS": "year: integer",
    "HOLDOUT": "1y",
    "MIN_TRAIN": "3y",
    "WINDOW": "9y",
}
MONTHLY = {
    "EVENT_TIME": "date(year, month)",
    "PERIOD": "1 month",
    "ID": "year, month",
    "COLUMNS": "year: integer, month: integer",
    "HOLDOUT": "2 months",
    "MIN_TRAIN": "4 months",
    "WINDOW": "24 months",
}
STAMPED = {
    **YEARLY,
    "EVENT_TIME": "closed",
    "ID": "closed",
    "COLUMNS": "closed: timestamp",
}

MONTH_ENDS = {**MONTHLY, "EVENT_TIME": "closed", "ID": "closed", "COLUMNS": "closed: timestamp"}
IN_BERLIN = {**MONTH_ENDS, "COLUMNS": "closed: {type: timestamp, zone: Europe/Berlin}"}
QUARTERLY = {
    **MONTHLY,
    "PERIOD": "3 months",
    "HOLDOUT": "6 months",
    "MIN_TRAIN": "1y",
    "WINDOW": "3y",
}
QUARTER_ENDS = {**QUARTERLY, **{name: MONTH_ENDS[name] for name in ("EVENT_TIME", "ID", "COLUMNS")}}


def written(parts: dict[str, str]) -> str:
    text = FIRMS
    for name, value in parts.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def books(year: int, month: int | None = None, firms: int = 300) -> pl.DataFrame:
    """Firms with much debt and few sales fail: a logistic law of two standard normals."""
    random = np.random.default_rng(year * 12 + (month or 0))
    debt, sales = random.normal(size=(2, firms))
    failed = random.random(firms) < 1 / (1 + np.exp(-2 * debt + 2 * sales))
    when = {"year": [year] * firms} if month is None else {}
    if month:
        when = {"year": [year] * firms, "month": [month] * firms}
    columns = {"firm": range(firms), "debt": debt, "sales": sales, "failed": failed.astype(int)}
    return pl.DataFrame({**when, **columns})


def snapshot(parts: dict[str, str], year: int, month: int) -> pl.DataFrame:
    """Books of a month, whose time is made of it, or stands as its first or last day."""
    frame = books(year, month, 150)
    if parts["EVENT_TIME"] != "closed":
        return frame
    day = 1 if parts is IN_BERLIN else calendar.monthrange(year, month)[1]
    return frame.drop("year", "month").with_columns(closed=pl.lit(f"{year}-{month:02}-{day:02}"))
