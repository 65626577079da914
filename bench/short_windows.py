"""Windows of minutes, hours and days: records a fact, and seconds of the processor to make those of
a training set.

    .ghosteam/env/dev/bin/python bench/short_windows.py [--facts 200000] [--keys 5000] [--days 30]

By both clocks: as facts were known, and as they could be read when they land every quarter of an
hour. Counts of a thousand records are compared with DuckDB's of the same facts.
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import polars as pl

from ghosteam.features.views import View
from ghosteam.features.window_states import SINCE, UNTIL, window_states
from ghosteam.features.windows import window_values
from ghosteam.problem.periods import Period
from ghosteam.problem.window import Window

START = datetime(2024, 3, 1, tzinfo=UTC)
LANDS = timedelta(minutes=15)
LENGTHS = (["5m", "30m", "1h"], ["2h", "6h", "23h"], ["1d", "7d", "28d"])


def facts_of(facts: int, keys: int, days: int) -> pl.DataFrame:
    """So many facts of so many keys, spread evenly."""
    random = np.random.default_rng(1)
    seconds = pl.Series("at", random.integers(0, days * 86_400, facts))
    frame = pl.DataFrame(
        {"card": random.integers(0, keys, facts), "_value": random.normal(size=facts)}
    )
    return frame.with_columns(
        (pl.lit(START).cast(pl.Datetime("us", "UTC")) + pl.duration(seconds=pl.lit(seconds))).alias(
            "known_at"
        )
    )


def main() -> None:
    """Print a line for each aggregate and list of lengths."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--facts", type=int, default=200_000)
    asked.add_argument("--keys", type=int, default=5_000)
    asked.add_argument("--days", type=int, default=30)
    options = asked.parse_args()
    facts = facts_of(options.facts, options.keys, options.days)
    landed = pl.col("known_at").dt.truncate(LANDS) + LANDS
    states = facts.with_columns(
        landed.alias(SINCE), pl.lit(None, facts.schema["known_at"]).alias(UNTIL)
    )
    for aggregate in ({"count": "rows"}, {"mean": "amount"}, {"max": "amount"}):
        for over in LENGTHS:
            window = Window.model_validate(
                {"name": "w", "by": ["card"], **aggregate, "over": over, "min_rows": 0}
            )
            features = {name: name for name in window.features}
            view = View("w", "window", window.by, features, "v", Period(0, window.every))
            begin = time.process_time()
            known = window_values(facts, window)
            middle = time.process_time()
            available = window_states(states, window, view)
            end = time.process_time()
            if "count" in aggregate:
                compare(known, facts, window)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            records = known.height / facts.height
            print(
                f"{window.aggregate:6}{', '.join(over):14} {records:5.1f} a fact"
                f"  known {middle - begin:6.2f} s  available {end - middle:6.2f} s "
                f"({available.height / facts.height:.1f} a fact)  peak {memory:,.0f} MB",
                flush=True,
            )


def compare(known: pl.DataFrame, facts: pl.DataFrame, window: Window) -> None:
    """What DuckDB counts for some records."""
    database = duckdb.connect()
    database.register("records", known.sample(min(1_000, known.height), seed=1).to_arrow())
    database.register("facts", facts.to_arrow())
    for name, length in zip(window.features, window.listed, strict=True):
        since = f"bucket - interval {length.total_seconds():.0f} second"
        inside = f"facts.card = records.card and known_at < bucket and known_at >= {since}"
        counted = database.sql(
            f"select {name}, (select count(*) from facts where {inside}) from records"
        )
        assert all(ours == theirs for ours, theirs in counted.fetchall()), name


if __name__ == "__main__":
    main()
