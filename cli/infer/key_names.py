"""Keys that two files call by different names: ``customer_id`` of orders is ``id`` of customers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cli.infer.datasets import FoundDataset
from cli.infer.finding import Inference
from cli.infer.joins import is_found, shared_columns
from cli.infer.typed import typed

_BARE_KEYS = ("id", "key", "code", "no", "nr", "number")


def with_names_of_events(
    sources: Sequence[FoundDataset], events: FoundDataset
) -> list[FoundDataset]:
    """``sources``, in which a column that says what a column of the ``events`` says has its
    name.
    """
    return [one if one is events else _with_name_of(one, events) for one in sources]


def _with_name_of(source: FoundDataset, events: FoundDataset) -> FoundDataset:
    for own, theirs in _pairs(source, events):
        found = source.called(theirs, own)
        known, asked = source.described[own], events.described[theirs]
        if known.type != asked.type or not known.unique:
            continue
        columns = {theirs: asked}
        keys = typed(found.rows, {theirs: found.described[theirs]})
        if is_found(typed(events.rows, columns), keys, (theirs,)):
            told = f"its column {own!r} is what the events call {theirs!r}"
            return found.with_finding(Inference(source.name, told, "fairly sure"))
    return source


def _pairs(source: FoundDataset, events: FoundDataset) -> Iterator[tuple[str, str]]:
    """Columns of both whose names say the same, the surest first."""
    thing = _bare(source.name)
    things = {thing, thing.removesuffix("s"), thing.removesuffix("es")}
    things |= {f"{thing[:-3]}y"} if thing.endswith("ies") else set()
    others = [name for name in events.described if name not in source.described]
    for own in source.described:
        if own.lower() in _BARE_KEYS:
            wanted = {one + own.lower() for one in things}
            yield from ((own, one) for one in others if _bare(one) in wanted)
    if shared_columns(source.described, events.described, ()):
        return
    for own in source.described:
        yield from ((own, one) for one in others if _bare(own) == _bare(one))


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())
