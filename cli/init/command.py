"""What ``ghosteam init`` does: guess, write, tell."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli.files.date_styles import DateOrder
from cli.files.names import files_in
from cli.files.older import remove_recipes
from cli.files.remembered import kept_folder, remember
from cli.infer.finding import Inference
from cli.infer.guessed import GuessRequest
from cli.infer.names import plain_name
from cli.infer.target import TaskName
from cli.init.make import Made, make_problem
from ghosteam.errors import Conflict, InvalidInput
from ghosteam.problem.load import FILE_NAME

_STYLES = {"sure": "green", "fairly sure": "yellow", "a guess": "red"}
_MOST_TOLD = 60


def init_problem(
    root: Path,
    name: str,
    paths: Sequence[Path],
    *,
    target: str,
    time: str | None,
    task: TaskName | None,
    first: DateOrder | None,
    keep: Sequence[str] = (),
    force: bool,
    now: datetime,
    console: Console,
) -> Path:
    """Write ``feature_repo/<name>`` below ``root``; its path.

    Raises:
        InvalidInput: the name or a file is none, or nothing can be predicted from the files.
        Conflict: the folder is there already, and ``force`` does not allow to overwrite it.
    """
    if plain_name(name, or_else="x") != name:
        raise InvalidInput(
            f"{name!r} cannot name a problem",
            where={"argument": "NAME"},
            remedy=f"Use small letters, digits and _, such as {plain_name(name)}",
        )
    if not paths:
        remedy = "Write --data FILE, or --data FOLDER"
        raise InvalidInput("There is no file to guess from", remedy=remedy)
    folder = root / "feature_repo" / name
    if folder.exists() and not force:
        raise Conflict(
            f"There is a folder feature_repo/{name} already",
            remedy="Say --force to overwrite it, or use another name",
        )
    asked = GuessRequest(name, target, now, time, task, tuple(keep))
    kept = kept_folder(root, name)
    made = make_problem(paths, asked, scratch=kept / "landing", first=first)
    write_folder(folder, made)
    remember(kept, _used(paths, made))
    tell(made, name, console)
    return folder


def _used(paths: Sequence[Path], made: Made) -> list[Path]:
    """The paths whose files are all used, and of others the files that are."""
    sources = (made.guess.events, *made.guess.sources.values())
    used = {table.path for source in sources for table in source.tables}
    found: list[Path] = []
    for path in paths:
        inside = files_in([path])
        some = [one for one in inside if one in used]
        found += [path] if len(some) == len(inside) else some
    return found


def write_folder(folder: Path, made: Made) -> None:
    """``problem.yaml``, in place of what an earlier guess wrote; other files stay."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE_NAME).write_text(made.text, encoding="utf-8")
    remove_recipes(folder)
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)


def tell(made: Made, name: str, console: Console) -> None:
    """What was guessed, the least sure last, and what comes next."""
    order = list(_STYLES)
    findings = sorted(made.findings, key=lambda one: order.index(one.sure))
    table = Table("about", "guess", "how sure", box=None, padding=(0, 2))
    for finding in _most(findings):
        table.add_row(
            _plain(finding.about), _plain(finding.text), finding.sure, style=_STYLES[finding.sure]
        )
    console.print(table)
    console.print(f"\nfeature_repo/{name}/{FILE_NAME} is written: read it, and correct it.")
    for one in made.guess.events.tables:
        if one.landing.told:
            console.print(f"{one.path.name} would land {one.landing.told}.", markup=False)
    console.print(f"Next: ./ghosteam check {name}")


def _most(findings: Sequence[Inference]) -> Sequence[Inference]:
    """The least sure ones, where there are too many to read."""
    if len(findings) <= _MOST_TOLD:
        return findings
    left = len(findings) - _MOST_TOLD
    return [Inference("…", f"and {left} more of which it is sure", "sure"), *findings[left:]]


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
