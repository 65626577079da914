"""What online rows take, as it is told."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pytest
from rich.console import Console

from cli.online_sizes import Taken, print_sizes, sizes_of, taken_by
from ghosteam.features.codec import StoredRow
from ghosteam.features.views import views_of
from ghosteam.problem.load import load_problem
from ghosteam.steps.online_features import write_online
from tests.accounts import ROOT, memory_account
from tests.online import create_online_table, place_of

FLIGHTS = load_problem(ROOT / "feature_repo" / "flights")
NOW = datetime(2024, 5, 20, 8, tzinfo=UTC)


def test_an_item_takes_the_bytes_of_its_names_and_values() -> None:
    item = {"entity_id": {"S": "ä"}, "expires_at": {"N": "1717200000"}, "b": {"B": b"123"}}
    assert taken_by(item) == Taken(1, 9 + 2 + 10 + 7 + 1 + 3, 1, 0.5)


@pytest.mark.parametrize(
    ("size", "writes", "reads"), [(1024, 1, 0.5), (1025, 2, 0.5), (4096, 4, 0.5), (4097, 5, 1.0)]
)
def test_units_are_charged_whole_for_each_item(size: int, writes: int, reads: float) -> None:
    assert taken_by({"v": {"S": "x" * (size - 1)}}) == Taken(1, size, writes, reads)


def test_each_view_says_its_rows_and_what_they_cost_and_other_problems_are_left_out() -> None:
    with memory_account():
        client = boto3.client("dynamodb")
        table = create_online_table(client, "on")
        [weather] = [view for view in views_of(FLIGHTS) if view.name == "weather"]
        place = place_of("on", FLIGHTS, "weather")
        keys: list[dict[str, str | int]] = [
            {"origin": origin, str(weather.period_key): 1_700_000_000} for origin in ("EWR", "JFK")
        ]
        values = dict.fromkeys(weather.names, 1.5)
        write_online(client, place, [(key, StoredRow(values, NOW)) for key in keys])
        for other in ("flights.weather@old#1", "flights2.weather@old#1"):
            client.put_item(TableName=table, Item={"entity_id": {"S": other}})
        sizes = sizes_of(client, "on", "flights")
    assert {name: taken.rows for name, taken in sizes.items()} == {
        f"weather@{weather.version}": 2,
        "weather@old": 1,
    }
    console = Console(record=True, width=200)
    print_sizes(sizes, FLIGHTS, console)
    lines = [line for line in console.export_text().splitlines() if "weather" in line]
    assert [line.split("│")[1].strip() for line in lines] == [
        "weather",
        "weather (old, of another definition)",
    ]
    assert lines[0].split("│")[2].strip() == "2" and "0.0625" in lines[0] and "0.625" in lines[0]
