"""What a change of rows changes in a window, as exact numbers that are added to what was there.

A *partial* is what a window's values are made from: for each of its lengths the number of rows that
a bucket covers, and the columns of the aggregate's tile summed over its periods. Of a window that
nothing can be added to it is whether a bucket covers a row, where it shares its rows with others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from ghosteam.features.aggregates.aggregate import aggregate_of
from ghosteam.features.codec import FeatureValue
from ghosteam.features.view_rows import beside_one_another
from ghosteam.features.views import View
from ghosteam.features.windows import (
    BUCKET,
    ROWS,
    covers_rows,
    tile_column,
    tile_columns,
    tiles_of,
    value_columns,
)
from ghosteam.problem.reserved import TILE
from ghosteam.problem.window import Window

_AT_ONCE = 200_000
_SHARD = "_shard"
_AFTER = "_after"


@dataclass(frozen=True)
class Kept:
    """The partials of a view as they are kept beside its online row: ``numbers`` by column, and the
    step that changed one last.
    """

    step: int
    numbers: dict[str, int]

    def to_text(self) -> str:
        """Inverse of :meth:`from_text`."""
        plain = {name.removeprefix(TILE): number for name, number in self.numbers.items()}
        return json.dumps({"step": self.step, **plain})

    @classmethod
    def from_text(cls, text: str) -> Kept:
        """Read what :meth:`to_text` wrote."""
        numbers = json.loads(text)
        step = numbers.pop("step")
        return cls(step, {tile_column(name): number for name, number in numbers.items()})


def partial_columns(window: Window) -> list[str]:
    """The columns of the window's partials."""
    return [name for span in range(len(window.spans)) for name in tile_columns(window, span)]


def kept_columns(view: View) -> list[str]:
    """The columns of the partials that lie beside a row of the view."""
    columns: list[str] = []
    for window in view.windows:
        if aggregate_of(window).additive:
            columns += _among(view, window, partial_columns(window)).values()
        elif len(view.windows) > 1:
            columns.append(covers_column(view, window))
    return columns


def covers_column(view: View, window: Window) -> str:
    """Says of a window that nothing can be added to whether there is a row: 1 or 0."""
    [found] = _among(view, window, [tile_column(ROWS)]).values()
    return found


def changed_tiles(now: pl.DataFrame, before: pl.DataFrame, window: Window) -> pl.DataFrame:
    """What is to be added to the tiles of a window when the rows ``before`` give way to the rows
    ``now`` (both as in ``window_values``).
    """
    by, columns = list(window.by), tile_columns(window)
    taken = tiles_of(before, window).with_columns(pl.col(columns) * -1)
    return (
        pl.concat([tiles_of(now, window), taken], how="vertical")
        .group_by(*by, BUCKET)
        .agg(pl.col(columns).sum())
        .filter(_any_number(columns))
    )


