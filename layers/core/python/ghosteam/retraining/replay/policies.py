"""Policies of retraining that a replay compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ghosteam.errors import InvalidInput
from ghosteam.retraining.replay.watching import WatchReport

NAMES = ("never", "always", "scheduled", "drift", "performance", "regret")


@dataclass(frozen=True)
class Policy:
    """``wants``: why a run is wanted at a window's end, or None, by what the watches said and how
    many windows the model has answered. ``trigger``: of the loop's triggers the one whose rules
    hold a run back: a request passes over cool-down and budget, the others do not. ``rule``: what
    it does, in words.
    """

    name: str
    rule: str
    trigger: str
    wants: Callable[[WatchReport, int], str | None]


def policies(names: Sequence[str], *, every: int, price: float) -> list[Policy]:
    """Those of the ``names``, in their order; all where none is named. ``every``: how many windows
    lie between two runs of ``scheduled``; ``price``: of a run, in dollars, which is what
    ``regret`` waits for.

    Raises:
        InvalidInput: there is no such policy.
    """
    known = {
        "never": Policy("never", "the first model serves for good", "request", lambda *_: None),
        "always": Policy("always", "a run at the end of each window", "request", _scheduled(1)),
        "scheduled": Policy(
            "scheduled", f"a run after every {every} windows", "request", _scheduled(every)
        ),
        "drift": Policy("drift", "a run when drift is sustained", "drift", _drift),
        "performance": Policy(
            "performance", "a run when the metric falls past its limit", "performance", _performance
        ),
        "regret": Policy(
            "regret",
            f"a run when the loss since the last one reaches its price, ${price:.2f}",
            "performance",
            _regret(price),
        ),
    }
    if unknown := [name for name in names if name not in known]:
        raise InvalidInput(
            f"There is no policy {unknown[0]!r}",
            where={"option": "--policy"},
            remedy=f"Known policies: {', '.join(known)}",
        )
    return [known[name] for name in (dict.fromkeys(names) or known)]


def _scheduled(every: int) -> Callable[[WatchReport, int], str | None]:
    def wants(_: WatchReport, answered: int) -> str | None:
        return "the schedule" if answered >= every else None

    return wants


def _drift(said: WatchReport, _: int) -> str | None:
    found = [text for text in (said.drift, said.outcome_drift) if text]
    return f"{' and '.join(found)} drifted" if found else None


def _performance(said: WatchReport, _: int) -> str | None:
    return said.performance or None


def _regret(price: float) -> Callable[[WatchReport, int], str | None]:
    def wants(said: WatchReport, _: int) -> str | None:
        if said.regret < price:
            return None
        return f"${said.regret:.2f} were lost, of which a run costs ${price:.2f}"

    return wants
