"""What watches is made for what it is to watch."""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.problem.detectors import DETECTORS, detectors_of
from ghosteam.problem.meaning.fault import Fault
from ghosteam.problem.spec import Problem


def detectors(problem: Problem) -> Iterator[Fault]:
    """A detector stands where its kind of values is."""
    for kind, name in problem.watch.detectors:
        compares = DETECTORS.find(name).kind
        if compares != kind:
            suited = " or ".join(detectors_of(kind))
            yield Fault(
                ("watch", "detectors", kind),
                f"{name} compares {compares}, not {kind}: use {suited}",
            )
