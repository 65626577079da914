"""What is known about a packaged model: the file beside the model's own.

A package is whole or it is none: a manifest of another format is refused, not brought up to date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Self

from ghosteam.errors import Defect
from ghosteam.json_object import JsonObject

FORMAT = 2


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What is known about a model. Times are ISO-8601 UTC; it learned from events in
    ``[train_start, train_end)``. ``outputs`` are the names of a row's outputs, in their order;
    ``calibration`` is what the task finishes them with.

    A field that older packages lack has a default. ``tracking_error``: what MLflow did not record,
    and why. ``example``: a row of features, without private ones. ``judged``: of a model that was
    fitted again, the package that was judged, and where its training data ended. ``held_out``: of
    events without a time, the share of them that it did not learn from.
    """

    problem: str
    run_id: str
    family: str
    task: str
    classes: tuple[str, ...]
    outputs: tuple[str, ...]
    calibration: Mapping[str, float]
    features: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]
    params: Mapping[str, object]
    rounds: int
    validation: Mapping[str, float | None]
    train_start: str
    train_end: str
    rows: int
    fingerprint: str
    mlflow_run_id: str | None
    tracking_error: str | None = None
    example: Mapping[str, object] | None = None
    judged: Mapping[str, str] | None = None
    held_out: float | None = None

    def to_json(self) -> dict[str, object]:
        """The stored form."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> Self:
        """Inverse of :meth:`to_json`; of packages that lack newer fields, and have more beside.

        Raises:
            Defect: it is of another format, or lacks what it must hold.
        """
        if document["format"] != FORMAT:
            raise Defect(
                f"The model's format is {document['format']}, not {FORMAT}", remedy="Train it again"
            )
        found: JsonObject = {
            field.name: document[field.name] for field in fields(cls) if field.name in document
        }
        needed = {field.name for field in fields(cls) if field.default is MISSING}
        if lacking := sorted(needed - found.keys()):
            raise Defect(f"The manifest lacks {', '.join(lacking)}", remedy="Train it again")
        for name in ("features", "classes", "outputs"):
            found[name] = tuple(found[name])
        found["categories"] = {name: tuple(values) for name, values in found["categories"].items()}
        return cls(**found)
