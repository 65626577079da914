"""How often a canary refuses a challenger that is as good as the champion, and one that is not: by
simulation, seeded.

    .ghosteam/env/dev/bin/python bench/canary.py [--times 200]

Each canary is looked at twenty times in its watch, as a rollout does, and ends with the first
verdict that is not "wait". At each look the champion is asked of the challenger's rows, as the step
does. Both models know the same of a row, and each makes something of its own of it. Printed is the
share that was rolled back: the false alarms of an equal challenger, the power against a bad one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ghosteam.learning.agreement import agreement
from ghosteam.problem.load import load_problem
from ghosteam.rollout.canary import SlotEvidence, judge
from ghosteam.rollout.pairs import MOST_ROWS, Pairs
from ghosteam.rollout.plan import LOOKS, MAX_WATCHES

Floats = NDArray[np.float64]
PROBLEM = load_problem(Path(__file__).parents[1] / "feature_repo" / "flights")
PERCENT = 0.1
HOLD_OUT = 5_000
TRAFFIC = (100, 1_000, 10_000)


@dataclass(frozen=True)
class Service:
    """A model behind an endpoint: how often a call fails, what it takes (ms), what it does to the
    true score.
    """

    fails: float = 0.0
    fails_large: float = 0.0
    fixed_ms: float = 8.0
    row_ms: float = 0.05
    slow: float = 0.0
    scores: Callable[[Floats, np.random.Generator], Floats] = lambda scores, _: scores


@dataclass(frozen=True)
class Case:
    """One line of the table: both services, rows a request, and whether the hold-out showed what
    the challenger does to scores.
    """

    name: str
    champion: Service
    challenger: Service
    rows: tuple[int, ...] = (1,)
    seen: bool = False


def _logit(shift: float) -> Callable[[Floats, np.random.Generator], Floats]:
    return lambda p, _: 1 / (1 + (1 - p) / p * np.exp(-shift))


GOOD = Service()
MIXED = (1, 1, 1, 10, 100, 1000)
EQUAL = [
    Case("clean, single rows", GOOD, GOOD),
    Case("clean, mixed sizes", GOOD, GOOD, MIXED),
    Case("clean, 1,000 rows a request", GOOD, GOOD, (1000,)),
    Case("both fail 2 %", Service(fails=0.02), Service(fails=0.02)),
    Case("both fail 5 %", Service(fails=0.05), Service(fails=0.05)),
    Case("both have 4 % slow answers", Service(slow=0.04), Service(slow=0.04)),
    Case("logit +0.5, as on the hold-out", GOOD, Service(scores=_logit(0.5)), seen=True),
]
BAD = [
    Case("fails 3 % of calls", GOOD, Service(fails=0.03)),
    Case("fails 10 % of calls", GOOD, Service(fails=0.1)),
    Case("fails 50 % of 1,000-row calls", GOOD, Service(fails=0.5), (1000,)),
    Case("fails half of its large calls", GOOD, Service(fails_large=0.5), MIXED),
    Case("20 % of answers 1 s slower", GOOD, Service(slow=0.2)),
    Case("16 times slower a row, mixed", Service(row_ms=0.5), Service(row_ms=8.0), MIXED),
    Case("16 times slower a row, 1,000", Service(row_ms=0.5), Service(row_ms=8.0), (1000,)),
    Case("constant score", GOOD, Service(scores=lambda p, _: np.full_like(p, 0.2))),
    Case(
        "constant and noise of 1e-9",
        GOOD,
        Service(scores=lambda p, rng: 0.2 + rng.normal(0, 1e-9, p.shape)),
    ),
    Case("logit +0.5", GOOD, Service(scores=_logit(0.5))),
    Case("logit +1", GOOD, Service(scores=_logit(1.0))),
    Case("logit +3", GOOD, Service(scores=_logit(3.0))),
    Case("halved", GOOD, Service(scores=lambda p, _: p / 2)),
    Case("half of them 0", GOOD, Service(scores=lambda p, rng: p * (rng.random(p.shape) < 0.5))),
    Case("permuted", GOOD, Service(scores=lambda p, rng: rng.permutation(p))),
    Case("turned around", GOOD, Service(scores=lambda p, _: 1 - p)),
    Case("drawn by chance", GOOD, Service(scores=lambda p, rng: rng.random(p.size))),
]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--times", type=int, default=200, help="canaries simulated for each figure")
    parser.add_argument("--seed", type=int, default=20130101)
    options = parser.parse_args()
    for title, cases in (
        ("Equal challenger: rolled back in vain", EQUAL),
        ("Bad challenger: rolled back", BAD),
    ):
        print(
            f"\n{title}\n{'requests in the watch':32}"
            + "".join(f"{requests:>9,}" for requests in TRAFFIC)
        )
        for case in cases:
            shares = [
                rolled_back(case, requests, options.times, options.seed) for requests in TRAFFIC
            ]
            print(f"{case.name:32}" + "".join(f"{share:9.2f}" for share in shares), flush=True)


def rolled_back(case: Case, requests: int, times: int, seed: int) -> float:
    """Share of ``times`` canaries that end in a rollback, with ``requests`` requests in a watch."""
    rng = np.random.default_rng(seed)
    return sum(_rolls_back(case, requests, rng) for _ in range(times)) / times


def _rolls_back(case: Case, requests: int, rng: np.random.Generator) -> bool:
    sizes = rng.choice(case.rows, requests)
    mine = rng.binomial(sizes, PERCENT)
    slots = (_Log(case.champion, sizes - mine, rng), _Log(case.challenger, mine, rng))
    known = _known(HOLD_OUT, rng)
    shown = _said(known, rng)
    expected = agreement(
        _said(known, rng)[:, None],
        (case.challenger.scores(shown, rng) if case.seen else shown)[:, None],
        version="1",
        problem=PROBLEM,
    )
    for look in range(1, LOOKS + 1):
        seen = requests * look // LOOKS
        champion, challenger = (slot.until(seen) for slot in slots)
        asked = min(challenger.rows, MOST_ROWS)
        sizes_asked = np.full(max(asked // 100 - 1, 0), 100.0)
        verdict = judge(
            champion,
            challenger,
            watches=look / LOOKS,
            max_watches=MAX_WATCHES,
            when_quiet="promote",
            pairs=Pairs(
                champion=slots[1].of_the_champion[:asked, None],
                challenger=challenger.outputs[:asked],
                expected=expected,
                problem=PROBLEM,
                call_rows=sizes_asked,
                call_ms=_times(case.champion, sizes_asked, rng),
            ),
        ).verdict
        if verdict != "wait":
            return verdict == "roll_back"
    return False  # three more quiet watches, and then what the problem says


def _known(rows: int, rng: np.random.Generator) -> Floats:
    """What can be known of each row, as a logit."""
    return rng.normal(-1.2, 1.0, rows)


def _said(known: Floats, rng: np.random.Generator) -> Floats:
    """A model's probabilities: two that were trained are never the same."""
    return 1 / (1 + np.exp(-known - rng.normal(0, 0.4, known.size)))


