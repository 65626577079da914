"""Who may write what others believe: areas of the state, types of events and files of runs, role by
role.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from ghosteam.documents import keys
from ghosteam.documents.event import EVENT_TYPES
from ghosteam.features.views import online_table
from tests.infra.templates import Synthesized, as_list, text

CHANGES = {"dynamodb:PutItem", "dynamodb:DeleteItem"}
# The areas that a role may change. What reads files and requests from outside may change nothing
# but data; how far the windows are is the business of the one that writes them.
AREAS: dict[str, set[str]] = {
    "IngestFile": {"data"},
    "ValidateBatch": {"data"},
    "LargeFiles": {"data"},
    "MaterializeFeatures": {"features", "judging"},
    "StartRun": {"retraining"},
    "RecordTrainingSet": {"retraining"},
    "CollectFamilies": {"retraining"},
    "ChooseModel": {"retraining"},
    "RegisterModel": {"retraining"},
    "DecideRetraining": {"retraining"},
    "FinishRun": {"retraining"},
    "TellRejections": {"alerts"},
    "SendAlerts": {"alerts"},
    "CheckDrift": {"monitoring"},
    "CheckPerformance": {"monitoring", "judging"},
    "CompactLog": {"monitoring"},
    "PrepareRollout": {"serving", "retraining"},
    "RequestApproval": {"serving"},
    "ShiftTraffic": {"serving"},
    "FinishRollout": {"serving", "retraining"},
    "RetireSlot": {"serving"},
    "RollBack": {"serving", "retraining"},
    "Reconcile": {"serving", "retraining"},
    "PublishDefinitions": {"definitions"},
    "Rebuild": {"definitions"},
}
TYPES: dict[str, set[str]] = {
    "IngestFile": {
        "LargeFileLanded",
        "BatchIngested",
        "BatchValidated",
        "BatchWithdrawn",
        "BatchRejected",
    },
    "ValidateBatch": {
        "LargeBatchIngested",
        "BatchValidated",
        "BatchWithdrawn",
        "BatchRejected",
        "ExpectationsDue",
    },
    "LargeFiles": {
        "LargeFileLanded",
        "LargeBatchIngested",
        "BatchIngested",
        "BatchValidated",
        "BatchWithdrawn",
        "BatchRejected",
        "ExpectationsDue",
    },
    "MaterializeFeatures": {"BatchValidated", "FeaturesMaterialized"},
    "StartRun": {"RetrainingStarted"},
    "RegisterModel": {"ModelRegistered"},
    "DecideRetraining": {
        "RetrainingDue",
        "RetrainingDeclined",
        "RetrainingScheduled",
        "OutcomesArrived",
    },
    "FinishRun": {"RetrainingFinished"},
    "CheckDrift": {"DriftDetected"},
    "CheckPerformance": {"PerformanceDegraded", "ValueDropped", "RegretReached", "DriftDetected"},
    "PrepareRollout": {"RolloutStarted"},
    "FinishRollout": {"ModelPromoted", "RolloutRolledBack", "ModelRegistered"},
    "RollBack": {"ModelRegistered", "ChampionRolledBack"},
    "PublishDefinitions": {
        "ReadAgain",
        "BatchIngested",
        "BatchValidated",
        "DefinitionChanged",
        "RebuildDue",
        "ProblemWithdrawn",
    },
    "Rebuild": {"ReadAgain", "BatchIngested", "BatchValidated", "DefinitionChanged"},
    "Reconcile": {
        "Reconciled",
        "RebuildDue",
        "ModelPromoted",
        "RolloutRolledBack",
        "ModelRegistered",
    },
}


def _conditions(
    environment: Synthesized, actions: set[str], operator: str, key: str
) -> dict[str, set[str]]:
    """By role: the values of a condition key under which it may do any of the actions."""
    found: dict[str, set[str]] = {}
    for policy, statement in environment.grants():
        if actions & set(as_list(statement["Action"])):
            role = next(
                (name for name in {*AREAS, *TYPES} if policy.id.startswith(name)), str(policy)
            )
            condition: dict[str, Any] = statement.get("Condition", {})
            assert key in condition.get(operator, {}), (
                f"{policy} may {actions} without a condition on {key}"
            )
            found.setdefault(role, set()).update(as_list(condition[operator][key]))
    return found


def test_a_role_changes_only_its_areas_of_the_state(environment: Synthesized) -> None:
    found = _conditions(environment, CHANGES, "ForAllValues:StringLike", "dynamodb:LeadingKeys")
    assert found == {role: {f"{area}#*" for area in areas} for role, areas in AREAS.items()}


def test_reading_the_state_is_limited_too_and_nothing_may_scan_it(environment: Synthesized) -> None:
    # A scan names no partition, which a condition on all of its partitions would let pass.
    _conditions(
        environment,
        {"dynamodb:GetItem", "dynamodb:Query"},
        "ForAllValues:StringLike",
        "dynamodb:LeadingKeys",
    )
    actions = {
        action for _, statement in environment.grants() for action in as_list(statement["Action"])
    }
    assert not actions & {"dynamodb:PartiQLSelect", "dynamodb:UpdateItem"}
    scanned = [
        str(statement["Resource"])
        for _, statement in environment.grants()
        if "dynamodb:Scan" in as_list(statement["Action"])
    ]
    online = f"table/{online_table(environment.settings.online_prefix)}"
    assert len(scanned) == 1 and online in scanned[0]


def test_a_role_publishes_only_its_own_types_of_events(environment: Synthesized) -> None:
    found = _conditions(environment, {"events:PutEvents"}, "StringEquals", "events:detail-type")
    assert found == TYPES
    # What people ask for, and what only suites that a problem may have say.
    others = {"RetrainingRequested", "ExpectationsNotMet"}
    assert set().union(*TYPES.values()) == set(EVENT_TYPES) - others
    sources = _conditions(environment, {"events:PutEvents"}, "StringEquals", "events:source")
    assert set().union(*sources.values()) == {"ghosteam"}


@pytest.mark.parametrize(
    "key", [keys.plan("p", "r"), keys.families("p", "r"), keys.digests("p", "r")]
)
def test_no_job_writes_what_functions_record(environment: Synthesized, key: str) -> None:
    writers = set()
    for policy, statement in environment.grants():
        if "s3:PutObject" in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                bucket, _, pattern = text(resource).partition("/")
                if "Artifacts" in bucket and _matches(pattern, key):
                    writers.add(policy.id)
    assert writers, "somebody writes it"
    assert all("Function" in writer for writer in writers), writers


def _matches(pattern: str, key: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), key) is not None
