"""MySQL and MariaDB: a connection by a secret, over TLS, and rows that stay at the server until
they are asked for.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

from ghosteam.json_object import JsonObject
from ghosteam.sources.database import DatabaseCursor, Failure, failed, unproven
from ghosteam.sources.streamed import StreamedCursor

_TIMEOUT_SECONDS = 60
_DEFAULT_PORT = 3306
# Source: MySQL 8.4 Error Message Reference, server and client errors: access and privileges,
# unknown database; then limits, locks, shut-down, and the connection.
_REFUSED = frozenset({1044, 1045, 1049, 1142, 1143, 1227, 1370, 3118})
_PASSING = frozenset({1040, 1053, 1077, 1129, 1203, 1205, 1213, 1226, 3024, 4031})
_CLIENT_ERRORS = range(2000, 3000)


@contextmanager
def open_cursor(secret: JsonObject) -> Iterator[DatabaseCursor]:
    """See :func:`ghosteam.sources.databases.open_cursor`."""
    # Only SQL sources need the driver; the function that pulls HTTP sources starts without it.
    import pymysql
    from pymysql.cursors import SSCursor

    host = str(secret["host"])
    with _translated(host):
        connection = pymysql.connect(
            user=secret["username"],
            password=secret["password"],
            host=host,
            port=int(secret.get("port", _DEFAULT_PORT)),
            database=secret.get("dbname"),
            connect_timeout=_TIMEOUT_SECONDS,
            read_timeout=_TIMEOUT_SECONDS,
            charset="utf8mb4",
            cursorclass=SSCursor,
            program_name="ghosteam",
            # A context given is a demand: a server without TLS is refused before the password.
            ssl=ssl.create_default_context(cadata=secret.get("ca")),
        )
    try:
        cursor = connection.cursor()
        with _translated(host):
            # Times without a zone are UTC, here as in files.
            cursor.execute("SET SESSION time_zone = '+00:00'")
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
        yield StreamedCursor(cursor, "``", partial(_translated, host))
    finally:
        # Closing both politely would read all rows that are left.
        if connection._result is not None:
            connection._result.unbuffered_active = False
        with suppress(pymysql.Error, OSError):
            connection._force_close()


@contextmanager
def _translated(host: str) -> Iterator[None]:
    import pymysql

    try:
        yield
    except pymysql.MySQLError as error:
        cause = getattr(error, "original_exception", None)
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise unproven(cause, host) from error
        code, text = error.args if len(error.args) == 2 else (0, str(error))
        raise failed(_kind(int(code)), str(text), {"host": host, "code": code}) from error
    except ssl.SSLCertVerificationError as error:
        raise unproven(error, host) from error
    except OSError as error:
        raise failed("passing", str(error), {"host": host}) from error


def _kind(code: int) -> Failure:
    if code in _REFUSED:
        return "user"
    return "passing" if not code or code in _PASSING or code in _CLIENT_ERRORS else "query"
