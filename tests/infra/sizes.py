"""How large AWS would find what a template holds."""

from __future__ import annotations

import json
from typing import Any

from tests.infra.templates import Synthesized


def inline_policies(environment: Synthesized) -> dict[str, int]:
    """Letters of all inline policies of each role together, without white space, as IAM counts
    them.
    """
    sizes: dict[str, int] = {}
    for policy in environment.of("AWS::IAM::Policy"):
        for role in policy.properties.get("Roles", []):
            size = len(resolved(policy.properties["PolicyDocument"]))
            sizes[f"{policy.stack} {role}"] = sizes.get(f"{policy.stack} {role}", 0) + size
    for role in environment.of("AWS::IAM::Role"):
        inline = sum(
            len(resolved(policy["PolicyDocument"]))
            for policy in role.properties.get("Policies", [])
        )
        key = f"{role.stack} {{'Ref': '{role.id}'}}"
        sizes[key] = sizes.get(key, 0) + inline
    return sizes


def managed_policies(environment: Synthesized) -> dict[str, list[int]]:
    """Letters of each policy beside the inline ones of each role: what these have no room for."""
    sizes: dict[str, list[int]] = {}
    for policy in environment.resources:
        if policy.kind == "AWS::IAM::ManagedPolicy":
            for role in policy.properties.get("Roles", []):
                size = len(resolved(policy.properties["PolicyDocument"]))
                sizes.setdefault(f"{policy.stack} {role}", []).append(size)
    return sizes


PSEUDO = {"AWS::Partition": 10, "AWS::Region": 14, "AWS::AccountId": 12, "AWS::URLSuffix": 16}
"""Letters of the longest value. Source: CloudFormation user guide, "Pseudo parameters"."""


def resolved(value: Any) -> str:
    """A value as JSON in which a reference has the length of a long ARN, if it is to a resource."""

    def plain(inner: Any) -> Any:
        if isinstance(inner, dict):
            if len(inner) == 1 and next(iter(inner)) in ("Ref", "Fn::GetAtt", "Fn::ImportValue"):
                return "r" * PSEUDO.get(str(inner.get("Ref")), 110)
            if "Fn::Join" in inner:
                separator, parts = inner["Fn::Join"]
                return str(separator).join(str(plain(part)) for part in parts)
            return {key: plain(each) for key, each in inner.items()}
        return [plain(each) for each in inner] if isinstance(inner, list) else inner

    found = plain(value)
    return found if isinstance(found, str) else json.dumps(found, separators=(",", ":"))
