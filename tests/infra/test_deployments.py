"""Deployments of every kind: of no problem, of one with request features only, of views that go;
two side by side.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.settings import ENVIRONMENTS, ROOT, EnvironmentSettings
from tests.infra.templates import Synthesized, synthesize, text

SMALLEST = """
version: 1
problem: clicks
task: binary
entities: {click: [visitor, page, at]}
event_time: at
target: {name: bought, expr: amount > 0, known_at: event_time + 1h}
datasets:
  clicks:
    role: events
    columns: {visitor: string, page: string, at: timestamp, size: number, amount: "number?"}
features: {request: [page, size]}
holdout: 7d
"""


def repository(folder: Path, *, problems: tuple[str, ...]) -> Path:
    """A feature repository with these problems: ``flights``, ``clicks`` (request features only)."""
    folder.mkdir()
    for name in ("feature_store.yaml", "README.md"):
        if (ROOT / "feature_repo" / name).exists():
            shutil.copy(ROOT / "feature_repo" / name, folder)
    if "flights" in problems:
        shutil.copytree(
            ROOT / "feature_repo" / "flights",
            folder / "flights",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    if "clicks" in problems:
        (folder / "clicks").mkdir()
        (folder / "clicks" / "problem.yaml").write_text(SMALLEST)
    return folder


def without(problem: Path, *lines: str) -> None:
    """Take lines out of a problem.yaml."""
    kept = [
        line for line in problem.read_text().splitlines() if not any(part in line for part in lines)
    ]
    problem.write_text("\n".join(kept) + "\n")


@pytest.mark.parametrize(
    "problems", [(), ("clicks",), ("flights", "clicks")], ids=["none", "request only", "both"]
)
def test_every_set_of_problems_synthesises(
    tmp_path: Path, problems: tuple[str, ...], local: Synthesized
) -> None:
    repo = repository(tmp_path / "repo", problems=problems)
    made = synthesize(ENVIRONMENTS["local"], tmp_path / "out", feature_repo=repo)
    shared = {name for name in local.templates if not name.startswith("Problem-")}
    assert made.templates.keys() == shared | {f"Problem-{name}" for name in problems}
    for statement in (statement for _, statement in made.grants()):
        assert statement["Resource"], statement


def imports(value: Any) -> Iterator[str]:
    """Exports of other stacks that a template uses."""
    if isinstance(value, dict):
        if "Fn::ImportValue" in value:
            yield str(value["Fn::ImportValue"])
        for inner in value.values():
            yield from imports(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from imports(inner)


def test_what_stacks_export_does_not_depend_on_the_problems(
    tmp_path: Path, local: Synthesized
) -> None:
    """An export in use cannot go away, and ``cdk deploy --all`` changes the exporting stack
    first.
    """

    def exports(made: Synthesized) -> set[str]:
        outputs = (
            output
            for template in made.templates.values()
            for output in template.get("Outputs", {}).values()
        )
        return {text(output["Export"]["Name"]) for output in outputs if "Export" in output}

    nothing = synthesize(
        ENVIRONMENTS["local"],
        tmp_path / "out",
        feature_repo=repository(tmp_path / "repo", problems=()),
    )
    assert exports(nothing) == exports(local)
    for stack, template in local.templates.items():
        assert {text(name) for name in imports(template)} <= exports(local), stack


def test_a_view_that_is_renamed_changes_no_table_and_no_grant(
    tmp_path: Path, local: Synthesized
) -> None:
    repo = repository(tmp_path / "repo", problems=("flights",))
    spec = repo / "flights" / "problem.yaml"
    assert "dest_late_7d" in spec.read_text()
    spec.write_text(spec.read_text().replace("dest_late_7d", "dest_delayed_7d"))
    renamed = synthesize(ENVIRONMENTS["local"], tmp_path / "renamed", feature_repo=repo)

    def tables(made: Synthesized) -> set[str]:
        return {
            text(table.properties["TableName"]) for table in made.of("AWS::DynamoDB::GlobalTable")
        }

    def in_force(made: Synthesized) -> str:
        [definitions] = made.of("Custom::GhosteamDefinitions")
        return str(definitions.properties["InForce"])

    assert tables(renamed) == tables(local)
    assert in_force(renamed) != in_force(local)
    for stack in ("Training", "Serving", "Data", "Features", "Foundation"):
        assert policies(renamed, stack) == policies(local, stack), stack


def policies(made: Synthesized, stack: str) -> list[str]:
    return [
        json.dumps(policy.properties["PolicyDocument"])
        for policy in made.of("AWS::IAM::Policy")
        if policy.stack == stack
    ]


def test_one_environments_names_and_grants_do_not_reach_into_anothers(
    tmp_path: Path, dev: Synthesized
) -> None:
    other = synthesize(replace(ENVIRONMENTS["dev"], name="dev-eu"), tmp_path / "out")
    mine, theirs = (
        {
            table.properties["TableName"]
            for table in made.of("AWS::DynamoDB::GlobalTable")
            if table.stack == "Features"
        }
        for made in (dev, other)
    )
    granted = [
        text(resource).rpartition("table/")[2]
        for _, statement in dev.grants()
        for resource in (
            [statement["Resource"]]
            if not isinstance(statement["Resource"], list)
            else statement["Resource"]
        )
        if "table/ghosteam_" in text(resource)
    ]
    assert granted
    patterns = [re.compile(re.escape(name).replace(r"\*", ".*")) for name in granted]
    assert all(any(pattern.fullmatch(name) for pattern in patterns) for name in mine)
    assert not any(pattern.fullmatch(name) for pattern in patterns for name in theirs)
    fixed = (
        "TableName",
        "BucketName",
        "FunctionName",
        "StateMachineName",
        "QueueName",
        "RoleName",
        "TopicName",
    )

    def names(made: Synthesized) -> set[str]:
        return {
            text(r.properties[field])
            for r in made.resources
            for field in fixed
            if isinstance(r.properties.get(field), str)
        }

    assert not names(dev) & names(other)


@pytest.mark.parametrize("name", ["staging", "dev-eu", "a", "abcdefghijkl"])
def test_names_that_fit_are_taken(name: str) -> None:
    assert EnvironmentSettings(name=name).prefix == f"ghosteam-{name}"


@pytest.mark.parametrize(
    "name", ["", "Staging", "dev_eu", "dev--eu", "-dev", "dev-", "1dev", "abcdefghijklm", "dev eu"]
)
def test_names_that_aws_would_refuse_somewhere_are_refused_at_once(name: str) -> None:
    with pytest.raises(ValueError, match="small letters and digits"):
        EnvironmentSettings(name=name)
