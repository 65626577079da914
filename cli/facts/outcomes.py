"""How far labels and events have met."""

from __future__ import annotations

from collections.abc import Iterator

from cli.facts.documents import ProblemDocuments
from cli.facts.fact import Fact
from ghosteam.documents import state_keys


def of_outcomes(found: ProblemDocuments) -> Iterator[Fact]:
    """How far labels and events have met, of a problem that has labels."""
    met = found.outcomes
    if met is None:
        return
    key = (state_keys.OUTCOME_COUNTS / found.windows_version).text
    yield Fact(f"{met.labelled:,} of {met.events:,} events have an outcome", key)
    if met.waiting:
        waiting, such = f"{met.waiting:,} of {met.labels:,} labels", "; ".join(met.examples)
        yield Fact(f"{waiting} wait for their event, such as that of {such}", key)
    if met.unusable:
        yield Fact(
            f"{met.unusable:,} labels make no outcome with their event: a part is missing, or it "
            "is none of the task's",
            key,
        )
