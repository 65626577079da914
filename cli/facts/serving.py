"""What serves, and with which metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cli.facts.documents import ProblemDocuments
from cli.facts.fact import Fact, moment
from ghosteam.documents import state_keys
from ghosteam.documents.slot import Slot


def of_serving(found: ProblemDocuments) -> Iterator[tuple[str, Fact]]:
    """The slots that there are, each with its role."""
    champion, routing, key = found.champion, found.routing, state_keys.ROUTING.text
    if champion is None:
        yield "champion", Fact("none: no model serves", key if routing else "")
    else:
        made_by = found.run(champion.run_id)
        promoted = made_by.rolled_out_at if made_by else None
        since = f", promoted {moment(promoted)}" if promoted else ""
        yield "champion", Fact(f"{_of_slot(champion)}{since}", key)
    if routing and (challenger := routing.challenger):
        share = f"{challenger.percent} % of traffic since {moment(challenger.since)}"
        yield "challenger", Fact(f"{_of_slot(challenger)}, {share}", key)
    if routing and (kept := routing.replaced):
        back = f"./ghosteam rollback {found.problem} brings it back"
        yield "kept", Fact(f"version {kept.version} on {kept.endpoint}: {back}", key)


def of_metrics(metrics: Mapping[str, float | None]) -> list[str]:
    """Each metric that has a value, with it."""
    return [f"{name} {value:.4g}" for name, value in metrics.items() if value is not None]


def _of_slot(slot: Slot) -> str:
    metrics = ", ".join(of_metrics(slot.metrics)) or "no metrics"
    return (
        f"version {slot.version} on {slot.endpoint}, {metrics}, trained to {moment(slot.train_end)}"
    )
