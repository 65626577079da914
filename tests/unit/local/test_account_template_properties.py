"""Properties that CloudFormation's schemas do not know are found, by a table that is the
schemas'.
"""

from __future__ import annotations

import json

import pytest

from local.account.template_properties import unknown_properties
from tests.unit.local.property_table import TABLE, table

KNOWN = json.loads(TABLE.read_text())


def test_the_table_is_what_the_public_schemas_say() -> None:
    assert table(list(KNOWN)) == KNOWN, "write it anew: python -m tests.unit.local.property_table"
    assert len(KNOWN) > 30


@pytest.mark.parametrize(
    ("kind", "properties", "faults"),
    [
        ("AWS::SQS::Queue", {"QueueName": "q", "VisibilityTimeout": 3}, []),
        ("AWS::SQS::Queue", {"Name": "q"}, ["#: extraneous key [Name] is not permitted"]),
        ("AWS::Lambda::Function", {"Environment": {"Variables": {"ANY": "thing"}}}, []),
        (
            "AWS::Lambda::Function",
            {"Environment": {"Vars": {}}},
            ["#/Environment: extraneous key [Vars] is not permitted"],
        ),
        (
            "AWS::S3::Bucket",
            {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled"}, {"Statos": "Enabled"}]}},
            ["#/LifecycleConfiguration/Rules/1: extraneous key [Statos] is not permitted"],
        ),
        ("AWS::IAM::Role", {"AssumeRolePolicyDocument": {"Statement": [{"AnyThing": 1}]}}, []),
        ("AWS::Events::Rule", {"EventPattern": {"detail": {"a": [{"exists": True}]}}}, []),
    ],
)
def test_a_property_is_known_or_named_with_its_place(
    kind: str, properties: object, faults: list[str]
) -> None:
    assert list(unknown_properties(properties, KNOWN[kind])) == faults
