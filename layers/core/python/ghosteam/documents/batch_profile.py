"""What a batch looks like: its rows by what became of them, how good they are, its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, NotRequired

from typing_extensions import TypedDict  # pydantic reads that of typing on Python 3.12 and later

from ghosteam.documents.file_dialect import FileDialect
from ghosteam.documents.stored import Stored


class Frequent(TypedDict):
    """A frequent text, and how many rows have it."""

    value: str
    rows: int


class ColumnProfile(TypedDict):
    """The valid values of a column. Of numbers ``mean`` and ``quantiles`` by their share, of times
    ``min`` and ``max``, of booleans how many are ``true``, of texts how many are ``distinct`` and
    the most frequent ones, ``top``; nothing such where every value is null.
    """

    type: str
    rows: int
    nulls: int
    mean: NotRequired[float]
    quantiles: NotRequired[dict[str, float]]
    min: NotRequired[str]
    max: NotRequired[str]
    true: NotRequired[int]
    distinct: NotRequired[int]
    top: NotRequired[list[Frequent]]


@dataclass(frozen=True, kw_only=True)
class BatchProfile(Stored):
    """``rows`` of a batch by what became of them, as its record counts them; the measures of
    ``quality``, null of no rows; how many rows broke a rule (``broken_rules``); columns that are
    not declared (``extra_columns``); how its file was read; and each declared column. ``status``:
    what became of the batch; ``quarantine``: keys of the rows that broke the contract.

    ``untimed_rows``: valid rows of events that state an outcome and not when it was known, so that
    it counts as unknown.
    """

    kind: ClassVar[str] = "batch profile"

    problem: str
    dataset: str
    batch_id: str
    status: Literal["validated", "rejected"]
    rows: int
    valid_rows: int
    quarantined_rows: int
    duplicate_rows: int = 0
    superseded_rows: int = 0
    untimed_rows: int = 0
    quality: Mapping[str, float | None]
    broken_rules: Mapping[str, int]
    extra_columns: tuple[str, ...]
    quarantine: tuple[str, ...]
    reading: FileDialect | None = None
    columns: Mapping[str, ColumnProfile]
