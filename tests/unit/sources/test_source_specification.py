"""What problem.yaml may say about sources."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.documents.watermark import mark_text
from ghosteam.errors import InvalidInput
from ghosteam.problem.sources import HttpSource, parse_mark
from tests.builders import flights_problem
from tests.unit.sources.builders import YAML, parcels_problem


def test_the_demo_problem_has_no_sources() -> None:
    assert not flights_problem().sources


def test_sources_of_each_kind_are_read() -> None:
    sources = parcels_problem().sources
    assert {name: source.kind for name, source in sources.items()} == {
        "api": "http",
        "warehouse": "sql",
        "scans": "stream",
    }
    assert sources["api"].cursor.start == datetime(2024, 1, 1, tzinfo=UTC)
    assert (sources["api"].every, sources["warehouse"].cursor.start) == (timedelta(hours=1), 0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("url: https://api", "url: http://api", "url must be https://"),
        ("url: https://api", "url: https://me:secret@api", "without a user name"),
        ("rows: data.items", "rows: ''", "next needs 'rows'"),
        ("every: 1h", "every: 90s", "whole minutes"),
        ("every: 1h", "", "one of 'every', such as 1h, and 'cron'"),
        ("every: 1h", 'every: 1h\n    cron: "30 6 ? * MON-FRI *"', "one of 'every'"),
        ("every: 1h", 'cron: "0 6 * * *"', "has 5 fields, and a cron has six; write minutes"),
        ("changed > :watermark", "changed > now()", "must hold :watermark"),
        ("changed > :watermark", "changed::watermark", "must hold :watermark"),
        ("changed > :watermark", "changed > :watermark; DROP TABLE parcels", "one statement"),
        ("start: 0}", "start: 0, overlap: 5m}", "overlap needs a cursor that is a time"),
        ("start: 0}", "start: yesterday}", "is no start"),
        ("start: 0}", "start: true}", "is no start"),
        ("secret: ghosteam/api", "secret: 's3cret value'", "not the name of a secret"),
        (
            "kind: stream, dataset: parcels",
            "kind: stream, dataset: letters",
            "data sets are parcels",
        ),
        (
            "kind: stream, dataset: parcels",
            "kind: queue, dataset: parcels",
            "http, sql, stream",
        ),
        (
            "kind: stream, dataset: parcels",
            "kind: stream, dataset: parcels, every: 10m",
            "at most 5m",
        ),
        (
            "kind: stream, dataset: parcels",
            "kind: stream, dataset: parcels, keep: 2h",
            "between 1d and 365d",
        ),
    ],
)
def test_a_mistake_in_a_source_is_named_with_its_remedy(old: str, new: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parcels_problem((old, new))
    assert message in str(caught.value)
    assert caught.value.where["file"] == "parcels/problem.yaml" and caught.value.remedy


def test_a_cron_stands_in_the_place_of_every_and_a_mistake_in_it_has_its_line() -> None:
    source = parcels_problem(("every: 1h", 'cron: "30  6 ? * mon-fri *"')).sources["api"]
    assert isinstance(source, HttpSource)
    assert (source.every, source.cron) == (None, "30 6 ? * mon-fri *")
    assert source.longest_wait == timedelta(days=3)
    with pytest.raises(InvalidInput) as caught:
        parcels_problem(("every: 1h", 'cron: "60 6 ? * MON-FRI *"'))
    line = next(n for n, one in enumerate(YAML.splitlines(), 1) if "every: 1h" in one)
    assert caught.value.where == {
        "file": "parcels/problem.yaml",
        "line": line,
        "field": "sources.api.cron",
    }
    assert "'60' cannot be the minutes of a cron" in str(caught.value)
    assert "write numbers from 0 to 59" in f"{caught.value}{caught.value.remedy}"


@pytest.mark.parametrize(
    ("value", "mark"),
    [
        ("2024-03-01T12:00:00+02:00", datetime(2024, 3, 1, 10, tzinfo=UTC)),
        ("2024-03-01 12:00:00", datetime(2024, 3, 1, 12, tzinfo=UTC)),
        (date(2024, 3, 1), datetime(2024, 3, 1, tzinfo=UTC)),
        ("soon", None),
        (5, None),
        (None, None),
    ],
)
def test_a_time_of_any_zone_becomes_utc(value: object, mark: datetime | None) -> None:
    assert parse_mark(value, datetime(2024, 1, 1, tzinfo=UTC)) == mark


@pytest.mark.parametrize(
    ("value", "mark"),
    [(7, 7), ("7", 7), (" -7 ", -7), (True, None), ("7.5", None), (7.0, None), ("", None)],
)
def test_a_number_is_a_whole_number_or_its_text(value: object, mark: int | None) -> None:
    assert parse_mark(value, 0) == mark


@given(st.integers(-(10**29), 10**29) | st.datetimes(timezones=st.just(UTC)))
def test_a_mark_survives_being_written_and_read(mark: int | datetime) -> None:
    assert parse_mark(mark_text(mark), mark) == mark
