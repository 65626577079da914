"""SQL Server: a connection by a secret, over TLS, and rows that stay at the server until they are
asked for.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC
from functools import partial
from typing import Any

from ghosteam.errors import Defect
from ghosteam.json_object import JsonObject
from ghosteam.sources.database import DatabaseCursor, Failure, failed, unproven
from ghosteam.sources.streamed import StreamedCursor
from ghosteam.sources.tds_tls import EncryptedSocket, NotEncrypted

_TIMEOUT_SECONDS = 60
_DEFAULT_PORT = 1433
# Source: SQL Server documentation, "Database engine events and errors": logins, databases and
# permissions; then locks, limits of Azure SQL, shut-down and memory.
_REFUSED = frozenset({229, 230, 297, 300, 911, 916, 4060, 4064, 18452, 18456, 18470, 18486, 18487})
_PASSING = frozenset({701, 1204, 1205, 1222, 3960, 6005, 8645, 9001, 10928, 10929, 17142, 18401})
_CLOUD = range(40_000, 50_000)
_NO_SNAPSHOT = 3952


@contextmanager
def open_cursor(secret: JsonObject) -> Iterator[DatabaseCursor]:
    """See :func:`ghosteam.sources.databases.open_cursor`."""
    # Only SQL sources need the driver; the function that pulls HTTP sources starts without it.
    from pytds.connection import NonMarsConnection

    host = str(secret["host"])
    with _translated(host):
        connected = _connected(secret, host)
    try:
        cursor = NonMarsConnection(pooling=False, key=(), tds_socket=connected).cursor()
        with _translated(host):
            # All rows are of one moment; without it, what changes meanwhile may come twice or not.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
        yield StreamedCursor(cursor, "[]", partial(_translated, host))
    finally:
        with suppress(OSError):
            connected.close()


def _connected(secret: JsonObject, host: str) -> Any:
    """The driver's connection, logged in over a socket of ours: its own would go on unencrypted at
    another server where this one sends it there.
    """
    from pytds.tds_base import TDS_ODBC_ON, PreLoginEnc, _TdsLogin
    from pytds.tds_socket import _TdsSocket
    from pytds.tz import FixedOffsetTimezone

    context = ssl.create_default_context(cadata=secret.get("ca"))
    # A later one belongs to another form of the protocol.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    login = _TdsLogin()
    login.user_name, login.password = str(secret["username"]), str(secret["password"])
    login.server_name, login.database = host, str(secret.get("dbname") or "")
    login.app_name = login.library = "ghosteam"
    login.client_tz, login.bytes_to_unicode, login.option_flag2 = UTC, True, TDS_ODBC_ON
    login.enc_flag = PreLoginEnc.ENCRYPT_NOT_SUP  # as far as the driver knows
    plain = socket.create_connection(
        (host, int(secret.get("port", _DEFAULT_PORT))), _TIMEOUT_SECONDS
    )
    try:
        driver = _TdsSocket(
            sock=EncryptedSocket(plain, context, host),
            login=login,
            tzinfo_factory=FixedOffsetTimezone,
            use_tz=UTC,
            autocommit=True,
        )
        route = driver.login()
    except BaseException:
        plain.close()
        raise
    if route is not None:
        plain.close()
        raise Defect(
            f"The database sends us on to {route['server']}",
            where={"host": host},
            remedy="Name that server in the secret",
        )
    return driver


@contextmanager
def _translated(host: str) -> Iterator[None]:
    from pytds.tds_base import DatabaseError, Error

    where: dict[str, object] = {"host": host}
    try:
        yield
    except DatabaseError as error:
        where["code"] = error.number
        if error.number == _NO_SNAPSHOT:
            raise Defect(
                f"The database shows its rows as of no moment: {error.text}",
                where=where,
                remedy="Have it allow that: ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON",
            ) from error
        raise failed(_kind(error.number), error.text, where) from error
    except ssl.SSLCertVerificationError as error:
        raise unproven(error, host) from error
    except NotEncrypted as error:
        raise Defect(str(error), where=where, remedy="Give the server a certificate") from error
    except (Error, OSError) as error:
        raise failed("passing", str(error), where) from error


def _kind(number: int) -> Failure:
    if number in _REFUSED:
        return "user"
    return "passing" if not number or number in _PASSING or number in _CLOUD else "query"
