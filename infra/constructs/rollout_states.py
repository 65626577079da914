"""The rollout of a registered model, as states of a workflow.

A slot is an endpoint of its own, so that the champion goes on serving whatever happens to the
challenger.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ghosteam.rollout.plan import APPROVAL_TIME
from infra.constructs.python_function import PythonFunction
from infra.constructs.slot_states import SlotStates, verdict_of
from infra.constructs.workflow import call


@dataclass(frozen=True)
class RolloutFunctions:
    """The functions that a rollout calls."""

    prepare: PythonFunction
    approval: PythonFunction
    shift: PythonFunction
    judge: PythonFunction
    finish: PythonFunction
    retire: PythonFunction

    @property
    def all(self) -> list[PythonFunction]:
        """All of them."""
        return [getattr(self, field.name) for field in fields(self)]


def rollout_definition(
    scope: Construct,
    *,
    environment: str,
    key_arn: str,
    functions: RolloutFunctions,
) -> sfn.IChainable:
    """The states of a rollout: approval, a slot, a canary that is judged, and what follows from the
    verdict.

    Whatever goes wrong before the verdict ends in a rollback that says why. What cannot be finished
    or retired fails the execution, which alarms; the reconciler then repairs what it left.
    """
    states = SlotStates(scope, environment, key_arn)
    begin = call(
        scope,
        "PrepareRollout",
        functions.prepare,
        payload={"request.$": "$", "execution.$": "$$.Execution.Id"},
        result_path="$.rollout",
        also_retry=["Conflict"],  # somebody else wrote the same document in this moment
    )
    conclude = _conclusion(scope, functions.finish, functions.retire)
    give_up = _give_up(scope, conclude)
    ask = call(
        scope,
        "RequestApproval",
        functions.approval,
        payload={**_OF_MODEL, "token.$": "$$.Task.Token"},
        result_path="$.approval",
        answered_within=Duration.seconds(int(APPROVAL_TIME.total_seconds())),
    )
    start_canary = call(
        scope,
        "ShiftTraffic",
        functions.shift,
        payload={
            **_OF_MODEL,
            "endpoint_name.$": "$.rollout.endpoint_name",
            "model_uri.$": "$.rollout.model_uri",
            "percent.$": "$.rollout.percent",
        },
        result_path="$.canary",
    )
    first = verdict_of(
        scope,
        "NothingToCompare",
        "promote",
        "The first model of its problem: there is no champion to compare with.",
    )
    forced = verdict_of(
        scope, "WithoutCanary", "promote", "Brought back by force, without a canary."
    )
    watch = sfn.Wait(scope, "WatchCanary", time=sfn.WaitTime.seconds_path("$.rollout.look_seconds"))
    judge_it = call(
        scope,
        "JudgeCanary",
        functions.judge,
        payload={**_OF_MODEL, "since.$": "$.canary.since"},
        result_path="$.judgement",
    )

    create = states.slot(in_service=start_canary, broken=conclude)
    for step in (ask, *states.calls, start_canary, judge_it):
        step.add_catch(give_up, result_path="$.failure")
    start_canary.next(
        sfn.Choice(scope, "Canary?")
        .when(sfn.Condition.boolean_equals("$.rollout.first", True), first.next(conclude))
        .when(sfn.Condition.boolean_equals("$.rollout.canary", False), forced.next(conclude))
        .otherwise(watch)
    )
    watch.next(judge_it).next(
        sfn.Choice(scope, "Judged?")
        .when(sfn.Condition.string_equals("$.judgement.verdict", "wait"), watch)
        .otherwise(conclude)
    )
    return begin.next(
        sfn.Choice(scope, "Approval?")
        .when(
            sfn.Condition.is_present("$.rollout.skip"),
            sfn.Succeed(
                scope,
                "NothingToRollOut",
                comment="It serves, waits for its turn, or is superseded: $.rollout.skip",
            ),
        )
        .when(sfn.Condition.string_equals("$.rollout.approval", "required"), ask.next(create))
        .otherwise(create)
    )


_OF_MODEL = {
    "problem.$": "$.rollout.problem",
    "version.$": "$.rollout.version",
    "run_id.$": "$.rollout.run_id",
}


def _give_up(scope: Construct, conclude: sfn.IChainable) -> sfn.Choice:
    """Roll back with the failure's cause as the reason; a task that a person failed may have
    none.
    """
    told = {
        "verdict": "roll_back",
        "reason.$": "States.Format('{}: {}', $.failure.Error, $.failure.Cause)",
    }
    untold = {"verdict": "roll_back", "reason.$": "$.failure.Error"}
    explained = sfn.Pass(scope, "GiveUp", parameters=told, result_path="$.judgement")
    unexplained = sfn.Pass(scope, "GiveUpUnexplained", parameters=untold, result_path="$.judgement")
    return (
        sfn.Choice(scope, "Explained?")
        .when(sfn.Condition.is_present("$.failure.Cause"), explained.next(conclude))
        .otherwise(unexplained.next(conclude))
    )


def _conclusion(
    scope: Construct, finish: PythonFunction, retire: PythonFunction
) -> sfn.CustomState:
    """Carry out the verdict. A rolled-back slot goes at once, a replaced champion's is kept for a
    while.
    """
    conclude = call(
        scope,
        "FinishRollout",
        finish,
        payload={
            **_OF_MODEL,
            "endpoint_name.$": "$.rollout.endpoint_name",
            "verdict.$": "$.judgement.verdict",
            "reason.$": "$.judgement.reason",
        },
        result_path="$.finished",
        patient=True,
    )
    clean = call(
        scope,
        "RetireSlot",
        retire,
        payload={**_OF_MODEL, "endpoint_name.$": "$.finished.retire.endpoint_name"},
        result_path="$.retired",
        patient=True,
    )
    hold = sfn.Wait(
        scope, "HoldForRollback", time=sfn.WaitTime.seconds_path("$.rollout.hold_seconds")
    )
    done = sfn.Succeed(scope, "Done")
    unfinished = sfn.Fail(
        scope, "Unfinished", error_path="$.failure.Error", cause_path="$.failure.Cause"
    )
    for step in (conclude, clean):
        step.add_catch(unfinished, result_path="$.failure")
    clean.next(done)
    conclude.next(
        sfn.Choice(scope, "Anything to retire?")
        .when(
            sfn.Condition.and_(
                sfn.Condition.is_not_null("$.finished.retire"),
                sfn.Condition.string_equals("$.judgement.verdict", "promote"),
            ),
            hold.next(clean),
        )
        .when(sfn.Condition.is_not_null("$.finished.retire"), clean)
        .otherwise(done)
    )
    return conclude
