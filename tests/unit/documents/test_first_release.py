"""What the first release wrote is read: the documents in ``first_release/``, made by its own code
and never changed.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import pytest

from ghosteam.aws.state import partition
from ghosteam.documents import state_keys
from ghosteam.documents.decision import Decision
from ghosteam.documents.drift_reference import DriftReference
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.evaluation import Evaluation
from ghosteam.documents.plan import Plan
from ghosteam.documents.retraining_lease import RetrainingLease
from ghosteam.documents.routing import Routing
from ghosteam.documents.run import Run
from ghosteam.documents.stored import FORM, Stored
from ghosteam.errors import Defect
from ghosteam.learning.package import load_model
from ghosteam.monitoring.drift import judge_window
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.problem.watch import Watch
from tests.accounts import memory_account

FOLDER = Path(__file__).parent / "first_release"
NO_DOCUMENTS = {"manifest"}
KEYS = [value for value in vars(state_keys).values() if isinstance(value, state_keys.Key)]
FORMS: dict[str, type[Stored]] = {
    form.kind.replace(" ", "_"): form
    for form in [*(key.form for key in KEYS), DriftReference, Evaluation, Plan]
}
LATER = {
    "batch_to_judge",
    "alert_state",
    "drift_watermark",
    "window_to_judge",
    "change",
    "compacted_group",
    "counted_batch",
    "coverage",
    "erasure",
    "online_revision",
    "online_versions",
    "quarantine_note",
    "rebuild",
    "recent_batches",
    "rejected_file",
    "rejection_alert",
    "log_completeness",
    "backfill",
    "log_compaction",
    "outcome_verdict",
    "outcome_counts",
    "page_tag",
    "published_definition",
    "published_problems",
    "registry_note",
    "waiting_occasion",
    "waiting_rollout",
    "window_step",
}


def kind_of(path: Path) -> str:
    return path.name.partition(".")[0]


FILES = sorted(path for path in FOLDER.iterdir() if kind_of(path) not in NO_DOCUMENTS)


def written(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_document_of_the_first_release_is_read(path: Path) -> None:
    form, document = FORMS[kind_of(path)], written(path.stem)
    assert FORM not in document
    read = form.from_json(document)
    assert form.from_json(read.to_json()) == read


def test_each_kind_that_the_first_release_knew_has_its_example() -> None:
    assert {kind_of(path) for path in FILES} == FORMS.keys() - LATER


def test_the_state_table_gives_what_the_first_release_left() -> None:
    with memory_account() as account:
        for key in KEYS:
            for path in FOLDER.glob(f"{key.form.kind.replace(' ', '_')}.*"):
                item = {
                    "partition": {"S": partition("flights", key.text)},
                    "key": {"S": f"{key.text}{path.stem}"},
                    "version": {"N": "1"},
                    "data": {"S": path.read_text(encoding="utf-8")},
                }
                boto3.client("dynamodb").put_item(TableName="state", Item=item)
            kept = list(account.state.list("flights", key))
            assert all(isinstance(one.data, key.form) for one in kept)
            for one in kept:
                account.state.replace("flights", one, one.data)
            assert [one.data for one in account.state.list("flights", key)] == [
                one.data for one in kept
            ]


def test_a_slot_served_what_was_judged_and_nothing_is_on_record_of_it() -> None:
    routing = Routing.from_json(written("routing.challenger"))
    assert routing.champion is not None
    assert routing.challenger is not None
    assert (routing.champion.version, routing.challenger.percent) == ("1", 10)
    for slot in (routing.champion, routing.challenger):
        assert slot.judged_uri == slot.model_uri
        assert slot.digests == {}
    after = Routing.from_json(written("routing.replaced"))
    assert after.challenger is None
    assert after.replaced == routing.champion


def test_a_plans_champion_is_the_slot_that_served() -> None:
    served = Routing.from_json(written("routing.challenger")).champion
    assert Plan.from_json(written("plan.champion")).champion == served
    assert Plan.from_json(written("plan.first")).champion is None


def test_only_a_decision_to_start_has_a_run() -> None:
    start, skip = (Decision.from_json(written(f"decision.{name}")) for name in ("start", "skip"))
    assert start.run_id == start.occasion_id == written("decision.start")["run_id"]
    assert skip.run_id is None
    assert skip.occasion_id == written("decision.skip")["run_id"]


def test_a_lease_ends_an_hour_after_the_longest_run() -> None:
    lease = RetrainingLease.from_json(written("retraining_lease"))
    assert (lease.expires_at - lease.acquired_at).total_seconds() == 13 * 3600


def test_a_rollout_without_its_runs_document_left_a_run_that_is_over() -> None:
    run = Run.from_json(written("run.rolled_back"))
    assert run.retire == "gt-local-flights-v2-a1017c7b"
    assert run.started_at == run.finished_at == run.rolled_out_at
    assert (run.occasion_id, run.reason.trigger) == ("run-2", "rollout")


def test_a_run_that_failed_was_the_only_attempt_on_its_occasion() -> None:
    run = Run.from_json(written("run.failed"))
    assert (run.occasion_id, run.reason.detail, run.retire) == ("r1", "temp", None)


def test_a_verdict_keeps_the_distance_of_the_scores() -> None:
    known, unknown = (
        DriftVerdict.from_json(written(f"drift_verdict.{name}"))
        for name in ("drifted", "undetermined")
    )
    score = known.features[-1]
    assert (score.name, score.role, score.matters) == ("prediction score", "output", False)
    assert score.statistic == pytest.approx(0.0326, abs=1e-4)
    hour = known.features[0]
    assert hour.drifted and hour.told.startswith("distance 0.6853, 0.1177 was usual; missing in 0")
    assert known.sustained_features == (known.drifted_features if known.sustained else ())
    assert unknown.features == ()


@pytest.mark.parametrize("name", ["promote", "first", "refuse"])
def test_an_evaluation_was_of_a_binary_problem_and_its_first_gates_metric(name: str) -> None:
    evaluation = Evaluation.from_json(written(f"evaluation.{name}"))
    assert (evaluation.task, evaluation.metric) == ("binary", "roc_auc")


def test_an_evaluation_whose_metric_is_nowhere_says_so() -> None:
    document = written("evaluation.first")
    gates = [{**gate, "measured": None} for gate in document["gates"]]
    for lacking in ({"gates": gates}, {"gates": []}, {"candidates": []}):
        assert Evaluation.from_json({**document, **lacking}).metric == "unknown"
    bare = {name: value for name, value in document.items() if name != "gates"}
    assert Evaluation.from_json(bare).metric == "unknown"


def test_a_reference_is_judged_against_but_for_its_nameless_output() -> None:
    reference = written("drift_reference")
    known = DriftReference.from_json(reference)
    assert known.outputs.keys() == {"score"}
    assert DriftReference.from_json({**reference, "score": None}).outputs == {}
    hours, carriers = [3.0] * 40, ["ZZ"] * 40
    window = pl.DataFrame({"hour": hours, "carrier": carriers, "at": [datetime.now(UTC)] * 40})
    found = judge_window(window, known, watch=Watch(min_rows=30))
    assert isinstance(found, WindowDrift)
    assert {feature.name for feature in found.features} == {"hour", "carrier"}


def test_a_package_is_not_loaded_and_says_what_to_do(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "manifest.json", tmp_path / "model.json")
    with pytest.raises(Defect, match="format is 1, not 2") as caught:
        load_model(tmp_path)
    assert caught.value.remedy == "Train it again"
