"""Files land where the loop takes them, each at its data set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from cli.connection import Connection
from cli.drop import Dropped, drop_files
from cli.files.recipe import Recipe, write_recipes
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
    columns: {row_id: string, city: string, price: number, late: "boolean?"}
  cities: {key: [city], static: true, columns: {city: string, size: integer, note: "string?"}}
exclude: [late]
features: {request: [price], join: [cities.size]}
"""
)
ORDERS = "city;price;late\nRom;1,5;true\nBonn;2,0;false\n"


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
    recipe = Recipe(numbers={"price": "decimal comma"}, row_id="row_id")
    write_recipes(folder, {"orders": recipe})
    return folder


def dropped(
    connection: Connection, folder: Path, files: dict[str, str], dataset: str | None = None
) -> list[Dropped]:
    for name, content in files.items():
        path = folder.parent / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return drop_files(
        connection,
        PROBLEM,
        folder,
        [folder.parent / "data"],
        scratch=folder.parent / "scratch",
        dataset=dataset,
        say=lambda _: None,
    )


def landed() -> dict[str, str]:
    s3 = boto3.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="landing").get("Contents", [])]
    return {key: s3.get_object(Bucket="landing", Key=key)["Body"].read().decode() for key in keys}


def test_files_go_to_the_data_set_whose_columns_they_have(
    connection: Connection, folder: Path
) -> None:
    found = dropped(connection, folder, {"may.csv": ORDERS, "towns.csv": "city,size\nRom,3\n"})
    assert {one.path.name: one.dataset for one in found} == {
        "may.csv": "orders",
        "towns.csv": "cities",
    }
    bodies = landed()
    assert bodies["orders/cities/towns.csv"] == "city,size\nRom,3\n"
    lines = bodies["orders/orders/may.csv"].splitlines()
    assert lines[0] == "row_id,city,price,late" and lines[1].endswith(",Rom,1.5,true")


def test_two_files_of_one_name_are_two_objects(connection: Connection, folder: Path) -> None:
    dropped(connection, folder, {"a/may.csv": ORDERS, "b/may.csv": ORDERS})
    assert landed().keys() == {"orders/orders/a/may.csv", "orders/orders/b/may.csv"}


def test_nothing_lands_when_one_file_belongs_nowhere(connection: Connection, folder: Path) -> None:
    with pytest.raises(InvalidInput, match="columns of no data set") as refused:
        dropped(connection, folder, {"a.csv": ORDERS, "b.csv": "x,y\n1,2\n"})
    assert "needs" in refused.value.message and not landed()


def test_the_data_set_may_be_named(connection: Connection, folder: Path) -> None:
    dropped(connection, folder, {"a.csv": "town,size\nRom,3\n"}, dataset="cities")
    assert landed().keys() == {"orders/cities/a.csv"}
    with pytest.raises(InvalidInput, match="no data set 'towns'"):
        dropped(connection, folder, {}, dataset="towns")
