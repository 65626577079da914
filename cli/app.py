"""The commands and their options."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ghosteam.errors import GhosteamError
from ghosteam.problem.load import InvalidProblems
from local.cli import app as local_app

app = typer.Typer(
    help="Ghosteam: data in, a watched and retrained model behind an API out, on AWS and in an "
    "embedded account here.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.add_typer(local_app, name="local")
# Tables need room; where output is no terminal, Rich would take 80 columns.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)

Environment = Annotated[
    str,
    typer.Option(
        "--environment",
        "-e",
        help="local (the embedded account), dev, prod: see infra/settings.py.",
    ),
]


class Target(StrEnum):
    """What the layers are built for."""

    LOCAL = "local"
    AWS = "aws"
    ALL = "all"


def _say(text: str) -> None:
    console.print(text, markup=False)


def _fail(error: Exception) -> typer.Exit:
    if isinstance(error, InvalidProblems):
        _say(error.block)
        return typer.Exit(1)
    console.print(f"[bold red]✗[/] {type(error).__name__}", end=" ")
    console.print(str(error), markup=False)
    return typer.Exit(1)


@app.command()
def demo(
    yes: Annotated[
        bool, typer.Option("--yes", help="End a running account without asking, whatever it holds.")
    ] = False,
    problem: Annotated[
        str, typer.Option(help="flights, glucose (a regression) or seattle (five classes).")
    ] = "flights",
) -> None:
    """Run the whole loop in the embedded account, on the flights from New York in 2013 or another
    problem. It stays up afterwards.
    """
    from cli.demo.room import held_by_others
    from cli.demo.run import plays, run_demo

    if problem not in plays():
        _say(f"✗ There is no demo of {problem!r}; there are {', '.join(plays())}.")
        raise typer.Exit(2)
    if not yes and (held := held_by_others(*plays())):
        _say(f"The demo begins with an empty account, and the one that runs holds {held}.")
        if not (sys.stdin.isatty() and typer.confirm("End it and lose what it holds?")):
            _say(
                "Nothing was ended. Say --yes to end it, or ./ghosteam local down when you need it "
                "no more."
            )
            raise typer.Exit(1)
    if not run_demo(console, problem):
        raise typer.Exit(1)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(
    context: typer.Context,
    long: Annotated[
        bool, typer.Option("--long", help="Also the tests that take minutes of their own.")
    ] = False,
) -> None:
    """Run everything: check, then all tests with the whole flow. Further arguments go to pytest."""
    from cli.checks import ALL_TESTS, run_checks, run_tests

    good = run_checks(_say)
    code = run_tests([*ALL_TESTS, *(["--long"] if long else []), *context.args])
    if not good:
        _say("✗ a check above failed")
    raise typer.Exit(code or (0 if good else 1))


@app.command()
def check() -> None:
    """Format, lint, types, import contracts, and the tests that need no embedded account."""
    from cli.checks import QUICK_TESTS, run_checks, run_tests

    good = run_checks(_say)
    code = run_tests(QUICK_TESTS)
    raise typer.Exit(code or (0 if good else 1))


@app.command()
def build(
    target: Annotated[Target, typer.Option(help="Which layers to build.")] = Target.LOCAL,
) -> None:
    """Build the Lambda layers and hold them against Lambda's limits."""
    from cli.deployment import build as build_target
    from layers.build import GateFailed
    from layers.build.errors import LayerBuildError

    try:
        if target in (Target.LOCAL, Target.ALL):
            build_target("local", _say)
        if target in (Target.AWS, Target.ALL):
            build_target("aws", _say)
    except (LayerBuildError, GateFailed) as error:
        raise _fail(error) from error


class ImageTarget(StrEnum):
    """Targets of the job image's Dockerfile."""

    SERVE = "serve"
    TRAIN = "train"
    ALL = "all"