def changed_partials(tiles: pl.DataFrame, window: Window) -> pl.DataFrame:
    """What is to be added to partials, from what is to be to tiles: ``window.by``, ``bucket`` and
    the partial's columns. Each tile counts in the buckets after it, as many as each length has
    periods.
    """
    every = window.every
    later = [every * number for number in range(1, window.reach // every + 1)]
    counted = [
        pl.when(pl.col(_AFTER) <= length).then(pl.col(name)).otherwise(0).sum().alias(there)
        for span, length in enumerate(window.spans)
        for name, there in zip(tile_columns(window), tile_columns(window, span), strict=True)
    ]
    return (
        tiles.with_columns(pl.lit(later, pl.List(pl.Duration("us"))).alias(_AFTER))
        .explode(_AFTER)
        .group_by(*window.by, (pl.col(BUCKET) + pl.col(_AFTER)).alias(BUCKET))
        .agg(counted)
        .filter(_any_number(partial_columns(window)))
        .sort(*window.by, BUCKET)
    )


def changes(
    view: View, tiles: Mapping[str, pl.DataFrame], made: Mapping[str, pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """What changes in the rows of a view: its keys, ``bucket``, and for each window what is added
    to its partials, or what it has been made anew as; null where it changes nothing there. In
    frames of a bounded size; each group stands in one.

    By the names of windows, ``tiles``: :func:`changed_tiles`; ``made``: those that nothing can be
    added to, with their features and :func:`covers_column`.
    """
    windows = {window.name: window for window in view.windows}
    rows = sum(frame.height * _periods(windows[name]) for name, frame in tiles.items())
    shards = max(1, -(-(rows + sum(frame.height for frame in made.values())) // _AT_ONCE))
    of_tiles = {name: _sharded(frame, view, shards) for name, frame in tiles.items()}
    of_made = [_sharded(frame, view, shards) for frame in made.values()]
    for shard in range(shards):
        partials = [
            changed_partials(parts[shard], windows[name]).rename(
                _among(view, windows[name], partial_columns(windows[name]))
            )
            for name, parts in of_tiles.items()
        ]
        if frames := [*partials, *(parts[shard] for parts in of_made)]:
            yield beside_one_another(frames, [*view.keys, BUCKET])


def after(
    change: pl.DataFrame,
    kept: Sequence[Kept | None],
    values: Sequence[Mapping[str, FeatureValue]],
    view: View,
) -> pl.DataFrame:
    """The partials and features of a view after ``change`` (see :func:`changes`), whose rows were
    ``kept`` and had those ``values`` so far; what covers no row is left out.
    """
    covers = []
    for window in view.windows:
        if aggregate_of(window).additive:
            columns = _among(view, window, partial_columns(window))
            change = added(change, kept, columns.values())
            own = change.select(
                BUCKET, *(pl.col(there).alias(name) for name, there in columns.items())
            )
            found = own.select(covers_rows(window), *value_columns(window))
            covers.append(found.to_series(0))
            change = change.with_columns(found.get_columns()[1:])
        else:
            change = _made_or_kept(change, kept, values, view, window)
            covers.append(change[covers_column(view, window)] > 0)
    return change.filter(reduce(or_, covers))


def added(
    change: pl.DataFrame, kept: Sequence[Kept | None], columns: Iterable[str]
) -> pl.DataFrame:
    """``change`` with those ``columns`` of the partials after it, whose rows were ``kept`` so
    far.
    """
    return change.with_columns(
        pl.Series(
            name,
            [
                (number or 0) + (one.numbers[name] if one else 0)
                for number, one in zip(change[name].to_list(), kept, strict=True)
            ],
            dtype=change.schema[name],
        )
        for name in columns
    )


def _made_or_kept(
    change: pl.DataFrame,
    kept: Sequence[Kept | None],
    values: Sequence[Mapping[str, FeatureValue]],
    view: View,
    window: Window,
) -> pl.DataFrame:
    """``change`` with a window that nothing can be added to as it was where it was not made
    anew.
    """
    covers = covers_column(view, window)
    columns: dict[str, list[FeatureValue]] = {
        covers: [one.numbers[covers] if one else 0 for one in kept]
    }
    for name in window.features:
        columns[name] = [
            held.get(name) if one else view.absent.get(name)
            for one, held in zip(kept, values, strict=True)
        ]
    was = pl.DataFrame(columns, schema={name: change.schema[name] for name in columns})
    made = pl.col(covers).is_not_null()
    return change.with_columns(
        pl.when(made).then(pl.col(name)).otherwise(was[name]).alias(name) for name in columns
    )


def _among(view: View, window: Window, columns: Iterable[str]) -> dict[str, str]:
    """How tile columns of one of the view's windows are called beside those of the others."""
    own = "" if len(view.windows) == 1 else f"{window.name}/"
    return {name: f"{TILE}{own}{name.removeprefix(TILE)}" for name in columns}


def _sharded(frame: pl.DataFrame, view: View, shards: int) -> Sequence[pl.DataFrame]:
    if shards == 1:
        return [frame]
    numbered = frame.with_columns((pl.struct(view.keys).hash() % shards).alias(_SHARD))
    parts = numbered.partition_by(_SHARD, as_dict=True, include_key=False)
    return [parts.get((shard,), frame.clear()) for shard in range(shards)]


def _periods(window: Window) -> int:
    return window.reach // window.every


def _any_number(columns: Sequence[str]) -> pl.Expr:
    return pl.any_horizontal(pl.col(name) != 0 for name in columns)
