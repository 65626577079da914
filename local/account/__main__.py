"""`python -m local.account`: ministack with this package's seams, in the foreground, on
GATEWAY_PORT.

Environment: GATEWAY_PORT; GHOSTEAM_ACCOUNT_DIR (unpacked packages, jobs); GHOSTEAM_IMAGES (a JSON
file: what stands for a container image); GHOSTEAM_LAMBDA_ENV and GHOSTEAM_JOB_ENV (JSON objects:
variables that the platform adds).
"""

import os
import sys


def main() -> int:
    """Install the seams and serve until SIGTERM. Returns the process's exit code."""
    # Read by ministack when it is imported, so they are set first.
    os.environ["AUTH"] = "true"
    os.environ.setdefault("GATEWAY_PORT", "4566")
    os.environ.setdefault("BIND_HOST", "127.0.0.1")
    from local.account import seams

    try:
        seams.require_version()
        install()
    except seams.MissingSeam as missing:
        print(f"error: {missing}", file=sys.stderr)
        return 3
    from ministack import app

    app.main()
    return 0


def install() -> None:
    """Attach every seam. Raises MissingSeam."""
    from local.account import (
        alarms,
        api_hosts,
        autoscaling,
        condition_keys,
        delivery_permissions,
        encryption,
        fair_queues,
        firehose,
        garbage,
        identity,
        lambda_workers,
        logs,
        metrics,
        object_events,
        object_reads,
        refused_types,
        sagemaker,
        schedules,
        service_metrics,
        states_language,
        template_properties,
        templates,
        workflow_roles,
    )

    for module in (
        identity,
        condition_keys,
        encryption,
        fair_queues,
        lambda_workers,
        metrics,
        alarms,
        logs,
        firehose,
        object_events,
        object_reads,
        templates,
        sagemaker,
        template_properties,
        refused_types,
        schedules,
        service_metrics,
        states_language,
        autoscaling,
        api_hosts,
        garbage,
    ):
        module.install()
    # Last, because they wrap whatever handlers stand in ministack's tables by then.
    workflow_roles.install()
    delivery_permissions.install()


if __name__ == "__main__":
    sys.exit(main())
