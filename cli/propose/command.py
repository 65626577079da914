"""What ``ghosteam features <problem> --propose`` does on this machine."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from cli.application import fail
from cli.files.remembered import kept_folder, remembered
from cli.problem_check.check import Check
from cli.propose.propose import propose
from cli.propose.weigh import Proposal
from cli.propose.write import snippet, with_gains
from ghosteam.errors import GhosteamError
from ghosteam.problem.load import FILE_NAME, parse_problem


def propose_named(
    problem: str,
    files: Sequence[Path],
    seconds: float,
    environment: str,
    console: Console,
    *,
    root: Path,
    write: bool,
) -> None:
    """Tell what a problem would gain by, and what is left out; ``write`` it into its folder."""
    kept, folder = kept_folder(root, problem), root / "feature_repo" / problem
    asked = Check(
        folder=folder,
        environment=environment,
        data=files or remembered(kept),
        scratch=kept / "landing",
        now=datetime.now(UTC),
        seconds=seconds,
    )
    try:
        with warnings.catch_warnings(), console.status("proposing …") as status:
            warnings.simplefilter("ignore")
            found = propose(asked, progress=lambda text: status.update(text))
    except GhosteamError as error:
        raise fail(error) from error
    tell(found, console)
    if found.gains and write:
        path = folder / FILE_NAME
        text = with_gains(path.read_text(encoding="utf-8"), found.gains)
        parse_problem(text)
        path.write_text(text, encoding="utf-8")
        say = f"{path.relative_to(root)} has them now. Next: ./ghosteam check {problem}"
        console.print(say, markup=False, soft_wrap=True)


def tell(found: Proposal, console: Console) -> None:
    """The proposals as YAML, then what is left out, each with why."""
    for one in found.left_out:
        console.print(f"left out: {one.name}: {one.why}", markup=False, soft_wrap=True)
    if found.gains:
        console.print(snippet(found.gains), end="", markup=False, soft_wrap=True, highlight=False)
    else:
        console.print("Nothing is proposed: no join and no window makes a quick model better.")
