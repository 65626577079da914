"""What a boosting library is told to minimise."""

from __future__ import annotations

from collections.abc import Mapping

from ghosteam.learning.families.family import Split


def objective(by_task: Mapping[str, Mapping[str, str]], split: Split) -> dict[str, object]:
    """The library's settings for the task of the rows (of a regression with ``absolute`` errors,
    those of ``absolute``), with the number of classes, ``num_class``, where they are more than two.
    """
    absolute = split.task == "regression" and split.errors == "absolute"
    classes = {"num_class": split.classes} if split.task == "multiclass" else {}
    return {**by_task["absolute" if absolute else split.task], **classes}
