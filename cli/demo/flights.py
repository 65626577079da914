"""The flights' play: a year's first half is learned, July drifts, and the loop turns again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from cli.demo.data import FlightData
from cli.demo.play import ACCOUNT_LOG, Play
from cli.demo.stages import DemoFailed, Stages
from cli.demo.told import drift_of
from ghosteam.documents import keys

PROBLEM = "flights"
DRIFT_WINDOWS = ("2013-07-08T00:00:00+00:00", "2013-07-15T00:00:00+00:00")


class FlightsPlay(Play):
    """See :class:`~cli.demo.play.Play`."""

    def __init__(self, stages: Stages) -> None:
        super().__init__(PROBLEM, stages)
        self._data = FlightData()

    def run(self) -> None:
        stage = self.stages.stage
        with stage("Start the embedded AWS account and deploy with the real CDK"):
            self.deploy()
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

    def _learn(self) -> None:
        self.drop("planes/planes.csv", self._data.planes())
        for month in (1, 2, 3):
            self._drop_month("weather", month)
            self._drop_month("flights", month)
        self.wait_for_promotion(run_number=1)

    def _ask(self) -> None:
        self._drop_month("weather", 4)
        self.wait_for_features()
        self.refuse_without_token()
        rows = self._data.requests(self.problem, 4, range(1, 31), 2400, seed=4)
        answers = self.traffic.ask(rows)
        self.refuse_failures()
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
        self.stages.console.print(table)
        self.stages.say(
            f"{self.traffic.predictions} predictions in requests of 20 flights: "
            f"half within {self.traffic.percentile(0.5):.0f} ms, 95 % within "
            f"{self.traffic.percentile(0.95):.0f} ms"
        )
        self.wait_for_log(
            datetime(2013, 4, 1, tzinfo=UTC), datetime(2013, 5, 2, tzinfo=UTC), len(answers)
        )
        self.traffic.keep_up(self._data.requests(self.problem, 4, range(1, 31), 2000, seed=44))

    def _label(self) -> None:
        for month in (5, 6, 7):
            self._drop_month("weather", month)
        for month in (4, 5, 6):
            self._drop_month("flights", month)
        self.wait_for_features()
        self.wait_for_performance(verdicts=4)

    def _drift(self) -> None:
        answers = self.traffic.ask(
            self._data.requests(self.problem, 7, range(1, 15), 1200, seed=7), batch=50
        )
        self.refuse_failures()
        self.wait_for_log(
            datetime(2013, 7, 1, tzinfo=UTC), datetime(2013, 7, 16, tzinfo=UTC), len(answers)
        )
        self.traffic.keep_up(self._data.requests(self.problem, 7, range(15, 32), 4000, seed=77))
        for as_of in DRIFT_WINDOWS:
            verdict = self.loop.check_drift(as_of)
            self.stages.say(drift_of(verdict))
            if verdict.undetermined or not verdict.drifted:
                raise DemoFailed(
                    f"No drift was found in the week until {as_of[:10]}: "
                    f"{verdict.undetermined or 'it is like the reference'}",
                    "./ghosteam local logs /aws/lambda/ghosteam-local-check-drift",
                )
        alarms: list[dict[str, Any]] = []
        name = f"ghosteam-local-{PROBLEM}-DriftSustained"

        def alarmed() -> bool:
            alarms.extend(alert for alert in self.loop.alerts() if alert.get("AlarmName") == name)
            return any(alarm["NewStateValue"] == "ALARM" for alarm in alarms)

        self.stages.wait(
            alarmed,
            seconds=90,
            doing=lambda: "waiting for the alarm to reach the inbox",
            what="The drift alarm",
            log=ACCOUNT_LOG,
        )
        self.stages.say(f"alarm {name} reached the inbox through SNS")

    def _retrain(self) -> None:
        self.wait_for_promotion(run_number=2)
        self.stages.wait(
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
        self.refuse_failures()

    def _drop_month(self, dataset: str, month: int) -> None:
        self.drop(f"{dataset}/2013-{month:02d}.csv", self._data.month(dataset, month))
