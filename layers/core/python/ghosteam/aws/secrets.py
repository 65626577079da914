"""Secrets Manager."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ghosteam.aws.errors import translated
from ghosteam.errors import Defect
from ghosteam.json_object import JsonObject

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Secrets:
    """Reads secrets. ``client`` is a boto3 Secrets Manager client."""

    def __init__(self, client: SecretsManagerClient) -> None:
        self._client = client

    def text(self, name: str) -> str:
        """The secret's text. Raises NotFound, and Defect when it holds bytes."""
        with translated("Reading a secret", secret=name):
            answer = self._client.get_secret_value(SecretId=name)
        if "SecretString" not in answer:
            raise Defect(
                "The secret holds bytes instead of text",
                where={"secret": name},
                remedy="Store it as text",
            )
        return str(answer["SecretString"])

    def json(self, name: str) -> JsonObject:
        """The secret's JSON object. Raises NotFound, and Defect when it holds something else."""
        try:
            document = json.loads(self.text(name))
        except ValueError:
            document = None
        if not isinstance(document, dict):
            # The text itself is not shown: it may be the password.
            raise Defect(
                "The secret holds no JSON object",
                where={"secret": name},
                remedy="Store its fields as JSON",
            )
        return document
