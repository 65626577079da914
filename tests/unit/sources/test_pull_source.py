"""Pulling: land, then move the watermark; repeat without harm."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from cli.pull import pull
from ghosteam.aws.objects import Objects
from ghosteam.aws.secrets import Secrets
from ghosteam.aws.state import StateTable
from ghosteam.aws.watermarks import Watermarks
from ghosteam.documents import state_keys
from ghosteam.documents.watermark import Watermark, mark_text
from ghosteam.errors import Defect, InvalidInput, NotFound, TooLarge, Transient
from ghosteam.steps.pull_source import Pulling, pull_source
from tests.accounts import memory_account
from tests.unit.sources.builders import Pages, no_database, parcel, parcels_problem

NOW = datetime(2024, 6, 1, tzinfo=UTC)
API = {"problem": "parcels", "source": "api"}
WAREHOUSE = {"problem": "parcels", "source": "warehouse"}


class _Quoting(sqlite3.Cursor):
    """SQLite's, that can quote a column."""

    def quoted(self, name: str) -> str:
        return f'"{name}"'


class World:
    """A database, an API, an account in memory."""

    def __init__(self, *changes: tuple[str, str]) -> None:
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket="landing")
        secrets = boto3.client("secretsmanager")
        secrets.create_secret(Name="ghosteam/api", SecretString="key-1\n")
        secrets.create_secret(
            Name="ghosteam/warehouse", SecretString=json.dumps({"host": "db", "username": "reader"})
        )
        self.secrets_client = secrets
        self.state = StateTable(boto3.client("dynamodb"), "state")
        self.database = sqlite3.connect(":memory:")
        self.database.execute(
            "CREATE TABLE parcels (id INTEGER, sent_at TEXT, weight REAL, days REAL, changed "
            "INTEGER)"
        )
        self.pages = Pages({})
        self.waited: list[float] = []
        self.pulling = Pulling(
            landing=Objects(self.s3, "landing"),
            watermarks=Watermarks(self.state),
            secrets=Secrets(secrets),
            fetch=self.pages,
            open_cursor=self._open_cursor,
            wait=self.waited.append,
            problems={"parcels": parcels_problem(*changes)},
        )

    @contextmanager
    def _open_cursor(self, secret: Mapping[str, Any]) -> Iterator[Any]:
        assert secret == {"host": "db", "username": "reader"}
        with closing(self.database.cursor(_Quoting)) as cursor:
            yield cursor

    def insert(self, *rows: dict[str, Any]) -> None:
        self.database.executemany(
            "INSERT INTO parcels VALUES (:id, :sent_at, :weight, :days, :changed)", rows
        )

    def answer(self, since: str, *rows: dict[str, Any]) -> None:
        url = f"https://api.example.com/v1/parcels?limit=2&since={since.replace(':', '%3A')}"
        self.pages.answers = {**self.pages.answers, url: {"data": {"items": list(rows)}}}

    def landed(self) -> dict[str, list[int]]:
        """Ids of the rows of each landed object, in the order of landing."""
        listed = self.s3.list_objects_v2(Bucket="landing").get("Contents", [])
        objects = sorted(listed, key=lambda item: item["LastModified"])
        bodies = {
            item["Key"]: self.s3.get_object(Bucket="landing", Key=item["Key"])["Body"].read()
            for item in objects
        }
        return {
            key: [json.loads(line)["id"] for line in body.splitlines()]
            for key, body in bodies.items()
        }

    def watermark(self, source: str) -> Any:
        document = self.state.get("parcels", state_keys.WATERMARKS / source)
        return document.data.watermark if document else None


@pytest.fixture
def world() -> Iterator[World]:
    with memory_account():
        yield World()


