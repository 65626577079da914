"""Train/serve parity: what a model was served for an event against what its training set says.

A value that was served may be equal; or null, or of a key that the online store had no row of,
where the training set knows more (*null online*); or what followed from the data that were there
when it was asked (*late*); or something else (*different*).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from ghosteam.documents.parity import FAULTS, FeatureParity

TOLERANCE = 1e-9
MAX_EXAMPLES = 5


@dataclass(frozen=True)
class Compared:
    """Two sides, row by row: ``trained`` and ``online`` have a column a feature. Optional columns
    of booleans, by feature: ``no_row`` where the online store had no row, ``late`` where the value
    is what followed from the data of then, null where nobody knows, ``skip`` where a row is not to
    be judged.
    """

    trained: pl.DataFrame
    online: pl.DataFrame
    no_row: Mapping[str, pl.Series] = field(default_factory=dict)
    late: Mapping[str, pl.Series] = field(default_factory=dict)
    skip: Mapping[str, pl.Series] = field(default_factory=dict)

    def faults(self, name: str) -> pl.Series:
        """For each row the kind of fault, ``equal``, or null where it is not judged."""
        rows = self.trained.height
        no, false = pl.repeat(False, rows, eager=True), pl.lit(False)
        frame = pl.DataFrame(
            {
                "differs": differs(self.trained.get_column(name), self.online.get_column(name)),
                "null": self.online.get_column(name).is_null() | self.no_row.get(name, no),
                "known": self.trained.get_column(name).is_not_null(),
                "late": self.late.get(name, no),
                "skip": self.skip.get(name, no),
            }
        )
        return frame.select(
            pl.when(pl.col("skip").fill_null(false))
            .then(None)
            .when(~pl.col("differs"))
            .then(pl.lit("equal"))
            .when(pl.col("null") & pl.col("known"))
            .then(pl.lit("null_online"))
            .when(pl.col("late").is_null())
            .then(None)
            .when(pl.col("late"))
            .then(pl.lit("late"))
            .otherwise(pl.lit("different"))
            .alias(name)
        ).to_series()

    def counted(self, name: str) -> FeatureParity:
        """How often each kind is met."""
        found = self.faults(name).drop_nulls()
        return FeatureParity(len(found), *(int((found == fault).sum()) for fault in FAULTS))

    def examples(self, identity: Sequence[str], rows: pl.DataFrame) -> Iterator[dict[str, object]]:
        """The first row of each feature and kind, named by columns of ``rows``."""
        for name in self.online.columns:
            faults = self.faults(name)
            for fault in FAULTS:
                place = (faults == fault).arg_true()
                if len(place):
                    at = int(place[0])
                    yield {
                        "row": {column: rows.get_column(column)[at] for column in identity},
                        "feature": name,
                        "fault": fault,
                        "trained": self.trained.get_column(name)[at],
                        "online": self.online.get_column(name)[at],
                    }


def differs(trained: pl.Series, online: pl.Series) -> pl.Series:
    """Where two columns of one feature say something else; two nulls are equal, and so are numbers
    within a relative or absolute ``TOLERANCE``.
    """
    if trained.dtype == pl.String or online.dtype == pl.String:
        return trained.cast(pl.String).ne_missing(online.cast(pl.String))
    left, right = (side.cast(pl.Float64).fill_nan(None) for side in (trained, online))
    frame = pl.DataFrame({"left": left, "right": right})
    near = (pl.col("left") - pl.col("right")).abs() <= TOLERANCE * pl.max_horizontal(
        pl.col("left").abs(), pl.col("right").abs(), pl.lit(1.0)
    )
    same = (pl.col("left") == pl.col("right")) | near
    both_null = pl.col("left").is_null() & pl.col("right").is_null()
    return frame.select((~(same.fill_null(False) | both_null)).alias("differs")).to_series()
