"""Use case: events posted over HTTP land as a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ghosteam.aws.objects import Objects
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.serving.events import parse_events
from ghosteam.steps.land_rows import decoded, land_rows


def accept_events(
    name: str,
    body: str,
    *,
    base64_encoded: bool,
    landing: Objects,
    problems: Mapping[str, Problem],
    now: datetime,
) -> dict[str, Any]:
    """Land the events of a request, see :func:`~ghosteam.steps.land_rows.land_rows`.

    Raises:
        NotFound: there is no such problem.
        TooLarge: the body or the number of events is over the limit.
        InvalidInput: the body is not what is asked for; ``where`` names the event.
    """
    problem = find_problem(problems, name)
    events = parse_events(decoded(body, base64_encoded=base64_encoded), problem)
    return land_rows(events, name, problem.events_name, landing=landing, now=now)
