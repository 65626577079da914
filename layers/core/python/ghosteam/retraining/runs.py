"""A run as it begins."""

from __future__ import annotations

from datetime import datetime

from ghosteam.documents.requests import RunRequest
from ghosteam.documents.run import Run, RunReason


def new_run(request: RunRequest, *, now: datetime) -> Run:
    """The run that an execution's input asks for: ``run_id``, ``reason``, ``as_of``,
    ``occasion_id``.
    """
    reason = request["reason"]
    return Run(
        run_id=str(request["run_id"]),
        occasion_id=str(request.get("occasion_id") or request["run_id"]),
        reason=RunReason(reason["trigger"], reason["detail"]),
        as_of=datetime.fromisoformat(request["as_of"]),
        started_at=now,
    )
