"""Use case: what keeping a model has cost is told once it is what another run costs."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from ghosteam.aws.bus import Bus
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.event import Event, Scalar
from ghosteam.problem.spec import Problem
from ghosteam.retraining.cost import estimated_usd
from ghosteam.retraining.regret import regret_of

_MOST_WINDOWS = 400


def tell_regret(
    problem: Problem, *, version: str, window_end: datetime, state: StateTable, bus: Bus
) -> None:
    """Publish RegretReached where ``retrain.worth`` asks for it, of the model's windows up to the
    one that ends at ``window_end``, the newest 400 at most.
    """
    name, usd, price = problem.problem, problem.retrain.worth, estimated_usd(problem.model)
    if usd is None:
        return
    end, key = window_end.isoformat(), state_keys.PERFORMANCE_VERDICTS
    newest = islice(state.between(name, key, "", end, newest_first=True), _MOST_WINDOWS)
    own = [one.data for one in newest if one.data.model_version == version]
    lost = regret_of(reversed(own), usd=usd)
    if lost >= price:
        ids: dict[str, Scalar] = {
            "window_end": end,
            "as_of": end,
            "lost": round(lost, 2),
            "price": round(price, 2),
            "model_version": version,
        }
        bus.publish(Event("RegretReached", name, ids))
