"""Commands for whoever works on the project: see it, test it, build it."""

from __future__ import annotations

import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.application import Environment, app, console, fail, say
from ghosteam.errors import GhosteamError
from ghosteam.problem.load import InvalidProblems


class LayerTarget(StrEnum):
    """What the layers are built for."""

    LOCAL = "local"
    AWS = "aws"
    ALL = "all"


@app.command()
def demo(
    yes: Annotated[
        bool, typer.Option("--yes", help="End a running account without asking, whatever it holds.")
    ] = False,
    problem: Annotated[
        str | None,
        typer.Option(
            help="flights (the default), glucose (a regression) or seattle (five classes); with "
            "--data the name of your own, else that of the first file."
        ),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            help="A file, or a folder of files, of your own; may be repeated.", exists=True
        ),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="With --data: the column that is to be predicted.")
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(help="With --data: when a prediction is asked, as ``init`` takes it."),
    ] = None,
) -> None:
    """Run the whole loop in the embedded account, on the flights from New York in 2013, another
    problem, or files of your own. It stays up afterwards.
    """
    from cli.demo.own_play import OwnPlay, name_of, prepare
    from cli.demo.room import held_by_others
    from cli.demo.run import plays, run_demo

    name = problem or (name_of(data[0]) if data else "flights")
    if not data and name not in plays():
        say(
            f"✗ There is no demo of {name!r}; there are {', '.join(plays())}, and that of files of "
            "your own: --data FILE --target COLUMN."
        )
        raise typer.Exit(2)
    if not yes and (held := held_by_others(*plays(), name)):
        say(f"The demo begins with an empty account, and the one that runs holds {held}.")
        if not (sys.stdin.isatty() and typer.confirm("End it and lose what it holds?")):
            say(
                "Nothing was ended. Say --yes to end it, or ./ghosteam local down when you need it "
                "no more."
            )
            raise typer.Exit(1)
    try:
        if data and not prepare(name, data, target=target, time=time, console=console):
            raise typer.Exit(1)
    except GhosteamError as error:
        raise fail(error) from error
    play = partial(OwnPlay, name, data) if data else plays()[name]
    if not run_demo(console, play):
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

    good = run_checks(say)
    code = run_tests([*ALL_TESTS, *(["--long"] if long else []), *context.args])
    if not good:
        say("✗ a check above failed")
    raise typer.Exit(code or (0 if good else 1))


@app.command()
def check(
    problem: Annotated[
        str | None, typer.Argument(help="A problem; without one the code is checked.")
    ] = None,
    more: Annotated[
        list[Path] | None,
        typer.Argument(help="Files, and folders of files.", metavar="[FILE]..."),
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option(help="The same; those that init read by default.")
    ] = None,
    entity: Annotated[
        list[str] | None, typer.Option(help="Whose features are shown: column=value.")
    ] = None,
    seconds: Annotated[
        float, typer.Option(help="How long a model is searched for, 0 for none.")
    ] = 30.0,
    environment: Environment = "local",
) -> None:
    """Of a problem: say all that can be wrong before a deployment: its specification, the contract
    on files, expressions, features, leaks, and a model of a minute beside knowing nothing. Without
    one, of the code: format, lint, types, import contracts, and the tests that need no embedded
    account.
    """
    if problem is not None:
        from cli.connection import ROOT
        from cli.problem_check.command import check_named

        files = [*(data or []), *(more or [])]
        good = check_named(problem, files, entity or [], seconds, environment, console, root=ROOT)
        raise typer.Exit(0 if good else 1)
    from cli.checks import QUICK_TESTS, run_checks, run_tests

    good = run_checks(say)
    code = run_tests(QUICK_TESTS)
    raise typer.Exit(code or (0 if good else 1))


@app.command()
def build(
    target: Annotated[LayerTarget, typer.Option(help="Which layers to build.")] = LayerTarget.LOCAL,
) -> None:
    """Build the Lambda layers and hold them against Lambda's limits."""
    from cli.deployment import build as build_target
    from layers.build import GateFailed
    from layers.build.errors import LayerBuildError

    try:
        if target in (LayerTarget.LOCAL, LayerTarget.ALL):
            build_target("local", say)
        if target in (LayerTarget.AWS, LayerTarget.ALL):
            build_target("aws", say)
    except (LayerBuildError, GateFailed) as error:
        raise fail(error) from error


class ImageTarget(StrEnum):
    """Targets of the job image's Dockerfile."""

    SERVE = "serve"
    TRAIN = "train"
    EXPECTATIONS = "expectations"
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
            sizes = measure(buildah, build_image(buildah, name, say))
            say(f"{name}: {sizes.total / MEGABYTE:.0f} MB")
            for part in sizes.parts:
                say(f"  {part.size / MEGABYTE:5.0f} MB  {part.name}: {part.reason}")
            check_size(name, sizes)
    except ImageError as error:
        raise fail(error) from error


@app.command()
def doctor(environment: Environment = "dev") -> None:
    """Say what a deployment lacks: disk, Docker or buildah, credentials, region, bootstrap, free
    names, quotas.
    """
    from cli.connection import ROOT, connect
    from cli.doctor import examine
    from ghosteam.problem.load import load_problems
    from infra.settings import environment_settings

    marks = {"good": "✓", "missing": "✗", "unknown": "?"}
    try:
        settings = environment_settings(environment)
        problems = load_problems(ROOT / "feature_repo", environment=environment)
    except (InvalidProblems, ValueError) as error:
        raise fail(error) from error
    lacks = False
    for found in examine(settings, problems, lambda: connect(environment)):
        say(f"{marks[found.state]} {found.subject}: {found.told}")
        for line in found.remedy.splitlines():
            say(f"    {line}")
        lacks |= found.state == "missing"
    raise typer.Exit(1 if lacks else 0)


@app.command()
def reference() -> None:
    """Write the references into docs: problem.yaml, its JSON Schema, the stored documents."""
    from cli.connection import ROOT
    from cli.reference.write import write

    for path in write(ROOT / "docs"):
        say(str(path.relative_to(ROOT)))


@app.command()
def lock() -> None:
    """Resolve all pinned requirements anew (needs a package index)."""
    from cli.locks import lock as lock_all

    lock_all(say)
