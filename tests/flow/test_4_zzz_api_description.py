"""A tool that knows the API by its own description alone finds no failure of ours, and nothing
undocumented. Every problem has a model: one without answers 503, which is no failure.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ghosteam.documents.slot import Slot
from tests.flow.world import World

pytestmark = [pytest.mark.flow, pytest.mark.long]

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


# Each case that sends events lands a file, and those are worked on for minutes.
@pytest.mark.parametrize(("scope", "examples"), [("admin", 60), ("write:flights", 10)])
def test_no_request_is_answered_by_a_server_error_or_by_anything_undocumented(
    world: World, champions: dict[str, Slot], tmp_path: Path, scope: str, examples: int
) -> None:
    program = Path(sys.executable).parent / "schemathesis"
    token = world.connection.api(scope).token()
    done = subprocess.run(
        [
            program,
            "run",
            world.connection.page("/openapi.json"),
            *("--header", f"Authorization: Bearer {token}"),
            *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"),
            *(
                "--max-examples",
                str(examples),
                "--seed",
                "1",
                "--continue-on-failure",
                "--no-color",
                "--request-timeout",
                "30",
            ),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    cases = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert cases and cases[1] == cases[2] and int(cases[1]) > 300, done.stdout[-2000:]
    print(cases[0])
    world.rest(within=1200)
