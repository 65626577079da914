"""Every field of the windows of ``problem.yaml`` in words, with an example."""

from __future__ import annotations

WINDOW_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "Window": {
        "name": ("The feature's name, or the beginning of its names.", "carrier_late_7d"),
        "from": (
            "The data set of facts whose rows are counted; without it the events.",
            "transactions",
        ),
        "by": (
            "Columns that make the groups, of the events; of facts they are among their `key`.",
            "[carrier]",
        ),
        "aggregate": ("What is made of the rows; `mean: late` says it for short.", "mean"),
        "of": (
            "A column of the rows that are counted or, of events, the target's name; or `rows` "
            "where no value is looked at; "
            "`mean: late` says it for short. Rows with a null there do not count.",
            "late",
        ),
        "over": (
            "How far back it looks: in whole days, under a day in whole hours, and up to an hour "
            "in multiples of 5 minutes; of a list each length is a feature, named by it as in "
            "`late_7d`.",
            "[1h, 1d, 28d]",
        ),
        "min_rows": (
            "Fewer rows give null; with 0, no rows have a count, a sum and distinct values of 0.",
            "20",
        ),
        "where": (
            "SQL condition over a row's own columns: rows of which it is not true do not count.",
            "amount > 0",
        ),
        "n": ("Of a lag: which of the newest rows, 1 for the last.", "2"),
        "ratio_to": (
            "A longer stretch: the feature is its value over `over`, divided by that over this "
            "stretch; null where that is 0. At most `1d` where `over` is up to an hour, `12d` "
            "where it is less than a day.",
            "28d",
        ),
    },
}
