"""Window features as they could be read at each time: what a group's days amounted to by the rows
that were available then.

What an event's row adds to a bucket, it adds from when it became available until another took its
place. A bucket, the start D of a day, is asked for from D until the next day; its value at D is the
sum of all changes until then, and each change within the day gives it another value from its time
on. Sums are exact, so that a change is taken out as it was put in.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from ghosteam.data.derive import KNOWN_AT, TIME
from ghosteam.features.aggregates.aggregate import aggregate_of
from ghosteam.features.view_rows import KNOWN_FROM, keyed_by_bucket
from ghosteam.features.views import View
from ghosteam.features.window_changes import partial_columns
from ghosteam.features.windows import (
    BUCKET,
    DAY,
    VALUE,
    covers_rows,
    tile_columns,
    tiles_of,
    value_columns,
    window_values,
)
from ghosteam.problem.window import Window

SINCE, UNTIL = "_since", "_until"
"""From when on, and until when (null: still), a state of an event could be read."""
_AT = "_at"


def window_states(events: pl.DataFrame, window: Window, view: View) -> pl.DataFrame:
    """Source frame of a window; ``events`` (see ``available.event_states``) have ``window.by``,
    ``_value``, ``known_at``, ``SINCE`` and ``UNTIL``, the times as ``Datetime[us, UTC]``.

    Each bucket that has a row has one from its begin on; where nothing was available yet its values
    are null.
    """
    additive = aggregate_of(window).additive
    values = _by_changes(events, window) if additive else _by_times(events, window)
    order = [*window.by, BUCKET, KNOWN_FROM]
    rows = keyed_by_bucket(values.rename({KNOWN_FROM: _AT}), view)
    return (
        rows.with_columns(pl.col(_AT).alias(KNOWN_FROM))
        .sort(order)
        .select(*view.join_keys, *window.features, KNOWN_FROM)
    )


def _by_changes(events: pl.DataFrame, window: Window) -> pl.DataFrame:
    by, columns = list(window.by), partial_columns(window)
    steps, moves = _steps(_changes(events, window), window)
    levels = (
        steps.group_by(*by, BUCKET)
        .agg(pl.col(columns).sum())
        .sort(*by, BUCKET)
        .with_columns(pl.col(columns).cum_sum().over(by, order_by=BUCKET))
        .with_columns(pl.col(BUCKET).shift(-1).over(by, order_by=BUCKET).alias("_next"))
        .filter(covers_rows(window))
        .with_columns(pl.datetime_ranges(BUCKET, "_next", DAY, closed="left").alias(BUCKET))
        .drop("_next")
        .explode(BUCKET)
    )
    moves = moves.group_by(*by, BUCKET, _AT).agg(pl.col(columns).sum())
    none = moves.select(*by, BUCKET).unique().join(levels, on=[*by, BUCKET], how="anti")
    at_begin = pl.concat([levels, none], how="diagonal").with_columns(
        pl.col(columns).fill_null(0), pl.col(BUCKET).alias(_AT)
    )
    states = pl.concat([at_begin, moves], how="diagonal").with_columns(
        pl.col(columns).cum_sum().over([*by, BUCKET], order_by=_AT)
    )
    values = [pl.when(covers_rows(window)).then(value) for value in value_columns(window)]
    return states.select(*by, BUCKET, pl.col(_AT).alias(KNOWN_FROM), *values)


def _steps(changes: pl.DataFrame, window: Window) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What changes add to the partials of buckets from their begin on, from bucket to bucket; and
    what they add within the day of a bucket, when (``_AT``).

    Each has ``window.by``, ``bucket`` and the partial's columns.
    """
    begin = pl.col(_AT).dt.truncate("1d")
    whole = pl.when(pl.col(_AT) > begin).then(begin + DAY).otherwise(begin)
    first = pl.col(BUCKET) + DAY
    steps, moves = [], []
    for span, length in enumerate(window.spans):
        # A tile counts in the buckets after its day: in which from their begin on?
        last = pl.col(BUCKET) + length
        columns = dict(zip(tile_columns(window), tile_columns(window, span), strict=True))
        added = [pl.col(name).alias(there) for name, there in columns.items()]
        taken = [(pl.col(name) * -1).alias(there) for name, there in columns.items()]
        since = pl.max_horizontal(whole, first).alias(BUCKET)
        lasting = changes.filter(pl.max_horizontal(whole, first) <= last)
        steps.append(lasting.select(*window.by, since, *added))
        steps.append(lasting.select(*window.by, (last + DAY).alias(BUCKET), *taken))
        within = changes.filter(pl.col(_AT) > begin, begin.is_between(first, last))
        moves.append(within.select(*window.by, _AT, begin.alias(BUCKET), *added))
    numbers = pl.col(partial_columns(window)).fill_null(0)
    return (
        pl.concat(steps, how="diagonal").with_columns(numbers),
        pl.concat(moves, how="diagonal").with_columns(numbers),
    )


def _changes(events: pl.DataFrame, window: Window) -> pl.DataFrame:
    """What is added to, or taken from, the tiles of groups and days, and when (``_AT``)."""
    begun = tiles_of(events.with_columns(pl.col(SINCE).alias(_AT)), window, _AT)
    over = events.drop_nulls(UNTIL).with_columns(pl.col(UNTIL).alias(_AT))
    ended = tiles_of(over, window, _AT).with_columns(pl.col(tile_columns(window)) * -1)
    return pl.concat([begun, ended], how="vertical")


def _by_times(events: pl.DataFrame, window: Window) -> pl.DataFrame:
    """The same for an aggregate whose parts cannot be taken out: what was available is folded anew
    for each begin of a day, and for each time at which something came or went.
    """
    by, names = list(window.by), list(window.features)
    known = events.drop_nulls([*by, VALUE, KNOWN_AT])
    days = known[KNOWN_AT].dt.truncate("1d").unique().to_list()
    begins = {day + number * DAY for day in days for number in range(1, window.reach // DAY + 1)}
    times = {*known[SINCE].to_list(), *known[UNTIL].drop_nulls().to_list()}
    found = []
    for moment in sorted(begins | {one for one in times if _day(one) in begins}):
        bucket = _day(moment)
        covered = known.filter(
            pl.col(KNOWN_AT).is_between(bucket - window.reach, bucket, closed="left")
        )
        there = (pl.col(SINCE) <= moment) & (pl.col(UNTIL) > moment).fill_null(True)
        values = window_values(covered.filter(there), window).filter(pl.col(BUCKET) == bucket)
        groups = covered.select(*by, pl.lit(bucket, TIME).alias(BUCKET)).unique()
        states = groups.join(values, on=[*by, BUCKET], how="left")
        found.append(states.select(*by, BUCKET, pl.lit(moment, TIME).alias(KNOWN_FROM), *names))
    nothing = window_values(known.clear(), window)
    none = nothing.select(*by, BUCKET, pl.col(BUCKET).alias(KNOWN_FROM), *names)
    return pl.concat([none, *found], how="vertical")


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
