"""The play of a file of one's own: what it holds lands, a model learns of it, and answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli.connection import ROOT
from cli.demo.play import ACCOUNT_LOG, Play
from cli.demo.stages import DemoFailed, Stages
from cli.drop import Dropped, drop_files
from cli.files.names import bare_name
from cli.files.remembered import kept_folder
from cli.infer.names import plain_name
from cli.init.command import init_problem
from cli.predict import first_rows
from cli.problem_check.command import check_named
from cli.status import why_rejected
from cli.wait import wait
from ghosteam.errors import InvalidInput

_SECONDS = 1_200
_NO_TRAINING = 0.0
_ROWS = 20
_SHOWN = 5


def name_of(path: Path) -> str:
    """A problem's name, from that of its first file or folder."""
    return plain_name(bare_name(path.name).partition(".")[0], or_else="mine")


def prepare(
    name: str, paths: Sequence[Path], *, target: str | None, time: str | None, console: Console
) -> bool:
    """Write the problem's folder, where there is none yet, and check it on the files; False when
    something is wrong.

    Raises:
        InvalidInput: nothing can be predicted from the files, or there is no target.
    """
    folder = ROOT / "feature_repo" / name
    if folder.exists():
        console.print(f"feature_repo/{name} is there, and is used as it is.")
    elif target is None:
        raise InvalidInput(
            f"There is no folder feature_repo/{name}, and nothing says what is to be predicted",
            remedy="Write --target COLUMN",
        )
    else:
        init_problem(
            ROOT,
            name,
            paths,
            target=target,
            time=time,
            task=None,
            first=None,
            force=False,
            now=datetime.now(UTC),
            console=console,
        )
    return check_named(name, paths, [], _NO_TRAINING, "local", console, root=ROOT)


class OwnPlay(Play):
    """See :class:`~cli.demo.play.Play`. ``paths``: files, and folders of files."""

    def __init__(self, name: str, paths: Sequence[Path], stages: Stages) -> None:
        super().__init__(name, stages)
        self._paths = paths
        self._scratch = kept_folder(ROOT, name) / "landing"

    def run(self) -> None:
        stage = self.stages.stage
        with stage("Start the embedded AWS account and deploy with the real CDK"):
            self.deploy()
        with stage("Drop the files; the loop checks them, trains, judges and rolls out"):
            dropped = self._drop_all()
            self._wait_for_a_model()
        with stage("Ask the API about the first rows"):
            self.refuse_without_token()
            self._ask(dropped)

    def _drop_all(self) -> list[Dropped]:
        return drop_files(
            self.loop.connection,
            self.problem,
            ROOT / "feature_repo" / self.name,
            self._paths,
            scratch=self._scratch,
            say=self.stages.say,
        )

    def _wait_for_a_model(self) -> None:
        wait(
            self.loop,
            seconds=_SECONDS,
            say=self.stages.say,
            why_rejected=lambda batch: why_rejected(self.loop, batch),
        )
        if self.loop.champion is None:
            raise DemoFailed("No model serves; the lines above say why", ACCOUNT_LOG)

    def _ask(self, dropped: Sequence[Dropped]) -> None:
        files = [one.landing.source for one in dropped if one.dataset == self.problem.events_name]
        rows = first_rows(files[0], self.problem, self._scratch, _ROWS) if files else []
        if not rows:
            self.stages.say("no file holds events to ask about")
            return
        # One a request: a row that is refused says so of itself alone.
        answered = [(row, answer) for row in rows for answer in self.traffic.ask([row])]
        if not answered:
            self.refuse_failures()
        named = [
            name for name in self.problem.naming_columns if name in self.problem.request_columns
        ]
        table = Table(*named, *self.problem.outputs, "decision", "model")
        for row, answer in answered[:_SHOWN]:
            table.add_row(
                *(str(row.get(name, "")) for name in named),
                *(f"{value:.3g}" for value in answer["outputs"].values()),
                str(answer["decision"]),
                f"version {answer['model_version']}",
            )
        self.stages.console.print(table)
        for failure in self.traffic.failures[:1]:
            self.stages.say(f"{len(rows) - len(answered)} rows were refused: {failure}")
