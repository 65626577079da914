"""Every field of decisions and their worth in ``problem.yaml`` in words, with an example."""

from __future__ import annotations

DECIDE_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "Decide": {
        "values": (
            "What each decision is worth, see Values; without them 1 is decided from 0.5 on.",
            "{hit: 5, miss: -20, false_alarm: -1}",
        ),
        "value": (
            "What a prediction is worth, in any unit, in place of `values`: an expression as those "
            "of derived features, over `outcome`, `decision`, `prediction` (or "
            "`prediction.<output>`), and what the prediction log holds of the event: columns that "
            "name it, `event_time`, and features that are not private.",
            "-3 * abs(outcome - prediction)",
        ),
    },
    "Values": {
        "hit": ("1 was decided and came.", "5"),
        "miss": ("1 was not decided, and came.", "-20"),
        "false_alarm": ("1 was decided, and did not come.", "-1"),
        "rest": ("1 was neither decided, nor came.", "0"),
    },
}
