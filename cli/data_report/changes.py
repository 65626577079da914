"""What is other in a batch than in the one before it, in words, from their profiles alone.

These are facts for people and no test: whether a difference is more than chance the watch on drift
judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ghosteam.documents.batch_profile import BatchProfile, ColumnProfile

_NULLS = 0.05
"""A change of the share of nulls by so much is told."""
_SPREADS = 0.5
"""So is one of the middle by so many times what lies between the quartiles."""
_SHARE = 0.1
"""And one of a value's share by so much."""
_TOLD_VALUES = 5


def changes(before: BatchProfile, now: BatchProfile) -> dict[str | None, list[str]]:
    """Phrases by column; those about the whole batch under None."""
    found: dict[str | None, list[str]] = {None: list(_of_batch(before, now))}
    earlier = before.columns
    for name, column in now.columns.items():
        if name not in earlier:
            found[name] = ["the column is new"]
        elif earlier[name]["type"] != column["type"]:
            found[name] = [f"the type was {earlier[name]['type']}"]
        else:
            found[name] = list(_of_column(earlier[name], column))
    found[None] += [
        f"the column {name} is declared no more" for name in earlier if name not in now.columns
    ]
    return {name: told for name, told in found.items() if told}


def _of_batch(before: BatchProfile, now: BatchProfile) -> Iterator[str]:
    for rule in now.broken_rules:
        if rule not in before.broken_rules:
            yield f"no row broke this rule before: {rule}"
    for what, (one, other) in {
        "new": (now, before),
        "gone": (before, now),
    }.items():
        names = [name for name in one.extra_columns if name not in other.extra_columns]
        if names:
            yield f"columns that nobody declared are {what}: {_listed(names)}"
    if before.reading and now.reading:
        for name in ("base", "encoding", "separator", "quote", "decimal", "thousands", "skipped"):
            was, is_ = getattr(before.reading, name), getattr(now.reading, name)
            if was != is_:
                yield f"the file's {name} was {was!r} and is {is_!r}"


def _of_column(before: ColumnProfile, now: ColumnProfile) -> Iterator[str]:
    was, is_ = nulls(before), nulls(now)
    if was is not None and is_ is not None and abs(was - is_) >= _NULLS:
        yield f"null in {is_:.1%} of the rows, {was:.1%} before"
    if "quantiles" in before and "quantiles" in now:
        yield from _of_numbers(before["quantiles"], now["quantiles"])
    if "true" in before and "true" in now:
        was, is_ = before["true"] / filled(before), now["true"] / filled(now)
        if abs(was - is_) >= _SHARE:
            yield f"true in {is_:.1%}, {was:.1%} before"
    if "top" in before and "top" in now:
        yield from _of_texts(before, now)


def _of_numbers(before: Mapping[str, float], now: Mapping[str, float]) -> Iterator[str]:
    spread = before["0.75"] - before["0.25"]
    if abs(now["0.5"] - before["0.5"]) > _SPREADS * spread:
        yield f"the middle is {number(now['0.5'])}, {number(before['0.5'])} before"
    if now["0"] < before["0"] - spread:
        yield f"the least is {number(now['0'])}, {number(before['0'])} before"
    if now["1"] > before["1"] + spread:
        yield f"the greatest is {number(now['1'])}, {number(before['1'])} before"


def _of_texts(before: ColumnProfile, now: ColumnProfile) -> Iterator[str]:
    was, is_ = shares(before), shares(now)
    # The profile knows the most frequent values only: of others it says at most that they are rare.
    all_known = before["distinct"] == len(before["top"])
    new = [value for value in is_ if all_known and value not in was]
    if new:
        yield f"new values: {_listed(new)}"
    if now["distinct"] == len(now["top"]) and (
        gone := [value for value in was if value not in is_]
    ):
        yield f"values that are gone: {_listed(gone)}"
    for value in is_:
        if value in was and abs(is_[value] - was[value]) >= _SHARE:
            yield f"{value!r} is {is_[value]:.1%} of the values, {was[value]:.1%} before"


def nulls(column: ColumnProfile) -> float | None:
    """The share of a column's cells that are null; None of no rows."""
    return column["nulls"] / column["rows"] if column["rows"] else None


def filled(column: ColumnProfile) -> int:
    """How many of its cells are not null."""
    return int(column["rows"] - column["nulls"])


def shares(column: ColumnProfile) -> dict[str, float]:
    """Of the most frequent texts, by value, among all that are not null."""
    return {one["value"]: one["rows"] / filled(column) for one in column["top"]}


def number(value: float) -> str:
    """A number for people."""
    return f"{value:,.4g}" if abs(value) < 1e15 else f"{value:.3e}"


def _listed(names: list[str]) -> str:
    told = ", ".join(map(repr, names[:_TOLD_VALUES]))
    return told + (f" and {len(names) - _TOLD_VALUES} more" if len(names) > _TOLD_VALUES else "")
