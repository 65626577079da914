"""The gate of train/serve parity: what the served values say about a model that learned from
others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from ghosteam.documents.evaluation import Gate
from ghosteam.documents.parity import FAULTS, Fault, FeatureParity, Parity
from ghosteam.problem.promote import ParityLimits

CONFIDENCE = 0.95


@dataclass(frozen=True)
class _Found:
    """A fault of a feature; ``lower`` bounds its share."""

    feature: str
    fault: Fault
    share: float
    lower: float
    limit: float

    @property
    def exceeds(self) -> bool:
        return self.lower > self.limit

    @property
    def told(self) -> str:
        return f"{self.feature} {self.fault.replace('_', ' ')} in {self.share:.1%}"


def parity_gate(parity: Parity, limits: ParityLimits) -> Gate | None:
    """The gate; None where no feature can be compared and none has to be.

    Each feature is judged by the prediction log where that has enough rows of it, else by the
    online store. A share exceeds its limit where even its lower bound does, which allows for the
    number of shares. Names every feature that is not equal, exceeded or not.
    """
    judged: dict[str, tuple[Literal["log", "store"], FeatureParity]] = {}
    for name in (*parity.served, *parity.stored):
        logged = parity.served.get(name, FeatureParity())
        if logged.rows >= limits.min_rows:
            judged[name] = ("log", logged)
        elif name in parity.stored:
            judged[name] = ("store", parity.stored[name])
    if not judged:
        return None
    by_log = [name for name, (side, _) in judged.items() if side == "log"]
    by_store = [name for name, (side, _) in judged.items() if side == "store"]
    if not any(found.rows for _, found in judged.values()):
        more = f"the log has {parity.served_rows} rows, {limits.min_rows} are needed"
        if parity.newer:
            told = "nothing could be compared: data newer than the plan explain all that differs"
            return Gate("parity", True, None, limits.max_different, f"{told}, and {more}")
        reason = f"undetermined, no row could be compared with the online store, and {more}"
        return Gate("parity", False, None, limits.max_different, reason)
    shares = 3 * len(judged)
    found = [
        one for name, (_, counts) in judged.items() for one in _faults(name, counts, limits, shares)
    ]
    lines = [_compared(parity, limits, by_log, by_store)]
    exceeded = [one for one in found if one.exceeds]
    met = sorted((one for one in found if one.share > 0), key=lambda one: -one.share)
    worst = max(found, key=lambda one: one.lower - one.limit)
    lines += [f"{one.told}{f', over {one.limit:.1%}' if one.exceeds else ''}" for one in met] or [
        "all equal"
    ]
    refused = any(one.fault == "different" for one in exceeded)
    late = exceeded and not refused
    if late:
        lines.append(_then(limits))
    return Gate(
        "parity",
        not refused and not (late and limits.when_not_online == "refuse"),
        worst.share,
        worst.limit,
        "; ".join(lines),
        asks=bool(late) and limits.when_not_online == "approve",
    )


def _faults(
    name: str, counts: FeatureParity, limits: ParityLimits, shares: int
) -> Iterator[_Found]:
    allowed = {
        "null_online": limits.max_null_online,
        "late": limits.max_late,
        "different": limits.max_different,
    }
    for fault in FAULTS:
        lower = lower_bound(getattr(counts, fault), counts.rows, shares)
        yield _Found(name, fault, counts.share(fault), lower, allowed[fault])


def lower_bound(met: int, rows: int, shares: int) -> float:
    """One-sided lower bound of a share, one of so many that are looked at together, in [0, 1].

    Source: Wilson 1927, with Bonferroni's correction.
    """
    if not met:
        return 0.0
    z = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / shares)
    share = met / rows
    middle = share + z * z / (2 * rows)
    width = z * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return max(0.0, (middle - width) / (1 + z * z / rows))


def _compared(parity: Parity, limits: ParityLimits, by_log: list[str], by_store: list[str]) -> str:
    told = []
    if by_log:
        told.append(f"{parity.served_rows:,} served rows against the training set")
    if by_store:
        rows = max(parity.stored[name].rows for name in by_store)
        of = f" for {', '.join(by_store)}" if by_log else ""
        newer = f", without {parity.newer:,} values of newer data" if parity.newer else ""
        told.append(
            f"{rows:,} rows of the online store against the training set{of}{newer} (the log has "
            f"{parity.served_rows:,} rows of its events, {limits.min_rows} of a feature are needed)"
        )
    return "; ".join(told)


def _then(limits: ParityLimits) -> str:
    setting = limits.when_not_online
    then = {
        "approve": "the data come too late for what the model learned: a person must approve it",
        "promote": "the data come too late for what the model learned; it may serve all the same",
        "refuse": "the data come too late for what the model learned",
    }[setting]
    return f"{then} (promote.parity.when_not_online: {setting})"
