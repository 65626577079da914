"""A problem as it is deployed."""

from __future__ import annotations

from cli.connection import ROOT, Connection
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import keys, state_keys
from ghosteam.problem.definition import read
from ghosteam.problem.load import find_problem, load_problems
from ghosteam.problem.spec import Problem


def deployed_problem(connection: Connection, problem: str) -> Problem:
    """The definition that is in force; of a problem that never was deployed, what its folder says.

    Raises:
        NotFound: there is no such problem, or its definition is not kept any more.
    """
    client, names = connection.client, connection.names
    state = StateTable(client("dynamodb"), names["state_table"])
    published = state.find(problem, state_keys.PUBLISHED_DEFINITION)
    if published:
        artifacts = Objects(client("s3"), names["artifact_bucket"])
        return read(artifacts.get_json(keys.definition(problem, published.definition)))
    folders = load_problems(ROOT / "feature_repo", environment=connection.environment)
    return find_problem(folders, problem)


def caller(connection: Connection) -> str:
    """The ARN of whoever runs this."""
    return str(connection.client("sts").get_caller_identity()["Arn"])
