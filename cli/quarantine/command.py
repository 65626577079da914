"""The commands of ``ghosteam quarantine``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from cli.application import Environment, app, console, fail, say
from cli.files.found import found_in
from ghosteam.errors import GhosteamError

if TYPE_CHECKING:
    from cli.quarantine.found import Quarantine, Quarantined
    from cli.quarantine.replay import Resubmission

quarantine_app = typer.Typer(
    help="Rows and files that were not let in: look at them, and put them right.",
    no_args_is_help=True,
)
app.add_typer(quarantine_app, name="quarantine")

Batch = Annotated[
    str, typer.Argument(help="A batch: its id, the first six characters of it, or a landing key.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_HIDDEN = "(private)"
_SHORT = 12


@quarantine_app.command("list")
def list_(
    problem: str,
    dataset: Annotated[str | None, typer.Option(help="Of this data set only.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Those that somebody has dealt with too.")
    ] = False,
    as_json: AsJson = False,
    environment: Environment = "local",
) -> None:
    """Files with rows in quarantine, and files that were refused whole."""

    def told(quarantine: Quarantine) -> None:
        found = [one for one in quarantine.all(dataset) if every or one.standing == "open"]
        if as_json:
            typer.echo(json.dumps([one.to_json() for one in found], indent=1))
            return
        if not found:
            say("Nothing waits in quarantine.")
            return
        table = Table("batch", "file", "rows", "quarantined", "", "most often")
        for one in found:
            record = one.record
            most = next(iter(one.rules), one.rejection.message if one.rejection else "")
            standing = record.status if one.standing == "open" else one.standing
            table.add_row(
                record.batch_id[:_SHORT],
                Text(record.source.key),
                f"{record.rows:,}",
                f"{record.quarantined_rows:,}",
                standing,
                Text(most),
            )
        console.print(table)

    _do(environment, problem, told)


@quarantine_app.command()
def show(
    problem: str,
    batch: Batch,
    rows: Annotated[int, typer.Option(help="So many rows at most.")] = 10,
    as_json: AsJson = False,
    environment: Environment = "local",
) -> None:
    """What was wrong: rules by how many rows broke them, and the first rows with their reasons."""

    def told(quarantine: Quarantine) -> None:
        found = quarantine.find(batch)
        first = [row for row, _ in zip(quarantine.rows(found.profile), range(rows), strict=False)]
        columns = quarantine.problem.datasets[found.record.dataset].columns
        private = {name for name, column in columns.items() if column.private}
        shown = [_without(row, private) for row in first]
        if as_json:
            typer.echo(json.dumps({**found.to_json(), "first_rows": shown}, indent=1))
        else:
            _show(problem, found, shown)

    _do(environment, problem, told)


@quarantine_app.command()
def export(
    problem: str,
    batch: Batch,
    to: Annotated[Path, typer.Option(help="The file to write: .csv or .jsonl.")],
    as_json: AsJson = False,
    environment: Environment = "local",
) -> None:
    """Write the quarantined rows into a file, each with its reason, to be corrected there."""

    def told(quarantine: Quarantine) -> None:
        from cli.quarantine.table import write_rows

        found = quarantine.find(batch)
        quarantine.check_rows(found)
        dataset = quarantine.problem.datasets[found.record.dataset]
        count = write_rows(quarantine.rows(found.profile), dataset, to)
        if as_json:
            typer.echo(json.dumps({"rows": count, "file": str(to)}))
            return
        say(f"{count:,} rows of {found.record.source.key} are in {to}.")
        say("Correct them, delete the lines that are not wanted, and:")
        say(f"./ghosteam quarantine replay {problem} {found.record.batch_id[:_SHORT]} --file {to}")

    _do(environment, problem, told)


@quarantine_app.command()
def replay(
    problem: str,
    batch: Batch,
    file: Annotated[
        Path | None, typer.Option(help="The corrected rows; without it another contract judges.")
    ] = None,
    wait: Annotated[float, typer.Option(help="Minutes to wait for what becomes of them.")] = 2,
    as_json: AsJson = False,
    environment: Environment = "local",
) -> None:
    """Put rows back where they belong: corrected ones land and go the way of every file; without a
    file the batch is judged again by the contract that is deployed now.
    """

    def told(quarantine: Quarantine) -> None:
        from cli.quarantine.replay import replay_by_contract, replay_corrected

        found = quarantine.find(batch)
        done = (
            replay_corrected(quarantine, found, file, wait=60 * wait)
            if file
            else replay_by_contract(quarantine, found, wait=60 * wait)
        )
        if as_json:
            typer.echo(json.dumps(done.to_json(), indent=1))
        else:
            _replayed(problem, found, done)

    _do(environment, problem, told)


@quarantine_app.command()
def discard(
    problem: str,
    batch: Batch,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
    environment: Environment = "local",
) -> None:
    """Say that a batch's quarantined rows are not wanted. They are listed no more, and stay in the
    lake as long as it keeps them; 'ghosteam erase' removes an entity's for good.
    """

    def told(quarantine: Quarantine) -> None:
        from cli.quarantine import replay as replaying

        found = quarantine.find(batch)
        rows, key = found.record.quarantined_rows, found.record.source.key
        if not yes and not (
            sys.stdin.isatty() and typer.confirm(f"Discard {rows:,} rows of {key}?")
        ):
            say("Nothing was discarded. Say --yes to discard.")
            raise typer.Exit(1)
        replaying.discard(quarantine, found)
        if as_json:
            typer.echo(json.dumps({"discarded_rows": rows, "key": key}))
        else:
            say(f"{rows:,} rows of {key} are discarded.")

    _do(environment, problem, told)


def _do(environment: str, problem: str, told: Callable[[Quarantine], None]) -> None:
    import cli.connection
    from cli.quarantine.found import Quarantine

    try:
        told(Quarantine(cli.connection.connect(environment), problem))
    except (cli.connection.NotReachable, GhosteamError, ValueError) as error:
        raise fail(error) from error


def _without(row: dict[str, Any], private: set[str]) -> dict[str, Any]:
    """The row without values of private columns; a line that was not split may hold them."""
    values = {n: _HIDDEN if n in private else v for n, v in row["values"].items()}
    reasons = [
        {**one, "value": _HIDDEN}
        if one["column"] in private or (private and one["column"] is None)
        else one
        for one in row["reasons"]
    ]
    return {**row, "values": values, "reasons": reasons}


def _show(problem: str, found: Quarantined, rows: list[dict[str, Any]]) -> None:
    record, short = found.record, found.record.batch_id[:_SHORT]
    say(
        f"{record.source.key}: {record.rows:,} rows, {record.quarantined_rows:,} quarantined, "
        f"{record.status}; {found.standing}"
    )
    reading = found.profile.reading if found.profile else None
    if reading and (told := found_in(reading)):
        say(f"found in the file, and not declared: {told}")
    if found.rejection:
        say(f"refused: {found.rejection.message}. {found.rejection.remedy}")
    for rule, count in found.rules.items():
        say(f"{count:,} rows: {rule}")
    for row in rows:
        say(f"row {row['row']}")
        for one in row["reasons"]:
            place = f"{one['column']}: " if one["column"] else ""
            told = one["rule"]
            if one["value"] is not None:
                told = f"invalid value {one['value']!r} (rule: {told})"
            say(f"  {place}{told}. {one['remedy']}")
    if rows:
        say(f"All of them, to be corrected: ./ghosteam quarantine export {problem} {short} --to …")


def _replayed(problem: str, found: Quarantined, done: Resubmission) -> None:
    if done.key and not done.landed:
        say(f"These rows have landed before, at {done.key}.")
    elif done.key:
        say(f"They landed at {done.key}.")
    record = done.record
    if record is None:
        say(f"They are not judged yet: ./ghosteam quarantine list {problem} shows when they are.")
        return
    say(
        f"{record.status}: {record.rows - record.quarantined_rows:,} of {record.rows:,} rows "
        f"keep the contract, {record.quarantined_rows:,} do not"
    )
    if record.quarantined_rows:
        say(f"./ghosteam quarantine show {problem} {record.batch_id[:_SHORT]} says why")
