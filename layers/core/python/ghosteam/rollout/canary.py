"""Is a challenger fit to answer everything? Decided from what both slots logged in the same period.

Outcomes arrive long after a canary ends, so quality was judged before, on the hold-out. Here only
serving is judged: does the challenger fail, is it slow, does it say what it said on the hold-out
(:mod:`ghosteam.rollout.pairs`), does it give outputs that no retrained model would explain. Calls
are compared with calls, rows with rows, and failures and slowness with the champion's own, in a
test that allows a look at any time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ghosteam.monitoring.ks import ecdf, ks_critical, ks_distance
from ghosteam.rollout.pairs import Pairs, Unpaired, disagreement
from ghosteam.rollout.sequential_test import evidence_of_more

Floats = NDArray[np.float64]
VerdictName = Literal["promote", "roll_back", "wait"]


@dataclass(frozen=True)
class SlotEvidence:
    """What one slot did, a call being one request to its endpoint.

    ``outputs``: of each event once, however often it was asked about, shape ``(n_events,
    n_outputs)``; ``call_rows`` and ``call_ms``: rows and time of each answered call, both of shape
    ``(n_calls,)``; ``failed_rows``: rows of each failed call, shape ``(n_failed,)``.
    """

    outputs: Floats
    call_rows: Floats
    call_ms: Floats
    failed_rows: Floats

    @property
    def rows(self) -> int:
        """Rows answered."""
        return int(self.call_rows.sum())

    @property
    def events(self) -> int:
        """Events that the rows are about."""
        return len(self.outputs)

    @property
    def failures(self) -> int:
        """Calls that failed."""
        return int(self.failed_rows.size)

    @property
    def calls(self) -> int:
        """Calls made, answered or not."""
        return int(self.call_rows.size) + self.failures

    @property
    def failed_share(self) -> float:
        """Failed calls of all calls, or failed rows of all rows, whichever is more; 0 without
        any.
        """
        rows = self.rows + float(self.failed_rows.sum())
        return max(
            self.failures / max(self.calls, 1), float(self.failed_rows.sum()) / max(rows, 1.0)
        )


@dataclass(frozen=True)
class Limits:
    """When a challenger is refused.

    ``min_rows``: rows it must have answered to be judged, and events that they must be about for
    its outputs to be. ``alpha``: the probability of refusing
    one that fails, or is slow, no more often than the champion. ``max_extra_failures``: share of
    failures above the champion's that is tolerated however sure it is. A call is slow when it takes
    ``latency_factor`` times the 95th percentile of the champion's calls of its size, or
    ``latency_slack_ms`` more, whichever is longer; ``max_slow`` of the calls may be, or as many as
    the champion's. ``min_calls``: the champion's calls from which its percentile is known.
    ``max_output_distance``: Kolmogorov-Smirnov distance of an output, beyond what chance explains
    at level ``output_alpha`` for all outputs together.
    """

    min_rows: int = 30
    alpha: float = 0.01
    max_extra_failures: float = 0.02
    latency_factor: float = 3.0
    latency_slack_ms: float = 100.0
    max_slow: float = 0.05
    min_calls: int = 20
    max_output_distance: float = 0.6
    output_alpha: float = 0.001


@dataclass(frozen=True)
class Verdict:
    """What to do with the challenger, and why."""

    verdict: VerdictName
    reason: str


DEFAULT = Limits()
_SOME = 5
"""Calls of one size from which its time is taken."""
_NO_PAIRS = Unpaired("the champion was not asked")


def judge(
    champion: SlotEvidence,
    challenger: SlotEvidence,
    *,
    watches: float,
    max_watches: int,
    when_quiet: Literal["promote", "roll_back"] = "roll_back",
    same_outcome: bool = True,
    pairs: Pairs | Unpaired = _NO_PAIRS,
    limits: Limits = DEFAULT,
) -> Verdict:
    """The verdict after ``watches`` watch periods (a real number: 1.5 is one and a half).
    ``same_outcome``: whether both models learned the same one, so that their outputs can be
    compared; ``pairs``: those for the same rows.

    Failures, slowness and contradictions count at once. Otherwise the challenger needs a whole
    watch and enough rows; without them the verdict is to wait, and after ``max_watches`` it is
    ``when_quiet``.
    """
    if found := (
        _fails(champion, challenger, limits)
        or _slow(_asked_too(champion, pairs), challenger, limits)
        or (disagreement(pairs) if isinstance(pairs, Pairs) else None)
    ):
        return Verdict("roll_back", found)
    if challenger.rows < limits.min_rows:
        met = f"the challenger answered {challenger.rows} rows; {limits.min_rows} are needed"
        if watches < max_watches:
            return Verdict("wait", f"Too little traffic so far: {met}")
        if challenger.failures:
            return Verdict(
                "roll_back",
                f"Too little traffic in {max_watches} watches: {met}, and {challenger.failures} "
                "calls failed",
            )
        return Verdict(
            when_quiet,
            f"Too little traffic in {max_watches} watches: {met}; rollout.when_quiet says "
            f"{when_quiet}",
        )
    if watches < 1:
        return Verdict("wait", f"The watch is not over: {watches:.0%} of it has passed")
    compared, events = "", min(champion.events, challenger.events)
    if challenger.events >= limits.min_rows and (found := _constant_outputs(challenger)):
        return Verdict("roll_back", found)
    if not same_outcome:
        compared = "; the champion learned another outcome, so that outputs are not compared"
    elif events < limits.min_rows:
        compared = (
            f"; outputs are not compared: one of both answered of {events} events, and "
            f"{limits.min_rows} are needed"
        )
    elif found := _distant_outputs(champion, challenger, limits):
        return Verdict("roll_back", found)
    return Verdict(
        "promote",
        f"{challenger.rows} rows in {challenger.calls} calls, {challenger.failures} failed "
        f"(the champion's: {champion.failures} of {champion.calls}), none too slow{compared}; "
        f"{_told(pairs)}",
    )


def _told(pairs: Pairs | Unpaired) -> str:
    if isinstance(pairs, Unpaired):
        return f"not compared row by row: {pairs.reason}"
    if (found := pairs.found) is None:
        return "too few rows to compare with the champion's outputs for them"
    correlations = ", ".join(
        f"{name} {one.rank_correlation:.2f}"
        for name, one in found.outputs.items()
        if one.rank_correlation is not None
    )
    return (
        f"the champion, asked of {found.rows} of the rows, agrees as on the hold-out (rank "
        f"correlation: {correlations or 'of no output'})"
    )


def _fails(champion: SlotEvidence, challenger: SlotEvidence, limits: Limits) -> str | None:
    """Sure by calls, which fail one by one; large by calls or by rows, since a large call costs
    more answers.
    """
    evidence = evidence_of_more(
        challenger.failures, challenger.calls, champion.failures, champion.calls
    )
    large = challenger.failed_share - champion.failed_share > limits.max_extra_failures
    if not large or evidence < 1 / limits.alpha:
        return None
    return (
        f"{challenger.failures} of {challenger.calls} calls to the challenger failed "
        f"({challenger.failed_share:.1%} of calls or rows), of the champion's {champion.failures} "
        f"of {champion.calls}"
    )


def _asked_too(champion: SlotEvidence, pairs: Pairs | Unpaired) -> SlotEvidence:
    """With the calls that asked the champion of the challenger's rows: a challenger's share of
    large requests makes small calls, whose time the champion's own calls do not tell.
    """
    if isinstance(pairs, Unpaired):
        return champion
    return replace(
        champion,
        call_rows=np.concatenate([champion.call_rows, pairs.call_rows]),
        call_ms=np.concatenate([champion.call_ms, pairs.call_ms]),
    )


def _slow(champion: SlotEvidence, challenger: SlotEvidence, limits: Limits) -> str | None:
    if champion.call_ms.size < limits.min_calls or not challenger.call_ms.size:
        return None
    usual = usual_ms(champion, challenger.call_rows)
    longest = np.maximum(limits.latency_factor * usual, usual + limits.latency_slack_ms)
    own = usual_ms(champion, champion.call_rows)
    slow = int((challenger.call_ms > longest).sum())
    its_slow = int(
        (
            champion.call_ms
            > np.maximum(limits.latency_factor * own, own + limits.latency_slack_ms)
        ).sum()
    )
    calls, its_calls = challenger.call_ms.size, champion.call_ms.size
    evidence = evidence_of_more(slow, calls, its_slow, its_calls)
    if slow / calls <= max(limits.max_slow, its_slow / its_calls) or evidence < 1 / limits.alpha:
        return None
    worst = int(np.argmax(challenger.call_ms - longest))
    return (
        f"{slow} of {calls} calls to the challenger were slow, of the champion's {its_slow} of "
        f"{its_calls}: such as "
        f"{challenger.call_ms[worst]:.0f} ms for {challenger.call_rows[worst]:.0f} rows, "
        f"where the champion takes {usual[worst]:.0f} ms"
    )


def usual_ms(champion: SlotEvidence, rows: Floats) -> Floats:
    """The 95th percentile that the champion would take for calls of so many ``rows``, shape as
    ``rows``.

    Time is taken as a fixed part and one a row, both found by least squares when the champion's
    calls differ enough in size: when some are at least twice as large as some others. When they do
    not, only what is certain is used: a smaller call takes no longer, a larger one at most in
    proportion.
    """
    sizes, times = champion.call_rows, champion.call_ms
    ascending = np.sort(sizes)
    if sizes.size >= 2 * _SOME and ascending[-_SOME] >= 2 * ascending[_SOME - 1]:
        per_row = max(float(np.polyfit(sizes, times, 1)[0]), 0.0)
        fixed = max(float(times.mean()) - per_row * float(sizes.mean()), 0.0)
        expected = fixed + per_row * sizes
        ratio = float(np.percentile(times / np.maximum(expected, 1e-9), 95))
        return ratio * (fixed + per_row * rows)
    typical = float(np.median(sizes))
    return float(np.percentile(times, 95)) * np.maximum(rows / typical, 1.0)


def _constant_outputs(challenger: SlotEvidence) -> str | None:
    if np.ptp(challenger.outputs, axis=0).any():
        return None
    same = ", ".join(f"{value:.6g}" for value in challenger.outputs[0])
    return f"The challenger gives every row the same: {same}"


def _distant_outputs(
    champion: SlotEvidence, challenger: SlotEvidence, limits: Limits
) -> str | None:
    alpha = limits.output_alpha / challenger.outputs.shape[1]
    chance = ks_critical(champion.events, challenger.events, alpha=alpha)
    distance = max(
        ks_distance(ecdf(one, boundaries=champion.events), other)
        for one, other in zip(champion.outputs.T, challenger.outputs.T, strict=True)
    )
    if distance - chance <= limits.max_output_distance:
        return None
    return (
        f"The outputs are {distance:.2f} apart (Kolmogorov-Smirnov), of which chance explains "
        f"{chance:.2f}: "
        f"more than {limits.max_output_distance} is no retrained model's doing"
    )
