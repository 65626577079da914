"""Files land where the loop takes them, each at its data set."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from cli.connection import Connection
from cli.drop import Dropped, drop_files
from ghosteam.errors import InvalidInput
from ghosteam.problem.load import parse_problem
from tests.accounts import memory_account

PROBLEM = parse_problem(
    """
version: 1
problem: orders
task: binary
entities: {order: [row_id]}
event_time: none
target: {name: late, expr: late}
datasets:
  orders:
    role: events
    id: [row_id]
    columns:
      row_id: {type: string, made_of: content}
      city: string
      price: {type: number, from: Preis}
      late: "boolean?"
  cities: {key: [city], static: true, columns: {city: string, size: integer, note: "string?"}}
exclude: [late]
features: {request: [price], join: [cities.size]}
"""
)
ORDERS = "city;Preis;late\nRom;1,5;true\nBonn;2,0;false\n"


@pytest.fixture
def connection() -> Iterator[Connection]:
    with memory_account():
        boto3.client("s3").create_bucket(Bucket="landing")
        found = Connection("dev")
        found.__dict__["names"] = {"landing_bucket": "landing"}
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "orders"
    folder.mkdir()
    return folder


def dropped(
    connection: Connection,
    folder: Path,
    files: dict[str, str | bytes],
    dataset: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[Dropped]:
    for name, content in files.items():
        path = folder.parent / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return drop_files(
        connection,
        PROBLEM,
        folder,
        [folder.parent / "data"],
        scratch=folder.parent / "scratch",
        dataset=dataset,
        say=say,
    )


def landed() -> dict[str, bytes]:
    s3 = boto3.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="landing").get("Contents", [])]
    return {key: s3.get_object(Bucket="landing", Key=key)["Body"].read() for key in keys}


def test_files_go_as_they_are_to_the_data_set_whose_columns_they_have(
    connection: Connection, folder: Path
) -> None:
    orders, told = ORDERS.encode("utf-16"), list[str]()
    found = dropped(
        connection, folder, {"may.csv": orders, "towns.csv": "city,size\nRom,3\n"}, say=told.append
    )
    assert {one.landing.source.name: one.dataset for one in found} == {
        "may.csv": "orders",
        "towns.csv": "cities",
    }
    assert landed() == {
        "orders/cities/towns.csv": b"city,size\nRom,3\n",
        "orders/orders/may.csv": orders,
    }
    assert len(told) == 2


@pytest.mark.parametrize(
    ("name", "content", "lands", "as_", "says"),
    [
        ("may.txt", ORDERS, "may.csv", ORDERS, "does not say that it is CSV"),
        ("may.json", '{"city": "Rom", "Preis": 1}\n' * 2, "may.jsonl", None, "holds JSON lines"),
        (
            "may.json",
            '[{"city": "Rom", "Preis": 1.50}, {"city": "Zü"}]',
            "may.jsonl",
            '{"city": "Rom", "Preis": 1.5}\n{"city": "Zü"}\n',
            "its objects",
        ),
        (
            "may.txt.gz",
            gzip.compress(ORDERS.encode(), mtime=0),
            "may.csv.gz",
            None,
            "does not say",
        ),
    ],
)
def test_only_what_the_loop_cannot_read_lands_otherwise_and_that_is_said(
    connection: Connection,
    folder: Path,
    name: str,
    content: str | bytes,
    lands: str,
    as_: str | None,
    says: str,
) -> None:
    told = list[str]()
    dropped(connection, folder, {name: content}, say=told.append)
    expected = content if as_ is None else as_
    body = expected if isinstance(expected, bytes) else expected.encode()
    assert landed() == {f"orders/orders/{lands}": body}
    assert says in told[1]


def test_a_folder_of_before_says_what_to_do(connection: Connection, folder: Path) -> None:
    (folder / "files.json").write_text("{}")
    with pytest.raises(InvalidInput, match="is read no more") as refused:
        dropped(connection, folder, {"may.csv": ORDERS})
    assert "init orders … --force" in refused.value.remedy and not landed()


def test_two_files_of_one_name_are_two_objects(connection: Connection, folder: Path) -> None:
    dropped(connection, folder, {"a/may.csv": ORDERS, "b/may.csv": ORDERS})
    assert landed().keys() == {"orders/orders/a/may.csv", "orders/orders/b/may.csv"}


def test_nothing_lands_when_one_file_belongs_nowhere(connection: Connection, folder: Path) -> None:
    with pytest.raises(InvalidInput, match="columns of no data set") as refused:
        dropped(connection, folder, {"a.csv": ORDERS, "b.csv": "x,y\n1,2\n"})
    assert "needs" in refused.value.message and refused.value.where["file"] == "b.csv"
    assert not landed()


def test_the_data_set_may_be_named(connection: Connection, folder: Path) -> None:
    dropped(connection, folder, {"a.csv": "town,size\nRom,3\n"}, dataset="cities")
    assert landed().keys() == {"orders/cities/a.csv"}
    with pytest.raises(InvalidInput, match="no data set 'towns'"):
        dropped(connection, folder, {}, dataset="towns")
