"""The rows of a query, in the order of the cursor, through any DB-API 2.0 cursor with the parameter
style ``named``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from ghosteam.errors import InvalidInput
from ghosteam.json_object import JsonObject
from ghosteam.sources.collect import json_ready

_CHUNK = 1000


class DatabaseCursor(Protocol):
    """The part of a DB-API cursor that is used; ``description`` is set once rows were fetched."""

    @property
    def description(self) -> Any: ...

    def execute(self, operation: str, parameters: Mapping[str, Any], /) -> Any: ...

    def fetchmany(self, size: int, /) -> Sequence[Sequence[Any]]: ...


def ordered_query(query: str, field: str) -> str:
    """``query`` with its rows in the order of the cursor, whatever order it names itself."""
    column = '"' + field.replace('"', '""') + '"'
    # The line break ends a comment that the query may end with.
    return f"SELECT * FROM (\n{query.strip().rstrip(';')}\n) AS pulled ORDER BY {column}"


def read_rows(
    cursor: DatabaseCursor, query: str, field: str, since: int | str
) -> Iterator[JsonObject]:
    """Rows by growing cursor, fetched in chunks.

    Raises:
        InvalidInput: two columns of the query have one name.
    """
    cursor.execute(ordered_query(query, field), {"watermark": since})
    names: list[str] = []
    while rows := cursor.fetchmany(_CHUNK):
        if not names:
            names = [column[0] for column in cursor.description]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise InvalidInput(
                    f"The query has two columns {twice[0]!r}",
                    where={"field": "query"},
                    remedy="Name one anew with AS",
                )
        for row in rows:
            yield dict(zip(names, map(json_ready, row), strict=True))
