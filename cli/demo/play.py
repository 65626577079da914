"""What every play of the demo does: deploy, drop, ask, and watch until what must happen has."""

from __future__ import annotations

import time
from datetime import datetime

from cli.connection import ROOT, Connection, connect
from cli.demo.room import mark_as_demo
from cli.demo.stages import DemoFailed, Stages
from cli.demo.told import performance_of, told
from cli.demo.traffic import Traffic
from cli.deployment import deploy
from cli.loop import Loop
from ghosteam.documents import state_keys
from ghosteam.documents.run import Run
from ghosteam.problem.load import load_problem
from ghosteam.serving.scopes import scope_of
from ghosteam.steps.prediction_log import read_events
from local import supervisor

ACCOUNT_LOG = (
    "./ghosteam local status names the account's log; ./ghosteam local logs lists the "
    "functions' logs"
)


class Play:
    """One problem's demo. A play's stages are its own; they say what happens and raise DemoFailed
    when it does not.
    """

    loop: Loop
    traffic: Traffic

    def __init__(self, name: str, stages: Stages) -> None:
        self.name = name
        self.problem = load_problem(ROOT / "feature_repo" / name, environment="local")
        self.stages = stages
        self.report_file = ROOT / ".ghosteam" / "reports" / "drift.html"
        self._dropped = 0

    def run(self) -> None:
        """All stages."""
        raise NotImplementedError

    def stop_traffic(self) -> None:
        """End the traffic in the background."""
        if hasattr(self, "traffic"):
            self.traffic.stop()

    def deploy(self) -> None:
        """An account of its own, with all stacks."""
        supervisor.down(progress=self.stages.show)
        account = supervisor.up(progress=self.stages.show)
        mark_as_demo(account)
        self.stages.say(f"embedded account {account.endpoint}, MLflow {account.mlflow_url}")
        connection = connect("local")
        started = time.monotonic()
        deploy(connection, self.stages.show)
        self.stages.say(
            f"all stacks deployed in {time.monotonic() - started:.0f} s, IAM enforcement on"
        )
        self.loop = Loop(connection, self.name)
        self.traffic = Traffic(connection, self.name)

    def refuse_without_token(self) -> None:
        """A request without a token must get no answer."""
        api = self.loop.connection.api(scope_of("predict", self.name))
        refused = api.request(
            "POST", f"/v1/{self.name}/predict", json={"instances": []}, authorized=False
        )
        if refused.status_code != 401:
            raise DemoFailed(
                f"A request without a token got {refused.status_code}, not 401", ACCOUNT_LOG
            )
        self.stages.say("without a token: 401")

    def drop(self, key: str, body: bytes) -> None:
        """Put a file where data sets land."""
        connection: Connection = self.loop.connection
        connection.client("s3").put_object(
            Bucket=connection.names["landing_bucket"], Key=f"{self.name}/{key}", Body=body
        )
        self.stages.say(
            f"dropped into the landing bucket: {self.name}/{key} ({len(body) / 1e6:.1f} MB)"
        )
        self._dropped += 1

    def wait_for_features(self) -> None:
        """Until every dropped file is validated and its features are online."""
        self.stages.wait(
            lambda: len(self.loop.materialized) >= self._dropped or self._refuse_losses(),
            seconds=300,
            doing=self._data_progress,
            what="Validating and materializing what was dropped",
            log=ACCOUNT_LOG,
        )

    def _data_progress(self) -> str:
        batches = self.loop.batches
        validated = sum(batch.status == "validated" for batch in batches)
        rows = sum(batch.valid_rows for batch in batches)
        return (
            f"{validated} of {self._dropped} files validated ({rows:,} rows), features of "
            f"{len(self.loop.materialized)} online"
        )

    def _refuse_losses(self) -> bool:
        """Always False; raises when a batch was refused or a message was given up."""
        rejected = [batch.batch_id for batch in self.loop.batches if batch.status == "rejected"]
        if rejected:
            raise DemoFailed(
                f"Batches were rejected: {', '.join(rejected)}",
                "quarantine/ in the lake bucket holds the reasons",
            )
        if lost := self.loop.lost_messages():
            raise DemoFailed(f"Messages were given up: {'; '.join(lost)}", ACCOUNT_LOG)
        return False

    def refuse_failures(self) -> None:
        """Every request must have been answered."""
        if self.traffic.failures:
            raise DemoFailed(
                f"{len(self.traffic.failures)} of {self.traffic.requests} API requests failed: "
                f"{self.traffic.failures[0]}",
                "./ghosteam local logs /aws/lambda/ghosteam-local-predict",
            )

    def wait_for_log(self, begin: datetime, end: datetime, asked: int) -> None:
        """Until the log in the lake holds every prediction asked for events of the period: Firehose
        delivers with a delay.
        """
        found = 0

        def delivered() -> bool:
            nonlocal found
            log = read_events(self.loop.lake, problem=self.problem, begin=begin, end=end, parts=())
            found = log.predictions.height
            return found >= asked

        def progress() -> str:
            return f"{found} of {asked} predictions are in the lake's log"

        self.stages.wait(
            delivered,
            seconds=90,
            doing=progress,
            what="Delivery of the prediction log",
            log=ACCOUNT_LOG,
        )
        self.stages.say(f"{found} predictions of that period are in the lake's log, none lost")

    def wait_for_performance(self, verdicts: int) -> None:
        """Until so many windows of predictions were scored with their outcomes."""
        self.stages.wait(
            lambda: len(self.loop.documents(state_keys.PERFORMANCE_VERDICTS)) >= verdicts,
            seconds=120,
            doing=lambda: "scoring the predictions with their outcomes",
            what="Scoring the predictions",
            log="./ghosteam local logs /aws/lambda/ghosteam-local-check-performance",
        )
        found = self.loop.documents(state_keys.PERFORMANCE_VERDICTS)
        judged = [verdict for verdict in found if not verdict.undetermined]
        for verdict in judged:
            self.stages.say(performance_of(verdict))
        if len(found) > len(judged):
            self.stages.say(
                "windows with too few predictions, undetermined and not guessed: "
                f"{len(found) - len(judged)}"
            )

    def wait_for_promotion(self, run_number: int) -> None:
        """Until the run with that number has ended, and its model serves: the data are always the
        same, and so is this end.
        """
        self.wait_for_outcome(run_number)
        run = self.loop.runs[run_number - 1]
        self._tell_run(run)
        champion = self.loop.champion
        if run.status != "promoted" or champion is None or champion.run_id != run.run_id:
            raise DemoFailed(
                f"Run {run.run_id} should have been promoted and serve, but was "
                f"{run.status}: {'; '.join(run.reasons)}",
                f"./ghosteam status {self.name}",
            )

    def wait_for_refusal(self, run_number: int) -> None:
        """Until the run with that number has ended, refused, and the champion serves as before."""
        before = self.loop.champion
        self.wait_for_outcome(run_number)
        run = self.loop.runs[run_number - 1]
        self._tell_run(run)
        if run.status != "refused" or self.loop.champion != before:
            raise DemoFailed(
                f"Run {run.run_id} should have been refused, but was {run.status}: "
                f"{'; '.join(run.reasons)}",
                f"./ghosteam status {self.name}",
            )

    def wait_for_outcome(self, run_number: int) -> None:
        """Until the run with that number has ended: refused, or its rollout concluded."""

        def ended() -> bool:
            runs = self.loop.runs
            if len(runs) >= run_number:
                run = runs[run_number - 1]
                if run.status == "failed":
                    raise DemoFailed(
                        f"Run {run.run_id} failed: {'; '.join(run.reasons)}",
                        "./ghosteam local logs /aws/sagemaker/TrainingJobs",
                    )
                if run.status in ("promoted", "refused", "rolled_back"):
                    return True
            return self._refuse_losses()

        self.stages.wait(
            ended,
            seconds=600,
            doing=lambda: self._run_progress(run_number),
            what="The retraining run",
            log=ACCOUNT_LOG,
            pause=1.0,
        )

    def _run_progress(self, run_number: int) -> str:
        runs = self.loop.runs
        if len(runs) < run_number:
            readiness = self.loop.document(state_keys.READINESS)
            waits = readiness.reasons[0].split(";")[0] if readiness and readiness.reasons else ""
            return f"{self._data_progress()}{'; ' + waits if waits else ''}"
        run = runs[run_number - 1]
        if run.status == "running":
            execution = next(
                (e for e in self.loop.executions("retraining") if e["name"] == run.run_id), None
            )
            if execution is None:
                return f"run {run.run_id} starts"
            step = self.loop.where(execution)
            jobs = ", ".join(
                f"{family} {status}"
                for family, status in sorted(self.loop.jobs_of(run.run_id).items())
            )
            return f"run {run.run_id}: {step}{' (' + jobs + ')' if jobs else ''}"
        rollout = next(iter(self.loop.executions("rollout")), None)
        return (
            f"run {run.run_id} {run.status}; rollout: "
            f"{self.loop.where(rollout) if rollout else 'starts'}"
        )

    def _tell_run(self, run: Run) -> None:
        say = self.stages.say
        say(f"run {run.run_id} was started by {run.reason.trigger}: {run.reason.detail}")
        metric, honesty = self.problem.promote.metric, self.problem.kind.honesty
        measured = self.loop.evaluation(run.run_id)
        if measured:
            for candidate in measured.candidates:
                metrics = candidate.metrics
                mark = "←" if candidate.family == measured.chosen else " "
                say(
                    f"{candidate.family:<9} hold-out {told(metric, metrics)}, "
                    f"{told(honesty, metrics)} {mark}"
                )
            if champion := measured.champion:
                say(
                    f"champion  hold-out {told(metric, champion.metrics or {})} (version "
                    f"{champion.version})"
                )
        say(f"decision: [bold]{run.status}[/]")
        for reason in run.reasons:
            say(f"  · {reason}")
