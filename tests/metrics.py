"""Metrics as functions print them."""

from __future__ import annotations

import json


def published(text: str) -> dict[str, float]:
    """Metrics by name, of one line of embedded metrics each; the last of a name counts."""
    found = dict[str, float]()
    for record in map(json.loads, text.splitlines()):
        for directive in record.get("_aws", {}).get("CloudWatchMetrics", []):
            found |= {one["Name"]: record[one["Name"]][0] for one in directive["Metrics"]}
    return found
