"""AWS would take every state machine of every environment: by a public validator, and by the
embedded account's.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from statelint.linter import Linter

from local.account.states_language import problems, refusal
from tests.infra.templates import Synthesized


def deployed(environment: Synthesized) -> dict[str, dict[str, Any]]:
    """Definition of each machine; what a reference stands for is an ARN, as when it is deployed."""
    text = json.dumps(environment.machines())
    return dict(
        json.loads(re.sub(r"<([^<>]+)>", r"arn:aws:service:us-east-1:111122223333:\1", text))
    )


def test_every_definition_is_valid(environment: Synthesized) -> None:
    definitions = deployed(environment)
    assert len(definitions) >= 5
    for name, definition in definitions.items():
        assert problems(definition) == [], name
        assert refusal(json.dumps(definition)) is None, name


def test_the_public_validator_alone_finds_nothing_but_whole_backoff_rates(
    environment: Synthesized,
) -> None:
    for name, definition in deployed(environment).items():
        found = [
            told
            for told in Linter.validate(definition)
            if not told.endswith("BackoffRate is 2 but should be a Float")
        ]
        assert found == [], name


@pytest.mark.parametrize("field", ["S3Uri", "ImageUri"])
def test_a_token_that_is_taken_for_a_path_is_found(dev: Synthesized, field: str) -> None:
    """As the definitions once were: a literal under a name that marks a path."""
    text = json.dumps(deployed(dev)["ghosteam-dev-scoring"])
    assert f'"{field}": ' in text
    marked = text.replace(f'"{field}": ', f'"{field}.$": ', 1)
    told = str(refusal(marked))
    assert f"{field}.$" in told and "not a JSONPath or intrinsic function expression" in told
