"""A fault of the content refuses the batch, on record; a fault of the machine or of ours does
not.
"""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl
import pytest

from ghosteam.data.contracts import check_contracts, load_contract
from ghosteam.data.faults import faults_of_content
from ghosteam.data.profile import profile_column
from ghosteam.errors import Defect, InvalidInput, Transient
from ghosteam.problem.datasets import Column
from ghosteam.problem.load import load_problem


class Panic(BaseException):
    """As native code panics."""


@pytest.mark.parametrize(
    "error", [Panic("index out of bounds"), ValueError("odd"), pl.exceptions.ComputeError("no")]
)
def test_a_fault_of_the_content_is_invalid_input_that_says_what_happened(
    error: BaseException,
) -> None:
    told = f"Reading failed: {type(error).__name__}: {error}"
    with (
        pytest.raises(InvalidInput, match=told) as caught,
        faults_of_content("Reading", key="a.csv"),
    ):
        raise error
    assert caught.value.where == {"key": "a.csv"}
    assert caught.value.remedy


@pytest.mark.parametrize(
    "error", [OSError("disk full"), MemoryError(), Transient("busy"), Defect("ours"), SystemExit(1)]
)
def test_what_the_content_is_not_to_blame_for_passes(error: BaseException) -> None:
    with pytest.raises(type(error)), faults_of_content("Reading"):
        raise error


@pytest.mark.parametrize(
    ("source", "told", "line"),
    [
        ("import pandera.polars as pa\nraise RuntimeError('boom')\n", "RuntimeError: boom", 2),
        ("\nimport package_that_is_not_there\n", "ModuleNotFoundError", 2),
        ("class Flights(\n", "SyntaxError", 1),
        ("import sys\nsys.exit(3)\n", "SystemExit", 2),
        ("Flights = 1\n", "no pandera.polars.DataFrameModel", None),
    ],
)
def test_a_contract_that_cannot_be_loaded_is_a_defect_with_its_line(
    tmp_path: Path, source: str, told: str, line: int | None
) -> None:
    (tmp_path / "contract.py").write_text(source)
    with pytest.raises(Defect, match=told) as caught:
        load_contract(tmp_path, "contract.Flights")
    assert caught.value.where.get("line") == line
    assert caught.value.where["file"] == "contract.py"


@pytest.mark.parametrize(
    "reference", ["../x.Flights", "/etc/x.Flights", "missing.Flights", "Flights"]
)
def test_a_contract_outside_the_problems_folder_is_no_contract(
    tmp_path: Path, reference: str
) -> None:
    with pytest.raises(Defect, match="module does not exist"):
        load_contract(tmp_path / "flights", reference)


def test_every_contract_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    root = Path(__file__).parents[3] / "feature_repo"
    problem = load_problem(root / "flights", environment="local")
    assert check_contracts({"flights": problem}, root) == []
    (tmp_path / "flights").mkdir()
    [error, *_] = check_contracts({"flights": problem}, tmp_path)
    assert error.where["folder"] == "flights"


@pytest.mark.parametrize(
    ("body", "says", "line"),
    [
        ("    class Config:\n        unique = ['flight', 'time_hour']\n", "'unique'", 4),
        ("    flight: int\n    class Config:\n        strict = True\n", "declares: year", 5),
        ("    x: int\n", "No declared column is called x", 3),
        ("    late: int = pa.Field(alias='.*_late', regex=True)\n", "called .*_late", 2),
        ("    flight: str\n", "flight is declared as integer", 3),
        ("    flight: int\n    day: int\n    class Config:\n        ordered = True\n", "order", 6),
    ],
)
def test_what_a_contract_asks_of_a_table_is_told_at_its_line(
    tmp_path: Path, body: str, says: str, line: int
) -> None:
    root = Path(__file__).parents[3] / "feature_repo"
    problem = load_problem(root / "flights", environment="local")
    (tmp_path / "flights").mkdir()
    text = f"import pandera.polars as pa\nclass Flights(pa.DataFrameModel):\n{body}"
    (tmp_path / "flights" / "contract.py").write_text(text)
    [error] = check_contracts({"flights": problem}, tmp_path)
    assert says in error.message and error.remedy
    assert (error.where["file"], error.where["line"]) == ("contract.py", line)


@pytest.mark.parametrize(
    "body",
    [
        "    flight: int = pa.Field(ge=1)\n    class Config:\n        coerce = True\n",
        "    delay: float = pa.Field(alias='.*_delay', regex=True, nullable=True)\n",
        "    class Config:\n        strict = 'filter'\n    flight: int\n",
        "    @pa.dataframe_check\n    def some(cls, data):\n"
        "        return data.lazyframe.select(pl.len() > 0)\n",
    ],
)
def test_what_can_be_asked_of_rows_is_no_fault(tmp_path: Path, body: str) -> None:
    root = Path(__file__).parents[3] / "feature_repo"
    problem = load_problem(root / "flights", environment="local")
    (tmp_path / "flights").mkdir()
    imports = "import polars as pl\nimport pandera.polars as pa\n"
    text = f"{imports}class Flights(pa.DataFrameModel):\n{body}"
    (tmp_path / "flights" / "contract.py").write_text(text)
    assert check_contracts({"flights": problem}, tmp_path) == []


@pytest.mark.parametrize(
    "values", [[1e308, 1e308], [1.7e308, -1.7e308], [1.7e308, 1.7e308, 1.0], [-1.7e308] * 3]
)
def test_the_profile_of_the_largest_numbers_stays_finite(values: list[float]) -> None:
    found = profile_column(pl.Series("x", values), Column(type="number"))
    assert found["mean"] == pytest.approx(math.fsum(value / len(values) for value in values))
    assert all(min(values) <= quantile <= max(values) for quantile in found["quantiles"].values())
