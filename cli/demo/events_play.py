"""The play of a problem whose events come in one data set: glucose and seattle."""

from __future__ import annotations

from rich.table import Table

from cli.demo.cases import Case
from cli.demo.play import Play
from cli.demo.stages import Stages
from cli.demo.told import drift_of
from ghosteam.aws.runs import plan_of


class EventsPlay(Play):
    """See :class:`~cli.demo.play.Play`."""

    def __init__(self, case: Case, stages: Stages) -> None:
        super().__init__(case.problem, stages)
        self._case = case

    def run(self) -> None:
        begin, end = self._case.history
        stage = self.stages.stage
        with stage("Start the embedded AWS account and deploy with the real CDK"):
            self.deploy()
        with stage(f"Drop {begin:%B %Y} to {end:%B %Y}; the loop trains, judges and rolls out"):
            self.drop(f"{self._case.dataset}/history.csv", self._case.history_file())
            self.wait_for_promotion(run_number=1)
        with stage("Ask the API about what comes next"):
            self._ask()
        with stage("Drop its outcomes in small files; they score the predictions"):
            for name, body in self._case.outcome_files().items():
                self.drop(f"{self._case.dataset}/{name}", body)
            self.wait_for_features()
            self.wait_for_performance(verdicts=1)
        with stage("Look for drift"):
            self.stages.say(drift_of(self.loop.check_drift(self._case.later[1].isoformat())))
        with stage("Train again on what the champion knows already: no reason to replace it"):
            self._train_again()

    def _ask(self) -> None:
        self.refuse_without_token()
        rows = self._case.table.requests(self.problem, *self._case.later)
        answers = self.traffic.ask(rows)
        self.refuse_failures()
        table = Table(*self.problem.outputs, "decision", "model", "variant")
        for answer in answers[:4]:
            decision = answer["decision"]
            table.add_row(
                *(f"{value:.2f}" for value in answer["outputs"].values()),
                decision if isinstance(decision, str) else f"{decision:.2f}",
                f"version {answer['model_version']}",
                answer["variant"],
            )
        self.stages.console.print(table)
        self.wait_for_log(*self._case.later, len(answers))

    def _train_again(self) -> None:
        champion = self.loop.champion
        assert champion is not None, "a model was promoted"
        plan = plan_of(self.loop.artifacts, self.name, champion.run_id)
        self.loop.request_retraining(as_of=plan.holdout_end.isoformat())
        self.wait_for_refusal(run_number=2)
