"""SQL sources of another engine, against a real MariaDB over TLS."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ghosteam.errors import Defect, InvalidInput, Transient
from ghosteam.sources.database import read_rows
from ghosteam.sources.databases import open_cursor
from tests.contract.mariadb import MariaDb, run_server

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDb]:
    if find_spec("pymysql") is None:
        pytest.skip("pymysql is not installed")
    if not all(shutil.which(tool) for tool in ("mariadbd", "mariadb-install-db", "openssl")):
        pytest.skip("this machine has no MariaDB server (mariadbd, mariadb-install-db), or openssl")
    user = getpass.getuser()
    if os.geteuid() == 0:
        if "mysql" not in {entry.pw_name for entry in pwd.getpwall()}:
            pytest.skip("MariaDB does not run as root, and there is no user 'mysql' to run it")
        user = "mysql"
    # Short, and open to that user: the path of a socket has 107 characters.
    with tempfile.TemporaryDirectory(prefix="my-", dir="/tmp") as name:
        yield from run_server(Path(name), user)


def test_rows_come_in_chunks_in_the_order_of_the_cursor_from_the_watermark(
    mariadb: MariaDb,
) -> None:
    query = "SELECT id, weight, changed FROM parcels WHERE changed > :watermark -- newest"
    with open_cursor(mariadb.secret) as cursor:
        rows = list(read_rows(cursor, query, "changed", "2024-01-02T02:00:00+02:00"))
    assert [row["id"] for row in rows] == list(range(25, 2501))
    assert rows[0]["changed"] == datetime(2024, 1, 2, 1, tzinfo=UTC)
    assert str(rows[0]["weight"]) == "12.50"


def test_signs_that_the_driver_knows_and_odd_names_are_the_querys_own(mariadb: MariaDb) -> None:
    query = (
        "SELECT id, id AS `a``b %s`, '100 %' AS share FROM parcels "
        "WHERE id > :watermark AND 'x' LIKE '%' AND id % 2 = 0;"
    )
    with open_cursor(mariadb.secret) as cursor:
        rows = list(read_rows(cursor, query, "a`b %s", 2496))
    assert rows == [
        {"id": 2498, "a`b %s": 2498, "share": "100 %"},
        {"id": 2500, "a`b %s": 2500, "share": "100 %"},
    ]


def test_a_cursor_that_is_left_does_not_read_the_rest(mariadb: MariaDb) -> None:
    query = "SELECT a.id FROM parcels a, parcels b, parcels c WHERE a.id > :watermark"
    with open_cursor(mariadb.secret) as cursor:
        cursor.execute(query, {"watermark": 0})  # 15 thousand million rows
        assert len(cursor.fetchmany(3)) == 3


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("SELECT nothing, changed FROM parcels WHERE changed > :watermark", InvalidInput),
        ("SELECT id, id, changed FROM parcels WHERE changed > :watermark", InvalidInput),
        ("SELECT *, 1 AS changed FROM mysql.global_priv WHERE :watermark", Defect),
        ("DELETE FROM parcels WHERE changed > :watermark RETURNING *", InvalidInput),
    ],
)
def test_a_query_that_the_server_refuses_is_a_clear_error(
    mariadb: MariaDb, query: str, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught, open_cursor(mariadb.secret) as cursor:
        list(read_rows(cursor, query, "changed", "2024-01-01T00:00:00Z"))
    assert getattr(caught.value, "remedy", "")
    assert mariadb.query("SELECT count(*) FROM post.parcels").split()[-1] == "2500"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"password": "wrong"}, Defect),
        ({"password": ""}, Defect),
        ({"dbname": "nowhere"}, Defect),
        ({"ca": None}, Defect),
        ({"host": "127.0.0.1"}, Defect),
        ({"port": 1}, Transient),
        ({"engine": "oracle"}, Defect),
    ],
)
def test_a_server_that_refuses_us_or_is_not_who_it_should_be_is_told_apart(
    mariadb: MariaDb, change: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught, open_cursor({**mariadb.secret, **change}):
        pass
    assert "readers-password" not in str(caught.value)


def test_a_server_without_tls_is_refused(mariadb: MariaDb, tmp_path: Path) -> None:
    """It says that it has none; the password is not sent."""
    import socket
    import threading

    greeting = (
        b"\x0a8.0.0\x00\x01\x00\x00\x00abcdefgh\x00\xff\xf7\x21\x02\x00\x0f\x80"
        b"\x15" + bytes(10) + b"ijklmnopqrst\x00mysql_native_password\x00"
    )
    heard: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(len(greeting).to_bytes(3, "little") + b"\x00" + greeting)
            connection.settimeout(5)
            heard.append(connection.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        secret = {**mariadb.secret, "port": listener.getsockname()[1], "host": "127.0.0.1"}
        with pytest.raises((Defect, Transient), match="SSL"), open_cursor(secret):
            pass
        thread.join()
    assert heard == [b""]
