"""The folder that is in force, and what its last change made necessary."""

from __future__ import annotations

from collections.abc import Iterator

from cli.facts.documents import ProblemDocuments
from cli.facts.fact import Fact, moment
from ghosteam.documents import state_keys


def of_definition(found: ProblemDocuments) -> Iterator[Fact]:
    """Since when the folder is in force, what came of its last change, by which the model that
    serves learned, and what of a change is still to be done.
    """
    yield from _in_force(found)
    rebuild = found.rebuild
    if rebuild and rebuild.steps:
        left = ", ".join(f"{one.kind} {one.dataset}" for one in rebuild.steps)
        yield Fact(
            f"a change is being carried out since {moment(rebuild.at)}. Still to be put on the "
            f"queues, as of {moment(rebuild.moved_at)}: {left}",
            state_keys.REBUILD.text,
        )


def _in_force(found: ProblemDocuments) -> Iterator[Fact]:
    published = found.published
    if published is None:
        return
    key = state_keys.PUBLISHED_DEFINITION.text
    yield Fact(f"{published.definition[:12]}, in force since {moment(published.at)}", key)
    if found.changes:
        change = found.changes[-1]
        done = [f"{one.kind} {one.subject}" for one in change.stages if one.skipped is None]
        told = "; ".join(change.differences) or "nothing"
        at = (state_keys.CHANGES / change.at.isoformat()).text
        yield Fact(f"changed: {told}. Done: {', '.join(done) or 'nothing was needed'}", at)
    champion = found.champion
    if champion and champion.definition and champion.definition != published.definition:
        yield Fact(
            f"version {champion.version} learned by an earlier one, {champion.definition[:12]}, "
            "and is asked by that",
            state_keys.ROUTING.text,
        )
