"""A challenger that does not say what it said on the hold-out is found by the champion's outputs
for the same rows, and one that is only another model is not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ghosteam.learning.agreement import agreement
from ghosteam.metrics.metric import Floats
from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import Problem
from ghosteam.rollout.canary import SlotEvidence, judge
from ghosteam.rollout.pairs import Pairs, Unpaired, disagreement
from ghosteam.tasks.task import TASKS
from tests.unit.serving.builders import ROOT

Change = Callable[[Floats, np.random.Generator], Floats]
Models = tuple[Floats, Floats]


def models(rows: int, random: np.random.Generator, *, shift: float = 0.0) -> Models:
    """A champion's and a challenger's probabilities of the same rows: what is known of a row, and
    what each model made of it.
    """
    known = random.normal(-1.2 + shift, 1.0, rows)
    one, other = (known + random.normal(0, 0.4, rows) for _ in range(2))
    return _probability(one), _probability(other)


def _probability(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(-logits[:, None]))


def _of_classes(rows: int, random: np.random.Generator, *, shift: float = 0.0) -> Models:
    """Probabilities of five classes; a shift makes the first one likelier."""
    known = random.normal([shift, 0.5, 0.0, -1.0, 0.5], 1.0, (rows, 5))
    logits = (known + random.normal(0, 0.3, known.shape) for _ in range(2))
    one, other = (np.exp(each) / np.exp(each).sum(axis=1, keepdims=True) for each in logits)
    return one, other


def _of_values(rows: int, random: np.random.Generator, *, shift: float = 0.0) -> Models:
    """Values with intervals, which a champion has wider than a challenger."""
    known = random.normal(150 + 40 * shift, 40.0, rows)
    one, other = (known + random.normal(0, 15.0, rows) for _ in range(2))
    return _with_interval(one, 32.0), _with_interval(other, 30.0)


def _with_interval(values: Floats, half: float) -> Floats:
    return np.column_stack([values, values - half, values + half])


def _kept(p: Floats, _: np.random.Generator) -> Floats:
    return p


def _moved(by: float) -> Change:
    return lambda p, _: 1 / (1 + (1 - p) / p * np.exp(-by))


def _half_zero(p: Floats, random: np.random.Generator) -> Floats:
    return np.where(random.random((len(p), 1)) < 0.5, 0.0, p)


def _of_other_rows(p: Floats, random: np.random.Generator) -> Floats:
    return random.permutation(p)


DRAWN = {"binary": models, "multiclass": _of_classes, "regression": _of_values}
FOLDERS = {"binary": "flights", "multiclass": "seattle", "regression": "glucose"}
BAD: dict[str, dict[str, Change]] = {
    "binary": {
        "permuted": _of_other_rows,
        "moved by a logit of 0.5": _moved(0.5),
        "moved by a logit of 1": _moved(1.0),
        "halved": lambda p, _: p / 2,
        "drawn by chance": lambda p, random: random.random(p.shape),
        "half of them 0": _half_zero,
        "one value and noise": lambda p, random: 0.2 + random.normal(0, 1e-9, p.shape),
        "turned around": lambda p, _: 1 - p,
    },
    "multiclass": {
        "permuted": _of_other_rows,
        "classes in another order": lambda p, _: np.roll(p, 1, axis=1),
        "two classes exchanged": lambda p, _: p[:, [1, 0, 2, 3, 4]],
        "drawn by chance": lambda p, random: random.dirichlet(np.ones(5), len(p)),
        "half of them 0": _half_zero,
        "one value and noise": lambda p, random: 0.2 + random.normal(0, 1e-9, p.shape),
        "one class always": lambda p, _: np.tile([0.96, 0.01, 0.01, 0.01, 0.01], (len(p), 1)),
    },
    "regression": {
        "permuted": _of_other_rows,
        "in deviations from the mean": lambda p, _: (p - 150) / 40,
        "moved by half a deviation": lambda p, _: p + 20,
        "in another unit": lambda p, _: p / 18,
        "drawn by chance": lambda p, random: random.normal(150, 40, p.shape),
        "half of them 0": _half_zero,
        "one value and noise": lambda p, random: 150 + random.normal(0, 1e-9, p.shape),
        "turned around": lambda p, _: 300 - p,
        "with another interval": lambda p, _: _with_interval(p[:, 0], 90.0),
    },
}


class Draw:
    """Pairs of what two models of a task say of new rows, one of them changed."""

    def __init__(self, task: str) -> None:
        self.problem = load_problem(ROOT / "feature_repo" / FOLDERS[task])
        self.models = DRAWN[task]
        hold_out = self.models(5000, np.random.default_rng(4))
        self.expected = agreement(*hold_out, version="1", problem=self.problem)

    def __call__(
        self, rows: int, random: np.random.Generator, change: Change = _kept, *, shift: float = 0.0
    ) -> Pairs:
        champion, challenger = self.models(rows, random, shift=shift)
        return Pairs(champion, change(challenger, random), self.expected, self.problem)


@pytest.fixture(scope="module")
def draws() -> dict[str, Draw]:
    """By task."""
    return {task: Draw(task) for task in TASKS.names}


@pytest.fixture(scope="module")
def draw(draws: dict[str, Draw]) -> Draw:
    return draws["binary"]


@pytest.mark.parametrize(("task", "name"), [(task, name) for task in BAD for name in BAD[task]])
@pytest.mark.parametrize("rows", [300, 1000])
def test_a_damaged_challenger_is_found(
    draws: dict[str, Draw], task: str, name: str, rows: int
) -> None:
    random, draw = np.random.default_rng(5), draws[task]
    found = [disagreement(draw(rows, random, BAD[task][name])) for _ in range(20)]
    assert sum(one is not None for one in found) >= 19
    told = next(one for one in found if one)
    assert f"beside version 1 of the same {rows} rows" in told
    assert any(output in told for output in draw.problem.outputs) and "expected" in told


@pytest.mark.parametrize("task", TASKS.names)
@pytest.mark.parametrize("shift", [0.0, -1.0, 1.0])
@pytest.mark.parametrize("rows", [30, 300, 1000])
def test_another_model_of_the_same_outcome_is_not_refused(
    draws: dict[str, Draw], task: str, rows: int, shift: float
) -> None:
    """Also where rows are of another kind than the hold-out's."""
    random, draw = np.random.default_rng(6), draws[task]
    found = [disagreement(draw(rows, random, shift=shift)) for _ in range(50)]
    assert found == [None] * 50


