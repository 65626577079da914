"""A problem's views as tables that Athena reads: a database a problem, a table a view, over the
rows that training runs publish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ghosteam.errors import InvalidInput
from ghosteam.features.view_columns import view_columns
from ghosteam.features.views import View, views_of
from ghosteam.problem.spec import Problem

TYPES = {"integer": "bigint", "number": "double", "string": "string", "time": "timestamp"}
"""Of columns in Glue. Source: Amazon Athena user guide, "Data types in Amazon Athena"."""
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_LONGEST = 255
"""Letters of a column's name. Source: AWS Glue web API reference, ``Column``."""


def database_name(offline_prefix: str, problem: str) -> str:
    """The database of a problem's tables; these are called as its views."""
    return f"{offline_prefix}_{problem}"


def table_columns(problem: Problem, view: View) -> dict[str, str]:
    """The columns of a view's table and their types."""
    return {name: TYPES[kind] for name, kind in view_columns(problem, view).items()}


def name_faults(problem: Problem) -> Iterator[InvalidInput]:
    """A fault for each column that a table cannot call so: Athena makes all letters small, and
    finds a column of Parquet by its name.
    """
    for view in views_of(problem):
        for name in view_columns(problem, view):
            if not _NAME.fullmatch(name) or len(name) > _LONGEST:
                yield InvalidInput(
                    f"Athena cannot read a column that is called {name!r}",
                    where={"problem": problem.problem, "view": view.name},
                    remedy="Declare the column under a name of small letters, digits and _, with "
                    "from: and how files call it; or set athena=False in infra/settings.py",
                )
