"""Data: files that land become typed, validated rows; what breaks the contract goes to quarantine
with its reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_events as events
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.documents.event import SOURCE
from ghosteam.problem.spec import Problem
from ghosteam.runtime.settings import IngestSettings, ValidateSettings
from infra import permissions as may
from infra.constructs.collected_alerts import CollectedAlerts
from infra.constructs.expectations import Expectations
from infra.constructs.functions import Functions, filled
from infra.constructs.large_files import LargeFiles
from infra.constructs.problem_work import ProblemWork
from infra.constructs.source import PulledSources, StreamSources, pulled_sources, stream_sources
from infra.settings import EnvironmentSettings
from infra.stacks.foundation import Foundation
from infra.stacks.sources import Sources


class Data(Stack):
    """Attributes: ``ingest``, ``validate``. ``suites``: some data set has a suite of Great
    Expectations.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        foundation: Foundation,
        problems: Mapping[str, Problem],
        suites: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        functions = Functions(self, environment=settings, shared=foundation)
        both = [
            may.write_objects(foundation.lake, keys.HANDOVER),
            may.change_state(foundation.state, "data"),
        ]
        may_ingest = [
            may.read_objects(foundation.landing, ""),
            may.write_objects(foundation.lake, keys.RAW, keys.QUARANTINE),
            may.publish(
                foundation.bus,
                "LargeFileLanded",
                "BatchIngested",
                "BatchValidated",
                "BatchWithdrawn",
                "BatchRejected",
            ),
            *both,
        ]
        self.ingest = functions.make("ingest_file", IngestSettings, may_ingest)
        ProblemWork(
            self,
            "Landed",
            work="ingest_file",
            function=self.ingest,
            settings=settings,
            shared=foundation,
            patterns={
                "ObjectCreated": events.EventPattern(
                    source=["aws.s3"],
                    detail_type=["Object Created"],
                    detail={"bucket": {"name": [foundation.landing.bucket_name]}},
                ),
                # A file whose time has passed, by a rule of the bucket, was not taken back.
                "ObjectDeleted": events.EventPattern(
                    source=["aws.s3"],
                    detail_type=["Object Deleted"],
                    detail={
                        "bucket": {"name": [foundation.landing.bucket_name]},
                        "reason": ["DeleteObject"],
                    },
                ),
                "ReadAgain": events.EventPattern(source=[SOURCE], detail_type=["ReadAgain"]),
            },
            of_account=frozenset({"ObjectCreated", "ObjectDeleted"}),
        )
        may_validate = [
            may.read_objects(foundation.lake, keys.RAW, keys.PROFILES),
            may.write_objects(foundation.lake, keys.VALIDATED, keys.QUARANTINE, keys.PROFILES),
            may.publish(
                foundation.bus,
                "LargeBatchIngested",
                "BatchValidated",
                "BatchWithdrawn",
                "BatchRejected",
                "ExpectationsDue",
            ),
            *both,
        ]
        self.validate = functions.make("validate_batch", ValidateSettings, may_validate)
        ProblemWork(
            self,
            "Ingested",
            work="validate_batch",
            function=self.validate,
            settings=settings,
            shared=foundation,
            patterns={
                "BatchIngested": events.EventPattern(source=[SOURCE], detail_type=["BatchIngested"])
            },
        )
        LargeFiles(
            self,
            "LargeFiles",
            settings=settings,
            shared=foundation,
            steps={
                "ingest_file": (
                    filled(IngestSettings, settings, foundation),
                    [*may_ingest, may.use_key(foundation.key)],
                ),
                "validate_batch": (
                    filled(ValidateSettings, settings, foundation),
                    [*may_validate, may.use_key(foundation.key)],
                ),
            },
        )
        CollectedAlerts(
            self, "Rejections", settings=settings, shared=foundation, functions=functions
        )
        if suites:
            Expectations(self, "Expectations", settings=settings, shared=foundation)
        pulled, streams = pulled_sources(problems), stream_sources(problems)
        puller = receiver = None
        if pulled:
            puller = PulledSources(
                self,
                "Pulled",
                settings=settings,
                functions=functions,
                shared=foundation,
                sources=pulled,
            )
        if streams:
            receiver = StreamSources(
                self,
                "Streams",
                settings=settings,
                functions=functions,
                shared=foundation,
                sources=streams,
            )
        for name in sorted(problems):
            if problems[name].sources:
                Sources(
                    self,
                    f"Sources-{name}",
                    spec=problems[name],
                    settings=settings,
                    shared=foundation,
                    pulled=puller,
                    streams=receiver,
                )
