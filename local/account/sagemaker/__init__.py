"""SageMaker for the embedded account: control plane, jobs and endpoints as processes, runtime, workflows.

One instance a job and one process a variant; images are commands (`images`), `/opt/ml` is a private directory
(`containers`); everything else follows AWS's API model and developer guide.
"""

from __future__ import annotations


def install() -> None:
    """Put SageMaker into ministack. Call it once, before the account starts."""
    from local.account import services
    from local.account.sagemaker import api, authorization, containers, definitions, tags, templates, workflow

    containers.sweep()
    services.register_service("sagemaker", api, "SageMaker.")
    authorization.install()
    workflow.install()
    definitions.install()
    tags.install()
    templates.install()
