"""``ghosteam rollback``: ask the deployment to go back to the model that served before."""

from __future__ import annotations

import getpass
import json

from cli.connection import Connection


class RollbackFailed(RuntimeError):
    """The deployment did not go back; the text says why."""


def roll_back(connection: Connection, problem: str, *, to: str | None, reason: str) -> str:
    """What was done, in a sentence. Raises RollbackFailed."""
    document = {"problem": problem, "to": to, "reason": reason, "requested_by": getpass.getuser()}
    name = f"ghosteam-{connection.environment}-roll-back"
    answer = connection.client("lambda").invoke(
        FunctionName=name, Payload=json.dumps(document).encode()
    )
    found = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise RollbackFailed(str(found.get("errorMessage", found)))
    version, former = found["version"], found["from"]
    return {
        "slot": f"Version {version} serves again, in place of version {former}, whose endpoint is "
        "kept for a while.",
        "canary ended": f"The canary of version {former} has ended; version {version} answers "
        "everything.",
        "rollout": (
            f"The endpoint of version {version} is gone, so it is being rolled out again, without "
            "a canary. "
            f"Until then version {former} answers. ./ghosteam status {problem} shows when it "
            "serves."
        ),
    }[found["how"]]
