"""``ghosteam why PROBLEM``: what serves and how it came to, how it does, and what happens next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import TypeVar

from cli.facts.documents import ProblemDocuments
from cli.facts.fact import Answer, Fact, moment
from cli.facts.outcomes import of_outcomes
from cli.facts.prediction_log import of_log
from cli.facts.serving import of_serving
from cli.facts.verdicts import Verdict, of_features, of_verdict, word
from cli.facts.work import of_run, of_waiting
from cli.why.measured import (
    Evidence,
    of_chosen,
    of_code,
    of_gates,
    of_learning,
    of_measurements,
    value_of,
)
from ghosteam.documents import keys, state_keys
from ghosteam.documents.decision import Decision
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot

DECISIONS = 5
Judged = TypeVar("Judged", bound=Verdict)
_NOTHING_SERVES = Fact("no model serves")
_NONE = Evidence()


def why_problem(found: ProblemDocuments, evidence: Mapping[str, Evidence]) -> Answer:
    """``evidence``: by run id, of the champion's run and of the newest."""
    champion = found.champion
    return {
        "What serves": list(_serving(found, evidence)),
        "How it measured": list(_measured(champion, evidence)),
        "Is it drifting": list(_of_windows(found.champion, found.drift)),
        "How it performs": list(_performance(found, evidence)),
        "Are outcomes as they were": list(_of_windows(found.champion, found.outcome_drift)),
        "Is the prediction log whole": list(of_log(found))
        or [Fact("nobody has compared it with what the API counted yet")],
        "Why it was or was not retrained": [*_decisions(found), *of_outcomes(found)],
        "What became of the last run": list(_last_run(found, evidence)),
        "What waits": list(of_waiting(found)) or [Fact("nothing")],
    }


def of_decision(one: Decision) -> Fact:
    """What was decided on an occasion, and why."""
    attempt = f", attempt {one.attempt}" if one.attempt > 1 else ""
    again = f"; again not before {moment(one.retry_after)} UTC" if one.retry_after else ""
    behind = f"; it waits for run {one.for_run}" if one.for_run else ""
    run = f", run {one.run_id}" if one.run_id else ""
    return Fact(
        f"{moment(one.decided_at)} {one.decision}{run}{attempt}: {one.trigger} ({one.detail}): "
        f"{one.reason}{again}{behind}",
        (state_keys.DECISIONS / one.occasion_id).text,
    )


def _serving(found: ProblemDocuments, evidence: Mapping[str, Evidence]) -> Iterator[Fact]:
    for role, fact in of_serving(found):
        yield Fact(f"{role}: {fact.text}", fact.document)
    champion = found.champion
    if champion is None:
        return
    run, left = found.run(champion.run_id), evidence.get(champion.run_id, _NONE)
    yield _made_by(champion, run)
    if run and run.status != "promoted":
        yield Fact(
            f"the run's document says {run.status}; the routing, which decides, says that its "
            "model serves",
            (state_keys.RUNS / run.run_id).text,
        )
    yield from of_learning(left.plan, left.evaluation)
    yield from of_code(left.plan, found.batches)
    if champion.model_uri != champion.judged_uri:
        reach = f", to {moment(left.plan.holdout_end)}" if left.plan else ""
        yield Fact(
            f"after it was judged it was fitted again with the hold-out's rows{reach}",
            state_keys.ROUTING.text,
        )
    yield from _packages(champion)


def _made_by(champion: Slot, run: Run | None) -> Fact:
    if run is None:
        return Fact(
            f"run {champion.run_id} made it; that run has no document", state_keys.ROUTING.text
        )
    return Fact(
        f"run {run.run_id} made it, started {moment(run.started_at)} by {run.reason.trigger}: "
        f"{run.reason.detail}",
        (state_keys.RUNS / run.run_id).text,
    )


def _packages(champion: Slot) -> Iterator[Fact]:
    key = state_keys.ROUTING.text
    if not champion.digests:
        yield Fact(
            "nothing on record says what its package is: it serves, and is not comparable; "
            "retrain to replace it (docs/decisions/0080)",
            key,
        )
    elif digest := champion.digests.get("model"):
        yield Fact(f"its package is {champion.model_uri}, its manifest's SHA-256 {digest}", key)


