"""Every field of the search of models of ``problem.yaml`` in words, with an example."""

from __future__ import annotations

SEARCH_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "Search": {
        "families": ("Model families to try.", "[lightgbm, linear]"),
        "trials": (
            "Most sets of parameters tried for each family. Those of a regression are told apart "
            "by `promote.metric`, and errors are squared or absolute as it looks at them; those of "
            "probabilities by log loss.",
            "20",
        ),
        "minutes": ("Most minutes of search for each family.", "10"),
        "refit": (
            "Whether the model that passed the gates is fitted again, with its parameters, on the "
            "hold-out's rows too, so that the newest period is not thrown away.",
            "true",
        ),
        "weight": (
            "Numeric column of the events that says how much a row counts in learning; a row "
            "without a weight above 0 is not learned from. Judging counts every row once.",
            "amount",
        ),
    },
}
