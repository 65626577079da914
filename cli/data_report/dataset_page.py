"""The page of one data set: its batches, how good they were, and how fresh the data are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from cli.data_report.batch_page import freshness
from cli.data_report.found import Batch
from cli.data_report.html import Html, bar, element, page, row, table
from cli.facts.fact import moment
from ghosteam.documents.batch import BatchRecord


def dataset_page(records: Sequence[BatchRecord], shown: Sequence[Batch], now: datetime) -> str:
    """``records``: all judged batches of the data set, the newest last; ``shown``: the last of
    them, which have pages of their own (:func:`page_of`).
    """
    last = records[-1]
    parts = [element("p", _summary(records, now), class_="note"), element("h2", "Batches")]
    lines = [_line(batch) for batch in reversed(shown)]
    heads = ("landed (UTC)", "file", "rows", "quarantined", "valid", "complete", "newest row", "")
    parts.append(table(heads, lines))
    if len(records) > len(shown):
        more = f"{len(records) - len(shown):,} older ones are not shown."
        parts.append(element("p", more, class_="note"))
    parts += [element("h2", "Why rows were not let in"), _rules(shown)]
    return page(f"{last.problem} · {last.dataset}", *parts)


def page_of(record: BatchRecord) -> str:
    """The file name of a batch's page."""
    return f"{record.dataset}-{record.batch_id[:12]}.html"


def _summary(records: Sequence[BatchRecord], now: datetime) -> str:
    states = Counter(record.status for record in records)
    landed = [datetime.fromisoformat(record.source.landed_at) for record in records]
    told = [
        f"{states['validated']:,} batches validated, {states['rejected']:,} refused",
        f"{sum(one.valid_rows for one in records if one.status == 'validated'):,} rows let in, "
        f"{sum(one.quarantined_rows for one in records):,} in quarantine",
        f"the last one landed {moment(landed[-1])} UTC, {_ago(now - landed[-1])} before this page "
        "was made",
    ]
    times = [record.max_time for record in records if record.max_time]
    if times:
        newest = max(map(datetime.fromisoformat, times))
        told.append(f"the newest row is of {moment(newest)} UTC, {_ago(now - newest)} before it")
    if len(landed) > 2:
        between = [(b - a).total_seconds() for a, b in pairwise(landed)]
        told.append(f"files usually come {_ago(timedelta(seconds=median(between)))} apart")
    return "; ".join(told) + "."


def _line(batch: Batch) -> Html:
    record, quality = batch.record, batch.profile.quality if batch.profile else {}
    validity = quality.get("validity")
    return row(
        element("a", moment(record.source.landed_at), href=page_of(record)),
        record.source.key.split("/", 2)[-1],
        f"{record.rows:,}",
        f"{record.quarantined_rows:,}",
        bar(validity) if validity is not None else "–",
        "–" if quality.get("completeness") is None else f"{quality['completeness']:.1%}",
        freshness(quality.get("freshness_seconds")),
        element("span", "refused", class_="bad") if record.status == "rejected" else "",
    )


def _rules(shown: Sequence[Batch]) -> Html:
    counts: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for batch in shown:
        broken = batch.profile.broken_rules if batch.profile else {}
        counts.update(broken)
        files.update(broken.keys())
        if batch.rejection and not broken:
            files[batch.rejection.message] += 1
    if not files:
        return element("p", "Every row of these batches keeps the contract.", class_="note")
    lines = [
        row(rule, f"{counts[rule]:,}" if rule in counts else "the whole file", f"{count:,}")
        for rule, count in sorted(files.items(), key=lambda one: (-counts[one[0]], one[0]))
    ]
    return table(("reason", "rows", "batches"), lines)


def _ago(length: timedelta) -> str:
    return freshness(length.total_seconds()).rpartition(" ")[0]
