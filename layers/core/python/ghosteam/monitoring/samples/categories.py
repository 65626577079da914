"""A sample of categories: rows of each frequent one, of the rest that are known, and of new ones.

The vocabulary is stored: the frequent categories by name, the others by a checksum of 32 bits. A
reference of more than ``VOCABULARY`` others, such as one of a column of ids, knows no vocabulary,
and no category is new to it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ghosteam.documents.drift_reference import CategoriesRecord
from ghosteam.metrics.metric import Floats

if TYPE_CHECKING:
    import polars as pl

TOP_CATEGORIES = 200
TOP_BYTES = 4_000
VOCABULARY = 1_000
Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Categories:
    """``counts`` ``(..., k)`` of rows: of each of the ``names`` ``(k - 2,)``, of others that are
    known, and of those that are new, which the reference itself has not. ``others``: checksums of
    the known others, None where there are too many to know. ``rows`` ``(...,)``. ``example``: the
    most frequent new category, where there is one.
    """

    names: tuple[str, ...]
    others: frozenset[int] | None
    counts: Floats
    example: str | None = None

    @classmethod
    def of(cls, values: pl.Series, layout: Categories | None = None) -> Categories:
        """Of ``values``, strings, at least one, none missing; in the ``layout`` of a reference."""
        if layout is None:
            counted = _counted(values)
            layout = _layout(counted)
            named = [counted.pop(name, 0) for name in layout.names]
        else:
            named, counted = _counted_as(values, layout.names)
        new = [] if layout.others is None else [one for one in counted if layout.is_new(one)]
        unseen = sum(counted[name] for name in new)
        counts = np.array([*named, counted.total() - unseen, unseen], dtype=np.float64)
        # Ties in an arbitrary order would make equal data give unequal samples.
        example = min(new, key=lambda name: (-counted[name], name), default=None)
        return cls(layout.names, layout.others, counts, example)

    @classmethod
    def stacked(cls, samples: Sequence[Categories]) -> Categories:
        """Samples of one layout, one along the first axis."""
        first = samples[0]
        return cls(first.names, first.others, np.array([one.counts for one in samples]))

    def is_new(self, name: str) -> bool:
        """Whether a category that is none of the names is not known either."""
        return self.others is not None and crc32(name.encode()) not in self.others

    @property
    def rows(self) -> Floats:
        """How many, ``(...,)``."""
        found: Floats = self.counts.sum(axis=-1)
        return found

    def without(self, part: Categories) -> Categories:
        """The rows that are not of ``part``, whose layout is the same."""
        return Categories(self.names, self.others, self.counts - part.counts)

    def with_more(self, other: Categories) -> Categories:
        """Both samples' rows in one, laid out anew. Rows of what is frequent in one sample alone
        may count with the others; the vocabulary is both samples'.
        """
        counted = Counter(self._named()) + Counter(other._named())
        known = None if self.others is None or other.others is None else self.others | other.others
        rest = float(self.counts[-2] + other.counts[-2])
        layout = _layout(counted, known)
        named = [float(counted[name]) for name in layout.names]
        rest += sum(counted.values()) - sum(named)
        return Categories(layout.names, layout.others, np.array([*named, rest, 0.0]))

    def moved_most(self, window: Categories) -> tuple[str, float, float]:
        """What has another share in ``window``, of the same layout, than here: the name, and both
        shares, of what has moved most; of two that moved alike, the rarer one.
        """
        named = len(self.names)
        was, now = (one.counts[: named + 1] / float(one.rows) for one in (self, window))
        at = int(np.lexsort((was, -np.round(np.abs(now - was), 9)))[0])
        name = repr(self.names[at]) if at < named else "rare categories"
        return name, float(was[at]), float(now[at])

    def as_record(self) -> CategoriesRecord:
        """JSON-ready."""
        others = None
        if self.others is not None:
            others = b64encode(np.array(sorted(self.others), dtype="<u4").tobytes()).decode()
        counts = np.rint(self.counts).astype(int).tolist()
        return {"names": list(self.names), "others": others, "counts": counts}

    @classmethod
    def from_record(cls, record: CategoriesRecord) -> Categories:
        """The inverse of :meth:`as_record`."""
        others = record["others"]
        known = None
        if others is not None:
            known = frozenset(np.frombuffer(b64decode(others), dtype="<u4").tolist())
        counts = np.array(record["counts"], dtype=np.float64)
        return cls(tuple(record["names"]), known, counts)

    def _named(self) -> dict[str, float]:
        return dict(zip(self.names, self.counts.tolist(), strict=False))


def hashes_of(values: pl.Series) -> Hashes:
    """Of each of ``values`` ``(n,)``, strings: the same where they are equal, within one process.
    That two of a million have the same although they are not, comes once in 40 million times.
    """
    return values.hash().to_numpy()


def _counted(values: pl.Series) -> Counter[str]:
    return Counter(dict(values.value_counts().iter_rows()))


def _counted_as(values: pl.Series, names: Sequence[str]) -> tuple[list[int], Counter[str]]:
    """Rows of each of ``names``, and of the others by name. Most windows have few others: sorted
    hashes are counted several times as fast as strings are.
    """
    import polars as pl

    hashes, wanted = values.hash(), pl.Series(names, dtype=pl.String).hash()
    ordered = np.sort(hashes.to_numpy())
    begins, ends = (np.searchsorted(ordered, wanted.to_numpy(), side) for side in ("left", "right"))
    named = ends - begins
    if named.sum() == ordered.size:
        return named.tolist(), Counter()
    return named.tolist(), _counted(values.filter(~hashes.is_in(wanted.implode())))


def _layout(counted: Counter[str], others: frozenset[int] | None = frozenset()) -> Categories:
    """The most frequent by name, as far as they take ``TOP_BYTES``; the rest with the ``others``
    that are known anyway.
    """
    ordered = sorted(counted, key=lambda name: (-counted[name], name))
    names: list[str] = []
    size = 0
    for name in ordered[:TOP_CATEGORIES]:
        size += len(name.encode()) + 8
        if size > TOP_BYTES:
            break
        names.append(name)
    known = None
    if others is not None and len(ordered) - len(names) + len(others) <= VOCABULARY:
        known = others | {crc32(name.encode()) for name in ordered[len(names) :]}
    return Categories(tuple(names), known, np.zeros(len(names) + 2))
