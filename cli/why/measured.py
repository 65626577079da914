"""What an evaluation says: how the chosen model measured, what the gates made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cli.facts.fact import Fact, moment
from ghosteam.documents import keys, state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.evaluation import CandidateRecord, ComparisonRecord, Evaluation, Gate
from ghosteam.documents.plan import Plan
from ghosteam.problem.definition import digest_of
from ghosteam.problem.timeexpr import NO_TIME


@dataclass(frozen=True)
class Evidence:
    """What a run left in the artifact bucket, as far as it is there."""

    plan: Plan | None = None
    evaluation: Evaluation | None = None


def chosen_of(evaluation: Evaluation) -> CandidateRecord | None:
    """The candidate that was chosen, where the evaluation lists it."""
    uri = evaluation.model_uri
    return next((one for one in evaluation.candidates if one.model_uri == uri), None)


def of_chosen(evaluation: Evaluation) -> str:
    """What the chosen candidate reached on the hold-out."""
    chosen = chosen_of(evaluation)
    return value_of(chosen.metrics.get(evaluation.metric) if chosen else None)


def value_of(value: float | None) -> str:
    """A measured value, in words where there is none."""
    return "undetermined" if value is None else f"{value:.4g}"


def of_learning(plan: Plan | None, evaluation: Evaluation | None) -> Iterator[Fact]:
    """Which data the chosen model learned from, and which judged it."""
    candidate = chosen_of(evaluation) if evaluation else None
    timed = ((plan and plan.definition) or {}).get("event_time") != NO_TIME
    if evaluation and candidate and candidate.train_start and candidate.train_end:
        what = "of" if timed else "that arrived"
        span = f"{what} {moment(candidate.train_start)} to {moment(candidate.train_end)}"
        file = f", from the rows with the SHA-256 {candidate.fingerprint}"
        yield Fact(
            f"{candidate.family} learned from events {span}{file if candidate.fingerprint else ''}",
            keys.evaluation(evaluation.problem, evaluation.run_id),
        )
    if plan:
        parts = ", ".join(f"{len(found)} of {name}" for name, found in sorted(plan.parts.items()))
        yield Fact(
            f"the plan: {_spans(plan) if timed else _arrivals(plan)}; parts: {parts or 'none'}",
            keys.plan(plan.problem, plan.run_id),
        )


def of_code(plan: Plan | None, batches: Sequence[BatchRecord]) -> Iterator[Fact]:
    """By which definition a model learned, and by which contracts its rows were let in, where their
    batches have no others since.
    """
    if plan is None:
        return
    if plan.definition:
        digest = digest_of(plan.definition)
        told = f"the problem was as the definition with the SHA-256 {digest} has it"
        yield Fact(told, keys.definition(plan.problem, digest))
    for name, parts in sorted(plan.parts.items()):
        learned = set(parts)
        used = {
            one.judged_as: one.batch_id
            for one in batches
            if one.dataset == name and one.judged_as and learned.intersection(one.validated_parts)
        }
        for digest, batch_id in used.items():
            told = f"rows of {name} were let in by the contract {digest}, its code included"
            yield Fact(told, state_keys.batch(name, batch_id).text)


def _spans(plan: Plan) -> str:
    return (
        f"train on {moment(plan.train_start)} to {moment(plan.holdout_start)}, judge on "
        f"{moment(plan.holdout_start)} to {moment(plan.holdout_end)}"
    )


def _arrivals(plan: Plan) -> str:
    return f"a share of what had arrived by {moment(plan.holdout_end)} is judged on"


def of_measurements(evaluation: Evaluation) -> Iterator[Fact]:
    """How the chosen model did on the hold-out, against baselines and the champion of then."""
    key = keys.evaluation(evaluation.problem, evaluation.run_id)
    metric = evaluation.metric
    yield Fact(
        f"{evaluation.chosen} was chosen: {metric} {of_chosen(evaluation)} on "
        f"{evaluation.holdout_rows:,} rows of the hold-out",
        key,
    )
    for name, baseline in evaluation.baselines.items():
        used = "" if baseline.used else " (not compared with)"
        reached = baseline.undetermined or f"{metric} {value_of(baseline.value)}"
        yield Fact(f"knowing nothing ({name}) reaches {reached}{used}", key)
    if evaluation.baseline:
        yield Fact(f"against that: {_compared(evaluation.baseline)}", key)
    if evaluation.champion is None:
        yield Fact("no champion served then, so there was none to compare with", key)
        return
    version, measured = evaluation.champion.version, evaluation.champion.metrics
    did = (
        f"{metric} {value_of(measured.get(metric))} on the same rows"
        if measured is not None
        else f"not measured: {evaluation.champion.undetermined or 'the reason is not on record'}"
    )
    yield Fact(f"version {version}, the champion of then: {did}", key)
    if evaluation.comparison:
        yield Fact(f"against version {version}: {_compared(evaluation.comparison)}", key)


def of_gates(evaluation: Evaluation, *, only_failed: bool = False) -> Iterator[Fact]:
    """Each gate, with what it measured and its limit."""
    key = keys.evaluation(evaluation.problem, evaluation.run_id)
    gates = evaluation.gates
    passed = sum(gate.passed for gate in gates)
    yield Fact(f"{passed} of {len(gates)} gates passed: {evaluation.decision}", key)
    for gate in gates:
        if not (only_failed and gate.passed):
            yield Fact(f"gate {_gate(gate)}", key)
    if evaluation.approval:
        yield Fact(f"a person must agree: {evaluation.approval}", key)


def of_families(evaluation: Evaluation) -> Iterator[Fact]:
    """Each candidate that was not chosen."""
    key = keys.evaluation(evaluation.problem, evaluation.run_id)
    for one in evaluation.candidates:
        if one.model_uri != evaluation.model_uri:
            held, seen = (_of(metrics, evaluation) for metrics in (one.metrics, one.validation))
            yield Fact(
                f"{one.family}: {evaluation.metric} {held} on the hold-out, {seen} in validation",
                key,
            )


def _gate(gate: Gate) -> str:
    word = "passed" if gate.passed else "refused"
    asks = ", if a person agrees" if gate.asks else ""
    limit = "" if gate.limit is None else f", limit {gate.limit:.4g}"
    return f"{gate.name} {word}{asks}: measured {value_of(gate.measured)}{limit}: {gate.reason}"


def _compared(found: ComparisonRecord) -> str:
    if found.undetermined or found.difference is None:
        return f"not comparable: {found.undetermined or 'the reason is not on record'}"
    bound = ""
    if found.lower is not None and found.confidence is not None:
        bound = f", at least {found.lower:+.4g} with {found.confidence:.0%} confidence"
    rows = f" on {found.rows:,} rows" if found.rows is not None else ""
    return f"{'better' if found.better else 'not better'} by {found.difference:+.4g}{bound}{rows}"


def _of(metrics: Mapping[str, float | None], evaluation: Evaluation) -> str:
    return value_of(metrics.get(evaluation.metric))