def _times(service: Service, sizes: Floats, rng: np.random.Generator) -> Floats:
    """Milliseconds of calls of so many rows."""
    return (service.fixed_ms + service.row_ms * sizes) * rng.lognormal(0, 0.3, sizes.size)


class _Log:
    """What a service would log of one call a request, where the request has rows for it, and what
    the champion says of the same rows.
    """

    def __init__(
        self, service: Service, sizes: NDArray[np.int64], rng: np.random.Generator
    ) -> None:
        self._sizes = sizes
        chance = np.where(
            sizes >= 50, np.maximum(service.fails, service.fails_large), service.fails
        )
        self._failed = rng.random(sizes.size) < chance
        self._times = _times(service, sizes.astype(np.float64), rng) + 1000 * (
            rng.random(sizes.size) < service.slow
        )
        self._ends = np.cumsum(np.where(self._failed, 0, sizes))
        known = _known(int(self._ends[-1]), rng)
        self.of_the_champion = _said(known, rng)
        self._scores = service.scores(_said(known, rng), rng)

    def until(self, seen: int) -> SlotEvidence:
        asked = self._sizes[:seen] > 0
        answered, failed = asked & ~self._failed[:seen], asked & self._failed[:seen]
        return SlotEvidence(
            outputs=self._scores[: self._ends[seen - 1], None],
            call_rows=self._sizes[:seen][answered].astype(np.float64),
            call_ms=self._times[:seen][answered],
            failed_rows=self._sizes[:seen][failed].astype(np.float64),
        )


if __name__ == "__main__":
    main()
