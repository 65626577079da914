"""Processing job: a suite of Great Expectations looks at the valid rows of a batch, beside the
contract. What it says is told and shown; no row is let in or kept out for it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import polars as pl

from ghosteam.aws.wiring import Wiring
from ghosteam.data.expectations import columns_of, suite_path
from ghosteam.documents import batch_events, keys
from ghosteam.documents.expectations_result import ExpectationsResult
from ghosteam.errors import Defect
from ghosteam.json_object import JsonObject
from ghosteam.problem.load import find_problem
from ghosteam.runtime.problems import deployed_problems, repository
from ghosteam.runtime.settings import ExpectationsSettings

_HEAD = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src '
    "'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
    "<style>body{font:15px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "nav,.card,.modal,footer{display:none}table{border-collapse:collapse;width:100%}"
    "th,td{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:left}"
    ".text-success::before{content:'✓'}.text-danger::before{content:'✗'}</style>"
)
"""The page fetches and runs nothing; this stands for the style sheets that it would fetch."""


_LONGEST = 100
"""Letters of what was found: it may be a set of many values."""

_REMEDY = "Fix the file and deploy again"


@dataclass(frozen=True)
class SuiteResult:
    """What a suite said: a line for each expectation that is not met, of how many, by which version
    of the library, and as a page.
    """

    failed: tuple[str, ...]
    expectations: int
    library: str
    page: str


def main(base: Path, arguments: Sequence[str]) -> None:
    """Writes ``data_docs.html`` and ``result.json``, and publishes ``ExpectationsNotMet`` if so.

    Raises:
        Defect: the library is not installed, or refuses the suite.
    """
    options = _options(arguments)
    aws = Wiring(ExpectationsSettings, boto3.client)
    artifacts, bus = aws.artifacts, aws.bus  # a setting that lacks is told before minutes of work
    dataset = find_problem(deployed_problems(), options.problem).datasets[options.dataset]
    file = suite_path(Path(options.problem), options.dataset)
    stored, suite = _read(repository() / file, file)
    parts = sorted((base / "processing" / "input" / "rows").glob("*.parquet"))
    rows = pl.concat([pl.read_parquet(part) for part in parts]).select(*dataset.columns)
    private = {name for name, column in dataset.columns.items() if column.private}
    said = judge(suite, rows, private=private, file=str(file))
    result = ExpectationsResult(
        problem=options.problem,
        dataset=options.dataset,
        batch_id=options.batch_id,
        revision=options.revision,
        suite=hashlib.sha256(stored).hexdigest(),
        library=said.library,
        rows=rows.height,
        expectations=said.expectations,
        failed=said.failed,
        at=datetime.now(UTC),
    )
    folder = keys.of_expectations(options.problem, options.dataset, options.batch_id)
    artifacts.put(f"{folder}{keys.DATA_DOCS}", said.page.encode(), content_type="text/html")
    artifacts.put_json(f"{folder}{keys.EXPECTATIONS_RESULT}", result.to_json())
    if not result.met:
        bus.publish(batch_events.expectations_not_met(result))
    print(result.told, flush=True)


def _read(path: Path, file: Path) -> tuple[bytes, JsonObject]:
    """A suite's bytes and what they say; a deployment has looked at its form."""
    try:
        stored = path.read_bytes()
        return stored, json.loads(stored)
    except (OSError, ValueError) as error:
        raise Defect(
            f"The suite cannot be read: {error}", where={"file": file}, remedy=_REMEDY
        ) from error


def judge(suite: JsonObject, rows: pl.DataFrame, *, private: Set[str], file: str) -> SuiteResult:
    """Run the suite of ``file``. The library is asked to count rows without keeping any: of their
    values lines and page hold what an expectation is about, such as a greatest one, and of one
    about ``private`` columns only whether it is met.
    """
    # Before the import: the library would report its use over the network.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    try:
        import great_expectations as gx
        from great_expectations.exceptions import GreatExpectationsError
    except ImportError as error:
        raise Defect(
            "Great Expectations is not installed where jobs run",
            remedy="Build the image's target 'expectations'; on this machine ./ghosteam installs "
            "it when a problem has a suite",
        ) from error
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResultSchema,
    )
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("lake").add_dataframe_asset("batch")
    batch = asset.add_batch_definition_whole_dataframe("rows").get_batch(
        {"dataframe": rows.to_pandas()}
    )
    try:
        named = str(suite.get("name") or "suite")
        asked = gx.ExpectationSuite(name=named, expectations=suite["expectations"])
    except (GreatExpectationsError, ValueError) as error:
        raise Defect(
            f"Great Expectations refuses the suite: {error}", where={"file": file}, remedy=_REMEDY
        ) from error
    found = batch.validate(
        asked, result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0}
    )
    for one in found.results:
        if not private.isdisjoint(columns_of(one.expectation_config.to_json_dict())):
            one.result, one.exception_info = {}, {}
    # As stored and read again: its page cannot write numbers of numpy.
    stored = json.dumps(found.to_json_dict())
    plain = ExpectationSuiteValidationResultSchema().load(json.loads(stored))
    page = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(plain))
    before, head, after = page.partition("<head>")
    if not head:
        raise Defect("The data docs have no head", remedy="Use the pinned version of the library")
    return SuiteResult(
        tuple(_line(one.to_json_dict()) for one in found.results if not one.success),
        len(found.results),
        gx.__version__,
        f"{before}{head}{_HEAD}{after}",
    )


def _line(one: JsonObject) -> str:
    asked, result = one["expectation_config"], one["result"]
    columns = ", ".join(columns_of(asked))
    what = f"{asked['type']} of {columns}" if columns else str(asked["type"])
    return ": ".join([what, *_why(result, one.get("exception_info") or {})])


def _why(result: JsonObject, raised: JsonObject) -> Iterator[str]:
    if "unexpected_count" in result:
        yield f"{result['unexpected_count']:,} of {result['element_count']:,} rows"
    elif "observed_value" in result:
        yield f"found {str(result['observed_value'])[:_LONGEST]}"
    # One of a whole expectation, or one a metric.
    told: Any = [raised] if "raised_exception" in raised else raised.values()
    yield from {str(error["exception_message"]) for error in told if error.get("raised_exception")}


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="check_expectations", description=__doc__)
    parser.add_argument("--problem", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--batch-id", required=True)
    parser.add_argument("--revision", required=True, help="of the batch's valid rows")
    return parser.parse_args(arguments)