def test_what_the_hold_out_showed_is_no_damage(flights: Problem) -> None:
    """A challenger that means another level than the champion did so before its gates too."""
    random = np.random.default_rng(7)
    champion, challenger = models(5000, random)
    moved = _moved(1.0)(challenger, random)
    known = agreement(champion, moved, version="1", problem=flights)
    champion, challenger = models(1000, random)
    same = Pairs(champion, _moved(1.0)(challenger, random), known, flights)
    assert disagreement(same) is None
    other = disagreement(Pairs(champion, challenger, known, flights))
    assert other is not None and "on average" in other


def test_models_that_never_agreed_are_not_asked_to(flights: Problem) -> None:
    random = np.random.default_rng(8)
    noise = random.random((2000, 1)), random.random((2000, 1))
    known = agreement(*noise, version="1", problem=flights)
    again = random.random((500, 1)), random.random((500, 1))
    assert disagreement(Pairs(*again, known, flights)) is None


def test_too_few_rows_say_nothing(draw: Draw) -> None:
    random = np.random.default_rng(9)
    assert disagreement(draw(29, random, BAD["binary"]["turned around"])) is None
    assert disagreement(draw(0, random)) is None


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=3, max_size=40))
def test_the_rank_correlation_is_spearmans(flights: Problem, rows: list[tuple[int, int]]) -> None:
    one, other = (np.array(side, dtype=np.float64)[:, None] for side in zip(*rows, strict=True))
    found = agreement(one, other, version="1", problem=flights).outputs["late"]
    if np.ptp(one) and np.ptp(other):
        assert found.rank_correlation == pytest.approx(stats.spearmanr(one, other).statistic)
    else:
        assert found.rank_correlation is None
    assert found.mean_difference == pytest.approx((other - one).mean())


def test_decisions_that_change_are_told(flights: Problem) -> None:
    one = np.array([[0.1], [0.4], [0.6], [0.9]])
    found = agreement(one, np.array([[0.2], [0.7], [0.8], [0.3]]), version="1", problem=flights)
    threshold = flights.decide.threshold
    assert threshold == 0.5
    assert found.changed_decisions == 0.5


def _evidence(outputs: Floats) -> SlotEvidence:
    calls = len(outputs)
    return SlotEvidence(outputs, np.ones(calls), np.full(calls, 5.0), np.array([]))


def test_a_contradiction_ends_the_canary_at_once_and_an_agreement_is_told(draw: Draw) -> None:
    random = np.random.default_rng(10)
    bad, good = (draw(300, random, change) for change in (BAD["binary"]["permuted"], _kept))

    def verdict(found: Pairs | Unpaired, challenger: Floats, watches: float) -> tuple[str, str]:
        slots = _evidence(bad.champion), _evidence(challenger)
        one = judge(*slots, watches=watches, max_watches=4, pairs=found)
        return one.verdict, one.reason

    assert verdict(bad, bad.challenger, 0.05)[0] == "roll_back"
    name, reason = verdict(good, good.challenger, 1.0)
    assert name == "promote"
    assert (
        "asked of 300 of the rows, agrees as on the hold-out (rank correlation: late 0." in reason
    )
    name, reason = verdict(Unpaired("it sleeps"), good.challenger, 1.0)
    assert name == "promote" and reason.endswith("not compared row by row: it sleeps")
