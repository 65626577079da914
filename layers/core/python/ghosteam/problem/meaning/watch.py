"""What watches is made for what it is to watch."""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.problem.detectors import DETECTORS
from ghosteam.problem.meaning.fault import Fault
from ghosteam.problem.spec import Problem


def detectors(problem: Problem) -> Iterator[Fault]:
    """A detector stands where its kind of values is."""
    for kind, name in problem.watch.detectors:
        if DETECTORS[name] != kind:
            suited = " or ".join(one for one, compares in DETECTORS.items() if compares == kind)
            yield Fault(
                ("watch", "detectors", kind),
                f"{name} compares {DETECTORS[name]}, not {kind}: use {suited}",
            )
