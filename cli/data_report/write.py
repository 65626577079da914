"""The pages of a data report, in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cli.connection import Connection
from cli.data_report.batch_page import batch_page, data_docs_of
from cli.data_report.dataset_page import dataset_page, page_of
from cli.data_report.found import Batch, all_records, read
from cli.data_report.html import element, page, row, table
from cli.deployed import deployed_problem
from cli.facts.fact import moment
from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.errors import NotFound
from ghosteam.problem.spec import Problem


def write_report(
    connection: Connection,
    name: str,
    folder: Path,
    *,
    dataset: str | None,
    batches: int,
    now: datetime,
) -> dict[str, int]:
    """Write ``index.html``, a page for each data set (or for ``dataset`` alone), and one for each
    of its newest ``batches``; how many batches there are, by data set.

    Raises:
        NotFound: there is no such problem, or no such data set.
    """
    problem = deployed_problem(connection, name)
    if dataset is not None and dataset not in problem.datasets:
        known = f"Known data sets: {', '.join(problem.datasets)}"
        raise NotFound(f"{name!r} has no data set {dataset!r}", remedy=known)
    state = StateTable(connection.client("dynamodb"), connection.names["state_table"])
    lake, artifacts = (
        Objects(connection.client("s3"), connection.names[f"{name}_bucket"])
        for name in ("lake", "artifact")
    )
    ledger = BatchLedger(state)
    folder.mkdir(parents=True, exist_ok=True)
    found = {
        one: all_records(ledger, name, one) for one in ([dataset] if dataset else problem.datasets)
    }
    for one, records in found.items():
        if records:
            newest = [read(r, lake, artifacts, state) for r in records[-batches - 1 :]]
            shown = newest[-batches:]
            _write_dataset(problem, one, records, folder, newest, shown, now=now)
            _write_data_docs(shown, folder, artifacts)
    (folder / "index.html").write_text(_index(name, found), encoding="utf-8")
    return {one: len(records) for one, records in found.items()}


def _write_dataset(
    problem: Problem,
    dataset: str,
    records: list[BatchRecord],
    folder: Path,
    newest: Sequence[Batch],
    shown: Sequence[Batch],
    *,
    now: datetime,
) -> None:
    """``newest``: one more than is ``shown``, with which the oldest of them is compared."""
    columns = problem.datasets[dataset].columns
    private = {name for name, column in columns.items() if column.private}
    for place, batch in enumerate(newest):
        if batch not in shown:
            continue
        earlier = [one for one in newest[:place] if one.record.status == "validated"]
        text = batch_page(batch, earlier[-1] if earlier else None, private)
        (folder / page_of(batch.record)).write_text(text, encoding="utf-8")
    text = dataset_page(records, shown, now)
    (folder / f"{dataset}.html").write_text(text, encoding="utf-8")


def _write_data_docs(shown: Sequence[Batch], folder: Path, artifacts: Objects) -> None:
    for batch in shown:
        if result := batch.expectations:
            at = keys.of_expectations(result.problem, result.dataset, result.batch_id)
            page = artifacts.get(f"{at}{keys.DATA_DOCS}")
            (folder / data_docs_of(batch.record)).write_bytes(page)


def _index(problem: str, found: dict[str, list[BatchRecord]]) -> str:
    lines = []
    for dataset, records in found.items():
        if not records:
            lines.append(row(dataset, "0", "–", "–"))
            continue
        last = records[-1]
        link = element("a", dataset, href=f"{dataset}.html")
        lines.append(row(link, f"{len(records):,}", moment(last.source.landed_at), last.status))
    heads = ("data set", "batches", "the last one landed (UTC)", "its status")
    return page(f"{problem} · data", table(heads, lines))
