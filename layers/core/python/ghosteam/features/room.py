"""Rows that memory has no room for: they wait in files, and come back a share at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count
from math import inf
from pathlib import Path

import polars as pl

SHARES = 64
_SHARE = "_share"


class Room:
    """``at_once``: about so many rows are held in memory; ``folder``: where the others wait.
    Without a folder all are held.
    """

    def __init__(self, folder: Path | None = None, *, at_once: int = 1_000_000) -> None:
        self._folder, self.at_once = folder, at_once
        self._places = (folder / str(number) for number in count()) if folder else None

    def by_key(self, frames: Iterable[pl.DataFrame], keys: Sequence[str]) -> Iterator[pl.DataFrame]:
        """The rows of ``frames``, of which there is at least one: as they are where there is room,
        else in ``SHARES`` shares, so that all of one key are in one, in their order.
        """
        filled = self._filled(frames)
        first = next(filled)
        second = next(filled, None)
        if second is None:
            yield first
            return
        place = self._place()
        for number, some in enumerate(chain((first, second), filled)):
            for share, rows in shares(some, keys, SHARES):
                rows.write_parquet(place / f"{share:03}-{number:06}.parquet", compression="lz4")
        for share in range(SHARES):
            files = sorted(place.glob(f"{share:03}-*"))
            if files:
                yield pl.concat([pl.read_parquet(file) for file in files])
            for file in files:
                file.unlink()

    def kept(self, frames: Iterable[pl.DataFrame]) -> pl.LazyFrame:
        """The rows of ``frames``, of which there is at least one, to be read again and again."""
        filled = self._filled(frames)
        first = next(filled)
        second = next(filled, None)
        if second is None:
            return first.lazy()
        place, files = self._place(), []
        for number, some in enumerate(chain((first, second), filled)):
            files.append(place / f"{number:06}.parquet")
            some.write_parquet(files[-1], compression="lz4")
        return pl.scan_parquet(files)

    def batches(self, rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
        """The rows in their order, those that there is room for at once; the first has none."""
        yield rows.clear().collect()
        yield from rows.collect_batches(chunk_size=self.at_once, maintain_order=True)

    def _filled(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        most = self.at_once if self._places else inf
        held: list[pl.DataFrame] = []
        height = 0
        for frame in frames:
            held.append(frame)
            height += frame.height
            if height >= most:
                yield pl.concat(held)
                held, height = [], 0
        if held:
            yield pl.concat(held)

    def _place(self) -> Path:
        assert self._places is not None
        place = next(self._places)
        place.mkdir()
        return place


def shares(
    rows: pl.DataFrame, keys: Sequence[str], number: int, *, seed: int = 0
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Those of ``number`` shares that have rows, each with its number; the ``seed`` says which keys
    share one.
    """
    share = (pl.struct(list(keys)).hash(seed) % number).alias(_SHARE)
    parts = rows.with_columns(share).partition_by(
        _SHARE, as_dict=True, include_key=False, maintain_order=True
    )
    return ((int(which), part) for (which,), part in parts.items())
