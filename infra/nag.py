"""What cdk-nag's AwsSolutions rules find and why it is accepted.

A rule's finding names the resource that a statement allows, and those names hold export names that
CDK makes up. So findings are accepted here by pattern, each with its reason; a test fails on a
finding that no pattern accepts and on a pattern that accepts nothing any more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class AcceptedFinding:
    """``finding``: pattern for the whole rule id; ``construct``: pattern found in the construct's
    path.
    """

    finding: str
    construct: str
    reason: str

    def accepts(self, finding: str, construct: str) -> bool:
        """Whether this entry speaks of the finding at that construct."""
        return (
            re.fullmatch(self.finding, finding) is not None
            and re.search(self.construct, construct) is not None
        )


ACCEPTED = (
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::.*/predictions/2\*\]",
        r"CompactLogFunction/Role/DefaultPolicy",
        "What was delivered before it had a prefix of its own is named by the hour of its arrival.",
    ),
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::.*/(raw|validated|quarantine|profiles|handover|scoring"
        r"|predictions|prediction-calls|prediction-log-(raw|failed|damaged)|runs|definitions|feast"
        r"|reports|mlflow)/\*\]"
        r"|AwsSolutions-IAM5\[Resource::.*/runs/\*/\*/(plan\.json|families\.json|digests\.json"
        r"|training_set|models|evaluation(/evaluation\.json)?|refitted|mlflow_model)/?\*\]",
        r"/Policy|/DefaultPolicy",
        "Objects are named by batch and run: a function may touch what lies below its prefixes of "
        "one bucket.",
    ),
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::.*Landing.*/\*\]",
        r"IngestFile|AcceptEvents|AcceptLabels",
        "Files land below any <problem>/<dataset>/; the landing bucket holds nothing else.",
    ),
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::.*:sagemaker:.*/gt-[a-z0-9-]+-\*\]",
        r".",
        "Jobs and endpoints are made by workflows under this environment's name prefix.",
    ),
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::.*log-group:/aws/sagemaker/\*\]",
        r"Role/DefaultPolicy",
        "SageMaker decides the names of its jobs' log groups and streams.",
    ),
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::.*scalable-target/\*\]",
        r"RetireSlot|SweepEndpoints|Reconcile",
        "The ids of scalable targets are made up by AWS.",
    ),
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::.*:states:.*:execution:ghosteam-[a-z0-9-]+"
        r"-(rollout|retraining):\*\]",
        r"ReconcileFunction",
        "Executions are named by run: the reconciler looks whether those that hold a lease are "
        "still at work.",
    ),
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::\*\]",
        r"(Function|Retraining|Rollout|DriftReport|LargeFiles|Scoring|Expectations|Rebuild)/Role"
        r"/DefaultPolicy",
        "X-Ray, log delivery and SageMaker's lists know no resources.",
    ),
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::\*\]",
        r"Role/Role/DefaultPolicy",
        "PutMetricData knows no resources (a condition limits it to SageMaker's namespaces), nor "
        "does a registry's token.",
    ),
    AcceptedFinding(
        r"AwsSolutions-SF2",
        r"Machine",
        "Traces have a price each: whether they are sent is a setting of the environment.",
    ),
    AcceptedFinding(
        r"AwsSolutions-L1",
        r"Function/Function/Resource",
        "Layers hold files compiled for Python 3.13, and their sizes and symbols are tested with "
        "it.",
    ),
    AcceptedFinding(
        r"AwsSolutions-SQS3",
        r"Inbox|DeadLetters|Undelivered",
        "Nobody fails to process these: they are the places where messages wait for people.",
    ),
    AcceptedFinding(
        r"AwsSolutions-COG8",
        r"Users",
        "The pool holds machine clients that get tokens by client credentials; threat protection "
        "is for people signing in.",
    ),
    AcceptedFinding(
        r"AwsSolutions-APIG4",
        r"GET--(docs|docs-files.*|openapi\.json)",
        "The description of the API is public; everything under /v1 needs a token.",
    ),
)

ACCEPTED_OF_SOURCES = (
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::.*Landing.*/\*/\*/source-\*-\*\]",
        r"(PullSource|ReceiveStream)Function/Role/DefaultPolicy",
        "Problems and sources are many, and what one lands is named by its content or its place in "
        "the stream.",
    ),
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::.*Lake.*/quarantine/\*/\*/source-\*\]",
        r"ReceiveStreamFunction/Role/DefaultPolicy",
        "Records that are no rows are kept by their place in the stream.",
    ),
    AcceptedFinding(
        r"AwsSolutions-KDS3",
        r"Sources-[a-z0-9_]+/Stream-",
        "The rule prefers the key of AWS for its price; the key of this deployment is what its "
        "owner can withdraw.",
    ),
)
"""Findings at sources, which only some problems have; the problems of this repository need none."""

ACCEPTED_OF_SUITES = (
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::.*/reports/\*/expectations/\*\]",
        r"Expectations/SuiteRole/Role/DefaultPolicy",
        "What a suite says is named by problem and batch.",
    ),
)
"""Findings at suites of Great Expectations, which only some problems have."""

ACCEPTED_OF_ATHENA = (
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::.*(/feast/\*/sources/\*|/athena/\*)\]",
        r"Athena/MayAsk",
        "Rows are named by problem and view, what queries found by Athena.",
    ),
    AcceptedFinding(
        r"AwsSolutions-IAM5\[Resource::.*:(database|table)/ghosteam_[a-z0-9_]+_offline_\*(/\*)?\]",
        r"Athena/MayAsk",
        "Each problem has a database, under this environment's name prefix.",
    ),
)
"""Findings at the tables of Athena, which only some environments have."""
