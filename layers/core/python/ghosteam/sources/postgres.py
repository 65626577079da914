"""PostgreSQL: a connection by a secret, over TLS, and rows that stay at the server until they are
asked for.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ghosteam.json_object import JsonObject
from ghosteam.sources.database import DatabaseCursor, Failure, failed, unproven

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

    def execute(self, operation: str, parameters: Mapping[str, object], /) -> None:
        """Open the query at the server."""
        with _translated(self._host):
            self._cursor.execute(f"DECLARE pull NO SCROLL CURSOR FOR {operation}", parameters)

    def fetchmany(self, size: int, /) -> Sequence[Sequence[Any]]:
        """The next rows, at most ``size``; none at the end."""
        with _translated(self._host):
            self._cursor.execute(f"FETCH FORWARD {int(size)} FROM pull")
            rows: Sequence[Sequence[Any]] = self._cursor.fetchall()
        return rows

    def quoted(self, name: str, /) -> str:
        """See :class:`~ghosteam.sources.database.DatabaseCursor`."""
        return '"' + name.replace('"', '""') + '"'


@contextmanager
def open_cursor(secret: JsonObject) -> Iterator[DatabaseCursor]:
    """See :func:`ghosteam.sources.databases.open_cursor`."""
    # Only SQL sources need the driver; the function that pulls HTTP sources starts without it.
    import pg8000.dbapi as driver

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
        code = str(details.get("C", ""))
        where = {"host": host, "code": code}
        raise failed(_kind(code), str(details.get("M", error)), where) from error
    except ssl.SSLCertVerificationError as error:
        raise unproven(error, host) from error
    except (driver.InterfaceError, OSError) as error:
        raise failed("passing", str(error), {"host": host}) from error


def _kind(code: str) -> Failure:
    if code.startswith(_REFUSED_CLASSES):
        return "user"
    return "query" if code and not code.startswith(_PASSING_CLASSES) else "passing"
