"""Is a challenger fit to answer everything? Decided from what both slots logged in the same period.

Outcomes arrive long after a canary ends, so quality was judged before, on the hold-out. Here only serving is judged: does the
challenger fail, is it slow, does it give scores that no retrained model would explain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ghosteam.monitoring.ks import ecdf, ks_critical, ks_distance

Floats = NDArray[np.float64]
VerdictName = Literal["promote", "roll_back", "wait"]


@dataclass(frozen=True)
class SlotEvidence:
    """What one slot did: scores and endpoint times in ms, both of shape ``(n_rows,)``; ``errors``: requests that failed."""

    scores: Floats
    latencies_ms: Floats
    errors: int

    @property
    def rows(self) -> int:
        """Rows answered."""
        return int(self.scores.size)


@dataclass(frozen=True)
class Limits:
    """When a challenger is refused.

    ``min_rows``: rows it must have answered to be judged; ``max_error_share``: failed requests against failed requests and
    answered rows, from ``min_errors`` on; ``latency_factor`` and ``latency_slack_ms``: its 95th percentile may be so many times
    the champion's or so much above it, whichever is more; ``max_score_distance``: Kolmogorov-Smirnov distance of the scores,
    beyond what chance explains at level ``alpha``.
    """

    min_rows: int = 30
    min_errors: int = 3
    max_error_share: float = 0.02
    latency_factor: float = 3.0
    latency_slack_ms: float = 100.0
    max_score_distance: float = 0.6
    alpha: float = 0.001


@dataclass(frozen=True)
class Verdict:
    """What to do with the challenger, and why."""

    verdict: VerdictName
    reason: str


DEFAULT = Limits()


def judge(
    champion: SlotEvidence, challenger: SlotEvidence, *, watches: float, max_watches: int, limits: Limits = DEFAULT
) -> Verdict:
    """The verdict after ``watches`` watch periods (a real number: 1.5 is one and a half).

    Failures count at once. Otherwise the challenger needs a whole watch and enough rows; without them the verdict is to wait,
    and after ``max_watches`` to roll back.
    """
    attempts = challenger.errors + challenger.rows
    if challenger.errors >= limits.min_errors and challenger.errors > limits.max_error_share * attempts:
        return Verdict("roll_back", f"{challenger.errors} requests to the challenger failed, it answered {challenger.rows} rows")
    if challenger.rows < limits.min_rows:
        met = f"the challenger answered {challenger.rows} rows; {limits.min_rows} are needed"
        if watches >= max_watches:
            return Verdict("roll_back", f"Too little traffic in {max_watches} watches: {met}")
        return Verdict("wait", f"Too little traffic so far: {met}")
    if watches < 1:
        return Verdict("wait", f"The watch is not over: {watches:.0%} of it has passed")
    if np.ptp(challenger.scores) == 0:
        return Verdict("roll_back", f"The challenger gives every row the score {challenger.scores[0]:.6g}")
    if champion.rows < limits.min_rows:
        return Verdict("promote", f"{challenger.rows} rows without fault; the champion answered too few to compare with")
    return _compare(champion, challenger, limits)


def _compare(champion: SlotEvidence, challenger: SlotEvidence, limits: Limits) -> Verdict:
    usual, its = (float(np.percentile(slot.latencies_ms, 95)) for slot in (champion, challenger))
    if its > max(limits.latency_factor * usual, usual + limits.latency_slack_ms):
        return Verdict("roll_back", f"The challenger takes {its:.0f} ms (95th percentile), the champion {usual:.0f} ms")
    distance = ks_distance(ecdf(champion.scores, boundaries=champion.rows), challenger.scores)
    chance = ks_critical(champion.rows, challenger.rows, alpha=limits.alpha)
    if distance - chance > limits.max_score_distance:
        return Verdict(
            "roll_back",
            f"The scores are {distance:.2f} apart (Kolmogorov-Smirnov), of which chance explains {chance:.2f}: "
            f"more than {limits.max_score_distance} is no retrained model's doing",
        )
    return Verdict(
        "promote",
        f"{challenger.rows} rows, {challenger.errors} failed requests, {its:.0f} ms against {usual:.0f} ms (95th percentile), "
        f"scores {distance:.2f} apart",
    )
