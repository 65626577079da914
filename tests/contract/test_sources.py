"""The ends of the sources: HTTP against a server of the standard library, SQL against a real
PostgreSQL over TLS.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3
import pytest

from ghosteam.aws.objects import Objects
from ghosteam.aws.secrets import Secrets
from ghosteam.aws.watermarks import Watermarks
from ghosteam.errors import Defect, InvalidInput, TooLarge, Transient
from ghosteam.sources.database import read_rows
from ghosteam.sources.http_client import fetch
from ghosteam.sources.postgres import open_cursor
from ghosteam.steps.pull_source import Pulling, pull_source
from tests.accounts import memory_account
from tests.unit.sources.builders import Pages, parcels_problem

pytestmark = pytest.mark.contract
SETUP = """
CREATE TABLE parcels (
    id bigint, sent_at timestamptz, weight numeric, days double precision, changed timestamptz
);
INSERT INTO parcels
SELECT n, '2024-01-01', n / 2.0, NULL, timestamptz '2024-01-01 00:00+00' + n * interval '1 hour'
  FROM generate_series(1, 2500) AS n ORDER BY random();
CREATE ROLE reader LOGIN PASSWORD 'readers-password';
GRANT SELECT ON parcels TO reader;
"""


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"{")
            return
        status = int(self.path.strip("/").partition("?")[0])
        body = json.dumps({"key": self.headers.get("X-Api-Key"), "path": self.path}).encode()
        self.send_response(status)
        self.send_header("Location", "/200")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()
        thread.join()


def test_a_page_is_fetched_with_its_header(server: str) -> None:
    body = fetch(f"{server}/200?since=5", {"X-Api-Key": "k"}, max_bytes=1000)
    assert json.loads(body) == {"key": "k", "path": "/200?since=5"}


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("302", InvalidInput),
        ("401", InvalidInput),
        ("404", InvalidInput),
        ("429", Transient),
        ("503", Transient),
        ("cut", Transient),
    ],
)
def test_any_other_answer_is_an_error_and_no_redirect_is_followed(
    server: str, path: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        fetch(f"{server}/{path}", {}, max_bytes=1000)


def test_a_body_over_the_limit_is_not_read_to_its_end(server: str) -> None:
    with pytest.raises(TooLarge):
        fetch(f"{server}/200", {}, max_bytes=10)


def test_a_server_that_is_not_there_may_be_back_later() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Transient):
        fetch(f"http://127.0.0.1:{port}/200", {}, max_bytes=10)


@pytest.mark.parametrize("value", ["hunter2\nX-Other: 1", "hunter2ü"])
def test_a_header_that_cannot_be_sent_is_refused_without_showing_it(
    server: str, value: str
) -> None:
    with pytest.raises(Defect) as caught:
        fetch(f"{server}/200", {"X-Api-Key": value}, max_bytes=1000)
    assert "hunter2" not in str(caught.value)


@dataclass(frozen=True)
class Postgres:
    """A server of its own; ``secret``: how the function reaches it; ``query`` runs SQL as the
    owner.
    """

    secret: Mapping[str, Any]
    folder: Path
    account: tuple[str, ...]

    def query(self, sql: str) -> str:
        command = [
            *self.account,
            shutil.which("psql") or "psql",
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            self.folder,
        ]
        command += ["-p", str(self.secret["port"]), "-U", "postgres", "-c", sql]
        return subprocess.run(
            list(map(str, command)), capture_output=True, text=True, check=True
        ).stdout.strip()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    if find_spec("pg8000") is None:
        pytest.skip("pg8000 is not installed")
    if not all(shutil.which(tool) for tool in ("initdb", "postgres", "psql", "openssl")):
        pytest.skip("this machine has no PostgreSQL server (initdb, postgres, psql), or no openssl")
    account: tuple[str, ...] = ()
    if os.geteuid() == 0:  # PostgreSQL does not run as root
        if not shutil.which("runuser") or "postgres" not in {
            entry.pw_name for entry in pwd.getpwall()
        }:
            pytest.skip(
                "PostgreSQL does not run as root, and there is no user 'postgres' to run it"
            )
        account = ("runuser", "-u", "postgres", "--")
    # Short, and open to that user: the path of a socket has 107 characters.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        yield from _server(Path(name), account)


def _server(folder: Path, account: tuple[str, ...]) -> Iterator[Postgres]:
    key, certificate = folder / "server.key", folder / "server.crt"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    command += [
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run(command, check=True, capture_output=True)
    key.chmod(0o600)
    if account:
        for path in (folder, key, certificate):
            shutil.chown(path, "postgres")
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    data = folder / "data"
    options = [
        "-D",
        data,
        "-U",
        "postgres",
        "--auth-local=trust",
        "--auth-host=scram-sha-256",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    subprocess.run(
        [*account, "initdb", *map(str, options)], check=True, capture_output=True, cwd=folder
    )
    settings = {
        "listen_addresses": "localhost",
        "unix_socket_directories": folder,
        "ssl": "on",
        "ssl_cert_file": certificate,
    }
    settings |= {"ssl_key_file": key, "fsync": "off"}
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*account, "postgres", "-D", str(data), "-p", str(port), *arguments],
            stdout=log,
            stderr=log,
            cwd=folder,
        )
        secret = {
            "host": "localhost",
            "port": port,
            "dbname": "postgres",
            "username": "reader",
            "password": "readers-password",
        }
        found = Postgres({**secret, "ca": certificate.read_text()}, folder, account)
        try:
            _await(found)
            found.query(SETUP)
            yield found
        finally:
            pid = (
                int((data / "postmaster.pid").read_text().splitlines()[0])
                if (data / "postmaster.pid").exists()
                else process.pid
            )
            os.kill(pid, 2)
            process.wait(30)


def _await(found: Postgres) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            found.query("SELECT 1")
            return
        except subprocess.CalledProcessError:
            if time.monotonic() > deadline:
                raise AssertionError((found.folder / "log").read_text()) from None
            time.sleep(0.1)


def test_rows_come_in_chunks_in_the_order_of_the_cursor_from_the_watermark(
    postgres: Postgres,
) -> None:
    query = "SELECT id, changed FROM parcels WHERE changed > :watermark -- newest"
    with open_cursor(postgres.secret) as cursor:
        rows = list(read_rows(cursor, query, "changed", "2024-01-02T00:00:00Z"))
    assert [row["id"] for row in rows] == list(range(25, 2501))
    assert rows[0]["changed"] == datetime(2024, 1, 2, 1, tzinfo=UTC)


def test_a_watermark_of_numbers_and_a_cast_in_the_query_work(postgres: Postgres) -> None:
    query = "SELECT id::text AS name, id FROM parcels WHERE id > :watermark;"
    with open_cursor(postgres.secret) as cursor:
        assert [row["name"] for row in read_rows(cursor, query, "id", 2498)] == ["2499", "2500"]


def test_the_rows_stay_at_the_server_until_they_are_asked_for(postgres: Postgres) -> None:
    # More rows than anybody has memory for; without an order, for which the server would have to
    # make all of them.
    query = "SELECT generate_series(1, 10000000000) AS id WHERE 0 = :watermark"
    with open_cursor(postgres.secret) as cursor:
        cursor.execute(query, {"watermark": 0})
        assert [row[0] for row in cursor.fetchmany(3)] == [1, 2, 3]
        assert [row[0] for row in cursor.fetchmany(1)] == [4]


@contextmanager
def _pulling(postgres: Postgres, query: str) -> Iterator[Pulling]:
    changes = [
        (
            "SELECT id, sent_at, weight, days, changed FROM parcels WHERE changed > :watermark",
            query,
        ),
        ("start: 0}", "start: 2024-01-01T00:00:00Z}"),
        ("max_bytes: 1000", "max_bytes: 100000"),
    ]
    with memory_account() as account:
        s3, secrets = boto3.client("s3"), boto3.client("secretsmanager")
        s3.create_bucket(Bucket="landing")
        secrets.create_secret(
            Name="ghosteam/warehouse", SecretString=json.dumps(dict(postgres.secret))
        )
        yield Pulling(
            landing=Objects(s3, "landing"),
            watermarks=Watermarks(account.state),
            secrets=Secrets(secrets),
            fetch=Pages({}),
            open_cursor=open_cursor,
            problems={"parcels": parcels_problem(*changes)},
        )


def test_a_table_is_pulled_from_postgresql_to_landing_and_then_only_what_changed(
    postgres: Postgres,
) -> None:
    query = "SELECT id, sent_at, weight, days, changed FROM parcels WHERE changed > :watermark"
    event, now = {"problem": "parcels", "source": "warehouse"}, datetime(2024, 6, 1, tzinfo=UTC)
    with _pulling(postgres, query) as pulling:
        pulls = [pull_source(event, pulling, now=now)]
        while not pulls[-1]["complete"]:
            pulls.append(pull_source(event, pulling, now=now))
        rows = [
            json.loads(line)
            for pull in pulls
            for line in pulling.landing.get(pull["key"]).splitlines()
        ]
        assert len(pulls) > 1 and [row["id"] for row in rows] == list(range(1, 2501))
        assert rows[0] == {
            "id": 1,
            "sent_at": "2024-01-01T00:00:00+00:00",
            "weight": "0.50000000000000000000",
            "days": None,
            "changed": "2024-01-01T01:00:00+00:00",
        }
        postgres.query(
            "UPDATE parcels SET days = 'NaN', changed = '2025-01-01 12:00:00.000001+02' WHERE id = "
            "7"
        )
        last = pull_source(event, pulling, now=now)
        assert (last["rows"], last["watermark"]) == (1, "2025-01-01T10:00:00.000001Z")
        assert json.loads(pulling.landing.get(last["key"]))["days"] == "nan"
        assert pull_source(event, pulling, now=now)["rows"] == 0


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("SELECT nothing, changed FROM parcels WHERE changed > :watermark", InvalidInput),
        ("SELECT id, id, changed FROM parcels WHERE changed > :watermark", InvalidInput),
        ("SELECT * FROM pg_authid WHERE oid > :watermark", Defect),
        ("DELETE FROM parcels WHERE changed > :watermark RETURNING *", InvalidInput),
        ("SELECT 1 / (id - id) AS changed FROM parcels WHERE changed > :watermark", InvalidInput),
    ],
)
def test_a_query_that_the_server_refuses_is_a_clear_error(
    postgres: Postgres, query: str, error: type[Exception]
) -> None:
    watermark: int | str = 0 if "oid" in query else "2024-01-01T00:00:00Z"
    with pytest.raises(error) as caught, open_cursor(postgres.secret) as cursor:
        list(read_rows(cursor, query, "oid" if "oid" in query else "changed", watermark))
    assert getattr(caught.value, "remedy", "")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"password": "wrong"}, Defect),
        ({"password": ""}, Defect),
        ({"dbname": "nowhere"}, Defect),
        ({"ca": None}, Defect),
        ({"host": "127.0.0.1"}, Defect),
        ({"port": 1}, Transient),
    ],
)
def test_a_server_that_refuses_us_or_is_not_who_it_should_be_is_told_apart(
    postgres: Postgres, change: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught, open_cursor({**postgres.secret, **change}):
        pass
    assert "readers-password" not in str(caught.value)
