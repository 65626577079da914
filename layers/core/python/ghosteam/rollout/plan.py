"""A rollout's plan and its lease: what is made for a version, under which names, and who may shift
traffic.

One rollout a problem at a time holds the lease. The endpoint, its configuration and its model share
one name, so that taking a slot down needs only that name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Literal

from ghosteam.documents import keys
from ghosteam.documents.digests import digest_for
from ghosteam.documents.evaluation import CandidateRecord, Evaluation
from ghosteam.documents.keys import parse_uri
from ghosteam.documents.plan import Plan
from ghosteam.documents.rollout_lease import RolloutLease
from ghosteam.documents.slot import Slot
from ghosteam.errors import Busy, InvalidInput
from ghosteam.problem.definition import digest_of
from ghosteam.problem.serve import LONGEST_HOLD, LONGEST_WATCH
from ghosteam.problem.spec import Problem
from ghosteam.serving.backends.backend import BACKENDS

NAME_LIMIT = 63
MAX_WATCHES = 4
"""A canary that met too little traffic is waited for as long as this many watches."""
LOOKS = 20
"""How often a canary is looked at in each watch, so that a failing challenger does not stay until
the watch ends.
"""

_LEASE_MARGIN = timedelta(hours=6)
APPROVAL_TIME = timedelta(days=7)
"""A model that nobody approves in this time is rolled back."""
LONGEST_ROLLOUT = APPROVAL_TIME + MAX_WATCHES * LONGEST_WATCH + LONGEST_HOLD + _LEASE_MARGIN
"""What the state machine allows: approval, a canary without traffic, the replaced slot's hold, and
the endpoint's start.
"""


@dataclass(frozen=True, kw_only=True)
class Hosting:
    """What each endpoint of this deployment is made with."""

    environment_name: str
    image: str
    role_arn: str
    name_prefix: str


@dataclass(frozen=True, kw_only=True)
class RolloutPlan:
    """What the rollout's state machine needs to create the slot, the SDK's parameters, and to watch
    it. ``canary``: False to promote the slot as soon as it is in service. ``production_variants``:
    as CreateEndpointConfig takes them.
    """

    problem: str
    run_id: str
    version: str
    model_name: str
    endpoint_config_name: str
    endpoint_name: str
    image: str
    model_uri: str
    role_arn: str
    production_variants: Sequence[Mapping[str, object]]
    environment: Mapping[str, str]
    approval: Literal["none", "required"]
    first: bool
    canary: bool
    percent: int
    look_seconds: int
    hold_seconds: int


def slot_name(prefix: str, problem: str, version: str, execution: str) -> str:
    """A name for SageMaker: at most 63 letters, digits and single dashes; another execution gets
    another name.
    """
    tail = f"-v{version}-{blake2b(execution.encode(), digest_size=4).hexdigest()}"
    head = re.sub(r"[^A-Za-z0-9]+", "-", f"{prefix}-{problem}").strip("-")
    return head[: NAME_LIMIT - len(tail)].rstrip("-") + tail


def plan_rollout(
    problem: Problem,
    *,
    run_id: str,
    version: str,
    execution: str,
    model_uri: str,
    model_digest: str,
    first: bool,
    hosting: Hosting,
    canary: bool = True,
) -> RolloutPlan:
    """The plan for one execution; ``first``: there is no champion to watch it beside."""
    name = slot_name(hosting.name_prefix, problem.problem, version, execution)
    rollout = problem.serve.rollout
    return RolloutPlan(
        problem=problem.problem,
        run_id=run_id,
        version=version,
        model_name=name,
        endpoint_config_name=name,
        endpoint_name=name,
        image=hosting.image,
        model_uri=model_uri,
        role_arn=hosting.role_arn,
        production_variants=[
            {
                "VariantName": "main",
                "ModelName": name,
                "InitialVariantWeight": 1,
                **BACKENDS.find(problem.serve.mode).variant(problem.serve),
            }
        ],
        environment={
            "GHOSTEAM_ENVIRONMENT_NAME": hosting.environment_name,
            "GHOSTEAM_PROBLEM": problem.problem,
            "GHOSTEAM_MODEL_VERSION": version,
            "GHOSTEAM_MODEL_DIGEST": model_digest,
        },
        approval=problem.promote.approval,
        first=first,
        canary=canary and not first,
        percent=100 if first else rollout.percent,
        look_seconds=max(int(rollout.watch.total_seconds()) // LOOKS, 5),
        hold_seconds=int(problem.serve.rollback_hold.total_seconds()),
    )


def take_lease(
    current: RolloutLease | None,
    problem: Problem,
    plan: RolloutPlan,
    *,
    execution: str,
    now: datetime,
) -> RolloutLease:
    """The lease for ``execution``; unchanged when it holds it already.

    A lease that outlived the longest rollout belongs to an execution that was stopped by force, and
    is taken over.

    Raises:
        Busy: another rollout is under way.
    """
    if current and current.execution == execution:
        return current
    if current and current.expires_at > now:
        raise Busy(
            f"Version {current.version} is being rolled out",
            where={
                "problem": problem.problem,
                "version": plan.version,
                "execution": current.execution,
            },
            remedy="Wait until it ends; its lease ends by itself at "
            f"{current.expires_at.isoformat()}",
        )
    longest = MAX_WATCHES * problem.serve.rollout.watch + _LEASE_MARGIN
    if plan.approval == "required":
        longest += APPROVAL_TIME
    return RolloutLease(
        version=plan.version,
        run_id=plan.run_id,
        execution=execution,
        endpoint=plan.endpoint_name,
        acquired_at=now,
        expires_at=now + longest,
    )


def holds_lease(lease: RolloutLease | None, *, version: str, endpoint: str | None) -> bool:
    """Whether ``lease`` is the one of this version's rollout; an endpoint's name tells two rollouts
    of a version apart.
    """
    return lease is not None and lease.version == version and endpoint in (None, lease.endpoint)


def slot_of(
    *,
    problem: str,
    version: str,
    endpoint: str,
    run_id: str,
    plan: Plan,
    evaluation: Evaluation,
    digests: Mapping[str, str],
) -> Slot:
    """The slot that the routing gets, from what the retraining run wrote. ``digests`` are those on
    record for the run.
    """
    served, constant = served_model(evaluation, digests), evaluation.baselines.get("constant")
    believed = {
        "model": parse_uri(served)[1],
        "judged": parse_uri(evaluation.model_uri)[1],
        "reference": keys.reference(problem, run_id),
        "train": keys.training_rows(problem, run_id),
    }
    return Slot(
        version=version,
        endpoint=endpoint,
        run_id=run_id,
        model_uri=served,
        judged_uri=evaluation.model_uri,
        reference_key=believed["reference"],
        digests={name: digest_for(digests, key) for name, key in believed.items()},
        train_end=plan.holdout_start,
        metrics=chosen_candidate(evaluation).metrics,
        definition=None if plan.definition is None else digest_of(plan.definition),
        knowing_nothing=constant.value if constant else None,
    )


def served_model(evaluation: Evaluation, digests: Mapping[str, str]) -> str:
    """URI of the package that serves: the one that was fitted again, if that is on record, else the
    one that was judged.
    """
    judged = evaluation.model_uri
    prefix = keys.refitted(evaluation.problem, evaluation.run_id)
    again = sorted(key for key in digests if key.startswith(f"{prefix}/"))
    return f"s3://{parse_uri(judged)[0]}/{again[-1]}" if again else judged


def chosen_candidate(evaluation: Evaluation) -> CandidateRecord:
    """The candidate that an evaluation chose. Raises InvalidInput when its gates refused it."""
    if evaluation.decision != "promote":
        raise InvalidInput(
            f"The gates refused this run's model: {'; '.join(evaluation.reasons)}",
            where={"problem": evaluation.problem, "run_id": evaluation.run_id},
            remedy="Roll out a model that passed",
        )
    return evaluation.candidate
