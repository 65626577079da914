"""SQL sources of SQL Server, against a server of the tests' own that speaks its protocol over TLS:
no machine of this project has a real one.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ghosteam.errors import Defect, InvalidInput, Transient
from ghosteam.sources.collect import collect
from ghosteam.sources.database import read_rows
from ghosteam.sources.databases import open_cursor
from tests.contract.tds_server import NOT_SUPPORTED, Answer, TdsServer
from tests.contract.tls_server import make_certificate

pytestmark = pytest.mark.contract
QUERY = "SELECT * FROM parcels WHERE changed > :watermark"
INT = bytes([0x26, 4])
DATETIME2 = bytes([0x2A, 7])
COLLATION = bytes.fromhex("0904d00034")
NVARCHAR = b"\xe7" + struct.pack("<H", 100) + COLLATION


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if shutil.which("openssl") is None:
        pytest.skip("this machine has no openssl")
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server(certificate: tuple[Path, Path]) -> Iterator[TdsServer]:
    started = TdsServer(certificate)
    yield started
    started.close()


def number(value: int | None) -> bytes:
    return b"\0" if value is None else b"\x04" + struct.pack("<i", value)


def text(value: str | None) -> bytes:
    body = (value or "").encode("utf-16-le")
    return b"\xff\xff" if value is None else struct.pack("<H", len(body)) + body


def moment(value: datetime, offset: int | None = None) -> bytes:
    """A datetime2(7), or a datetimeoffset(7), which holds its time in UTC and minutes."""
    ticks = (value.hour * 3600 + value.minute * 60 + value.second) * 10**7
    ticks += value.microsecond * 10
    body = ticks.to_bytes(5, "little") + (value.toordinal() - 1).to_bytes(3, "little")
    body += b"" if offset is None else struct.pack("<h", offset)
    return bytes([len(body)]) + body


def rows_of(server: TdsServer, query: str = QUERY, field: str = "changed") -> list[Any]:
    with open_cursor(server.secret) as cursor:
        return list(read_rows(cursor, query, field, "2024-01-02T02:00:00+02:00"))


def test_each_type_comes_as_what_it_is(server: TdsServer) -> None:
    at = datetime(2024, 1, 2, 3, 4, 5, 678901)
    guid = UUID("00112233-4455-6677-8899-aabbccddeeff")
    columns = [
        ("changed", DATETIME2),
        ("sent", bytes([0x2B, 7])),
        ("weight", bytes([0x6C, 17, 9, 2])),
        ("id", bytes([0x24, 16])),
        ("fragile", bytes([0x68, 1])),
        ("price", bytes([0x6E, 8])),
        ("pieces", INT),
        ("share", bytes([0x6D, 8])),
        ("day", bytes([0x28])),
        ("town", NVARCHAR),
    ]
    price = struct.pack("<iI", (-125_000) >> 32, -125_000 & 0xFFFFFFFF)
    row = [
        moment(at),
        moment(at, 120),
        b"\x05\x00" + (1250).to_bytes(4, "little"),
        b"\x10" + guid.bytes_le,
        b"\x01\x01",
        b"\x08" + price,
        number(None),
        b"\x08" + struct.pack("<d", 0.25),
        b"\x03" + (date(2024, 2, 29).toordinal() - 1).to_bytes(3, "little"),
        text("Łódź 漢 😀"),
    ]
    server.answers["pulled"] = Answer(columns, [row])
    [found] = rows_of(server)
    assert found == {
        "changed": at.replace(tzinfo=UTC),
        "sent": at.replace(tzinfo=UTC),
        "weight": Decimal("-12.50"),
        "id": guid,
        "fragile": True,
        "price": Decimal("-12.5"),
        "pieces": None,
        "share": 0.25,
        "day": date(2024, 2, 29),
        "town": "Łódź 漢 😀",
    }


def test_the_query_is_asked_as_of_one_moment_in_the_order_of_the_cursor(server: TdsServer) -> None:
    server.answers["pulled"] = Answer([("a]b", DATETIME2)], [[moment(datetime(2024, 1, 3))]])
    query = "SELECT '100 %' AS share, a AS [a]]b] FROM t WHERE a > :watermark AND s LIKE '%x' -- x"
    assert len(rows_of(server, query, "a]b")) == 1
    login, snapshot, asked = server.heard
    assert login == "login reader readers-password"
    assert "SET TRANSACTION ISOLATION LEVEL SNAPSHOT" in snapshot
    assert "a > @P1 AND s LIKE '%x' -- x\n) AS pulled ORDER BY [a]]b]" in asked
    assert "@P1 DATETIME2" in asked.upper()


def test_rows_are_read_in_chunks_and_the_rest_is_left(server: TdsServer) -> None:
    at = moment(datetime(2024, 1, 3))
    rows = ([number(place), at, text("x" * 40)] for place in range(30_000))
    columns = [("id", INT), ("changed", DATETIME2), ("note", NVARCHAR)]
    server.answers["pulled"] = Answer(columns, rows)
    found = rows_of(server)
    assert [row["id"] for row in found] == list(range(30_000))
    server.answers["pulled"] = Answer(columns, [[number(1), at, text("y" * 50)]] * 30_000)
    with open_cursor(server.secret) as cursor:
        cursor.execute("SELECT 1 AS pulled WHERE 1 > :watermark", {"watermark": 0})
        assert len(cursor.fetchmany(3)) == 3


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        ((207, "Invalid column name 'nothing'."), InvalidInput),
        ((229, "The SELECT permission was denied on the object 'parcels'."), Defect),
        ((1205, "Transaction was deadlocked."), Transient),
        ((40501, "The service is currently busy."), Transient),
    ],
)
def test_a_query_that_the_server_refuses_is_a_clear_error(
    server: TdsServer, error: tuple[int, str], raised: type[Exception]
) -> None:
    server.answers["pulled"] = Answer(error=error)
    with pytest.raises(raised, match=error[1].split("'")[0]):
        rows_of(server)


def test_a_database_that_shows_no_snapshot_is_told_what_to_allow(server: TdsServer) -> None:
    server.answers["pulled"] = Answer(error=(3952, "Snapshot isolation transaction failed"))
    with pytest.raises(Defect) as caught:
        rows_of(server)
    assert "ALLOW_SNAPSHOT_ISOLATION ON" in caught.value.remedy


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"password": "wrong"}, Defect),
        ({"ca": None}, Defect),
        ({"host": "127.0.0.1"}, Defect),
        ({"port": 1}, Transient),
    ],
)
def test_a_server_that_refuses_us_or_is_not_who_it_should_be_is_told_apart(
    server: TdsServer, change: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught, open_cursor({**server.secret, **change}):
        pass
    assert "readers-password" not in str(caught.value)
    if change.keys() & {"ca", "host"}:
        assert not server.heard and "prove who it is" in str(caught.value)


def test_a_server_without_tls_hears_nothing_but_a_greeting(certificate: tuple[Path, Path]) -> None:
    server = TdsServer(certificate, greeting=NOT_SUPPORTED)
    with pytest.raises(Defect, match="no TLS"), open_cursor(server.secret):
        pass
    server.close()
    assert server.raw == b"" and not server.heard


def test_a_server_that_sends_us_on_is_not_followed(certificate: tuple[Path, Path]) -> None:
    other = TdsServer(certificate)
    server = TdsServer(certificate, route=("localhost", other.port))
    with pytest.raises(Defect, match="sends us on to localhost"), open_cursor(server.secret):
        pass
    assert server.heard and not other.heard
    server.close()
    other.close()


def test_what_comes_lands_as_json_lines_with_its_watermark(
    server: TdsServer, tmp_path: Path
) -> None:
    newest = datetime(2024, 1, 4, 0, 0, 0, 123457, tzinfo=UTC)
    rows = [[number(1), moment(datetime(2024, 1, 3))], [number(2), moment(newest)]]
    server.answers["pulled"] = Answer([("id", INT), ("changed", DATETIME2)], rows)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    with open_cursor(server.secret) as cursor:
        found = read_rows(cursor, QUERY, "changed", start.isoformat())
        pulled = collect(
            found, tmp_path / "x", field="changed", start=start, max_bytes=1000, ordered=True
        )
    assert (pulled.rows, pulled.mark, pulled.complete) == (2, newest, True)
    assert '"changed": "2024-01-04T00:00:00.123457+00:00"' in (tmp_path / "x").read_text()
