"""The rows of a query, in the order of the cursor, through a DB-API 2.0 cursor with the parameter
style ``named``, and what its server refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol

from ghosteam.errors import Defect, GhosteamError, InvalidInput, Transient
from ghosteam.json_object import JsonObject
from ghosteam.sources.collect import json_ready

_CHUNK = 1000


class DatabaseCursor(Protocol):
    """The part of a DB-API cursor that is used; ``description`` is set once rows were fetched."""

    @property
    def description(self) -> Any: ...

    def execute(self, operation: str, parameters: Mapping[str, object], /) -> Any: ...

    def fetchmany(self, size: int, /) -> Sequence[Sequence[Any]]: ...

    def quoted(self, name: str, /) -> str:
        """A column's name as a query holds it."""


Failure = Literal["user", "query", "passing"]
"""What a server refuses, or that it may answer another time."""


def failed(kind: Failure, text: str, where: Mapping[str, object]) -> GhosteamError:
    """A server's refusal in our words."""
    if kind == "user":
        return Defect(
            f"The database refuses the user: {text}",
            where=where,
            remedy="Fix the secret, or what its user may read",
        )
    if kind == "query":
        return InvalidInput(
            f"The database refuses the query: {text}", where=where, remedy="Fix 'query'"
        )
    return Transient(f"The database cannot be read: {text}", where=where)


def unproven(error: Exception, host: str) -> Defect:
    """The server's certificate is not signed by whom it should."""
    return Defect(
        f"The database cannot prove who it is: {error}",
        where={"host": host},
        remedy="Store the certificates that the server's is signed by as 'ca' in its secret",
    )


def ordered_query(query: str, column: str) -> str:
    """``query`` with its rows in the order of the ``column``, which is quoted, whatever order it
    names itself.
    """
    # The line break ends a comment that the query may end with.
    return f"SELECT * FROM (\n{query.strip().rstrip(';')}\n) AS pulled ORDER BY {column}"


def read_rows(
    cursor: DatabaseCursor, query: str, field: str, since: int | str
) -> Iterator[JsonObject]:
    """Rows by growing cursor, fetched in chunks.

    Raises:
        InvalidInput: two columns of the query have one name.
    """
    cursor.execute(ordered_query(query, cursor.quoted(field)), {"watermark": since})
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
