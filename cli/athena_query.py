"""``ghosteam features --sql``: the query by which Athena is the offline store of a problem."""

from __future__ import annotations

from cli.connection import ROOT
from ghosteam.errors import InvalidInput
from ghosteam.features.athena import database_name
from ghosteam.features.point_in_time_sql import asked_columns, point_in_time_sql
from ghosteam.problem.load import load_problem
from infra.settings import environment_settings


def query_of(problem: str, events: str, environment: str) -> str:
    """The SQL, below what its user has to know. ``events``: a table, or a query in parentheses.

    Raises:
        InvalidInput: the environment has no tables for Athena, or there is no such problem.
    """
    settings = environment_settings(environment)
    if not settings.athena:
        raise InvalidInput(
            "Views are no tables of Athena there",
            where={"environment": environment},
            remedy="Set athena=True for it in infra/settings.py, and deploy",
        )
    spec = load_problem(ROOT / "feature_repo" / problem, environment=environment)
    sql = point_in_time_sql(
        spec, database=database_name(settings.offline_prefix, problem), events=events
    )
    return (
        f"-- Workgroup {settings.prefix}. Of {events} are read: {', '.join(asked_columns(spec))},"
        f"\n-- the last a timestamp in UTC.\n{sql}"
    )
