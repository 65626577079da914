"""SageMaker for the embedded account: control plane, jobs and endpoints as processes, runtime,
workflows.

One instance a job and one process a variant; images are commands (`images`), `/opt/ml` is a private
directory (`containers`); everything else follows AWS's API model and developer guide.
"""

from __future__ import annotations


def install() -> None:
    """Put SageMaker into ministack. Call it once, before the account starts."""
    from ministack.core import iam_evaluator
    from ministack.services import cloudwatch, cloudwatch_logs, eventbridge

    from local.account import seams, services
    from local.account.sagemaker import (
        api,
        authorization,
        containers,
        definitions,
        tags,
        templates,
        workflow,
    )

    for owner, name in (
        (eventbridge, "_put_events"),
        (cloudwatch, "record_metric"),
        (cloudwatch, "_alarms"),
        (cloudwatch_logs, "_create_log_group"),
        (cloudwatch_logs, "_create_log_stream"),
        (cloudwatch_logs, "_put_log_events"),
        (iam_evaluator, "enforce"),
    ):
        seams.require(owner, name)
    containers.sweep()
    services.register_service("sagemaker", api, "SageMaker.")
    authorization.install()
    workflow.install()
    definitions.install()
    tags.install()
    templates.install()
