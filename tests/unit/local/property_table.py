"""The properties of the CloudFormation types that this project deploys, by the public schemas that
cfn-lint carries.

``python -m tests.unit.local.property_table`` writes the table anew, after a type or a version of
cfn-lint changed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cfnlint.schema import ResourceNotFoundError
from cfnlint.schema.manager import ProviderSchemaManager

from cli.connection import ROOT

TABLE = ROOT / "local" / "account" / "cloudformation_properties.json"
REGION = "us-east-1"
_DEPTH = 4
"""What lies deeper is not looked at: documents of policies, patterns and definitions have checks of
their own.
"""


def table(types: list[str]) -> dict[str, Any]:
    """For each type that has a public schema, its properties; for each property the properties
    below it, or null for any.
    """
    found = {}
    for kind in sorted(types):
        try:
            schema: dict[str, Any] = (
                ProviderSchemaManager().get_resource_schema(REGION, kind).schema
            )
        except ResourceNotFoundError:
            continue
        found[kind] = _properties(schema, schema, _DEPTH)
    return found


def _properties(node: dict[str, Any], root: dict[str, Any], depth: int) -> dict[str, Any] | None:
    node = _resolved(node, root)
    if "items" in node:
        return _properties(node["items"], root, depth)
    known = node.get("properties")
    if (
        not known
        or depth == 0
        or node.get("additionalProperties") is not False
        or "patternProperties" in node
    ):
        return None
    return {name: _properties(inner, root, depth - 1) for name, inner in sorted(known.items())}


def _resolved(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = root["definitions"][node["$ref"].rpartition("/")[2]]
    return node


def write(types: list[str], path: Path = TABLE) -> None:
    lines = (
        f"{json.dumps(kind)}: {json.dumps(known, separators=(',', ':'))}"
        for kind, known in table(types).items()
    )
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    write(list(json.loads(TABLE.read_text())))
