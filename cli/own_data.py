"""Commands for a problem of one's own: from files to its folder, to the loop, to predictions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.application import Environment, app, console, fail, say
from ghosteam.errors import GhosteamError

Files = Annotated[
    list[Path] | None, typer.Argument(help="Files, and folders of files.", metavar="[FILE]...")
]
Data = Annotated[
    list[Path] | None,
    typer.Option("--data", help="Files, and folders of files: --data a.csv b.csv."),
]


class TaskOption(StrEnum):
    """What kind of outcome is predicted."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="Of the problem: that of its folder.")],
    target: Annotated[str, typer.Option(help="The column that is to be predicted.")],
    more: Files = None,
    data: Data = None,
    time: Annotated[
        str | None,
        typer.Option(help="When a prediction is asked: a column, year,month,day, or none."),
    ] = None,
    task: Annotated[TaskOption | None, typer.Option(help="What the outcome is.")] = None,
    day_first: Annotated[
        bool | None,
        typer.Option("--day-first/--month-first", help="What dates such as 01/02/2024 mean."),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(help="A column that is known before the outcome, however much it says of it."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the problem's folder.")] = False,
) -> None:
    """Write a problem's folder from files of data: types, ranges, keys, joins, time, task, leaks,
    lengths. Says what it guessed and how sure it is.
    """
    from cli.connection import ROOT
    from cli.init.command import init_problem

    try:
        init_problem(
            ROOT,
            name,
            [*(data or []), *(more or [])],
            target=target,
            time=time,
            task=task.value if task else None,
            first=None if day_first is None else "day" if day_first else "month",
            keep=keep or (),
            force=force,
            now=datetime.now(UTC),
            console=console,
        )
    except GhosteamError as error:
        raise fail(error) from error


@app.command()
def explain(
    problem: str,
    environment: Environment = "local",
) -> None:
    """Say in words what a folder means: what is predicted, the loop's plan, resources, cost."""
    from cli.connection import ROOT
    from cli.explain import explained
    from ghosteam.data.expectations import with_suites
    from ghosteam.problem.load import load_problem

    folder = ROOT / "feature_repo" / problem
    try:
        found = load_problem(folder, environment=environment)
    except GhosteamError as error:
        raise fail(error) from error
    for title, lines in explained(found, environment, with_suites(found, folder)).items():
        console.print(f"\n[bold]{title}[/]")
        for line in lines:
            console.print(f"  {line}", markup=False, soft_wrap=True)


@app.command()
def drop(
    problem: str,
    files: Files = None,
    dataset: Annotated[
        str | None, typer.Option(help="What the files belong to; else their columns say it.")
    ] = None,
    environment: Environment = "local",
) -> None:
    """Put files where the loop takes them, each to its data set; those that init read when none is
    named.
    """
    from cli.connection import ROOT, NotReachable, connect
    from cli.drop import drop_files
    from cli.files.remembered import kept_folder, remembered
    from ghosteam.problem.load import load_problem

    folder, scratch = ROOT / "feature_repo" / problem, kept_folder(ROOT, problem)
    try:
        found = load_problem(folder, environment=environment)
        paths = files or remembered(scratch)
        if not paths:
            raise typer.BadParameter("name the files that are to land")
        drop_files(
            connect(environment),
            found,
            folder,
            paths,
            scratch=scratch / "landing",
            dataset=dataset,
            say=say,
        )
    except (NotReachable, GhosteamError) as error:
        raise fail(error) from error
    say(f"./ghosteam wait {problem} tells what becomes of them.")


@app.command()
def pull(
    problem: str,
    source: Annotated[str, typer.Argument(help="One of the problem's ``sources``.")],
    environment: Environment = "local",
) -> None:
    """Pull what is new at a source now, and land it; else that happens on its schedule."""
    from cli.connection import ROOT, NotReachable, connect
    from cli.loop import Loop
    from cli.pull import pull as pull_rows
    from ghosteam.problem.load import load_problem

    try:
        found = load_problem(ROOT / "feature_repo" / problem, environment=environment)
        loop = Loop(connect(environment), problem)
        rows = pull_rows(loop.invoke, found, source, say)
    except (NotReachable, GhosteamError, RuntimeError) as error:
        raise fail(error) from error
    if rows:
        say(f"./ghosteam wait {problem} tells what becomes of them.")


@app.command()
def predict(
    problem: str,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="Rows: a file of any form that drop takes.", exists=True),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--json", help="One row as a JSON object, or a list of rows.")
    ] = None,
    environment: Environment = "local",
) -> None:
    """Ask the API for predictions; prints a line of JSON for each row."""
    from cli.connection import ROOT, NotReachable, connect
    from cli.files.older import check_no_recipes
    from cli.files.remembered import kept_folder
    from cli.predict import Refused, predictions, rows_of_file, rows_of_json
    from ghosteam.problem.load import load_problem
    from ghosteam.serving.scopes import scope_of

    if (file is None) == (text is None):
        raise typer.BadParameter("give either --file or --json")
    folder = ROOT / "feature_repo" / problem
    try:
        found = load_problem(folder, environment=environment)
        if file is not None:
            check_no_recipes(folder)
            rows = rows_of_file(file, found, kept_folder(ROOT, problem) / "landing")
        else:
            rows = rows_of_json(text or "")
        api = connect(environment).api(scope_of("predict", problem))
        path = f"/v1/{problem}/predict"
        for answer in predictions(rows, found, lambda body: api.request("POST", path, json=body)):
            typer.echo(json.dumps(answer, ensure_ascii=False, default=str))
    except (NotReachable, Refused, GhosteamError) as error:
        raise fail(error) from error


@app.command()
def wait(
    problem: str,
    minutes: Annotated[float, typer.Option(help="Longest wait.")] = 60.0,
    environment: Environment = "local",
) -> None:
    """Tell what the loop does with what was dropped, step by step, until a model serves or nothing
    more can come of it. It may be interrupted.
    """
    from cli.connection import NotReachable, connect
    from cli.loop import Loop
    from cli.status import why_rejected
    from cli.wait import wait as wait_for

    try:
        loop = Loop(connect(environment), problem)
        good = wait_for(
            loop,
            seconds=60 * minutes,
            say=say,
            why_rejected=lambda batch: why_rejected(loop, batch),
        )
    except (NotReachable, GhosteamError) as error:
        raise fail(error) from error
    except KeyboardInterrupt:
        say(f"Interrupted; the loop goes on. ./ghosteam wait {problem} tells more.")
        raise typer.Exit(1) from None
    raise typer.Exit(0 if good else 1)
