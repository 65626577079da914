"""The CDK application. ``cdk synth -c environment=dev``; ``./ghosteam deploy`` calls it for you."""

import os
import sys
import warnings

# jsii's type checker says of every interface argument that it cannot check it; that is no news to a
# user.
warnings.filterwarnings("ignore", message="Typeguard cannot check")
# A Node that is past its end of life, where the system has one, is no concern of this app either.
os.environ.setdefault("JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION", "1")

from aws_cdk import App  # noqa: E402

from ghosteam.problem.load import InvalidProblems  # noqa: E402
from infra.application import add_stacks, check_problems  # noqa: E402
from infra.settings import environment_settings  # noqa: E402


def main() -> None:
    """Ends with one block of lines, and no traceback, for what a user can fix."""
    app = App()
    try:
        settings = environment_settings(app.node.try_get_context("environment") or "local")
    except ValueError as error:
        sys.exit(f"✗ {error}")
    try:
        check_problems(settings.name)
    except InvalidProblems as error:
        sys.exit(error.block)
    # The CDK CLI sets the region from the machine's AWS configuration.
    try:
        add_stacks(app, settings, default_region=os.environ.get("CDK_DEFAULT_REGION", "us-east-1"))
    except FileNotFoundError as error:  # a layer that is not built
        sys.exit(f"✗ {error}")
    app.synth()


main()
