"""Every field of retraining in ``problem.yaml`` in words, with an example."""

from __future__ import annotations

from cli.reference.listed import listed
from ghosteam.problem.triggers import CHOSEN, NAMED

RETRAIN_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "Retrain": {
        "on": (
            f"What may start a run, beside a person: {listed(CHOSEN)}; and {listed(NAMED)}, which "
            "has to be named.",
            "[readiness, drift]",
        ),
        "cooldown": ("Shortest time, of events, between two runs.", "7d"),
        "max_usd_month": ("Most money for runs in a month, as estimated.", "50"),
        "train_window": ("Longest stretch of events that a model learns from.", "90d"),
        "min_train": ("Shortest stretch of events that is enough to learn from.", "28d"),
        "min_coverage": (
            "Share of the periods that must hold rows: of the hold-out's, and of those of each "
            "half of `min_train`, there with an outcome. A period is a day, or the year or month "
            "that `event_time` is made of, or the month, quarter, half-year or year of which all "
            "rows lie on one day.",
            "0.6",
        ),
        "every": (
            "How long after the last run another one is due, whatever the watches find; it starts "
            "with the next batch that is online. Not shorter than `cooldown`.",
            "30d",
        ),
        "new_outcomes": (
            "How many events with an outcome, of days after the last run's, make another one due.",
            "20000",
        ),
        "worth": (
            "Dollars that a unit of `decide.values` or `decide.value` is worth: a run is due when "
            "predictions have brought less than was promised by as much as it costs.",
            "0.5",
        ),
        "min_rows": (
            "How many events with an outcome are enough, where they have no time.",
            "500",
        ),
    },
}