def test_what_is_new_at_an_api_lands_as_one_file_and_the_next_pull_asks_from_there(
    world: World,
) -> None:
    world.answer(
        "2024-01-01T00:00:00Z",
        parcel(1, "2024-01-02T00:00:00Z"),
        parcel(2, "2024-01-03T01:00:00+01:00"),
    )
    world.answer("2024-01-03T00:00:00Z")
    first = pull_source(API, world.pulling, now=NOW)
    assert (first["rows"], first["watermark"], first["complete"]) == (
        2,
        "2024-01-03T00:00:00Z",
        True,
    )
    assert world.landed() == {first["key"]: [1, 2]}
    assert first["key"].startswith("parcels/parcels/source-api-") and first["key"].endswith(
        ".jsonl"
    )
    again = pull_source(API, world.pulling, now=NOW)
    assert again == {"rows": 0, "key": None, "watermark": "2024-01-03T00:00:00Z", "complete": True}
    assert len(world.landed()) == 1
    assert all(headers == {"X-Api-Key": "key-1"} for _, headers in world.pages.asked)


def test_a_pull_that_dies_before_its_watermark_moved_lands_the_same_under_the_same_key(
    world: World,
) -> None:
    world.answer("2024-01-01T00:00:00Z", parcel(1, "2024-01-02T00:00:00Z"))

    class Dying(Watermarks):
        def advance(self, *_: Any) -> None:
            raise Transient("the function was killed")

    with pytest.raises(Transient):
        pull_source(API, replace(world.pulling, watermarks=Dying(world.state)), now=NOW)
    killed = world.landed()
    assert len(killed) == 1 and world.watermark("api") is None
    pull_source(API, world.pulling, now=NOW)
    assert world.landed() == killed and world.watermark("api") == "2024-01-02T00:00:00Z"


def test_a_pull_whose_file_cannot_be_written_leaves_the_watermark(world: World) -> None:
    world.answer("2024-01-01T00:00:00Z", parcel(1, "2024-01-02T00:00:00Z"))
    with pytest.raises(Defect):
        pull_source(API, replace(world.pulling, landing=Objects(world.s3, "elsewhere")), now=NOW)
    assert world.watermark("api") is None


def test_an_answer_that_is_refused_lands_nothing_and_leaves_the_watermark(world: World) -> None:
    world.answer("2024-01-01T00:00:00Z", {"id": 1})
    with pytest.raises(InvalidInput):
        pull_source(API, world.pulling, now=NOW)
    assert world.landed() == {} and world.watermark("api") is None


def test_a_watermark_never_moves_back(world: World) -> None:
    cursor = world.pulling.problems["parcels"].sources["api"].cursor  # type: ignore[union-attr]
    late, early = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)
    for mark in (late, early):
        reached = Watermark(watermark=mark_text(mark), key="k", rows=1, pulled_at=NOW)
        world.pulling.watermarks.advance("parcels", "api", cursor, reached)
    assert world.pulling.watermarks.get("parcels", "api", cursor) == late


def test_an_overlap_asks_again_behind_the_watermark_but_not_before_the_start() -> None:
    with memory_account():
        world = World(("start: 2024-01-01T00:00:00Z", "start: 2024-01-01T00:00:00Z, overlap: 1d"))
        world.answer("2024-01-01T00:00:00Z", parcel(1, "2024-01-01T12:00:00Z"))
        pull_source(API, world.pulling, now=NOW)
        world.answer(
            "2024-01-01T00:00:00Z",
            parcel(1, "2024-01-01T12:00:00Z"),
            parcel(2, "2024-01-03T06:00:00Z"),
        )
        pull_source(API, world.pulling, now=NOW)
        world.answer("2024-01-02T06:00:00Z", parcel(2, "2024-01-03T06:00:00Z"))
        pull_source(API, world.pulling, now=NOW)
        assert [url.rpartition("=")[2] for url, _ in world.pages.asked] == [
            "2024-01-01T00%3A00%3A00Z",
            "2024-01-01T00%3A00%3A00Z",
            "2024-01-02T06%3A00%3A00Z",
        ]


