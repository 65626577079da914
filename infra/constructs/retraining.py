"""The workflow of a retraining run: plan, set, families, evaluation, refit, registration."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from ghosteam.aws.retraining_lease import LONGEST_RUN
from ghosteam.documents import keys
from ghosteam.runtime.settings import RecordSettings, RegisterSettings, RunSettings
from infra import permissions as may
from infra.constructs.functions import Functions
from infra.constructs.job import run_jobs
from infra.constructs.job_image import JobImage
from infra.constructs.patience import failed_as_told, no_tries_yet, patient
from infra.constructs.problem_files import ProblemFiles
from infra.constructs.python_function import PythonFunction
from infra.constructs.run_jobs import RunJobs
from infra.constructs.shared import Shared
from infra.constructs.tracking_server import TrackingServer
from infra.constructs.workflow import Workflow, call
from infra.settings import EnvironmentSettings

_RUN = {"problem.$": "$.run.problem", "run_id.$": "$.run.run_id"}


class Retraining(Construct):
    """Attribute ``workflow``. Its functions put on record what each job left, where no job can
    write, before anything believes it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        shared: Shared,
        functions: Functions,
        mlflow: TrackingServer,
    ) -> None:
        super().__init__(scope, id)
        self._shared = shared
        self._functions, self._mlflow = functions, mlflow
        jobs = RunJobs(
            self,
            "Jobs",
            settings=settings,
            shared=shared,
            image=JobImage(self, "JobImage", uri=settings.job_image, target="train"),
            problems=ProblemFiles(self, "Problems"),
            mlflow=mlflow,
        )
        self._called: list[PythonFunction] = []
        definition = self._definition(jobs)
        self.workflow = Workflow(
            self,
            "Retraining",
            settings=settings,
            key=shared.key,
            alerts=shared.alerts,
            definition=definition,
            timeout=Duration.seconds(int(LONGEST_RUN.total_seconds())),
            functions=self._called,
            may=run_jobs(
                Stack.of(self),
                settings=settings,
                kinds=["training", "processing"],
                key=shared.key,
                roles=jobs.roles,
            ),
        )

    def _definition(self, jobs: RunJobs) -> sfn.Chain:
        broken = failed_as_told(self, "Broken")
        register = self._register()
        return (
            self._start()
            .next(no_tries_yet(self, "BeginToCount"))
            .next(patient(self, jobs.build, otherwise=broken))
            .next(self._record_set())
            .next(self._families(jobs))
            .next(self._collect())
            .next(no_tries_yet(self, "CountAnew"))
            .next(patient(self, jobs.evaluate, otherwise=broken))
            .next(self._choose())
            .next(self._refit(jobs, register))
        )

    def _start(self) -> sfn.CustomState:
        shared = self._shared
        function = self._functions.make(
            "start_run",
            RunSettings,
            [
                may.change_state(shared.state, "retraining"),
                may.read_state(shared.state, "data", "features", "serving"),
                may.read_objects(shared.artifacts, keys.RUNS, keys.DEFINITIONS),
                may.list_objects(shared.artifacts, keys.RUNS, keys.DEFINITIONS),
                may.write_objects(shared.artifacts, keys.plan("*", "*"), keys.DEFINITIONS),
                may.publish(shared.bus, "RetrainingStarted"),
            ],
        )
        self._called.append(function)
        state = call(
            self,
            "StartRun",
            function,
            payload={"request.$": "$", "execution.$": "$$.Execution.Id"},
            result_path="$.run",
            also_retry=["Conflict"],
        )
        busy = sfn.Succeed(
            self, "AnotherRunIsOn", comment="A problem is retrained by one run at a time."
        )
        return state.add_catch(busy, errors=["Busy"], result_path="$.busy")

    def _recorder(self, name: str, *reads: str, writes: tuple[str, ...] = ()) -> PythonFunction:
        """A function that puts on record what a job left."""
        shared = self._shared
        function = self._functions.make(
            name,
            RecordSettings,
            [
                may.change_state(shared.state, "retraining"),
                may.read_objects(shared.artifacts, *reads),
                may.list_objects(shared.artifacts, keys.RUNS),
                may.write_objects(shared.artifacts, *writes, keys.digests("*", "*")),
            ],
        )
        self._called.append(function)
        return function

    def _record_set(self) -> sfn.CustomState:
        function = self._recorder("record_training_set", keys.training_set("*", "*"))
        return call(
            self,
            "RecordTrainingSet",
            function,
            payload=_RUN,
            result_path=None,
            also_retry=["Conflict"],
        )

    def _families(self, jobs: RunJobs) -> sfn.Map:
        """One family's failure leaves the others in the race; the next step puts it on record, and
        fails when none is left.
        """
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
        lost = sfn.Pass(
            self, "FamilyLost", parameters={"family.$": "$.family.family", "failure.$": "$.failure"}
        )
        trained = sfn.Pass(self, "FamilyTrained", parameters={"family.$": "$.family.family"})
        families.item_processor(patient(self, jobs.train, otherwise=lost).next(trained))
        return families

    def _collect(self) -> sfn.CustomState:
        function = self._recorder(
            "collect_families", keys.models("*", "*"), writes=(keys.families("*", "*"),)
        )
        return call(
            self,
            "CollectFamilies",
            function,
            payload={**_RUN, "results.$": "$.families"},
            result_path=None,
            also_retry=["Conflict"],
        )

    def _choose(self) -> sfn.CustomState:
        function = self._recorder(
            "choose_model", keys.evaluation("*", "*").rpartition("/")[0] + "/"
        )
        return call(
            self,
            "ChooseModel",
            function,
            payload=_RUN,
            result_path="$.chosen",
            also_retry=["Conflict"],
        )

    def _refit(self, jobs: RunJobs, register: sfn.CustomState) -> sfn.Choice:
        """A refit that fails costs nothing but itself: what was judged is registered."""
        end = register.next(sfn.Succeed(self, "Decided"))
        lost = sfn.Pass(
            self, "RefitLost", parameters={"lost.$": "$.failure"}, result_path="$.refit"
        )
        refitted = patient(self, jobs.refit, otherwise=lost.next(end))
        count = no_tries_yet(self, "CountOnceMore")
        return (
            sfn.Choice(self, "FitAgain")
            .when(
                sfn.Condition.boolean_equals("$.chosen.refit", True),
                count.next(refitted).next(end),
            )
            .otherwise(end)
        )

    def _register(self) -> sfn.CustomState:
        shared = self._shared
        function = self._functions.make(
            "register_model",
            RegisterSettings,
            [
                may.change_state(shared.state, "retraining"),
                may.read_objects(shared.artifacts, keys.RUNS),
                may.list_objects(shared.artifacts, keys.RUNS),
                may.write_objects(
                    shared.artifacts, keys.digests("*", "*"), f"{keys.mlflow_model('*', '*')}/"
                ),
                may.publish(shared.bus, "ModelRegistered"),
                *self._mlflow.may,
            ],
            mlflow_tracking_uri=self._mlflow.uri,
        )
        self._called.append(function)
        return call(
            self,
            "RegisterModel",
            function,
            payload={**_RUN, "refit.$": "$.chosen.refit"},
            result_path="$.registration",
            also_retry=["Conflict"],
            # The tracking server gives the version's number: its outage must not cost the model.
            patient=True,
        )
