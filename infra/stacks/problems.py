"""Problems: what each has for itself, and their definitions, which come into force when everything
that works by them is deployed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import CustomResource, Stack
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.problem.definition import digest_of, written
from ghosteam.problem.spec import Problem
from ghosteam.runtime.problems import contract_code
from ghosteam.runtime.settings import PublishSettings
from infra import permissions as may
from infra.constructs.clients import ResourceServers
from infra.constructs.functions import Functions
from infra.constructs.rebuild import Rebuild
from infra.settings import EnvironmentSettings
from infra.stacks.foundation import Foundation
from infra.stacks.problem import ProblemStack


class Problems(Stack):
    """Deployed last: it starts work of the functions of all other stacks."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        foundation: Foundation,
        problems: Mapping[str, Problem],
        feature_repo: Path,
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        functions = Functions(self, environment=settings, shared=foundation)
        may_publish = [
            may.change_state(foundation.state, "definitions"),
            may.read_state(foundation.state, "data", "serving"),
            may.read_objects(foundation.artifacts, keys.DEFINITIONS),
            may.list_objects(foundation.artifacts, keys.DEFINITIONS),
            may.write_objects(foundation.artifacts, keys.DEFINITIONS),
            may.publish(
                foundation.bus, "ReadAgain", "BatchIngested", "BatchValidated", "DefinitionChanged"
            ),
        ]
        publish = functions.make(
            "publish_definitions",
            PublishSettings,
            [*may_publish, may.publish(foundation.bus, "RebuildDue", "ProblemWithdrawn")],
        )
        rebuild = Rebuild(
            self,
            "Rebuild",
            settings=settings,
            shared=foundation,
            functions=functions,
            may=may_publish,
        )
        servers = ResourceServers(self, "Scopes", settings=settings, problems=problems)
        own = [
            ProblemStack(self, name, spec=problems[name], settings=settings)
            for name in sorted(problems)
        ]
        for one in own:
            one.node.add_dependency(servers)
        # Any folder's change changes the property, so CloudFormation calls the function again.
        in_force = {
            name: [digest_of(written(problem)), contract_code(feature_repo / name)]
            for name, problem in problems.items()
        }
        force = CustomResource(
            self,
            "Definitions",
            service_token=publish.function.function_arn,
            resource_type="Custom::GhosteamDefinitions",
            properties={"InForce": digest_of(in_force)},
        )
        force.node.add_dependency(rebuild, *own)
