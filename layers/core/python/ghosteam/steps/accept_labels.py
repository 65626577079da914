"""Use case: outcomes posted over HTTP land as a file of labels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ghosteam.aws.objects import Objects
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.serving.labels import parse_labels
from ghosteam.steps.land_rows import decoded, land_rows


def accept_labels(
    name: str,
    body: str,
    *,
    base64_encoded: bool,
    landing: Objects,
    problems: Mapping[str, Problem],
    now: datetime,
) -> dict[str, Any]:
    """Land the labels of a request, see :func:`~ghosteam.steps.land_rows.land_rows`. A label that
    states null withdraws what was stated of its event before.

    Raises:
        NotFound: there is no such problem, or it has no labels.
        TooLarge: the body or the number of labels is over the limit.
        InvalidInput: the body is not what is asked for; ``where`` names the label and the field.
    """
    problem = find_problem(problems, name)
    labels = parse_labels(decoded(body, base64_encoded=base64_encoded), problem)
    return land_rows(labels, name, str(problem.labels_name), landing=landing, now=now)
