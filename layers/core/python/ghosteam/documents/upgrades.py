"""Every step from one form of a document to the next, in the order in which they came.

A step is never changed once a release has it: documents of all forms lie in the tables of those who
use it. A document without ``schema_version`` has form 1. The first releases wrote forms that differ
without a number of their own, so that the steps from form 1 fill in what a document lacks and leave
what it has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ghosteam.documents import older_references, older_verdicts
from ghosteam.json_object import JsonObject

Body = JsonObject
_LEASE = timedelta(hours=13)
"""How long a retraining lease without an end lasts: an execution's 12 hours, and one more."""


@dataclass(frozen=True)
class Step:
    """``change`` makes form ``to`` of a ``kind`` out of the one before."""

    kind: str
    to: int
    change: Callable[[Body], Body]


def _endpoint_by_name(run: Body) -> Body:
    """``retire`` was ``{"endpoint_name": name}``."""
    retire = run.get("retire")
    return {**run, "retire": retire["endpoint_name"] if retire else None}


def _run_in_full(run: Body) -> Body:
    """A run had one attempt; a rollout without its run's document left one with nothing else."""
    ended = run.get("rolled_out_at")
    known = {
        "occasion_id": run["run_id"],
        "reason": {"trigger": "rollout", "detail": "what started the run is not on record"},
        "as_of": ended,
        "started_at": ended,
        "finished_at": ended,
    }
    return {**known, **run}


def _decision_on_an_occasion(decision: Body) -> Body:
    """A decision was named for the run that it was about, started or not."""
    starts = decision["decision"] == "start"
    known = {
        "request": "",
        "occasion_id": decision["run_id"],
        "attempt": 1,
        "for_run": None,
        "retry_after": None,
    }
    return {**known, **decision, "run_id": decision["run_id"] if starts else None}


def _lease_with_an_end(lease: Body) -> Body:
    """A lease had no end of its own."""
    begun = datetime.fromisoformat(lease["acquired_at"])
    return {"expires_at": (begun + _LEASE).isoformat(), **lease}


def _slot(slot: Body | None) -> Body | None:
    """What served was what had been judged, and nothing was on record of it."""
    return {"judged_uri": slot["model_uri"], "digests": {}, **slot} if slot else None


def _defined_by_the_folder(slot: Body | None) -> Body | None:
    """What a problem was when its model learned is not on record."""
    return {"definition": None, **slot} if slot else None


def _without_a_constant(slot: Body | None) -> Body | None:
    """What a constant reached on the hold-out was not copied from the evaluation."""
    return {"knowing_nothing": None, **slot} if slot else None


def _slots(change: Callable[[Body | None], Body | None], *names: str) -> Callable[[Body], Body]:
    """``change`` in each of a document's slots."""
    return lambda body: {**body, **{name: change(body.get(name)) for name in names}}


def _plan_with_definition(plan: Body) -> Body:
    champion = _defined_by_the_folder(plan["champion"])
    added: Body = {"definition": None, "champion_definition": None, "champion_parts": {}}
    return {**added, **plan, "champion": champion}


def _plan_by_what_was_known(plan: Body) -> Body:
    """No model was trained by what was available."""
    return {"available_at": {}, "history": {}, **plan}


def _evaluation_of_a_task(evaluation: Body) -> Body:
    """Every problem was binary; the metric stood in the comparison, if there was one, and is that
    of which the first gate measured the value.
    """
    compared = (evaluation.get("comparison") or {}).get("metric")
    uri, candidates = evaluation["model_uri"], evaluation["candidates"]
    metrics: Body = next((one["metrics"] for one in candidates if one["model_uri"] == uri), {})
    known = {value: name for name, value in metrics.items() if value is not None}
    judged = known.get(next((gate["measured"] for gate in evaluation.get("gates", ())), None))
    return {"task": "binary", "metric": compared or judged or "unknown", **evaluation}


def _materialized_some_time(batch: Body) -> Body:
    """When it was is not on record."""
    return {**batch, "at": None}


def _materialized_in_a_table_of_its_own(batch: Body) -> Body:
    """Its rows stood in a table that is not read any more."""
    return {**batch, "view_version": "first"}


def _no_older_rows(batch: Body) -> Body:
    """The first row of a key was kept, and the later ones were quarantined."""
    return {**batch, "duplicate_rows": 0, "superseded_rows": 0}


def _one_revision(batch: Body) -> Body:
    """Its valid rows lay in its own folder, and by which contract is not on record."""
    return {**batch, "read_as": "", "judged_as": "", "raw_parts": 0, "revision": "", "earlier": []}


