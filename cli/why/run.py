"""``ghosteam why PROBLEM run ID``: a run from its occasion to its end."""

from __future__ import annotations

from collections.abc import Iterator

from cli.facts.documents import ProblemDocuments
from cli.facts.fact import Answer, Fact, moment
from cli.facts.work import NOWHERE, of_run, of_waiting
from cli.why.measured import Evidence, of_code, of_families, of_gates, of_learning, of_measurements
from cli.why.problem import of_decision
from ghosteam.documents import keys, state_keys


def why_run(found: ProblemDocuments, run_id: str, evidence: Evidence) -> Answer:
    """``run_id`` has at least a decision, a document or something among the ``evidence``."""
    return {
        "Why it was started": list(_occasion(found, run_id))
        or [Fact("no decision on it is on record")],
        "What it learned from": list(_plan(found, evidence)) or [Fact("it left no plan")],
        "How its models measured": list(_models(evidence)) or [Fact("it left no evaluation")],
        "What the gates decided": list(of_gates(evidence.evaluation))
        if evidence.evaluation
        else [Fact("it left no evaluation")],
        "How it ended": list(_end(found, run_id)),
    }


def run_ids(found: ProblemDocuments) -> list[str]:
    """Every run that a document tells of, oldest first."""
    decided = sorted(found.decisions, key=lambda one: one.decided_at)
    told = [run.run_id for run in found.runs] + [one.run_id for one in decided if one.run_id]
    return list(dict.fromkeys(told))


def _occasion(found: ProblemDocuments, run_id: str) -> Iterator[Fact]:
    run = found.run(run_id)
    occasion = run.occasion_id if run else None
    for one in found.decisions:
        if one.run_id == run_id or one.occasion_id == occasion:
            yield of_decision(one)
    if run:
        key = (state_keys.RUNS / run_id).text
        yield Fact(f"{run.reason.trigger}: {run.reason.detail}, as of {moment(run.as_of)}", key)
        for other in found.runs:
            if other.occasion_id == run.occasion_id and other.run_id != run_id:
                yield Fact(
                    f"another attempt on this occasion: run {other.run_id}, {other.status}",
                    (state_keys.RUNS / other.run_id).text,
                )


def _plan(found: ProblemDocuments, evidence: Evidence) -> Iterator[Fact]:
    yield from of_learning(evidence.plan, evidence.evaluation)
    yield from of_code(evidence.plan, found.batches)
    if plan := evidence.plan:
        champion = (
            f"version {plan.champion.version} served when it began"
            if plan.champion
            else "no model served when it began"
        )
        yield Fact(champion, keys.plan(plan.problem, plan.run_id))


def _models(evidence: Evidence) -> Iterator[Fact]:
    if evaluation := evidence.evaluation:
        yield from of_measurements(evaluation)
        yield from of_families(evaluation)
        key = keys.evaluation(evaluation.problem, evaluation.run_id)
        for family, why in evaluation.lost.items():
            yield Fact(f"{family} left no candidate: {why}", key)


def _end(found: ProblemDocuments, run_id: str) -> Iterator[Fact]:
    run = found.run(run_id)
    if run is None:
        yield Fact("the run has no document: it is about to begin, or its start failed")
    else:
        yield from of_run(run)
        key = (state_keys.RUNS / run_id).text
        if run.finished_at:
            yield Fact(f"it finished {moment(run.finished_at)}", key)
        elif run.status == "running":
            yield Fact(f"it is at work: {found.steps.get(run_id, NOWHERE)}", key)
        if run.rolled_out_at:
            yield Fact(f"its rollout ended {moment(run.rolled_out_at)}", key)
        serves = found.champion is not None and found.champion.run_id == run_id
        if serves or run.status == "promoted":
            yield Fact(
                "its model serves" if serves else "its model serves no more",
                state_keys.ROUTING.text,
            )
    yield from (fact for fact in of_waiting(found) if _concerns(fact, found, run_id))


def _concerns(fact: Fact, found: ProblemDocuments, run_id: str) -> bool:
    """Whether something that waits is about the run, or about its occasion."""
    run = found.run(run_id)
    about = {
        state_keys.APPROVAL.text: found.approval,
        state_keys.ROLLOUT_LEASE.text: found.rollout_lease,
        state_keys.WAITING_ROLLOUT.text: found.waiting_rollout,
    }.get(fact.document)
    if about is not None:
        return about.run_id == run_id
    return (
        run is not None and fact.document == (state_keys.WAITING_OCCASIONS / run.occasion_id).text
    )
