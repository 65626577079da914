"""Every field of the derived features of ``problem.yaml`` in words, with an example."""

from __future__ import annotations

DERIVED_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "Derived": {
        "name": ("The feature's name.", "speed"),
        "expr": (
            "SQL expression over the columns of the events, `event_time`, looked-up columns as "
            "`weather.temp`, windows and other derived features. It gives a number, a boolean (0 "
            "and 1) or a text, and null where it is not defined, as after a division by 0.",
            "distance / air_time",
        ),
        "categorical": (
            "Whether a whole number or a boolean is a name and no quantity: models then split its "
            "values as they do texts.",
            "true",
        ),
    },
}
