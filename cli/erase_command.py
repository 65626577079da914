"""The command that erases an entity."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli.application import Environment, app, console, fail, say
from ghosteam.errors import GhosteamError

NOT_OVER = 3
"""Exit code of an erasure that had to leave something."""


@app.command()
def erase(
    problem: str,
    entity: Annotated[
        list[str],
        typer.Option(
            help="A column that names the entity and its value; several must all hold.",
            metavar="COLUMN=VALUE",
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would go where.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not look first, and do not ask.")] = False,
    wait: Annotated[
        float, typer.Option(help="Minutes to go on for, while something has to be waited for.")
    ] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print the erasure as JSON.")] = False,
    environment: Environment = "local",
) -> None:
    """Remove an entity's rows from everywhere: landed files, the lake, the online store, training
    sets, predictions, logs. Say what was removed where, and which models learned from it.

    Ends with 0 when it is over, with 3 when something had to be left: run it again then.
    """
    from cli.connection import NotReachable, connect
    from cli.erase import Eraser, print_erasure, values_of
    from cli.erase import as_json as written

    told = (lambda _: None) if as_json else say
    try:
        eraser = Eraser(connect(environment), problem, values_of(entity))
        if dry_run or not yes:
            found = eraser.one_pass(dry_run=True, say=told)
            typer.echo(written(found)) if as_json else print_erasure(found, console, would=True)
        if dry_run:
            return
        if not yes and not (sys.stdin.isatty() and typer.confirm("Erase this for good?")):
            say("Nothing was erased. Say --yes to erase.")
            raise typer.Exit(1)
        done = eraser.passes(wait=60 * wait, say=told)
        typer.echo(written(done)) if as_json else print_erasure(done, console, would=False)
    except (NotReachable, GhosteamError, ValueError) as error:
        raise fail(error) from error
    raise typer.Exit(0 if done.finished_at else NOT_OVER)
