"""What the columns of a view's rows are, as they are published: see
:mod:`ghosteam.features.view_rows`.
"""

from __future__ import annotations

from typing import Literal

from ghosteam.features.view_rows import KNOWN_FROM
from ghosteam.features.views import View
from ghosteam.problem.spec import Problem

Kind = Literal["integer", "number", "string", "time"]


def view_columns(problem: Problem, view: View) -> dict[str, Kind]:
    """The keys, the features, and when the row became known, in the order of the source frame.

    A key that another view tells is of the type that the view's own data set has.
    """
    texts = problem.text_features
    columns: dict[str, Kind] = {key: _key_kind(problem, view, key) for key in view.join_keys}
    columns |= {name: "string" if name in texts else "number" for name in view.names}
    return {**columns, KNOWN_FROM: "time"}


def _key_kind(problem: Problem, view: View, key: str) -> Kind:
    if key == view.period_key:
        return "integer"
    holder = problem.datasets[view.name] if key in view.through else problem.events
    return "integer" if holder.columns[view.column_of(key)].type == "integer" else "string"
