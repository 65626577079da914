"""What is on record of a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cli.loop import Loop
from ghosteam.documents import keys, state_keys
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.errors import NotFound

BEFORE = 12


@dataclass(frozen=True, kw_only=True)
class WindowOnRecord:
    """The verdicts on a window of a problem. ``before``: those on drift of the windows before,
    oldest first; ``evidently``: the address of Evidently's report, if there is one.
    """

    problem: str
    verdict: DriftVerdict
    before: Sequence[DriftVerdict] = ()
    outcomes: OutcomeVerdict | None = None
    performance: PerformanceVerdict | None = None
    evidently: str | None = None


def read_window(loop: Loop, end: datetime | None) -> WindowOnRecord:
    """The window that ends then, or the newest. Raises NotFound where none was judged."""
    verdicts: list[DriftVerdict] = loop.documents(state_keys.DRIFT_VERDICTS)
    verdicts.sort(key=lambda one: one.window_end)
    until = [one for one in verdicts if end is None or one.window_end <= end]
    if not until or (end is not None and until[-1].window_end != end):
        known = [f"{one.window_end:%Y-%m-%dT%H:%M:%SZ}" for one in verdicts[-5:]]
        raise NotFound(
            f"No window of {loop.problem} that ends then was judged"
            if end
            else f"No window of {loop.problem} was judged yet",
            where={"newest ends": ", ".join(known) or "none"},
            remedy=f"./ghosteam watch {loop.problem} --from … --to … judges windows of the past",
        )
    *before, verdict = until
    key = verdict.window_end.isoformat()
    prefix = keys.drift_report(loop.problem, keys.window_id(verdict.window_end))
    pages = [one.key for one in loop.artifacts.list(f"{prefix}/") if one.key.endswith(".html")]
    bucket = loop.connection.names["artifact_bucket"]
    return WindowOnRecord(
        problem=loop.problem,
        verdict=verdict,
        before=before[-BEFORE:],
        outcomes=loop.document(state_keys.OUTCOME_VERDICTS / key),
        performance=loop.document(state_keys.PERFORMANCE_VERDICTS / key),
        evidently=f"s3://{bucket}/{pages[0]}" if pages else None,
    )
