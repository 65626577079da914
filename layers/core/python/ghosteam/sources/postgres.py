"""PostgreSQL: a connection by a secret, over TLS, and rows that stay at the server until they are
asked for.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ghosteam.errors import Defect, InvalidInput, Transient
from ghosteam.sources.database import DatabaseCursor

_TIMEOUT_SECONDS = 60
_DEFAULT_PORT = 5432
# Source: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes": authorisation, privilege,
# database name; then connection, rollback, resources, operator, system.
_REFUSED_CLASSES = ("28", "42501", "3D")
_PASSING_CLASSES = ("08", "40", "53", "57", "58")


class ServerCursor:
    """A cursor whose rows are read in chunks: the driver's own would fetch the whole result into
    memory.
    """

    def __init__(self, cursor: Any, host: str) -> None:
        self._cursor = cursor
        self._host = host

    @property
    def description(self) -> Any:
        """Columns of the rows fetched last."""
        return self._cursor.description

    def execute(self, operation: str, parameters: Mapping[str, Any], /) -> None:
        """Open the query at the server."""
        with _translated(self._host):
            self._cursor.execute(f"DECLARE pull NO SCROLL CURSOR FOR {operation}", parameters)

    def fetchmany(self, size: int, /) -> Sequence[Sequence[Any]]:
        """The next rows, at most ``size``; none at the end."""
        with _translated(self._host):
            self._cursor.execute(f"FETCH FORWARD {int(size)} FROM pull")
            rows: Sequence[Sequence[Any]] = self._cursor.fetchall()
        return rows


@contextmanager
def open_cursor(secret: Mapping[str, Any]) -> Iterator[DatabaseCursor]:
    """A cursor that only reads, in the database that ``secret`` names: see
    :class:`ghosteam.problem.sources.SqlSource`.

    Raises:
        Defect: the secret lacks a field, the server refuses its user, or does not prove who it is.
        InvalidInput: the server refuses the query.
        Transient: the server cannot be reached or is busy.
    """
    # Only SQL sources need the driver; the function that pulls HTTP sources starts without it.
    import pg8000.dbapi as driver

    lacking = [name for name in ("host", "username", "password") if not secret.get(name)]
    if lacking:
        raise Defect(
            f"The database's secret lacks {', '.join(lacking)}",
            remedy="Store JSON with host, username and password",
        )
    driver.paramstyle = "named"
    host = str(secret["host"])
    with _translated(host):
        connection = driver.connect(
            user=secret["username"],
            password=secret["password"],
            host=host,
            port=int(secret.get("port", _DEFAULT_PORT)),
            database=secret.get("dbname"),
            timeout=_TIMEOUT_SECONDS,
            application_name="ghosteam",
            ssl_context=ssl.create_default_context(cadata=secret.get("ca")),
        )
    try:
        cursor = connection.cursor()
        with _translated(host):
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            # Times without a zone are UTC, here as in files.
            cursor.execute("SET TIME ZONE 'UTC'")
            connection.commit()
        yield ServerCursor(cursor, host)
    finally:
        with suppress(driver.Error, OSError):
            connection.close()


@contextmanager
def _translated(host: str) -> Iterator[None]:
    import pg8000.dbapi as driver

    try:
        yield
    except driver.DatabaseError as error:
        details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        raise _ours(str(details.get("C", "")), str(details.get("M", error)), host) from error
    except ssl.SSLCertVerificationError as error:
        remedy = "Store the certificates that the server's is signed by as 'ca' in its secret"
        raise Defect(
            f"The database cannot prove who it is: {error}", where={"host": host}, remedy=remedy
        ) from error
    except (driver.InterfaceError, OSError) as error:
        raise Transient(f"The database cannot be read: {error}", where={"host": host}) from error


def _ours(code: str, text: str, host: str) -> Defect | InvalidInput | Transient:
    where = {"host": host, "code": code}
    if code.startswith(_REFUSED_CLASSES):
        return Defect(
            f"The database refuses the user: {text}",
            where=where,
            remedy="Fix the secret, or what its user may read",
        )
    if code and not code.startswith(_PASSING_CLASSES):
        return InvalidInput(
            f"The database refuses the query: {text}", where=where, remedy="Fix 'query'"
        )
    return Transient(f"The database cannot be read: {text}", where=where)
