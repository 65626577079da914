"""Window features as they could be read at each time: what a group's tiles amounted to by the rows
that were available then.

What an event's row adds to a bucket, it adds from when it became available until another took its
place. A bucket, the start D of a period, is asked for from D until the next; its value at D is the
sum of all changes until then, and each change within the period gives it another value from its
time on. Sums are exact, so that a change is taken out as it was put in.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ghosteam.data.derive import KNOWN_AT
from ghosteam.features.aggregates.aggregate import aggregate_of
from ghosteam.features.as_of import as_of
from ghosteam.features.view_rows import KNOWN_FROM, keyed_by_bucket
from ghosteam.features.views import View
from ghosteam.features.window_changes import partial_columns
from ghosteam.features.windows import (
    BUCKET,
    ROWS,
    VALUE,
    covers_rows,
    tile_column,
    tile_columns,
    tiles_of,
    value_columns,
)
from ghosteam.problem.spec import EVENT_TIME
from ghosteam.problem.window import Window

SINCE, UNTIL = "_since", "_until"
"""From when on, and until when (null: still), a state of an event could be read."""
_AT = "_at"
_AT_ONCE = 1_000_000
_AFTER, _FIRST, _LAST, _SOME = "_after", "_first", "_last", "_some"


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


def shared_states(states: Sequence[pl.DataFrame], view: View) -> pl.DataFrame:
    """Source frame of windows that share rows, from that of each, in the view's order: a row for
    each time from which on one of them was another.
    """
    if len(states) == 1:
        return states[0]
    keys = list(view.join_keys)
    rows = pl.concat([one.select(*keys, KNOWN_FROM) for one in states]).unique()
    rows = rows.sort(*keys, KNOWN_FROM).rename({KNOWN_FROM: EVENT_TIME})
    for window, one in zip(view.windows, states, strict=True):
        rows = as_of(rows, one, keys=keys, values=window.features)
    return rows.rename({EVENT_TIME: KNOWN_FROM}).select(*keys, *view.names, KNOWN_FROM)


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
        .with_columns(
            pl.datetime_ranges(BUCKET, "_next", window.every, closed="left").alias(BUCKET)
        )
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
    what they add within the period of a bucket, when (``_AT``).

    Each has ``window.by``, ``bucket`` and the partial's columns.
    """
    every = window.every
    begin = pl.col(_AT).dt.truncate(every)
    whole = pl.when(pl.col(_AT) > begin).then(begin + every).otherwise(begin)
    first = pl.col(BUCKET) + every
    steps, moves = [], []
    for span, length in enumerate(window.spans):
        # A tile counts in the buckets after its period: in which from their begin on?
        last = pl.col(BUCKET) + length
        columns = dict(zip(tile_columns(window), tile_columns(window, span), strict=True))
        added = [pl.col(name).alias(there) for name, there in columns.items()]
        taken = [(pl.col(name) * -1).alias(there) for name, there in columns.items()]
        since = pl.max_horizontal(whole, first).alias(BUCKET)
        lasting = changes.filter(pl.max_horizontal(whole, first) <= last)
        steps.append(lasting.select(*window.by, since, *added))
        steps.append(lasting.select(*window.by, (last + every).alias(BUCKET), *taken))
        within = changes.filter(pl.col(_AT) > begin, begin.is_between(first, last))
        moves.append(within.select(*window.by, _AT, begin.alias(BUCKET), *added))
    numbers = pl.col(partial_columns(window)).fill_null(0)
    return (
        pl.concat(steps, how="diagonal").with_columns(numbers),
        pl.concat(moves, how="diagonal").with_columns(numbers),
    )


def _changes(events: pl.DataFrame, window: Window) -> pl.DataFrame:
    """What is added to, or taken from, the tiles of groups, and when (``_AT``)."""
    begun = tiles_of(events.with_columns(pl.col(SINCE).alias(_AT)), window, _AT)
    over = events.drop_nulls(UNTIL).with_columns(pl.col(UNTIL).alias(_AT))
    ended = tiles_of(over, window, _AT).with_columns(pl.col(tile_columns(window)) * -1)
    return pl.concat([begun, ended], how="vertical")


def _by_times(events: pl.DataFrame, window: Window) -> pl.DataFrame:
    """The same for an aggregate whose parts cannot be taken out: what was available is folded anew
    for each begin of a period, and for each time at which something came or went.
    """
    known = (
        events.select(*window.by, VALUE, KNOWN_AT, SINCE, UNTIL)
        .drop_nulls([*window.by, VALUE, KNOWN_AT])
        .sort(KNOWN_AT)
    )
    looks, times = _looks(known, window), known[KNOWN_AT]
    first, last = (
        times.search_sorted(end, side="left").cast(pl.Int64)
        for end in (looks[BUCKET] - window.reach, looks[BUCKET])
    )
    some = (last - first).cum_sum() // _AT_ONCE
    placed = looks.with_columns(first.alias(_FIRST), last.alias(_LAST), some.alias(_SOME))
    found = [_folded_at(known.clear(), looks.clear(), window)]
    for part in placed.partition_by(_SOME):
        begin = part[_FIRST][0]
        near = known.slice(begin, part[_LAST][-1] - begin)
        found.append(_folded_at(near, part.select(_AT, BUCKET), window))
    return pl.concat(found, how="vertical")


def _looks(known: pl.DataFrame, window: Window) -> pl.DataFrame:
    """The times at which there are other values, ``_at``, in their order, each with its bucket."""
    every = window.every
    later = [every * number for number in range(1, window.reach // every + 1)]
    tiles = known.select(pl.col(KNOWN_AT).dt.truncate(every)).unique()
    begins = tiles.join(pl.DataFrame({_AFTER: later}), how="cross").select(
        (pl.col(KNOWN_AT) + pl.col(_AFTER)).alias(BUCKET)
    )
    changes = pl.concat([known[SINCE], known[UNTIL].drop_nulls()]).alias(_AT).to_frame()
    within = changes.with_columns(pl.col(_AT).dt.truncate(every).alias(BUCKET))
    at_begin = begins.select(pl.col(BUCKET).alias(_AT), BUCKET)
    both = pl.concat([at_begin, within.join(begins, on=BUCKET, how="semi")], how="vertical")
    return both.unique().sort(_AT)


def _folded_at(known: pl.DataFrame, looks: pl.DataFrame, window: Window) -> pl.DataFrame:
    """What the rows that were available at each of ``looks`` amount to; null for a group that its
    bucket covers rows of, none of which was.
    """
    by, aggregate = list(window.by), aggregate_of(window)
    covered = known.join_where(
        looks,
        pl.col(KNOWN_AT) >= pl.col(BUCKET) - window.reach,
        pl.col(KNOWN_AT) < pl.col(BUCKET),
    )
    there = (pl.col(SINCE) <= pl.col(_AT)) & (pl.col(UNTIL) > pl.col(_AT)).fill_null(True)
    tiles = []
    for span, length in enumerate(window.spans):
        counts = there & (pl.col(KNOWN_AT) >= pl.col(BUCKET) - length)
        value, at = (one.filter(counts) for one in (pl.col(VALUE), pl.col(KNOWN_AT).dt.epoch("us")))
        rows = {ROWS: counts.sum().cast(pl.Int64), **aggregate.tile(value, at)}
        tiles += [made.alias(tile_column(name, span)) for name, made in rows.items()]
    values = [pl.when(covers_rows(window)).then(value) for value in value_columns(window)]
    partials = covered.group_by(*by, BUCKET, _AT).agg(tiles)
    return partials.select(*by, BUCKET, pl.col(_AT).alias(KNOWN_FROM), *values)