@app.command()
def image(
    target: Annotated[ImageTarget, typer.Option(help="Which target to build.")] = ImageTarget.ALL,
) -> None:
    """Build the job image with buildah, without Docker, and print how large it is and of what."""
    from cli.images.build import TARGETS, build_image
    from cli.images.buildah import Buildah, ImageError
    from cli.images.sizes import MEGABYTE, check_size, measure

    try:
        buildah = Buildah.here()
        for name in TARGETS if target is ImageTarget.ALL else (target.value,):
            sizes = measure(buildah, build_image(buildah, name, _say))
            _say(f"{name}: {sizes.total / MEGABYTE:.0f} MB")
            for part in sizes.parts:
                _say(f"  {part.size / MEGABYTE:5.0f} MB  {part.name}: {part.reason}")
            check_size(name, sizes)
    except ImageError as error:
        raise _fail(error) from error


@app.command()
def doctor(environment: Environment = "dev") -> None:
    """Say what a deployment lacks: disk, Docker or buildah, credentials, region, bootstrap, free
    names, quotas.
    """
    from cli.connection import ROOT, connect
    from cli.doctor import examine
    from ghosteam.problem.load import InvalidProblems, load_problems
    from infra.settings import environment_settings

    marks = {"good": "✓", "missing": "✗", "unknown": "?"}
    try:
        settings = environment_settings(environment)
        problems = load_problems(ROOT / "feature_repo", environment=environment)
    except (InvalidProblems, ValueError) as error:
        raise _fail(error) from error
    lacks = False
    for found in examine(settings, problems, lambda: connect(environment)):
        _say(f"{marks[found.state]} {found.subject}: {found.told}")
        for line in found.remedy.splitlines():
            _say(f"    {line}")
        lacks |= found.state == "missing"
    raise typer.Exit(1 if lacks else 0)


@app.command()
def deploy(environment: Environment = "local") -> None:
    """Build the layers and deploy all stacks; dev and prod need Docker or buildah for the job
    image.
    """
    from cli.connection import NotReachable, connect
    from cli.deployment import CdkFailed
    from cli.deployment import deploy as deploy_stacks
    from cli.images.buildah import ImageError
    from cli.leftovers import NamesTaken

    try:
        connection = connect(environment)
        deploy_stacks(connection, _say)
        _say(f"API  {connection.page('')}")
    except (NotReachable, CdkFailed, ImageError, NamesTaken, ValueError) as error:
        raise _fail(error) from error


@app.command()
def destroy(
    environment: Environment = "local",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    with_data: Annotated[
        bool,
        typer.Option(
            "--with-data", help="Also the buckets and tables of an environment that keeps its data."
        ),
    ] = False,
) -> None:
    """Delete all stacks of an environment, and the endpoints that its workflows made; prod keeps
    its data.
    """
    from cli.connection import NotReachable, connect
    from cli.deployment import CdkFailed
    from cli.deployment import destroy as destroy_stacks

    what = "everything, with all data," if with_data else "all stacks"
    if not yes and not (sys.stdin.isatty() and typer.confirm(f"Delete {what} of {environment!r}?")):
        _say("Nothing was deleted. Say --yes to delete.")
        raise typer.Exit(1)
    try:
        destroy_stacks(connect(environment), _say, with_data=with_data)
    except (NotReachable, CdkFailed, ValueError) as error:
        raise _fail(error) from error


@app.command()
def status(
    problem: Annotated[
        str | None, typer.Argument(help="All problems, a few lines each, when none is named.")
    ] = None,
    environment: Environment = "local",
) -> None:
    """Show what serves, what waits and why, the last runs and verdicts, files, dead letters and
    alarms.
    """
    from cli.connection import NotReachable, connect
    from cli.status import print_status

    try:
        print_status(connect(environment), problem, console)
    except (NotReachable, GhosteamError) as error:
        raise _fail(error) from error


