"""What converts at once is what a closer look at each cell finds."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.data.convert import TYPES, _closely, _converted
from ghosteam.problem.datasets import Dataset

NUMBERS = (
    "0", "1", "-1", "+7", "007", "5.0", "5.5", "1e3", "1E3", "1e400", "inf", "-inf", "nan", "NaN",
    "-999", "-999.0", "-0999", "9007199254740993", "9223372036854775807", "9223372036854775808",
    "1_000", "1,5", " 7", "7 ", "\u20097", ".5", "5.", ".", "0x10", "٣", "1e", "", " ", "NA",
    "null",
    "1362355200", "1362355200.5", "-62135596800", "253402300800", "0000000000000001362355200",
)  # fmt: skip
WORDS = (
    "true", "True", "TRUE", "tRuE", "yes", "NO", "no", "false", "1", "0", "1.0", "2", "t", "ye s",
)  # fmt: skip
_DAYS = (
    "2013-03-10", "2013-11-03", "2013-02-29", "2012-02-29", "0001-01-01", "9999-12-31",
    "0000-01-01",
    "2013-1-01", "+013-01-01", "２０１３-01-01", "2013-07-01", "1900-01-01",
)  # fmt: skip
_CLOCKS = (
    "", "T00:00:00", " 02:30:00", "T01:30:00", "t23:59:59", "T24:00:00", "T23:59:60", "T12:00",
    "T12:0", "T1:00:00", "_12:00:00", "T12:00:00.5", "T12:00Z", "T12:00+01:00", "T12:00+0100",
)  # fmt: skip
_RESTS = (
    "", "Z", "z", " Z", ".5", ",123456", ".123456789", ".1234567890", "+01:00", "-0530", "+24:00",
    ".5+14:00", "-23:59", "+1", " ", "  Z", "ZZ", ".Z", "\n",
)  # fmt: skip
TIMES = st.builds(
    lambda day, clock, rest: day + clock + rest,
    st.sampled_from(_DAYS), st.sampled_from(_CLOCKS), st.sampled_from(_RESTS),
)  # fmt: skip
CELLS = st.lists(
    st.none()
    | st.sampled_from((*NUMBERS, *WORDS))
    | TIMES
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
    max_size=30,
)
COLUMNS: list[dict[str, Any]] = [
    {"type": "integer"},
    {"type": "number"},
    {"type": "boolean"},
    {"type": "string"},
    {"type": "timestamp"},
    {"type": "timestamp", "zone": "America/New_York"},
    {"type": "timestamp", "zone": "Europe/Lisbon", "ambiguous": "latest"},
    *({"type": "timestamp", "unit": unit} for unit in ("seconds", "milliseconds", "microseconds")),
]
MARKERS: list[list[str]] = [
    ["", "NA"],
    ["-999", "1900-01-01", "no", "2013-07-01T00:00:00Z"],
    ["1", "nan", "1362355200", "1_000"],
]


@pytest.mark.parametrize("column", COLUMNS, ids=str)
@given(cells=CELLS, markers=st.sampled_from(MARKERS))
def test_cells_that_convert_at_once_are_what_a_closer_look_finds(
    column: dict[str, Any], cells: list[str | None], markers: list[str]
) -> None:
    declared = {**column, "nullable": True, "null_values": markers}
    dataset = Dataset.model_validate({"role": "events", "columns": {"a": declared}})
    series = pl.Series("a", cells, pl.String)
    values, wrong = _converted(series, "a", dataset, None)
    expected, expected_wrong = _closely(series, "a", dataset, None)
    assert values.dtype == TYPES[column["type"]]
    assert values.to_list() == expected.to_list()
    assert wrong.to_list() == expected_wrong.to_list()
    assert values.name == "a"
