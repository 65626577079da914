"""What serves: an endpoint with a version of a problem's model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ghosteam.documents.stored import Moment


@dataclass(frozen=True, kw_only=True)
class Slot:
    """``model_uri`` is the package that serves; ``judged_uri`` the one that the gates judged, which
    ends before the hold-out, at ``train_end``, and is what a later run compares with.

    ``reference_key`` is what drift is measured against; ``digests`` are those of the packages
    (``model``, ``judged``), of the ``reference`` and of the rows that the judged one learned from
    (``train``); they are empty for a model of the first releases, which serves and cannot be
    compared. ``metrics``: on the hold-out, null where undetermined. ``definition``: digest of the
    problem as the model learned it, which it is asked by; null for a model of the first releases,
    which is asked by the problem as it is. ``knowing_nothing``: ``promote.metric`` there of a
    constant; null where it was not measured.
    """

    version: str
    endpoint: str
    run_id: str
    model_uri: str
    judged_uri: str
    reference_key: str
    digests: Mapping[str, str]
    train_end: Moment
    metrics: Mapping[str, float | None]
    definition: str | None = None
    knowing_nothing: float | None = None


@dataclass(frozen=True, kw_only=True)
class Challenger(Slot):
    """A slot on trial: with ``percent`` of the traffic, ``since`` when it first got some."""

    percent: int
    since: Moment
