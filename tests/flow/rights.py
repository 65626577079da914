"""Rights of a role that are taken away for a while."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.flow.world import World


@contextmanager
def without(world: World, role_arn: str, action: str, resource: str) -> Iterator[None]:
    """Take an action on resources whose ARN holds ``resource`` out of a role's inline policy, and
    put it back.
    """
    iam, role = world.client("iam"), role_arn.rsplit("/", 1)[1]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    whole = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    reduced = {
        **whole,
        "Statement": [
            less for each in whole["Statement"] for less in _less(each, action, resource)
        ],
    }
    assert reduced != whole, f"{role} may not {action} on {resource}"
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(reduced))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(whole))


def _less(statement: dict[str, Any], action: str, resource: str) -> Iterator[dict[str, Any]]:
    """What is left of a statement without the action on these resources; it may speak of others
    too.
    """
    actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
    met = [each for each in resources if resource in each] if action in actions else []
    others, left = (
        [each for each in resources if each not in met],
        [each for each in actions if each != action],
    )
    if others:
        yield {**statement, "Resource": others}
    if met and left:
        yield {**statement, "Action": left, "Resource": met}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