def _measured(champion: Slot | None, evidence: Mapping[str, Evidence]) -> Iterator[Fact]:
    if champion is None:
        yield _NOTHING_SERVES
        return
    evaluation = evidence.get(champion.run_id, _NONE).evaluation
    if evaluation is None:
        yield Fact(f"run {champion.run_id} has no evaluation on record")
        return
    yield from of_measurements(evaluation)
    yield from of_gates(evaluation, only_failed=True)


def _of_windows(champion: Slot | None, verdicts: Sequence[DriftVerdict]) -> Iterator[Fact]:
    if champion is None:
        yield _NOTHING_SERVES
        return
    own = [one for one in verdicts if one.model_version == champion.version]
    if not own:
        yield Fact(f"version {champion.version} has not been judged yet")
        return
    series = present_series(own)
    yield _state_of(own[-1], series, "drifting")
    yield from of_features(series[-1] if series else own[-1])


def _performance(found: ProblemDocuments, evidence: Mapping[str, Evidence]) -> Iterator[Fact]:
    champion = found.champion
    if champion is None:
        yield _NOTHING_SERVES
        return
    own = [one for one in found.performance if one.model_version == champion.version]
    if own:
        yield _state_of(own[-1], present_series(own), "degraded")
        if (limit := own[-1].limit) is not None:
            document = of_verdict(own[-1]).document
            yield Fact(f"the limit is {limit:.4g}, beyond what chance explains", document)
    else:
        yield Fact(f"version {champion.version} has not been judged on outcomes yet")
    others = [one for one in found.performance if one.model_version != champion.version]
    if others:
        last = others[-1]
        told = of_verdict(last)
        shared = any(
            one.window_start < last.window_end and last.window_start < one.window_end for one in own
        )
        where = "on a window that both met" if shared else "on its last window"
        yield Fact(f"version {last.model_version} {where}: {told.text}", told.document)
    evaluation = evidence.get(champion.run_id, _NONE).evaluation
    if evaluation and (former := evaluation.champion) and former.metrics is not None:
        theirs = value_of(former.metrics.get(evaluation.metric))
        yield Fact(
            f"on one hold-out version {former.version} had {evaluation.metric} {theirs}, this one "
            f"{of_chosen(evaluation)}",
            keys.evaluation(evaluation.problem, evaluation.run_id),
        )


def present_series(verdicts: Sequence[Judged]) -> list[Judged]:
    """The newest windows in a row that are bad, oldest first; undetermined ones do not break it."""
    known = [one for one in verdicts if not one.undetermined]
    return list(takewhile(_is_bad, reversed(known)))[::-1]


def _is_bad(verdict: Verdict) -> bool:
    return word(verdict) in ("drifted", "sustained", "degraded")


def _state_of(newest: Verdict, series: Sequence[Verdict], what: str) -> Fact:
    told = of_verdict(newest)
    if not series:
        return told
    first = series[0]
    count = f"{len(series)} windows in a row" if len(series) > 1 else "one window"
    return Fact(
        f"{what} since the window of {moment(first.window_start)} to {moment(first.window_end)}, "
        f"{count}; the newest: {told.text}",
        of_verdict(first).document,
    )


def _decisions(found: ProblemDocuments) -> Iterator[Fact]:
    newest = sorted(found.decisions, key=lambda one: one.decided_at, reverse=True)[:DECISIONS]
    if not newest:
        yield Fact("nothing has been decided yet")
    yield from map(of_decision, newest)
    if found.readiness and found.readiness.ready:
        yield Fact("the data at hand cover a run", state_keys.READINESS.text)
    elif found.readiness is None:
        yield Fact("whether the data cover a run was not assessed yet")


def _last_run(found: ProblemDocuments, evidence: Mapping[str, Evidence]) -> Iterator[Fact]:
    if not found.runs:
        yield Fact("there was none yet")
        return
    run = found.runs[-1]
    yield from of_run(run)
    evaluation = evidence.get(run.run_id, _NONE).evaluation
    if evaluation and run.status not in ("registered", "promoted"):
        yield from of_gates(evaluation, only_failed=True)
