"""What ``ghosteam plan`` prints says what its stages say."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from rich.console import Console

from cli.plan import print_plan
from ghosteam.documents.change import Change, Stage


def test_names_with_colons_and_brackets_are_printed_as_they_are() -> None:
    stage = Stage(kind="callers", subject="shop", why="send [/b], a[red], x:id:y")
    skipped = Stage(kind="rebuild", subject="a[b]", why="", skipped="of [x] nothing is there")
    change = Change(
        problem="shop",
        before="1",
        after="2",
        differences=("datasets.[a]: added, :key:",),
        stages=(stage, skipped),
        at=datetime(2024, 1, 1, tzinfo=UTC),
    )
    console = Console(file=io.StringIO(), width=200, emoji=False)
    print_plan([change], console)
    told = console.file.getvalue()  # type: ignore[attr-defined]
    for text in (stage.why, str(skipped.skipped), "rows of a[b]", change.differences[0]):
        assert text in told
