"""The end of the SQL sources, against a real PostgreSQL over TLS."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3
import pytest

from ghosteam.aws.objects import Objects
from ghosteam.aws.secrets import Secrets
from ghosteam.aws.watermarks import Watermarks
from ghosteam.errors import Defect, InvalidInput, Transient
from ghosteam.sources.database import read_rows
from ghosteam.sources.databases import open_cursor
from ghosteam.steps.pull_source import Pulling, pull_source
from tests.accounts import memory_account
from tests.contract.postgres import Postgres, run_server
from tests.unit.sources.builders import Pages, parcels_problem

pytestmark = pytest.mark.contract


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
        yield from run_server(Path(name), account)


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
            wait=time.sleep,
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
