"""How features are served, as it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from cli.features import newest_parity, print_features, served_of
from ghosteam.documents import keys
from ghosteam.documents.parity import FeatureParity, Parity
from ghosteam.features.views import views_of
from ghosteam.problem.load import load_problem
from tests import documents
from tests.accounts import ROOT, Account, memory_account
from tests.prediction_log import deliver, prediction

NOW = datetime(2024, 5, 20, 8, tzinfo=UTC)
FLIGHTS = load_problem(ROOT / "feature_repo" / "flights")


@pytest.fixture
def account() -> Any:
    with memory_account() as made:
        yield made


def loop_of(account: Account, *runs: str) -> Any:
    return SimpleNamespace(
        problem="flights",
        specification=FLIGHTS,
        lake=account.lake,
        state=account.state,
        artifacts=account.artifacts,
        runs=[documents.run(run) for run in runs],
    )


def printed(loop: Any) -> str:
    console = Console(record=True, width=200)
    print_features(loop, console, now=NOW, length=timedelta(hours=24))
    return console.export_text()


def compare(account: Account, run: str, **served: FeatureParity) -> None:
    parity = Parity(
        served=served, served_rows=200, stored={"weather__temp": FeatureParity(50, 0, 5, 0)}
    )
    key = f"{keys.training_set('flights', run)}/summary.json"
    account.artifacts.put_json(key, documents.training_set_summary(parity=parity).to_json())


def test_ages_and_missing_rows_are_those_of_the_log(account: Account) -> None:
    for place, age in enumerate([60.0, 3600.0, None, 7200.0]):
        made_at = (NOW - timedelta(hours=1)).isoformat()
        record = prediction(
            f"p{place}", problem="flights", made_at=made_at, freshness_seconds={"weather": age}
        )
        deliver(account.lake, record, name=f"one-{place}", hour="2024/05/20/07")
    text = printed(loop_of(account))
    assert "4 predictions in the last 24 hours" in text
    line = next(line for line in text.splitlines() if "weather" in line and "timed" in line)
    assert "25.0%" in line and "1.0 h" in line and "2.0 h" in line
    assert "No run has compared yet" in text


def test_what_was_served_stands_beside_what_was_learned(account: Account) -> None:
    compare(account, "r1", weather__temp=FeatureParity(10, 10, 0, 0))
    compare(account, "r2", dest_late_7d=FeatureParity(200, 196, 2, 0))
    loop = loop_of(account, "r1", "r2", "r3")
    assert newest_parity(loop)[0] == "r2", "r3 has not compared yet"  # type: ignore[index]
    rows = {line.split()[1]: line for line in printed(loop).splitlines() if line.startswith("│")}
    late = rows["dest_late_7d"]
    assert "served" in late and "98.0%" in late and "1.0%" in late and "200" in late
    assert (
        "stored" in rows["weather__temp"]
        and "10.0%" in rows["weather__temp"]
        and "90.0%" in rows["weather__temp"]
    )
    assert "not compared" in rows["carrier"] and "request" in rows["carrier"]
    assert rows.keys() >= set(FLIGHTS.feature_names)


def test_a_log_without_ages_tells_none(account: Account) -> None:
    made_at = NOW.isoformat()
    record = prediction("p", problem="flights", made_at=made_at, freshness_seconds={})
    deliver(account.lake, record, name="one", hour="2024/05/20/07")
    assert "1 prediction in" in printed(loop_of(account))
    ages = pl.Series(dtype=pl.Struct({"weather": pl.Float64}))
    assert served_of(pl.DataFrame({"freshness_seconds": ages}), views_of(FLIGHTS)) == {}
