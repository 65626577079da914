"""A trained model as a folder: ``model.json``, the manifest, beside the family's own model file.

The manifest holds what prediction needs (features, categories) and what a reader asks later (data,
parameters, versions).
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghosteam.errors import Defect
from ghosteam.learning.archive import MANIFEST, unpack
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.families import Model, find_family

FORMAT = 1
_DISTRIBUTIONS = {"lightgbm": "lightgbm", "xgboost": "xgboost-cpu", "sklearn": "scikit-learn"}


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What is known about a model. Times are ISO-8601 UTC; it learned from events in
    ``[train_start, train_end)``.

    A field that older packages lack has a default. ``tracking_error``: what MLflow did not record,
    and why.
    """

    problem: str
    run_id: str
    family: str
    features: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]
    params: Mapping[str, Any]
    rounds: int
    validation: Mapping[str, float | None]
    train_start: str
    train_end: str
    rows: int
    fingerprint: str
    mlflow_run_id: str | None
    tracking_error: str | None = None


class Predictor:
    """A loaded model: rows in, scores out."""

    def __init__(self, manifest: Manifest, model: Model) -> None:
        self.manifest = manifest
        self._model = model
        self._encoder = Encoder(manifest.features, manifest.categories)

    def predict(self, rows: Sequence[Mapping[str, object]]) -> NDArray[np.float64]:
        """Probability of 1 for each row ``{feature: value or null}``, ``(n_rows,)``. Raises
        InvalidInput for a bad field.
        """
        return self._model.predict_proba(self._encoder.from_rows(rows)) if rows else np.empty(0)

    def predict_frame(self, frame: pl.DataFrame) -> NDArray[np.float64]:
        """The same for a frame with a column for each feature."""
        return (
            self._model.predict_proba(self._encoder.from_frame(frame))
            if frame.height
            else np.empty(0)
        )


def save_model(folder: Path, manifest: Manifest, model: Model) -> None:
    """Write manifest and model file into ``folder``."""
    family = find_family(manifest.family)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / family.file_name
    model.save(path)
    document = {
        "format": FORMAT,
        **asdict(manifest),
        "file": family.file_name,
        "sha256": _checksum(path),
        "library": {family.library: _version(family.library)},
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
    if document["format"] != FORMAT:
        raise Defect(
            f"The model's format is {document['format']}, not {FORMAT}",
            where=where,
            remedy="Train it again",
        )
    path = folder / document["file"]
    if not path.is_file() or _checksum(path) != document["sha256"]:
        raise Defect(
            f"{document['file']} is not the file that was saved",
            where=where,
            remedy="Fetch the model package again",
        )
    family = find_family(document["family"])
    wrote, reads = document["library"][family.library], _version(family.library)
    if family.library == "sklearn" and wrote != reads:
        raise Defect(
            f"scikit-learn {wrote} wrote the model, {reads} cannot read it",
            where=where,
            remedy="Train it again",
        )
    fields = {name: document[name] for name in Manifest.__dataclass_fields__ if name in document}
    needed = [field.name for field in dataclass_fields(Manifest) if field.default is MISSING]
    if lacking := sorted(set(needed) - fields.keys()):
        raise Defect(
            f"The manifest lacks {', '.join(lacking)}", where=where, remedy="Train it again"
        )
    fields["features"] = tuple(fields["features"])
    fields["categories"] = {name: tuple(values) for name, values in fields["categories"].items()}
    return Predictor(Manifest(**fields), family.load(path))


def load_archive(archive: Path, folder: Path, *, digest: str) -> Predictor:
    """Unpack a ``model.tar.gz`` into ``folder`` and load it. Raises what :func:`load_model` and
    ``unpack`` raise.
    """
    unpack(archive, folder)
    return load_model(folder, digest=digest)


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _version(library: str) -> str:
    return importlib.metadata.version(_DISTRIBUTIONS[library])
