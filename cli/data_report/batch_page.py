"""The page of one batch: what came, what was not let in and why, each column, and what is other
than in the batch before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from cli.data_report.changes import changes, filled, nulls, number, shares
from cli.data_report.found import Batch
from cli.data_report.html import Html, bar, element, page, row, table
from cli.facts.fact import moment
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.batch_profile import BatchProfile, ColumnProfile

_HIDDEN = "private"
_MEASURES = ("completeness", "validity", "uniqueness", "consistency")


def batch_page(batch: Batch, before: Batch | None, private: Collection[str]) -> str:
    """``before``: the batch that was judged before it, of the same data set; ``private``: columns
    whose values are not shown.
    """
    record = batch.record
    parts = [element("p", *_introduction(batch), class_="note")]
    if batch.rejection:
        told = f"Refused: {batch.rejection.message}. {batch.rejection.remedy}"
        parts.append(element("p", told, class_="bad"))
    profile = batch.profile
    if profile:
        earlier = before.profile if before else None
        parts += [element("h2", "Rows"), _rows(batch.record, profile, earlier)]
        parts += _quarantine(profile)
        parts += _expectations(batch)
        other = changes(earlier, profile) if earlier else {}
        parts += _changes(before, other, private)
        parts += [element("h2", "Columns"), _columns(profile, other, private)]
    return page(f"{record.problem} · {record.dataset} · {record.source.key.split('/')[-1]}", *parts)


def freshness(seconds: float | None) -> str:
    """How old the newest row was when the file landed, in words."""
    if seconds is None:
        return "–"
    size = abs(seconds)
    unit, told = next(
        ((unit, size / length) for length, unit in _LENGTHS if size >= 2 * length), ("s", size)
    )
    return f"{told:.0f} {unit} {'old' if seconds >= 0 else 'ahead'}"


_LENGTHS = ((86_400, "d"), (3600, "h"), (60, "min"))


def _introduction(batch: Batch) -> Iterator[object]:
    record = batch.record
    yield f"Landed {moment(record.source.landed_at)} UTC at "
    yield element("code", record.source.key)
    yield f", {record.source.size:,} bytes; batch {record.batch_id[:12]}, {record.status}"
    if batch.decision:
        yield f"; its quarantined rows are {batch.decision}"
    reading = batch.profile.reading if batch.profile else None
    detected = {name: getattr(reading, name, None) for name in reading.detected} if reading else {}
    found = [f"{name} {value!r}" for name, value in detected.items() if value is not None]
    if found:
        yield f". Found in the file, and not declared: {', '.join(found)}"
    yield "."


def _rows(record: BatchRecord, profile: BatchProfile, earlier: BatchProfile | None) -> Html:
    counts = ("rows", "valid_rows", "quarantined_rows", "duplicate_rows", "superseded_rows")
    quality, was = profile.quality, earlier.quality if earlier else {}
    span = f"{record.min_time or '–'} to {record.max_time or '–'}"
    return table(
        ("", "this batch", "the one before"),
        (
            *(
                row(name.replace("_", " "), _count(profile, name), _count(earlier, name))
                for name in counts
            ),
            *(row(name, _share(quality.get(name)), _share(was.get(name))) for name in _MEASURES),
            row(
                "newest row at the landing",
                freshness(quality["freshness_seconds"]),
                freshness(was.get("freshness_seconds")),
            ),
            row("times of the rows", span, ""),
            *_untimed(profile),
        ),
    )


def _untimed(profile: BatchProfile) -> Iterator[Html]:
    if untimed := profile.untimed_rows:
        yield row("outcomes without a time, which count as unknown", f"{untimed:,}", "")


def _quarantine(profile: BatchProfile) -> Iterator[Html]:
    yield element("h2", "Quarantine")
    rules = sorted(profile.broken_rules.items(), key=lambda one: (-one[1], one[0]))
    if not rules:
        yield element("p", "Every row keeps the contract.", class_="note")
        return
    lines = (row(rule, f"{rows:,}", bar(rows / profile.rows)) for rule, rows in rules)
    yield table(("rule", "rows that break it", "of all rows"), lines)


def data_docs_of(record: BatchRecord) -> str:
    """The file name of the page that Great Expectations made of a batch."""
    return f"{record.dataset}-{record.batch_id[:12]}-data-docs.html"


def _expectations(batch: Batch) -> Iterator[Html]:
    if result := batch.expectations:
        yield element("h2", "Expectations")
        link = element("a", "data docs", href=data_docs_of(batch.record))
        told = f"{result.told}, says Great Expectations {result.library}: "
        yield element("p", told, link, class_="note" if result.met else "bad")
        if result.failed:
            yield element("ul", *(element("li", line) for line in result.failed))


def _changes(
    before: Batch | None, other: Mapping[str | None, list[str]], private: Collection[str]
) -> Iterator[Html]:
    yield element("h2", "Changes")
    if before is None or not before.profile:
        yield element("p", "There is no batch before it to compare with.", class_="note")
        return
    since = f"Since {before.record.source.key}, landed {moment(before.record.source.landed_at)}"
    told = [
        (f"{name}: " if name else "") + phrase
        for name, phrases in other.items()
        if name not in private
        for phrase in phrases
    ]
    if not told:
        yield element("p", f"{since}: nothing that stands out.", class_="note")
        return
    yield element("p", f"{since}:", class_="note")
    yield element("ul", *(element("li", phrase) for phrase in told))


def _columns(
    profile: BatchProfile, other: Mapping[str | None, list[str]], private: Collection[str]
) -> Html:
    lines = [
        row(
            name,
            column["type"],
            _share(nulls(column)),
            _HIDDEN if name in private else _values(column),
            class_="changed" if name in other and name not in private else None,
        )
        for name, column in profile.columns.items()
    ]
    return table(("column", "type", "null", "values that were let in"), lines)


def _values(column: ColumnProfile) -> Html | str:
    if not filled(column):
        return "none"
    if "quantiles" in column:
        told = {name: number(value) for name, value in column["quantiles"].items()}
        return (
            f"{told['0']} to {told['1']}; half of them {told['0.25']} to {told['0.75']}, "
            f"middle {told['0.5']}, mean {number(column['mean'])}"
        )
    if "true" in column:
        return f"true in {column['true'] / filled(column):.1%}"
    if "top" in column:
        often = ", ".join(f"{value!r} {share:.1%}" for value, share in shares(column).items())
        return f"{column['distinct']:,} different; most often {often}"
    return f"{column['min']} to {column['max']}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"


def _count(profile: BatchProfile | None, name: str) -> str:
    return "–" if profile is None else f"{getattr(profile, name):,}"
