"""The CDK application works through the real CDK CLI, as a deployment runs it: offline and with no
Docker in sight.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from cli.cdk_cli import run_cdk
from layers.build import build_layers

pytestmark = pytest.mark.contract
ROOT = Path(__file__).resolve().parents[2]
STACKS = ("Foundation", "Work", "Data", "Features", "Training", "Serving", "Monitoring", "Problems")


def test_cdk_synth_works_offline_and_without_docker(tmp_path: Path) -> None:
    build_layers(ROOT, "aws")
    lines: list[str] = []
    code = run_cdk(
        [
            "synth",
            "--quiet",
            "--no-staging",
            "--context",
            "environment=dev",
            "--output",
            str(tmp_path / "out"),
        ],
        env={
            # Of this machine's programs only the Python of this environment: no Docker, no Node, no
            # AWS configuration.
            "PATH": str(Path(sys.executable).parent),
            "HOME": str(tmp_path),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers" / "core" / "python")]),
            "AWS_EC2_METADATA_DISABLED": "true",
            # Whoever asks the network gets no answer.
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
        },
        on_line=lines.append,
        cwd=ROOT,
    )
    assert code == 0, "\n".join(lines[-25:])
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    stacks = [
        name
        for name, artifact in manifest["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    ]
    assert sorted(stacks) == sorted(f"Ghosteam-dev-{stack}" for stack in STACKS)
