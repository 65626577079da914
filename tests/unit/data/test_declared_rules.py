"""The declared rules are what a Pandera schema of the same columns would find."""

from __future__ import annotations

from typing import Any

import pandera.polars as pa
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.data.contracts import failures
from ghosteam.data.convert import TYPES
from ghosteam.data.declared_rules import DeclaredRules
from ghosteam.problem.datasets import Dataset

COLUMNS: dict[str, Any] = {
    "a": {"type": "integer", "min": 1.5, "max": 2**53 - 1},
    "b": {"type": "number", "min": -0.5, "nullable": True},
    "c": {"type": "string", "values": ["x", "", "NA"], "nullable": True},
    "d": "timestamp",
    "e": "boolean?",
}
DATASET = Dataset.model_validate({"role": "events", "columns": COLUMNS})
SCHEMA = pa.DataFrameSchema(
    {
        "a": pa.Column(
            pl.Int64,
            [
                pa.Check.ge(1.5, error="at least 1.5", description="Give 1.5 or more"),
                pa.Check.le(
                    2**53 - 1, error="at most 9.0072e+15", description="Give 9.0072e+15 or less"
                ),
            ],
        ),
        "b": pa.Column(
            pl.Float64,
            pa.Check.ge(-0.5, error="at least -0.5", description="Give -0.5 or more"),
            nullable=True,
        ),
        "c": pa.Column(
            pl.String,
            pa.Check.isin(
                ["x", "", "NA"], error="one of x, , NA", description="Use one of x, , NA"
            ),
            nullable=True,
        ),
        "d": pa.Column(TYPES["timestamp"]),
        "e": pa.Column(pl.Boolean, nullable=True),
    }
)
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-3, 3) | st.just(2**62),
        st.none() | st.floats(-2, 2),
        st.none() | st.sampled_from(["x", "y", "", "NA"]),
        st.none() | st.datetimes(),
        st.none() | st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@given(ROWS)
def test_declared_rules_are_those_of_a_schema_with_the_same_columns(rows: list[Any]) -> None:
    schema = {name: TYPES[column.type] for name, column in DATASET.columns.items()}
    frame = pl.DataFrame(
        [
            pl.Series(name, [row[at] for row in rows], dtype=None if name == "d" else kind)
            for at, (name, kind) in enumerate(schema.items())
        ]
    ).with_columns(pl.col("d").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    found = [*failures(frame, [DeclaredRules(DATASET)])]
    assert found == [*failures(frame, [SCHEMA])]
