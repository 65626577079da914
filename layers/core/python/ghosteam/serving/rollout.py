"""A rollout's plan and its lease: what is made for a version, under which names, and who may shift traffic.

One rollout a problem at a time holds ``lease#rollout``: ``{"version", "run_id", "execution", "endpoint", "acquired_at",
"expires_at"}``. The endpoint, its configuration and its model share one name, so that taking a slot down needs only that name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from ghosteam.errors import Conflict, InvalidInput
from ghosteam.problem.spec import Problem

LEASE = "lease#rollout"
APPROVAL = "approval"
NAME_LIMIT = 63
MAX_WATCHES = 4
"""A canary that met too little traffic in this many watches is rolled back."""

_LEASE_MARGIN = timedelta(hours=6)
_APPROVAL_TIME = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Hosting:
    """What each endpoint of this deployment is made with."""

    environment_name: str
    image: str
    role_arn: str
    name_prefix: str


def slot_name(prefix: str, problem: str, version: str, execution: str) -> str:
    """A name for SageMaker: at most 63 letters, digits and single dashes; another execution gets another name."""
    tail = f"-v{version}-{blake2b(execution.encode(), digest_size=4).hexdigest()}"
    head = re.sub(r"[^A-Za-z0-9]+", "-", f"{prefix}-{problem}").strip("-")
    return head[: NAME_LIMIT - len(tail)].rstrip("-") + tail


def plan_rollout(
    problem: Problem, *, run_id: str, version: str, execution: str, model_uri: str, first: bool, hosting: Hosting
) -> dict[str, Any]:
    """What the rollout's state machine needs to create the slot and to watch it."""
    name = slot_name(hosting.name_prefix, problem.problem, version, execution)
    rollout = problem.serve.rollout
    return {
        "problem": problem.problem,
        "run_id": run_id,
        "version": version,
        "model_name": name,
        "endpoint_config_name": name,
        "endpoint_name": name,
        "variant": "main",
        "image": hosting.image,
        "model_uri": model_uri,
        "role_arn": hosting.role_arn,
        "instance_type": problem.serve.instance_type,
        "instance_count": problem.serve.instance_count,
        "environment": {
            "GHOSTEAM_ENVIRONMENT_NAME": hosting.environment_name,
            "GHOSTEAM_PROBLEM": problem.problem,
            "GHOSTEAM_MODEL_VERSION": version,
        },
        "approval": problem.promote.approval,
        "first": first,
        "percent": 100 if first else rollout.percent,
        "watch_seconds": int(rollout.watch.total_seconds()),
        "hold_seconds": int(problem.serve.rollback_hold.total_seconds()),
    }


def take_lease(
    current: Mapping[str, Any] | None, problem: Problem, plan: Mapping[str, Any], *, execution: str, now: datetime
) -> dict[str, Any]:
    """The lease for ``execution``; unchanged when it holds it already.

    A lease that outlived the longest rollout belongs to an execution that was stopped by force, and is taken over.

    Raises:
        Conflict: another rollout is under way.
    """
    if current and current["execution"] == execution:
        return dict(current)
    if current and datetime.fromisoformat(current["expires_at"]) > now:
        raise Conflict(
            f"Version {current['version']} is being rolled out",
            where={"problem": problem.problem, "version": plan["version"], "execution": current["execution"]},
            remedy=f"Wait until it ends; its lease ends by itself at {current['expires_at']}",
        )
    longest = MAX_WATCHES * problem.serve.rollout.watch + _LEASE_MARGIN
    if plan["approval"] == "required":
        longest += _APPROVAL_TIME
    return {
        "version": plan["version"],
        "run_id": plan["run_id"],
        "execution": execution,
        "endpoint": plan["endpoint_name"],
        "acquired_at": now.isoformat(),
        "expires_at": (now + longest).isoformat(),
    }


def holds_lease(lease: Mapping[str, Any] | None, *, version: str, endpoint: str | None) -> bool:
    """Whether ``lease`` is the one of this version's rollout; an endpoint's name tells two rollouts of a version apart."""
    return lease is not None and lease["version"] == version and endpoint in (None, lease["endpoint"])


def slot_of(
    *, version: str, endpoint: str, run_id: str, reference_key: str, plan: Mapping[str, Any], evaluation: Mapping[str, Any]
) -> dict[str, Any]:
    """The slot's document in the routing, from what the retraining run wrote."""
    return {
        "version": version,
        "endpoint": endpoint,
        "run_id": run_id,
        "model_uri": evaluation["model_uri"],
        "reference_key": reference_key,
        "train_end": plan["holdout_start"],
        "metrics": chosen_candidate(evaluation)["metrics"],
    }


def chosen_candidate(evaluation: Mapping[str, Any]) -> Mapping[str, Any]:
    """The candidate that an evaluation chose. Raises InvalidInput when its gates refused it."""
    if evaluation["decision"] != "promote":
        raise InvalidInput(
            f"The gates refused this run's model: {'; '.join(evaluation['reasons'])}",
            where={"problem": evaluation["problem"], "run_id": evaluation["run_id"]},
            remedy="Roll out a model that passed",
        )
    chosen: Mapping[str, Any] = next(c for c in evaluation["candidates"] if c["model_uri"] == evaluation["model_uri"])
    return chosen
