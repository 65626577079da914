"""How bad it is what an alarm says, and what the system does about it by itself, by the section of
the runbook that the alarm names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ghosteam.channels.alert import Severity

RUNBOOK = "docs/runbook.md"
_NAMED = re.compile(r"\s*See " + re.escape(RUNBOOK) + r"#([a-z-]+)")


@dataclass(frozen=True)
class Section:
    """``did``: what happens without anybody."""

    severity: Severity
    did: str


OTHER = Section("error", "")
"""What an alarm has that names no section known here, such as one of your own."""
SECTIONS: Mapping[str, Section] = {
    "dead-letters": Section("error", "The messages are kept for 14 days; other work goes on."),
    "undelivered-events": Section("error", "What was not delivered is kept for 14 days."),
    "failed-functions": Section("error", "Work of a queue is tried again by itself."),
    "missing-heartbeat": Section("error", "Nothing: the step waits for its next turn."),
    "stuck-work": Section("warning", "The work waits in its queue and is not lost."),
    "failed-executions": Section(
        "error", "A retraining that may pass is tried again by itself; the champion serves on."
    ),
    "api-errors": Section("critical", "Nothing: callers were told to try again."),
    "prediction-errors": Section(
        "critical", "Rows of a challenger were answered by the champion; a champion's were not."
    ),
    "prediction-log": Section("error", "Delivery is tried again by itself, every hour."),
    "lost-predictions": Section("warning", "The hours are compared again for a day."),
    "data-quality": Section("warning", "The rows that keep the contract count all the same."),
    "drift": Section("warning", ""),
    "outcome-drift": Section("warning", ""),
    "performance": Section("error", ""),
}


def section_of(description: str) -> tuple[str, str | None]:
    """What an alarm's description says, and the section of the runbook that it names."""
    found = _NAMED.search(description)
    return _NAMED.sub("", description).strip(), found[1] if found else None
