"""``ghosteam features --sizes``: what a problem's online rows take, and what DynamoDB charges for
them, by version of a view.

Prices are those of tables on demand in us-east-1: compare them with your region's. Source: AWS,
pricing of DynamoDB; a write is charged by the kilobyte of the whole item, half a read by four.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from ghosteam.aws.errors import translated
from ghosteam.features.online_versions import version_in, versions_of
from ghosteam.features.views import online_table
from ghosteam.json_object import JsonObject
from ghosteam.problem.spec import Problem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

USD_GB_MONTH = 0.25
USD_WRITE, USD_READ = 0.625e-6, 0.125e-6
INDEX_BYTES = 100
"""Charged as storage for each item, beside its own bytes."""


@dataclass(frozen=True)
class Taken:
    """What some rows take: how many they are, their ``size`` in bytes, and the units that writing
    and reading each of them once would be charged.
    """

    rows: int = 0
    size: int = 0
    writes: int = 0
    reads: float = 0.0

    def __add__(self, other: Taken) -> Taken:
        return Taken(
            self.rows + other.rows,
            self.size + other.size,
            self.writes + other.writes,
            self.reads + other.reads,
        )

    @property
    def usd_month(self) -> float:
        """Of keeping them."""
        return (self.size + INDEX_BYTES * self.rows) / 1e9 * USD_GB_MONTH


def taken_by(item: JsonObject) -> Taken:
    """What one item takes: the bytes of its names and values; a number has two digits a byte."""
    size = 0
    for name, value in item.items():
        [(kind, held)] = value.items()
        told = len(held) // 2 + 2 if kind == "N" else len(_bytes(held))
        size += len(name.encode()) + told
    return Taken(1, size, ceil(size / 1024), ceil(size / 4096) / 2)


def sizes_of(client: DynamoDBClient, online_prefix: str, problem: str) -> dict[str, Taken]:
    """What each version of a view takes, by ``<view>@<version>``; goes through the whole table."""
    found: dict[str, Taken] = defaultdict(Taken)
    with translated("Going through online features"):
        pages = client.get_paginator("scan").paginate(
            TableName=online_table(online_prefix),
            FilterExpression="begins_with(entity_id, :p)",
            ExpressionAttributeValues={":p": {"S": f"{problem}."}},
        )
        for page in pages:
            for item in page["Items"]:
                found[version_in(item["entity_id"]["S"], problem)] += taken_by(dict(item))
    return dict(found)


def print_sizes(sizes: dict[str, Taken], problem: Problem, console: Console) -> None:
    """A line for each version of a view; what other models read than would be trained now is marked
    with its version.
    """
    table = Table(
        "view", "rows", "bytes a row", "MB", "$ a month", "$ a million reads", "of writes"
    )
    own = versions_of([problem])
    for version, taken in sorted(sizes.items()):
        view, _, digits = version.partition("@")
        table.add_row(
            view if version in own else f"{view} ({digits}, of another definition)",
            f"{taken.rows:,}",
            f"{taken.size / taken.rows:,.0f}",
            f"{taken.size / 1e6:,.1f}",
            f"{taken.usd_month:,.2f}",
            f"{taken.reads / taken.rows * USD_READ * 1e6:,.4g}",
            f"{taken.writes / taken.rows * USD_WRITE * 1e6:,.4g}",
        )
    console.print("\nWhat stands online, at prices of tables on demand in us-east-1:")
    console.print(table)


def _bytes(held: object) -> bytes:
    """A text or binary value as it is stored; of a map of earlier releases about as many."""
    return held if isinstance(held, bytes) else str(held).encode()
