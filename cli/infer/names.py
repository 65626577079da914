"""Names in the grammar's form, from names of any form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Sequence

import polars as pl

from ghosteam.problem.reserved import RESERVED

_LONGEST = 31


def plain_name(text: str, *, or_else: str = "data", taken: Container[str] = ()) -> str:
    """A lower-case name of ASCII letters, digits and ``_``, at most 31 long, that is not ``taken``
    and none of the project's own.
    """
    decomposed = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    ascii_only = decomposed.encode("ascii", "ignore").decode().lower()
    bare = re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_").lstrip("0123456789_")
    name = (bare or or_else)[:_LONGEST].rstrip("_")
    number, unique = 2, name
    while unique in taken or unique in RESERVED:
        unique = f"{name[: _LONGEST - 1 - len(str(number))]}_{number}"
        number += 1
    return unique


def own_names(columns: Sequence[str]) -> dict[str, str]:
    """Columns of files whose names the project itself uses: by the name that such a one gets here,
    the one in files.
    """
    found: dict[str, str] = {}
    for name in columns:
        if name in RESERVED:
            new, number = f"{name}_value", 2
            while new in columns or new in RESERVED:
                new, number = f"{name}_value_{number}", number + 1
            found[new] = name
    return found


def sql_column(name: str) -> str:
    """A column in a SQL expression: in quotes where it could not stand without them."""
    try:
        bare = re.fullmatch(r"[^\W\d]\w*", name) and name.lower() not in _WORDS
        if bare and pl.sql_expr(name).meta.root_names() == [name]:
            return name
    except (pl.exceptions.PolarsError, BaseException) as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
    return '"' + name.replace('"', '""') + '"'


_WORDS = frozenset(
    [
        "all",
        "and",
        "any",
        "as",
        "asc",
        "between",
        "by",
        "case",
        "cast",
        "class",
        "current",
        "date",
        "day",
        "desc",
        "distinct",
        "else",
        "end",
        "exists",
        "false",
        "from",
        "group",
        "having",
        "hour",
        "in",
        "interval",
        "is",
        "join",
        "key",
        "like",
        "limit",
        "minute",
        "month",
        "not",
        "null",
        "of",
        "on",
        "or",
        "order",
        "row",
        "rows",
        "second",
        "select",
        "set",
        "some",
        "table",
        "then",
        "time",
        "timestamp",
        "to",
        "true",
        "type",
        "union",
        "user",
        "using",
        "value",
        "values",
        "when",
        "where",
        "year",
    ]
)