def test_rows_of_a_database_land_in_the_order_of_the_cursor(world: World) -> None:
    world.insert(parcel(3, 30), parcel(1, 10), parcel(2, 20))
    first = pull_source(WAREHOUSE, world.pulling, now=NOW)
    assert list(world.landed().values()) == [[1, 2, 3]] and first["watermark"] == 30
    world.insert(parcel(1, 40, days=9))
    second = pull_source(WAREHOUSE, world.pulling, now=NOW)
    assert world.landed()[second["key"]] == [1] and world.watermark("warehouse") == 40
    assert pull_source(WAREHOUSE, world.pulling, now=NOW)["rows"] == 0


def test_a_large_table_comes_in_several_pulls_and_each_row_once(world: World) -> None:
    world.insert(*(parcel(number, number // 3) for number in range(3, 103)))
    pulls = []
    while not pulls or not pulls[-1]["complete"]:
        pulls.append(pull_source(WAREHOUSE, world.pulling, now=NOW))
    assert len(pulls) > 3
    assert sorted(number for ids in world.landed().values() for number in ids) == list(
        range(3, 103)
    )


def test_more_rows_of_one_cursor_value_than_fit_are_refused(world: World) -> None:
    world.insert(*(parcel(number, 7) for number in range(100)))
    with pytest.raises(TooLarge):
        pull_source(WAREHOUSE, world.pulling, now=NOW)
    assert world.landed() == {} and world.watermark("warehouse") is None


@pytest.mark.parametrize(
    ("event", "error", "message"),
    [
        ({}, InvalidInput, "problem is missing"),
        ({"problem": "parcels"}, InvalidInput, "source is missing"),
        ({"problem": "letters", "source": "api"}, NotFound, "no problem called"),
        ({"problem": "parcels", "source": "ftp"}, NotFound, "Known sources: api, warehouse"),
        ({"problem": "parcels", "source": "scans"}, NotFound, "pulls no source"),
    ],
)
def test_an_invocation_that_names_no_source_is_refused(
    world: World, event: dict[str, str], error: Any, message: str
) -> None:
    with pytest.raises(error, match=message):
        pull_source(event, world.pulling, now=NOW)


def test_a_secret_that_is_missing_or_no_json_says_so_without_showing_it(world: World) -> None:
    world.secrets_client.put_secret_value(SecretId="ghosteam/warehouse", SecretString="hunter2")
    with pytest.raises(Defect) as caught:
        pull_source(WAREHOUSE, replace(world.pulling, open_cursor=no_database), now=NOW)
    assert "hunter2" not in str(caught.value) and caught.value.where == {
        "secret": "ghosteam/warehouse"
    }
    world.secrets_client.delete_secret(SecretId="ghosteam/api", ForceDeleteWithoutRecovery=True)
    with pytest.raises(NotFound):
        pull_source(API, world.pulling, now=NOW)


def test_a_start_of_another_kind_than_the_stored_watermark_is_refused(world: World) -> None:
    world.state.create(
        "parcels",
        state_keys.WATERMARKS / "api",
        Watermark(watermark=17, key="k", rows=1, pulled_at=NOW),
    )
    with pytest.raises(Defect) as caught:
        pull_source(API, world.pulling, now=NOW)
    assert "new name" in caught.value.remedy


def test_a_pull_by_command_goes_on_until_nothing_more_is_new(world: World) -> None:
    problem = world.pulling.problems["parcels"]

    def invoke(function: str, payload: dict[str, Any]) -> Any:
        assert function == "pull-source"
        return pull_source(payload, world.pulling, now=NOW)

    world.insert(*(parcel(number, number // 3) for number in range(3, 103)))
    lines: list[str] = []
    assert pull(invoke, problem, "warehouse", lines.append) >= 100
    assert {line.rpartition(" ")[2] for line in lines} == world.landed().keys()
    assert len(lines) > 3
    lines.clear()
    assert pull(invoke, problem, "warehouse", lines.append) == 0 and lines == ["Nothing is new."]


@pytest.mark.parametrize(("name", "told"), [("ftp", "has no source"), ("scans", "is a stream")])
def test_a_pull_by_command_says_which_sources_there_are(world: World, name: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as caught:
        pull(lambda *_: None, world.pulling.problems["parcels"], name, print)
    assert caught.value.remedy == "Name one of api, warehouse"
