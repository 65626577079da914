"""The entry of all numbers of a row together: sums over rows, and rows themselves where a detector
looks at them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghosteam.documents.drift_reference import JointEntry, Noises
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.blocks import Blocks, noise_of
from ghosteam.monitoring.detectors.detector import DETECTORS, as_numbers
from ghosteam.monitoring.samples.joint import Joint
from ghosteam.monitoring.samples.rows import Rows
from ghosteam.problem.watch import Detectors

MOST_JOINT_ROWS = 20_000
MOST_JOINT_COLUMNS = 200
MOST_WHOLE_ROWS, MOST_OF_A_BLOCK, FEWEST_OF_A_BLOCK = 1_000, 400, 100
MOST_WHOLE_COLUMNS = 20
Places = NDArray[np.int64]


def joint_entry(
    numbers: Mapping[str, Floats],
    outputs: Mapping[str, Floats],
    own: Mapping[str, Floats],
    scored: pl.DataFrame | None,
    blocks: Blocks,
    detectors: Detectors,
    weights: Mapping[str, float],
) -> JointEntry | None:
    """All numbers of a row together, the outputs among them where their rows are at hand: of
    ``scored``, of whose noise the frame's rows with the model's ``own`` outputs tell.

    ``{"sample", "rows", "noise": {detector: noise}}``; ``rows`` null where no detector looks at
    whole rows, of the most important columns else.
    """
    told = sorted(numbers, key=lambda name: -weights.get(name, 0.0))[:MOST_JOINT_COLUMNS]
    judged = outputs if scored is not None else own
    names = [*told, *(output_name(name) for name in judged)]
    if len(names) < 2 or not detectors.joint:
        return None
    seen = [*(numbers[name] for name in told), *(own.get(name) for name in judged)]
    rows = next(iter(numbers.values()), next(iter(own.values()), np.empty(0))).size
    ordered = [np.full(rows, np.nan) if one is None else one for one in seen]
    whole = _rows(ordered, _spaced(rows, MOST_JOINT_ROWS))
    if scored is not None:
        columns = [as_numbers(scored[name]) for name in told]
        whole = np.column_stack([*columns, *judged.values()])
    sums, of_rows = (
        [name for name in detectors.joint if DETECTORS.find(name).kind == kind]
        for kind in ("joint", "rows")
    )
    reference = Joint.of(names, whole)
    noise = _of_sums(sums, reference, names, ordered, blocks)
    kept = None
    if of_rows:
        chosen = [*names[:MOST_WHOLE_COLUMNS], *names[max(len(told), MOST_WHOLE_COLUMNS) :]]
        at = [names.index(name) for name in chosen]
        kept = Rows.of(chosen, whole[_spaced(len(whole), MOST_WHOLE_ROWS)][:, at])
        noise |= _of_rows(of_rows, kept, [ordered[one] for one in at], blocks)
    return {
        "sample": reference.as_record(),
        "rows": kept.as_record() if kept else None,
        "noise": noise,
    }


def output_name(name: str) -> str:
    """What an output is called beside features, which have names without a space."""
    return f"prediction {name}"


def _of_sums(
    detectors: Sequence[str],
    reference: Joint,
    names: Sequence[str],
    ordered: Sequence[Floats],
    blocks: Blocks,
) -> Noises:
    most = max(MOST_JOINT_ROWS // max(len(blocks.spans), 1), 1_000)
    parts = [
        Joint.of(
            names, _rows(ordered, slice(begin, end, -(-(end - begin) // most))), reference.layout
        )
        for begin, end in blocks.spans
    ]
    if len(parts) < 2:
        return dict.fromkeys(detectors)
    stacked = Joint.stacked(parts)
    whole = stacked.total()
    return noise_of(detectors, whole, whole.without(stacked), stacked, season=blocks.season)


def _of_rows(
    detectors: Sequence[str], reference: Rows, ordered: Sequence[Floats], blocks: Blocks
) -> Noises:
    """A block is a small part of the rows that it is compared with: they are all that there are."""
    names = reference.names
    parts = [
        Rows.of(names, _rows(ordered, begin + _spaced(end - begin, MOST_OF_A_BLOCK)), reference)
        for begin, end in blocks.spans
        if end - begin >= FEWEST_OF_A_BLOCK
    ]
    if len(parts) < 2:
        return dict.fromkeys(detectors)
    some = _rows(ordered, _spaced(ordered[0].size, MOST_WHOLE_ROWS))
    whole = Rows.of(reference.names, some, reference)
    return noise_of(detectors, whole, whole, Rows.stacked(parts), season=blocks.season)


def _rows(columns: Sequence[Floats], at: slice | Places) -> Floats:
    """Some rows ``(n, d)`` of ``columns`` ``(n_rows,)``."""
    return np.column_stack([one[at] for one in columns])


def _spaced(rows: int, most: int) -> Places:
    """Positions of at most so many rows, evenly spaced."""
    return np.unique(np.linspace(0, rows - 1, most).astype(np.int64))
