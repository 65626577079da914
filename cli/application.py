"""The application that commands register with, and how they speak."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from ghosteam.problem.load import InvalidProblems

app = typer.Typer(
    help="Ghosteam: data in, a watched and retrained model behind an API out, on AWS and in an "
    "embedded account here.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
# Tables need room; where output is no terminal, Rich would take 80 columns. What stands between
# two colons is part of a name, and no picture.
console = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else 120)

Environment = Annotated[
    str,
    typer.Option(
        "--environment",
        "-e",
        help="local (the embedded account), dev, prod: see infra/settings.py.",
    ),
]


def say(text: str) -> None:
    """Print a line as it is."""
    console.print(text, markup=False)


def fail(error: Exception) -> typer.Exit:
    """Tell an error; what to raise then."""
    if isinstance(error, InvalidProblems):
        say(error.block)
        return typer.Exit(1)
    console.print(f"[bold red]✗[/] {type(error).__name__}", end=" ")
    console.print(str(error), markup=False)
    return typer.Exit(1)
