"""The synthesised templates of one environment, in a form that tests can ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.application import add_stacks
from infra.settings import ROOT, EnvironmentSettings


@dataclass(frozen=True)
class Resource:
    """One resource of a template; ``stack`` is the last part of the stack's name, and for the
    nested stacks of a problem ``Problem-<name>``, ``Sources-<name>`` and ``Tables-<name>``.
    """

    stack: str
    id: str
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.body["Type"])

    @property
    def properties(self) -> dict[str, Any]:
        return dict(self.body.get("Properties", {}))

    def __str__(self) -> str:
        return f"{self.stack}/{self.id}"


@dataclass(frozen=True)
class Synthesized:
    """``templates``: template of each stack, as resources name it."""

    settings: EnvironmentSettings
    folder: Path
    templates: dict[str, dict[str, Any]]

    @cached_property
    def resources(self) -> list[Resource]:
        return [
            Resource(stack, id, body)
            for stack, template in self.templates.items()
            for id, body in template["Resources"].items()
        ]

    def of(self, *kinds: str) -> list[Resource]:
        """All resources of the kinds; there must be some, or a test would hold for want of anything
        to look at.
        """
        found = [resource for resource in self.resources if resource.kind in kinds]
        assert found, f"no {' or '.join(kinds)} in {self.settings.name}"
        return found

    def named(self, stack: str, id: str) -> Resource:
        return Resource(stack, id, self.templates[stack]["Resources"][id])

    def grants(self) -> Iterator[tuple[Resource, dict[str, Any]]]:
        """Each statement of the policies of roles."""
        for policy in self.of("AWS::IAM::Policy"):
            for statement in policy.properties["PolicyDocument"]["Statement"]:
                yield policy, statement
        for role in self.of("AWS::IAM::Role"):
            for policy in role.properties.get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield role, statement

    def grants_of(self, stack: str, role: object) -> list[dict[str, Any]]:
        """The statements of one role, given by a reference to its ARN."""
        id = logical_id(role)
        return [
            s
            for policy, s in self.grants()
            if policy.stack == stack and {"Ref": id} in policy.properties.get("Roles", [])
        ]

    def machines(self) -> dict[str, dict[str, Any]]:
        """Definition of each state machine by its name; references to resources have become
        text.
        """
        return {
            machine.properties["StateMachineName"]: json.loads(
                text(machine.properties["DefinitionString"])
            )
            for machine in self.of("AWS::StepFunctions::StateMachine")
        }

    def is_our_key(self, value: object) -> bool:
        """Whether ``value`` is a reference to the ARN of this deployment's key, in its own stack or
        from another.
        """
        (key,) = self.of("AWS::KMS::Key")
        return value == {
            "Fn::GetAtt": [key.id, "Arn"]
        } or f":ExportsOutputFnGetAtt{key.id}Arn" in str(value)


def synthesize(
    settings: EnvironmentSettings,
    folder: Path,
    *,
    nag: bool = False,
    feature_repo: Path = ROOT / "feature_repo",
) -> Synthesized:
    """Synthesise as ``app.py`` does, under the context of ``cdk.json``, but without copying the
    assets.

    With ``nag`` cdk-nag's AwsSolutions rules look on; their findings stop the synthesis, but all
    templates are written by then.
    """
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(outdir=str(folder), context={**context, "aws:cdk:disable-asset-staging": True})
    add_stacks(app, settings, feature_repo=feature_repo)
    if nag:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        try:
            app.synth()
        except RuntimeError as stopped:
            if "ValidationFailed" not in str(stopped):
                raise
    else:
        app.synth()
    return Synthesized(settings, folder, dict(templates_in(folder)))


def templates_in(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each template that was written, by what resources name its stack."""
    for path in sorted(folder.glob("*.template.json")):
        template = json.loads(path.read_text())
        if path.name.endswith(".nested.template.json"):
            said, _, of = template["Description"].partition("problem ")
            kind = said.split()[0] if said.startswith(("Sources", "Tables")) else "Problem"
            yield f"{kind}-{of.split()[0]}", template
        else:
            yield path.name.removesuffix(".template.json").rsplit("-", 1)[1], template


def as_list(value: Any) -> list[Any]:
    """Policies and states hold one thing or a list of things."""
    return value if isinstance(value, list) else [value]


def logical_id(reference: object) -> str:
    """The resource that a ``Ref`` or ``Fn::GetAtt`` points at."""
    match reference:
        case {"Ref": str(id)} | {"Fn::GetAtt": [str(id), _]}:
            return id
    raise AssertionError(f"not a reference to a resource: {reference}")


def text(value: Any) -> str:
    """``value`` as text: joins are joined, references become ``<what they refer to>``."""
    match value:
        case str():
            return value
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(text(part) for part in parts)
        case {"Ref": id}:
            return f"<{id}>"
        case {"Fn::GetAtt": [id, attribute]}:
            return f"<{id}.{attribute}>"
        case {"Fn::ImportValue": name}:
            return f"<{name}>"
        case {"Fn::Sub": pattern}:
            return str(pattern)
    raise AssertionError(f"no text: {value}")


def states(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All states of a definition by name, those inside maps too."""
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def machine_states(environment: Synthesized) -> Iterator[tuple[Resource, str, dict[str, Any]]]:
    """Every state of every machine: the machine, the state's name and its definition."""
    definitions = environment.machines()
    for machine in environment.of("AWS::StepFunctions::StateMachine"):
        for name, state in states(definitions[machine.properties["StateMachineName"]]):
            yield machine, name, state
