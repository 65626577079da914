"""What ``ghosteam demo`` does, stage by stage. From the first drop on only events act; the demo
drops, asks and watches.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.connection import ROOT, Connection, NotReachable, connect
from cli.demo.data import FlightData
from cli.demo.room import mark_as_demo
from cli.demo.stages import DemoFailed, Stages
from cli.demo.summary import print_summary
from cli.demo.traffic import Traffic
from cli.deployment import CdkFailed, deploy
from cli.loop import Loop
from ghosteam.documents import keys
from ghosteam.problem.load import load_problem
from ghosteam.serving.scopes import scope_of
from ghosteam.steps.prediction_log import read_log
from layers.build.errors import GateFailed, LayerBuildError
from local import supervisor

PROBLEM = "flights"
DRIFT_WINDOWS = ("2013-07-08T00:00:00+00:00", "2013-07-15T00:00:00+00:00")
ACCOUNT_LOG = (
    "./ghosteam local status names the account's log; ./ghosteam local logs lists the "
    "functions' logs"
)


def run_demo(console: Console) -> bool:
    """Run the demo; True when every stage reached its end. A failure says why and where to look."""
    start = time.monotonic()
    stages = Stages(console)
    demo = _Demo(stages)
    try:
        demo.run()
    except DemoFailed as failed:
        return _failed(console, str(failed), failed.log)
    except (supervisor.StartFailed, NotReachable, CdkFailed, LayerBuildError, GateFailed) as error:
        return _failed(console, str(error), ACCOUNT_LOG)
    except KeyboardInterrupt:
        return _failed(console, "Interrupted; ./ghosteam local down stops what runs", ACCOUNT_LOG)
    finally:
        demo.stop_traffic()
    print_summary(
        console, stages, demo.loop, demo.traffic, demo.report_file, total=time.monotonic() - start
    )
    return True


def _failed(console: Console, reason: str, log: str) -> bool:
    console.print("\n[bold red]✗ The demo failed.[/]")
    console.print(reason, markup=False)
    console.print(f"Where to look: {log}", markup=False)
    return False


class _Demo:
    loop: Loop
    traffic: Traffic

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._data = FlightData()
        self._problem = load_problem(ROOT / "feature_repo" / PROBLEM, environment="local")
        self._dropped = 0
        self.report_file = ROOT / ".ghosteam" / "reports" / "drift.html"

    def run(self) -> None:
        stage = self._stages.stage
        with stage("Start the embedded AWS account and deploy with the real CDK"):
            self._deploy()
        with stage("Drop January to March; the loop trains, judges and rolls out the first model"):
            self._learn()
        with stage("Drop April's weather; ask the API about April's flights"):
            self._ask()
        with stage(
            "Drop the outcomes of April to June; they score predictions and become training rows"
        ):
            self._label()
        with stage("Send July's traffic; find the drift, raise the alarm"):
            self._drift()
        with stage("Retrain because of the drift; champion and challenger meet"):
            self._retrain()

    def stop_traffic(self) -> None:
        if hasattr(self, "traffic"):
            self.traffic.stop()

    def _deploy(self) -> None:
        supervisor.down(progress=self._stages.show)
        account = supervisor.up(progress=self._stages.show)
        mark_as_demo(account)
        self._stages.say(f"embedded account {account.endpoint}, MLflow {account.mlflow_url}")
        connection = connect("local")
        started = time.monotonic()
        deploy(connection, self._stages.show)
        self._stages.say(
            f"six stacks deployed in {time.monotonic() - started:.0f} s, IAM enforcement on"
        )
        self.loop = Loop(connection, PROBLEM)
        self.traffic = Traffic(connection, PROBLEM)

    def _learn(self) -> None:
        self._drop("planes/planes.csv", self._data.planes())
        for month in (1, 2, 3):
            self._drop_month("weather", month)
            self._drop_month("flights", month)
        self._wait_for_promotion(run_number=1)

    def _ask(self) -> None:
        self._drop_month("weather", 4)
        self._wait_for_features()
        api = self.loop.connection.api(scope_of("predict", PROBLEM))
        refused = api.request(
            "POST", f"/v1/{PROBLEM}/predict", json={"instances": []}, authorized=False
        )
        if refused.status_code != 401:
            raise DemoFailed(
                f"A request without a token got {refused.status_code}, not 401", ACCOUNT_LOG
            )
        self._stages.say("without a token: 401")
        rows = self._data.requests(self._problem, 4, range(1, 31), 2400, seed=4)
        answers = self.traffic.ask(rows)
        self._refuse_failures()
        table = Table("flight", "from", "to", "late?", "prediction id", "model", "variant")
        for row, answer in list(zip(rows, answers, strict=True))[:4]:
            table.add_row(
                f"{row['carrier']}{row['flight']} {row['month']}/{row['day']}",
                str(row["origin"]),
                str(row["dest"]),
                f"{next(iter(answer['outputs'].values())):.0%}",
                answer["prediction_id"],
                f"version {answer['model_version']}",
                answer["variant"],
            )
        self._stages.console.print(table)
        self._stages.say(
            f"{self.traffic.predictions} predictions in requests of 20 flights: "
            f"half within {self.traffic.percentile(0.5):.0f} ms, 95 % within "
            f"{self.traffic.percentile(0.95):.0f} ms"
        )
        self._wait_for_log(
            datetime(2013, 4, 1, tzinfo=UTC), datetime(2013, 5, 2, tzinfo=UTC), len(answers)
        )
        self.traffic.keep_up(self._data.requests(self._problem, 4, range(1, 31), 2000, seed=44))

    def _label(self) -> None:
        for month in (5, 6, 7):
            self._drop_month("weather", month)
        for month in (4, 5, 6):
            self._drop_month("flights", month)
        self._wait_for_features()
        self._stages.wait(
            lambda: len(self.loop.documents("verdict#performance#")) >= 4,
            seconds=120,
            doing=lambda: "scoring April's predictions with their outcomes",
            what="Scoring the predictions",
            log="./ghosteam local logs /aws/lambda/ghosteam-local-check-performance",
        )
        verdicts = self.loop.documents("verdict#performance#")
        judged = [verdict for verdict in verdicts if not verdict["undetermined"]]
        for verdict in judged:
            self._stages.say(_performance(verdict))
        self._stages.say(
            f"{len(verdicts) - len(judged)} weeks with too few predictions are undetermined, not "
            "guessed"
        )

    def _drift(self) -> None:
        answers = self.traffic.ask(
            self._data.requests(self._problem, 7, range(1, 15), 1200, seed=7), batch=50
        )
        self._refuse_failures()
        self._wait_for_log(
            datetime(2013, 7, 1, tzinfo=UTC), datetime(2013, 7, 16, tzinfo=UTC), len(answers)
        )
        self.traffic.keep_up(self._data.requests(self._problem, 7, range(15, 32), 4000, seed=77))
        for as_of in DRIFT_WINDOWS:
            verdict = self.loop.invoke("check-drift", {"problem": PROBLEM, "as_of": as_of})
            self._stages.say(_drift(verdict))
            if verdict["undetermined"] or not verdict["drifted"]:
                raise DemoFailed(
                    f"No drift was found in the week until {as_of[:10]}: "
                    f"{verdict['undetermined'] or 'it is like the reference'}",
                    "./ghosteam local logs /aws/lambda/ghosteam-local-check-drift",
                )
        alarms: list[dict[str, Any]] = []
        name = f"ghosteam-local-{PROBLEM}-DriftSustained"

        def alarmed() -> bool:
            alarms.extend(alert for alert in self.loop.alerts() if alert.get("AlarmName") == name)
            return any(alarm["NewStateValue"] == "ALARM" for alarm in alarms)

        self._stages.wait(
            alarmed,
            seconds=90,
            doing=lambda: "waiting for the alarm to reach the inbox",
            what="The drift alarm",
            log=ACCOUNT_LOG,
        )
        self._stages.say(f"alarm {name} reached the inbox through SNS")

    def _retrain(self) -> None:
        self._wait_for_promotion(run_number=2)
        self._stages.wait(
            lambda: any(e["status"] != "RUNNING" for e in self.loop.executions("driftreport")),
            seconds=240,
            doing=lambda: "Evidently writes the drift report",
            what="The drift report",
            log="./ghosteam local logs /aws/sagemaker/ProcessingJobs",
        )
        report = next(e for e in self.loop.executions("driftreport") if e["status"] != "RUNNING")
        if report["status"] != "SUCCEEDED":
            raise DemoFailed(
                f"The drift report failed: {self.loop.why_failed(report)}",
                "./ghosteam local logs /aws/sagemaker/ProcessingJobs",
            )
        [page] = [
            o.key
            for o in self.loop.artifacts.list(keys.drift_report(PROBLEM, ""))
            if o.key.endswith(".html")
        ]
        self.report_file.parent.mkdir(parents=True, exist_ok=True)
        self.loop.artifacts.download(page, self.report_file)
        self.traffic.stop()
        self._refuse_failures()

    def _drop(self, key: str, body: bytes) -> None:
        connection: Connection = self.loop.connection
        connection.client("s3").put_object(
            Bucket=connection.names["landing_bucket"], Key=f"{PROBLEM}/{key}", Body=body
        )
        self._stages.say(
            f"dropped into the landing bucket: {PROBLEM}/{key} ({len(body) / 1e6:.1f} MB)"
        )
        self._dropped += 1

    def _drop_month(self, dataset: str, month: int) -> None:
        self._drop(f"{dataset}/2013-{month:02d}.csv", self._data.month(dataset, month))

    def _wait_for_features(self) -> None:
        """Until every dropped file is validated and its features are online."""
        self._stages.wait(
            lambda: len(self.loop.materialized) >= self._dropped or self._refuse_losses(),
            seconds=300,
            doing=self._data_progress,
            what="Validating and materialising what was dropped",
            log=ACCOUNT_LOG,
        )

    def _data_progress(self) -> str:
        batches = self.loop.batches
        validated = sum(batch["status"] == "validated" for batch in batches)
        rows = sum(batch.get("valid_rows") or 0 for batch in batches)
        return (
            f"{validated} of {self._dropped} files validated ({rows:,} rows), features of "
            f"{len(self.loop.materialized)} online"
        )

    def _refuse_losses(self) -> bool:
        """Always False; raises when a batch was refused or a message was given up."""
        rejected = [
            batch["batch_id"] for batch in self.loop.batches if batch["status"] == "rejected"
        ]
        if rejected:
            raise DemoFailed(
                f"Batches were rejected: {', '.join(rejected)}",
                "quarantine/ in the lake bucket holds the reasons",
            )
        if lost := self.loop.lost_messages():
            raise DemoFailed(f"Messages were given up: {'; '.join(lost)}", ACCOUNT_LOG)
        return False

    def _refuse_failures(self) -> None:
        if self.traffic.failures:
            raise DemoFailed(
                f"{len(self.traffic.failures)} of {self.traffic.requests} API requests failed: "
                f"{self.traffic.failures[0]}",
                "./ghosteam local logs /aws/lambda/ghosteam-local-predict",
            )

    def _wait_for_log(self, begin: datetime, end: datetime, asked: int) -> None:
        """Until the log in the lake holds every prediction asked for events of the period: Firehose
        delivers with a delay.
        """
        found = 0

        def delivered() -> bool:
            nonlocal found
            now = datetime.now(UTC)
            log = read_log(
                self.loop.lake,
                problem=self._problem,
                since_arrival=now - timedelta(hours=1),
                until_arrival=now,
                event_window=(begin, end),
            )
            found = log.predictions.height
            return found >= asked

        def progress() -> str:
            return f"{found} of {asked} predictions are in the lake's log"

        self._stages.wait(
            delivered,
            seconds=90,
            doing=progress,
            what="Delivery of the prediction log",
            log=ACCOUNT_LOG,
        )
        self._stages.say(f"{found} predictions of that period are in the lake's log, none lost")

    def _wait_for_promotion(self, run_number: int) -> None:
        """Until the run with that number has ended, and its model serves: the data are always the
        same, and so is this end.
        """
        self._wait_for_outcome(run_number)
        run = self.loop.runs[run_number - 1]
        self._tell_run(run)
        champion = self.loop.champion
        if run["status"] != "promoted" or champion is None or champion["run_id"] != run["run_id"]:
            raise DemoFailed(
                f"Run {run['run_id']} should have been promoted and serve, but was "
                f"{run['status']}: {'; '.join(run['reasons'])}",
                f"./ghosteam status {PROBLEM}",
            )

    def _wait_for_outcome(self, run_number: int) -> None:
        """Until the run with that number has ended: refused, or its rollout concluded."""

        def ended() -> bool:
            runs = self.loop.runs
            if len(runs) >= run_number:
                run = runs[run_number - 1]
                if run["status"] == "failed":
                    raise DemoFailed(
                        f"Run {run['run_id']} failed: {'; '.join(run['reasons'])}",
                        "./ghosteam local logs /aws/sagemaker/TrainingJobs",
                    )
                if run["status"] in ("promoted", "refused", "rolled_back"):
                    return True
            return self._refuse_losses()

        self._stages.wait(
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
            waiting = (self.loop.document("readiness") or {}).get("reasons") or []
            return f"{self._data_progress()}{'; ' + waiting[0].split(';')[0] if waiting else ''}"
        run = runs[run_number - 1]
        if run["status"] == "running":
            execution = next(
                (e for e in self.loop.executions("retraining") if e["name"] == run["run_id"]), None
            )
            if execution is None:
                return f"run {run['run_id']} starts"
            step = self.loop.where(execution)
            jobs = ", ".join(
                f"{family} {status}"
                for family, status in sorted(self.loop.jobs_of(run["run_id"]).items())
            )
            return f"run {run['run_id']}: {step}{' (' + jobs + ')' if jobs else ''}"
        rollout = next(iter(self.loop.executions("rollout")), None)
        return (
            f"run {run['run_id']} {run['status']}; rollout: "
            f"{self.loop.where(rollout) if rollout else 'starts'}"
        )

    def _tell_run(self, run: dict[str, Any]) -> None:
        say = self._stages.say
        say(
            f"run {run['run_id']} was started by {run['reason']['trigger']}: "
            f"{run['reason']['detail']}"
        )
        measured = self.loop.evaluation(run["run_id"])
        if measured:
            for candidate in measured["candidates"]:
                metrics = candidate["metrics"]
                mark = "←" if candidate["family"] == measured["chosen"] else " "
                say(
                    f"{candidate['family']:<9} hold-out ROC AUC {metrics['roc_auc']:.3f}, "
                    f"calibration error {metrics['calibration_error']:.3f} {mark}"
                )
            if champion := measured.get("champion"):
                say(
                    f"champion  hold-out ROC AUC {champion['metrics']['roc_auc']:.3f} (version "
                    f"{champion['version']})"
                )
        say(f"decision: [bold]{run['status']}[/]")
        for reason in run["reasons"]:
            say(f"  · {reason}")


def _performance(verdict: dict[str, Any]) -> str:
    window = f"{verdict['window_start'][:10]} to {verdict['window_end'][:10]}"
    word = "degraded" if verdict["degraded"] else "as expected"
    return (
        f"performance {window}: {verdict['metric']} {verdict['value']:.3f} on "
        f"{verdict['labels']} outcomes, {word}"
    )


def _drift(verdict: dict[str, Any]) -> str:
    window = f"{verdict['window_start'][:10]} to {verdict['window_end'][:10]}"
    if verdict["undetermined"]:
        return f"drift {window}: undetermined, {verdict['undetermined']}"
    state = (
        "sustained drift" if verdict["sustained"] else "drift" if verdict["drifted"] else "no drift"
    )
    return (
        f"drift {window}, {verdict['rows']} predictions: {state} in "
        f"{', '.join(verdict['drifted_features'][:6]) or 'nothing'}"
    )
