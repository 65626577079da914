"""The command that replays a history under several policies of retraining."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.application import Environment, app, console, fail, say
from cli.own_data import Data, Files
from ghosteam.errors import GhosteamError, InvalidInput

if TYPE_CHECKING:
    from cli.problem_check.told import Line
    from cli.replay.told import ReplayResult


@app.command()
def replay(
    problem: str,
    more: Files = None,
    data: Data = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(help="never, always, scheduled, drift, performance, regret; by default all."),
    ] = None,
    every: Annotated[
        int, typer.Option(min=1, help="How many windows lie between two runs of scheduled.")
    ] = 4,
    begin: Annotated[
        str | None, typer.Option("--from", help="A date or time of ISO 8601; UTC without a zone.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="The same.")] = None,
    rows: Annotated[
        int, typer.Option(min=1000, help="Of more events a sample of so many is looked at.")
    ] = 30_000,
    trials: Annotated[
        int, typer.Option(min=1, help="Sets of parameters that each family tries for a model.")
    ] = 1,
    worth: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Dollars that a unit of decide.values or decide.value, or of the metric for a "
            "window, is worth; for regret.",
        ),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Write an HTML page into a file, too.", dir_okay=False)
    ] = None,
    environment: Environment = "local",
) -> None:
    """Replay a problem's history window by window on this machine, with the models that policies
    of retraining would have had: quality, runs, how often somebody would have been asked, dollars.
    """
    from cli.connection import ROOT
    from cli.files.older import check_no_recipes
    from cli.files.remembered import kept_folder, remembered
    from cli.problem_check.check import Check
    from cli.replay.page import page
    from cli.replay.run import ReplayRequest, replay_files
    from cli.watch import parse_time

    folder, kept = ROOT / "feature_repo" / problem, kept_folder(ROOT, problem)
    try:
        check_no_recipes(folder)
        files = [*(data or []), *(more or [])] or remembered(kept)
        if not files:
            raise InvalidInput(
                "There is nothing to replay",
                where={"problem": problem},
                remedy="Name files of its data with --data",
            )
        asked = ReplayRequest(
            Check(folder, environment, files, kept / "landing", datetime.now(UTC)),
            policy or (),
            every,
            parse_time(begin, "--from") if begin else None,
            parse_time(end, "--to") if end else None,
            rows,
            trials,
            worth,
        )
        with warnings.catch_warnings(), console.status("reading …") as status:
            warnings.simplefilter("ignore")
            found = replay_files(asked, _tell, progress=lambda text: status.update(text))
        _print(found)
        if save is not None:
            save.write_text(page(found), encoding="utf-8")
            say(f"Written to {save}")
    except (GhosteamError, OSError) as error:
        raise fail(error) from error
    except KeyboardInterrupt:
        say("Interrupted; nothing was kept.")
        raise typer.Exit(1) from None


def _tell(_: str, lines: Sequence[Line]) -> None:
    for line in lines:
        say(f"{line.mark} {line.text}")


def _print(found: ReplayResult) -> None:
    from rich.table import Table
    from rich.text import Text

    from cli.replay.told import cells, heads, introduction, notes

    say(f"\n{introduction(found)}")
    table = Table(box=None, padding=(0, 2))
    for place, head in enumerate([*heads(found), "rule"]):
        right = 0 < place < len(heads(found))
        table.add_column(Text(head), justify="right" if right else "left")
    for course in found.courses:
        table.add_row(*map(Text, [*cells(course, found), course.policy.rule]))
    console.print(table)
    for note in notes(found):
        console.print(f"· {note}", markup=False)
