"""A sample of rows of several numbers: sums that tell how they hang together.

Each column is taken in the reference's standard deviations from its mean, cut at ``CUT`` of them;
what is missing counts as the mean. All is sums over rows, so that samples are added and taken from
one another.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ghosteam.documents.drift_reference import JointRecord
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.samples.scalar import scalar

CUT = 4.0
WAVES = 64
EXPLAINED = 0.8
SEED = 0


@dataclass(frozen=True)
class Layout:
    """Which columns, and how they are scaled: ``mean`` and ``deviation`` ``(d,)``, ``components``
    ``(d, k)``: the principal ones that explain ``EXPLAINED`` of the variance.
    """

    names: tuple[str, ...]
    mean: Floats
    deviation: Floats
    components: Floats

    def scaled(self, rows: Floats) -> Floats:
        """``rows`` ``(n, d)``, NaN for what is missing, in standard deviations."""
        found = np.clip((rows - self.mean) / self.deviation, -CUT, CUT)
        return np.nan_to_num(found, copy=False)

    @cached_property
    def waves(self) -> tuple[Floats, Floats]:
        """Frequencies ``(d, WAVES)`` and phases of random Fourier features of a Gaussian kernel as
        wide as rows are apart. Source: Rahimi and Recht 2007.
        """
        random = np.random.default_rng(SEED)
        width = len(self.names) ** 0.5
        frequencies = random.normal(size=(len(self.names), WAVES)) / width
        return frequencies, random.uniform(0, 2 * np.pi, WAVES)


@dataclass(frozen=True)
class Joint:
    """Of ``rows`` ``(...,)``: sums of the scaled columns ``(..., d)``, of their products ``(..., d,
    d)``, of the random Fourier features ``(..., WAVES)``, and of the square that the principal
    components leave of a row and that one's square ``(..., 2)``. ``spread``: trace of the Fourier
    features' covariance and of its square.
    """

    layout: Layout
    rows: Floats
    sums: Floats
    products: Floats
    waves: Floats
    left: Floats
    spread: tuple[float, float]

    @classmethod
    def of(cls, names: Sequence[str], rows: Floats, layout: Layout | None = None) -> Joint:
        """Of ``rows`` ``(n, d)``, n >= 1, NaN for what is missing; in a reference's ``layout``."""
        if layout is None:
            # Components fit the rows that they were made of better than others: half makes them.
            layout = _laid_out(tuple(names), rows[::2])
            rows = rows[1::2] if len(rows) > 1 else rows
        x = layout.scaled(rows)
        frequencies, phases = layout.waves
        waves = np.sqrt(2) * np.cos(x @ frequencies + phases)
        rest = x - (x @ layout.components) @ layout.components.T
        energy = np.einsum("ij,ij->i", rest, rest)
        covariance = np.cov(waves, rowvar=False, bias=True)
        return cls(
            layout=layout,
            rows=scalar(len(x)),
            sums=x.sum(axis=0),
            products=x.T @ x,
            waves=waves.sum(axis=0),
            left=np.array([energy.sum(), (energy**2).sum()]),
            spread=(float(np.trace(covariance)), float((covariance**2).sum())),
        )

    @classmethod
    def stacked(cls, samples: Sequence[Joint]) -> Joint:
        """Samples of one layout, one along the first axis."""
        rows, sums, products, waves, left = (
            np.array([getattr(one, name) for one in samples])
            for name in ("rows", "sums", "products", "waves", "left")
        )
        return cls(samples[0].layout, rows, sums, products, waves, left, samples[0].spread)

    def total(self) -> Joint:
        """All samples of a stack in one."""
        names = ("rows", "sums", "products", "waves", "left")
        rows, sums, products, waves, left = (getattr(self, name).sum(axis=0) for name in names)
        return Joint(self.layout, rows, sums, products, waves, left, self.spread)

    def without(self, part: Joint) -> Joint:
        """The rows that are not of ``part``, whose layout is the same."""
        return Joint(
            self.layout,
            self.rows - part.rows,
            self.sums - part.sums,
            self.products - part.products,
            self.waves - part.waves,
            self.left - part.left,
            self.spread,
        )

    def of_columns(self, names: Sequence[str]) -> Joint:
        """Of some columns alone: what is left are their sums and products."""
        kept = [self.layout.names.index(name) for name in names]
        layout = Layout(
            tuple(names),
            self.layout.mean[kept],
            self.layout.deviation[kept],
            np.zeros((len(kept), 0)),
        )
        return Joint(
            layout=layout,
            rows=self.rows,
            sums=self.sums[..., kept],
            products=self.products[..., kept, :][..., kept],
            waves=np.zeros(0),
            left=np.zeros(2),
            spread=(0.0, 0.0),
        )

    @cached_property
    def covariance(self) -> Floats:
        """Of the scaled columns, around the sample's own means, ``(..., d, d)``."""
        rows = np.asarray(self.rows)[..., None]
        mean = self.sums / rows
        found: Floats = self.products / rows[..., None] - mean[..., :, None] * mean[..., None, :]
        return found

    @cached_property
    def correlations(self) -> Floats:
        """Pearson's of each pair of columns, ``(..., d (d - 1) / 2)``; 0 where one is constant."""
        covariance = self.covariance
        deviation = np.sqrt(np.maximum(np.diagonal(covariance, axis1=-2, axis2=-1), 0))
        both = deviation[..., :, None] * deviation[..., None, :]
        found = np.where(both > 1e-6, covariance / np.where(both > 1e-6, both, 1.0), 0.0)
        pairs: Floats = found[(..., *np.triu_indices(len(self.layout.names), 1))]
        return pairs

    def pair(self, number: int) -> tuple[str, str]:
        """The columns of a correlation."""
        first, second = np.triu_indices(len(self.layout.names), 1)
        return self.layout.names[first[number]], self.layout.names[second[number]]

    def as_record(self) -> JointRecord:
        """JSON-ready, in single precision."""
        upper = np.triu_indices(len(self.layout.names))
        return {
            "names": list(self.layout.names),
            "rows": round(float(self.rows)),
            "mean": _packed(self.layout.mean),
            "deviation": _packed(self.layout.deviation),
            "components": _packed(self.layout.components),
            "sums": _packed(self.sums),
            "products": _packed(self.products[upper]),
            "waves": _packed(self.waves),
            "left": self.left.tolist(),
            "spread": list(self.spread),
        }

    @classmethod
    def from_record(cls, record: JointRecord) -> Joint:
        """The inverse of :meth:`as_record`."""
        names = tuple(record["names"])
        upper = np.zeros((len(names), len(names)))
        upper[np.triu_indices(len(names))] = _unpacked(record["products"])
        return cls(
            layout=Layout(
                names,
                _unpacked(record["mean"]),
                _unpacked(record["deviation"]),
                _unpacked(record["components"]).reshape(len(names), -1),
            ),
            rows=scalar(record["rows"]),
            sums=_unpacked(record["sums"]),
            products=upper + np.triu(upper, 1).T,
            waves=_unpacked(record["waves"]),
            left=np.array(record["left"]),
            spread=(record["spread"][0], record["spread"][1]),
        )


def _laid_out(names: tuple[str, ...], rows: Floats) -> Layout:
    """Means and deviations of what lies between the outermost 0.1 %, principal components of the
    correlations.
    """
    mean, deviation = np.zeros(len(names)), np.ones(len(names))
    for at, column in enumerate(rows.T):
        values = column[np.isfinite(column)]
        if values.size:
            values = np.clip(values, *np.quantile(values, (0.001, 0.999)))
            mean[at], deviation[at] = values.mean(), values.std() or 1.0
    plain = Layout(names, mean, deviation, np.zeros((len(names), 0)))
    x = plain.scaled(rows)
    sizes, vectors = np.linalg.eigh(x.T @ x / len(x))
    shares = np.cumsum(sizes[::-1]) / max(sizes.sum(), 1e-12)
    kept = min(int(np.searchsorted(shares, EXPLAINED)) + 1, len(names) - 1)
    return Layout(names, mean, deviation, vectors[:, ::-1][:, :kept])


def _packed(values: Floats) -> str:
    return b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()


def _unpacked(text: str) -> Floats:
    return np.frombuffer(b64decode(text), dtype="<f4").astype(np.float64)
