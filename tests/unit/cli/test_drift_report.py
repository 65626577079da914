"""The page of a window says what the verdict says, and where Evidently's is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from cli.drift_report.page import drift_page
from cli.drift_report.read import WindowOnRecord, read_window
from ghosteam.documents import state_keys
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.errors import NotFound
from tests import documents
from tests.documents import DAY
from tests.pages import Reader
from tests.unit.cli.why_documents import TEMP

SUSTAINED = documents.drift_verdict(
    2,
    "2",
    drifted=True,
    sustained=True,
    share=0.5,
    drifted_features=("temp", "wind"),
    sustained_features=("temp",),
    features=(TEMP, replace(TEMP, name="<b>wind</b>", drifted=False, p=0.0)),
    passed_over={"month": "it is the month of the event's time"},
)
BEFORE = [documents.drift_verdict(day, "2") for day in range(2)]


def text(verdict: DriftVerdict, **more: Any) -> str:
    return " ".join(
        Reader(drift_page(WindowOnRecord(problem="trains", verdict=verdict, **more))).text.split()
    )


def test_problem_window_model_and_verdict_stand_first() -> None:
    page = text(SUSTAINED)
    head = page[: page.index("What drifted")]
    assert "Drift of trains" in head and "version 2" in head
    assert f"{SUSTAINED.window_start:%Y-%m-%d %H:%M} to {SUSTAINED.window_end:%Y-%m-%d}" in head
    assert "Verdict: sustained drift of temp." in head and "500" in head and "50%" in head
    assert "what the model learned from" in head


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (documents.drift_verdict(), "Verdict: no drift."),
        (replace(SUSTAINED, sustained=False), "Verdict: drift of temp, wind. It is not sustained"),
        (documents.drift_verdict(undetermined="12 rows are too few"), "undetermined. 12 rows"),
    ],
)
def test_each_verdict_is_said_in_its_words(verdict: DriftVerdict, said: str) -> None:
    assert said in text(verdict)
    assert "sustained drift" not in text(verdict)


def test_what_it_is_made_of_is_told_in_the_features_units_and_is_no_html() -> None:
    page = text(SUSTAINED, before=BEFORE)
    assert TEMP.told and TEMP.told in page and "31%" in page and "over a million" in page
    assert "<b>wind</b>" in page and "month" in page
    assert page.index("What did not") < page.index("<b>wind</b>") < page.index("The windows before")


def test_features_that_the_verdict_leaves_out_are_counted() -> None:
    many = replace(SUSTAINED, left_out=1_900, drifted_features=("temp", "dew"))
    assert "1,900 more were looked at, and 1 of them drifted." in text(many)
    assert "more were looked at" not in text(SUSTAINED)


def test_a_reference_that_could_not_be_had_is_told() -> None:
    page = text(replace(SUSTAINED, reference="seasonal", fell_back="the log holds 0 windows"))
    assert "what the model learned from. the log holds 0 windows" in page


def loop(verdicts: Sequence[DriftVerdict], pages: Sequence[str] = ()) -> Any:
    """What a problem's loop is asked for."""
    listed = [SimpleNamespace(key=key) for key in pages]
    return SimpleNamespace(
        problem="trains",
        connection=SimpleNamespace(names={"artifact_bucket": "artifacts"}),
        artifacts=SimpleNamespace(list=lambda prefix: [o for o in listed if prefix in o.key]),
        document=lambda _: None,
        documents=lambda key: list(verdicts) if key is state_keys.DRIFT_VERDICTS else [],
    )


def test_the_newest_window_is_read_or_the_one_that_is_named() -> None:
    end = f"{SUSTAINED.window_end:%Y%m%dT%H%M%SZ}"
    page = f"reports/trains/drift/{end}/evidently.html"
    found = read_window(loop([*BEFORE, SUSTAINED], [page, page.replace(".html", ".json")]), None)
    assert (found.verdict, list(found.before)) == (SUSTAINED, BEFORE)
    assert found.evidently == f"s3://artifacts/{page}"
    assert "the verdict is the one on this page" in text(SUSTAINED, evidently=found.evidently)
    older = read_window(loop([*BEFORE, SUSTAINED]), DAY)
    assert (older.verdict, list(older.before), older.evidently) == (BEFORE[0], [], None)


def test_a_window_that_nobody_judged_is_not_there() -> None:
    with pytest.raises(NotFound, match="No window of trains was judged yet"):
        read_window(loop([]), None)
    with pytest.raises(NotFound, match="ends then"):
        read_window(loop(BEFORE), SUSTAINED.window_end)
