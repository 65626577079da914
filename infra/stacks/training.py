"""Training: the policy that starts a run, the state machine that carries it out, and the tracking
server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ghosteam.aws.retraining_lease import LONGEST_RUN
from ghosteam.documents import keys
from ghosteam.documents.event import SOURCE
from ghosteam.retraining.occasions import DECIDE_AGAIN, EVERY_PROBLEM
from ghosteam.runtime.settings import (
    RecordSettings,
    RegisterSettings,
    RetrainSettings,
    RunSettings,
    Settings,
)
from infra import permissions as may
from infra.constructs.alarms import absence_alarm
from infra.constructs.job import channel, processing_job, run_jobs, training_job
from infra.constructs.job_image import JobImage
from infra.constructs.job_role import JobRole
from infra.constructs.layers import Layers
from infra.constructs.patience import failed_as_told, no_tries_yet, patient
from infra.constructs.problem_files import ProblemFiles
from infra.constructs.python_function import PythonFunction
from infra.constructs.queue_trigger import QueueTrigger
from infra.constructs.tracking_server import TrackingServer
from infra.constructs.undelivered import undelivered
from infra.constructs.workflow import Workflow, call
from infra.settings import EnvironmentSettings
from infra.stacks.foundation import Foundation

_TURN = Duration.minutes(5)


class Training(Stack):
    """Attribute ``mlflow``: the tracking server."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        foundation: Foundation,
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        self._settings = settings
        self._foundation = foundation
        self._layers = Layers(self, "Layers", settings=settings)
        self._problems = ProblemFiles(self, "Problems")
        self._image = JobImage(self, "JobImage", uri=settings.job_image, target="train")
        self.mlflow = TrackingServer(
            self, "Mlflow", settings=settings, artifacts=foundation.artifacts, key=foundation.key
        )
        self._workflow = self._retraining()
        self._triggers()

    def _function(
        self, name: str, settings: Any, permissions: Sequence[iam.PolicyStatement]
    ) -> PythonFunction:
        return PythonFunction(
            self,
            name,
            environment=self._settings,
            settings=settings,
            layers=self._layers,
            key=self._foundation.key,
            alerts=self._foundation.alerts,
            may=[*permissions, may.use_key(self._foundation.key)],
        )

    def _names(self) -> dict[str, str]:
        return {
            "environment_name": self._settings.name,
            "state_table": self._foundation.state.table_name,
            "bus_name": self._foundation.bus.event_bus_name,
        }

    def _job_role(
        self, id: str, permissions: Sequence[iam.PolicyStatement], *, writes: str
    ) -> iam.Role:
        """A role that may read the problems and the runs' files, write what jobs of its kind leave,
        and do what they are for.
        """
        runs = self._foundation.artifacts
        common = [
            *self._problems.may,
            may.read_objects(runs, "runs/"),
            may.list_objects(runs, "runs/", "feast/"),
            may.write_objects(runs, f"{writes}/"),
            may.use_key(self._foundation.key),
        ]
        return JobRole(self, id, image=self._image, may=[*common, *permissions]).role

    def _retraining(self) -> Workflow:
        found, settings, problems = self._foundation, self._settings, self._problems
        start_run = self._function(
            "start_run",
            RunSettings(
                **self._names(),
                lake_bucket=found.lake.bucket_name,
                artifact_bucket=found.artifacts.bucket_name,
                online_prefix=settings.online_prefix,
                name_prefix=settings.job_name_prefix,
            ),
            [
                may.change_state(found.state, "retraining"),
                may.read_state(found.state, "data", "serving"),
                may.read_objects(found.artifacts, "runs/"),
                may.list_objects(found.artifacts, "runs/"),
                may.write_objects(found.artifacts, keys.plan("*", "*")),
                may.publish(found.bus, "RetrainingStarted"),
            ],
        )
        register = self._function(
            "register_model",
            RegisterSettings(
                **self._names(),
                artifact_bucket=found.artifacts.bucket_name,
                mlflow_tracking_uri=self.mlflow.uri,
            ),
            [
                may.change_state(found.state, "retraining"),
                may.read_objects(found.artifacts, "runs/"),
                may.list_objects(found.artifacts, "runs/"),
                may.write_objects(found.artifacts, keys.digests("*", "*")),
                may.publish(found.bus, "ModelRegistered"),
                *self.mlflow.may,
            ],
        )
        set_role = self._job_role(
            "TrainingSetRole",
            [
                may.read_objects(found.lake, "validated/"),
                may.read_online(self, settings.online_prefix),
                may.read_objects(found.artifacts, "feast/"),
                may.write_objects(found.artifacts, "feast/"),
            ],
            writes=keys.training_set("*", "*"),
        )
        collect = self._function(
            "collect_families",
            RecordSettings(**self._names(), artifact_bucket=found.artifacts.bucket_name),
            [
                may.change_state(found.state, "retraining"),
                may.read_objects(found.artifacts, keys.models("*", "*")),
                may.list_objects(found.artifacts, "runs/"),
                may.write_objects(found.artifacts, keys.families("*", "*"), keys.digests("*", "*")),
            ],
        )
        record_set = self._function(
            "record_training_set",
            RecordSettings(**self._names(), artifact_bucket=found.artifacts.bucket_name),
            [
                may.change_state(found.state, "retraining"),
                may.read_objects(found.artifacts, keys.training_set("*", "*")),
                may.list_objects(found.artifacts, "runs/"),
                may.write_objects(found.artifacts, keys.digests("*", "*")),
            ],
        )
        train_role = self._job_role("TrainRole", self.mlflow.may, writes=keys.models("*", "*"))
        evaluate_role = self._job_role(
            "EvaluateRole", [], writes=keys.evaluation("*", "*").rpartition("/")[0]
        )
        common: dict[str, Any] = {"settings": settings, "image": self._image.uri, "key": found.key}

        build = processing_job(
            self,
            "BuildTrainingSet",
            role=set_role,
            name=f"States.Format('{settings.job_name_prefix}-{{}}-set-{{}}{{}}', $.run.job_prefix, "
            "$.tries.count, "
            "$$.State.RetryCount)",
            arguments=["process", "build_training_set"],
            inputs=[problems.channel, channel("plan", "$.run.plan_uri")],
            output=("training_set", "$.run.training_set_uri"),
            **common,
        )
        train = training_job(
            self,
            "TrainFamily",
            role=train_role,
            name=(
                f"States.Format('{settings.job_name_prefix}-{{}}-{{}}-{{}}{{}}', "
                "$.run.job_prefix, $.family.family, $.tries.count, $$.State.RetryCount)"
            ),
            hyperparameters={
                "family": "$.family.family",
                "trials": "$.family.trials",
                "seconds": "$.family.seconds",
                "problem": "$.run.problem",
                "run_id": "$.run.run_id",
            },
            channels={
                "training": "States.Format('{}/train.parquet', $.run.training_set_uri)",
                "plan": "$.run.plan_uri",
                "digests": "$.run.digests_uri",
                "problem": problems.uri,
            },
            output="$.run.models_uri",
            environment={"MLFLOW_TRACKING_URI": self.mlflow.uri},
            **common,
        )
        families = sfn.Map(
            self,
            "ForEachFamily",
            items_path="$.run.families",
            item_selector={
                "run.$": "$.run",
                "family.$": "$$.Map.Item.Value",
                "tries": {"count": 0},
            },
            result_path="$.families",
        )
        # One family's failure leaves the others in the race; the next step puts it on record, and
        # fails when none is left.
        lost = sfn.Pass(
            self, "FamilyLost", parameters={"family.$": "$.family.family", "failure.$": "$.failure"}
        )
        trained = sfn.Pass(self, "FamilyTrained", parameters={"family.$": "$.family.family"})
        families.item_processor(patient(self, train, otherwise=lost).next(trained))
        collected = call(
            self,
            "CollectFamilies",
            collect,
            payload={
                "problem.$": "$.run.problem",
                "run_id.$": "$.run.run_id",
                "results.$": "$.families",
            },
            result_path=None,
            also_retry=["Conflict"],
        )
        set_recorded = call(
            self,
            "RecordTrainingSet",
            record_set,
            payload={"problem.$": "$.run.problem", "run_id.$": "$.run.run_id"},
            result_path=None,
            also_retry=["Conflict"],
        )
        evaluate = processing_job(
            self,
            "EvaluateModels",
            role=evaluate_role,
            name=f"States.Format('{settings.job_name_prefix}-{{}}-eval-{{}}{{}}', "
            "$.run.job_prefix, $.tries.count, "
            "$$.State.RetryCount)",
            arguments=["process", "evaluate_models"],
            inputs=[
                problems.channel,
                channel("plan", "$.run.plan_uri"),
                channel("training_set", "$.run.training_set_uri"),
                channel("candidates", "$.run.models_uri"),
                channel("families", "$.run.families_uri"),
                channel("digests", "$.run.digests_uri"),
                channel("champion", "$.run.champion_uri"),
            ],
            output=("evaluation", "$.run.evaluation_uri"),
            isolated=True,  # it loads models, and needs nobody's service
            **common,
        )
        begin = call(
            self,
            "StartRun",
            start_run,
            payload={"request.$": "$", "execution.$": "$$.Execution.Id"},
            result_path="$.run",
            also_retry=["Conflict"],
        )
        busy = sfn.Succeed(
            self, "AnotherRunIsOn", comment="A problem is retrained by one run at a time."
        )
        begin.add_catch(busy, errors=["Busy"], result_path="$.busy")
        finish = call(
            self,
            "RegisterModel",
            register,
            payload={"problem.$": "$.run.problem", "run_id.$": "$.run.run_id"},
            result_path="$.registration",
            also_retry=["Conflict"],
            # The tracking server gives the version's number: its outage must not cost the model.
            patient=True,
        )
        broken = failed_as_told(self, "Broken")
        definition = (
            begin.next(no_tries_yet(self, "BeginToCount"))
            .next(patient(self, build, otherwise=broken))
            .next(set_recorded)
            .next(families)
            .next(collected)
            .next(no_tries_yet(self, "CountAnew"))
            .next(patient(self, evaluate, otherwise=broken))
            .next(finish)
            .next(sfn.Succeed(self, "Decided"))
        )
        return Workflow(
            self,
            "Retraining",
            settings=settings,
            key=found.key,
            alerts=found.alerts,
            definition=definition,
            timeout=Duration.seconds(int(LONGEST_RUN.total_seconds())),
            functions=[start_run, record_set, collect, register],
            may=run_jobs(
                self,
                settings=settings,
                kinds=["training", "processing"],
                key=found.key,
                roles=[set_role, train_role, evaluate_role],
            ),
        )

    def _triggers(self) -> None:
        found = self._foundation
        machine = self._workflow.machine
        decide = self._function(
            "decide_retraining",
            RetrainSettings(**self._names(), state_machine_arn=machine.state_machine_arn),
            [
                may.change_state(found.state, "retraining"),
                may.read_state(found.state, "data", "serving"),
                may.publish(found.bus, "RetrainingDue", "RetrainingDeclined"),
                may.Statement(
                    actions=["states:StartExecution"], resources=[machine.state_machine_arn]
                ),
            ],
        )
        asks = [
            "FeaturesMaterialized",
            "DriftDetected",
            "PerformanceDegraded",
            "RetrainingRequested",
            *DECIDE_AGAIN,
        ]
        asked = QueueTrigger(
            self,
            "Asked",
            function=decide,
            patterns={"Asked": events.EventPattern(source=[SOURCE], detail_type=asks)},
            bus=found.bus,
            key=found.key,
            alerts=found.alerts,
        )
        # What waits for a time, and not for an event, is looked at in turn.
        turn = events.RuleTargetInput.from_object({"detail-type": EVERY_PROBLEM})
        events.Rule(self, "Due", schedule=events.Schedule.rate(_TURN)).add_target(
            targets.SqsQueue(
                asked.queue,
                message=turn,
                dead_letter_queue=undelivered(self, key=found.key, alerts=found.alerts),
            )
        )
        absence_alarm(
            self,
            "Absent",
            step="decide_retraining",
            environment=self._settings.name,
            every=_TURN,
            alerts=found.alerts,
        )
        finish = self._function(
            "finish_run",
            Settings(**self._names()),
            [
                may.change_state(found.state, "retraining"),
                may.publish(found.bus, "RetrainingFinished"),
            ],
        )
        QueueTrigger(
            self,
            "Ended",
            function=finish,
            patterns={
                "Ended": events.EventPattern(
                    source=["aws.states"],
                    detail_type=["Step Functions Execution Status Change"],
                    detail={
                        "stateMachineArn": [machine.state_machine_arn],
                        "status": ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"],
                    },
                )
            },
            bus=None,
            key=found.key,
            alerts=found.alerts,
        )
