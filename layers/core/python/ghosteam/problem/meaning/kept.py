"""What is kept online for a time only is kept as long as anybody looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ghosteam.problem.durations import format_duration
from ghosteam.problem.meaning.fault import Diagnostic
from ghosteam.problem.spec import Problem

_MARGIN = timedelta(days=7)


def kept(problem: Problem) -> Iterator[Diagnostic]:
    """The parity gate reads the features of the hold-out, whose outcomes are mature, online."""
    online_for, place = problem.features.online_for, ("features", "online_for")
    if online_for is None:
        return
    if not problem.timed:
        yield Diagnostic(
            place, "events have no time after which their features could go", "Leave it out"
        )
        return
    needed = problem.held_out_length.longest + problem.target.matures.longest + _MARGIN
    if online_for.longest < needed:
        yield Diagnostic(
            place,
            f"{online_for} is too short: the gates read the features of the hold-out online, for "
            f"which {format_duration(needed)} are needed (holdout, target.matures and a week)",
            "Write a longer one, or leave it out",
        )
