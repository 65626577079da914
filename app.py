"""The CDK application. ``cdk synth -c environment=dev``; ``./ghosteam deploy`` calls it for you."""

import os
import warnings

# jsii's type checker says of every interface argument that it cannot check it; that is no news to a user.
warnings.filterwarnings("ignore", message="Typeguard cannot check")
# A Node that is past its end of life, where the system has one, is no concern of this app either.
os.environ.setdefault("JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION", "1")

from aws_cdk import App  # noqa: E402

from infra.application import add_stacks  # noqa: E402
from infra.settings import environment_settings  # noqa: E402

app = App()
add_stacks(
    app,
    environment_settings(app.node.try_get_context("environment") or "local"),
    # The CDK CLI sets it from the machine's AWS configuration.
    default_region=os.environ.get("CDK_DEFAULT_REGION", "us-east-1"),
)
app.synth()
