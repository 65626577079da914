"""What became of a problem's newest runs, and why: no metric says it, so the state is asked."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from cli.connection import Connection, NotReachable
from cli.dashboard.read import DrawnTexts
from cli.facts.fact import texts
from cli.facts.work import of_run
from cli.loop import Loop
from cli.report import RUNS
from ghosteam.errors import GhosteamError


def newest_runs(connection: Connection, problem: str) -> DrawnTexts:
    """The newest runs, the last one first, as ``ghosteam status`` words them. Whoever may read the
    charts alone is told what is missing instead.
    """
    try:
        runs = Loop(connection, problem).runs[-RUNS:]
        told = ["\n".join(texts(of_run(run))) for run in reversed(runs)]
    except (NotReachable, GhosteamError, ClientError, BotoCoreError) as error:
        told = [f"They cannot be read: {error}"]
    return DrawnTexts("The newest runs, and why they ended so", tuple(told))
