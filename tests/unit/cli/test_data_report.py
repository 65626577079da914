"""A data report says what landed, in pages that neither run nor fetch anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from typer.testing import CliRunner

import cli.connection
from cli.app import app
from cli.connection import Connection
from cli.data_report.changes import changes
from cli.data_report.html import element, page, table
from ghosteam.data.profile import profile_column
from ghosteam.documents import keys
from ghosteam.documents.batch_profile import BatchProfile
from ghosteam.problem.datasets import Column
from tests import documents
from tests.accounts import CREDENTIALS
from tests.builders import csv_bytes, flights
from tests.pages import Reader
from tests.unit.cli.quarantine_world import Deployment

ATTACK = "<script>alert('1')</script>\"&amp;"


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        monkeypatch.setattr(cli.connection, "connect", Connection)
        yield Deployment()


def report(folder: Path, *more: str) -> tuple[int, dict[str, Reader]]:
    arguments = ["report", "data", "flights", "--to", str(folder), "-e", "dev", *more]
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, {one.name: Reader(one.read_text()) for one in folder.glob("*.html")}


def test_each_data_set_and_batch_has_a_page(deployment: Deployment, tmp_path: Path) -> None:
    rows = flights(40)
    deployment.land("flights/flights/march.csv", csv_bytes(rows))
    for number, one in enumerate(rows):
        one["flight"] = str(int(one["flight"]) + 9000)
        one["origin"] = "Newark" if number in (3, 4) else "JFK"
    rows[7]["dep_delay"] = ATTACK
    deployment.land("flights/flights/april <b>.csv", csv_bytes(rows))
    deployment.land("flights/flights/broken.csv", b"\xff\xfe\x00")
    code, pages = report(tmp_path)
    assert code == 0
    assert {"index.html", "flights.html"} < pages.keys()
    records = {r.source.key: r for r in deployment.ledger.all("flights", "flights")}
    april = records["flights/flights/april <b>.csv"]
    told = pages[f"flights-{april.batch_id[:12]}.html"].text
    assert "april <b>.csv" in told
    assert re.search(r"origin: one of EWR, JFK, LGA\s+2\b", told)
    assert "'JFK' is 100.0% of the values" in told or "values that are gone: 'EWR'" in told
    assert "Since flights/flights/march.csv" in told
    assert "2 in quarantine" in pages["flights.html"].text or "3 in quarantine" in (
        pages["flights.html"].text
    )
    broken = records["flights/flights/broken.csv"]
    refused = pages[f"flights-{broken.batch_id[:12]}.html"].text
    assert "Refused:" in refused
    assert not [name for one in pages.values() for name in one.names if name in ("script", "b")]


def test_what_a_suite_said_stands_in_the_batchs_page_with_its_data_docs(
    deployment: Deployment, tmp_path: Path
) -> None:
    deployment.land("flights/flights/march.csv", csv_bytes(flights(20)))
    [record] = deployment.ledger.all("flights", "flights")
    name = f"flights-{record.batch_id[:12]}"
    _, pages = report(tmp_path)
    assert "Expectations" not in pages[f"{name}.html"].text
    line = f"expect_column_to_exist of age: {ATTACK}"
    known = {"batch_id": record.batch_id, "failed": (line,)}
    folder = keys.of_expectations("flights", "flights", record.batch_id)
    result = documents.expectations(revision=record.revision, **known)
    deployment.artifacts.put(f"{folder}{keys.DATA_DOCS}", b"<p>docs</p>")
    deployment.artifacts.put_json(f"{folder}{keys.EXPECTATIONS_RESULT}", result.to_json())
    _, pages = report(tmp_path)
    told = pages[f"{name}.html"].text
    assert "1 of 3 expectations are not met, says Great Expectations 1.24.1" in told
    assert line in told
    assert (tmp_path / f"{name}-data-docs.html").read_text() == "<p>docs</p>"
    assert f'href="{name}-data-docs.html"' in (tmp_path / f"{name}.html").read_text()
    older = documents.expectations(revision="another", **known)
    deployment.artifacts.put_json(f"{folder}{keys.EXPECTATIONS_RESULT}", older.to_json())
    _, pages = report(tmp_path)
    assert "Expectations" not in pages[f"{name}.html"].text


def test_a_data_set_that_is_not_there_is_told(deployment: Deployment, tmp_path: Path) -> None:
    code, pages = report(tmp_path, "--dataset", "flihgts")
    assert (code, pages) == (1, {})
    code, pages = report(tmp_path)
    assert (code, [*pages]) == (0, ["index.html"])


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_whatever_is_written_into_a_page_is_text(text: str) -> None:
    document = page(text, table([text], [element("tr", element("td", text, href=text))]))
    found = Reader(document)
    assert found.names.count("td") == 1
    assert text.strip() in found.text
    assert "default-src 'none'" in document


def profile(**columns: tuple[str, list[Any]]) -> BatchProfile:
    return documents.batch_profile(
        columns={
            name: profile_column(
                pl.Series(name, values),
                Column(type=kind),  # type: ignore[arg-type]
            )
            for name, (kind, values) in columns.items()
        }
    )


def test_what_is_other_is_told_and_nothing_else() -> None:
    before = profile(
        a=("number", [1.0, 2.0, 3.0, 4.0]), b=("string", ["x", "y", "x", "y"]),
        c=("boolean", [True, False]), d=("integer", [1, 2]), e=("string", ["k"]),
    )  # fmt: skip
    now = profile(
        a=("number", [11.0, 12.0, None, 14.0]), b=("string", ["x", "z", "x", "x"]),
        c=("boolean", [True, True]), d=("string", ["1"]), f=("string", ["k"]),
    )  # fmt: skip
    assert changes(before, before) == {}
    found = changes(before, now)
    assert found[None] == ["the column e is declared no more"]
    assert found["a"] == [
        "null in 25.0% of the rows, 0.0% before",
        "the middle is 12, 2.5 before",
        "the greatest is 14, 4 before",
    ]
    assert found["b"] == [
        "new values: 'z'", "values that are gone: 'y'", "'x' is 75.0% of the values, 50.0% before"
    ]  # fmt: skip
    assert found["c"] == ["true in 100.0%, 50.0% before"]
    assert found["d"] == ["the type was integer"]
    assert found["f"] == ["the column is new"]


@pytest.mark.parametrize("values", [[], [None], [float("-1.7e308"), 1.7e308]])
def test_profiles_of_nothing_and_of_everything_are_compared(values: list[Any]) -> None:
    usual = profile(a=("number", [1.0, 2.0]))
    odd = profile(a=("number", values) if values else ("number", [None]))
    assert changes(usual, odd) or not values
    assert changes(odd, odd) == {}
    assert isinstance(changes(odd, usual), dict)