@app.command()
def score(
    problem: str,
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Rows to score: CSV, JSON lines or Parquet.", exists=True, dir_okay=False
        ),
    ] = None,
    batch: Annotated[
        str | None, typer.Option(help="Score a validated batch of events instead.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Where to write the predictions (Parquet) on this machine.")
    ] = None,
    environment: Environment = "local",
) -> None:
    """Score many rows at once with the champion, as a job."""
    from cli.connection import NotReachable, connect
    from cli.score import ScoringFailed, score_batch, score_file
    from ghosteam.errors import InvalidInput

    if (file is None) == (batch is None):
        raise typer.BadParameter("give either a file of rows or --batch")
    try:
        connection = connect(environment)
        if file is not None:
            scored = score_file(connection, problem, file, save=save, say=_say)
        else:
            scored = score_batch(connection, problem, str(batch), save=save, say=_say)
    except (NotReachable, ScoringFailed, InvalidInput) as error:
        raise _fail(error) from error
    rows, model = scored.manifest["rows"], scored.manifest["model"]
    _say(
        f"{rows['scored']} rows scored by version {model['version']}, {rows['refused']} refused  "
        f"{scored.uri}"
    )


@app.command()
def retrain(
    problem: str,
    environment: Environment = "local",
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Follow the request to its end.")
    ] = True,
) -> None:
    """Ask for a retraining run now, without cool-down and budget; the gates decide as always."""
    from cli.connection import NotReachable, connect
    from cli.follow import retrain as ask
    from cli.loop import Loop

    try:
        good = ask(Loop(connect(environment), problem), wait=wait, say=_say)
    except (NotReachable, GhosteamError) as error:
        raise _fail(error) from error
    raise typer.Exit(0 if good else 1)


@app.command()
def redrive(
    queue: Annotated[
        list[str] | None, typer.Argument(help="Parts of the names of queues; all by default.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what lies there and why.")
    ] = False,
    environment: Environment = "local",
) -> None:
    """Put messages that were given up back to work; say what each is about and why it was given
    up.
    """
    from cli.connection import NotReachable, connect
    from cli.redrive import dead_letters, leave, put_back

    try:
        connection = connect(environment)
        letters = list(dead_letters(connection, queue or []))
        for letter in letters:
            (leave if dry_run else put_back)(connection, letter)
            _say(
                f"{letter.sent_at:%Y-%m-%d %H:%M} UTC  {letter.source.rsplit('/', 1)[1]}  "
                f"{letter.about}"
            )
            _say(f"    {letter.why}")
        _say(f"{len(letters)} messages {'lie among the dead letters' if dry_run else 'put back'}")
    except NotReachable as error:
        raise _fail(error) from error


@app.command()
def rollback(
    problem: str,
    to: Annotated[
        str | None,
        typer.Option(help="Version to go back to; the one that served before by default."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it stays on record.")] = "no reason given",
    environment: Environment = "local",
) -> None:
    """Go back to the model that served before: within seconds while its endpoint is kept, else by a
    rollout.
    """
    from cli.connection import NotReachable, connect
    from cli.rollback import RollbackFailed, roll_back

    try:
        _say(roll_back(connect(environment), problem, to=to, reason=reason))
    except (NotReachable, RollbackFailed) as error:
        raise _fail(error) from error


@app.command()
def approve(
    problem: str,
    environment: Environment = "local",
    reject: Annotated[bool, typer.Option("--reject", help="Refuse the model instead.")] = False,
) -> None:
    """Answer a rollout that waits for a human's approval."""
    from cli.connection import NotReachable, connect
    from cli.status import answer_approval

    try:
        _say(answer_approval(connect(environment), problem, approve=not reject))
    except (NotReachable, GhosteamError) as error:
        raise _fail(error) from error


@app.command()
def token(
    scope: Annotated[
        str, typer.Argument(help="predict:<problem>, write:<problem> or admin.")
    ] = "admin",
    environment: Environment = "local",
) -> None:
    """Print an access token for the API (one hour): curl -H "Authorization: Bearer $(./ghosteam
    token predict:flights)" …
    """
    from cli.connection import NotReachable, connect

    try:
        typer.echo(connect(environment).api(scope).token())
    except NotReachable as error:
        raise _fail(error) from error


@app.command()
def reference() -> None:
    """Write the reference of problem.yaml and its JSON Schema into docs."""
    from cli.connection import ROOT
    from cli.reference.write import write

    for path in write(ROOT / "docs"):
        _say(str(path.relative_to(ROOT)))


@app.command()
def lock() -> None:
    """Resolve all pinned requirements anew (needs a package index)."""
    from cli.locks import lock as lock_all

    lock_all(_say)
