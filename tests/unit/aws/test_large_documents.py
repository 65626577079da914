"""What grows fits into an item of the state table, or says clearly that it does not."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import timedelta
from functools import reduce

import boto3
import pytest
from moto import mock_aws

from ghosteam.aws.state import MOST_CHARACTERS
from ghosteam.documents import state_keys
from ghosteam.documents.alert_state import AlertState
from ghosteam.documents.batch import Revision
from ghosteam.documents.change import Change, Stage
from ghosteam.documents.compacted_group import CompactedGroup
from ghosteam.documents.counted_batch import CountedBatch, Place
from ghosteam.documents.coverage import Coverage, DayRows
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.erasure import Erasure
from ghosteam.documents.file_dialect import FileDialect
from ghosteam.documents.landing import Held, Landing
from ghosteam.documents.log_compaction import LogCompaction
from ghosteam.documents.online_versions import OnlineVersions
from ghosteam.documents.outcome_counts import OutcomeCounts
from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.documents.published_definition import DefinitionDigests
from ghosteam.documents.published_problems import PublishedProblems
from ghosteam.documents.quarantine_note import QuarantineNote, stretches_of
from ghosteam.documents.readiness import Readiness
from ghosteam.documents.rebuild import Rebuild, RebuildStep
from ghosteam.documents.recent_batches import RecentBatches
from ghosteam.documents.stored import Stored
from ghosteam.documents.window_step import Move, WindowStep
from ghosteam.errors import Defect
from ghosteam.features.outcome_tally import MOST_DAYS
from ghosteam.steps.compact_log import GROUP_OBJECTS
from ghosteam.steps.window_parts import PART_BATCHES
from tests import documents
from tests.accounts import create_state_table

FEATURES, MANY = 2_000, 10_000
NAMES = tuple(f"weather_precipitation_mean_28d_{n:05}" for n in range(FEATURES))
DAYS = [f"{documents.DAY + timedelta(days=n):%Y-%m-%d}" for n in range(MANY)]
DIGEST = "0123456789abcdef" * 4
PLACE = Place("trains/departures/2013-07-01.csv", "2013-07-01T00:00:00+00:00", "0055AED6DCD90281E5")
LONG_PLACE = replace(PLACE, key="trains/" + "é" * 508)
"""Its key has the 1,024 bytes that S3 takes; JSON has six characters for each of two."""
AT = documents.DAY
VERSIONS = tuple(f"{name}@{DIGEST[:12]}" for name in NAMES)

LARGE: dict[str, Stored] = {
    "revisions of a batch": replace(
        documents.batch(),
        earlier=(Revision(DIGEST[:12], 3, AT.isoformat(), AT.isoformat()),) * 2_000,
        reading=FileDialect("csv", renamed=dict.fromkeys(NAMES[:50], NAMES[0]), detected=NAMES),
    ),
    "a change of every feature": Change(
        problem="trains",
        before=DIGEST,
        after=DIGEST,
        differences=tuple(f"features: {name} is added" for name in NAMES),
        stages=tuple(Stage(kind="rebuild", subject=name, why="it is new") for name in NAMES[::2]),
        at=AT,
    ),
    "the days of a group of the log": CompactedGroup(
        hour=AT, group=DIGEST[:16], days=dict.fromkeys(DAYS, 9_999)
    ),
    "a file at many long keys": CountedBatch(documents.batch(), ()).at([LONG_PLACE] * MANY),
    "a month": Coverage({day: DayRows(10**9, 10**9, AT) for day in DAYS[:31]}),
    "models of an entity that is erased": Erasure(
        subject=DIGEST,
        columns=("tailnum",),
        asked_by="arn:aws:iam::123456789012:user/somebody",
        asked_at=AT,
        models=tuple(f"20130701T0000-{n:08x}" for n in range(MANY)),
    ),
    "versions of a file": Landing(
        held=(Held(DIGEST[:32], PLACE.sequencer, PLACE.landed_at, DIGEST[:32]),) * 1_000,
        removed=(DIGEST[:32],) * 50,
        ignored=(PLACE.sequencer,) * 50,
        erased=(DIGEST[:32],) * 1_000,
    ),
    "a group of the log": LogCompaction(inputs=("predictions/" + DIGEST * 3,) * GROUP_OBJECTS),
    "versions of views": OnlineVersions(VERSIONS, VERSIONS),
    "outcomes by day": OutcomeCounts(
        1, 1, 1, 0, 0, NAMES[:5], dict.fromkeys(DAYS[:MOST_DAYS], 10**9)
    ),
    "problems": PublishedProblems(tuple(f"a_problem_{n}" for n in range(MANY))),
    "rows in many pieces": QuarantineNote(
        batch_id="b",
        judged_as="",
        decision="discarded",
        rows=stretches_of(range(90_000_000, 90_010_000, 2)),
        at=AT,
        by="",
    ),
    "a reason a feature": Readiness(False, tuple(f"{n} is missing" for n in NAMES)),
    "a rebuild that many folders overtook": Rebuild(
        begun=(DefinitionDigests(DIGEST, DIGEST),) * 500,
        at=AT,
        moved_at=AT,
        steps=tuple(RebuildStep("validate", name) for name in NAMES),
        after=DIGEST,
    ),
    "batches that landed one after another": reduce(
        lambda known, n: known.adding(f"{DIGEST[:27]}{n:05}", AT), range(MANY), RecentBatches({})
    ),
    "a run that has much to say": documents.run(
        reasons=NAMES, notes=NAMES, lost=dict.fromkeys(NAMES[:20], "it failed")
    ),
    "a step of the windows": WindowStep(
        1, True, (Move("departures", DIGEST[:32], PLACE),) * PART_BATCHES
    ),
}
BOUNDED = {
    DriftVerdict: "monitoring/test_verdicts",
    OutcomeVerdict: "monitoring/test_verdicts",
    PerformanceVerdict: "metrics are those that the task has",
    AlertState: "an alert tells of a few features, and of a few rejected files",
}


def test_every_document_that_may_grow_is_tried() -> None:
    grows = {
        form
        for form in state_keys.FORMS.values()
        for field in fields(form)
        if str(field.type).startswith(("tuple[", "Mapping["))
    }
    assert grows <= {type(one) for one in LARGE.values()} | BOUNDED.keys()


@pytest.mark.parametrize("document", LARGE.values(), ids=LARGE.keys())
def test_it_fits(document: Stored) -> None:
    text = json.dumps(document.to_json(), separators=(",", ":"))
    assert len(text) < MOST_CHARACTERS


def test_what_does_not_fit_says_so() -> None:
    revision = Revision(DIGEST[:12], 3, AT.isoformat(), AT.isoformat())
    with mock_aws():
        client = boto3.Session("testing", "testing", region_name="us-east-1").client("dynamodb")
        state = create_state_table(client)
        key = state_keys.batch("departures", "b1")
        with pytest.raises(Defect, match="batch is too large for the state table") as told:
            state.put("trains", key, replace(documents.batch(), earlier=(revision,) * MANY))
        assert told.value.where["key"] == key.text and told.value.remedy
        assert state.find("trains", key) is None
