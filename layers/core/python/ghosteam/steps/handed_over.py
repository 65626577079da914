"""What a job takes over from the function whose work is too large for it."""

from __future__ import annotations

import json
from pathlib import Path

from ghosteam.json_object import JsonObject
from ghosteam.steps.hand_over import EVENT_FILE


def event_in(base: Path) -> JsonObject:
    """The event that the function was called with: the job's input ``handover``."""
    path = base / "processing" / "input" / "handover" / EVENT_FILE
    event: JsonObject = json.loads(path.read_text(encoding="utf-8"))
    return event


def scratch_in(base: Path) -> Path:
    """A folder on the job's own volume, which is sized for it."""
    scratch = base / "processing" / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    return scratch
