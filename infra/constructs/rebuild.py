"""The workflow of rebuilds: what a changed folder makes necessary, and its deployment had no time
for, is put on the queues by calls of a function, one after the other, until nothing is left.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ghosteam.runtime.settings import PublishSettings
from infra.constructs.functions import Functions
from infra.constructs.shared import Shared
from infra.constructs.workflow import Workflow, call
from infra.constructs.workflow_trigger import WorkflowTrigger
from infra.functions import FUNCTIONS
from infra.settings import EnvironmentSettings

MOST_CALLS = 500
"""An execution's history has room for 25,000 events, and a call, its retries and the way to the
next one add at most 25. What is left after so many is another execution's, which the reconciler
starts as it does after one that died.
"""


class Rebuild(Construct):
    """``may``: what publishing a definition takes."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        shared: Shared,
        functions: Functions,
        may: Sequence[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, id)
        function = functions.make("rebuild", PublishSettings, may)
        begin = sfn.Pass(
            self,
            "BeginToCount",
            result=sfn.Result.from_object({"count": 1}),
            result_path="$.calls",
        )
        work = call(
            self,
            "PutOnQueues",
            function,
            payload={"problem.$": "$.problem"},
            result_path="$.told",
            also_retry=["Conflict"],
        )
        count = sfn.Pass(
            self,
            "CountCalls",
            parameters={"count.$": "States.MathAdd($.calls.count, 1)"},
            result_path="$.calls",
        )
        left = sfn.Condition.boolean_equals("$.told.left", True)
        few = sfn.Condition.number_less_than("$.calls.count", MOST_CALLS)
        judge = sfn.Choice(self, "IsSomethingLeft")
        judge.when(sfn.Condition.and_(left, few), count.next(work))
        judge.otherwise(sfn.Succeed(self, "Done"))
        workflow = Workflow(
            self,
            "Rebuild",
            settings=settings,
            key=shared.key,
            alerts=shared.alerts,
            definition=begin.next(work).next(judge),
            timeout=Duration.seconds(MOST_CALLS * FUNCTIONS["rebuild"].timeout),
            functions=[function],
            may=[],
        )
        WorkflowTrigger(
            self,
            "OnRebuildDue",
            workflow=workflow,
            on=["RebuildDue"],
            bus=shared.bus,
            key=shared.key,
            alerts=shared.alerts,
        )
