"""What ``ghosteam status`` tells of one problem: sections of whole lines, from the documents that
the loop left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from cli.facts.definition import of_definition
from cli.facts.documents import ProblemDocuments
from cli.facts.fact import moment, texts
from cli.facts.outcomes import of_outcomes
from cli.facts.prediction_log import of_log
from cli.facts.serving import of_metrics, of_serving
from cli.facts.verdicts import of_features, of_verdict, word
from cli.facts.work import of_run, of_waiting
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.performance_verdict import PerformanceVerdict

Sections = dict[str, list[str]]
RUNS = VERDICTS = REJECTIONS = 5


def report(found: ProblemDocuments) -> Sections:
    """All sections, each with at least one line."""
    serving = [f"{role:<10}  {fact.text}" for role, fact in of_serving(found)]
    runs = [line for run in found.runs[-RUNS:] for line in texts(of_run(run))]
    return {
        "Serving": serving,
        "Definition": texts(of_definition(found)) or ["none is on record"],
        "Waiting": texts(of_waiting(found)) or ["nothing"],
        "Runs": runs or ["none yet"],
        "Data": list(_data(found)) or ["nothing has landed yet"],
        "Drift": _windows(found.drift) or ["not judged yet"],
        "Prediction log": texts(of_log(found)) or ["nobody has compared it yet"],
        "Performance": texts(map(of_verdict, found.performance[-VERDICTS:])) or ["not judged yet"],
        "Outcomes": _windows(found.outcome_drift) or ["not compared yet"],
    }


def headline(found: ProblemDocuments) -> dict[str, str]:
    """One line of the table of all problems."""
    champion = found.champion
    metrics = (of_metrics(champion.metrics) or ["no metrics"]) if champion else ["–"]
    last = found.runs[-1] if found.runs else None
    waiting = texts(of_waiting(found))
    more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
    return {
        "problem": found.problem,
        "serves": f"version {champion.version}" if champion else "nothing",
        "metric": metrics[0],
        "last run": f"{moment(last.started_at)} {last.status}" if last else "–",
        "waits": waiting[0] + more if waiting else "nothing",
        "rejected files": str(sum(batch.status == "rejected" for batch in found.batches)),
        "drift": word(found.drift[-1]) if found.drift else "–",
        "performance": _newest_word(found.performance),
    }


def _newest_word(verdicts: Sequence[PerformanceVerdict]) -> str:
    """Of the newest window whose outcomes are there; the newer ones wait for theirs."""
    known = [one for one in verdicts if one.undetermined is None]
    return word((known or verdicts)[-1]) if verdicts else "–"


def _windows(verdicts: Sequence[DriftVerdict]) -> list[str]:
    """The newest verdicts, and what drifted in the last window."""
    return [
        *texts(map(of_verdict, verdicts[-VERDICTS:])),
        *(f"    {line}" for one in verdicts[-1:] for line in texts(of_features(one))),
    ]


def _data(found: ProblemDocuments) -> Iterator[str]:
    for dataset in sorted({batch.dataset for batch in found.batches}):
        batches = [batch for batch in found.batches if batch.dataset == dataset]
        states = Counter(batch.status for batch in batches)
        told = ", ".join(f"{count} {status}" for status, count in sorted(states.items()))
        rows = sum(batch.valid_rows for batch in batches)
        quarantined = sum(batch.quarantined_rows for batch in batches)
        newest = max((batch.max_time for batch in batches if batch.max_time), default=None)
        reach = f", newest row {moment(newest)}" if newest else ""
        yield f"{dataset}: {told}; {rows:,} rows valid, {quarantined:,} quarantined{reach}"
    yield from texts(of_outcomes(found))
    for result in found.expectations:
        yield f"{result.dataset}, batch {result.batch_id}: {result.told}"
    rejected = [batch for batch in found.batches if batch.status == "rejected"]
    newest_first = sorted(rejected, key=lambda batch: batch.source.landed_at, reverse=True)
    for batch in newest_first[:REJECTIONS]:
        why = found.rejections.get(batch.batch_id, "its rejection could not be read")
        source = batch.source
        yield f"rejected {source.key}, landed {moment(source.landed_at)}: {why}"
    if len(newest_first) > REJECTIONS:
        more = len(newest_first) - REJECTIONS
        yield f"and {more} more rejected files: quarantine/{found.problem}/ in the lake bucket"