def _read_somehow(batch: Body) -> Body:
    """There was one way to read a file, and it was not noted."""
    return {**batch, "reading": None}


def _counted_read_somehow(counted: Body) -> Body:
    """As its batch."""
    return {**counted, "batch": _read_somehow(counted["batch"])}


def _no_deletions(landing: Body) -> Body:
    """Deleted objects were not heard of, and versions were not named."""
    held = [{**one, "version_id": None} for one in landing.get("held", ())]
    return {**landing, "held": held, "removed": []}


def _prediction_by_event(record: Body) -> Body:
    """A record named its slot and its entity, and before that its one output. Which slot had been
    assigned is known where it answered.
    """
    score = record.get("score")
    slot = record.get("slot")
    known = {
        "assigned": "champion" if slot == "previous" else slot,
        "answered": slot,
        "event": record.get("entity"),
        "outputs": {} if score is None else {"score": score},
        "call_id": record.get("prediction_id"),
    }
    return {**{name: value for name, value in known.items() if value is not None}, **record}


def _call_of_a_slot(record: Body) -> Body:
    """The slot of a call was called so; its version was not always told, nor its id."""
    made = f"{record.get('endpoint')} {record.get('made_at')}"
    return {"asked": record.get("slot"), "model_version": "", "call_id": made, **record}


def _nothing_erased(landing: Body) -> Body:
    """No version was erased."""
    return {"erased": (), **landing}


def _rows_by_day(_coverage: Body) -> Body:
    """Stretches from the oldest to the newest row said nothing of the rows between them."""
    return {"days": {}}


def _all_places(counted: Body) -> Body:
    """Every landing key was filed."""
    return {"more": False, **counted}


def _one_move(step: Body) -> Body:
    """A step moved one batch."""
    names = ("dataset", "batch_id", "place", "revision")
    move = {name: step[name] for name in names if name in step}
    kept = {name: value for name, value in step.items() if name not in names}
    return {**kept, "moves": [move] if step["batch_id"] else []}


def _digests_by_key(digests: Body) -> Body:
    """There was nothing else."""
    return {"by_key": digests}


_ROUTED = ("champion", "challenger", "replaced")
STEPS: Sequence[Step] = (
    Step("run", 2, _endpoint_by_name),
    Step("run", 3, _run_in_full),
    Step("decision", 2, _decision_on_an_occasion),
    Step("retraining lease", 2, _lease_with_an_end),
    Step("routing", 2, _slots(_slot, *_ROUTED)),
    Step("plan", 2, _slots(_slot, "champion")),
    Step("drift verdict", 2, older_verdicts.distances_by_output),
    Step("evaluation", 2, _evaluation_of_a_task),
    Step("materialized batch", 2, _materialized_some_time),
    Step("batch", 2, _no_older_rows),
    Step("landing", 2, _no_deletions),
    Step("routing", 3, _slots(_defined_by_the_folder, *_ROUTED)),
    Step("plan", 3, _plan_with_definition),
    Step("batch", 3, _one_revision),
    Step("materialized batch", 3, _materialized_in_a_table_of_its_own),
    Step("logged prediction", 2, _prediction_by_event),
    Step("failed call", 2, _call_of_a_slot),
    Step("landing", 3, _nothing_erased),
    Step("coverage", 2, _rows_by_day),
    Step("plan", 4, _plan_by_what_was_known),
    Step("drift verdict", 3, older_verdicts.findings),
    Step("batch", 4, _read_somehow),
    Step("counted batch", 2, _counted_read_somehow),
    Step("performance verdict", 2, older_verdicts.nothing_expected),
    Step("drift verdict", 4, older_verdicts.of_the_training_data),
    Step("window step", 2, _one_move),
    Step("drift verdict", 5, older_verdicts.sums_by_name),
    Step("outcome verdict", 2, older_verdicts.sums_by_name),
    Step("drift reference", 2, older_references.outputs_by_name),
    Step("drift reference", 3, older_references.one_profile_each),
    Step("drift reference", 4, older_references.samples_with_noise),
    Step("drift reference", 5, older_references.no_outcomes),
    Step("drift reference", 6, older_references.form_by_its_name),
    Step("digests", 2, _digests_by_key),
    Step("counted batch", 3, _all_places),
    Step("routing", 4, _slots(_without_a_constant, *_ROUTED)),
    Step("plan", 5, _slots(_without_a_constant, "champion")),
)


def up_to_date(kind: str, found: int, wanted: int, body: Body) -> Body:
    """``body`` of a ``kind``, of form ``found``, in form ``wanted``."""
    for step in STEPS:
        if step.kind == kind and found < step.to <= wanted:
            body = step.change(body)
    return body
