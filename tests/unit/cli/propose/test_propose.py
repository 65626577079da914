"""What a problem's files offer is proposed where it helps, and what knows the outcome never is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from cli.problem_check.check import Check
from cli.propose import command
from cli.propose.command import propose_named
from cli.propose.propose import propose
from cli.propose.weigh import Proposal
from cli.propose.write import snippet, with_gains
from ghosteam.errors import InvalidInput
from ghosteam.problem.load import parse_problem

START = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2024, 7, 1, tzinfo=UTC)
ROWS = 2_400
TEXT = """\
version: 1
problem: orders
task: binary
entities: {order: [order]}
event_time: placed
target: {name: returned, expr: back, known_at: event_time + 1d}
datasets:
  orders:
    role: events
    columns: {order: integer, placed: timestamp, shop: string, buyer: integer, noise: number,
      back: "boolean?"}
  shops: {key: [shop], static: true,
    columns: {shop: string, care: number, town: string, opened: timestamp, colour: string}}
  refunds: {key: [order], static: true, columns: {order: integer, paid: number}}
  calls: {role: facts, key: [buyer], time: at, columns: {buyer: integer, at: timestamp}}
features:
  # What a caller sends.
  request: [noise]
model: {families: [linear], trials: 1, minutes: 1}
holdout: 14d
retrain: {min_train: 28d}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Orders of forty shops; those of careless shops come back. Refunds, and calls after an order,
    tell what became of it.
    """
    random = np.random.default_rng(5)
    folder = tmp_path_factory.mktemp("repo") / "orders"
    folder.mkdir()
    (folder / "problem.yaml").write_text(TEXT)
    shop = random.integers(0, 40, ROWS)
    care = random.normal(size=40)
    back = random.random(ROWS) < 1 / (1 + np.exp(-2 * care[shop]))
    placed = [START + timedelta(hours=float(h)) for h in np.sort(random.integers(0, 2_900, ROWS))]
    buyer = random.integers(0, 300, ROWS)
    data = folder / "data"
    data.mkdir()
    orders = pl.DataFrame(
        {
            "order": range(ROWS),
            "placed": placed,
            "shop": [f"s{one}" for one in shop],
            "buyer": buyer,
            "noise": random.normal(size=ROWS),
            "back": back,
        }
    )
    shops = pl.DataFrame(
        {
            "shop": [f"s{one}" for one in range(40)],
            "care": care,
            "town": random.choice(["X", "Y"], 40),
            "opened": [START] * 40,
            "colour": ["red"] * 40,
        }
    )
    refunds = pl.DataFrame({"order": range(ROWS), "paid": np.where(back, 5.0, 0.0)})
    after = [moment + timedelta(hours=3) for moment, late in zip(placed, back, strict=True) if late]
    calls = pl.DataFrame({"buyer": buyer[back], "at": after})
    for name, frame in (
        ("orders", orders),
        ("shops", shops),
        ("refunds", refunds),
        ("calls", calls),
    ):
        frame.write_parquet(data / f"{name}.parquet")
    return folder


def asked(folder: Path, *, seconds: float = 1e9, data: str = "data") -> Check:
    where = [folder / data] if data else []
    return Check(folder, "local", where, folder.parent / "scratch", NOW, seconds=seconds)


@pytest.fixture(scope="module")
def proposal(folder: Path) -> Proposal:
    return propose(asked(folder))


def test_what_makes_a_quick_model_better_is_proposed(proposal: Proposal) -> None:
    assert "shops.care" in [one.candidate.name for one in proposal.gains]
    assert all(one.better.lower > 0 for one in proposal.gains)


def test_a_column_that_was_written_down_afterwards_is_never_proposed(proposal: Proposal) -> None:
    [why] = [one.why for one in proposal.left_out if one.name == "refunds.paid"]
    assert "of the outcome by itself" in why and "write it yourself" in why


def test_facts_of_the_future_are_seen_by_no_window(proposal: Proposal) -> None:
    """Calls come after the order that comes back: before it they say nothing of it."""
    names = [one.name for one in proposal.left_out if one.name.startswith("calls_")]
    assert len(names) == 2


def test_everything_else_is_left_out_with_a_reason(proposal: Proposal) -> None:
    why = {one.name: one.why for one in proposal.left_out}
    assert why["shops.opened"] == "it is a time, and no model reads times"
    assert why["shops.colour"] == "it is the same for all events"
    assert why["windows by order"] == "most of its values come too rarely for a history"
    assert "no gain beyond chance" in why["shops.town"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("  request: [noise]\n", "  request: [noise]\n  join: [shops.town]\n"),
        ("  request: [noise]\n", "  request: [noise]\n  join:\n  - shops.town\n"),
        ("  # What a caller sends.\n  request: [noise]\n", "  {request: [noise]}\n"),
    ],
)
def test_what_is_written_is_the_problem_with_the_proposals(
    old: str, new: str, proposal: Proposal
) -> None:
    before = TEXT.replace(old, new)
    text = with_gains(before, proposal.gains)
    wanted = parse_problem(before)
    for one in proposal.gains:
        wanted = one.candidate.added_to(wanted)
    after = parse_problem(text)
    assert set(after.feature_names) == set(wanted.feature_names)
    assert set(after.features.windows) == set(wanted.features.windows)
    left = iter(text.splitlines())
    assert old or all(line in left for line in before.splitlines())
    told = snippet(proposal.gains)
    assert "- shops.care" in told and "confidence more than" in told


def test_the_command_tells_all_and_writes_on_demand(
    proposal: Proposal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "propose", lambda asked, progress: proposal)
    path = tmp_path / "feature_repo" / "orders" / "problem.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(TEXT)

    def told(*, write: bool) -> str:
        console = Console(file=StringIO(), width=200)
        propose_named("orders", [], 9, "local", console, root=tmp_path, write=write)
        assert isinstance(console.file, StringIO)
        return console.file.getvalue()

    assert "- shops.care" in told(write=False) and path.read_text() == TEXT
    assert "left out: refunds.paid" in told(write=True)
    assert "shops.care" in path.read_text()


def test_what_there_was_no_time_for_is_said(folder: Path) -> None:
    found = propose(asked(folder, seconds=-1))
    assert not found.gains
    assert any("--seconds" in one.why for one in found.left_out)


def test_files_are_needed(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="no good rows of orders"):
        propose(asked(folder, data=""))
