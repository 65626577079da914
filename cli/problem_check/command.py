"""What ``ghosteam check <problem>`` does on this machine."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from cli.application import fail
from cli.files.remembered import kept_folder, remembered
from cli.problem_check.check import Check, check_problem
from cli.problem_check.told import Line
from ghosteam.errors import GhosteamError, InvalidInput

_STYLES = {"✓": "green", "✗": "bold red", "!": "yellow", " ": "dim"}


def check_named(
    problem: str,
    files: Sequence[Path],
    entity: Sequence[str],
    seconds: float,
    environment: str,
    console: Console,
    *,
    root: Path,
) -> bool:
    """Check a problem's folder, and files, those that init read where none is named; False when
    something is wrong.
    """
    kept = kept_folder(root, problem)

    def tell(title: str, lines: list[Line]) -> None:
        console.print(f"\n[bold]{title}[/]")
        for line in lines:
            console.print(f"[{_STYLES[line.mark]}]{line.mark}[/]", end=" ")
            console.print(line.text, markup=False, soft_wrap=True)

    try:
        asked = Check(
            folder=root / "feature_repo" / problem,
            environment=environment,
            data=files or remembered(kept),
            scratch=kept / "landing",
            now=datetime.now(UTC),
            entity=_entity(entity),
            seconds=seconds,
        )
        with warnings.catch_warnings(), console.status("checking …") as status:
            warnings.simplefilter("ignore")
            return check_problem(asked, tell, progress=lambda text: status.update(text))
    except GhosteamError as error:
        raise fail(error) from error


def _entity(texts: Sequence[str]) -> dict[str, str] | None:
    if not texts:
        return None
    for text in texts:
        if "=" not in text:
            raise InvalidInput(
                f"{text!r} names no event",
                where={"option": "--entity"},
                remedy="Write a column and its value, as in --entity customer_id=17",
            )
    return dict(text.split("=", 1) for text in texts)
