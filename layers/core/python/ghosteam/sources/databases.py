"""Which databases a SQL source may ask, by the ``engine`` that its secret names as RDS names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from ghosteam.errors import Defect
from ghosteam.json_object import JsonObject
from ghosteam.sources import mysql, postgres, sqlserver
from ghosteam.sources.database import DatabaseCursor

Open = Callable[[JsonObject], AbstractContextManager[DatabaseCursor]]
ENGINES: Mapping[str, Open] = {
    "postgres": postgres.open_cursor,
    "mysql": mysql.open_cursor,
    "mariadb": mysql.open_cursor,
    "sqlserver": sqlserver.open_cursor,
}
"""Secrets of RDS and Aurora name them so too. Source: "JSON structure of Secrets Manager secrets",
AWS Secrets Manager user guide.
"""


@contextmanager
def open_cursor(secret: JsonObject) -> Iterator[DatabaseCursor]:
    """A cursor that only reads, in the database that ``secret`` names: see
    :class:`ghosteam.problem.sources.SqlSource`.

    Raises:
        Defect: the secret lacks a field or names another engine, the server refuses its user, or
            does not prove who it is.
        InvalidInput: the server refuses the query.
        Transient: the server cannot be reached or is busy.
    """
    lacking = [name for name in ("host", "username", "password") if not secret.get(name)]
    if lacking:
        raise Defect(
            f"The database's secret lacks {', '.join(lacking)}",
            remedy="Store JSON with host, username and password",
        )
    engine = str(secret.get("engine", "postgres"))
    if engine not in ENGINES:
        raise Defect(
            f"The database's secret names the engine {engine!r}, which is not known",
            where={"host": str(secret["host"])},
            remedy=f"Known are {', '.join(ENGINES)}; without 'engine' it is postgres",
        )
    with ENGINES[engine](secret) as cursor:
        yield cursor
