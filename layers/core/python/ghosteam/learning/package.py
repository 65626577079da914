"""A trained model as a folder: ``model.json``, the manifest, beside the family's own model file.

The manifest holds what prediction needs (features, categories) and what a reader asks later (data,
parameters, versions).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

from ghosteam.documents.manifest import Manifest
from ghosteam.errors import Defect
from ghosteam.learning.archive import MANIFEST, unpack
from ghosteam.learning.encoder import Encoder, Matrix
from ghosteam.learning.families.family import FAMILIES, FittedModel
from ghosteam.metrics.metric import Floats
from ghosteam.tasks.task import TASKS


class Predictor:
    """A loaded model: rows in, outputs out."""

    def __init__(self, manifest: Manifest, model: FittedModel) -> None:
        self.manifest = manifest
        self._model = model
        self._task = TASKS.find(manifest.task)
        self._encoder = Encoder(manifest.features, manifest.categories)

    def predict(self, rows: Sequence[Mapping[str, object]]) -> Floats:
        """Outputs of each row ``{feature: value or null}``, ``(n_rows, n_outputs)``. Raises
        InvalidInput for a bad field.
        """
        return self._outputs(self._encoder.from_rows(rows))

    def predict_frame(self, frame: pl.DataFrame) -> Floats:
        """The same for a frame with a column for each feature."""
        return self._outputs(self._encoder.from_frame(frame))

    def reads(self, frame: pl.DataFrame) -> bool:
        """Whether the frame has a column for each feature."""
        return set(self.manifest.features) <= set(frame.columns)

    def _outputs(self, x: Matrix) -> Floats:
        if not len(x):
            return np.empty((0, len(self.manifest.outputs)))
        return self._task.finish(self._model.predict(x), self.manifest.calibration)


def save_model(folder: Path, manifest: Manifest, model: FittedModel) -> None:
    """Write manifest and model file into ``folder``."""
    family = FAMILIES.find(manifest.family)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / family.file_name
    model.save(path)
    document = {
        **manifest.to_json(),
        "file": family.file_name,
        "sha256": _checksum(path),
        "library": {family.distribution: version(family.distribution)},
    }
    (folder / MANIFEST).write_text(
        json.dumps(document, indent=1, sort_keys=True, allow_nan=False), encoding="utf-8"
    )


def load_model(folder: Path, *, digest: str | None = None) -> Predictor:
    """Read a folder that :func:`save_model` wrote; ``digest``: the SHA-256 that its manifest has on
    record.

    Raises:
        Defect: the manifest is missing or another one, the model file is not the one that was
            saved, or scikit-learn's version differs (its files are only good for the version that
            wrote them).
    """
    where = {"folder": folder.name}
    try:
        manifest = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        raise Defect(
            f"There is no {MANIFEST}", where=where, remedy="Package the model with save_model"
        ) from None
    if digest is not None and (found := hashlib.sha256(manifest).hexdigest()) != digest:
        raise Defect(
            "The package is not the model that is on record",
            where={**where, "sha256": found, "on record": digest},
            remedy="Find out who wrote it, and retrain",
        )
    document = json.loads(manifest)
    known = Manifest.from_json(document)
    path = folder / document["file"]
    if not path.is_file() or _checksum(path) != document["sha256"]:
        raise Defect(
            f"{document['file']} is not the file that was saved",
            where=where,
            remedy="Fetch the model package again",
        )
    family = FAMILIES.find(known.family)
    wrote, reads = document["library"][family.distribution], version(family.distribution)
    if wrote != reads and not family.reads_others_versions:
        raise Defect(
            f"{family.distribution} {wrote} wrote the model, {reads} cannot read it",
            where=where,
            remedy="Train it again",
        )
    return Predictor(known, family.load(path))


def load_archive(archive: Path, folder: Path, *, digest: str) -> Predictor:
    """Unpack a ``model.tar.gz`` into ``folder`` and load it. Raises what :func:`load_model` and
    ``unpack`` raise.
    """
    unpack(archive, folder)
    return load_model(folder, digest=digest)


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
